"""Runs: plain punches that came one after the other are stored as one row, with their bytes one below the other.

After an outage nearly all lines are such punches, and a row of its own for each costs more than all else that is
done about it. What could ever be asked about by itself stays by itself: see `is_plain`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from clockhouse_server.bulk import TEXT, WHOLE, Statement
from clockhouse_server.db import Instant
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.models import LineRow
from clockhouse_server.ingest.reading import LINE_FEED, Bytes
from clockhouse_sync import ledger, wire

BREAK: Final = LINE_FEED
"""Between a run's lines; what holds one itself stands in no run."""
FEWEST: Final = 16
"""Fewer are not worth it."""
LONGEST: Final = wire.MAX_LINES
"""A row that holds a place ends within so many places of it."""

Place = tuple[str, str, int]
"""A device, an epoch and a seq."""


class Stored(msgspec.Struct, frozen=True):
    """A line as it is stored, by itself or in a run."""

    device_id: str
    epoch: str
    seq: int
    hash: str
    prev: str | None
    type: str
    at: datetime | None
    """None within a run, where only the bytes say it."""
    raw: bytes
    chain: str
    outcome: str
    code: str | None


def gathered(lines: Sequence[Arrived]) -> Iterator[Sequence[Arrived]]:
    """New lines of one delivery in the pieces that become rows: runs, and each other line by itself."""
    start = 0
    for end in range(1, len(lines) + 1):
        if end < len(lines) and lines[end].joins and end - start < LONGEST:
            continue
        piece = lines[start:end]
        if len(piece) >= FEWEST:
            yield piece
        else:
            yield from ((one,) for one in piece)
        start = end


def is_plain(one: Arrived) -> bool:
    """An accepted punch that counts at its own time and says nothing beside: nobody will ask for it by itself."""
    return (
        isinstance(one.line, wire.PunchLine)
        and one.line.beside is None
        and one.outcome == "accepted"
        and one.chain == "linked"
        and one.basis == "device"
        and not has_break(one.raw)
    )


def has_break(raw: Bytes) -> bool:
    """Whether what parts a run's lines stands in the midst of one."""
    return isinstance(raw, bytes) and BREAK in raw


def hashes_before_last(first_seq: int, raw: object) -> Iterator[tuple[int, str]]:
    """The place and hash of each line of a run but the last, whose own are the row's."""
    # Somebody may have put text in the place of bytes.
    lines = raw.split(BREAK) if isinstance(raw, bytes) else []
    return enumerate(map(ledger.line_hash, lines[:-1]), start=first_seq)


def spread(row: Sequence[Any]) -> Iterator[Stored]:
    """The lines of a row of COLUMNS, in order. The last one's hash is the row's, the others' what their bytes give."""
    device_id, epoch, first_seq, seq, line_hash, prev, kind, at, raw, *verdict = row
    last = raw
    if first_seq < seq and isinstance(raw, bytes):  # somebody may have put text in the place of bytes
        *others, last = raw.split(BREAK)
        for place, each in enumerate(others, start=first_seq):
            its = ledger.line_hash(each)
            yield Stored(device_id, epoch, place, its, prev, kind, None, each, *verdict)
            prev = its
    yield Stored(device_id, epoch, seq, line_hash, prev, kind, at, last, *verdict)


def made_at(line: Stored) -> datetime | None:
    """When its kiosk says that it was made; None where its bytes were damaged since."""
    if line.at is not None:
        return line.at
    try:
        return wire.parse_instant(wire.read_head(line.raw).at)
    except wire.WireError:
        return None


COLUMNS: Final = (
    LineRow.device_id, LineRow.epoch, LineRow.first_seq, LineRow.seq, LineRow.hash, LineRow.prev, LineRow.type,
    LineRow.at, LineRow.raw, LineRow.chain, LineRow.outcome, LineRow.code,
)  # fmt: skip
_ROW: Final = ", ".join(f"lines.{column.key}" for column in COLUMNS)
_AT: Final = Statement(
    f"SELECT {_ROW} FROM (SELECT given.device_id, given.epoch, given.seq FROM {{given}} UNION "  # noqa: S608
    "SELECT given.device_id, given.epoch, (SELECT min(run.seq) FROM lines AS run "
    "WHERE run.device_id = given.device_id AND run.epoch = given.epoch "
    "AND run.seq BETWEEN given.seq + 1 AND given.seq + :longest AND run.first_seq <= given.seq) FROM {given} "
    "WHERE NOT EXISTS (SELECT 1 FROM lines AS one WHERE one.device_id = given.device_id "
    "AND one.epoch = given.epoch AND one.seq = given.seq AND one.chain <> 'fork')) AS named "
    "JOIN lines ON lines.device_id = named.device_id AND lines.epoch = named.epoch AND lines.seq = named.seq",
    {"device_id": TEXT, "epoch": TEXT, "seq": WHOLE},
    result={7: Instant()},
)
"""Of a place that no row ends at, the run that holds it; a fork may end where a run goes on."""


def every(session: Session, *which: ColumnElement[bool]) -> Iterator[Stored]:
    """The lines of all rows of which this holds."""
    for row in session.execute(select(*COLUMNS).where(*which)):
        yield from spread(row)


def at(session: Session, places: Collection[Place]) -> dict[Place, list[Stored]]:
    """The lines at these places; more than one where a history was forked."""
    found: dict[Place, list[Stored]] = defaultdict(list)
    wanted = set(places)
    for row in _AT(session, sorted(wanted), longest=LONGEST):
        for line in spread(row):
            place = (line.device_id, line.epoch, line.seq)
            if place in wanted:
                found[place].append(line)
    return found
