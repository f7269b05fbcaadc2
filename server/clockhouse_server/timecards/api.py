"""Timecards, corrections and decisions below /api/v1/."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.errors import Invalid
from clockhouse_server.timecards import asked, corrections, decisions, merging, shapes, store
from clockhouse_server.timecards.parked import Place
from clockhouse_server.timecards.shapes import (
    AcceptIn,
    AdjustmentIn,
    AdjustmentOut,
    ConfirmIn,
    MergedOut,
    MergeIn,
    ProposalOut,
    ReasonIn,
    RequestOut,
    RowOut,
    SettledOut,
    SettleIn,
    TimecardOut,
    WaitingOut,
)

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["timecards"])

Reads = Annotated[Actor, Depends(requires("timecards.read"))]
Adjusts = Annotated[Actor, Depends(requires("timecards.adjust"))]
Settles = Annotated[Actor, Depends(requires("parked.settle"))]
Merges = Annotated[Actor, Depends(requires("people.merge"))]
FromOn = Annotated[date, Query(alias="from")]
ThroughOn = Annotated[date, Query(alias="through")]
LONGEST_RANGE = 400


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
    return page(found[: limit + 1], limit, lambda row: row.person.number, shapes.row_out)


@router.get("/timecards/{person_id}")
def timecard(
    session: Db, actor: Reads, server: ServerParts, person_id: str, from_on: FromOn, through_on: ThroughOn
) -> TimecardOut:
    _check_range(from_on, through_on)
    return shapes.timecard_out(
        store.timecard(session, actor, person_id, from_on, through_on, now=server.now())
    )


@router.get("/inbox")
def inbox(session: Db, actor: Adjusts, server: ServerParts, site_id: str | None = None) -> list[WaitingOut]:
    """What needs a decision, oldest first."""
    return [
        WaitingOut(
            person_id=one.person.id if one.person else None,
            on=one.on,
            problem=shapes.problem_out(one.problem) if one.problem else None,
            proposal=ProposalOut.model_validate(one.proposal) if one.proposal else None,
            request=RequestOut.model_validate(one.request) if one.request else None,
            parked=shapes.parked_out(one.parked) if one.parked else None,
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
    return shapes.adjustment_out(made)


@router.post("/people/{person_id}/proposals/{proposal_id}/confirm", status_code=201)
def confirm(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, proposal_id: str, given: ConfirmIn
) -> AdjustmentOut:
    """Let a claim count, at its own time or another one."""
    made = decisions.confirm(
        session, actor, person_id, proposal_id, at=given.at, job_id=given.job_id, reason=given.reason,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return shapes.adjustment_out(made)


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


@router.post("/people/{person_id}/requests/{request_id}/accept")
def accept_request(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, request_id: str, given: AcceptIn
) -> AdjustmentOut | None:
    """Do what somebody asked for at a kiosk, or say that it was done by hand."""
    made = asked.accept(
        session, actor, person_id, request_id, kind=given.kind, at=given.at, job_id=given.job_id,
        reason=given.reason, now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return None if made is None else shapes.adjustment_out(made)


@router.post("/people/{person_id}/requests/{request_id}/decline")
def decline_request(
    session: Db, actor: Adjusts, server: ServerParts, person_id: str, request_id: str, given: ReasonIn
) -> RequestOut:
    made = asked.decline(session, actor, person_id, request_id, reason=given.reason, now=server.now())
    return RequestOut.model_validate(made)


@router.post("/people/{person_id}/merge")
def merge(session: Db, actor: Merges, server: ServerParts, person_id: str, given: MergeIn) -> MergedOut:
    """A temporary worker turned out to be somebody known: every punch counts for that person from now on."""
    into = merging.merge(session, actor, person_id, given.into_id, now=server.now(), new_id=server.new_id)
    return MergedOut(person_id=person_id, into_id=into.id, number=into.number, name=into.name)
