"""Timecards as people read them: days with their entries, the punches behind them, and what needs a decision."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, in_scope
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import NOBODY, CorrectionRequest, Proposal, PunchRow
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import answers, asked, sheets
from clockhouse_server.timecards import parked as parked_lines
from clockhouse_server.timecards.answers import Answered
from clockhouse_server.timecards.classify import Classified
from clockhouse_server.timecards.evidence import Ledger, verified
from clockhouse_server.timecards.exceptions import BLOCKING, LOST, Problem
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Punch, work_day
from clockhouse_server.timecards.sheets import Sheet

Status = Literal["approved", "attention", "at_work", "ready"]


@dataclass(frozen=True)
class PunchView:
    """A punch in the books beside what was read; `read` is None for one that the office added.

    state: counted (it bounds an entry), loose, void or undone.
    """

    id: str
    kind: str
    at: datetime
    zone: str
    on: date
    job_id: str | None
    task_id: str | None
    site_id: str | None
    state: str
    read: PunchRow | None
    corrections: tuple[Adjustment, ...]
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True)
class Day:
    on: date
    entries: tuple[Classified, ...]
    punches: tuple[PunchView, ...]
    problems: tuple[Problem, ...]
    locked: bool

    @property
    def worked_seconds(self) -> int:
        return sum(one.counted_seconds for one in self.entries)


@dataclass(frozen=True)
class JobTotal:
    job_id: str | None
    task_id: str | None
    worked_seconds: int
    billable_seconds: int


@dataclass(frozen=True)
class Timecard:
    """One person's days, and everything that stands between them and an approval."""

    person: Person
    from_on: date
    through_on: date
    zone: str
    days: tuple[Day, ...]
    problems: tuple[Problem, ...]
    proposals: tuple[Proposal, ...]
    requests: tuple[CorrectionRequest, ...]
    parked: tuple[parked_lines.Parked, ...]
    totals: tuple[JobTotal, ...]
    worked_seconds: int
    billable_seconds: int
    ledger: Ledger
    open_kiosks: tuple[Device, ...]
    status: Status


@dataclass(frozen=True)
class Row:
    """A timecard in a list."""

    person: Person
    worked_seconds: int
    billable_seconds: int
    problems: Mapping[str, int]
    proposals: int
    requests: int
    parked: int
    status: Status


@dataclass(frozen=True)
class Waiting:
    """Something in the inbox: a problem of somebody's day with its punches, a proposal, a request, or a parked line."""

    person: Person | None
    on: date
    problem: Problem | None = None
    punches: tuple[PunchView, ...] = ()
    proposal: Proposal | None = None
    request: CorrectionRequest | None = None
    parked: parked_lines.Parked | None = None


def timecard(
    session: Session, actor: Actor, person_id: str, from_on: date, through_on: date, *, now: datetime
) -> Timecard:
    """The person's range as the books see it now; raises Forbidden or NotFound."""
    person = people.person(session, actor, "timecards.read", person_id)
    known = sheets.setting(session)
    sheet = sheets.sheets(session, [person], from_on, through_on, now=now)[person_id]
    zone = zone_of(session, person, known)
    proposals = tuple(open_proposals(session, [person_id], known, from_on, through_on))
    requests = tuple(asked.waiting(session, [person_id], known, from_on, through_on))
    lines = tuple(
        one for one in parked_lines.waiting(session, [person_id], known) if from_on <= one.on <= through_on
    )
    views = _answered(session, _punch_views(sheet, known, from_on, through_on))
    return Timecard(
        person=person,
        from_on=from_on,
        through_on=through_on,
        zone=zone,
        days=tuple(_days(sheet, views, from_on, through_on)),
        problems=tuple(sheet.problems),
        proposals=proposals,
        requests=requests,
        parked=lines,
        totals=tuple(_totals(sheet.entries)),
        worked_seconds=sheet.worked_seconds,
        billable_seconds=sheet.billable_seconds,
        ledger=verified(session, [view.read for view in views if view.read is not None]),
        open_kiosks=tuple(open_kiosks(session, sheet, known, zone, through_on)),
        status=_status(sheet, through_on, len(proposals) + len(requests) + len(lines)),
    )


