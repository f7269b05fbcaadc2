"""From an entry back to the ledger: the lines that its two punches came from, and the corrections on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.timecards.models import Adjustment


@dataclass(frozen=True)
class Reference:
    """A line's key in the ledger, and what it is to the reader: the kiosk's name, or `office`."""

    device_id: str
    epoch: str
    seq: int
    hash: str
    where: str

    @property
    def text(self) -> str:
        """`Gate 2 · 3f9a21c8 · 17`: kiosk, beginning of the epoch, number of the line."""
        return f"{self.where} · {self.epoch[:8]} · {self.seq}"


@dataclass(frozen=True)
class Trail:
    """One punch's origin (first) and the corrections since, in the order they were made."""

    punch: PunchRow | None
    fixes: Sequence[Adjustment]
    references: Sequence[Reference]

    @property
    def origin(self) -> Reference | None:
        return self.references[0] if self.references else None

    @property
    def corrected(self) -> bool:
        return bool(self.fixes)


def trail(session: Session, employee_id: str, punch_id: str) -> Trail:
    """Where a punch of an entry came from; `punch_id` may be that of the correction that added it."""
    punch = session.get(PunchRow, (employee_id, punch_id))
    fixes = session.scalars(
        select(Adjustment)
        .where(
            Adjustment.employee_id == employee_id,
            or_(Adjustment.punch_id == punch_id, Adjustment.adjustment_id == punch_id),
        )
        .order_by(Adjustment.made_at, Adjustment.seq)
    ).all()
    found = []
    if punch is not None:
        found.append(_reference(session, punch.device_id, punch.epoch, punch.seq, punch.hash))
    for fix in fixes:
        if fix.source_device_id and fix.source_epoch and fix.source_seq and fix.source_hash:
            source = fix.source_device_id, fix.source_epoch, fix.source_seq, fix.source_hash
            found.append(_reference(session, *source))
        found.append(_reference(session, fix.device_id, fix.epoch, fix.seq, fix.hash))
    return Trail(punch, fixes, found)


def _reference(session: Session, device_id: str, epoch: str, seq: int, line_hash: str) -> Reference:
    device = session.get(Device, device_id)
    return Reference(device_id, epoch, seq, line_hash, device.name if device else "office")
