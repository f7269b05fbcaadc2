"""How people like the wall, as they chose it there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Invalid
from clockhouse_server.people import checks
from clockhouse_server.people.models import Person


def choose(
    session: Session,
    actor: Actor,
    person: Person,
    given: Mapping[str, Any],
    chosen_at: datetime,
    *,
    now: datetime,
) -> bool:
    """Take over what somebody chose; False where a newer choice stands. What is absent stays as it was.

    A language that nobody can read is passed over: the line keeps it.
    """
    if person.preferences_at is not None and chosen_at < person.preferences_at:
        return False
    before = person.preferences or {}
    after = before | {name: value for name, value in given.items() if name != "language"}
    language = _readable(given.get("language")) or person.language
    old, new = audit.changes(
        {"preferences": before, "language": person.language}, {"preferences": after, "language": language}
    )
    person.preferences, person.preferences_at, person.language = after, chosen_at, language
    session.flush()
    if new:
        audit.record(session, actor, "person.prefer", "person", person.id, now=now, before=old, after=new)
    person.version = roster_version(session)
    session.flush()
    return True


def _readable(language: str | None) -> str | None:
    try:
        return checks.language(language) if language else None
    except Invalid:
        return None
