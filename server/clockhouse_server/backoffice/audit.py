"""The audit trail: who did what, when and why, sealed row by row."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.models import AuditRow
from clockhouse_server.auth.web import Db, requires
from clockhouse_server.backoffice.names import Names, look_up
from clockhouse_server.backoffice.rendering import page
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("audit.read"))]

ROWS: Final = 100


@router.get("/audit")
def trail(
    request: Request, session: Db, actor: Reads, before: int = 0, *, check: bool = False
) -> HTMLResponse:
    found = audit.newest(session, before=before or None, limit=ROWS)
    names = look_up(session, actor)
    called = {person.id: person.name for person in people.people(session, actor)} | dict(names.sites)
    called |= {customer.id: customer.name for customer in jobs.customers(session, actor)}
    called |= dict(names.jobs) | dict(names.kiosks) | dict(names.users)
    return page(
        request, session, actor, "audit.html", rows=[_row(row, names, called) for row in found],
        checked=check, broken=audit.verify(session) if check else None, zone=people.company_zone(session),
        older=found[-1].seq if len(found) == ROWS else None,
    )  # fmt: skip


def _row(row: AuditRow, names: Names, called: dict[str, str]) -> dict[str, Any]:
    before, after = row.before or {}, row.after or {}
    return {
        "seq": row.seq,
        "at": row.at,
        "who": names.user(row.actor_id),
        "did": row.action.replace(".", " ").replace("_", " "),
        "subject": f"{row.subject_type} {called.get(row.subject_id, row.subject_id)}",
        "path": f"/{PAGES[row.subject_type]}/{row.subject_id}" if row.subject_type in PAGES else None,
        "reason": row.reason,
        "changes": [
            {
                "name": name.replace("_", " "),
                "before": _named(before.get(name), called),
                "after": _named(after.get(name), called),
            }
            for name in {**before, **after}
            if before.get(name) or after.get(name)
        ],
    }


PAGES: Final = {
    "person": "people",
    "job": "jobs",
    "customer": "customers",
    "device": "kiosks",
    "invoice": "invoices",
}
"""Kind of subject -> where its page is."""


def _named(value: Any, called: dict[str, str]) -> Any:
    """An id, or a list of them, by what it is called."""
    if isinstance(value, str):
        return called.get(value, value)
    if isinstance(value, list):
        return [_named(item, called) for item in value]
    return value
