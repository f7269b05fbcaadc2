"""Timecards, corrections and decisions below /api/v1/."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.errors import Invalid
from clockhouse_server.ingest.parked import Decision
from clockhouse_server.timecards import corrections, decisions, store
from clockhouse_server.timecards.classify import Classified
from clockhouse_server.timecards.exceptions import Problem
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Action, Kind
from clockhouse_server.timecards.parked import Parked, Place
from clockhouse_server.timecards.store import PunchView, Timecard

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["timecards"])

Reads = Annotated[Actor, Depends(requires("timecards.read"))]
Adjusts = Annotated[Actor, Depends(requires("timecards.adjust"))]
Settles = Annotated[Actor, Depends(requires("parked.settle"))]
FromOn = Annotated[date, Query(alias="from")]
ThroughOn = Annotated[date, Query(alias="through")]
LONGEST_RANGE = 400


class ProblemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    code: str
    severity: str
    on: date
    punches: list[str]


class EntryOut(BaseModel):
    """A stretch of work or break; an open one has no `to_at` and counts nothing."""

    on: date
    kind: str
    from_at: AwareDatetime
    to_at: AwareDatetime | None
    from_punch: str
    to_punch: str | None
    job_id: str | None
    task_id: str | None
    site_id: str | None
    worked_seconds: int
    counted_seconds: int
    category: str
    billable: bool
    trace: list[dict[str, Any]]


class AdjustmentOut(BaseModel):
    """A correction with its place in the employee's ledger."""

    model_config = ConfigDict(from_attributes=True)
    adjustment_id: str
    employee_id: str
    action: str
    punch_id: str | None
    kind: str | None
    counted_at: AwareDatetime | None
    job_id: str | None
    task_id: str | None
    proposal_id: str | None
    reason: str
    author_id: str
    made_at: AwareDatetime
    device_id: str
    epoch: str
    seq: int
    hash: str


class OriginOut(BaseModel):
    """What was read, and where it stands in the ledger."""

    model_config = ConfigDict(from_attributes=True)
    device_id: str
    epoch: str
    seq: int
    hash: str
    method: str
    at: AwareDatetime
    counted_at: AwareDatetime
    basis: str


class PunchOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: str
    at: AwareDatetime
    on: date
    state: str
    job_id: str | None
    task_id: str | None
    site_id: str | None
    read: OriginOut | None
    corrections: list[AdjustmentOut]


class ProposalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    proposal_id: str
    employee_id: str
    kind: str
    claimed_at: AwareDatetime
    made_at: AwareDatetime
    punch_id: str | None
    job_id: str | None
    status: str


class ParkedOut(BaseModel):
    device_id: str
    epoch: str
    seq: int
    hash: str
    code: str
    at: AwareDatetime
    on: date
    employee_id: str
    kind: str | None


class JobTotalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    job_id: str | None
    task_id: str | None
    worked_seconds: int
    billable_seconds: int


class KioskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    name: str


class TimecardOut(BaseModel):
    """`verified_punches` of `read_punches` stand in the ledger with bytes that give their hash."""

    person_id: str
    from_on: date
    through_on: date
    zone: str
    status: str
    worked_seconds: int
    billable_seconds: int
    totals: list[JobTotalOut]
    entries: list[EntryOut]
    punches: list[PunchOut]
    problems: list[ProblemOut]
    proposals: list[ProposalOut]
    parked: list[ParkedOut]
    open_kiosks: list[KioskOut]
    verified_punches: int
    read_punches: int


class RowOut(BaseModel):
    person_id: str
    number: str
    name: str
    worked_seconds: int
    billable_seconds: int
    problems: Mapping[str, int]
    proposals: int
    parked: int
    status: str


class WaitingOut(BaseModel):
    """One of problem, proposal and parked is set."""

    person_id: str | None
    on: date
    problem: ProblemOut | None
    proposal: ProposalOut | None
    parked: ParkedOut | None


class AdjustmentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    action: Action
    reason: str
    punch_id: str | None = None
    kind: Kind | None = None
    at: AwareDatetime | None = None
    job_id: str | None = None
    task_id: str | None = None
    site_id: str | None = None


class ConfirmIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: AwareDatetime | None = None
    job_id: str | None = None
    reason: str = ""


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str


class SettleIn(BaseModel):
    """`hash` with its place names the line; `person_id` is for assign."""

    model_config = ConfigDict(extra="forbid")
    device_id: str
    epoch: str
    seq: int
    hash: str
    decision: Decision
    reason: str
    person_id: str | None = None
    job_id: str | None = None
    at: AwareDatetime | None = None


class SettledOut(BaseModel):
    decision: str | None
    adjustment_id: str | None


def entry_out(one: Classified) -> EntryOut:
    entry = one.entry
    return EntryOut(
        on=entry.on, kind=entry.kind, from_at=entry.from_at, to_at=entry.to_at, from_punch=entry.from_punch,
        to_punch=entry.to_punch, job_id=entry.job, task_id=entry.task, site_id=entry.site,
        worked_seconds=entry.worked_seconds, counted_seconds=one.counted_seconds, category=one.category,
        billable=one.billable, trace=[dict(step) for step in one.trace],
    )  # fmt: skip


