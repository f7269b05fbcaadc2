"""Punches as they arrived, for the back offices that pull them: every query."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.people.models import Person, PersonSite


def punches(
    session: Session,
    actor: Actor,
    *,
    after: int = 0,
    limit: int | None = None,
    employee_id: str | None = None,
) -> list[tuple[PunchRow, Person]]:
    """Punches in order of arrival, with their people; `after` is the last position seen."""
    allow(actor, "punches.read")
    query = (
        select(PunchRow, Person)
        .join(Person, Person.id == PunchRow.employee_id)
        .where(PunchRow.position > after)
        .order_by(PunchRow.position)
    )
    if employee_id is not None:
        query = query.where(PunchRow.employee_id == employee_id)
    if actor.site_ids is not None:
        theirs = select(PersonSite.person_id).where(PersonSite.site_id.in_(actor.site_ids))
        query = query.where(PunchRow.employee_id.in_(theirs))
    return list(session.execute(query if limit is None else query.limit(limit)))
