"""People's punches and corrections out of the tables, folded, paired and classified for a range of days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clockhouse_server.errors import NotFound
from clockhouse_server.ingest import parked, runs
from clockhouse_server.ingest.dating import clock_was_good
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.people.models import Company, Person, Site
from clockhouse_server.timecards.classify import Classified, Flags, category_of, classify
from clockhouse_server.timecards.exceptions import Problem, find, overlaps
from clockhouse_server.timecards.models import Adjustment, EntryRow
from clockhouse_server.timecards.pair import (
    Action,
    Entry,
    EntryKind,
    Fix,
    Kind,
    Loose,
    Punch,
    counting,
    folded,
    pair,
)
from clockhouse_sync import wire

_RowT = TypeVar("_RowT", Adjustment, EntryRow, PunchRow)

MARGIN: Final = timedelta(days=3)
"""Punches this far outside a range are read too, so that the shifts at its ends are whole."""


@dataclass(frozen=True)
class Setting:
    """What pairing and classifying need to know of the company: zones of sites, flags of jobs, the day's start."""

    zone: str
    day_starts: int
    zones: Mapping[str, str]
    flags: Mapping[tuple[str, str | None], Flags]

    def zone_of(self, site_id: str | None) -> str:
        return self.zones.get(site_id or "", self.zone)


@dataclass(frozen=True)
class Days:
    """A range of days, both ends included."""

    from_on: date
    through_on: date

    def hold(self, on: date) -> bool:
        return self.from_on <= on <= self.through_on


@dataclass(frozen=True)
class Sheet:
    """One person's range: the punches as read, the corrections, and what the books make of them."""

    person: Person
    rows: Mapping[str, PunchRow]
    fixes: Sequence[Adjustment]
    every: Sequence[Punch]
    """All punches with their corrections, those that do not count (`undone`) too."""
    entries: Sequence[Classified]
    """As approved on locked days, whatever was changed since; as computed now on the others."""
    computed: Sequence[Entry]
    """What all days' punches come to now."""
    loose: Sequence[Loose]
    problems: Sequence[Problem]

    @property
    def punches(self) -> list[Punch]:
        """Those that count, in order of time."""
        return counting(self.every)

    @property
    def worked_seconds(self) -> int:
        return sum(one.counted_seconds for one in self.entries)

    @property
    def billable_seconds(self) -> int:
        return sum(one.counted_seconds for one in self.entries if one.billable)


def setting(session: Session) -> Setting:
    """The company's, read once for a request."""
    company = company_of(session)
    tasks = defaultdict(list)
    for task in session.scalars(select(Task)):
        tasks[task.job_id].append(task)
    flags: dict[tuple[str, str | None], Flags] = {}
    for job, in_house in session.execute(
        select(Job, Customer.in_house).join(Customer, Customer.id == Job.customer_id)
    ):
        flags[job.id, None] = Flags(job=job.billable, in_house=in_house)
        for task in tasks[job.id]:
            flags[job.id, task.id] = Flags(job=job.billable, task=task.billable, in_house=in_house)
    zones = dict(session.execute(select(Site.id, Site.zone)).all())
    return Setting(company.zone, company.day_starts, zones, flags)


def company_of(session: Session) -> Company:
    """The one company; raises NotFound before it was set up."""
    company = session.get(Company, "company")
    if company is None:
        raise NotFound("The company is not set up yet.")
    return company


def sheets(
    session: Session,
    people: Collection[Person],
    from_on: date,
    through_on: date,
    *,
    now: datetime,
    more: Iterable[Adjustment] = (),
) -> dict[str, Sheet]:
    """A sheet for each person, by id. `more` are corrections to try out that are not stored."""
    known = setting(session)
    ids = [person.id for person in people]
    fixes = _by_person(
        session.scalars(
            select(Adjustment)
            .where(Adjustment.employee_id.in_(ids), Adjustment.made_at >= _noon(from_on) - MARGIN)
            .order_by(Adjustment.made_at, Adjustment.seq)
        )
    )
    for fix in more:
        fixes[fix.employee_id] = [*fixes.get(fix.employee_id, []), fix]
    named = {fix.punch_id for made in fixes.values() for fix in made if fix.punch_id}
    rows = _by_person(
        session.scalars(
            select(PunchRow).where(
                PunchRow.employee_id.in_(ids),
                or_(
                    PunchRow.counted_at.between(_noon(from_on) - MARGIN, _noon(through_on) + MARGIN),
                    PunchRow.punch_id.in_(named),
                ),
            )
        )
    )
    frozen = _by_person(
        session.scalars(
            select(EntryRow)
            .where(
                EntryRow.employee_id.in_([person.id for person in people if person.locked_through_on]),
                EntryRow.on.between(from_on - MARGIN, through_on),
                EntryRow.superseded_at.is_(None),
            )
            .order_by(EntryRow.from_at, EntryRow.id)
        )
    )
    sources = sources_of(session, [fix for made in fixes.values() for fix in made])
    days = Days(from_on, through_on)
    return {
        person.id: _sheet(
            person,
            rows.get(person.id, []),
            fixes.get(person.id, []),
            sources,
            [approved(row) for row in frozen.get(person.id, [])],
            days,
            known,
            now,
        )
        for person in people
    }


