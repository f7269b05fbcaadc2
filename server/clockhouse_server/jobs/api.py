"""Customers, jobs, tasks and the day's offer below /api/v1/."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.describing import CSV_IN
from clockhouse_server.jobs import imports, store
from clockhouse_server.jobs.models import Job
from clockhouse_server.people import store as people
from clockhouse_server.people.api import CsvBody, ImportOut, import_out

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["jobs"])

JobsRead = Annotated[Actor, Depends(requires("jobs.read"))]
JobsWrite = Annotated[Actor, Depends(requires("jobs.write"))]
OfferWrite = Annotated[Actor, Depends(requires("site_jobs.write"))]


class CustomerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    code: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    tax_id: str
    email: str
    currency: str
    tax_category: str
    tax_rate: Decimal
    payment_days: int
    in_house: bool
    active: bool


class JobOut(BaseModel):
    """`site_ids` empty means every site."""

    id: str
    customer_id: str
    code: str
    name: str
    site_ids: list[str]
    pictogram: str | None
    colour: str | None
    purchase_order: str
    billable: bool
    asks_quantity: bool
    asks_note: bool
    active: bool


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    job_id: str
    code: str
    name: str
    billable: bool
    active: bool


class OfferIn(BaseModel):
    job_ids: list[str]


class OfferOut(BaseModel):
    site_id: str
    on: date
    job_ids: list[str]


@router.get("/customers")
def customers(session: Db, actor: JobsRead, cursor: Cursor = None, limit: Limit = 100) -> Page[CustomerOut]:
    rows = store.customers(session, actor, after=after(cursor), limit=limit + 1)
    return page(rows, limit, lambda row: row.code, CustomerOut.model_validate)


@router.post("/customers", status_code=201)
def create_customer(
    session: Db, actor: JobsWrite, server: ServerParts, given: Annotated[store.CustomerIn, Body()]
) -> CustomerOut:
    made = store.create_customer(session, actor, given, now=server.now(), new_id=server.new_id)
    return CustomerOut.model_validate(made)


@router.get("/customers/{customer_id}")
def customer(session: Db, actor: JobsRead, customer_id: str) -> CustomerOut:
    return CustomerOut.model_validate(store.customer(session, actor, "jobs.read", customer_id))


@router.put("/customers/{customer_id}")
def update_customer(
    session: Db,
    actor: JobsWrite,
    server: ServerParts,
    customer_id: str,
    given: Annotated[store.CustomerIn, Body()],
) -> CustomerOut:
    changed = store.update_customer(session, actor, customer_id, given, now=server.now())
    return CustomerOut.model_validate(changed)


def _job(row: Job, site_ids: list[str]) -> JobOut:
    names = JobOut.model_fields.keys() - {"site_ids"}
    return JobOut(site_ids=site_ids, **{name: getattr(row, name) for name in names})


def _one(session: Db, row: Job) -> JobOut:
    return _job(row, store.sites_of(session, [row.id])[row.id])


@router.get("/jobs")
def jobs(
    session: Db,
    actor: JobsRead,
    customer_id: str | None = None,
    site_id: str | None = None,
    q: str = "",
    active: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[JobOut]:
    rows = store.jobs(
        session, actor, customer_id=customer_id, site_id=site_id, q=q, active=active,
        after=after(cursor), limit=limit + 1,
    )  # fmt: skip
    held = store.sites_of(session, [row.id for row in rows])
    return page(rows, limit, lambda row: row.code, lambda row: _job(row, held[row.id]))


@router.post("/jobs", status_code=201)
def create_job(
    session: Db, actor: JobsWrite, server: ServerParts, given: Annotated[store.JobIn, Body()]
) -> JobOut:
    return _one(session, store.create_job(session, actor, given, now=server.now(), new_id=server.new_id))


@router.post("/jobs/import", openapi_extra=CSV_IN)
def import_jobs(
    session: Db, actor: JobsWrite, server: ServerParts, text: CsvBody, dry_run: bool = False
) -> ImportOut:
    """CSV in the body; all or nothing."""
    result = imports.jobs(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    return import_out(result)


@router.get("/jobs/{job_id}")
def job(session: Db, actor: JobsRead, job_id: str) -> JobOut:
    return _one(session, store.job(session, actor, "jobs.read", job_id))


@router.put("/jobs/{job_id}")
def update_job(
    session: Db, actor: JobsWrite, server: ServerParts, job_id: str, given: Annotated[store.JobIn, Body()]
) -> JobOut:
    return _one(session, store.update_job(session, actor, job_id, given, now=server.now()))


@router.get("/tasks")
def tasks(
    session: Db, actor: JobsRead, job_id: str | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[TaskOut]:
    rows = store.tasks(
        session, actor, None if job_id is None else [job_id], after=after(cursor), limit=limit + 1
    )
    return page(rows, limit, lambda row: row.id, TaskOut.model_validate)


@router.post("/tasks", status_code=201)
def create_task(
    session: Db, actor: JobsWrite, server: ServerParts, given: Annotated[store.TaskIn, Body()]
) -> TaskOut:
    made = store.create_task(session, actor, given, now=server.now(), new_id=server.new_id)
    return TaskOut.model_validate(made)


@router.put("/tasks/{task_id}")
def update_task(
    session: Db, actor: JobsWrite, server: ServerParts, task_id: str, given: Annotated[store.TaskIn, Body()]
) -> TaskOut:
    return TaskOut.model_validate(store.update_task(session, actor, task_id, given, now=server.now()))


@router.get("/sites/{site_id}/offer")
def offered(session: Db, actor: JobsRead, server: ServerParts, site_id: str) -> OfferOut:
    """What the site offers today; no job ids mean every job."""
    site = people.site(session, actor, "sites.read", site_id)
    on = server.now().astimezone(ZoneInfo(site.zone)).date()
    return OfferOut(site_id=site_id, on=on, job_ids=store.offered(session, actor, site_id, on))


@router.put("/sites/{site_id}/offer")
def offer(session: Db, actor: OfferWrite, server: ServerParts, site_id: str, given: OfferIn) -> OfferOut:
    on = store.offer(session, actor, site_id, given.job_ids, now=server.now())
    return OfferOut(site_id=site_id, on=on, job_ids=store.offered(session, actor, site_id, on))
