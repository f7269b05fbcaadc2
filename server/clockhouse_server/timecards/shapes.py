"""Timecards, corrections and decisions as the API takes and answers them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from clockhouse_server.ingest.parked import Decision
from clockhouse_server.timecards.classify import Classified
from clockhouse_server.timecards.exceptions import Problem
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Action, Kind
from clockhouse_server.timecards.parked import Parked
from clockhouse_server.timecards.store import PunchView, Row, Timecard


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


class AnswerOut(BaseModel):
    """An answer to one of a site's questions; `alarming` where somebody should look."""

    model_config = ConfigDict(from_attributes=True)
    punch_id: str
    question_id: str
    question: str
    answer: str
    alarming: bool
    answered_at: AwareDatetime
    device_id: str
    epoch: str
    seq: int
    hash: str


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
    answers: list[AnswerOut]


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


class RequestOut(BaseModel):
    """What somebody asked for at a kiosk; `words` are theirs."""

    model_config = ConfigDict(from_attributes=True)
    request_id: str
    employee_id: str
    made_at: AwareDatetime
    on: date | None
    kind: str | None
    claimed_at: AwareDatetime | None
    punch_id: str | None
    words: str | None
    status: str
    reason: str | None
    adjustment_id: str | None


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
    requests: list[RequestOut]
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
    requests: int
    parked: int
    status: str


class WaitingOut(BaseModel):
    """One of problem, proposal, request and parked is set."""

    person_id: str | None
    on: date
    problem: ProblemOut | None
    proposal: ProposalOut | None
    request: RequestOut | None
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


class AcceptIn(BaseModel):
    """With `at` a correction is made; without, `reason` says how it was done by hand."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind | None = None
    at: AwareDatetime | None = None
    job_id: str | None = None
    reason: str = ""


class MergeIn(BaseModel):
    """`into_id` is the person whom the temporary worker turned out to be."""

    model_config = ConfigDict(extra="forbid")
    into_id: str


class MergedOut(BaseModel):
    person_id: str
    into_id: str
    number: str
    name: str


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


def parked_out(one: Parked) -> ParkedOut:
    return ParkedOut(
        device_id=one.place.device_id, epoch=one.place.epoch, seq=one.place.seq, hash=one.place.hash,
        code=one.code, at=one.at, on=one.on, employee_id=one.employee_id,
        kind=one.punch.kind if one.punch else None,
    )  # fmt: skip


def punch_out(view: PunchView) -> PunchOut:
    return PunchOut.model_validate(view)


def problem_out(problem: Problem) -> ProblemOut:
    return ProblemOut.model_validate(problem)


def timecard_out(card: Timecard) -> TimecardOut:
    return TimecardOut(
        person_id=card.person.id, from_on=card.from_on, through_on=card.through_on, zone=card.zone,
        status=card.status, worked_seconds=card.worked_seconds, billable_seconds=card.billable_seconds,
        totals=[JobTotalOut.model_validate(total) for total in card.totals],
        entries=[entry_out(one) for day in card.days for one in day.entries],
        punches=[punch_out(view) for day in card.days for view in day.punches],
        problems=[problem_out(problem) for problem in card.problems],
        proposals=[ProposalOut.model_validate(one) for one in card.proposals],
        requests=[RequestOut.model_validate(one) for one in card.requests],
        parked=[parked_out(one) for one in card.parked],
        open_kiosks=[KioskOut.model_validate(device) for device in card.open_kiosks],
        verified_punches=card.ledger.verified, read_punches=card.ledger.total,
    )  # fmt: skip


def row_out(row: Row) -> RowOut:
    return RowOut(
        person_id=row.person.id, number=row.person.number, name=row.person.name,
        worked_seconds=row.worked_seconds, billable_seconds=row.billable_seconds, problems=row.problems,
        proposals=row.proposals, requests=row.requests, parked=row.parked, status=row.status,
    )  # fmt: skip


def adjustment_out(made: Adjustment) -> AdjustmentOut:
    return AdjustmentOut.model_validate(made)