def _by_person(found: Iterable[_RowT]) -> dict[str, list[_RowT]]:
    grouped: dict[str, list[_RowT]] = {}
    for row in found:
        grouped.setdefault(row.employee_id, []).append(row)
    return grouped


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


def _sheet(
    person: Person,
    rows: Sequence[PunchRow],
    fixes: Sequence[Adjustment],
    sources: Mapping[str, wire.PunchLine],
    frozen: Sequence[Classified],
    days: Days,
    known: Setting,
    now: datetime,
) -> Sheet:
    every = folded(
        (punch_of(row, known) for row in rows),
        (fix_of(fix, at, sources.get(fix.source_hash or "")) for at, fix in enumerate(fixes)),
    )
    paired = pair(counting(every), day_starts=known.day_starts)
    unlocked = [
        entry
        for entry in paired.entries
        if person.locked_through_on is None or entry.on > person.locked_through_on
    ]
    problems = find(paired, now) + overlaps(unlocked, [one.entry for one in frozen])
    return Sheet(
        person=person,
        rows={row.punch_id: row for row in rows},
        fixes=fixes,
        every=every,
        entries=[
            one
            for one in [
                *frozen,
                *(
                    classify(entry, known.flags.get((entry.job or "", entry.task)), known.zone_of(entry.site))
                    for entry in unlocked
                ),
            ]
            if days.hold(one.entry.on)
        ],
        computed=[entry for entry in paired.entries if days.hold(entry.on)],
        loose=[loose for loose in paired.loose if days.hold(loose.on)],
        problems=[problem for problem in problems if days.hold(problem.on)],
    )


def approved(row: EntryRow) -> Classified:
    """A frozen stretch as it was classified."""
    kind = cast("EntryKind", row.kind)
    entry = Entry(
        kind=kind, on=row.on, from_at=row.from_at, to_at=row.to_at, from_punch=row.from_punch_id,
        to_punch=row.to_punch_id, job=row.job_id, task=row.task_id, site=row.site_id, shift_at=row.from_at,
    )  # fmt: skip
    return Classified(entry, category_of(kind), row.counted_seconds, row.unbillable_because, tuple(row.trace))


def punch_of(row: PunchRow, known: Setting) -> Punch:
    """A read punch as pairing takes it."""
    return Punch(
        id=row.punch_id,
        kind=cast("Kind", row.kind),
        at=row.counted_at,
        zone=known.zones.get(row.site_id or "", row.zone),
        job=row.job_id,
        task=row.task_id,
        site=row.site_id,
        break_code=row.break_code,
        unconfirmed=row.kind_from == "unconfirmed",
        unproved=row.basis == "unproved",
        undone=row.undone,
    )


def fix_of(fix: Adjustment, order: int, source: wire.PunchLine | None = None) -> Fix:
    """A correction as pairing takes it; `order` is its place among the person's, `source` the line it takes up."""
    as_read = source is not None and fix.counted_at == wire.parse_instant(source.at)
    return Fix(
        id=fix.adjustment_id,
        action=cast("Action", fix.action),
        made_at=fix.made_at,
        order=order,
        punch_id=fix.punch_id,
        kind=cast("Kind | None", fix.kind),
        at=fix.counted_at,
        zone=fix.zone,
        job=fix.job_id,
        task=fix.task_id,
        site=fix.site_id,
        break_code=source.break_code if source else None,
        unproved=source is not None and as_read and not clock_was_good(source),
    )


def sources_of(session: Session, fixes: Iterable[Adjustment]) -> dict[str, wire.PunchLine]:
    """The parked punches that corrections took up, by hash: a rest stays a rest, a doubtful time doubtful."""
    places: set[runs.Place] = set()
    for fix in fixes:
        if fix.source_device_id and fix.source_epoch and fix.source_seq is not None:
            places.add((fix.source_device_id, fix.source_epoch, fix.source_seq))
    found = {}
    for lines in runs.at(session, places).values():
        for line in lines:
            read = parked.reading(line)
            if isinstance(read, wire.PunchLine):
                found[line.hash] = read
    return found
