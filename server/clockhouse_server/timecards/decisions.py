"""Decisions on what people claimed at a kiosk, and on lines that the server would not count by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow, in_scope
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.ingest import office
from clockhouse_server.ingest import parked as settling
from clockhouse_server.ingest.models import ParkedLine, Proposal, PunchRow
from clockhouse_server.ingest.parked import Decision
from clockhouse_server.jobs.models import Job
from clockhouse_server.people import checks
from clockhouse_server.timecards import corrections, parked, sheets
from clockhouse_server.timecards.corrections import Correction
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Kind
from clockhouse_server.timecards.parked import Parked, Place
from clockhouse_sync import wire

AS_PROPOSED: Final = "Confirmed as proposed"


def confirm(
    session: Session,
    actor: Actor,
    person_id: str,
    proposal_id: str,
    *,
    at: datetime | None = None,
    job_id: str | None = None,
    reason: str = "",
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment:
    """Turn a claim into a correction, at the claimed time or another one, which needs a reason.

    A claim about a punch of its own kind moves that punch; any other adds the missing one.
    """
    claim = _open_claim(session, actor, person_id, proposal_id)
    if not reason.strip() and at not in {None, claim.claimed_at}:
        raise Invalid("Say why the time is another one.", field="reason")
    said = reason.strip() or AS_PROPOSED
    made = _let_count(session, actor, claim, at or claim.claimed_at, job_id, said, now=now, new_id=new_id)
    fields = {
        "proposal_id": proposal_id,
        "employee_id": person_id,
        "actor_id": actor.user_id,
        "accepted": True,
        "claimed_at": wire.format_instant(at or claim.claimed_at),
        "adjustment_id": made.adjustment_id,
    }
    office.append(session, office.source_of(person_id), "confirm", fields, now=now)
    _close(session, claim, actor, "confirmed", now)
    return made


def confirm_at_wall(
    session: Session,
    actor: Actor,
    person_id: str,
    proposal_id: str,
    *,
    at: datetime | None,
    reasons: tuple[str, str],
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment:
    """As confirm, by a supervisor at the kiosk, whose own line is in the ledger already.

    `reasons` are for the claimed time, and for another one.
    """
    claim = _open_claim(session, actor, person_id, proposal_id)
    said = reasons[at not in {None, claim.claimed_at}]
    made = _let_count(session, actor, claim, at or claim.claimed_at, None, said, now=now, new_id=new_id)
    _close(session, claim, actor, "confirmed", now)
    return made


def _let_count(
    session: Session,
    actor: Actor,
    claim: Proposal,
    at: datetime,
    job_id: str | None,
    reason: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment:
    person_id = claim.employee_id
    about = session.get(PunchRow, (claim.punch_id, person_id)) if claim.punch_id else None
    moves = about is not None and about.kind == claim.kind
    made = corrections.write(
        session,
        actor,
        person_id,
        Correction(
            "change" if moves else "add",
            punch_id=claim.punch_id if moves else None,
            kind=_kind(claim.kind),
            at=at,
            job_id=job_id or claim.job_id,
            proposal_id=claim.proposal_id,
        ),
        reason=reason,
        now=now,
        new_id=new_id,
    )
    claim.adjustment_id = made.adjustment_id
    return made


def decline(
    session: Session, actor: Actor, person_id: str, proposal_id: str, *, reason: str, now: datetime
) -> Proposal:
    """Say no to a claim; nothing changes but that it is settled."""
    claim = _open_claim(session, actor, person_id, proposal_id)
    said = checks.text(reason, "reason", most=500)
    audit.record(
        session, actor, "proposal.decline", "person", person_id,
        now=now, reason=said, after={"proposal_id": proposal_id},
    )  # fmt: skip
    _close(session, claim, actor, "declined", now)
    return claim


def _open_claim(session: Session, actor: Actor, person_id: str, proposal_id: str) -> Proposal:
    corrections.person_for(session, actor, "timecards.adjust", person_id)
    claim = session.get(Proposal, (person_id, proposal_id), with_for_update=True)
    if claim is None:
        raise NotFound("There is no such claim.", field="proposal_id")
    if claim.status != "open":
        raise Conflict("Somebody has settled this claim already.", status=claim.status)
    return claim


def _close(session: Session, claim: Proposal, actor: Actor, status: str, now: datetime) -> None:
    """Call it last: kiosks are told that the claim waits no more."""
    claim.status, claim.decided_by, claim.decided_at = status, actor.user_id, now
    claim.version = roster_version(session)
    session.flush()


def settle(
    session: Session,
    actor: Actor,
    place: Place,
    decision: Decision,
    *,
    reason: str,
    person_id: str | None = None,
    job_id: str | None = None,
    at: datetime | None = None,
    now: datetime,
    new_id: Callable[[], str],
) -> ParkedLine:
    """Accept a parked punch, give it to a person, or set the line aside. The line itself stays as it came.

    What counts from now on is an assignment in the employee's ledger that names the line.
    """
    allow(actor, "parked.settle")
    known = sheets.setting(session)
    row, waiting = parked.one(session, place, known)
    if not in_scope(actor, [waiting.site_id or ""]):
        raise NotFound("There is no such parked line.")
    said = checks.text(reason, "reason", most=500)
    if decision not in {"accept", "assign", "set_aside"}:
        raise Invalid("Choose accept, assign or set_aside.", field="decision")
    made = None
    if decision != "set_aside":
        owner = waiting.employee_id if decision == "accept" else person_id
        taken = taken_up(session, waiting, at=at, job_id=job_id)
        if not owner:
            raise Invalid("Choose whose punch this is.", field="person_id")
        made = corrections.write(session, actor, owner, taken, reason=said, now=now, new_id=new_id)
    adjustment_id = made.adjustment_id if made else None
    settling.settle(session, row, decision, actor, reason=said, adjustment_id=adjustment_id, now=now)
    return row


def taken_up(
    session: Session, waiting: Parked, *, at: datetime | None = None, job_id: str | None = None
) -> Correction:
    """A parked punch as an assignment that names its line; raises Invalid for a line that is no punch."""
    punch = waiting.punch
    if punch is None:
        raise Invalid("This line is not a punch; it can only be set aside.", field="decision")
    place = waiting.place
    own_job = punch.job_id if punch.job_id and session.get(Job, punch.job_id) else None
    return Correction(
        "assign",
        punch_id=punch.punch_id,
        kind=punch.kind,
        at=at or waiting.at,
        job_id=job_id or own_job,
        task_id=punch.task_id if own_job and job_id in {None, own_job} else None,
        site_id=waiting.site_id,
        source=wire.LineRef(device_id=place.device_id, epoch=place.epoch, seq=place.seq, hash=place.hash),
    )


def _kind(text: str) -> Kind:
    found = next((kind for kind in corrections.KINDS if kind == text), None)
    if found is None:
        raise Invalid(f"{text} is not a kind of punch.", field="kind")
    return found
