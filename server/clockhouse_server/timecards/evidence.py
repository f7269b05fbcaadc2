"""Whether stored lines' bytes still give the hashes under which they stand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.ingest.models import LineRow, PunchRow

Place = tuple[str, str, int]
"""A device, an epoch and a seq."""
EPOCHS: Final = 100
"""So many are asked for at once."""


@dataclass(frozen=True)
class Ledger:
    """How many of the punches shown stand in the ledger, linked, with bytes that give their hash."""

    verified: int
    total: int


def whole(line: LineRow) -> bool:
    """False also where somebody put text in the place of bytes."""
    raw: object = line.raw
    return isinstance(raw, bytes) and sha256(raw).hexdigest() == line.hash


def lines_at(session: Session, places: Iterable[Place]) -> list[LineRow]:
    """All lines that are stored at these places, each epoch's found by the key under which it lies."""
    seqs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for device_id, epoch, seq in places:
        seqs[device_id, epoch].add(seq)
    wanted = [
        and_(LineRow.device_id == device_id, LineRow.epoch == epoch, LineRow.seq.in_(sorted(some)))
        for (device_id, epoch), some in sorted(seqs.items())
    ]
    found: list[LineRow] = []
    for start in range(0, len(wanted), EPOCHS):
        found += session.scalars(select(LineRow).where(or_(*wanted[start : start + EPOCHS])))
    return found


def verified(session: Session, read: Sequence[PunchRow]) -> Ledger:
    """Count the lines that these punches were read from, and those that hold."""
    wanted = {(row.device_id, row.epoch, row.seq): row.hash for row in read}
    good = {
        (line.device_id, line.epoch, line.seq)
        for line in lines_at(session, wanted)
        if line.chain == "linked"
        and wanted[line.device_id, line.epoch, line.seq] == line.hash
        and whole(line)
    }
    return Ledger(len(good), len(wanted))
