"""Rates: added from a date on, withdrawn, never edited; charges keep the rate that they took."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.billing import rates
from clockhouse_server.billing.models import Rate
from clockhouse_server.billing.rates import Scope
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.people import checks
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import sheets

HIGHEST: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class RateIn:
    """What an hour costs whom. An empty scope is the rate for everything; a job needs no customer beside it."""

    from_on: date
    bill: Decimal
    customer_id: str | None = None
    job_id: str | None = None
    task_id: str | None = None
    employee_id: str | None = None
    cost: Decimal | None = None
    currency: str = ""


def add_rate(
    session: Session, actor: Actor, given: RateIn, *, now: datetime, new_id: Callable[[], str]
) -> Rate:
    """A rate from a day on. Raises Invalid, or Conflict where one of this scope begins on that day already."""
    allow(actor, "rates.write")
    scope = _scope(session, given)
    currency = checks.currency(given.currency) if given.currency else _currency(session, given)
    made = Rate(
        id=new_id(), customer_id=scope.customer, job_id=scope.job, task_id=scope.task,
        employee_id=scope.employee, from_on=given.from_on, bill=_amount(given.bill, "bill"),
        cost=None if given.cost is None else _amount(given.cost, "cost"), currency=currency,
        made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    same = [
        rate
        for rate in standing(session, currency)
        if read(rate).scope == scope and rate.from_on == given.from_on
    ]
    if same:
        raise Conflict("A rate for this begins on that day already. Withdraw it first.", field="from_on")
    session.add(made)
    session.flush()
    audit.record(session, actor, "rate.add", "rate", made.id, now=now, after=_facts(made))
    return made


def withdraw_rate(session: Session, actor: Actor, rate_id: str, *, now: datetime) -> Rate:
    """The rate holds no more for hours charged from now on; what was charged stays as it was."""
    allow(actor, "rates.write")
    found = session.get(Rate, rate_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such rate.", field="rate_id")
    if found.withdrawn_at is not None:
        raise Conflict("This rate is withdrawn already.", field="rate_id")
    found.withdrawn_at = now
    session.flush()
    audit.record(session, actor, "rate.withdraw", "rate", rate_id, now=now, before=_facts(found))
    return found


def all_rates(session: Session, actor: Actor, *, withdrawn: bool = False) -> list[Rate]:
    """The rates that stand (or all), the most specific first, then the latest."""
    allow(actor, "rates.read")
    query = select(Rate).order_by(Rate.made_at, Rate.id)
    found = session.scalars(query if withdrawn else query.where(Rate.withdrawn_at.is_(None)))
    return sorted(
        found,
        key=lambda rate: (rates.PRECEDENCE.index(read(rate).scope.names), -rate.from_on.toordinal()),
    )


def standing(session: Session, currency: str) -> list[Rate]:
    """The rates in a currency that are not withdrawn, in the order they were made."""
    query = select(Rate).where(Rate.withdrawn_at.is_(None), Rate.currency == currency)
    return list(session.scalars(query.order_by(Rate.made_at, Rate.id)))


def read(rate: Rate) -> rates.Rate:
    """A row as the rules take it."""
    scope = Scope(rate.customer_id, rate.job_id, rate.task_id, rate.employee_id)
    return rates.Rate(rate.id, scope, rate.from_on, rate.bill, rate.cost)


def _scope(session: Session, given: RateIn) -> Scope:
    customer, job_id = given.customer_id or None, given.job_id or None
    task_id, employee = given.task_id or None, given.employee_id or None
    job = session.get(Job, job_id) if job_id else None
    if job_id and job is None:
        raise Invalid("There is no such job.", field="job_id")
    if customer and session.get(Customer, customer) is None:
        raise Invalid("There is no such customer.", field="customer_id")
    if job is not None and customer not in {None, job.customer_id}:
        raise Invalid("This job is another customer's.", field="job_id")
    task = session.get(Task, task_id) if task_id else None
    if task_id and (task is None or job_id not in {None, task.job_id}):
        raise Invalid("There is no such task.", field="task_id")
    if employee and session.get(Person, employee) is None:
        raise Invalid("There is no such person.", field="employee_id")
    scope = Scope(None if job else customer, job_id, task_id, employee)
    if not rates.allowed(scope):
        raise Invalid("A rate for a task and an employee needs their job.", field="job_id")
    return scope


def _currency(session: Session, given: RateIn) -> str:
    job = session.get(Job, given.job_id) if given.job_id else None
    customer_id = job.customer_id if job else given.customer_id
    customer = session.get(Customer, customer_id) if customer_id else None
    return customer.currency if customer else sheets.company_of(session).currency


def _amount(value: Decimal, field: str) -> Decimal:
    if not value.is_finite() or not 0 <= value < HIGHEST:
        raise Invalid("Give an amount of 0 or more.", field=field)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise Invalid("Use at most 4 decimals.", field=field)
    return value


def _facts(rate: Rate) -> dict[str, object]:
    return {
        "customer_id": rate.customer_id, "job_id": rate.job_id, "task_id": rate.task_id,
        "employee_id": rate.employee_id, "from_on": rate.from_on, "bill": rate.bill, "cost": rate.cost,
        "currency": rate.currency,
    }  # fmt: skip
