"""Payroll files below /api/v1/."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.payroll import store

router = APIRouter(prefix="/api/v1/payroll", route_class=WriteOnce, tags=["payroll"])

Exports = Annotated[Actor, Depends(requires("payroll.export"))]


class RunOut(BaseModel):
    """A file as handed out; `manifest` counts its rows and names its entries."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    format: str
    from_on: date
    through_on: date
    file_name: str
    sha256: str
    manifest: dict[str, Any]
    made_by: str
    made_at: datetime
    taken_back_by: str | None
    taken_back_at: datetime | None
    reason: str | None


class ExportIn(BaseModel):
    """`period` is its first day; `partial` exports although not everybody is approved."""

    model_config = ConfigDict(extra="forbid")
    format: str
    period: str
    partial: bool = False


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str


@router.get("/runs")
def runs(session: Db, actor: Exports) -> list[RunOut]:
    return [RunOut.model_validate(run) for run in store.runs(session, actor)]


@router.post("/runs", status_code=201)
def export(session: Db, actor: Exports, server: ServerParts, given: ExportIn) -> RunOut:
    """The period's file; asked for again, the same file."""
    made = store.export(
        session,
        actor,
        given.format,
        given.period,
        partial=given.partial,
        now=server.now(),
        new_id=server.new_id,
    )
    return RunOut.model_validate(made)


@router.get("/runs/{run_id}")
def run(session: Db, actor: Exports, run_id: str) -> RunOut:
    return RunOut.model_validate(store.run(session, actor, run_id))


@router.get("/runs/{run_id}/file", response_class=Response)
def file(session: Db, actor: Exports, run_id: str) -> Response:
    """The file's bytes."""
    found = store.run(session, actor, run_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"'}
    return Response(found.content, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/runs/{run_id}/take-back")
def take_back(session: Db, actor: Exports, server: ServerParts, run_id: str, given: ReasonIn) -> RunOut:
    return RunOut.model_validate(
        store.take_back(session, actor, run_id, reason=given.reason, now=server.now())
    )
