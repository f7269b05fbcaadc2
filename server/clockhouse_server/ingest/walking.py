"""The walk over stored lines, with the punches that were read from them: it ends at the first that does not hold.

Lines that are as nearly all are, linked, accepted and as their bytes say, are told at C speed, many at once: those
of a piece of an epoch, or a run. Whatever is not plainly so is looked at line by line, by the rules below.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from itertools import groupby, repeat
from operator import attrgetter, itemgetter
from typing import Any, Final

import msgspec

from clockhouse_server.ingest.bad import NO_HASH, NO_LINK, NO_PLACE, NO_VERDICT, BadError, Epoch, number
from clockhouse_server.ingest.columns import Row
from clockhouse_server.ingest.comparing import Punches
from clockhouse_server.ingest.judge import UNREADABLE, sane_instant
from clockhouse_server.ingest.reading import read
from clockhouse_server.ingest.runs import BREAK
from clockhouse_server.ingest.stored import Inside, Line, Lookups, Mark, Said, one_by_one
from clockhouse_sync import ledger, wire

FEW: Final = 16
"""So many lines are looked at one by one, where they are not plain."""

_PLAIN: Final = ("linked", "accepted", None)
_EPOCH: Final = itemgetter(0, 1)
_LINKED: Final = attrgetter("device_id", "epoch", "seq", "prev", "type")
_PLACED: Final = attrgetter("device_id", "epoch", "seq", "prev", "type", "at")
_HEAD: Final = msgspec.json.Decoder(wire.LineHead).decode
_PUNCH: Final = msgspec.json.Decoder(Said).decode
_BY_TYPE: Final[Mapping[Any, Any]] = {
    **{name: msgspec.json.Decoder(shape).decode for name, shape in wire.LINES.items()},
    "punch": _PUNCH,
}
_NO_LINE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError)


class Walk:
    """Is given lines in order of place, cut anyhow. Raises BadError."""

    def __init__(
        self,
        marks: Mapping[Epoch, Mark],
        punches: Punches,
        lookups: Lookups,
        inside: Inside,
        *,
        quick: bool = True,
    ) -> None:
        self.count = 0
        self.epoch: Epoch | None = None
        self.seq = 0
        """The newest place walked over, in `epoch`."""
        self._quick = quick
        self._marks = dict(marks)
        self._punches = punches
        self._lookups = lookups
        self._inside = inside
        self._here: list[Line] = []
        self._before: set[str] = set()
        self._reached = 0
        """How far the epoch goes without a gap that was not declared lost."""
        self._reached_hashes: set[str] = set()

    def take(self, piece: list[Row] | Line) -> None:
        """Walk over some more lines, or a run."""
        if isinstance(piece, list):
            self._take_lines(piece)
        elif not (self._quick and self._is_whole(piece)):
            self._take_lines(one_by_one(piece, self._inside))

    def end(self) -> None:
        """No more lines: every epoch must have reached its mark, and every punch must have had its line."""
        self._close()
        for epoch in list(self._marks):
            self._begin(epoch)
            self._close()
        self._punches.end()

    # --- many at once

    def _take_lines(self, rows: list[Row]) -> None:
        """Those of one epoch at once; by halves where they are not plain; each by itself where they are few."""
        parts: list[list[Row]] = []
        if self._quick and rows[0][:2] != rows[-1][:2]:
            parts = [list(some) for _, some in groupby(rows, _EPOCH)]
        elif self._quick and self._are_plain(rows):
            return
        elif self._quick and len(rows) > FEW:
            parts = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
        for part in parts:
            self._take_lines(part)
        for row in rows if not parts else ():
            self._step(Line._make(row))

    def _are_plain(self, rows: Sequence[Row]) -> bool:
        """Walks over lines of one epoch if they are plain and hold. False says only that somebody must look closer."""
        devices, epochs, seqs, prevs, types, ats, *verdicts, named, raws, firsts = zip(*rows, strict=True)
        try:
            hashes = [sha256(raw).hexdigest() for raw in raws]
            heads = [_BY_TYPE.get(kind, _HEAD)(raw) for kind, raw in zip(types, raws, strict=True)]
        except _NO_LINE:
            return False
        punches = [place for place, head in enumerate(heads) if type(head) is Said]
        plain = (
            hashes == list(named)
            and list(map(_PLACED, heads)) == list(zip(devices, epochs, seqs, prevs, types, ats, strict=True))
            and firsts == seqs == tuple(range(seqs[0], seqs[0] + len(rows)))
            and prevs[1:] == tuple(hashes[:-1])
            and (devices.count(devices[0]), epochs.count(epochs[0])) == (len(rows), len(rows))
            and [one.count(usual) for one, usual in zip(verdicts, _PLAIN, strict=True)] == [len(rows)] * 3
            and self._joins(rows[0][:2], seqs[0], prevs[0])
            and self._punches.agree([hashes[place] for place in punches], [heads[place] for place in punches])
        )
        if plain:
            self._go_to(Line._make(rows[-1]), len(rows))
            for head in heads:
                if type(head) is wire.UndoLine:
                    self._punches.undo(head)
        return plain

    def _is_whole(self, run: Line) -> bool:
        """The same of a run: punches alone, of which only the first and the last have columns."""
        try:
            raws = [line[:-1] for line in BytesIO(run.raw + BREAK)]  # in half the time of splitting them
            hashes = [sha256(raw).hexdigest() for raw in raws]
            said = list(map(_PUNCH, raws))
        except _NO_LINE:
            return False
        if run.first_seq + len(raws) != run.seq + 1:
            return False
        prevs, places = [run.prev, *hashes[:-1]], range(run.first_seq, run.seq + 1)
        placed = zip(repeat(run.device_id), repeat(run.epoch), places, prevs, repeat("punch"))
        whole = (
            (run.type, *run[6:9]) == ("punch", *_PLAIN)
            and (hashes[-1], said[-1].at) == (run.hash, run.at)
            and list(map(_LINKED, said)) == list(placed)
            and self._joins(run[:2], run.first_seq, run.prev)
            and self._punches.agree(hashes, said)
        )
        if whole:
            self._go_to(run._replace(prev=prevs[-1]), len(raws))
            self._inside.note(run, hashes)
        return whole

    def _joins(self, epoch: Epoch, first: int, prev: str | None) -> bool:
        """Whether a line goes on from where the walk is, link by link; or begins an epoch, after one that is complete."""
        if self.epoch is None:
            return epoch in self._marks and (first, prev) == (1, None)
        if self._reached != self.seq or len(self._here) != 1 or self._here[0].chain != "linked":
            return False
        newest = self._here[0].hash
        if epoch == self.epoch:
            return (first, prev) == (self.seq + 1, newest)
        complete = self._marks[self.epoch] == (self.seq, newest, ())
        return complete and epoch in self._marks and (first, prev) == (1, None)

    def _go_to(self, line: Line, count: int) -> None:
        """Be at a line that so many joined lines lead to."""
        if self.epoch not in {None, line[:2]}:
            del self._marks[self.epoch]
        self.epoch, self.seq, self._here = line[:2], line.seq, [line]
        self._before = set() if line.prev is None else {line.prev}
        self._reached, self._reached_hashes = line.seq, {line.hash}
        self.count += count

    # --- line by line

    def _step(self, line: Line) -> None:
        if self.epoch is None or (line.device_id, line.epoch) != self.epoch:
            self._close()
            if line.epoch != UNREADABLE and (line.device_id, line.epoch) not in self._marks:
                raise BadError(line[:2], number(line.seq, 1), "stands in an epoch that nobody delivered")
            self._begin(line[:2])
        if line.epoch == UNREADABLE:
            problem = _bytes_problem(line) or self._unread_problem(line) or self._verdict_problem(line)
        else:
            self._arrive(line)
            problem = _bytes_problem(line) or self._problem(line)
        if problem is not None:
            raise BadError(line[:2], number(line.seq, self.seq + 1), problem)
        self.count += 1

    def _begin(self, epoch: Epoch) -> None:
        self.epoch, self.seq, self._here, self._before = epoch, 0, [], set()
        self._reached, self._reached_hashes = 0, set()

    def _arrive(self, line: Line) -> None:
        """Go to the line's place; what was passed over must have been declared lost, or never acknowledged."""
        assert self.epoch is not None
        if not isinstance(line.seq, int) or line.seq < max(self.seq, 1):
            is_back = isinstance(line.seq, int) and line.seq >= 1  # in a run that says it ends elsewhere
            raise BadError(self.epoch, line.seq if is_back else self.seq + 1, NO_PLACE)
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
            problem = "two lines stand at its place, and neither is held as a fork"
            raise BadError(self.epoch, self.seq, problem)
        if not firsts and len(self._here) == 1:
            (alone,) = self._here
            if alone.prev is None if self.seq == 1 else {alone.prev} == self._before:
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
        if _LINKED(head) != line[:5] or line.first_seq != line.seq or not at_holds:
            return NO_PLACE
        problem = self._link_problem(line) or self._verdict_problem(line)
        if problem is not None:
            return problem
        self._here.append(line)
        if self._reached == self.seq:
            self._reached_hashes.add(line.hash)
        if accepted and isinstance(head, Said):
            return self._punches.problem(line, head)
        if accepted and isinstance(head, wire.UndoLine):
            self._punches.undo(head)
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

    def _unread_problem(self, line: Line) -> str | None:
        """What cannot be read as a line of this device stands apart, without a place."""
        if read(line.raw, str(line.device_id)).head is not None:
            return "stands among what cannot be read, and can be"
        found = (line.seq, line.prev, line.type, line.chain, line.outcome)
        return None if found == (0, None, "", "gap", "parked") else NO_PLACE


def _bytes_problem(line: Line) -> str | None:
    raw: object = line.raw
    return None if isinstance(raw, bytes) and ledger.line_hash(raw) == line.hash else NO_HASH
