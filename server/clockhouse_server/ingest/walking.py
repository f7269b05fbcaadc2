"""The walk over stored lines, with the punches that were read from them: it ends at the first that does not hold.

Runs of lines that are as nearly all are, linked, accepted and as their bytes say, are told at C speed, many at
once. Whatever is not plainly so is looked at line by line, by the rules as they are written out below.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

import msgspec

from clockhouse_server.ingest.columns import Row
from clockhouse_server.ingest.dating import clock_is_good
from clockhouse_server.ingest.judge import UNREADABLE, sane_instant
from clockhouse_server.ingest.reading import read
from clockhouse_server.ingest.stored import AS_SAID, Line, Lookups, Mark, Said
from clockhouse_sync import ledger, wire

FEW: Final = 16
"""So many lines are looked at one by one, where they are not plain."""

_PLAIN: Final = ("linked", "accepted", None)
_PLACED: Final = attrgetter("device_id", "epoch", "seq", "prev", "type", "at")
_HEAD: Final = msgspec.json.Decoder(wire.LineHead).decode
_BY_TYPE: Final[Mapping[Any, Any]] = {
    **{name: msgspec.json.Decoder(shape).decode for name, shape in wire.LINES.items()},
    "punch": msgspec.json.Decoder(Said).decode,
}
_NO_LINE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError)

NO_HASH: Final = "its bytes do not give its hash"
NO_PLACE: Final = "its place does not agree with its bytes"
NO_LINK: Final = "does not follow the line before it"
NO_VERDICT: Final = "its verdict does not agree with what waits for a person"
MISREAD: Final = "the punch read from it does not agree with it"

Epoch = tuple[Any, Any]
"""A device and one of its epochs."""


class BadError(Exception):
    """The first line that does not hold."""

    def __init__(self, epoch: Epoch, seq: int | None, problem: str, *, before: int | None = None) -> None:
        """`before` is the place at which the walk arrived instead of one that is missing."""
        super().__init__(problem)
        self.epoch, self.seq, self.problem, self.before = epoch, seq, problem, before


class _Ahead:
    """Read punches in order of place, of which the next ones can be looked at before they are taken."""

    def __init__(self, pieces: Iterator[list[Row]]) -> None:
        self._pieces = pieces
        self._rows: list[Row] = []
        self._taken = 0

    def next(self, most: int) -> list[Row]:
        """So many, or fewer at the end."""
        while len(self._rows) < self._taken + most and (piece := next(self._pieces, None)) is not None:
            self._rows = self._rows[self._taken :] + piece
            self._taken = 0
        return self._rows[self._taken : self._taken + most]

    def take(self, some: int) -> None:
        self._taken += some


class Walk:
    """Is given lines in order of place, cut anyhow. Raises BadError."""

    def __init__(
        self,
        marks: Mapping[Epoch, Mark],
        punches: Iterator[list[Row]],
        lookups: Lookups,
        *,
        quick: bool = True,
    ) -> None:
        self.count = 0
        self.epoch: Epoch | None = None
        self.seq = 0
        """The newest place walked over, in `epoch`."""
        self._quick = quick
        self._marks = dict(marks)
        self._punches = _Ahead(punches)
        self._lookups = lookups
        self._here: list[Line] = []
        self._before: set[str] = set()
        self._reached = 0
        """How far the epoch goes without a gap that was not declared lost."""
        self._reached_hashes: set[str] = set()
        self._undone: list[Row] = []
        self._undos: list[wire.UndoLine] = []

    def take(self, rows: Sequence[Row]) -> None:
        """Walk over some more lines."""
        if self._quick and self._all_plain(rows):
            return
        if self._quick and len(rows) > FEW:
            half = len(rows) // 2
            self.take(rows[:half])
            self.take(rows[half:])
            return
        for row in rows:
            self._step(Line._make(row))

    def end(self) -> None:
        """No more lines: every epoch must have reached its mark, and every punch must have had its line."""
        self._close()
        for epoch in list(self._marks):
            self._begin(epoch)
            self._close()
        for row in self._punches.next(1):
            raise _stray(row)
        self._compare_undos()

    # --- many at once

    def _all_plain(self, rows: Sequence[Row]) -> bool:
        """Walks over these if they are plain and hold. False says only that somebody must look closer."""
        try:
            hashes = [sha256(row[10]).hexdigest() for row in rows]
            heads = [_BY_TYPE.get(row[4], _HEAD)(row[10]) for row in rows]
        except _NO_LINE:
            return False
        said = [
            (line_hash, head) for line_hash, head in zip(hashes, heads, strict=True) if type(head) is Said
        ]
        punches = self._punches.next(len(said))
        plain = (
            hashes == [row[9] for row in rows]
            and list(map(_PLACED, heads)) == [row[:6] for row in rows]
            and [row[6:9] for row in rows].count(_PLAIN) == len(rows)
            and _as_said(said, punches)
            and self._follow(rows, hashes)
        )
        if plain:
            self.count += len(rows)
            self._take_punches(punches)
            self._undos += [head for head in heads if type(head) is wire.UndoLine]
        return plain

    def _follow(self, rows: Sequence[Row], hashes: Sequence[str]) -> bool:
        """Whether these go on from where the walk is, place by place and link by link, each epoch to its mark."""
        if self.epoch is not None and (len(self._here) != 1 or self._here[0].chain != "linked"):
            return False
        if self._reached != self.seq:
            return False
        epochs, seqs, prevs = [row[:2] for row in rows], [row[2] for row in rows], [row[3] for row in rows]
        epoch, seq, before = self.epoch, self.seq, self._here[0].hash if self._here else None
        closed: set[Epoch] = set()
        start = 0
        while start < len(rows):
            if epochs[start] != epoch:
                if epoch is not None and self._marks[epoch] != (seq, before, ()):
                    return False
                closed |= {epoch} if epoch is not None else set()
                epoch, seq, before = epochs[start], 0, None
                if epoch in closed or epoch not in self._marks:
                    return False
            end = seqs.index(1, start + 1) if 1 in seqs[start + 1 :] else len(rows)
            if (
                epochs[start:end].count(epoch) != end - start
                or seqs[start:end] != list(range(seq + 1, seq + 1 + end - start))
                or prevs[start:end] != [before, *hashes[start : end - 1]]
            ):
                return False
            seq, before, start = seq + end - start, hashes[end - 1], end
        for done in closed:
            del self._marks[done]
        self.epoch, self.seq, self._here = epoch, seq, [Line._make(rows[-1])]
        self._before = {prevs[-1]} - {None}
        self._reached, self._reached_hashes = seq, {hashes[-1]}
        return True

    # --- line by line

    def _step(self, line: Line) -> None:
        if self.epoch is None or (line.device_id, line.epoch) != self.epoch:
            self._close()
            if line.epoch != UNREADABLE and (line.device_id, line.epoch) not in self._marks:
                raise BadError(line[:2], _number(line.seq, 1), "stands in an epoch that nobody delivered")
            self._begin(line[:2])
        if line.epoch == UNREADABLE:
            problem = _bytes_problem(line) or self._unread_problem(line) or self._verdict_problem(line)
        else:
            self._arrive(line)
            problem = _bytes_problem(line) or self._problem(line)
        if problem is not None:
            raise BadError(line[:2], _number(line.seq, self.seq + 1), problem)
        self.count += 1

    def _begin(self, epoch: Epoch) -> None:
        self.epoch, self.seq, self._here, self._before = epoch, 0, [], set()
        self._reached, self._reached_hashes = 0, set()

    def _arrive(self, line: Line) -> None:
        """Go to the line's place; what was passed over must have been declared lost, or never acknowledged."""
        assert self.epoch is not None
        if not isinstance(line.seq, int) or line.seq < max(self.seq, 1):
            back = (
                isinstance(line.seq, int) and line.seq >= 1
            )  # a run that says of itself that it ends elsewhere
            raise BadError(self.epoch, line.seq if back else self.seq + 1, NO_PLACE)
        if line.seq == self.seq:
            return
        self._settle()
        if self._reached == self.seq:
            self._pass_over_lost(line.seq)
            if line.seq == self._reached + 1:
                self._reached, self._reached_hashes = line.seq, set()
            elif self._reached < self._marks[self.epoch].seq:
                missing = self._reached + 1
                raise BadError(self.epoch, missing, f"line {missing} is missing", before=line.seq)
        self._before = {one.hash for one in self._here} if line.seq == self.seq + 1 else set()
        self._here, self.seq = [], line.seq

    def _pass_over_lost(self, place: int) -> None:
        assert self.epoch is not None
        lost = self._marks[self.epoch].lost
        while place > self._reached + 1:
            through = max((last for first, last in lost if first <= self._reached + 1), default=0)
            if through <= self._reached:
                break
            self._reached, self._reached_hashes = min(through, place - 1), set()

    def _settle(self) -> None:
        """Of the lines at one place that is complete now, the first to arrive is no fork, and the others are."""
        assert self.epoch is not None
        firsts = [one for one in self._here if one.chain != "fork"]
        if len(firsts) > 1:
            raise BadError(
                self.epoch, self.seq, "two lines stand at its place, and neither is held as a fork"
            )
        if not firsts and len(self._here) == 1:
            (alone,) = self._here
            linked = alone.prev is None if self.seq == 1 else {alone.prev} == self._before
            if linked:
                raise BadError(self.epoch, self.seq, "is held as a fork, and is none")

    def _close(self) -> None:
        """The epoch is complete: its mark stands at the last place without a gap before it."""
        if self.epoch is None or self.epoch[1] == UNREADABLE:
            return
        self._settle()
        mark = self._marks[self.epoch]
        if self._reached == self.seq:
            self._pass_over_lost(wire.MAX_INTEGER)
        if self._reached < mark.seq:
            raise BadError(self.epoch, self._reached + 1, f"line {self._reached + 1} is missing")
        if self._reached > mark.seq:
            raise BadError(self.epoch, mark.seq + 1, "is held, and was never acknowledged")
        lost = any(first <= mark.seq <= last for first, last in mark.lost)
        if mark.hash not in self._reached_hashes and not (mark.hash == "" and (lost or mark.seq == 0)):
            raise BadError(self.epoch, mark.seq, "is not the line that was acknowledged")
        del self._marks[self.epoch]

    def _problem(self, line: Line) -> str | None:
        """What is wrong with a line at this place, of which the bytes give the hash."""
        accepted = line.outcome == "accepted"
        try:
            head = (_BY_TYPE.get(line.type, _HEAD) if accepted else wire.read_head)(line.raw)
            at_holds = line.at == head.at or not (accepted or sane_instant(head.at))
        except (*_NO_LINE, wire.WireError) as unreadable:
            return str(unreadable)
        if _PLACED(head)[:5] != line[:5] or not at_holds:
            return NO_PLACE
        problem = self._link_problem(line) or self._verdict_problem(line)
        if problem is not None:
            return problem
        self._here.append(line)
        if self._reached == self.seq:
            self._reached_hashes.add(line.hash)
        if accepted and isinstance(head, Said):
            return self._punch_problem(line, head)
        if accepted and isinstance(head, wire.UndoLine):
            self._undos.append(head)
        return None

    def _link_problem(self, line: Line) -> str | None:
        match line.chain:
            case "linked":
                holds = line.prev is None if line.seq == 1 else line.prev in self._before
            case "gap":
                holds = line.seq > 1 and (not self._before or line.prev in self._before)
            case "fork":
                holds = line.outcome == "parked"
            case _:
                holds = False
        return None if holds else NO_LINK

    def _verdict_problem(self, line: Line) -> str | None:
        """What was parked waits for a person, under the same code; that nothing else waits is asked at the end."""
        if line.outcome == "accepted":
            return None if line.code is None else NO_VERDICT
        waits = self._lookups.waits_as(line)
        alike = waits == line.code or (waits is None and line.code == "revoked_key")
        return None if line.outcome == "parked" and isinstance(line.code, str) and alike else NO_VERDICT

    def _punch_problem(self, line: Line, said: Said) -> str | None:
        for row in self._punches.next(1):
            if (*row[3:6], row[0]) != (*line[:3], line.hash):
                break
            if not _as_said([(line.hash, said)], [row]):
                return MISREAD
            self._take_punches([row])
            return None
        if self._lookups.has_punch(line):
            raise _stray(self._punches.next(1)[0])
        return "its punch is missing"

    def _take_punches(self, rows: Sequence[Row]) -> None:
        self._punches.take(len(rows))
        self._undone += [row for row in rows if row[2]]

    def _compare_undos(self) -> None:
        """A punch counts no more if, and only if, its kiosk took it back. Undos are few: they are kept for the end."""
        named = {(undo.device_id, undo.punch_id) for undo in self._undos}
        undone = {(row[3], row[7]) for row in self._undone}
        for row in self._undone:
            if (row[3], row[7]) not in named:
                raise BadError(row[3:5], row[5], "its punch counts no more, and nobody took it back")
        for undo in self._undos:
            standing = None
            if (undo.device_id, undo.punch_id) not in undone:
                standing = self._lookups.counts_before(undo)
            if standing is not None:
                raise BadError(
                    (undo.device_id, undo.epoch), standing, "its punch was taken back, and still counts"
                )

    def _unread_problem(self, line: Line) -> str | None:
        """What cannot be read as a line of this device stands apart, without a place."""
        if read(line.raw, str(line.device_id)).head is not None:
            return "stands among what cannot be read, and can be"
        found = (line.seq, line.prev, line.type, line.chain, line.outcome)
        return None if found == (0, None, "", "gap", "parked") else NO_PLACE


def _as_said(said: Sequence[tuple[str, Said]], rows: Sequence[Row]) -> bool:
    """Whether these punches are those that were said, in each of their columns."""
    return (
        [(line_hash, clock_is_good(one.clock)) for line_hash, one in said] == [row[:2] for row in rows]
        and [msgspec.structs.astuple(one)[: len(AS_SAID)] for _, one in said] == [row[3:] for row in rows]
        and {row[2] for row in rows} <= {False, True}
    )


def _bytes_problem(line: Line) -> str | None:
    raw: object = line.raw
    return None if isinstance(raw, bytes) and ledger.line_hash(raw) == line.hash else NO_HASH


def _stray(row: Row) -> BadError:
    device_id, epoch, seq = row[3:6]
    return BadError((device_id, epoch), _number(seq, 1), "a punch names it that it does not say")


def _number(seq: Any, otherwise: int) -> int:
    return seq if isinstance(seq, int) else otherwise
