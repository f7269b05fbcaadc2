"""People's punches and corrections out of the tables, folded, paired and classified for a range of days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clockhouse_server.errors import NotFound
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.people.models import Company, Person, Site
from clockhouse_server.timecards.classify import Classified, Flags, classify
from clockhouse_server.timecards.exceptions import Problem, find
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Action, Fix, Kind, Loose, Punch, counting, folded, pair

_RowT = TypeVar("_RowT", Adjustment, PunchRow)

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
class Sheet:
    """One person's range: the punches as read, the corrections, and what the books make of them."""

    person: Person
    rows: Mapping[str, PunchRow]
    fixes: Sequence[Adjustment]
    every: Sequence[Punch]
    """All punches with their corrections, those that do not count (`undone`) too."""
    entries: Sequence[Classified]
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
    return {
        person.id: _sheet(
            person, rows.get(person.id, []), fixes.get(person.id, []), from_on, through_on, known, now
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
    from_on: date,
    through_on: date,
    known: Setting,
    now: datetime,
) -> Sheet:
    every = folded((punch_of(row, known) for row in rows), (fix_of(fix, at) for at, fix in enumerate(fixes)))
    paired = pair(counting(every), day_starts=known.day_starts)
    return Sheet(
        person=person,
        rows={row.punch_id: row for row in rows},
        fixes=fixes,
        every=every,
        entries=[
            classify(entry, known.flags.get((entry.job or "", entry.task)), known.zone_of(entry.site))
            for entry in paired.entries
            if from_on <= entry.on <= through_on
        ],
        loose=[loose for loose in paired.loose if from_on <= loose.on <= through_on],
        problems=[problem for problem in find(paired, now) if from_on <= problem.on <= through_on],
    )


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


def fix_of(fix: Adjustment, order: int) -> Fix:
    """A correction as pairing takes it; `order` is its place among the person's."""
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
    )
