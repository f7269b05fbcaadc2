"""What people worked, as they see it at the wall: today, this week and the last, this period, and what is missing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.people.models import Person
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.pair import work_day
from clockhouse_server.timecards.sheets import Sheet


@dataclass(frozen=True)
class Hours:
    """Counted seconds of whole stretches; one that still runs counts when it has ended.

    `missing` are the punches that began work which nobody ended, and when that was.
    """

    today: int
    week: int
    last_week: int
    period: int
    missing: tuple[tuple[str, datetime], ...]


def today(session: Session, now: datetime) -> date:
    """The day it is where the company is."""
    known = sheets.setting(session)
    return work_day(now, known.zone, known.day_starts)


def hours(
    session: Session, person_ids: Collection[str], period_from: date, *, now: datetime
) -> dict[str, Hours]:
    """What these people worked today, this week, last week and since `period_from`; those who do not exist are left out."""
    known = sheets.setting(session)
    on = work_day(now, known.zone, known.day_starts)
    week_on = on - timedelta(days=(on.weekday() - sheets.company_of(session).weeks_start) % 7)
    last_week_on = week_on - timedelta(days=7)
    found = session.scalars(select(Person).where(Person.id.in_(list(person_ids)))).all()
    made = sheets.sheets(session, found, min(last_week_on, period_from), week_on + timedelta(days=6), now=now)
    return {
        person_id: Hours(
            today=_worked(sheet, on, on),
            week=_worked(sheet, week_on, week_on + timedelta(days=6)),
            last_week=_worked(sheet, last_week_on, week_on - timedelta(days=1)),
            period=_worked(sheet, period_from, on),
            missing=tuple(_missing_outs(sheet)),
        )
        for person_id, sheet in made.items()
    }


def _worked(sheet: Sheet, from_on: date, through_on: date) -> int:
    return sum(one.counted_seconds for one in sheet.entries if from_on <= one.entry.on <= through_on)


def _missing_outs(sheet: Sheet) -> Iterator[tuple[str, datetime]]:
    """The open ends that are exceptions, on days that can still be mended."""
    locked = sheet.person.locked_through_on
    began = {one.entry.from_punch: one.entry.from_at for one in sheet.entries}
    for problem in sheet.problems:
        if problem.code == "missing_out" and (locked is None or problem.on > locked):
            punch_id = problem.punches[0]
            if punch_id in began:
                yield punch_id, began[punch_id]