def rows(
    session: Session,
    actor: Actor,
    from_on: date,
    through_on: date,
    *,
    site_id: str | None = None,
    now: datetime,
) -> list[Row]:
    """The timecards in the actor's scope, of people who are active or have anything in the range."""
    found = people.people(session, actor, site_id=site_id)
    known = sheets.setting(session)
    made = sheets.sheets(session, found, from_on, through_on, now=now)
    ids = [person.id for person in found]
    proposals = Counter(one.employee_id for one in open_proposals(session, ids, known, from_on, through_on))
    requests = Counter(one.employee_id for one in asked.waiting(session, ids, known, from_on, through_on))
    lines = Counter(
        one.employee_id
        for one in parked_lines.waiting(session, ids, known)
        if from_on <= one.on <= through_on
    )
    return [
        Row(
            person=person,
            worked_seconds=made[person.id].worked_seconds,
            billable_seconds=made[person.id].billable_seconds,
            problems=Counter(problem.severity for problem in made[person.id].problems),
            proposals=proposals[person.id],
            requests=requests[person.id],
            parked=lines[person.id],
            status=_status(
                made[person.id],
                through_on,
                proposals[person.id] + requests[person.id] + lines[person.id],
            ),
        )
        for person in found
        if person.active
        or made[person.id].entries
        or made[person.id].problems
        or proposals[person.id]
        or requests[person.id]
        or lines[person.id]
    ]


def inbox(
    session: Session, actor: Actor, *, site_id: str | None = None, now: datetime, days: int = 35
) -> list[Waiting]:
    """What needs a decision on the last `days` days that are not locked, oldest first, in the actor's scope."""
    found = {person.id: person for person in people.people(session, actor, site_id=site_id)}
    known = sheets.setting(session)
    through_on = now.date() + timedelta(days=1)
    from_on = through_on - timedelta(days=days)
    waiting = [
        Waiting(
            sheet.person,
            problem.on,
            problem=problem,
            punches=tuple(view for view in views if view.id in problem.punches),
        )
        for sheet in sheets.sheets(session, list(found.values()), from_on, through_on, now=now).values()
        for views in (_punch_views(sheet, known, from_on, through_on) if sheet.problems else [],)
        for problem in sheet.problems
        if not _locked(sheet.person, problem.on) and problem.severity != "low"
    ]
    waiting += [
        Waiting(found[one.employee_id], claimed_on(one, known), proposal=one)
        for one in open_proposals(session, found, known)
    ]
    waiting += [
        Waiting(found[one.employee_id], asked.asked_on(one, known), request=one)
        for one in asked.waiting(session, found, known)
    ]
    waiting += [
        Waiting(found.get(one.employee_id), one.on, parked=one)
        for one in parked_lines.waiting(session, [*found, NOBODY], known)
        if one.employee_id != NOBODY
        or (in_scope(actor, [one.site_id or ""]) and site_id in {None, one.site_id})
    ]
    return sorted(waiting, key=lambda one: (one.on, one.person.number if one.person else ""))


def zone_of(session: Session, person: Person, known: sheets.Setting) -> str:
    """Where somebody's times are told: at their first site, else at the company's."""
    site_ids = people.sites_of(session, [person.id])[person.id]
    return known.zone_of(site_ids[0] if site_ids else None)


def open_proposals(
    session: Session,
    person_ids: Collection[str],
    known: sheets.Setting,
    from_on: date | None = None,
    through_on: date | None = None,
) -> list[Proposal]:
    """Claims that nobody has decided yet, by the day they are about."""
    found = session.scalars(
        select(Proposal)
        .where(Proposal.employee_id.in_(list(person_ids)), Proposal.status == "open")
        .order_by(Proposal.claimed_at, Proposal.proposal_id)
    )
    return [
        one
        for one in found
        if (from_on is None or from_on <= claimed_on(one, known))
        and (through_on is None or claimed_on(one, known) <= through_on)
    ]


def others_left(
    session: Session, site_ids: Collection[str], person_id: str, around: datetime
) -> tuple[datetime, datetime] | None:
    """When the first and the last of the others at these sites clocked out within two hours of an instant."""
    near = PunchRow.counted_at.between(around - timedelta(hours=2), around + timedelta(hours=2))
    first, last = session.execute(
        select(func.min(PunchRow.counted_at), func.max(PunchRow.counted_at)).where(
            PunchRow.site_id.in_(list(site_ids)),
            PunchRow.kind == "out",
            PunchRow.employee_id.not_in([person_id, NOBODY]),
            PunchRow.undone.is_(False),
            near,
        )
    ).one()
    return None if first is None else (first, last)


