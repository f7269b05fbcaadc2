"""Customers, jobs, tasks and the day's offer at a site: every query, validated, audited, told to kiosks."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.jobs.models import Customer, Job, JobSite, SiteJobs, SiteOffer, Task
from clockhouse_server.people import checks
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Site

TAX_CATEGORIES: Final = ("S", "Z", "E", "AE", "K", "G", "O")


@dataclass(frozen=True)
class CustomerIn:
    """`currency` empty: the company's."""

    code: str
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    tax_id: str = ""
    email: str = ""
    currency: str = ""
    tax_category: str = "S"
    tax_rate: Decimal = Decimal(0)
    payment_days: int = 30
    in_house: bool = False
    active: bool = True


@dataclass(frozen=True)
class JobIn:
    """`site_ids` empty: offered at every site."""

    customer_id: str
    code: str
    name: str
    site_ids: tuple[str, ...] = ()
    pictogram: str | None = None
    colour: str | None = None
    purchase_order: str = ""
    billable: bool = True
    asks_quantity: bool = False
    asks_note: bool = False
    active: bool = True


@dataclass(frozen=True)
class TaskIn:
    job_id: str
    code: str
    name: str
    billable: bool = True
    active: bool = True


def customers(
    session: Session, actor: Actor, *, after: str | None = None, limit: int | None = None
) -> list[Customer]:
    """Customers by code."""
    allow(actor, "jobs.read")
    query = select(Customer).order_by(Customer.code)
    if after is not None:
        query = query.where(Customer.code > after)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def customer(session: Session, actor: Actor, permission: str, customer_id: str) -> Customer:
    allow(actor, permission)
    found = session.get(Customer, customer_id)
    if found is None:
        raise NotFound("There is no such customer.", field="customer_id")
    return found


def customer_by_code(session: Session, code: str) -> Customer | None:
    return session.scalar(select(Customer).where(Customer.code == code))


