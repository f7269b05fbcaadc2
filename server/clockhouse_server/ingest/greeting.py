"""Hello and heartbeat: what a kiosk holds against what is held here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.auth.store import token_hash
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest import runs, store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.models import EpochMark
from clockhouse_sync import wire

SESSION: Final = timedelta(hours=24)
UNSYNCED_MARGIN: Final = timedelta(minutes=2)
LONGEST_VISIT: Final = timedelta(minutes=1)
"""From a reading, whose instant its line has, until that line is made."""
LONGEST_HEALTH: Final = 50
LONGEST_TEXT: Final = 200


class NoCommonProtocol(Refusal):
    code, status = "protocol", 400


@dataclass(frozen=True)
class Compared:
    """What the server wants of a kiosk; `waiting` counts the lines that it named and that are not here."""

    want: list[wire.Want]
    waiting: int


def begin_session(device: Device, now: datetime, new_token: Callable[[], str]) -> str:
    """A new session for this device; the one before ends."""
    token = new_token()
    device.session_hash, device.session_expires_at = token_hash(token), now + SESSION
    return token


def heard(
    session: Session, device: Device, asked: wire.HelloRequest, *, now: datetime, new_id: Callable[[], str]
) -> Compared:
    """Note what a kiosk says of itself, and find out what it holds that is not here."""
    if wire.VERSION not in asked.protocols:
        raise NoCommonProtocol(f"This server speaks protocol {wire.VERSION}.", field="protocols")
    device.seen_at = now
    if asked.software is not None:
        device.software = _clean(asked.software)
    if asked.clock is not None:
        device.clock_synced = asked.clock.sync
    if isinstance(asked, wire.HeartbeatRequest) and asked.health:
        device.health = {
            _clean(name): _clean(value) if isinstance(value, str) else value
            for name, value in sorted(asked.health.items())[:LONGEST_HEALTH]
        }
    compared = _compare(session, device, asked, now=now, new_id=new_id)
    device.waiting = compared.waiting
    if not compared.want and device.status == "active":
        through = _held_through(asked, now)
        if device.complete_through_at is None or through > device.complete_through_at:
            device.complete_through_at = through
    session.flush()
    return compared


def _held_through(asked: wire.HelloRequest, now: datetime) -> datetime:
    """Up to when the heads speak: they were read before the request travelled."""
    if asked.at is None or asked.clock is None or not asked.clock.sync:
        return now - UNSYNCED_MARGIN
    try:
        return min(now, wire.parse_instant(asked.at, "at"))
    except wire.WireError:
        return now - UNSYNCED_MARGIN


def _compare(
    session: Session,
    device: Device,
    asked: wire.HelloRequest,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Compared:
    named = [head for head in asked.heads if "\x00" not in head.epoch and 1 <= head.seq <= wire.MAX_INTEGER]
    marks = store.epoch_marks(session, device.id, {head.epoch for head in named})
    stored = store.hashes_at(session, device.id, {(head.epoch, head.seq) for head in named})
    want: list[wire.Want] = []
    waiting = 0
    for head in named:
        mark = marks.get(head.epoch)
        reached = 0 if mark is None else mark.acknowledged_seq
        if reached < head.seq:
            want.append(wire.Want(epoch=head.epoch, after_seq=reached))
            waiting += head.seq - reached
        elif (hashes := stored.get((head.epoch, head.seq))) and head.hash not in hashes:
            # Another history of this epoch: all of it is asked for, so that both are kept.
            want.append(wire.Want(epoch=head.epoch, after_seq=0))
            waiting += head.seq
            facts = {"epoch": head.epoch, "seq": head.seq, "hash": head.hash}
            raise_alarm(session, device.id, "fork", facts, now=now, new_id=new_id)
        if mark is not None and reached > head.seq and not _came_late(session, device, head, asked):
            facts = {"epoch": head.epoch, "held": reached, "shown": head.seq}
            raise_alarm(session, device.id, "shorter_history", facts, now=now, new_id=new_id)
    return Compared(want, waiting)


def _came_late(session: Session, device: Device, head: wire.Head, asked: wire.HelloRequest) -> bool:
    """Whether these heads may have been read before the line after this one was made: networks delay and repeat.

    Both instants are of the kiosk's own clock. A card that was put back says the same again at each heartbeat, and
    is found out a minute later.
    """
    place = (device.id, head.epoch, head.seq + 1)
    instants = [runs.made_at(line) for line in runs.at(session, [place])[place]]
    made = min((at for at in instants if at is not None), default=None)
    if made is None or asked.at is None:
        return False
    try:
        return wire.parse_instant(asked.at, "at") <= made + LONGEST_VISIT
    except wire.WireError:
        return False


def others_through(session: Session, device: Device) -> datetime | None:
    """Up to when every other kiosk in service at this site has given what it held; None where there is none.

    One that was never heard has given nothing since it joined.
    """
    given = func.coalesce(Device.complete_through_at, Device.enrolled_at)
    return session.scalar(
        select(func.min(given)).where(
            Device.site_id == device.site_id, Device.id != device.id, Device.status == "active"
        )
    )


def durable(session: Session, device_id: str) -> list[wire.Place]:
    """How far the newest backup holds each epoch."""
    query = (
        select(EpochMark.epoch, EpochMark.durable_seq)
        .where(EpochMark.device_id == device_id, EpochMark.durable_seq > 0)
        .order_by(EpochMark.first_received_at.desc(), EpochMark.epoch)
    )
    return [wire.Place(epoch=epoch, seq=seq) for epoch, seq in session.execute(query)]


def _clean(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST_TEXT]
