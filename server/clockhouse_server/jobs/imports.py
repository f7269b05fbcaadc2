"""A list of customers, their jobs and tasks, from an order system or a spreadsheet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.errors import Invalid
from clockhouse_server.jobs import store
from clockhouse_server.jobs.models import Customer, Job
from clockhouse_server.people import store as people
from clockhouse_server.people.sheets import ImportResult, Row, apply, read_rows

COLUMNS: Final[Mapping[str, str]] = {
    "customer_code": "The customer's code. Required.",
    "customer": "The customer's name; needed where the code is new.",
    "job_code": "The job's code, unique in the company. Required.",
    "job": "The job's name; needed where the code is new.",
    "task_code": "A task's short code within the job.",
    "task": "The task's name; needed where its code is new.",
    "sites": "Names of the sites that offer the job, with | between them; empty: every site.",
    "purchase_order": "The customer's order number.",
    "billable": "yes or no.",
    "active": "yes or no: open for punches.",
}


class _Import:
    """One run over the rows; several rows may name the same customer and job."""

    def __init__(self, session: Session, actor: Actor, now: datetime, new_id: Callable[[], str]) -> None:
        self._session = session
        self._actor = actor
        self._made: dict[str, Any] = {"now": now, "new_id": new_id}
        self._now = now
        self._sites = {site.name.casefold(): site.id for site in people.sites(session, actor)}

    def each(self, row: Row) -> str:
        customer = self._customer(row)
        job, done = self._job(row, customer)
        return self._task(row, job) if row.get("task_code") else done

    def _customer(self, row: Row) -> Customer:
        code = row.get("customer_code")
        found = store.customer_by_code(self._session, code)
        if found is None:
            given = store.CustomerIn(code=code, name=row.get("customer"))
            return store.create_customer(self._session, self._actor, given, **self._made)
        return found

    def _job(self, row: Row, customer: Customer) -> tuple[Job, str]:
        code = row.get("job_code")
        found = store.job_by_code(self._session, code)
        if found is not None and found.customer_id != customer.id:
            raise Invalid("Another customer has a job with this code.", field="job_code")
        held = () if found is None else tuple(store.sites_of(self._session, [found.id])[found.id])
        given = store.JobIn(
            customer_id=customer.id,
            code=code,
            name=row.get("job") or (found.name if found else ""),
            site_ids=self._site_ids(row) if "sites" in row.values else held,
            pictogram=found.pictogram if found else None,
            colour=found.colour if found else None,
            purchase_order=row.get("purchase_order", found.purchase_order if found else ""),
            billable=row.yes("billable", default=found.billable if found else True),
            asks_quantity=found.asks_quantity if found else False,
            asks_note=found.asks_note if found else False,
            active=row.yes("active", default=found.active if found else True),
        )
        if found is None:
            return store.create_job(self._session, self._actor, given, **self._made), "created"
        version = found.version
        changed = store.update_job(self._session, self._actor, found.id, given, now=self._now)
        return changed, "unchanged" if changed.version == version else "changed"

    def _task(self, row: Row, job: Job) -> str:
        found = store.task_by_code(self._session, job.id, row.get("task_code"))
        name = row.get("task") or (found.name if found else "")
        if found is None:
            given = store.TaskIn(job_id=job.id, code=row.get("task_code"), name=name)
            store.create_task(self._session, self._actor, given, **self._made)
            return "created"
        given = store.TaskIn(job.id, found.code, name, found.billable, found.active)
        version = found.version
        store.update_task(self._session, self._actor, found.id, given, now=self._now)
        return "unchanged" if found.version == version else "changed"

    def _site_ids(self, row: Row) -> tuple[str, ...]:
        named = [part.strip() for part in row.get("sites").split("|") if part.strip()]
        if unknown := [name for name in named if name.casefold() not in self._sites]:
            raise Invalid(f"There is no site {unknown[0]}.", field="sites")
        return tuple(self._sites[name.casefold()] for name in named)


def jobs(
    session: Session, actor: Actor, text: str, *, dry_run: bool, now: datetime, new_id: Callable[[], str]
) -> ImportResult:
    """Create what is new and change what is known, by code; all or nothing."""
    allow(actor, "jobs.write")
    rows = read_rows(text, ("customer_code", "job_code"), tuple(COLUMNS))
    return apply(session, rows, _Import(session, actor, now, new_id).each, dry_run=dry_run)
