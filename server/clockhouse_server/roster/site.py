"""What a kiosk is told of its site: its own place, its jobs, what it asks, and how people are known there."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select

from clockhouse_server.jobs.models import Customer, Job, JobSite, SiteJobs, SiteOffer, Task
from clockhouse_server.people.models import Site
from clockhouse_server.roster.asking import Pull, changed, row
from clockhouse_server.wall.models import Policy, Question
from clockhouse_sync import wire


def device(asked: Pull) -> Iterator[wire.RosterRow]:
    device = asked.device
    if asked.holds(device.version):
        body = wire.DeviceRow(name=device.name, site_id=device.site_id)
        yield row("device", device.id, device.version, body)


def site(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Site).where(Site.id == asked.device.site_id)
    for (site,) in changed(asked, query, Site.version):
        body = wire.SiteRow(
            name=site.name, zone=site.zone, language=site.language, hour_cycle=site.hour_cycle,
            general_job_id=site.general_job_id,
        )  # fmt: skip
        yield row("site", site.id, site.version, body)


def _offered(asked: Pull) -> Any:
    """Whether a job is offered at this device's site at all: it names the site, or none."""
    own = exists().where(JobSite.job_id == Job.id, JobSite.site_id == asked.device.site_id)
    limited = exists().where(JobSite.job_id == Job.id)
    return or_(own, ~limited)


def customers(asked: Pull) -> Iterator[wire.RosterRow]:
    newest = (
        select(func.coalesce(func.max(Job.version), 0))
        .where(Job.customer_id == Customer.id)
        .correlate(Customer)
        .scalar_subquery()
    )
    needed = exists().where(Job.customer_id == Customer.id, Job.active, _offered(asked)).correlate(Customer)
    query = select(Customer, newest, needed)
    for customer, job_version, here in changed(asked, query, Customer.version, newest):
        body = wire.CustomerRow(name=customer.name) if here and customer.active else None
        yield row("customer", customer.id, max(customer.version, job_version), body)


def jobs(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Job, Customer, _offered(asked)).join(Customer, Customer.id == Job.customer_id)
    for job, customer, here in changed(asked, query, Job.version, Customer.version):
        asks: list[Any] = [
            name for name, on in (("quantity", job.asks_quantity), ("note", job.asks_note)) if on
        ]
        body = wire.JobRow(
            code=job.code, name=job.name, customer_id=job.customer_id, pictogram=job.pictogram,
            colour=job.colour, asks=asks,
        )  # fmt: skip
        known = here and job.active and customer.active
        yield row("job", job.id, max(job.version, customer.version), body if known else None)


def tasks(asked: Pull) -> Iterator[wire.RosterRow]:
    query = (
        select(Task, Job, Customer, _offered(asked))
        .join(Job, Job.id == Task.job_id)
        .join(Customer, Customer.id == Job.customer_id)
    )
    for task, job, customer, here in changed(asked, query, Task.version, Job.version, Customer.version):
        body = wire.TaskRow(job_id=job.id, code=task.code, name=task.name)
        known = here and task.active and job.active and customer.active
        version = max(task.version, job.version, customer.version)
        yield row("task", task.id, version, body if known else None)


def site_jobs(asked: Pull) -> Iterator[wire.RosterRow]:
    """The day's offer, an empty one too: it goes before what was set at a wall earlier. It moves the site's version."""
    site = asked.session.get(Site, asked.device.site_id)
    if site is None or not asked.holds(site.version):
        return
    today = asked.now.astimezone(ZoneInfo(site.zone)).date()
    query = select(SiteJobs.job_id).where(SiteJobs.site_id == site.id, SiteJobs.on == today)
    job_ids = list(asked.session.scalars(query.order_by(SiteJobs.position)))
    offer = asked.session.get(SiteOffer, (site.id, today))
    body = None
    if offer is not None:
        set_at = wire.format_instant(offer.set_at)
        body = wire.SiteJobsRow(on=today.isoformat(), job_ids=job_ids, set_at=set_at)
    yield row("site_jobs", site.id, site.version, body)


def policy(asked: Pull) -> Iterator[wire.RosterRow]:
    found = asked.session.get(Policy, asked.device.site_id)
    if found is not None and asked.holds(found.version):
        pin_with: Any = found.pin_with
        body = wire.PolicyRow(
            pin_with=pin_with, shuffle_pad=found.shuffle_pad, mode_minutes=found.mode_minutes
        )
        yield row("policy", found.site_id, found.version, body)


def questions(asked: Pull) -> Iterator[wire.RosterRow]:
    query: Any = select(Question, Question.site_id == asked.device.site_id)
    for question, here in changed(asked, query, Question.version):
        kind: Any = question.on_kind
        answer: Any = question.answer
        body = wire.QuestionRow(
            site_id=question.site_id, on_kind=kind, text=question.text, answer=answer,
            position=question.position,
        )  # fmt: skip
        yield row("question", question.id, question.version, body if here and question.active else None)
