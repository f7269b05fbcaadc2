"""From an entry back to the ledger: the lines that its two punches came from, and the corrections on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.timecards.models import Adjustment

OFFICE: Final = "office"


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


class Trails:
    """The trails of some entries' punches, read at once."""

    def __init__(self, session: Session, entries: Iterable[ApprovedEntry]) -> None:
        found = list(entries)
        ids = {punch_id for entry in found for punch_id in (entry.from_punch_id, entry.to_punch_id)}
        people = {entry.employee_id for entry in found}
        self._devices = {device.id: device.name for device in session.scalars(select(Device))}
        self._punches = {
            (row.employee_id, row.punch_id): row
            for row in session.scalars(
                select(PunchRow).where(PunchRow.employee_id.in_(people), PunchRow.punch_id.in_(ids))
            )
        }
        self._fixes: dict[tuple[str, str], list[Adjustment]] = {}
        fixes = session.scalars(
            select(Adjustment)
            .where(Adjustment.employee_id.in_(people))
            .order_by(Adjustment.made_at, Adjustment.seq)
        )
        for fix in fixes:
            for punch_id in {fix.adjustment_id, fix.punch_id or fix.adjustment_id}:
                self._fixes.setdefault((fix.employee_id, punch_id), []).append(fix)

    def of(self, employee_id: str, punch_id: str) -> Trail:
        """Where a punch of an entry came from; `punch_id` may be that of the correction that added it."""
        punch = self._punches.get((employee_id, punch_id))
        fixes = self._fixes.get((employee_id, punch_id), [])
        found = []
        if punch is not None:
            found.append(self._reference(punch.device_id, punch.epoch, punch.seq, punch.hash))
        for fix in fixes:
            if fix.source_device_id and fix.source_epoch and fix.source_seq and fix.source_hash:
                source = fix.source_device_id, fix.source_epoch, fix.source_seq, fix.source_hash
                found.append(self._reference(*source))
            found.append(self._reference(fix.device_id, fix.epoch, fix.seq, fix.hash))
        return Trail(punch, fixes, found)

    def _reference(self, device_id: str, epoch: str, seq: int, line_hash: str) -> Reference:
        return Reference(device_id, epoch, seq, line_hash, self._devices.get(device_id, OFFICE))


def printed(ends: Iterable[Trail]) -> list[str]:
    """Where an entry's punches came from, as an invoice says it: `Gate 2 · 3f9a21c8 · 17, 21`."""
    places: dict[tuple[str, str], list[int]] = {}
    for end in ends:
        if end.origin is not None:
            places.setdefault((end.origin.where, end.origin.epoch), []).append(end.origin.seq)
    return [
        f"{where} · {epoch[:8]} · {', '.join(str(seq) for seq in dict.fromkeys(numbers))}"
        for (where, epoch), numbers in places.items()
    ]
