"""A delivery from the kiosk into the books: claims that a supervisor settled there, and punches that found their person."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.keys import Keys
from clockhouse_server.db import by_key
from clockhouse_server.devices.models import Sender
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest import delivering, leading
from clockhouse_server.ingest import parked as settling
from clockhouse_server.ingest.again import again
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.models import LineRow
from clockhouse_server.ingest.parked import reading
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import corrections, decisions, parked, sheets
from clockhouse_server.timecards.corrections import Correction
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.parked import Parked
from clockhouse_sync import wire

log = logging.getLogger("clockhouse.timecards")

CODES: Final[Mapping[str, str]] = {"period_locked": "locked_period", "own_time": "own_time"}
"""Refusals of the books, as the codes under which a line waits; any other is `refused`."""
AT_THE_KIOSK: Final = "Confirmed at the kiosk"
ANOTHER_TIME: Final = "Confirmed at the kiosk for another time"
DECLINED: Final = "Declined at the kiosk"
ADDED_LATER: Final = "Said before the kiosk's word that they work here arrived"
TAKEN_OVER: Final = "Punched as the temporary worker whose hours are theirs"
TAKEN_BACK: Final = "Taken back at the kiosk within the minute"


@dataclass(frozen=True)
class _Work:
    """What every step here needs."""

    session: Session
    device: Sender
    now: datetime
    new_id: Callable[[], str]


def take(
    session: Session,
    batches: Sequence[Batch],
    *,
    keys: Keys,
    now: datetime,
    new_id: Callable[[], str],
    trusting: bool = False,
) -> list[wire.LinesAnswer]:
    """Store deliveries, and let count what they say about claims and people. What the books refuse is parked.

    Several together cost little more than one; each is of a device of its own, and one whose lines settle
    something comes alone. `trusting` as in `delivering.accept`.
    """
    by_key(session)
    accepted = delivering.accept(session, batches, keys=keys, now=now, new_id=new_id, trusting=trusting)
    return [
        _let_count(_Work(session, batch.device, now, new_id), each)
        for batch, each in zip(batches, accepted, strict=True)
    ]


def _let_count(work: _Work, accepted: delivering.Accepted) -> wire.LinesAnswer:
    verdicts = list(accepted.answer.verdicts)
    for one in accepted.fresh:
        if isinstance(one.line, wire.ConfirmLine) and one.outcome == "accepted":
            code = _settle(work, one.line)
            if code is not None:
                verdicts[one.index] = delivering.park(work.session, one, code, now=work.now)
    _release(work, accepted.fresh)
    _take_back(work, accepted.fresh)
    _tell_again(work, accepted.moved)
    return msgspec.structs.replace(accepted.answer, verdicts=verdicts)


def _settle(work: _Work, line: wire.ConfirmLine) -> str | None:
    """A supervisor's word on a claim, as the office's own would be; the code of what speaks against it, else None."""
    actor = leading.leader(work.session, work.device, line.actor_id)
    at = wire.parse_instant(line.claimed_at) if line.claimed_at else None
    try:
        with work.session.begin_nested():
            if line.accepted:
                decisions.confirm_at_wall(
                    work.session, actor, line.employee_id, line.proposal_id, at=at,
                    reasons=(AT_THE_KIOSK, ANOTHER_TIME), now=work.now, new_id=work.new_id,
                )  # fmt: skip
            else:
                decisions.decline(
                    work.session, actor, line.employee_id, line.proposal_id, reason=DECLINED, now=work.now
                )
    except Refusal as refusal:
        return CODES.get(refusal.code, "refused")
    return None


def _release(work: _Work, fresh: Sequence[Arrived]) -> None:
    """Punches that waited for the person they name, or for whom they turned out to be."""
    new = {
        one.line.employee_id: one.line.actor_id or ""
        for one in fresh
        if one.outcome == "accepted"
        and isinstance(one.line, wire.EnrolmentLine)
        and (one.line.what, one.line.action) == ("person", "given")
    }
    merged = {
        one.line.employee_id or ""
        for one in fresh
        if one.code == "merged_person" and isinstance(one.line, wire.PunchLine)
    }
    if not (new or merged) or people.company(work.session) is None:
        return
    undone = _undone(work)
    for one in parked.waiting(work.session, [*new, *merged], sheets.setting(work.session)):
        if one.code == "unknown_employee" and one.employee_id in new:
            actor = leading.leader(work.session, work.device, new[one.employee_id])
            if one.punch is not None:
                _count(work, one, actor, one.employee_id, ADDED_LATER, undone)
            else:
                _say_again(work, one, actor)
        elif one.punch is not None and one.code == "merged_person" and one.place.device_id == work.device.id:
            _take_over(work, one, undone)


def _say_again(work: _Work, one: Parked, actor: Actor) -> None:
    """A badge, a request or a claim of theirs, which waited for them too."""
    row, _ = parked.one(work.session, one.place, sheets.setting(work.session))
    line = work.session.get_one(LineRow, settling.key_of(row))
    if again(work.session, line, now=work.now, new_id=work.new_id):
        settling.settle(
            work.session, row, "accept", actor, reason=ADDED_LATER, adjustment_id=None, now=work.now
        )


def _take_over(work: _Work, one: Parked, undone: Collection[str]) -> None:
    person = work.session.get_one(Person, one.employee_id)
    if person.merged_into_id is not None and person.merged_by is not None:
        actor = Actor(person.merged_by, "", Role.BACK_OFFICE)
        _count(work, one, actor, person.merged_into_id, TAKEN_OVER, undone)


def _count(work: _Work, one: Parked, actor: Actor, owner: str, reason: str, undone: Collection[str]) -> None:
    """Let a parked punch count for somebody; where the books refuse, it waits for a person as before."""
    place = one.place
    row, _ = parked.one(work.session, place, sheets.setting(work.session))
    if one.punch is not None and one.punch.punch_id in undone:
        settling.settle(
            work.session, row, "set_aside", actor, reason=TAKEN_BACK, adjustment_id=None, now=work.now
        )
        return
    try:
        with work.session.begin_nested():
            taken = decisions.taken_up(work.session, one)
            made = corrections.write(
                work.session, actor, owner, taken, reason=reason, now=work.now, new_id=work.new_id
            )
            settling.settle(
                work.session, row, "assign", actor, reason=reason,
                adjustment_id=made.adjustment_id, now=work.now,
            )  # fmt: skip
    except Refusal:
        work.session.refresh(row)


def _take_back(work: _Work, fresh: Sequence[Arrived]) -> None:
    """A punch that had to be assigned to somebody and turns out to have been taken back within its minute."""
    named = {one.line.punch_id for one in fresh if isinstance(one.line, wire.UndoLine)}
    if not named:
        return
    query = select(Adjustment).where(
        Adjustment.source_device_id == work.device.id,
        Adjustment.punch_id.in_(named),
        Adjustment.action == "assign",
    )
    for fix in work.session.scalars(query).all():
        actor = Actor(fix.author_id, "", Role.BACK_OFFICE)
        void = Correction("void", punch_id=fix.punch_id)
        try:
            with work.session.begin_nested():
                corrections.write(
                    work.session, actor, fix.employee_id, void,
                    reason=TAKEN_BACK, now=work.now, new_id=work.new_id,
                )  # fmt: skip
        except Refusal as refusal:  # voided already, or approved: the line is there to be looked at
            log.info("undo.late", extra={"device": work.device.id, "code": refusal.code})


def _tell_again(work: _Work, people_ids: Collection[str]) -> None:
    """Where somebody's newest punch was taken back, what stands before it may be a correction."""
    if not people_ids:
        return
    corrected = select(Adjustment.employee_id).where(Adjustment.employee_id.in_(people_ids))
    for person in work.session.scalars(select(Person).where(Person.id.in_(corrected)).order_by(Person.id)):
        corrections.tell_kiosks(work.session, person, now=work.now)


def _undone(work: _Work) -> set[str]:
    """Punches that this kiosk took back; a parked one was not there to be marked."""
    query = select(LineRow).where(
        LineRow.device_id == work.device.id, LineRow.type == "undo", LineRow.outcome == "accepted"
    )
    read = [reading(line) for line in work.session.scalars(query)]
    return {line.punch_id for line in read if isinstance(line, wire.UndoLine)}
