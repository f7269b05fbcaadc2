"""The ledger's columns as verification compares them, in order of place, and what it asks about single lines."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from clockhouse_server.ingest import columns
from clockhouse_server.ingest.models import (
    CheckpointRow,
    EpochMark,
    LineRow,
    LostRange,
    ParkedLine,
    PunchRow,
)
from clockhouse_server.ingest.runs import BREAK
from clockhouse_sync import wire


class Line(NamedTuple):
    """A stored line's columns; `at` in the wire's form. Any of them may hold anything."""

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
        if device_id is not None:
            query = query.where(CheckpointRow.device_id == device_id)
        self._hashes: dict[columns.Row, set[str]] = defaultdict(set)
        for *place, line_hash in columns.rows(session, query):
            self._hashes[tuple(place)].add(line_hash)
        self._named: dict[columns.Row, bool] = {}

    def note(self, rows: Sequence[columns.Row]) -> None:
        """Compare what stands at places that checkpoints are about."""
        for row in rows:
            if row[:3] in self._hashes:
                self._named[row[:3]] = row[9] in self._hashes[row[:3]]

    def names(self, place: columns.Row) -> bool | None:
        """Whether a checkpoint names the line that stands there in a run; None where no run has one."""
        return self._named.get(place)


def lines(
    session: Session, device_id: str | None, inside: Inside | None = None
) -> Generator[list[columns.Row], None, None]:
    """Rows as `Line`, by place, those of runs one by one; `inside` is told what runs hold."""
    key = (LineRow.device_id, LineRow.epoch, LineRow.seq, LineRow.hash)
    query = select(
        LineRow.device_id, LineRow.epoch, LineRow.seq, LineRow.prev, LineRow.type,
        columns.wire_text(session, LineRow.at), LineRow.chain, LineRow.outcome, LineRow.code, LineRow.hash,
        LineRow.raw, LineRow.first_seq,
    ).order_by(*key)  # fmt: skip
    if device_id is not None:
        query = query.where(LineRow.device_id == device_id)
    with closing(columns.pieces(session, query, FEW)) as found:
        waiting: list[columns.Row] = []  # forks: the run that goes on where they end comes after them
        for piece in found:
            plain: list[columns.Row] = []
            for row in piece:
                if row[6] == FORK and _is_single(row):
                    waiting.append(row)
                    continue
                forks, waiting = waiting, []
                if _is_single(row):
                    plain += [fork[:11] for fork in forks]
                    plain.append(row[:11])
                    continue
                if plain:
                    yield plain
                    plain = []
                if not _agrees(row):  # whatever it says of its places, forks do not stand among them
                    forks, waiting = [], forks
                yield _run(row, forks, inside)
            if plain:
                yield plain
        if waiting:
            yield [fork[:11] for fork in waiting]


def _is_single(row: columns.Row) -> bool:
    first, last, raw = row[11], row[2], row[10]
    whole = isinstance(first, int) and isinstance(last, int) and isinstance(raw, bytes)
    return not whole or first == last


def _agrees(row: columns.Row) -> bool:
    """Whether a run's columns and bytes speak of as many lines."""
    return bool(row[11] + row[10].count(BREAK) == row[2])


def _run(row: columns.Row, forks: Sequence[columns.Row], inside: Inside | None) -> list[columns.Row]:
    """A run's lines, with the forks that stand among them. Its first and last are as its columns say."""
    device_id, epoch, seq, prev, kind, at, *verdict, line_hash, raw, first_seq = row
    *others, last = raw.split(BREAK)
    agree = _agrees(row)
    made: list[columns.Row] = []
    for place, each in enumerate(others if agree else [*others, last], start=first_seq):
        its = sha256(each).hexdigest()
        made.append((device_id, epoch, place, prev, kind, _said_at(each), *verdict, its, each))
        prev = its
    # Where columns and bytes do not speak of as many lines, no bytes stand for the last one.
    end = (device_id, epoch, seq, prev, kind, at, *verdict, line_hash, last if agree else b"")
    if agree:
        made.append(end)
    if inside is not None:
        inside.note(made)
    among: list[columns.Row] = []
    before: list[columns.Row] = []
    for fork in forks:
        inside_it = fork[:2] == (device_id, epoch) and isinstance(fork[2], int) and first_seq <= fork[2]
        (among if inside_it else before).append(fork[:11])
    if among:
        made = sorted([*made, *among], key=lambda line: (line[2], str(line[9])))
    return [*before, *made, *([] if agree else [end])]


def _said_at(raw: bytes) -> str | None:
    try:
        return _AT(raw).at
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # whoever reads these bytes will find the same


def punches(session: Session, device_id: str | None) -> Generator[list[columns.Row], None, None]:
    """By place: its line's hash, by which clock a punch counts, whether it was undone, and the columns of AS_SAID."""
    by_its_clock = and_(
        PunchRow.counted_at == PunchRow.at, PunchRow.not_before_at.is_(None), PunchRow.not_after_at.is_(None)
    )
    said = [
        columns.wire_text(session, PunchRow.at) if name == "at" else getattr(PunchRow, name)
        for name in AS_SAID
    ]
    query = select(
        PunchRow.hash,
        case(
            (and_(PunchRow.basis == "device", by_its_clock), BY_ITS_CLOCK),
            (PunchRow.basis.in_(("redated", "unproved")), BY_OTHERS),
            else_=BY_NONE,
        ),
        PunchRow.undone,
        *said,
    ).order_by(PunchRow.device_id, PunchRow.epoch, PunchRow.seq)
    return columns.pieces(
        session, query if device_id is None else query.where(PunchRow.device_id == device_id)
    )


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
    if device_id is not None:
        query = query.where(EpochMark.device_id == device_id)
        ranges = ranges.where(LostRange.device_id == device_id)
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
        """Whether there is a punch that names this line."""
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
