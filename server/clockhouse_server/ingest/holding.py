"""What is held around deliveries: the lines at their places and just before them, and how far each epoch reaches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from clockhouse_server.bulk import TEXT, WHOLE, Statement
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.judge import Arrived

Place = tuple[str, int]
"""Epoch and seq."""


class Mark(msgspec.Struct):
    """How far an epoch is held without an undeclared gap, and what its boot line said; as EpochMark."""

    epoch: str
    acknowledged_seq: int = 0
    acknowledged_hash: str = ""
    boot_id: str | None = None
    parent_epoch: str | None = None
    parent_seq: int | None = None
    parent_hash: str | None = None
    lost: bool = True
    """Whether ranges of it may have been declared lost; of one that is new here nobody knows yet."""


@dataclass
class Held:
    """What is stored around a batch: hash -> its code, at each place that matters; and each epoch's mark."""

    places: dict[str, dict[int, str | dict[str, str | None]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By epoch and seq; the hash alone where there is one line, accepted: nearly always. See `at` and `add`."""
    marks: dict[str, Mark] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    """The highest seq that is stored of each epoch: a batch below it fills a gap."""

    def at(self, epoch: str, seq: int) -> Mapping[str, str | None]:
        found = self.places[epoch].get(seq, _NOTHING)
        return {found: None} if isinstance(found, str) else found

    def add(self, epoch: str, seq: int, line_hash: str, code: str | None) -> None:
        """A line that stands there too."""
        here = self.places[epoch]
        found = here.get(seq)
        if isinstance(found, dict):  # of what cannot be read, all stands at one place
            found[line_hash] = code
        else:
            here[seq] = {line_hash: code} if found is None else {found: None, line_hash: code}


_NOTHING: Final[Mapping[str, str | None]] = {}

_ROWS: Final = Statement(
    "SELECT DISTINCT lines.device_id, lines.epoch, lines.first_seq, lines.seq, lines.hash, lines.code "
    "FROM {given} JOIN lines ON lines.device_id = given.device_id AND lines.epoch = given.epoch "
    "AND lines.seq BETWEEN given.first AND given.last + :longest AND lines.first_seq <= given.last",
    {"device_id": TEXT, "epoch": TEXT, "first": WHOLE, "last": WHOLE},
)
_BYTES: Final = Statement(
    "SELECT lines.device_id, lines.epoch, lines.first_seq, lines.raw FROM {given} JOIN lines "
    "ON lines.device_id = given.device_id AND lines.epoch = given.epoch AND lines.seq = given.seq "
    "AND lines.hash = given.hash",
    {"device_id": TEXT, "epoch": TEXT, "seq": WHOLE, "hash": TEXT},
)
_MARKS: Final = Statement(
    "SELECT given.device_id, (SELECT max(lines.seq) FROM lines "
    "WHERE lines.device_id = given.device_id AND lines.epoch = given.epoch), "
    "marks.epoch, marks.acknowledged_seq, marks.acknowledged_hash, marks.boot_id, marks.parent_epoch, "
    "marks.parent_seq, marks.parent_hash, EXISTS (SELECT 1 FROM lost_ranges AS lost "
    "WHERE lost.device_id = given.device_id AND lost.epoch = given.epoch) FROM {given} JOIN epoch_marks AS marks "
    "ON marks.device_id = given.device_id AND marks.epoch = given.epoch",
    {"device_id": TEXT, "epoch": TEXT},
)


def hold(session: Session, batches: Mapping[str, Sequence[Arrived]]) -> dict[str, Held]:
    """What is stored around each device's lines."""
    found = {device_id: Held() for device_id in batches}
    wanted = {device_id: _stretches(lines) for device_id, lines in batches.items()}
    around = [
        (device_id, epoch, first - 1, last)
        for device_id, epochs in wanted.items()
        for epoch, stretches in epochs.items()
        for first, last in stretches
    ]
    within: list[tuple[str, str, int, str]] = []
    for device_id, epoch, first_seq, seq, line_hash, code in _ROWS(session, around, longest=runs.LONGEST):
        found[device_id].add(epoch, seq, line_hash, code)
        if first_seq < seq and any(
            first <= seq and last >= first_seq for first, last in wanted[device_id][epoch]
        ):
            within.append((device_id, epoch, seq, line_hash))
    for device_id, epoch, first_seq, raw in _BYTES(session, within):
        for place, its in runs.hashes_before_last(first_seq, raw):
            found[device_id].add(epoch, place, its, None)
    add_marks(session, found, wanted)
    return found


def add_marks(session: Session, held: Mapping[str, Held], wanted: Mapping[str, Iterable[str]]) -> None:
    """Read the marks of epochs, by device, that are not held yet."""
    asked = [
        (device_id, epoch)
        for device_id, epochs in wanted.items()
        for epoch in sorted(set(epochs) - held[device_id].marks.keys())
    ]
    for device_id, newest, epoch, *mark in _MARKS(session, asked):
        held[device_id].marks[epoch] = Mark(epoch, *mark)
        held[device_id].newest[epoch] = newest or 0


def _stretches(lines: Iterable[Arrived]) -> dict[str, list[tuple[int, int]]]:
    """The first and last of each run of neighbours as they came, by epoch."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    epoch, first, last = "", 0, -1
    for one in lines:
        if one.seq == last + 1 and one.epoch == epoch:
            last += 1
            continue
        if epoch:
            found[epoch].append((first, last))
        epoch, first, last = one.epoch, one.seq, one.seq
    if epoch:
        found[epoch].append((first, last))
    return found
