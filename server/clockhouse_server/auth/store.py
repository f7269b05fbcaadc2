"""Users, their sessions and tokens: every query."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import column, delete, select, table, update
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit, passwords
from clockhouse_server.auth.access import PERMISSIONS, Actor, Role
from clockhouse_server.auth.models import Token, User, UserSite, WebSession
from clockhouse_server.errors import Conflict, Forbidden, Invalid, NotFound, SignIn

FREE_TRIES: Final = 3
LONGEST_BLOCK: Final = timedelta(minutes=15)
TOKEN_PREFIX: Final = "ch_"  # noqa: S105 - what every token begins with


class TooManyTries(SignIn):
    """This address is blocked for a while after wrong tries."""

    code, status = "too_many_tries", 429


def token_hash(token: str) -> str:
    """What the tables hold in place of a session's or a program's token."""
    return sha256(token.encode()).hexdigest()


def block_after(failures: int) -> timedelta:
    """How long an address waits after its n-th wrong try: 1 s after the third, doubling, at most 15 minutes."""
    if failures < FREE_TRIES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 20)), LONGEST_BLOCK)


@dataclass(frozen=True)
class SignedIn:
    """A new session: `token` goes into the cookie and nowhere else."""

    token: str
    csrf: str
    expires_at: datetime
    user: User


def sign_in(
    session: Session,
    email: str,
    password: str,
    *,
    now: datetime,
    hours: int,
    new_token: Callable[[], str],
    replaces: str | None = None,
) -> SignedIn | None:
    """A fresh session, or None for wrong credentials, counted in the caller's transaction, which must commit.

    Raises TooManyTries while the address is blocked, whatever the password.
    """
    user = session.scalar(
        select(User).where(User.email == email.strip().lower(), User.active).with_for_update()
    )
    if user is not None and user.blocked_until_at is not None and user.blocked_until_at > now:
        wait = max(1, round((user.blocked_until_at - now).total_seconds()))
        raise TooManyTries(f"Too many wrong tries. Try again in {wait} s.", retry_after=wait)
    if not passwords.matches(password, passwords.NOBODYS if user is None else user.password_hash):
        if user is not None:
            user.failures += 1
            user.blocked_until_at = now + block_after(user.failures)
        return None
    if user is None:
        return None
    user.failures, user.blocked_until_at = 0, None
    if replaces is not None:
        session.execute(delete(WebSession).where(WebSession.token_hash == token_hash(replaces)))
    session.execute(delete(WebSession).where(WebSession.expires_at < now))
    made = SignedIn(new_token(), new_token(), now + timedelta(hours=hours), user)
    session.add(
        WebSession(
            token_hash=token_hash(made.token),
            user_id=user.id,
            csrf_token=made.csrf,
            made_at=now,
            seen_at=now,
            expires_at=made.expires_at,
        )
    )
    return made


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(WebSession).where(WebSession.token_hash == token_hash(token)))


def by_session(session: Session, token: str, now: datetime) -> tuple[Actor, WebSession]:
    """Who holds this cookie; raises SignIn."""
    found = session.execute(
        select(WebSession, User)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.token_hash == token_hash(token), WebSession.expires_at > now, User.active)
    ).first()
    if found is None:
        raise SignIn("Please sign in.")
    return _actor(session, found.User, None), found.WebSession


def by_token(session: Session, token: str) -> tuple[Actor, Token]:
    """Which program's user this bearer token speaks for; raises SignIn."""
    found = session.execute(
        select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(Token.token_hash == token_hash(token), Token.revoked_at.is_(None), User.active)
    ).first()
    if found is None:
        raise SignIn("This token does not hold.")
    return _actor(session, found.User, frozenset(found.Token.scopes)), found.Token


def _actor(session: Session, user: User, scopes: frozenset[str] | None) -> Actor:
    role = Role(user.role)
    sites: frozenset[str] | None = None
    if role is Role.SUPERVISOR:
        sites = frozenset(site_ids(session, user.id))
    elif role is Role.EMPLOYEE:
        sites = frozenset()
    return Actor(user.id, user.name, role, sites, user.person_id, scopes)


def site_ids(session: Session, user_id: str) -> list[str]:
    return list(session.scalars(select(UserSite.site_id).where(UserSite.user_id == user_id)))


def users(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.email)))


def user(session: Session, user_id: str) -> User:
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such user.", field="user_id")
    return found


def names(session: Session) -> dict[str, str]:
    """What each user is called, by id."""
    return dict(session.execute(select(User.id, User.name)).all())


def create_user(
    session: Session,
    actor: Actor | str,
    *,
    email: str,
    name: str,
    password: str,
    role: str,
    sites: Collection[str] = (),
    person_id: str | None = None,
    now: datetime,
    new_id: Callable[[], str],
    new_token: Callable[[], str],
) -> User:
    """A new user; raises Invalid or Conflict, naming the field."""
    email = _email(email)
    _fits(role, sites, person_id)
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Conflict("Somebody signs in with this address already.", field="email")
    made = User(
        id=new_id(), email=email, name=_name(name), role=role, person_id=person_id, made_at=now,
        password_hash=passwords.hash_password(password, new_token()),
    )  # fmt: skip
    session.add(made)
    session.flush()
    _set_sites(session, made.id, sites)
    audit.record(session, actor, "user.create", "user", made.id, now=now, after=_facts(session, made))
    return made


