"""How far each epoch is held: the mark moves over stored and declared-lost places, never over a gap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from clockhouse_server.auth.keys import Keys
from clockhouse_server.bulk import TEXT, WHOLE, Statement
from clockhouse_server.ingest import store
from clockhouse_server.ingest.holding import Held, Mark
from clockhouse_server.ingest.judge import UNREADABLE, Arrived
from clockhouse_server.ingest.models import EpochMark
from clockhouse_sync import signing, wire

STEP: Final = 200

Range = tuple[int, int]
"""The first and last seq that a device declared lost."""
Reached = tuple[int, str]
"""A seq and the hash there; the hash is empty where that place was declared lost."""

_MOVE: Final = Statement(
    "UPDATE epoch_marks SET acknowledged_seq = given.seq, acknowledged_hash = given.hash FROM {given} "
    "WHERE epoch_marks.device_id = given.device_id AND epoch_marks.epoch = given.epoch",
    {"device_id": TEXT, "epoch": TEXT, "seq": WHOLE, "hash": TEXT},
)
_LOST: Final = Statement(
    "SELECT lost.device_id, lost.epoch, lost.from_seq, lost.to_seq FROM {given} JOIN lost_ranges AS lost "
    "ON lost.device_id = given.device_id AND lost.epoch = given.epoch ORDER BY lost.from_seq",
    {"device_id": TEXT, "epoch": TEXT},
)


def mark_of(boot: wire.BootLine) -> Mark:
    """A new epoch's mark, before anything of it is acknowledged."""
    parent = boot.parent
    return Mark(
        boot.epoch, boot_id=boot.boot_id, parent_epoch=parent.epoch if parent else None,
        parent_seq=parent.seq if parent else None, parent_hash=parent.hash if parent else None,
    )  # fmt: skip


def open_marks(
    session: Session,
    device_id: str,
    boots: Sequence[wire.BootLine],
    epochs: set[str],
    held: Held,
    now: datetime,
) -> None:
    """A mark for each epoch that has none; what its boot line says is noted when that comes."""
    new: dict[str, Mark] = {}
    for boot in boots:
        made = mark_of(boot)
        mark = held.marks.get(boot.epoch) or new.get(boot.epoch)
        if mark is None:
            new[boot.epoch] = made
        elif mark.boot_id is None:
            mark.boot_id, mark.parent_epoch = made.boot_id, made.parent_epoch
            mark.parent_seq, mark.parent_hash = made.parent_seq, made.parent_hash
            session.execute(
                update(EpochMark)
                .where(EpochMark.device_id == device_id, EpochMark.epoch == boot.epoch)
                .values(**_said(mark))
            )
    for epoch in sorted(epochs - held.marks.keys() - new.keys() - {UNREADABLE}):
        new[epoch] = Mark(epoch)
    held.marks |= new
    rows = [
        {
            "device_id": device_id, "epoch": mark.epoch, "acknowledged_seq": 0, "acknowledged_hash": "",
            "durable_seq": 0, "first_received_at": now, **_said(mark),
        }
        for mark in new.values()
    ]  # fmt: skip
    store.insert_rows(session, EpochMark, rows)


def _said(mark: Mark) -> dict[str, object]:
    return {
        "boot_id": mark.boot_id, "parent_epoch": mark.parent_epoch, "parent_seq": mark.parent_seq,
        "parent_hash": mark.parent_hash,
    }  # fmt: skip


def advance_marks(session: Session, held: Mapping[str, Held]) -> None:
    """Move the marks of all epochs that deliveries were about, by device."""
    lost = _lost(
        session,
        [
            (device_id, epoch)
            for device_id, around in held.items()
            for epoch, mark in around.marks.items()
            if mark.lost
        ],
    )
    moved = []
    for device_id, around in held.items():
        for epoch, mark in around.marks.items():
            reached = _walk(session, device_id, mark, around, lost.get((device_id, epoch), ()))
            if reached != (mark.acknowledged_seq, mark.acknowledged_hash):
                mark.acknowledged_seq, mark.acknowledged_hash = reached
                moved.append((device_id, epoch, *reached))
    _MOVE(session, moved)


def acknowledge(
    device_id: str, held: Held, lines: Sequence[Arrived], *, keys: Keys, now: datetime
) -> dict[str, Any]:
    """What is acknowledged of a batch's epochs, and a receipt for each.

    Where two histories share a place, whoever delivered is given the receipt of their own line.
    """
    acknowledged, receipts = [], []
    for epoch, mark in sorted(held.marks.items()):
        seq = mark.acknowledged_seq
        acknowledged.append(wire.Place(epoch=epoch, seq=seq))
        if mark.acknowledged_hash:
            line_hash = mark.acknowledged_hash
            if len(held.at(epoch, seq)) > 1:
                own = [one.hash for one in lines if (one.epoch, one.seq) == (epoch, seq)]
                line_hash = own[-1] if own else line_hash
            head = wire.Head(epoch=epoch, seq=seq, hash=line_hash)
            receipts.append(signing.receipt(keys.private, device_id, head, wire.format_instant(now)))
    return {"acknowledged": acknowledged, "receipts": receipts}


def _lost(session: Session, epochs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Range]]:
    found: dict[tuple[str, str], list[Range]] = defaultdict(list)
    for device_id, epoch, first, last in _LOST(session, epochs):
        found[device_id, epoch].append((first, last))
    return found


def _walk(session: Session, device_id: str, mark: Mark, held: Held, lost: Sequence[Range]) -> Reached:
    """The last place without a gap before it: along what came in now, then along what was there before."""
    seq, line_hash = mark.acknowledged_seq, mark.acknowledged_hash
    its = held.places[mark.epoch]
    while its.get(seq + 1):
        seq += 1
    if seq > mark.acknowledged_seq:
        line_hash = min(held.at(mark.epoch, seq))  # a fork: the first of its hashes stands for the place
    if not lost and seq >= held.newest.get(mark.epoch, 0):
        return seq, line_hash
    return _walk_stored(session, device_id, mark.epoch, (seq, line_hash), lost)


def _walk_stored(
    session: Session, device_id: str, epoch: str, reached: Reached, lost: Sequence[Range]
) -> Reached:
    """Along rows in order of their last places. A fork may end where a run that was begun before it goes on."""
    seq, line_hash = reached
    forks: dict[int, str] = {}
    rows = store.rows_after(session, device_id, epoch, seq, STEP)
    while rows:
        for first, last, found, chain in rows:
            while first > seq + 1 and (jumped := _over(lost, seq)) > seq:
                seq, line_hash = min(jumped, first - 1), ""
            if first > seq + 1 and chain != "fork":
                return seq, line_hash
            if chain == "fork":
                forks[last] = min(found, forks.get(last, found))
            if first <= seq + 1 and last > seq:
                seq, line_hash = last, min(found, forks.get(last, found))
            elif last == seq and line_hash:
                line_hash = min(line_hash, found)
        rows = store.rows_after(session, device_id, epoch, rows[-1].seq, STEP)
    while (jumped := _over(lost, seq)) > seq:
        seq, line_hash = jumped, ""
    return seq, line_hash


def _over(lost: Sequence[Range], seq: int) -> int:
    """The end of a lost range that begins at or before the next place."""
    return max((last for first, last in lost if first <= seq + 1), default=seq)
