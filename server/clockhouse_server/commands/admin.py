"""`clockhouse-server admin`: the first user, one-time kiosk codes, tokens."""

import sys
from argparse import ArgumentParser, Namespace
from getpass import getpass

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server import settings
from clockhouse_server.auth import store as users
from clockhouse_server.auth.access import PERMISSIONS, Role
from clockhouse_server.auth.models import User
from clockhouse_server.auth.opening import opened
from clockhouse_server.db import transaction
from clockhouse_server.devices import store as devices
from clockhouse_server.errors import Invalid
from clockhouse_server.people.models import Person, Site

ACTOR = "cli"


def configure(parser: ArgumentParser) -> None:
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    create = tasks.add_parser("create", help="make a user who signs in to the back office")
    create.add_argument("--email", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.ADMINISTRATOR))
    create.add_argument(
        "--site", action="append", default=[], help="a site's name, for a supervisor; repeat for more"
    )
    create.add_argument("--number", help="the personnel number, for an employee")
    _password_options(create)
    password = tasks.add_parser("password", help="set a user's password and lift a block")
    password.add_argument("--email", required=True)
    _password_options(password)
    code = tasks.add_parser("enroll-code", help="make a one-time code for a kiosk")
    code.add_argument("--site", required=True, help="the site's name")
    code.add_argument("--name", required=True, help="the kiosk's name, e.g. Gate 2")
    code.add_argument("--replaces", help="the id of the kiosk that it takes over from")
    token = tasks.add_parser("token", help="make a token for a program")
    token.add_argument("--email", required=True, help="the user for whom the program acts")
    token.add_argument("--name", required=True)
    token.add_argument(
        "--scope", action="append", required=True, choices=list(PERMISSIONS), metavar="PERMISSION"
    )
    for each in (create, password, code, token):
        settings.configure(each)


def _password_options(parser: ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    how.add_argument("--generate", action="store_true", help="make a password and print it once")


def run(args: Namespace) -> int:
    tasks = {"create": _create, "password": _password, "enroll-code": _code, "token": _token}
    with opened(args, make=True) as server:
        made = _new_password(args) if args.task in {"create", "password"} else ""
        with transaction(server.engine) as session:
            says = tasks[args.task](session, args, made)
    print(says)
    if getattr(args, "generate", False):
        print(f"Password, shown only now: {made}")
    return 0


def _create(session: Session, args: Namespace, password: str) -> str:
    person = None
    if args.number is not None:
        person = session.scalar(select(Person.id).where(Person.number == args.number))
        if person is None:
            raise Invalid(f"Nobody has the number {args.number}.", field="--number")
    made = users.create_user(
        session, ACTOR, email=args.email, name=args.name, password=password, role=args.role,
        sites=[_site(session, name).id for name in args.site], person_id=person, now=args.wiring.now(),
        new_id=args.wiring.new_id, new_token=args.wiring.new_token,
    )  # fmt: skip
    return f"{made.name} can sign in as {made.email} ({made.role})."


def _password(session: Session, args: Namespace, password: str) -> str:
    user = _user(session, args.email)
    users.set_password(
        session, ACTOR, user.id, password, now=args.wiring.now(), new_token=args.wiring.new_token
    )
    return f"{user.email} has a new password."


def _code(session: Session, args: Namespace, _password: str) -> str:
    chosen = settings.from_args(args)
    made = devices.create_code(
        session, ACTOR, site_id=_site(session, args.site).id, name=args.name, replaces=args.replaces,
        minutes=chosen.enroll_minutes, now=args.wiring.now(), new_token=args.wiring.new_token,
    )  # fmt: skip
    print(f"Valid once, until {made.expires_at:%Y-%m-%d %H:%M} UTC:", file=sys.stderr)
    return made.code


def _token(session: Session, args: Namespace, _password: str) -> str:
    _, text = users.create_token(
        session, ACTOR, _user(session, args.email).id, name=args.name, scopes=args.scope,
        now=args.wiring.now(), new_id=args.wiring.new_id, new_token=args.wiring.new_token,
    )  # fmt: skip
    print("Shown only now:", file=sys.stderr)
    return text


def _new_password(args: Namespace) -> str:
    if args.generate:
        return str(args.wiring.new_token()[:20])
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        first, second = getpass("Password: "), getpass("Once more: ")
    except EOFError:
        raise Invalid("Nobody typed one; give it with --password-stdin.", field="password") from None
    if second != first:
        raise Invalid("The two passwords differ.", field="password")
    return first


def _user(session: Session, email: str) -> User:
    found = session.scalar(select(User).where(User.email == email.strip().lower()))
    if found is None:
        raise Invalid(f"Nobody signs in as {email}.", field="--email")
    return found


def _site(session: Session, name: str) -> Site:
    found = session.scalar(select(Site).where(Site.name == name))
    if found is None:
        known = ", ".join(session.scalars(select(Site.name).order_by(Site.name))) or "none yet"
        raise Invalid(f"There is no site {name}; known: {known}.", field="--site")
    return found