def update_user(
    session: Session,
    actor: Actor | str,
    user_id: str,
    *,
    name: str | None = None,
    role: str | None = None,
    sites: Collection[str] | None = None,
    person_id: str | None = None,
    active: bool | None = None,
    now: datetime,
) -> User:
    """Change what is given; a user who loses a right loses their sessions with it."""
    found = user(session, user_id)
    before = _facts(session, found)
    new_role, new_person = role or found.role, person_id or found.person_id
    _fits(new_role, site_ids(session, user_id) if sites is None else sites, new_person)
    if active is False or new_role != Role.ADMINISTRATOR:
        _keep_an_administrator(session, found)
    found.role, found.person_id = new_role, new_person
    if name is not None:
        found.name = _name(name)
    if active is not None:
        found.active = active
    if sites is not None:
        _set_sites(session, user_id, sites)
    session.flush()
    old, new = audit.changes(before, _facts(session, found))
    if new:
        audit.record(session, actor, "user.change", "user", user_id, now=now, before=old, after=new)
    if {"role", "active", "sites"} & new.keys():
        session.execute(delete(WebSession).where(WebSession.user_id == user_id))
    return found


def set_password(
    session: Session,
    actor: Actor | str,
    user_id: str,
    password: str,
    *,
    now: datetime,
    new_token: Callable[[], str],
) -> None:
    """A new password; signs the user out everywhere and lifts a block."""
    found = user(session, user_id)
    found.password_hash = passwords.hash_password(password, new_token())
    found.failures, found.blocked_until_at = 0, None
    session.execute(delete(WebSession).where(WebSession.user_id == user_id))
    audit.record(session, actor, "user.password", "user", user_id, now=now)


def create_token(
    session: Session,
    actor: Actor | str,
    user_id: str,
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    new_id: Callable[[], str],
    new_token: Callable[[], str],
) -> tuple[Token, str]:
    """A program's token, whose text is shown once; it can do what both its scopes and its user's role allow."""
    owner = user(session, user_id)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in PERMISSIONS]
    if unknown:
        raise Invalid(f"{unknown[0]} is not a permission; known: {', '.join(PERMISSIONS)}.", field="scopes")
    if not wanted:
        raise Invalid("Name at least one permission.", field="scopes")
    if isinstance(actor, Actor) and actor.scopes is not None and not set(wanted) <= actor.scopes:
        raise Forbidden("A token cannot make one that may do more than itself.", field="scopes")
    text = TOKEN_PREFIX + new_token()
    made = Token(
        id=new_id(),
        user_id=owner.id,
        name=_name(name),
        token_hash=token_hash(text),
        scopes=wanted,
        made_at=now,
    )
    session.add(made)
    session.flush()
    facts = {"name": made.name, "user_id": owner.id, "scopes": wanted}
    audit.record(session, actor, "token.create", "token", made.id, now=now, after=facts)
    return made, text


def tokens(session: Session) -> list[Token]:
    return list(session.scalars(select(Token).order_by(Token.made_at, Token.id)))


def revoke_token(session: Session, actor: Actor | str, token_id: str, *, now: datetime) -> Token:
    found = session.get(Token, token_id)
    if found is None:
        raise NotFound("There is no such token.", field="token_id")
    if found.revoked_at is None:
        found.revoked_at = now
        audit.record(session, actor, "token.revoke", "token", token_id, now=now)
    return found


def touch_token(session: Session, token_id: str, now: datetime) -> None:
    session.execute(update(Token).where(Token.id == token_id).values(used_at=now))


def _set_sites(session: Session, user_id: str, sites: Collection[str]) -> None:
    # Sites belong to a later stage, so they are asked for by name of the table alone.
    known = set(session.scalars(select(table("sites", column("id")).c.id)))
    if missing := sorted(set(sites) - known):
        raise Invalid(f"There is no site {missing[0]}.", field="sites")
    session.execute(delete(UserSite).where(UserSite.user_id == user_id))
    session.add_all(UserSite(user_id=user_id, site_id=site_id) for site_id in sorted(set(sites)))
    session.flush()


def _facts(session: Session, found: User) -> dict[str, object]:
    return {
        "email": found.email,
        "name": found.name,
        "role": str(found.role),
        "person_id": found.person_id,
        "active": found.active,
        "sites": sorted(site_ids(session, found.id)),
    }


def _email(text: str) -> str:
    clean = text.strip().lower()
    local, at, domain = clean.partition("@")
    if not (local and at and domain) or "@" in domain or " " in clean or len(clean) > 200:
        raise Invalid("Write an address such as ann@example.com.", field="email")
    return clean


def _name(text: str) -> str:
    clean = " ".join(text.split())
    if not clean or len(clean) > 100:
        raise Invalid("Write a name of 1 to 100 characters.", field="name")
    return clean


def _fits(role: str, sites: Collection[str], person_id: str | None) -> None:
    if role not in set(Role):
        raise Invalid(f"Choose one of {', '.join(Role)}.", field="role")
    if role == Role.SUPERVISOR and not sites:
        raise Invalid("Choose the sites that this supervisor looks after.", field="sites")
    if role == Role.EMPLOYEE and person_id is None:
        raise Invalid("Choose which person this is.", field="person_id")


def _keep_an_administrator(session: Session, leaving: User) -> None:
    others = select(User.id).where(User.role == Role.ADMINISTRATOR, User.active, User.id != leaving.id)
    if leaving.role == Role.ADMINISTRATOR and leaving.active and session.scalar(others.limit(1)) is None:
        raise Conflict("This is the last administrator; make another one first.", field="role")
