"""What people say at a kiosk besides punching: claims, requests, answers, and that they read a message."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import evidence, store
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.models import Answer, CorrectionRequest, Proposal
from clockhouse_server.ingest.reading import text_beside
from clockhouse_server.people import preferences
from clockhouse_server.people.models import Person
from clockhouse_server.wall import store as wall
from clockhouse_sync import wire

Contents = Mapping[str, tuple[bytes, bytes]]


def keep(session: Session, device: Sender, accepted: Sequence[Arrived], *, now: datetime) -> None:
    """Store what was asked and answered, and take over what people prefer."""
    found = [one for one in accepted if isinstance(one.line, wire.RequestLine | wire.AnswerLine)]
    if not found:
        return
    contents = evidence.contents(session, device.id, {name for one in found for name in _beside(one)})
    asked = [one for one in found if isinstance(one.line, wire.RequestLine)]
    answered = [one for one in found if isinstance(one.line, wire.AnswerLine)]
    store.insert_rows(session, CorrectionRequest, [row for one in asked for row in _request(one, contents)])
    store.insert_rows(session, Answer, [row for one in answered for row in _answer(one, contents)])
    for one in asked:
        _prefer(session, one, now)


def told(accepted: Sequence[Arrived]) -> bool:
    """Whether kiosks have to hear of any of these."""
    return any(isinstance(one.line, wire.ProposalLine | wire.MessageReadLine) for one in accepted)


def tell(session: Session, accepted: Sequence[Arrived], version: int) -> None:
    """Keep claims and what was read under the roster's version."""
    claims = [row for one in accepted for row in _proposal(one)]
    store.insert_rows(session, Proposal, [row | {"version": version} for row in claims])
    read = {
        (one.line.message_id, one.line.employee_id): one.counted_at
        for one in accepted
        if isinstance(one.line, wire.MessageReadLine)
    }
    if read:
        for copy in wall.mark_read(session, read):
            copy.version = version
        session.flush()


def _beside(one: Arrived) -> list[str]:
    beside = getattr(one.line, "beside", None) or wire.Evidence()
    return [name for name in (beside.answer, beside.text, beside.note) if name is not None]


def _place(one: Arrived) -> dict[str, Any]:
    head = one.head
    assert head is not None
    return {"device_id": head.device_id, "epoch": head.epoch, "seq": head.seq, "hash": one.hash}


def _proposal(one: Arrived) -> list[dict[str, Any]]:
    line = one.line
    if not isinstance(line, wire.ProposalLine):
        return []
    return [
        _place(one) | {
            "employee_id": line.employee_id, "proposal_id": line.proposal_id, "kind": line.kind,
            "claimed_at": wire.parse_instant(line.claimed_at), "made_at": one.counted_at,
            "punch_id": line.punch_id, "job_id": line.job_id, "status": "open",
        }
    ]  # fmt: skip


def _request(one: Arrived, contents: Contents) -> list[dict[str, Any]]:
    line = one.line
    if not isinstance(line, wire.RequestLine) or line.what != "correction":
        return []
    beside = line.beside or wire.Evidence()
    return [
        _place(one) | {
            "employee_id": line.employee_id, "request_id": line.request_id, "site_id": line.site_id,
            "zone": one.zone, "made_at": one.counted_at, "on": date.fromisoformat(line.on) if line.on else None,
            "kind": line.kind, "punch_id": line.punch_id, "status": "open",
            "claimed_at": wire.parse_instant(line.claimed_at) if line.claimed_at else None,
            "words": text_beside(beside.text or beside.note, contents),
        }
    ]  # fmt: skip


def _answer(one: Arrived, contents: Contents) -> list[dict[str, Any]]:
    line = one.line
    if not isinstance(line, wire.AnswerLine):
        return []
    beside = line.beside or wire.Evidence()
    return [
        _place(one) | {
            "employee_id": line.employee_id, "punch_id": line.punch_id, "question_id": line.question_id,
            "answer": text_beside(beside.answer or beside.text, contents),
            "answered_at": one.counted_at,
        }
    ]  # fmt: skip


def _prefer(session: Session, one: Arrived, now: datetime) -> None:
    line = one.line
    if not isinstance(line, wire.RequestLine) or line.preferences is None:
        return
    person = session.get_one(Person, line.employee_id)
    actor = Actor(person.id, person.name, Role.EMPLOYEE, frozenset(), person.id)
    chosen_at = one.counted_at
    preferences.choose(session, actor, person, wire.fields_of(line.preferences), chosen_at, now=now)