def claimed_on(proposal: Proposal, known: sheets.Setting) -> date:
    """The day that a claim is about, told where the company is."""
    return work_day(proposal.claimed_at, known.zone, known.day_starts)


def open_kiosks(
    session: Session, sheet: Sheet, known: sheets.Setting, zone: str, through_on: date
) -> list[Device]:
    """Kiosks that served the person and have not reported past the end of a day: punches may still come."""
    ends_at = datetime.combine(through_on + timedelta(days=1), time(), ZoneInfo(zone)) + timedelta(
        minutes=known.day_starts
    )
    site_ids = people.sites_of(session, [sheet.person.id])[sheet.person.id]
    used = {row.device_id for row in sheet.rows.values()}
    found = session.scalars(
        select(Device)
        .where(
            or_(Device.id.in_(used), Device.site_id.in_(site_ids) & (Device.status == "active")),
            Device.enrolled_at < ends_at.astimezone(UTC),
        )
        .order_by(Device.name)
    )
    return [
        device
        for device in found
        if device.complete_through_at is None or device.complete_through_at < ends_at
    ]


def _status(sheet: Sheet, through_on: date, waiting: int) -> Status:
    if _locked(sheet.person, through_on):
        return "approved"
    if waiting or any(problem.severity in BLOCKING for problem in sheet.problems):
        return "attention"
    return "at_work" if still_at_work(sheet) else "ready"


def still_at_work(sheet: Sheet) -> bool:
    """Whether the newest stretch is open and nobody's mistake."""
    lost = {problem.punches[0] for problem in sheet.problems if problem.code in LOST}
    return any(one.entry.to_at is None and one.entry.from_punch not in lost for one in sheet.entries)


def _locked(person: Person, on: date) -> bool:
    return person.locked_through_on is not None and on <= person.locked_through_on


def _days(sheet: Sheet, views: Sequence[PunchView], from_on: date, through_on: date) -> list[Day]:
    return [
        Day(
            on=on,
            entries=tuple(one for one in sheet.entries if one.entry.on == on),
            punches=tuple(view for view in views if view.on == on),
            problems=tuple(problem for problem in sheet.problems if problem.on == on),
            locked=_locked(sheet.person, on),
        )
        for on in (from_on + timedelta(days=number) for number in range((through_on - from_on).days + 1))
    ]


def _punch_views(sheet: Sheet, known: sheets.Setting, from_on: date, through_on: date) -> list[PunchView]:
    days = {loose.punch.id: loose.on for loose in sheet.loose}
    loose = set(days)
    for one in sheet.entries:
        days[one.entry.from_punch] = one.entry.on
        if one.entry.to_punch is not None:
            days[one.entry.to_punch] = one.entry.on
    views = []
    for punch in sheet.every:
        row = sheet.rows.get(punch.id)
        if punch.undone:
            on = work_day(punch.at, punch.zone, known.day_starts)
            state = "undone" if row is not None and row.undone else "void"
            if from_on <= on <= through_on:
                views.append(_view(sheet, punch, on, state))
        elif punch.id in days:
            state = "loose" if punch.id in loose else "counted"
            views.append(_view(sheet, punch, days[punch.id], state))
    return sorted(views, key=lambda view: (view.at, view.id))


def _answered(session: Session, views: Sequence[PunchView]) -> list[PunchView]:
    found = answers.of(session, [view.id for view in views])
    return [replace(view, answers=found.get(view.id, ())) for view in views]


def _view(sheet: Sheet, punch: Punch, on: date, state: str) -> PunchView:
    return PunchView(
        id=punch.id, kind=punch.kind, at=punch.at, zone=punch.zone, on=on,
        job_id=punch.job, task_id=punch.task, site_id=punch.site, state=state,
        read=sheet.rows.get(punch.id),
        corrections=tuple(
            fix for fix in sheet.fixes if punch.id in {fix.punch_id, fix.adjustment_id}
        ),
    )  # fmt: skip


def _totals(entries: Sequence[Classified]) -> list[JobTotal]:
    worked: Counter[tuple[str | None, str | None]] = Counter()
    billable: Counter[tuple[str | None, str | None]] = Counter()
    for one in entries:
        if one.entry.kind == "unpaid_break":
            continue
        key = (one.entry.job, one.entry.task)
        worked[key] += one.counted_seconds
        billable[key] += one.counted_seconds if one.billable else 0
    return [JobTotal(*key, worked[key], billable[key]) for key in worked]
