"""Customers, their jobs and tasks, lists of them from elsewhere, and what a site offers today."""

from collections import defaultdict
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import pictograms
from clockhouse_server.backoffice.fields import Fields, Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.jobs import imports
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("jobs.read"))]
Edits = Annotated[Actor, Depends(requires("jobs.write"))]
Offers = Annotated[Actor, Depends(requires("site_jobs.write"))]


@router.get("/jobs")
def everything(request: Request, session: Db, actor: Reads) -> HTMLResponse:
    found = jobs.jobs(session, actor)
    names = {site.id: site.name for site in people.sites(session, actor)}
    limited = jobs.sites_of(session, [job.id for job in found])
    tasks: dict[str, list[str]] = defaultdict(list)
    for task in jobs.tasks(session, actor, [job.id for job in found]):
        if task.active:
            tasks[task.job_id].append(f"{task.code} {task.name}")
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for job in found:
        sites = [names.get(site_id, "another site") for site_id in limited[job.id]]
        rows[job.customer_id].append({"job": job, "sites": sites, "tasks": tasks[job.id]})
    return page(
        request, session, actor, "jobs.html", customers=jobs.customers(session, actor), jobs_of=dict(rows),
        may_edit=allows(actor, "jobs.write"),
    )  # fmt: skip


@router.get("/customers/new")
def new_customer(request: Request, session: Db, actor: Edits) -> HTMLResponse:
    company = people.company(session)
    blank = jobs.CustomerIn(
        code="",
        name="",
        currency=company.currency if company else "EUR",
        country=company.country if company else "",
    )
    return _customer_page(request, session, actor, blank, None)


