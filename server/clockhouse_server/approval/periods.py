"""Pay periods: laid out from the company's settings, closed when everybody in them is approved."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.approval.models import Period
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.errors import Conflict, Invalid
from clockhouse_server.ingest.models import NOBODY
from clockhouse_server.people import checks
from clockhouse_server.people.models import Company, Person
from clockhouse_server.timecards import parked, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.pair import work_day


@dataclass(frozen=True)
class PayPeriod:
    """One of the company's periods; its id is its first day, as 2026-11-09."""

    from_on: date
    through_on: date
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def id(self) -> str:
        return self.from_on.isoformat()


def laid_out(company: Company, on: date) -> PayPeriod:
    """The period that a day falls into, by the settings alone."""
    number = (on - company.period_from_on).days // company.period_days
    from_on = company.period_from_on + timedelta(days=number * company.period_days)
    return PayPeriod(from_on, from_on + timedelta(days=company.period_days - 1))


def containing(session: Session, on: date) -> PayPeriod:
    """As laid_out, with whether it is closed. A closed period keeps its days when the settings change."""
    closed = session.scalar(select(Period).where(Period.from_on <= on, Period.through_on >= on))
    if closed is not None:
        return PayPeriod(closed.from_on, closed.through_on, closed.closed_at, closed.closed_by)
    return laid_out(sheets.company_of(session), on)


def newest(session: Session, *, now: datetime, count: int = 8) -> list[PayPeriod]:
    """The period of today and those before it, newest first."""
    known = sheets.setting(session)
    found = [containing(session, work_day(now, known.zone, known.day_starts))]
    while len(found) < count:
        found.append(containing(session, found[-1].from_on - timedelta(days=1)))
    return found


def by_id(session: Session, period_id: str) -> PayPeriod:
    """The period that begins on a day; raises Invalid naming the one that the day falls into."""
    try:
        on = date.fromisoformat(period_id)
    except ValueError:
        raise Invalid("period: give its first day, as 2026-11-09.", field="period") from None
    found = containing(session, on)
    if found.from_on != on:
        raise Invalid(f"period: none begins on {on}; that day is in {found.id}.", field="period")
    return found


def close(session: Session, actor: Actor, period_id: str, *, now: datetime) -> PayPeriod:
    """Close a period; raises Conflict naming who is not approved through its end, or what nobody owns yet."""
    allow(actor, "periods.close")
    period = by_id(session, period_id)
    if period.closed_at is not None:
        raise Conflict("This period is closed already.", field="period")
    if missing := unapproved(session, actor, period, now=now):
        names = ", ".join(missing)
        raise Conflict(f"Not approved through {period.through_on}: {names}.", field="period", people=missing)
    everybody = [NOBODY, *session.scalars(select(Person.id))]
    lines = parked.waiting(session, everybody, sheets.setting(session))
    if strays := sum(period.from_on <= one.on <= period.through_on for one in lines):
        raise Conflict(f"{strays} parked lines wait for a decision.", field="period", parked=strays)
    row = session.scalar(select(Period).where(Period.from_on == period.from_on))
    if row is None:
        row = Period(id=period.id, from_on=period.from_on, through_on=period.through_on)
        session.add(row)
    row.closed_by, row.closed_at = actor.user_id, now
    session.flush()
    audit.record(session, actor, "period.close", "period", period.id, now=now)
    return PayPeriod(period.from_on, period.through_on, now, actor.user_id)


def reopen(session: Session, actor: Actor, period_id: str, *, reason: str, now: datetime) -> PayPeriod:
    """Open a closed period again, so that approvals in it can be taken back."""
    allow(actor, "periods.close")
    said = checks.text(reason, "reason", most=500)
    period = by_id(session, period_id)
    row = session.scalar(select(Period).where(Period.from_on == period.from_on))
    if row is None or row.closed_at is None:
        raise Conflict("This period is not closed.", field="period")
    row.closed_by = row.closed_at = None
    session.flush()
    audit.record(session, actor, "period.reopen", "period", period.id, now=now, reason=said)
    return PayPeriod(period.from_on, period.through_on)


def unapproved(session: Session, actor: Actor, period: PayPeriod, *, now: datetime) -> list[str]:
    """Names of those in the actor's scope with anything in the period who are not approved through its end."""
    rows = timecards.rows(session, actor, period.from_on, period.through_on, now=now)
    return [row.person.name for row in rows if _has_hours(row) and row.status != "approved"]


def _has_hours(row: timecards.Row) -> bool:
    return bool(
        row.worked_seconds
        or row.problems
        or row.proposals
        or row.requests
        or row.parked
        or row.status == "at_work"
    )
