"""Lines without a device's key: corrections and other statements of the office, in the employee's own source."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.db import advance
from clockhouse_server.ingest.models import EpochMark, LineRow
from clockhouse_sync import ledger, wire

EPOCH: Final = "office"


def source_of(employee_id: str) -> str:
    """The source that holds what the office states about an employee."""
    return f"emp:{employee_id}"


def append(
    session: Session,
    source: str,
    line_type: wire.LineType,
    fields: Mapping[str, Any],
    *,
    now: datetime,
) -> LineRow:
    """Add a line to a source such as `emp:<id>`; its place and link are made under that source's lock.

    `fields` are the type's own; the common ones are filled in. Raises wire.WireError for a field that cannot
    stand on the wire. Committed with the caller's transaction or not at all.
    """
    seq = advance(session, f"source:{source}")
    prev = session.scalar(
        select(LineRow.hash).where(
            LineRow.device_id == source, LineRow.epoch == EPOCH, LineRow.seq == seq - 1
        )
    )
    line: dict[str, Any] = {
        **fields,
        "v": wire.VERSION,
        "type": line_type,
        "device_id": source,
        "epoch": EPOCH,
        "seq": seq,
        "at": wire.format_instant(now),
    }
    if prev is not None:
        line["prev"] = prev
    raw = wire.encode(line)
    wire.read_line(raw)
    row = LineRow(
        device_id=source, epoch=EPOCH, first_seq=seq, seq=seq, hash=ledger.line_hash(raw), prev=prev,
        type=line_type,
        at=wire.parse_instant(line["at"]),
        raw=raw, signed=False, chain="linked", outcome="accepted", received_at=now,
    )  # fmt: skip
    session.add(row)
    mark = session.get(EpochMark, (source, EPOCH))
    if mark is None:
        mark = EpochMark(device_id=source, epoch=EPOCH, first_received_at=now)
        session.add(mark)
    mark.acknowledged_seq, mark.acknowledged_hash = seq, row.hash
    session.flush()
    return row
