"""Whether stored lines' bytes still give the hashes under which they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import LineRow, PunchRow
from clockhouse_server.ingest.runs import Stored


@dataclass(frozen=True)
class Ledger:
    """How many of the punches shown stand in the ledger, linked, with bytes that give their hash."""

    verified: int
    total: int


def whole(line: Stored | LineRow) -> bool:
    """False also where somebody put text in the place of bytes."""
    raw: object = line.raw
    return isinstance(raw, bytes) and sha256(raw).hexdigest() == line.hash


def verified(session: Session, read: Sequence[PunchRow]) -> Ledger:
    """Count the lines that these punches were read from, and those that hold."""
    wanted = {(row.device_id, row.epoch, row.seq): row.hash for row in read}
    good = {
        place
        for place, lines in runs.at(session, wanted).items()
        for line in lines
        if line.chain == "linked" and wanted[place] == line.hash and whole(line)
    }
    return Ledger(len(good), len(wanted))
