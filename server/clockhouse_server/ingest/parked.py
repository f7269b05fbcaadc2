"""Parked lines: which wait for a decision, and that one was taken. What follows is a correction's business."""

from datetime import datetime
from typing import Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Conflict, Invalid
from clockhouse_server.ingest.judge import sane
from clockhouse_server.ingest.models import LineRow, ParkedLine
from clockhouse_server.ingest.runs import Stored
from clockhouse_sync import wire

Decision = Literal["accept", "assign", "set_aside"]
Key = tuple[str, str, int, str]


def key_of(row: ParkedLine) -> Key:
    return row.device_id, row.epoch, row.seq, row.hash


def parked(
    session: Session,
    actor: Actor,
    *,
    waiting: bool = True,
    after: Key | None = None,
    limit: int | None = None,
) -> list[tuple[ParkedLine, LineRow]]:
    """Parked lines of the kiosks of the actor's sites, by place."""
    allow(actor, "parked.read")
    same = and_(
        LineRow.device_id == ParkedLine.device_id, LineRow.epoch == ParkedLine.epoch,
        LineRow.seq == ParkedLine.seq, LineRow.hash == ParkedLine.hash,
    )  # fmt: skip
    columns = (ParkedLine.device_id, ParkedLine.epoch, ParkedLine.seq, ParkedLine.hash)
    query = select(ParkedLine, LineRow).join(LineRow, same).order_by(*columns)
    if waiting:
        query = query.where(ParkedLine.settled_at.is_(None))
    if actor.site_ids is not None:
        theirs = select(Device.id).where(Device.site_id.in_(actor.site_ids))
        query = query.where(ParkedLine.device_id.in_(theirs))
    if after is not None:
        query = query.where(
            or_(*(
                and_(*(columns[done] == after[done] for done in range(place)), columns[place] > after[place])
                for place in range(len(columns))
            ))
        )  # fmt: skip
    rows = session.execute(query if limit is None else query.limit(limit))
    return list(rows)


def settle(
    session: Session,
    row: ParkedLine,
    decision: Decision,
    actor: Actor,
    *,
    reason: str,
    adjustment_id: str | None,
    now: datetime,
) -> None:
    """Record who decided what and why. Accepting and assigning name the adjustment that counts the line."""
    allow(actor, "parked.settle")
    if row.settled_at is not None:
        raise Conflict("Somebody has settled this line already.")
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    row.settled_at, row.settled_by = now, actor.user_id
    row.decision, row.reason, row.adjustment_id = decision, reason.strip(), adjustment_id
    session.flush()
    audit.record(
        session, actor, f"parked.{decision}", "line", ":".join(str(part) for part in key_of(row)), now=now,
        reason=reason.strip(), after={"adjustment_id": adjustment_id},
    )  # fmt: skip


def reading(line: LineRow | Stored) -> wire.LineHead | None:
    """A stored line by its type; None for one that cannot be read, or whose time no calendar holds."""
    try:
        read = wire.read_line(line.raw)
        return read if sane(read) else None
    except wire.WireError:
        return None
