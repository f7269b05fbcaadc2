"""What identifies people at a kiosk: badges and PINs. Every query, validated, audited, told to kiosks."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_drivers import credentials
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.keys import Keys
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.people import store
from clockhouse_server.people.models import Credential, Person, PersonSite, Pin

WEAKNESSES: Final[Mapping[str, str]] = {
    "digits": "Use digits only.",
    "length": f"Use {credentials.SHORTEST_PIN} to {credentials.LONGEST_PIN} digits.",
    "repeat": "Digits that repeat are tried first; choose another PIN.",
    "sequence": "Digits in a row are tried first; choose another PIN.",
    "number": "The personnel number is tried first; choose another PIN.",
}


def badges(session: Session, person_id: str) -> list[Credential]:
    """A person's badges, live ones first, then by age."""
    query = select(Credential).where(Credential.person_id == person_id)
    return list(session.scalars(query.order_by(Credential.active.desc(), Credential.made_at, Credential.id)))


def live_badges(session: Session) -> list[Credential]:
    return list(session.scalars(select(Credential).where(Credential.active).order_by(Credential.value)))


def holder(session: Session, value: str) -> Person | None:
    """Who has the live badge with this canonical value."""
    return session.scalar(
        select(Person)
        .join(Credential, Credential.person_id == Person.id)
        .where(Credential.value == value, Credential.active)
    )


def give_badge(
    session: Session,
    actor: Actor,
    person_id: str,
    text: str,
    *,
    form: credentials.Form | None = None,
    weak: bool = False,
    now: datetime,
    new_id: Callable[[], str],
) -> Credential:
    """A badge by its printed, typed or read number. Raises Invalid, or Conflict naming who has it."""
    store.person(session, actor, "badges.write", person_id)
    value = _value(text, form)
    return attach(session, actor, person_id, value, weak=weak, now=now, new_id=new_id)


def badge_value(text: str) -> str | None:
    """A canonical value as kiosks write it, if it could be a badge's; else None.

    It is hex, also where it has digits alone: as a printed number it would be read as another badge.
    """
    try:
        return _value(text, "hex")
    except Invalid:
        return None


def _value(text: str, form: credentials.Form | None) -> str:
    try:
        value = credentials.canonical(text, form)
    except credentials.NotABadge:
        raise Invalid(
            "Type the number as printed, or as a reader shows it, e.g. 2A00B4C3D7.", field="badge"
        ) from None
    if credentials.is_random(value):
        raise Invalid(
            "A phone or bank card shows another number each time; it cannot be a badge.", field="badge"
        )
    return value


def attach(
    session: Session,
    actor: Actor,
    person_id: str,
    value: str,
    *,
    weak: bool = False,
    now: datetime,
    new_id: Callable[[], str],
    badge_id: str | None = None,
) -> Credential:
    """A badge by its canonical value; whoever calls has seen that the actor may. Raises Conflict naming who has it.

    `badge_id` is the one under which a kiosk knows it already.
    """
    having = holder(session, value)
    if having is not None:
        whose = "They have" if having.id == person_id else f"{having.name} (number {having.number}) has"
        raise Conflict(f"{whose} this badge already. Take it back first.", field="badge")
    taken = badge_id is None or session.get(Credential, badge_id) is not None
    made_id = new_id() if taken or badge_id is None else badge_id
    facts = {"person_id": person_id, "kind": "badge", "value": value, "weak": weak}
    audit.record(session, actor, "badge.give", "credential", made_id, now=now, after=facts)
    made = Credential(
        id=made_id, person_id=person_id, kind="badge", value=value, weak=weak, made_at=now,
        version=roster_version(session),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def take_badge(
    session: Session, actor: Actor, credential_id: str, *, now: datetime, reason: str | None = None
) -> Credential:
    """Take a badge back; kiosks forget it, and it may be given out again."""
    found = session.get(Credential, credential_id)
    if found is None:
        raise NotFound("There is no such badge.", field="badge_id")
    store.person(session, actor, "badges.write", found.person_id)
    _take(session, actor, found, reason, now)
    return found


def detach(
    session: Session, actor: Actor, person_id: str, badge_id: str, value: str | None, *, now: datetime
) -> None:
    """Take a person's badge back, by its id or its value, where they have it; the caller has seen that one may."""
    for badge in badges(session, person_id):
        if badge.active and (badge.id == badge_id or badge.value == value):
            _take(session, actor, badge, None, now)


def _take(session: Session, actor: Actor, badge: Credential, reason: str | None, now: datetime) -> None:
    if badge.active:
        audit.record(session, actor, "badge.take", "credential", badge.id, now=now, reason=reason)
        badge.active, badge.revoked_at = False, now
        badge.version = roster_version(session)
        session.flush()


def pin(session: Session, person_id: str) -> Pin | None:
    """The PIN's verifier, or None where there is no PIN."""
    return session.get(Pin, person_id)


def pins(session: Session, person_ids: list[str]) -> set[str]:
    """Who of these has a PIN."""
    return set(session.scalars(select(Pin.person_id).where(Pin.person_id.in_(person_ids))))


def pins_known_at(session: Session, site_id: str, at: datetime) -> int:
    """How many people of a site still have a PIN that its kiosks knew at an instant."""
    here = select(PersonSite.person_id).where(PersonSite.site_id == site_id)
    query = select(func.count()).select_from(Pin).join(Person, Person.id == Pin.person_id)
    found = query.where(Person.active, Pin.person_id.in_(here), Pin.set_at <= at)
    return session.scalar(found) or 0


def badged(session: Session, person_ids: list[str]) -> set[str]:
    """Who of these has a live badge."""
    theirs = Credential.person_id.in_(person_ids)
    return set(session.scalars(select(Credential.person_id).where(theirs, Credential.active)))


def set_pin(
    session: Session,
    actor: Actor,
    person_id: str,
    digits: str,
    *,
    keys: Keys,
    now: datetime,
    new_token: Callable[[], str],
    params: credentials.PinParameters | None = None,
) -> Pin:
    """A new PIN; only its verifier is kept. Raises Invalid for one that would be guessed."""
    person = store.person(session, actor, "badges.write", person_id)
    weakness = credentials.pin_weakness(digits, person.number)
    if weakness is not None:
        raise Invalid(WEAKNESSES[weakness], field="pin")
    costs = params or credentials.PinParameters()
    salt = sha256(new_token().encode()).digest()[:16]
    version = keys.pepper_version
    made = credentials.pin_hash(
        digits, employee_id=person_id, pepper=keys.peppers[version], salt=salt, params=costs
    )
    audit.record(session, actor, "pin.set", "person", person_id, now=now)
    values = {
        "salt": b64encode(salt).decode(),
        "hash": b64encode(made).decode(),
        "memory_kib": costs.memory_kib,
        "passes": costs.passes,
        "lanes": costs.lanes,
        "pepper_version": version,
        "set_at": now,
        "version": roster_version(session),
    }
    found = session.merge(Pin(person_id=person_id, **values))
    session.flush()
    return found
