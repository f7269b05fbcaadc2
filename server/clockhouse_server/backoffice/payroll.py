"""Payroll: files made from approved hours, kept as they were handed out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from clockhouse_server.approval import periods
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.fields import Form
from clockhouse_server.backoffice.names import look_up
from clockhouse_server.backoffice.rendering import download, go, page
from clockhouse_server.payroll import store as payroll
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Exports = Annotated[Actor, Depends(requires("payroll.export"))]

SHOWN = 8


@router.get("/payroll")
def files(request: Request, server: ServerParts, session: Db, actor: Exports) -> HTMLResponse:
    newest = periods.newest(session, now=server.now(), count=SHOWN)
    return page(
        request, session, actor, "payroll.html", runs=payroll.runs(session, actor),
        periods=[(each.id, wording.span(each.from_on, each.through_on)) for each in newest],
        period=newest[1].id, formats=[(name, name.capitalize()) for name in payroll.FORMATS],
        names=look_up(session, actor), zone=people.company_zone(session),
    )  # fmt: skip


@router.post("/payroll")
def make(server: ServerParts, session: Db, actor: Exports, form: Form) -> Response:
    payroll.export(
        session, actor, form.text("format"), form.text("period"), partial=form.ticked("partial"),
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return go("/payroll", "exported")


@router.get("/payroll/{run_id}")
def hand_out(session: Db, actor: Exports, run_id: str) -> Response:
    run = payroll.run(session, actor, run_id)
    return download(run.content, "text/csv; charset=utf-8", run.file_name)


@router.post("/payroll/{run_id}/take-back")
def take_back(server: ServerParts, session: Db, actor: Exports, run_id: str, form: Form) -> Response:
    payroll.take_back(session, actor, run_id, reason=form.text("reason"), now=server.now())
    return go("/payroll", "taken_back")
