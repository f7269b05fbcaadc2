"""How far each epoch is held: the mark moves over stored and declared-lost places, never over a gap."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.auth.keys import Keys
from clockhouse_server.ingest import store
from clockhouse_server.ingest.judge import UNREADABLE
from clockhouse_server.ingest.models import EpochMark, LostRange
from clockhouse_sync import signing, wire

STEP: Final = 2000


def mark_of(device_id: str, boot: wire.BootLine) -> EpochMark:
    """A new epoch's mark, before anything of it is acknowledged; not in any session."""
    parent = boot.parent
    return EpochMark(
        device_id=device_id, epoch=boot.epoch, acknowledged_seq=0, acknowledged_hash="", durable_seq=0,
        boot_id=boot.boot_id, parent_epoch=parent.epoch if parent else None,
        parent_seq=parent.seq if parent else None, parent_hash=parent.hash if parent else None,
    )  # fmt: skip


def open_marks(
    session: Session,
    device_id: str,
    boots: Sequence[wire.BootLine],
    epochs: set[str],
    held: store.Held,
    now: datetime,
) -> None:
    """A mark for each epoch that has none; what its boot line says is noted when that comes."""
    for boot in boots:
        made = mark_of(device_id, boot)
        mark = held.marks.get(boot.epoch)
        if mark is None:
            made.first_received_at = now
            held.marks[boot.epoch] = made
            session.add(made)
        elif mark.boot_id is None:
            mark.boot_id, mark.parent_epoch = made.boot_id, made.parent_epoch
            mark.parent_seq, mark.parent_hash = made.parent_seq, made.parent_hash
    for epoch in sorted(epochs - held.marks.keys() - {UNREADABLE}):
        mark = EpochMark(
            device_id=device_id, epoch=epoch, acknowledged_seq=0, acknowledged_hash="", durable_seq=0,
            first_received_at=now,
        )  # fmt: skip
        held.marks[epoch] = mark
        session.add(mark)
    session.flush()


def advance_marks(
    session: Session,
    device_id: str,
    marks: Mapping[str, EpochMark],
    delivered: Mapping[tuple[str, int], str],
    *,
    keys: Keys,
    now: datetime,
) -> dict[str, Any]:
    """Move the marks of a batch's epochs; answers what is acknowledged, and a receipt for each.

    Where two histories share a place, whoever delivered is given the receipt of their own line: `delivered` is
    the batch's hash at each of its places.
    """
    lost = store.lost_ranges(session, device_id, marks) if marks else {}
    acknowledged, receipts = [], []
    for epoch, mark in sorted(marks.items()):
        seq, line_hash = _walk(session, mark, lost.get(epoch, []))
        mark.acknowledged_seq, mark.acknowledged_hash = seq, line_hash
        acknowledged.append(wire.Place(epoch=epoch, seq=seq))
        if line_hash:
            head = wire.Head(epoch=epoch, seq=seq, hash=delivered.get((epoch, seq), line_hash))
            receipts.append(signing.receipt(keys.private, device_id, head, wire.format_instant(now)))
    session.flush()
    return {"acknowledged": acknowledged, "receipts": receipts}


def _walk(session: Session, mark: EpochMark, lost: Sequence[LostRange]) -> tuple[int, str]:
    """The last place without a gap before it. Its hash is empty where that place was declared lost."""
    seq, line_hash = mark.acknowledged_seq, mark.acknowledged_hash
    while True:
        lines = store.lines_after(session, mark.device_id, mark.epoch, seq, STEP)
        start = seq
        for place, found in lines:
            if place == seq:  # a fork: the first of its hashes stands for the place
                continue
            while place > seq + 1 and (jumped := _over(lost, seq)) > seq:
                seq, line_hash = min(jumped, place - 1), ""
            if place != seq + 1:
                break
            seq, line_hash = place, found
        if seq == start or len(lines) < STEP:
            break
    while (jumped := _over(lost, seq)) > seq:
        seq, line_hash = jumped, ""
    return seq, line_hash


def _over(lost: Sequence[LostRange], seq: int) -> int:
    """The end of a lost range that begins at or before the next place."""
    return max((row.to_seq for row in lost if row.from_seq <= seq + 1), default=seq)
