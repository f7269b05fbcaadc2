"""The ledger's columns as verification compares them, in order of place, and what it asks about single lines."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from clockhouse_server.ingest import columns, runs
from clockhouse_server.ingest.models import (
    CheckpointRow,
    EpochMark,
    LineRow,
    LostRange,
    ParkedLine,
    PunchRow,
)
from clockhouse_server.ingest.runs import BREAK
from clockhouse_sync import ledger, wire


class Line(NamedTuple):
    """The columns of a stored line, or of a run; `at` in the wire's form. Any of them may hold anything."""

    device_id: str
    epoch: str
    seq: int
    prev: str | None
    type: str
    at: str
    chain: str
    outcome: str
    code: str | None
    hash: str
    raw: bytes
    first_seq: int

    @property
    def agrees(self) -> bool:
        """Whether a run's columns and bytes speak of as many lines."""
        return self.first_seq + self.raw.count(BREAK) == self.seq


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a punch's bytes say: first, in order, the columns that are read from them as they stand."""

    device_id: str
    epoch: str
    seq: int
    employee_id: str | None = None
    punch_id: str
    kind: wire.PunchKind
    kind_from: wire.KindFrom
    method: wire.Method
    at: str
    site_id: str | None = None
    job_id: str | None = None
    task_id: str | None = None
    break_code: str | None = None
    quantity: str | None = None
    quantity_bad: str | None = None
    credential_ref: str | None = None
    actor_id: str | None = None
    type: str
    prev: str | None = None
    clock: wire.ClockState | None = None


FORK: Final = "fork"
FEW: Final = 64
"""So many rows at once: each may be a run of a thousand lines."""
AS_SAID: Final = Said.__struct_fields__[: Said.__struct_fields__.index("type")]
BY_ITS_CLOCK: Final = 1
"""A punch counts at its `at`, which its own clock proves."""
BY_OTHERS: Final = 0
BY_NONE: Final = 2
"""It is said to count by its own clock, and counts at another instant."""


class _Dated(msgspec.Struct):
    at: str


_AT: Final = msgspec.json.Decoder(_Dated).decode


class Inside:
    """Which checkpoints are about lines within runs, where no column says what stands at a place."""

    def __init__(self, session: Session, device_id: str | None) -> None:
        query = select(CheckpointRow.device_id, CheckpointRow.epoch, CheckpointRow.seq, CheckpointRow.hash)
        query = columns.of_device(query, CheckpointRow.device_id, device_id)
        self._hashes: dict[columns.Row, dict[Any, set[str]]] = defaultdict(lambda: defaultdict(set))
        for *epoch, seq, line_hash in columns.rows(session, query):
            self._hashes[tuple(epoch)][seq].add(line_hash)
        self._named: dict[columns.Row, bool] = {}

    def note(self, run: Line, hashes: Sequence[str]) -> None:
        """Compare what stands in a run, of which these are the lines' hashes, at places that checkpoints are about."""
        said = self._hashes.get(run[:2], {})
        for seq in said.keys() & range(run.first_seq, run.first_seq + len(hashes)):
            self._named[*run[:2], seq] = hashes[seq - run.first_seq] in said[seq]

    def names(self, place: columns.Row) -> bool | None:
        """Whether a checkpoint names the line that stands there in a run; None where no run has one."""
        return self._named.get(place)


def lines(
    session: Session, device_id: str | None, inside: Inside
) -> Generator[list[columns.Row] | Line, None, None]:
    """By place: rows as `Line` that are a line each; and runs, whole, but for one with forks among its places."""
    key = (LineRow.device_id, LineRow.epoch, LineRow.seq, LineRow.hash)
    query = select(
        LineRow.device_id, LineRow.epoch, LineRow.seq, LineRow.prev, LineRow.type,
        columns.wire_text(session, LineRow.at), LineRow.chain, LineRow.outcome, LineRow.code, LineRow.hash,
        LineRow.raw, LineRow.first_seq,
    ).order_by(*key)  # fmt: skip
    query = columns.of_device(query, LineRow.device_id, device_id)
    with closing(columns.pieces(session, query, FEW)) as found:
        forks: list[columns.Row] = []  # the run that goes on where they end comes after them
        for piece in found:
            singles: list[columns.Row] = []
            for row in piece:
                is_single = row[2] == row[11] or not _is_run(row)
                if is_single and row[6] == FORK:
                    forks.append(row)
                    continue
                if is_single:
                    if forks:
                        singles += forks
                        forks = []
                    singles.append(row)
                    continue
                run = Line._make(row)
                among: list[columns.Row] = []
                # Where it does not agree, forks do not stand among its places, whatever it says of them.
                if forks and run.agrees:
                    among = [fork for fork in forks if _is_among(fork, run)]
                    singles += [fork for fork in forks if not _is_among(fork, run)]
                    forks = []
                if singles:
                    yield singles
                    singles = []
                yield sorted([*one_by_one(run, inside), *among], key=_by_place) if among else run
            if singles:
                yield singles
        if forks:
            yield forks


def _is_run(row: columns.Row) -> bool:
    """Whether it speaks of several places, and has bytes for them: anything may stand in a damaged column.

    No run is held as a fork: that is one line, wherever it says that it begins.
    """
    numbered = isinstance(row[11], int) and isinstance(row[2], int)
    return numbered and isinstance(row[10], bytes) and (row[6] != FORK or BREAK in row[10])


