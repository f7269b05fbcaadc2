"""Whether a line of the ledger still holds: its bytes, its link to the line before, and who signed for it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.billing.trail import Reference
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import CheckpointRow, LineRow
from clockhouse_server.ingest.runs import Stored
from clockhouse_server.timecards.evidence import whole
from clockhouse_sync import signing, wire


@dataclass(frozen=True)
class Proof:
    """A line's verdict; `problem` is None where it holds. `signed_at_seq` is the checkpoint that covers it."""

    problem: str | None
    type: str | None = None
    line: wire.LineHead | None = None
    signed_at_seq: int | None = None
    signed_at: str | None = None


@dataclass(frozen=True)
class _Epoch:
    """An epoch's lines by hash, and for each the earliest checkpoint whose signature reaches it."""

    rows: dict[str, Stored]
    covered: dict[str, CheckpointRow]
    bad_checkpoint: int | None


class Ledger:
    """Proofs for references, each epoch read and checked once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._epochs: dict[tuple[str, str], _Epoch] = {}

    def prove(self, reference: Reference) -> Proof:
        """Check a line against its bytes, the line before and the checkpoints after it."""
        key = (reference.device_id, reference.epoch)
        if key not in self._epochs:
            self._epochs[key] = self._read(*key)
        epoch = self._epochs[key]
        row = epoch.rows.get(reference.hash)
        if row is None or row.seq != reference.seq:
            other = any(line.seq == reference.seq for line in epoch.rows.values())
            return Proof(f"the ledger {'holds another line there' if other else 'does not hold this line'}")
        problem = _problem(row, epoch)
        if problem is not None:
            return Proof(problem, row.type)
        mark = epoch.covered.get(row.hash)
        return Proof(
            None,
            row.type,
            wire.read_line(row.raw),
            mark.seq if mark else None,
            mark.made_at if mark else None,
        )

    def _read(self, device_id: str, epoch: str) -> _Epoch:
        lines = runs.every(self._session, LineRow.device_id == device_id, LineRow.epoch == epoch)
        by_hash = {line.hash: line for line in lines}
        device = self._session.get(Device, device_id)
        covered: dict[str, CheckpointRow] = {}
        bad: int | None = None
        marks = self._session.scalars(
            select(CheckpointRow)
            .where(CheckpointRow.device_id == device_id, CheckpointRow.epoch == epoch)
            .order_by(CheckpointRow.seq)
        )
        for mark in marks:
            if device is None or not _signed(device, mark):
                bad = mark.seq if bad is None else bad
                continue
            at: str | None = mark.hash
            while at is not None and at in by_hash and at not in covered and whole(by_hash[at]):
                covered[at] = mark
                at = by_hash[at].prev
        return _Epoch(by_hash, covered, bad)


def _problem(row: Stored, epoch: _Epoch) -> str | None:
    if not whole(row):
        return "its bytes do not give its hash"
    if row.seq > 1:
        before = epoch.rows.get(row.prev or "")
        if before is None or before.seq != row.seq - 1:
            return "the line before it is missing"
        if not whole(before):
            return "the line before it does not give its hash"
    try:
        head = wire.read_line(row.raw)
    except wire.WireError as problem:
        return str(problem)
    if (head.device_id, head.epoch, head.seq, head.prev) != (row.device_id, row.epoch, row.seq, row.prev):
        return "its place does not agree with its bytes"
    if epoch.bad_checkpoint is not None and row.hash not in epoch.covered:
        return f"the signature of checkpoint {epoch.bad_checkpoint} does not hold"
    return None


def _signed(device: Device, mark: CheckpointRow) -> bool:
    statement = wire.Checkpoint(
        epoch=mark.epoch, seq=mark.seq, hash=mark.hash, made_at=mark.made_at, signature=mark.signature
    )
    return signing.checkpoint_holds(signing.read_public(device.public_key), statement)
