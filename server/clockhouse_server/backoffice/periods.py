"""Pay periods: how far each is approved, closing and opening them again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.approval import periods
from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, Server, ServerParts, requires
from clockhouse_server.backoffice.fields import Form
from clockhouse_server.backoffice.names import Names, look_up
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.backoffice.timecards import today_of
from clockhouse_server.people import store as people
from clockhouse_server.timecards import store as timecards

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("periods.read"))]
Closes = Annotated[Actor, Depends(requires("periods.close"))]

SHOWN = 6


@router.get("/periods")
def newest(request: Request, server: ServerParts, session: Db, actor: Reads) -> HTMLResponse:
    names = look_up(session, actor)
    rows = [
        _row(server, session, actor, period, names)
        for period in periods.newest(session, now=server.now(), count=SHOWN)
    ]
    return page(
        request, session, actor, "periods.html", periods=rows, may_close=allows(actor, "periods.close"),
        zone=people.company_zone(session),
    )  # fmt: skip


def _row(
    server: Server, session: Session, actor: Actor, period: periods.PayPeriod, names: Names
) -> dict[str, Any]:
    now = server.now()
    found = timecards.rows(session, actor, period.from_on, period.through_on, now=now)
    with_hours = [
        row
        for row in found
        if row.worked_seconds or row.problems or row.proposals or row.requests or row.parked
    ]
    approved = sum(row.status == "approved" for row in with_hours)
    over = period.through_on < today_of(session, now)
    state, colour = ("open", "wait") if over else ("running", "")
    if period.closed_at is not None:
        state, colour = "closed", "good"
    return {
        "id": period.id,
        "from_on": period.from_on,
        "through_on": period.through_on,
        "people": len(with_hours),
        "approved": approved,
        "worked": sum(row.worked_seconds for row in with_hours),
        "state": state,
        "colour": colour,
        "closed_at": period.closed_at,
        "closed_by": names.user(period.closed_by) if period.closed_by else None,
        "can_close": over and period.closed_at is None and approved == len(with_hours),
        "can_reopen": period.closed_at is not None,
    }


@router.post("/periods/{period_id}/close")
def close(server: ServerParts, session: Db, actor: Closes, period_id: str) -> Response:
    periods.close(session, actor, period_id, now=server.now())
    return go("/periods", "closed")


@router.post("/periods/{period_id}/reopen")
def reopen(server: ServerParts, session: Db, actor: Closes, period_id: str, form: Form) -> Response:
    periods.reopen(session, actor, period_id, reason=form.text("reason"), now=server.now())
    return go("/periods", "reopened")
