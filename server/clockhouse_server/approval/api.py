"""Approvals, pay periods and approved entries below /api/v1/."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from clockhouse_server.approval import books, periods, store
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.people import store as people

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["approvals"])

Reads = Annotated[Actor, Depends(requires("timecards.read"))]
Approves = Annotated[Actor, Depends(requires("timecards.approve"))]
ReadsPeriods = Annotated[Actor, Depends(requires("periods.read"))]
Closes = Annotated[Actor, Depends(requires("periods.close"))]
FromOn = Annotated[date, Query(alias="from")]
ThroughOn = Annotated[date, Query(alias="through")]


class ApprovalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    employee_id: str
    from_on: date
    through_on: date
    entries_hash: str
    approved_by: str
    approved_at: datetime
    open_kiosks: str | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str | None


class ApproveIn(BaseModel):
    """`anyway` names the kiosks (ids) whose silence is accepted."""

    model_config = ConfigDict(extra="forbid")
    through_on: date
    anyway: list[str] = Field(default_factory=list)


class ApproveManyIn(ApproveIn):
    site_id: str | None = None


class OutcomeOut(BaseModel):
    """`approval_id`, or the code and sentence of why not."""

    person_id: str
    approval_id: str | None
    code: str | None
    detail: str | None


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str


class PeriodOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    from_on: date
    through_on: date
    closed_at: datetime | None
    closed_by: str | None


class ApprovedEntryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    employee_id: str
    approval_id: str
    on: date
    from_at: datetime
    to_at: datetime
    kind: str
    job_id: str | None
    task_id: str | None
    site_id: str | None
    from_punch_id: str
    to_punch_id: str
    worked_seconds: int
    counted_seconds: int
    unbillable_because: str | None
    note: str | None
    trace: list[dict[str, Any]]
    rules: str


@router.get("/people/{person_id}/approvals")
def approvals(session: Db, actor: Reads, person_id: str) -> list[ApprovalOut]:
    """All of a person's, the withdrawn ones too, newest first."""
    return [ApprovalOut.model_validate(row) for row in store.history(session, actor, person_id)]


@router.post("/people/{person_id}/approvals", status_code=201)
def approve(
    session: Db, actor: Approves, server: ServerParts, person_id: str, given: ApproveIn
) -> ApprovalOut:
    """Freeze and lock the days through a date."""
    made = store.approve(
        session,
        actor,
        person_id,
        given.through_on,
        anyway=given.anyway,
        now=server.now(),
        new_id=server.new_id,
    )
    return ApprovalOut.model_validate(made)


@router.post("/people/{person_id}/approvals/withdraw")
def withdraw(
    session: Db, actor: Approves, server: ServerParts, person_id: str, given: ReasonIn
) -> ApprovalOut:
    """Take the newest approval back."""
    taken = store.withdraw(session, actor, person_id, reason=given.reason, now=server.now())
    return ApprovalOut.model_validate(taken)


@router.post("/approvals")
def approve_many(session: Db, actor: Approves, server: ServerParts, given: ApproveManyIn) -> list[OutcomeOut]:
    """Approve everybody in reach whose days are in order."""
    outcomes = store.approve_ready(
        session, actor, given.through_on, site_id=given.site_id, anyway=given.anyway,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return [
        OutcomeOut(
            person_id=one.person.id,
            approval_id=one.approval.id if one.approval else None,
            code=one.refusal.code if one.refusal else None,
            detail=one.refusal.sentence if one.refusal else None,
        )
        for one in outcomes
    ]


@router.get("/periods")
def pay_periods(
    session: Db, actor: ReadsPeriods, server: ServerParts, count: Annotated[int, Query(ge=1, le=100)] = 8
) -> list[PeriodOut]:
    """The current pay period and those before it."""
    return [PeriodOut.model_validate(one) for one in periods.newest(session, now=server.now(), count=count)]


@router.post("/periods/{period_id}/close")
def close(session: Db, actor: Closes, server: ServerParts, period_id: str) -> PeriodOut:
    return PeriodOut.model_validate(periods.close(session, actor, period_id, now=server.now()))


@router.post("/periods/{period_id}/reopen")
def reopen(session: Db, actor: Closes, server: ServerParts, period_id: str, given: ReasonIn) -> PeriodOut:
    reopened = periods.reopen(session, actor, period_id, reason=given.reason, now=server.now())
    return PeriodOut.model_validate(reopened)


@router.get("/entries")
def entries(
    session: Db,
    actor: ReadsPeriods,
    from_on: FromOn,
    through_on: ThroughOn,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ApprovedEntryOut]:
    """Approved entries of the people in reach."""
    reach = {person.id for person in people.people(session, actor)}
    last = after(cursor)
    found = sorted(
        (one for one in books.entries(session, from_on, through_on) if one.employee_id in reach), key=_place
    )
    rest = [one for one in found if last is None or _place(one) > last]
    return page(rest[: limit + 1], limit, _place, ApprovedEntryOut.model_validate)


def _place(one: books.ApprovedEntry) -> str:
    return f"{one.on} {one.employee_id} {one.id}"
