"""Temporary workers added at the wall: people with an id of the kiosk's and a number of ours, until somebody knows better."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.db import advance, roster_version
from clockhouse_server.errors import Invalid
from clockhouse_server.people import checks, store
from clockhouse_server.people.models import Person, PersonSite

NAMELESS: Final = "Temporary worker"
LONGEST: Final = 100


def add(
    session: Session,
    actor: Actor,
    person_id: str,
    site_id: str,
    *,
    name: str,
    agency: str,
    made_at: datetime,
    now: datetime,
) -> Person:
    """Somebody who may punch at a site from now on. A name that cannot be shown is replaced: the line keeps it."""
    shown = _clean(name) or NAMELESS
    number = _next_number(session)
    facts = {"number": number, "name": shown, "agency": _clean(agency), "site_ids": [site_id]}
    audit.record(session, actor, "person.provisional", "person", person_id, now=now, after=facts)
    made = Person(
        id=person_id, number=number, name=shown, short_name=store.short_name(shown),
        agency=_clean(agency) or None, provisional=True, made_at=made_at, version=roster_version(session),
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(PersonSite(person_id=person_id, site_id=site_id))
    session.flush()
    return made


def waiting(session: Session, actor: Actor, *, site_id: str | None = None) -> list[Person]:
    """Provisional people in the actor's scope whom nobody has taken over yet, oldest first."""
    found = store.people(session, actor, site_id=site_id, active=True, provisional=True)
    return sorted(found, key=lambda person: (person.made_at, person.id))


def _next_number(session: Session) -> str:
    while True:
        number = f"T{advance(session, 'provisional'):04d}"
        if session.scalar(select(Person.id).where(Person.number == number)) is None:
            return number


def _clean(text: str) -> str:
    try:
        return checks.text(text[:LONGEST], "name", most=LONGEST, empty=True)
    except Invalid:
        return ""