def _parked(one: Parked) -> ParkedOut:
    return ParkedOut(
        device_id=one.place.device_id, epoch=one.place.epoch, seq=one.place.seq, hash=one.place.hash,
        code=one.code, at=one.at, on=one.on, employee_id=one.employee_id,
        kind=one.punch.kind if one.punch else None,
    )  # fmt: skip


def _punch(view: PunchView) -> PunchOut:
    return PunchOut.model_validate(view)


def _problem(problem: Problem) -> ProblemOut:
    return ProblemOut.model_validate(problem)


def _timecard(card: Timecard) -> TimecardOut:
    return TimecardOut(
        person_id=card.person.id, from_on=card.from_on, through_on=card.through_on, zone=card.zone,
        status=card.status, worked_seconds=card.worked_seconds, billable_seconds=card.billable_seconds,
        totals=[JobTotalOut.model_validate(total) for total in card.totals],
        entries=[entry_out(one) for day in card.days for one in day.entries],
        punches=[_punch(view) for day in card.days for view in day.punches],
        problems=[_problem(problem) for problem in card.problems],
        proposals=[ProposalOut.model_validate(one) for one in card.proposals],
        parked=[_parked(one) for one in card.parked],
        open_kiosks=[KioskOut.model_validate(device) for device in card.open_kiosks],
        verified_punches=card.ledger.verified, read_punches=card.ledger.total,
    )  # fmt: skip


def _check_range(from_on: date, through_on: date) -> None:
    if not 0 <= (through_on - from_on).days < LONGEST_RANGE:
        raise Invalid(f"Ask for 1 to {LONGEST_RANGE} days.", field="through")


@router.get("/timecards")
def timecards(
    session: Db,
    actor: Reads,
    server: ServerParts,
    from_on: FromOn,
    through_on: ThroughOn,
    site_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RowOut]:
    """Everybody in reach, by personnel number."""
    _check_range(from_on, through_on)
    last = after(cursor)
    rows = store.rows(session, actor, from_on, through_on, site_id=site_id, now=server.now())
    found = [row for row in rows if last is None or row.person.number > last]
    return page(found[: limit + 1], limit, lambda row: row.person.number, _row)


def _row(row: store.Row) -> RowOut:
    return RowOut(
        person_id=row.person.id, number=row.person.number, name=row.person.name,
        worked_seconds=row.worked_seconds, billable_seconds=row.billable_seconds, problems=row.problems,
        proposals=row.proposals, parked=row.parked, status=row.status,
    )  # fmt: skip


@router.get("/timecards/{person_id}")
def timecard(
    session: Db, actor: Reads, server: ServerParts, person_id: str, from_on: FromOn, through_on: ThroughOn
) -> TimecardOut:
    _check_range(from_on, through_on)
    return _timecard(store.timecard(session, actor, person_id, from_on, through_on, now=server.now()))


@router.get("/inbox")
def inbox(session: Db, actor: Adjusts, server: ServerParts, site_id: str | None = None) -> list[WaitingOut]:
    """What needs a decision, oldest first."""
    return [
        WaitingOut(
            person_id=one.person.id if one.person else None,
            on=one.on,
            problem=_problem(one.problem) if one.problem else None,
            proposal=ProposalOut.model_validate(one.proposal) if one.proposal else None,
            parked=_parked(one.parked) if one.parked else None,
        )
        for one in store.inbox(session, actor, site_id=site_id, now=server.now())
    ]


@router.post("/people/{person_id}/adjustments", status_code=201)
def adjust(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, given: AdjustmentIn
) -> AdjustmentOut:
    """Add, change, void or restore a punch; the reason goes on record."""
    made = corrections.adjust(
        session, actor, person_id, given.action, reason=given.reason, punch_id=given.punch_id,
        kind=given.kind, at=given.at, job_id=given.job_id, task_id=given.task_id, site_id=given.site_id,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return _adjustment(made)


def _adjustment(made: Adjustment) -> AdjustmentOut:
    return AdjustmentOut.model_validate(made)


@router.post("/people/{person_id}/proposals/{proposal_id}/confirm", status_code=201)
def confirm(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, proposal_id: str, given: ConfirmIn
) -> AdjustmentOut:
    """Let a claim count, at its own time or another one."""
    made = decisions.confirm(
        session, actor, person_id, proposal_id, at=given.at, job_id=given.job_id, reason=given.reason,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return _adjustment(made)


@router.post("/people/{person_id}/proposals/{proposal_id}/decline")
def decline(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, proposal_id: str, given: ReasonIn
) -> ProposalOut:
    made = decisions.decline(session, actor, person_id, proposal_id, reason=given.reason, now=server.now())
    return ProposalOut.model_validate(made)


@router.post("/parked/settle")
def settle(session: Db, actor: Settles, server: ServerParts, given: SettleIn) -> SettledOut:
    """Accept a parked punch, assign it to a person, or set the line aside."""
    row = decisions.settle(
        session, actor, Place(given.device_id, given.epoch, given.seq, given.hash), given.decision,
        reason=given.reason, person_id=given.person_id, job_id=given.job_id, at=given.at,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return SettledOut(decision=row.decision, adjustment_id=row.adjustment_id)
