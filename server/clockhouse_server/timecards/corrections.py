"""Corrections: each is a line in the employee's own ledger, a linked adjustment, and an audit row with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Forbidden, Invalid, NotFound, PeriodLocked
from clockhouse_server.ingest import office
from clockhouse_server.ingest.models import BesideRow, LastState, LineRow, PunchRow
from clockhouse_server.jobs.models import Job, Task
from clockhouse_server.people import checks
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, Site
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Action, Entry, Kind, Punch, folded, work_day
from clockhouse_sync import ledger, wire

KINDS: Final[tuple[Kind, ...]] = ("in", "out", "break_start", "break_end", "transfer")
NEWEST_WITHIN: Final = timedelta(days=40)
"""How far back somebody's newest punch is looked for; before that they are simply not at work."""


class OwnTime(Forbidden):
    """Nobody corrects or approves their own hours."""

    code = "own_time"


@dataclass(frozen=True)
class Correction:
    """What shall change. `source` is the parked line that an assignment takes up."""

    action: Action
    punch_id: str | None = None
    kind: Kind | None = None
    at: datetime | None = None
    job_id: str | None = None
    task_id: str | None = None
    site_id: str | None = None
    proposal_id: str | None = None
    source: wire.LineRef | None = None


def adjust(
    session: Session,
    actor: Actor,
    person_id: str,
    action: Action,
    *,
    reason: str,
    punch_id: str | None = None,
    kind: Kind | None = None,
    at: datetime | None = None,
    job_id: str | None = None,
    task_id: str | None = None,
    site_id: str | None = None,
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment:
    """Add a missing punch, or change, void or restore one; the punch as read stays.

    Raises Invalid, Conflict, PeriodLocked where a locked day would change, OwnTime for one's own hours.
    """
    if action not in {"add", "change", "void", "restore"}:
        raise Invalid("Choose add, change, void or restore.", field="action")
    made = Correction(action, punch_id or None, kind, at, job_id or None, task_id or None, site_id or None)
    return write(session, actor, person_id, made, reason=reason, now=now, new_id=new_id)


def write(
    session: Session,
    actor: Actor,
    person_id: str,
    correction: Correction,
    *,
    reason: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment:
    """Check a correction and keep it: ledger line, adjustment, audit row, and what kiosks know of the person."""
    person = person_for(session, actor, "timecards.adjust", person_id)
    said = checks.text(reason, "reason", most=500)
    known = sheets.setting(session)
    _check_fields(session, correction, now)
    touched = _check_punch(session, person, correction, known)
    site_id = (
        correction.site_id or (touched.site if touched else None) or _site_near(session, person, correction)
    )
    fields = _Stored(correction, person_id, actor.user_id, new_id(), site_id, known.zone_of(site_id))
    tried = fields.row(said, now)
    days = [work_day(at, tried.zone, known.day_starts) for at in _times(correction, touched)]
    _check_lock(session, person, tried, days, now)
    line = _state(session, fields, said, now=now, new_id=new_id)
    tried.device_id, tried.epoch, tried.seq, tried.hash = line.device_id, line.epoch, line.seq, line.hash
    session.add(tried)
    session.flush()
    audit.record(
        session, actor, f"timecard.{correction.action}", "person", person_id,
        now=now, reason=said, after=fields.plain(),
    )  # fmt: skip
    tell_kiosks(session, person, now=now)
    return tried


def person_for(session: Session, actor: Actor, permission: str, person_id: str) -> Person:
    """The person whose hours somebody else is about to settle, locked until the transaction ends."""
    person = people.person(session, actor, permission, person_id)
    if actor.person_id == person_id:
        raise OwnTime("Somebody else has to settle your own hours.")
    session.refresh(person, with_for_update=people.LOCKED)
    return person


def _check_fields(session: Session, correction: Correction, now: datetime) -> None:
    adds = correction.action in {"add", "assign"}
    if adds and correction.kind is None:
        raise Invalid("Choose what was punched.", field="kind")
    if correction.kind is not None and correction.kind not in KINDS:
        raise Invalid(f"Choose one of {', '.join(KINDS)}.", field="kind")
    if adds and correction.at is None:
        raise Invalid("Give the time.", field="at")
    if correction.at is not None and correction.at > now:
        raise Invalid("This time has not come yet.", field="at")
    if correction.site_id is not None and session.get(Site, correction.site_id) is None:
        raise Invalid("There is no such site.", field="site_id")
    if correction.job_id is not None and session.get(Job, correction.job_id) is None:
        raise Invalid("There is no such job.", field="job_id")
    if correction.task_id is not None:
        task = session.get(Task, correction.task_id)
        if task is None or task.job_id != correction.job_id:
            raise Invalid("This job has no such task.", field="task_id")


def _check_punch(
    session: Session, person: Person, correction: Correction, known: sheets.Setting
) -> Punch | None:
    """The punch that is about to be corrected; None where one is added."""
    if correction.action == "add":
        return None
    punch = _punch(session, person, correction.punch_id or "", known)
    counts = punch is not None and not punch.undone
    if correction.action == "assign":
        if counts:
            raise Conflict("This punch counts already.")
        return None
    if punch is None:
        raise NotFound("There is no such punch.", field="punch_id")
    match correction.action:
        case "change" if not counts:
            raise Conflict("This punch does not count. Restore it first.")
        case "change" if not (correction.at or correction.kind or correction.job_id):
            raise Invalid("Say what changes: the time, the kind or the job.", field="at")
        case "void" if not counts:
            raise Conflict("This punch does not count already.")
        case "restore" if counts:
            raise Conflict("This punch counts already.")
    return punch


def _punch(session: Session, person: Person, punch_id: str, known: sheets.Setting) -> Punch | None:
    """A punch with all its corrections, whether it counts or not."""
    row = session.get(PunchRow, (punch_id, person.id))
    fixes = session.scalars(
        select(Adjustment)
        .where(
            Adjustment.employee_id == person.id,
            or_(Adjustment.punch_id == punch_id, Adjustment.adjustment_id == punch_id),
        )
        .order_by(Adjustment.made_at, Adjustment.seq)
    )
    read = [] if row is None else [sheets.punch_of(row, known)]
    found = folded(read, (sheets.fix_of(fix, at) for at, fix in enumerate(fixes)))
    return next((punch for punch in found if punch.id == punch_id), None)


def _times(correction: Correction, touched: Punch | None) -> list[datetime]:
    return [at for at in (correction.at, touched.at if touched else None) if at is not None]


def _site_near(session: Session, person: Person, correction: Correction) -> str | None:
    """Where the person punched last before the time in question, else their first site."""
    before = session.scalar(
        select(PunchRow.site_id)
        .where(
            PunchRow.employee_id == person.id,
            PunchRow.counted_at <= correction.at,
            PunchRow.site_id.is_not(None),
        )
        .order_by(PunchRow.counted_at.desc())
        .limit(1)
    )
    return before or next(iter(people.sites_of(session, [person.id])[person.id]), None)


def _check_lock(session: Session, person: Person, tried: Adjustment, days: list[date], now: datetime) -> None:
    """Refuse what would change a locked day: its stretches must come out the same with the correction.

    Or as they were approved: a punch that came late and runs into them may be taken away.
    """
    locked = person.locked_through_on
    if locked is None or min(days) - timedelta(days=2) > locked:
        return
    from_on = min(days) - timedelta(days=2)
    before, after = (
        sheets.sheets(session, [person], from_on, locked, now=now, more=more)[person.id]
        for more in ((), (tried,))
    )
    if (before.computed, before.loose) == (after.computed, after.loose):
        return
    as_approved = [_ends(one) for one in after.computed] == [_ends(one.entry) for one in before.entries]
    if not as_approved or not set(after.loose) <= set(before.loose):
        raise PeriodLocked(
            f"{person.name} is approved through {locked}. Take the approval back first.",
            field="at", through_on=locked.isoformat(),
        )  # fmt: skip


def _ends(entry: Entry) -> tuple[object, ...]:
    """What an approval keeps of a stretch."""
    return (
        entry.kind, entry.on, entry.from_at, entry.to_at, entry.from_punch, entry.to_punch,
        entry.job, entry.task, entry.site,
    )  # fmt: skip


@dataclass(frozen=True)
class _Stored:
    """A correction on its way into the ledger and the tables."""

    correction: Correction
    employee_id: str
    author_id: str
    adjustment_id: str
    site_id: str | None
    zone: str

    def plain(self) -> dict[str, Any]:
        """The line's own fields, absent where unset."""
        made = self.correction
        source = made.source
        fields: dict[str, Any] = {
            "adjustment_id": self.adjustment_id,
            "employee_id": self.employee_id,
            "action": made.action,
            "author_id": self.author_id,
            "punch_id": made.punch_id,
            "kind": made.kind,
            "counted_at": wire.format_instant(made.at) if made.at else None,
            "job_id": made.job_id,
            "task_id": made.task_id,
            "proposal_id": made.proposal_id,
            "site_id": self.site_id,
            "zone": self.zone,
            "line": None if source is None else wire.fields_of(source),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def row(self, reason: str, now: datetime) -> Adjustment:
        """The adjustment, still without its place in the ledger."""
        made, source = self.correction, self.correction.source
        return Adjustment(
            employee_id=self.employee_id, adjustment_id=self.adjustment_id, action=made.action,
            punch_id=made.punch_id, kind=made.kind,
            counted_at=made.at.replace(microsecond=made.at.microsecond // 1000 * 1000) if made.at else None,
            job_id=made.job_id, task_id=made.task_id, site_id=self.site_id, zone=self.zone,
            proposal_id=made.proposal_id,
            source_device_id=source.device_id if source else None,
            source_epoch=source.epoch if source else None,
            source_seq=source.seq if source else None,
            source_hash=source.hash if source else None,
            reason=reason, author_id=self.author_id, made_at=now,
        )  # fmt: skip


def _state(
    session: Session, stored: _Stored, reason: str, *, now: datetime, new_id: Callable[[], str]
) -> LineRow:
    """The ledger's line; the reason travels beside it, so that it can be erased and the chain stays whole."""
    source = office.source_of(stored.employee_id)
    salt = sha256("".join(new_id() for _ in range(3)).encode()).digest()
    content = reason.encode()
    key = ledger.beside_hash(salt, content)
    fields: Mapping[str, Any] = {**stored.plain(), "beside": {"note": key}}
    line = office.append(session, source, "adjustment", fields, now=now)
    session.add(BesideRow(device_id=source, hash=key, salt=salt, content=content))
    return line


def tell_kiosks(session: Session, person: Person, *, now: datetime) -> None:
    """Bring the person's last state in line with the books. Call it last: it takes the roster's version."""
    today = now.date()
    sheet = sheets.sheets(session, [person], today - NEWEST_WITHIN, today + timedelta(days=1), now=now)[
        person.id
    ]
    newest = sheet.punches[-1] if sheet.punches else None
    state = session.get(LastState, person.id)
    if newest is None and state is None:
        return
    if state is None:
        state = LastState(employee_id=person.id)
    if newest is None:
        state.kind = "out"
    else:
        running = next((one.entry for one in sheet.entries if one.entry.from_punch == newest.id), None)
        state.punch_id, state.kind, state.at, state.site_id = newest.id, newest.kind, newest.at, newest.site
        state.job_id, state.task_id = (running.job, running.task) if running else (newest.job, newest.task)
    state.overdue, state.version = False, roster_version(session)
    session.add(state)
    session.flush()