@router.post("/customers/new")
def add_customer(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    made = jobs.create_customer(
        session, actor, _customer(form, active=True), now=server.now(), new_id=server.new_id
    )
    return go(f"/jobs/new?customer_id={made.id}", "added")


@router.get("/customers/{customer_id}")
def customer(request: Request, session: Db, actor: Reads, customer_id: str) -> HTMLResponse:
    found = jobs.customer(session, actor, "jobs.read", customer_id)
    return _customer_page(request, session, actor, found, customer_id)


@router.post("/customers/{customer_id}")
def save_customer(server: ServerParts, session: Db, actor: Edits, customer_id: str, form: Form) -> Response:
    given = _customer(form, active=form.ticked("active"))
    jobs.update_customer(session, actor, customer_id, given, now=server.now())
    return go(f"/customers/{customer_id}", "saved")


def _customer_page(
    request: Request, session: Session, actor: Actor, shown: object, customer_id: str | None
) -> HTMLResponse:
    return page(
        request, session, actor, "customer.html", customer=shown, customer_id=customer_id,
        action=f"/customers/{customer_id or 'new'}", may_edit=allows(actor, "jobs.write"),
    )  # fmt: skip


def _customer(form: Fields, *, active: bool) -> jobs.CustomerIn:
    return jobs.CustomerIn(
        code=form.text("code"), name=form.text("name"), street=form.text("street"), postcode=form.text("postcode"),
        city=form.text("city"), country=form.text("country"), tax_id=form.text("tax_id"), email=form.text("email"),
        currency=form.text("currency"), tax_category=form.text("tax_category"),
        tax_rate=form.decimal("tax_rate") or Decimal(0), payment_days=form.whole("payment_days"),
        in_house=form.ticked("in_house"), active=active,
    )  # fmt: skip


@router.get("/jobs/new")
def new_job(request: Request, session: Db, actor: Edits, customer_id: str = "") -> HTMLResponse:
    blank = jobs.JobIn(customer_id=customer_id, code="", name="")
    return _job_page(request, session, actor, blank, None)


@router.post("/jobs/new")
def add_job(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    made = jobs.create_job(session, actor, _job(form, active=True), now=server.now(), new_id=server.new_id)
    return go(f"/jobs/{made.id}", "added")


@router.get("/jobs/import")
def ask_for_list(request: Request, session: Db, actor: Edits) -> HTMLResponse:
    return _import_page(request, session, actor, None, "")


@router.post("/jobs/import")
def take_list(form: Form, request: Request, server: ServerParts, session: Db, actor: Edits) -> Response:
    """The form comes first: it is read once, and here a field may be as large as a list."""
    text = form.file_text("file", sent_again="text")
    dry_run = form.text("step") != "import"
    result = imports.jobs(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    if dry_run or result.problems:
        return _import_page(request, session, actor, result, text)
    return go("/jobs", "imported")


def _import_page(request: Request, session: Session, actor: Actor, result: Any, text: str) -> HTMLResponse:
    return page(
        request, session, actor, "import.html", title="Import jobs", back=("/jobs", "Jobs"),
        columns=imports.COLUMNS.items(), action="/jobs/import", result=result, text=text,
    )  # fmt: skip


@router.get("/jobs/{job_id}")
def job(request: Request, session: Db, actor: Reads, job_id: str) -> HTMLResponse:
    return _job_page(request, session, actor, jobs.job(session, actor, "jobs.read", job_id), job_id)


@router.post("/jobs/{job_id}")
def save_job(server: ServerParts, session: Db, actor: Edits, job_id: str, form: Form) -> Response:
    jobs.update_job(session, actor, job_id, _job(form, active=form.ticked("active")), now=server.now())
    return go(f"/jobs/{job_id}", "saved")


@router.post("/jobs/{job_id}/tasks")
def add_task(server: ServerParts, session: Db, actor: Edits, job_id: str, form: Form) -> Response:
    given = jobs.TaskIn(job_id, form.text("code"), form.text("name"), billable=form.ticked("billable"))
    jobs.create_task(session, actor, given, now=server.now(), new_id=server.new_id)
    return go(f"/jobs/{job_id}", "added")


@router.post("/jobs/{job_id}/tasks/{task_id}")
def save_task(
    server: ServerParts, session: Db, actor: Edits, job_id: str, task_id: str, form: Form
) -> Response:
    given = jobs.TaskIn(
        job_id, form.text("code"), form.text("name"),
        billable=form.ticked("billable"), active=form.ticked("active"),
    )  # fmt: skip
    jobs.update_task(session, actor, task_id, given, now=server.now())
    return go(f"/jobs/{job_id}", "saved")


def _job_page(
    request: Request, session: Session, actor: Actor, shown: Any, job_id: str | None
) -> HTMLResponse:
    customers = jobs.customers(session, actor)
    return page(
        request, session, actor, "job.html", job=shown, job_id=job_id, action=f"/jobs/{job_id or 'new'}",
        customer=next((each for each in customers if each.id == shown.customer_id), None),
        customers=pairs([each for each in customers if each.active], "name"),
        sites=people.sites(session, actor),
        site_ids=jobs.sites_of(session, [job_id])[job_id] if job_id else [],
        tasks=jobs.tasks(session, actor, [job_id]) if job_id else [],
        pictograms=[(name, name) for name in dict.fromkeys((*pictograms.NAMES, shown.pictogram)) if name],
        may_edit=allows(actor, "jobs.write"),
    )  # fmt: skip


def _job(form: Fields, *, active: bool) -> jobs.JobIn:
    return jobs.JobIn(
        customer_id=form.text("customer_id"), code=form.text("code"), name=form.text("name"),
        site_ids=tuple(form.all("site_ids")), pictogram=form.some("pictogram"), colour=form.some("colour"),
        purchase_order=form.text("purchase_order"), billable=form.ticked("billable"),
        asks_quantity=form.ticked("asks_quantity"), asks_note=form.ticked("asks_note"), active=active,
    )  # fmt: skip


@router.get("/today")
def today(
    request: Request, server: ServerParts, session: Db, actor: Reads, site_id: str = ""
) -> HTMLResponse:
    sites = [site for site in people.sites(session, actor) if site.active]
    site = next((each for each in sites if each.id == site_id), sites[0] if sites else None)
    on = server.now().astimezone(ZoneInfo(site.zone if site else people.company_zone(session))).date()
    chosen = jobs.offered(session, actor, site.id, on) if site else []
    here = jobs.jobs(session, actor, site_id=site.id, active=True) if site else []
    place = {job_id: index for index, job_id in enumerate(chosen)}
    here.sort(key=lambda job: place.get(job.id, len(place)))
    return page(
        request, session, actor, "today.html", sites=sites, site=site, on=on, chosen=chosen, jobs=here,
        may_edit=allows(actor, "site_jobs.write"),
    )  # fmt: skip


@router.post("/today")
def offer(server: ServerParts, session: Db, actor: Offers, form: Form) -> Response:
    site_id = form.text("site_id")
    jobs.offer(session, actor, site_id, form.all("job_ids"), now=server.now())
    return go(f"/today?site_id={site_id}", "saved")
