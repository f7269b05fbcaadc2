"""What is noted of epochs is what their lines say: from where they began, and what was declared lost."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.ingest.bad import BadError, Epoch
from clockhouse_server.ingest.columns import Row, of_device, rows
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.models import EpochMark, LineRow, LostRange
from clockhouse_server.ingest.reading import read
from clockhouse_sync import wire

NO_BOOT: Final = "its epoch is not noted as it begins"
NOT_NOTED: Final = "what it declares lost is not noted"
NEVER_DECLARED: Final = "was never declared lost"


def noted_problem(session: Session, device_id: str | None) -> BadError | None:
    """The first epoch's mark that no start of it gives, or the first lost range that no line declares, or the reverse."""
    boots: dict[Epoch, list[Arrived]] = defaultdict(list)
    losses: dict[Row, list[Arrived]] = defaultdict(list)
    for one in _lines(session, device_id):
        if isinstance(one.line, wire.BootLine):
            boots[one.device_id, one.epoch].append(one)
        elif isinstance(one.line, wire.LostLine):
            lost = one.line.lost
            if 1 <= lost.from_seq <= lost.to_seq <= wire.MAX_INTEGER:
                losses[one.device_id, lost.epoch, lost.from_seq].append(one)
    return _boot_problem(session, device_id, boots) or _lost_problem(session, device_id, losses)


def _lines(session: Session, device_id: str | None) -> Iterator[Arrived]:
    """Starts and losses; neither ever stands in a run."""
    query = (
        select(LineRow.device_id, LineRow.raw)
        .where(LineRow.type.in_(("boot", "lost")))
        .order_by(LineRow.device_id, LineRow.epoch, LineRow.seq, LineRow.hash)
    )
    for device, raw in rows(session, of_device(query, LineRow.device_id, device_id)):
        yield read(raw, device)


def _boot_problem(
    session: Session, device_id: str | None, boots: dict[Epoch, list[Arrived]]
) -> BadError | None:
    """Of several starts of one epoch, the first to arrive was noted: any of them will do."""
    query = select(
        EpochMark.device_id, EpochMark.epoch, EpochMark.boot_id, EpochMark.parent_epoch, EpochMark.parent_seq,
        EpochMark.parent_hash,
    ).order_by(EpochMark.device_id, EpochMark.epoch)  # fmt: skip
    for device, epoch, *noted in rows(session, of_device(query, EpochMark.device_id, device_id)):
        starts = boots.get((device, epoch), [])
        said = [_start(one) for one in starts] or [[None] * 4]
        if noted not in said:
            return BadError((device, epoch), starts[0].seq if starts else 1, NO_BOOT)
    return None


def _start(one: Arrived) -> list[object]:
    line = one.line
    assert isinstance(line, wire.BootLine)
    parent = line.parent
    return [line.boot_id, *((None,) * 3 if parent is None else (parent.epoch, parent.seq, parent.hash))]


def _lost_problem(
    session: Session, device_id: str | None, losses: dict[Row, list[Arrived]]
) -> BadError | None:
    """Of several that begin at one place, the first to arrive was noted: any of them will do."""
    query = select(LostRange.device_id, LostRange.epoch, LostRange.from_seq, LostRange.to_seq).order_by(
        LostRange.device_id, LostRange.epoch, LostRange.from_seq
    )
    for device, epoch, first, last in rows(session, of_device(query, LostRange.device_id, device_id)):
        declared = losses.pop((device, epoch, first), [])
        if not declared:
            return BadError((device, epoch), first if isinstance(first, int) else None, NEVER_DECLARED)
        if last not in [_loss(one).to_seq for one in declared]:
            return BadError((device, declared[0].epoch), declared[0].seq, NOT_NOTED)
    for declared in losses.values():
        return BadError((declared[0].device_id, declared[0].epoch), declared[0].seq, NOT_NOTED)
    return None


def _loss(one: Arrived) -> wire.LostRange:
    assert isinstance(one.line, wire.LostLine)
    return one.line.lost
