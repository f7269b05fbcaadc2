"""Approving somebody's days through a date, and taking that back: every query."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.approval import books, periods
from clockhouse_server.approval.freeze import entries_hash, frozen
from clockhouse_server.approval.models import Approval
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Conflict, Invalid, NotFound, Refusal
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.people import checks
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import asked, corrections, parked, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.exceptions import BLOCKING
from clockhouse_server.timecards.models import Adjustment, EntryRow
from clockhouse_server.timecards.pair import work_day


class NotReady(Conflict):
    """Something in the days still needs a decision; `problems`, `proposals`, `requests` and `parked` say what."""

    code = "not_ready"


class KiosksOpen(Conflict):
    """Kiosks that served the days have not reported past their end; `kiosks` holds ids and names."""

    code = "kiosks_open"


class InUse(Conflict):
    """Invoices or payroll files rest on the approved hours; `used_by` names them."""

    code = "in_use"


@dataclass(frozen=True)
class Outcome:
    """What became of one person in a run over many: approved, or why not."""

    person: Person
    approval: Approval | None
    refusal: Refusal | None


def approve(
    session: Session,
    actor: Actor,
    person_id: str,
    through_on: date,
    *,
    anyway: Collection[str] = (),
    now: datetime,
    new_id: Callable[[], str],
) -> Approval:
    """Freeze and lock somebody's days through a date, from where the last approval ended.

    `anyway` names the kiosks (ids) whose silence the approver accepts. Raises NotReady, KiosksOpen, OwnTime.
    """
    person = corrections.person_for(session, actor, "timecards.approve", person_id)
    session.refresh(person, with_for_update=people.LOCKED)  # a punch on its way in waits, and then parks
    known = sheets.setting(session)
    _check_day(person, through_on, work_day(now, known.zone, known.day_starts))
    from_on = _begins_on(session, person, through_on, known)
    sheet = sheets.sheets(session, [person], from_on, through_on, now=now)[person_id]
    _check_ready(session, sheet, known, through_on)
    silent = _check_kiosks(session, sheet, known, through_on, anyway)
    approval = Approval(
        employee_id=person_id, id=new_id(), from_on=from_on, through_on=through_on, entries_hash="",
        approved_by=actor.user_id, approved_at=now,
        open_kiosks=", ".join(device.name for device in silent) or None,
    )  # fmt: skip
    rows = frozen(sheet, approval.id, new_id)
    approval.entries_hash = entries_hash(rows)
    session.add_all([approval, *rows])
    people.lock_through(session, person_id, through_on)
    audit.record(
        session, actor, "timecard.approve", "person", person_id, now=now,
        after={"approval_id": approval.id, "from_on": from_on, "through_on": through_on,
               "entries_hash": approval.entries_hash, "open_kiosks": approval.open_kiosks},
    )  # fmt: skip
    return approval


def approve_ready(
    session: Session,
    actor: Actor,
    through_on: date,
    *,
    site_id: str | None = None,
    only: Collection[str] | None = None,
    anyway: Collection[str] = (),
    now: datetime,
    new_id: Callable[[], str],
) -> list[Outcome]:
    """Approve everybody in the actor's scope whose days are in order; the others come back with what is not.

    `only` keeps to these people's ids.
    """
    outcomes = []
    for person in people.people(session, actor, site_id=site_id):
        if person.locked_through_on is not None and person.locked_through_on >= through_on:
            continue
        if only is not None and person.id not in only:
            continue
        try:
            made = approve(session, actor, person.id, through_on, anyway=anyway, now=now, new_id=new_id)
            outcomes.append(Outcome(person, made, None))
        except Refusal as refusal:  # raised before anything was written for this person
            outcomes.append(Outcome(person, None, refusal))
    return outcomes


def withdraw(session: Session, actor: Actor, person_id: str, *, reason: str, now: datetime) -> Approval:
    """Take the newest approval back: its days open again, its entries stay as superseded ones.

    Raises InUse while an invoice or a payroll file rests on it, Conflict while its period is closed.
    """
    corrections.person_for(session, actor, "timecards.approve", person_id)
    said = checks.text(reason, "reason", most=500)
    standing = approvals(session, person_id)
    if not standing:
        raise NotFound("Nothing is approved.", field="person_id")
    newest = standing[0]
    if periods.containing(session, newest.through_on).closed_at is not None:
        raise Conflict("The period is closed. Reopen it first.", field="period")
    rows = entry_rows(session, newest, lock=True)
    if used := books.users(session, person_id, [row.id for row in rows]):
        raise InUse(f"These hours are used by {', '.join(used)}.", used_by=used)
    newest.withdrawn_by, newest.withdrawn_at, newest.reason = actor.user_id, now, said
    for row in rows:
        row.superseded_at = now
    people.lock_through(session, person_id, standing[1].through_on if len(standing) > 1 else None)
    audit.record(
        session, actor, "timecard.withdraw", "person", person_id, now=now, reason=said,
        before={"approval_id": newest.id, "through_on": newest.through_on},
    )  # fmt: skip
    return newest


def approvals(session: Session, person_id: str) -> list[Approval]:
    """The approvals that stand, the newest first."""
    return list(
        session.scalars(
            select(Approval)
            .where(Approval.employee_id == person_id, Approval.withdrawn_at.is_(None))
            .order_by(Approval.through_on.desc())
        )
    )


def history(session: Session, actor: Actor, person_id: str) -> list[Approval]:
    """All approvals of a person whom the actor may see, the withdrawn ones included, newest first."""
    people.person(session, actor, "timecards.read", person_id)
    found = select(Approval).where(Approval.employee_id == person_id)
    return list(session.scalars(found.order_by(Approval.approved_at.desc())))


def entry_rows(session: Session, approval: Approval, *, lock: bool = False) -> list[EntryRow]:
    """The entries that an approval froze, in order of time; locked against whoever would rest on them."""
    query = select(EntryRow).where(
        EntryRow.employee_id == approval.employee_id, EntryRow.approval_id == approval.id
    )
    if lock:
        session.execute(query.order_by(EntryRow.employee_id, EntryRow.id).with_for_update())
    return list(session.scalars(query.order_by(EntryRow.from_at, EntryRow.id)))


def holds(session: Session, approval: Approval) -> bool:
    """Whether the entries still give the hash that was approved."""
    return entries_hash(entry_rows(session, approval)) == approval.entries_hash


def _check_day(person: Person, through_on: date, today: date) -> None:
    if through_on > today:
        raise Invalid("Only days that have begun can be approved.", field="through_on")
    if person.locked_through_on is not None and through_on <= person.locked_through_on:
        raise Conflict(f"{person.name} is approved through {person.locked_through_on} already.")


def _begins_on(session: Session, person: Person, through_on: date, known: sheets.Setting) -> date:
    """The day after the last approval, or that of the first punch."""
    if person.locked_through_on is not None:
        return person.locked_through_on + timedelta(days=1)
    firsts = [
        session.scalar(select(func.min(column)).where(owner == person.id))
        for column, owner in (
            (PunchRow.counted_at, PunchRow.employee_id),
            (Adjustment.counted_at, Adjustment.employee_id),
        )
    ]
    days = [work_day(at, known.zone, known.day_starts) - timedelta(days=1) for at in firsts if at]
    return min([*days, periods.containing(session, through_on).from_on, through_on])


def _check_ready(session: Session, sheet: sheets.Sheet, known: sheets.Setting, through_on: date) -> None:
    problems = [problem for problem in sheet.problems if problem.severity in BLOCKING]
    claims = timecards.open_proposals(session, [sheet.person.id], known, None, through_on)
    requests = asked.waiting(session, [sheet.person.id], known, None, through_on)
    lines = [one for one in parked.waiting(session, [sheet.person.id], known) if one.on <= through_on]
    working = timecards.still_at_work(sheet)
    if not (problems or claims or requests or lines or working):
        return
    parts = [f"{problem.code.replace('_', ' ')} on {problem.on}" for problem in problems]
    parts += [f"{len(claims)} open claims"] if claims else []
    parts += [f"{len(requests)} open requests"] if requests else []
    parts += [f"{len(lines)} parked lines"] if lines else []
    parts += ["still at work"] if working else []
    raise NotReady(
        f"{sheet.person.name} cannot be approved yet: {', '.join(parts)}.",
        problems=[{"code": problem.code, "on": problem.on.isoformat()} for problem in problems],
        proposals=[one.proposal_id for one in claims],
        requests=[one.request_id for one in requests],
        parked=len(lines),
        at_work=working,
    )


def _check_kiosks(
    session: Session,
    sheet: sheets.Sheet,
    known: sheets.Setting,
    through_on: date,
    anyway: Collection[str],
) -> list[Device]:
    """The silent kiosks, all of them named by the approver; raises KiosksOpen for one that is not."""
    zone = timecards.zone_of(session, sheet.person, known)
    silent = timecards.open_kiosks(session, sheet, known, zone, through_on)
    if unnamed := [device for device in silent if device.id not in anyway]:
        names = ", ".join(device.name for device in unnamed)
        raise KiosksOpen(
            f"Punches may still come from {names}.",
            kiosks=[{"id": device.id, "name": device.name} for device in unnamed],
        )
    return silent
