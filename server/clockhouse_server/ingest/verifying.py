"""Checking the whole ledger: every chain, every checkpoint, every verdict's place."""

from collections.abc import Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import store
from clockhouse_server.ingest.judge import UNREADABLE, sane_instant
from clockhouse_server.ingest.models import CheckpointRow, EpochMark, LineRow, LostRange, PunchRow
from clockhouse_sync import ledger, signing, wire


def verify_stored(session: Session, device_id: str | None = None) -> ledger.Report:
    """Walk all stored lines, or one source's, and stop at the first that does not hold.

    Gaps are no faults where the kiosk declared them lost or still owes the lines; forks are checked on
    their own, since both of their sides are kept.
    """
    count = 0
    query = select(EpochMark).order_by(EpochMark.device_id, EpochMark.first_received_at, EpochMark.epoch)
    if device_id is not None:
        query = query.where(EpochMark.device_id == device_id)
    for mark in list(session.scalars(query)):
        report = _verify_epoch(session, mark)
        count += report.lines
        if not report.ok:
            return report
    return _unreadable(session, device_id) or _strays(session, device_id, count)


def is_source(session: Session, device_id: str) -> bool:
    """Whether lines could be here under this id: it is a kiosk's, or the office stated something under it."""
    held = select(LineRow.seq).where(LineRow.device_id == device_id).limit(1)
    return session.get(Device, device_id) is not None or session.scalar(held) is not None


def _verify_epoch(session: Session, mark: EpochMark) -> ledger.Report:
    lost = store.lost_ranges(session, mark.device_id, [mark.epoch]).get(mark.epoch, [])
    signed = _checkpoints(session, mark)
    punches = _punches(session, mark)
    before: set[str] = set()
    seq, count = 0, 0
    for place, together in _places(session, mark):
        if place > seq + 1:
            if place <= mark.acknowledged_seq and not _declared(lost, seq + 1, place - 1):
                return _bad(mark, seq + 1, f"line {seq + 1} is missing", count)
            before = set()
        for row in together:
            problem = _problem(row, before) or _misread(row, punches.get(row.hash))
            if problem is not None:
                return _bad(mark, place, problem, count)
        hashes = {row.hash for row in together}
        if place in signed and not signed[place] & hashes:
            return _bad(mark, place, "the kiosk's checkpoint names another line here", count)
        seq, before, count = place, hashes, count + len(together)
    if seq < mark.acknowledged_seq and not _declared(lost, seq + 1, mark.acknowledged_seq):
        return _bad(mark, seq + 1, f"line {seq + 1} is missing", count)
    return ledger.Report(ok=True, lines=count)


def _bad(mark: EpochMark, seq: int, problem: str, count: int) -> ledger.Report:
    return ledger.Report(False, count, mark.device_id, mark.epoch, seq, problem)


def _places(session: Session, mark: EpochMark) -> Iterator[tuple[int, list[LineRow]]]:
    query = (
        select(LineRow)
        .where(LineRow.device_id == mark.device_id, LineRow.epoch == mark.epoch)
        .order_by(LineRow.seq, LineRow.hash)
        .execution_options(yield_per=1000)
    )
    together: list[LineRow] = []
    with session.scalars(query) as rows:
        for row in rows:
            if together and together[0].seq != row.seq:
                yield together[0].seq, together
                together = []
            together.append(row)
    if together:
        yield together[0].seq, together


def _problem(row: LineRow, before: set[str]) -> str | None:
    """What is wrong with one stored line, given the hashes at the place before; none are known after a gap."""
    if ledger.line_hash(row.raw) != row.hash:
        return "its bytes do not give its hash"
    try:
        head = wire.read_head(row.raw)
    except wire.WireError as problem:
        return str(problem)
    stored = (row.device_id, row.epoch, row.seq, row.prev, row.type)
    if (head.device_id, head.epoch, head.seq, head.prev, head.type) != stored or (
        sane_instant(head.at) and wire.parse_instant(head.at) != row.at
    ):
        return "its place does not agree with its bytes"
    if row.chain == "linked" and row.seq > 1 and row.prev not in before:
        return "does not follow the line before it"
    if row.chain == "gap" and before and row.prev not in before:
        return "does not follow the line before it"
    return None


def _punches(session: Session, mark: EpochMark) -> dict[str, PunchRow]:
    query = select(PunchRow).where(PunchRow.device_id == mark.device_id, PunchRow.epoch == mark.epoch)
    return {row.hash: row for row in session.scalars(query)}


def _misread(row: LineRow, punch: PunchRow | None) -> str | None:
    """Whether the punch that the books use says what its line says."""
    line = wire.read_line(row.raw) if punch is not None else None
    if punch is None or not isinstance(line, wire.PunchLine):
        return None
    said = (
        line.employee_id,
        line.punch_id,
        line.kind,
        line.job_id,
        line.task_id,
        wire.parse_instant(line.at),
    )
    read = (punch.employee_id, punch.punch_id, punch.kind, punch.job_id, punch.task_id, punch.at)
    return None if said == read else "the punch read from it does not agree with it"


def _declared(lost: Iterable[LostRange], first: int, last: int) -> bool:
    """Whether every place from first to last was declared lost."""
    for row in lost:
        if row.from_seq <= first <= row.to_seq:
            first = row.to_seq + 1
    return first > last


def _checkpoints(session: Session, mark: EpochMark) -> dict[int, set[str]]:
    """The hashes that the kiosk signed, by place; one whose signature fails counts as signing nothing."""
    device = session.get(Device, mark.device_id)
    if device is None:
        return {}
    key = signing.read_public(device.public_key)
    found: dict[int, set[str]] = {}
    query = select(CheckpointRow).where(
        CheckpointRow.device_id == mark.device_id, CheckpointRow.epoch == mark.epoch
    )
    for row in session.scalars(query):
        statement = wire.Checkpoint(
            epoch=row.epoch, seq=row.seq, hash=row.hash, made_at=row.made_at, signature=row.signature
        )
        hashes = found.setdefault(row.seq, set())
        if signing.checkpoint_holds(key, statement):
            hashes.add(row.hash)
    return found


def _unreadable(session: Session, device_id: str | None) -> ledger.Report | None:
    """Lines that could not be read must still give their hash."""
    query = select(LineRow).where(LineRow.epoch == UNREADABLE)
    if device_id is not None:
        query = query.where(LineRow.device_id == device_id)
    for row in session.scalars(query):
        if ledger.line_hash(row.raw) != row.hash:
            problem = "its bytes do not give its hash"
            return ledger.Report(False, 0, row.device_id, row.epoch, row.seq, problem)
    return None


def _strays(session: Session, device_id: str | None, walked: int) -> ledger.Report:
    """A line in an epoch that has no mark was not walked: no delivery leaves such a line."""
    query = select(func.count()).select_from(LineRow).where(LineRow.epoch != UNREADABLE)
    if device_id is not None:
        query = query.where(LineRow.device_id == device_id)
    if session.scalar(query) == walked:
        return ledger.Report(ok=True, lines=walked)
    return ledger.Report(False, walked, device_id, problem="lines stand in an epoch that nobody delivered")