def create_customer(
    session: Session, actor: Actor, given: CustomerIn, *, now: datetime, new_id: Callable[[], str]
) -> Customer:
    allow(actor, "jobs.write")
    values = _customer_values(session, given, None)
    made_id = new_id()
    audit.record(session, actor, "customer.create", "customer", made_id, now=now, after=values)
    made = Customer(id=made_id, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    return made


def update_customer(
    session: Session, actor: Actor, customer_id: str, given: CustomerIn, *, now: datetime
) -> Customer:
    found = customer(session, actor, "jobs.write", customer_id)
    _change(session, actor, found, _customer_values(session, given, customer_id), "customer", now)
    return found


def _customer_values(session: Session, given: CustomerIn, customer_id: str | None) -> dict[str, Any]:
    company = people.company(session)
    currency = given.currency or ("EUR" if company is None else company.currency)
    values = asdict(given) | {
        "code": checks.code(given.code),
        "name": checks.text(given.name, "name"),
        "country": checks.country(given.country),
        "currency": checks.currency(currency),
    }
    for name in ("street", "postcode", "city", "tax_id", "email"):
        values[name] = checks.text(values[name], name, most=200, empty=True)
    if given.tax_category not in TAX_CATEGORIES:
        raise Invalid(f"Choose one of {', '.join(TAX_CATEGORIES)}.", field="tax_category")
    if not 0 <= given.tax_rate <= 100:
        raise Invalid("Give a percentage from 0 to 100.", field="tax_rate")
    if given.payment_days not in range(366):
        raise Invalid("Give 0 to 365 days.", field="payment_days")
    taken = customer_by_code(session, values["code"])
    if taken is not None and taken.id != customer_id:
        raise Conflict(f"{taken.name} has this code already.", field="code")
    return values


def jobs(
    session: Session,
    actor: Actor,
    *,
    customer_id: str | None = None,
    site_id: str | None = None,
    q: str = "",
    active: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Job]:
    """Jobs by code; `site_id` keeps those offered there, `after` is the last code seen."""
    allow(actor, "jobs.read")
    query = select(Job).order_by(Job.code)
    if customer_id is not None:
        query = query.where(Job.customer_id == customer_id)
    if active is not None:
        query = query.where(Job.active.is_(active))
    if q.strip():
        query = query.where(or_(Job.name.icontains(q.strip(), autoescape=True),
                                Job.code.icontains(q.strip(), autoescape=True)))  # fmt: skip
    if site_id is not None:
        here = select(JobSite.job_id).where(JobSite.site_id == site_id)
        query = query.where(or_(Job.id.in_(here), Job.id.not_in(select(JobSite.job_id))))
    if after is not None:
        query = query.where(Job.code > after)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def job(session: Session, actor: Actor, permission: str, job_id: str) -> Job:
    allow(actor, permission)
    found = session.get(Job, job_id)
    if found is None:
        raise NotFound("There is no such job.", field="job_id")
    return found


def job_by_code(session: Session, code: str) -> Job | None:
    return session.scalar(select(Job).where(Job.code == code))


def sites_of(session: Session, job_ids: Iterable[str]) -> dict[str, list[str]]:
    """The sites that each job is limited to; an empty list means every site."""
    wanted = list(job_ids)
    found: dict[str, list[str]] = defaultdict(list)
    query = select(JobSite).where(JobSite.job_id.in_(wanted)).order_by(JobSite.site_id)
    for row in session.scalars(query):
        found[row.job_id].append(row.site_id)
    return {job_id: found[job_id] for job_id in wanted}


def create_job(
    session: Session, actor: Actor, given: JobIn, *, now: datetime, new_id: Callable[[], str]
) -> Job:
    allow(actor, "jobs.write")
    values, wanted = _job_values(session, actor, given, None)
    made_id = new_id()
    audit.record(session, actor, "job.create", "job", made_id, now=now, after=values | {"site_ids": wanted})
    made = Job(id=made_id, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    session.add_all(JobSite(job_id=made.id, site_id=site_id) for site_id in wanted)
    session.flush()
    return made


def update_job(session: Session, actor: Actor, job_id: str, given: JobIn, *, now: datetime) -> Job:
    found = job(session, actor, "jobs.write", job_id)
    values, wanted = _job_values(session, actor, given, job_id)
    held = sites_of(session, [job_id])[job_id]
    if held != wanted:
        session.execute(delete(JobSite).where(JobSite.job_id == job_id))
        session.add_all(JobSite(job_id=job_id, site_id=site_id) for site_id in wanted)
        session.flush()
    beside = ({"site_ids": held}, {"site_ids": wanted}) if held != wanted else ({}, {})
    _change(session, actor, found, values, "job", now, beside)
    return found


def _job_values(
    session: Session, actor: Actor, given: JobIn, job_id: str | None
) -> tuple[dict[str, Any], list[str]]:
    customer(session, actor, "jobs.write", given.customer_id)
    values = asdict(given) | {
        "code": checks.code(given.code),
        "name": checks.text(given.name, "name"),
        "pictogram": given.pictogram or None,
        "colour": given.colour or None,
        "purchase_order": checks.text(given.purchase_order, "purchase_order", empty=True),
    }
    del values["site_ids"]
    if given.colour and not re.fullmatch("#[0-9a-fA-F]{6}", given.colour):
        raise Invalid("Write a colour such as #2F6F4E.", field="colour")
    if given.pictogram and not re.fullmatch("[a-z0-9-]{1,40}", given.pictogram):
        raise Invalid("Write a pictogram's name such as welding.", field="pictogram")
    known = {site.id for site in people.sites(session, actor)}
    wanted = sorted(set(given.site_ids))
    if missing := [site_id for site_id in wanted if site_id not in known]:
        raise Invalid(f"There is no site {missing[0]}.", field="site_ids")
    taken = job_by_code(session, values["code"])
    if taken is not None and taken.id != job_id:
        raise Conflict(f"{taken.name} has this code already.", field="code")
    return values, wanted


def tasks(
    session: Session,
    actor: Actor,
    job_ids: Sequence[str] | None = None,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> list[Task]:
    """Tasks by job and code, or by id after a cursor."""
    allow(actor, "jobs.read")
    query = select(Task).order_by(*((Task.id,) if limit is not None else (Task.job_id, Task.code)))
    if job_ids is not None:
        query = query.where(Task.job_id.in_(job_ids))
    if after is not None:
        query = query.where(Task.id > after)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def task(session: Session, actor: Actor, permission: str, task_id: str) -> Task:
    allow(actor, permission)
    found = session.get(Task, task_id)
    if found is None:
        raise NotFound("There is no such task.", field="task_id")
    return found


def task_by_code(session: Session, job_id: str, code: str) -> Task | None:
    return session.scalar(select(Task).where(Task.job_id == job_id, Task.code == code))


def create_task(
    session: Session, actor: Actor, given: TaskIn, *, now: datetime, new_id: Callable[[], str]
) -> Task:
    allow(actor, "jobs.write")
    values = _task_values(session, actor, given, None)
    made_id = new_id()
    audit.record(session, actor, "task.create", "task", made_id, now=now, after=values)
    made = Task(id=made_id, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    return made


def update_task(session: Session, actor: Actor, task_id: str, given: TaskIn, *, now: datetime) -> Task:
    found = task(session, actor, "jobs.write", task_id)
    if given.job_id != found.job_id:
        raise Invalid("A task stays with its job.", field="job_id")
    _change(session, actor, found, _task_values(session, actor, given, task_id), "task", now)
    return found


def _task_values(session: Session, actor: Actor, given: TaskIn, task_id: str | None) -> dict[str, Any]:
    job(session, actor, "jobs.write", given.job_id)
    values = asdict(given) | {"code": checks.code(given.code), "name": checks.text(given.name, "name")}
    taken = task_by_code(session, given.job_id, values["code"])
    if taken is not None and taken.id != task_id:
        raise Conflict(f"{taken.name} has this code in this job already.", field="code")
    return values


def labels(session: Session) -> dict[str, str]:
    """Code and name of each job and task, by id: for a timecard, which its own employee may see too."""
    found = {row.id: f"{row.code} {row.name}" for row in session.scalars(select(Job))}
    return found | {row.id: f"{row.code} {row.name}" for row in session.scalars(select(Task))}


def offered(session: Session, actor: Actor, site_id: str, on: date) -> list[str]:
    """The job ids that a site offers on a date, in order; empty means all of its jobs."""
    people.site(session, actor, "sites.read", site_id)
    return list(
        session.scalars(
            select(SiteJobs.job_id)
            .where(SiteJobs.site_id == site_id, SiteJobs.on == on)
            .order_by(SiteJobs.position)
        )
    )


def offer(session: Session, actor: Actor, site_id: str, job_ids: Sequence[str], *, now: datetime) -> date:
    """Set what a site offers today, in this order; none at all means every job again. Answers the date."""
    site = people.site(session, actor, "site_jobs.write", site_id)
    on = now.astimezone(ZoneInfo(site.zone)).date()
    wanted = list(dict.fromkeys(job_ids))
    known = {found.id for found in jobs(session, actor, site_id=site_id, active=True)}
    if missing := [job_id for job_id in wanted if job_id not in known]:
        raise Invalid(f"There is no open job {missing[0]} at this site.", field="job_ids")
    _set_offer(session, actor, site, on, wanted, set_at=now, now=now)
    return on


def offer_of_day(
    session: Session,
    actor: Actor,
    site_id: str,
    on: date,
    job_ids: Sequence[str],
    *,
    set_at: datetime,
    now: datetime,
) -> bool:
    """Set a date's offer as it was set at `set_at`; False where it was set again since.

    Jobs that were closed meanwhile are left out: the rest of what a supervisor wanted holds.
    """
    site = people.site(session, actor, "site_jobs.write", site_id)
    newest = session.get(SiteOffer, (site_id, on))
    if newest is not None and newest.set_at > set_at:
        return False
    known = {found.id for found in jobs(session, actor, site_id=site_id, active=True)}
    wanted = [job_id for job_id in dict.fromkeys(job_ids) if job_id in known]
    _set_offer(session, actor, site, on, wanted, set_at=set_at, now=now)
    return True


def _set_offer(
    session: Session,
    actor: Actor,
    site: Site,
    on: date,
    wanted: Sequence[str],
    *,
    set_at: datetime,
    now: datetime,
) -> None:
    site_id = site.id
    before = offered(session, actor, site_id, on)
    session.merge(SiteOffer(site_id=site_id, on=on, set_at=set_at, set_by=actor.user_id))
    session.flush()
    if before == wanted:
        site.version = roster_version(session)  # set anew all the same: later than what a wall may hold
        session.flush()
        return
    audit.record(
        session, actor, "site_jobs.change", "site", site_id, now=now,
        before={"on": on, "job_ids": before}, after={"on": on, "job_ids": wanted},
    )  # fmt: skip
    session.execute(delete(SiteJobs).where(SiteJobs.site_id == site_id, SiteJobs.on == on))
    site.version = version = roster_version(session)
    session.add_all(
        SiteJobs(site_id=site_id, on=on, job_id=job_id, position=position, version=version)
        for position, job_id in enumerate(wanted)
    )
    session.flush()


def _change(
    session: Session,
    actor: Actor,
    found: Any,
    values: dict[str, Any],
    subject: str,
    now: datetime,
    beside: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
) -> None:
    """Apply values, audit what differs and tell kiosks; nothing where nothing differs."""
    old, new = audit.changes({name: getattr(found, name) for name in values}, values)
    old, new = old | beside[0], new | beside[1]
    if not new:
        return
    for name, value in values.items():
        setattr(found, name, value)
    session.flush()
    audit.record(session, actor, f"{subject}.change", subject, found.id, now=now, before=old, after=new)
    found.version = roster_version(session)
    session.flush()
