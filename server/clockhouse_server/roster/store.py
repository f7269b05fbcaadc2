"""What a kiosk is told: every row that changed since its cursor, as its site may see it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.db import Counter
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest.models import LastState
from clockhouse_server.jobs.models import Customer, Job, JobSite, SiteJobs, Task
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Credential, Person, PersonSite, Pin, Site
from clockhouse_server.timecards import store as timecards
from clockhouse_sync import wire

PAGE: Final = 2000


class StartAgain(Refusal):
    """The cursor belongs to another generation of this kiosk's roster; pull without one."""

    code, status = "roster_gone", 410


@dataclass(frozen=True)
class Pull:
    """One pull: rows with a version in (since, top] for a device's site; `first` leaves out what isn't there."""

    session: Session
    device: Device
    now: datetime
    since: int
    top: int

    @property
    def first(self) -> bool:
        return self.since == 0


def read_cursor(cursor: str | None, generation: int) -> int:
    """The version that the device has; 0 for nothing. Raises StartAgain."""
    if not cursor:
        return 0
    own, _, version = cursor.partition(".")
    if own != str(generation) or not version.isdecimal() or len(version) > 15:
        raise StartAgain("This roster has begun anew.")
    return int(version)


def pull(
    session: Session, device: Device, cursor: str | None, *, now: datetime, limit: int = PAGE
) -> wire.RosterAnswer:
    """The next rows after the cursor, oldest change first; a version is never split over two pulls.

    Nothing newer than the version read first is taken, so that rows read later cannot outrun rows read earlier.
    """
    since = read_cursor(cursor, device.generation)
    top = session.scalar(select(Counter.value).where(Counter.name == "roster")) or 0
    if since > top:
        raise StartAgain("This roster has begun anew.")
    asked = Pull(session, device, now, since, top)
    rows = sorted(_rows(asked), key=lambda row: row.version)
    taken: list[wire.RosterRow] = []
    more = False
    for _, together in groupby(rows, key=lambda row: row.version):
        if len(taken) >= limit:
            more = True
            break
        taken.extend(together)
    reached = taken[-1].version if more else top
    return wire.RosterAnswer(cursor=f"{device.generation}.{reached}", rows=taken, more=more)


def _rows(asked: Pull) -> Iterator[wire.RosterRow]:
    sources: tuple[Callable[[Pull], Iterator[wire.RosterRow]], ...] = (
        _device, _site, _people, _credentials, _pins, _customers, _jobs, _tasks, _site_jobs, _states,
        _hours,
    )  # fmt: skip
    for source in sources:
        for row in source(asked):
            if row.body is not None or not asked.first:
                yield row


def _row(kind: str, row_id: str, version: int, body: wire.Body | None) -> wire.RosterRow:
    return wire.RosterRow(
        type=kind, id=row_id, version=version, body=None if body is None else wire.fields_of(body)
    )


def _changed(asked: Pull, query: Select[Any], *versions: Any) -> Any:
    """Rows of which any version lies after the cursor, together with the newest of these versions."""
    after = or_(*(version > asked.since for version in versions))
    upto = [version <= asked.top for version in versions]
    return asked.session.execute(query.where(after, *upto)).all()


def _device(asked: Pull) -> Iterator[wire.RosterRow]:
    device = asked.device
    if asked.since < device.version <= asked.top:
        body = wire.DeviceRow(name=device.name, site_id=device.site_id)
        yield _row("device", device.id, device.version, body)


def _site(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Site).where(Site.id == asked.device.site_id)
    for (site,) in _changed(asked, query, Site.version):
        body = wire.SiteRow(
            name=site.name, zone=site.zone, language=site.language, hour_cycle=site.hour_cycle,
            general_job_id=site.general_job_id,
        )  # fmt: skip
        yield _row("site", site.id, site.version, body)


def _here(asked: Pull) -> Any:
    """Whether a person may clock in at this device's site."""
    return exists().where(PersonSite.person_id == Person.id, PersonSite.site_id == asked.device.site_id)


def _people(asked: Pull) -> Iterator[wire.RosterRow]:
    for person, here in _changed(asked, select(Person, _here(asked)), Person.version):
        body = wire.PersonRow(
            number=person.number, name=person.name, short_name=person.short_name, language=person.language,
            default_job_id=person.default_job_id, supervisor=person.supervisor,
        )  # fmt: skip
        yield _row("person", person.id, person.version, body if here and person.active else None)


def _credentials(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Credential, Person, _here(asked)).join(Person, Person.id == Credential.person_id)
    for badge, person, here in _changed(asked, query, Credential.version, Person.version):
        body = wire.CredentialRow(
            person_id=person.id,
            kind="qr" if badge.kind == "qr" else "badge",
            value=badge.value,
            weak=badge.weak,
        )
        known = here and person.active and badge.active
        yield _row("credential", badge.id, max(badge.version, person.version), body if known else None)


