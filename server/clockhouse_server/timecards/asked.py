"""What people asked for at a kiosk in their own words: which waits, and how the office answers."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.errors import Conflict, NotFound
from clockhouse_server.ingest.models import CorrectionRequest, PunchRow
from clockhouse_server.people import checks
from clockhouse_server.timecards import corrections
from clockhouse_server.timecards.corrections import Correction
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import Kind, work_day
from clockhouse_server.timecards.sheets import Setting

AS_ASKED: Final = "As asked for at the kiosk"


def asked_on(request: CorrectionRequest, known: Setting) -> date:
    """The day that a request is about: the one it names, else that of its time, else the one it was made on."""
    return request.on or work_day(request.claimed_at or request.made_at, request.zone, known.day_starts)


def waiting(
    session: Session,
    person_ids: Collection[str],
    known: Setting,
    from_on: date | None = None,
    through_on: date | None = None,
) -> list[CorrectionRequest]:
    """Requests that nobody has answered yet, oldest first."""
    found = session.scalars(
        select(CorrectionRequest)
        .where(CorrectionRequest.employee_id.in_(list(person_ids)), CorrectionRequest.status == "open")
        .order_by(CorrectionRequest.made_at, CorrectionRequest.request_id)
    )
    return [
        one
        for one in found
        if (from_on is None or from_on <= asked_on(one, known))
        and (through_on is None or asked_on(one, known) <= through_on)
    ]


def accept(
    session: Session,
    actor: Actor,
    person_id: str,
    request_id: str,
    *,
    kind: Kind | None = None,
    at: datetime | None = None,
    job_id: str | None = None,
    reason: str = "",
    now: datetime,
    new_id: Callable[[], str],
) -> Adjustment | None:
    """Do what was asked: a correction where there is a time, else a word that it was done by hand.

    A request about a punch of its own kind moves that punch; any other adds the missing one.
    """
    asked = _open(session, actor, person_id, request_id)
    made = None
    if at is not None:
        about = session.get(PunchRow, (asked.punch_id, person_id)) if asked.punch_id else None
        moves = about is not None and kind in {about.kind, None}
        correction = Correction(
            "change" if moves else "add",
            punch_id=asked.punch_id if moves else None,
            kind=kind,
            at=at,
            job_id=job_id,
            site_id=None if moves else asked.site_id,
        )
        made = corrections.write(
            session, actor, person_id, correction,
            reason=reason.strip() or AS_ASKED, now=now, new_id=new_id,
        )  # fmt: skip
        asked.adjustment_id = made.adjustment_id
    _close(session, actor, asked, "accepted", reason.strip() or AS_ASKED if made else reason, now)
    return made


def decline(
    session: Session, actor: Actor, person_id: str, request_id: str, *, reason: str, now: datetime
) -> CorrectionRequest:
    """Say no, with a reason; nothing changes but that it is answered."""
    asked = _open(session, actor, person_id, request_id)
    _close(session, actor, asked, "declined", reason, now)
    return asked


def _open(session: Session, actor: Actor, person_id: str, request_id: str) -> CorrectionRequest:
    corrections.person_for(session, actor, "timecards.adjust", person_id)
    asked = session.get(CorrectionRequest, (person_id, request_id), with_for_update=True)
    if asked is None:
        raise NotFound("There is no such request.", field="request_id")
    if asked.status != "open":
        raise Conflict("Somebody has answered this request already.", status=asked.status)
    return asked


def _close(
    session: Session, actor: Actor, asked: CorrectionRequest, status: str, reason: str, now: datetime
) -> None:
    said = checks.text(reason, "reason", most=500)
    asked.status, asked.decided_by, asked.decided_at, asked.reason = status, actor.user_id, now, said
    session.flush()
    audit.record(
        session, actor, f"request.{status}", "person", asked.employee_id, now=now, reason=said,
        after={"request_id": asked.request_id, "adjustment_id": asked.adjustment_id},
    )  # fmt: skip
