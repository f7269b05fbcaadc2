"""A temporary worker turns out to be somebody known: what they punched counts for that person from now on."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Invalid
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.people import credentials
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, PersonSite
from clockhouse_server.timecards import asked, corrections, parked, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.corrections import Correction, OwnTime
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Punch
from clockhouse_server.timecards.sheets import Sheet
from clockhouse_sync import wire

AROUND = timedelta(days=3)


def merge(
    session: Session,
    actor: Actor,
    person_id: str,
    into_id: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Person:
    """Give everything to `into_id`: each punch is assigned there by its own line, and counts no more here.

    Lines and punches stay as they were read. Raises PeriodLocked where approved days of either would change.
    """
    person, into = _both(session, actor, person_id, into_id)
    _check_settled(session, person)
    sheet = _everything(session, person, now)
    for punch in sheet.punches:
        taken = _taken_over(sheet, punch)
        corrections.write(
            session, actor, into.id, taken, reason=f"Punched as {person.name} ({person.number})",
            now=now, new_id=new_id,
        )  # fmt: skip
        corrections.write(
            session, actor, person.id, Correction("void", punch_id=punch.id),
            reason=f"Counts for {into.name} ({into.number})", now=now, new_id=new_id,
        )  # fmt: skip
    _move_badges(session, actor, person, into, now=now, new_id=new_id)
    held = people.sites_of(session, [person.id, into.id])
    session.add_all(
        PersonSite(person_id=into.id, site_id=site_id)
        for site_id in set(held[person.id]) - set(held[into.id])
    )
    audit.record(
        session, actor, "person.merge", "person", person.id, now=now,
        after={"merged_into_id": into.id, "punches": len(sheet.punches)},
    )  # fmt: skip
    person.active, person.merged_into_id, person.merged_by = False, into.id, actor.user_id
    person.version = into.version = roster_version(session)
    session.flush()
    return into


def _both(session: Session, actor: Actor, person_id: str, into_id: str) -> tuple[Person, Person]:
    """The two, locked in order of their ids."""
    for one in (person_id, into_id):
        people.person(session, actor, "people.merge", one)
        if actor.person_id == one:
            raise OwnTime("Somebody else has to settle your own hours.")
    rows = session.scalars(
        select(Person)
        .where(Person.id.in_([person_id, into_id]))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    )
    found = {row.id: row for row in rows}
    person, into = found[person_id], found[into_id]
    if not person.provisional or person.merged_into_id is not None:
        raise Invalid("Only a temporary worker added at a kiosk can be merged.", field="person_id")
    if into.id == person.id or into.provisional or not into.active:
        raise Invalid("Choose somebody who works here.", field="into_id")
    return person, into


def _check_settled(session: Session, person: Person) -> None:
    """What waits names the temporary worker: it is settled first, so that nothing waits for nobody."""
    known = sheets.setting(session)
    waits = [
        *timecards.open_proposals(session, [person.id], known),
        *asked.waiting(session, [person.id], known),
        *parked.waiting(session, [person.id], known),
    ]
    if waits:
        raise Conflict(f"Settle first what waits for {person.name}: {len(waits)}.", waiting=len(waits))


def _everything(session: Session, person: Person, now: datetime) -> Sheet:
    first = session.scalar(select(func.min(PunchRow.counted_at)).where(PunchRow.employee_id == person.id))
    since = min(first or person.made_at, person.made_at) - AROUND
    return sheets.sheets(session, [person], since.date(), (now + AROUND).date(), now=now)[person.id]


def _source(fix: Adjustment) -> wire.LineRef | None:
    device_id, epoch, seq, line_hash = fix.source_device_id, fix.source_epoch, fix.source_seq, fix.source_hash
    if device_id is None or epoch is None or seq is None or line_hash is None:
        return None
    return wire.LineRef(device_id=device_id, epoch=epoch, seq=seq, hash=line_hash)


def _taken_over(sheet: Sheet, punch: Punch) -> Correction:
    """As the books see the punch now, and by the line that was read; one of the office's own is added anew."""
    row = sheet.rows.get(punch.id)
    fix = next((fix for fix in sheet.fixes if fix.punch_id == punch.id and fix.source_hash), None)
    source: wire.LineRef | None = None
    if row is not None:
        source = wire.LineRef(device_id=row.device_id, epoch=row.epoch, seq=row.seq, hash=row.hash)
    elif fix is not None:
        source = _source(fix)
    return Correction(
        "add" if source is None else "assign",
        punch_id=None if source is None else punch.id,
        kind=punch.kind,
        at=punch.at,
        job_id=punch.job,
        task_id=punch.task,
        site_id=punch.site,
        source=source,
    )


def _move_badges(
    session: Session, actor: Actor, person: Person, into: Person, *, now: datetime, new_id: Callable[[], str]
) -> None:
    for badge in credentials.badges(session, person.id):
        if badge.active:
            credentials.detach(session, actor, person.id, badge.id, None, now=now)
            credentials.attach(session, actor, into.id, badge.value, weak=badge.weak, now=now, new_id=new_id)