def _pins(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Pin, Person, _here(asked)).join(Person, Person.id == Pin.person_id)
    for pin, person, here in _changed(asked, query, Pin.version, Person.version):
        body = wire.PinRow(
            salt=pin.salt, hash=pin.hash, memory_kib=pin.memory_kib, passes=pin.passes, lanes=pin.lanes,
            pepper_version=pin.pepper_version,
        )  # fmt: skip
        yield _row(
            "pin", person.id, max(pin.version, person.version), body if here and person.active else None
        )


def _offered(asked: Pull) -> Any:
    """Whether a job is offered at this device's site at all: it names the site, or none."""
    own = exists().where(JobSite.job_id == Job.id, JobSite.site_id == asked.device.site_id)
    limited = exists().where(JobSite.job_id == Job.id)
    return or_(own, ~limited)


def _customers(asked: Pull) -> Iterator[wire.RosterRow]:
    newest = (
        select(func.coalesce(func.max(Job.version), 0))
        .where(Job.customer_id == Customer.id)
        .correlate(Customer)
        .scalar_subquery()
    )
    needed = exists().where(Job.customer_id == Customer.id, Job.active, _offered(asked)).correlate(Customer)
    query = select(Customer, newest, needed)
    for customer, job_version, here in _changed(asked, query, Customer.version, newest):
        body = wire.CustomerRow(name=customer.name) if here and customer.active else None
        yield _row("customer", customer.id, max(customer.version, job_version), body)


def _jobs(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Job, Customer, _offered(asked)).join(Customer, Customer.id == Job.customer_id)
    for job, customer, here in _changed(asked, query, Job.version, Customer.version):
        asks: list[Any] = [
            name for name, on in (("quantity", job.asks_quantity), ("note", job.asks_note)) if on
        ]
        body = wire.JobRow(
            code=job.code, name=job.name, customer_id=job.customer_id, pictogram=job.pictogram,
            colour=job.colour, asks=asks,
        )  # fmt: skip
        known = here and job.active and customer.active
        yield _row("job", job.id, max(job.version, customer.version), body if known else None)


def _tasks(asked: Pull) -> Iterator[wire.RosterRow]:
    query = (
        select(Task, Job, Customer, _offered(asked))
        .join(Job, Job.id == Task.job_id)
        .join(Customer, Customer.id == Job.customer_id)
    )
    for task, job, customer, here in _changed(asked, query, Task.version, Job.version, Customer.version):
        body = wire.TaskRow(job_id=job.id, code=task.code, name=task.name)
        known = here and task.active and job.active and customer.active
        version = max(task.version, job.version, customer.version)
        yield _row("task", task.id, version, body if known else None)


def _site_jobs(asked: Pull) -> Iterator[wire.RosterRow]:
    """The day's offer; a change of it moves the site's version, also when nothing is left of it."""
    site = asked.session.get(Site, asked.device.site_id)
    if site is None or not asked.since < site.version <= asked.top:
        return
    today = asked.now.astimezone(ZoneInfo(site.zone)).date()
    query = select(SiteJobs.job_id).where(SiteJobs.site_id == site.id, SiteJobs.on == today)
    job_ids = list(asked.session.scalars(query.order_by(SiteJobs.position)))
    body = wire.SiteJobsRow(on=today.isoformat(), job_ids=job_ids) if job_ids else None
    yield _row("site_jobs", site.id, site.version, body)


def _states(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(LastState, Person, _here(asked)).join(Person, Person.id == LastState.employee_id)
    as_of = wire.format_instant(asked.now)
    for state, person, here in _changed(asked, query, LastState.version, Person.version):
        body = wire.StateRow(
            kind=state.kind, at=wire.format_instant(state.at), as_of=as_of, job_id=state.job_id,
            task_id=state.task_id, punch_id=state.punch_id,
        )  # fmt: skip
        version = max(state.version, person.version)
        yield _row("state", person.id, version, body if here and person.active else None)


def _hours(asked: Pull) -> Iterator[wire.RosterRow]:
    """Worked hours as the books have them, told again whenever somebody's newest punch or a correction is."""
    if people.company(asked.session) is None:
        return
    query = select(LastState, Person, _here(asked)).join(Person, Person.id == LastState.employee_id)
    found = _changed(asked, query, LastState.version, Person.version)
    known = {person.id for _, person, here in found if here and person.active}
    worked = timecards.hours(asked.session, known, now=asked.now)
    as_of = wire.format_instant(asked.now)
    for state, person, _ in found:
        body = None
        if person.id in known:
            week, last_week = worked[person.id]
            body = wire.HoursRow(week_seconds=week, last_week_seconds=last_week, as_of=as_of)
        yield _row("hours", person.id, max(state.version, person.version), body)