def _is_among(fork: columns.Row, run: Line) -> bool:
    return fork[:2] == run[:2] and isinstance(fork[2], int) and run.first_seq <= fork[2]


def _by_place(row: columns.Row) -> tuple[int, str]:
    return row[2], str(row[9])


def one_by_one(run: Line, inside: Inside) -> list[columns.Row]:
    """A run's lines, each as `Line`. Its first and last are as its columns say."""
    row = {**run._asdict(), "at": None}
    *inner, last = (
        Line(each.device_id, each.epoch, each.seq, each.prev, each.type, _said_at(each.raw), each.chain,
             each.outcome, each.code, each.hash, each.raw, each.seq)
        for each in runs.spread([row[column.key] for column in runs.COLUMNS])
    )  # fmt: skip
    if not run.agrees:
        # Columns and bytes do not speak of as many lines: no bytes stand for the one that the row names.
        place = run.first_seq + len(inner)
        inner.append(last._replace(seq=place, hash=ledger.line_hash(last.raw), first_seq=place))
        last = last._replace(raw=b"")
    inside.note(run, [line.hash for line in (*inner, last)])
    return [*inner, last._replace(at=run.at)]


def _said_at(raw: bytes) -> Any:
    try:
        return _AT(raw).at
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # whoever reads these bytes will find the same


def punches(session: Session, device_id: str | None) -> Generator[list[columns.Row], None, None]:
    """By place: the columns of AS_SAID, the line's hash, by which clock a punch counts, and whether it was undone.

    No index has them in this order: that would cost each delivery more than sorting costs here. Either engine
    does that in files of its own where they are many.
    """
    by_its_clock = and_(
        PunchRow.counted_at == PunchRow.at, PunchRow.not_before_at.is_(None), PunchRow.not_after_at.is_(None)
    )
    said = [
        columns.wire_text(session, PunchRow.at) if name == "at" else getattr(PunchRow, name)
        for name in AS_SAID
    ]
    query = select(
        *said,
        PunchRow.hash,
        case(
            (and_(PunchRow.basis == "device", by_its_clock), BY_ITS_CLOCK),
            (PunchRow.basis.in_(("redated", "unproved")), BY_OTHERS),
            else_=BY_NONE,
        ),
        PunchRow.undone,
    ).order_by(PunchRow.device_id, PunchRow.epoch, PunchRow.seq)
    return columns.pieces(session, columns.of_device(query, PunchRow.device_id, device_id))


class Mark(NamedTuple):
    """How far an epoch was acknowledged, and the ranges in it that its kiosk declared lost."""

    seq: int
    hash: str
    lost: tuple[tuple[int, int], ...] = ()


def marks(session: Session, device_id: str | None) -> dict[tuple[str, str], Mark]:
    """Of every epoch, by device and epoch. What is no number acknowledges nothing, and loses nothing."""
    query = select(
        EpochMark.device_id, EpochMark.epoch, EpochMark.acknowledged_seq, EpochMark.acknowledged_hash
    )
    ranges = select(LostRange.device_id, LostRange.epoch, LostRange.from_seq, LostRange.to_seq)
    query = columns.of_device(query, EpochMark.device_id, device_id)
    ranges = columns.of_device(ranges, LostRange.device_id, device_id)
    found = {
        (device, epoch): Mark(seq if isinstance(seq, int) else 0, line_hash)
        for device, epoch, seq, line_hash in columns.rows(
            session, query.order_by(EpochMark.device_id, EpochMark.epoch)
        )
    }
    for device, epoch, first, last in columns.rows(session, ranges.order_by(LostRange.from_seq)):
        mark = found.get((device, epoch))
        if mark is not None and isinstance(first, int) and isinstance(last, int):
            found[device, epoch] = mark._replace(lost=(*mark.lost, (first, last)))
    return found


class Lookups:
    """What is asked about single lines that are not plain."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def waits_as(self, line: Line) -> str | None:
        """The code under which a line waits for a person, or waited."""
        same = and_(
            ParkedLine.device_id == line.device_id, ParkedLine.epoch == line.epoch,
            ParkedLine.seq == line.seq, ParkedLine.hash == line.hash,
        )  # fmt: skip
        return next(
            (code for (code,) in columns.rows(self._session, select(ParkedLine.code).where(same))), None
        )

    def has_punch(self, line: Line) -> bool:
        """Whether there is a punch that names this line.

        All of them are looked through, since it may be the very key that was changed; but nothing holds any more
        once this is asked.
        """
        same = and_(
            PunchRow.device_id == line.device_id, PunchRow.epoch == line.epoch, PunchRow.seq == line.seq,
            PunchRow.hash == line.hash,
        )  # fmt: skip
        return any(True for _ in columns.rows(self._session, select(PunchRow.seq).where(same)))

    def counts_before(self, undo: wire.UndoLine) -> int | None:
        """The place before an undo, in its epoch, of the punch that it takes back; None where there is none."""
        query = select(func.min(PunchRow.seq)).where(
            PunchRow.device_id == undo.device_id, PunchRow.epoch == undo.epoch, PunchRow.seq < undo.seq,
            PunchRow.punch_id == undo.punch_id,
        )  # fmt: skip
        return next((seq for (seq,) in columns.rows(self._session, query)), None)
