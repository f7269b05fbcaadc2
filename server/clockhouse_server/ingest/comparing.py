"""The punches that were read from lines, beside what the lines' bytes say of them."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

import msgspec

from clockhouse_server.ingest.bad import MISREAD, BadError, number
from clockhouse_server.ingest.columns import Row
from clockhouse_server.ingest.dating import clock_is_good
from clockhouse_server.ingest.stored import AS_SAID, Line, Lookups, Said
from clockhouse_sync import wire

_ALL: Final = msgspec.structs.astuple
_SAID: Final = itemgetter(slice(len(AS_SAID)))
_HASH, _BY_CLOCK, _UNDONE = range(len(AS_SAID), len(AS_SAID) + 3)
_DEVICE, _PUNCH = AS_SAID.index("device_id"), AS_SAID.index("punch_id")


class Punches:
    """Read punches in order of place, as `stored.punches` gives them; each is taken with the line that says it."""

    def __init__(self, pieces: Iterator[list[Row]], lookups: Lookups) -> None:
        self._pieces = pieces
        self._lookups = lookups
        self._rows: list[Row] = []
        self._taken = 0
        self._undone: list[Row] = []
        self._undos: list[wire.UndoLine] = []

    def agree(self, hashes: Sequence[str], said: Sequence[Said]) -> bool:
        """Whether the next ones are these, of lines with these hashes, in each of their columns. Then they are taken."""
        rows = self._next(len(said))
        agree = (
            list(map(_SAID, map(_ALL, said))) == list(map(_SAID, rows))
            and [row[_HASH] for row in rows] == hashes
            and [row[_BY_CLOCK] for row in rows] == [clock_is_good(one.clock) for one in said]
            and {row[_UNDONE] for row in rows} <= {False, True}
        )
        if agree:
            self._take(rows)
        return agree

    def problem(self, line: Line, said: Said) -> str | None:
        """Takes the punch that one line says; what is wrong with it. Raises BadError for one that no line says."""
        for row in self._next(1):
            if (*row[:3], row[_HASH]) != (*line[:3], line.hash):
                break
            return None if self.agree([line.hash], [said]) else MISREAD
        if self._lookups.has_punch(line):
            raise _stray(self._next(1)[0])
        return "its punch is missing"

    def undo(self, line: wire.UndoLine) -> None:
        """Note what a kiosk took back. Undos are few: they are kept for the end."""
        self._undos.append(line)

    def end(self) -> None:
        """Each punch must have had its line; and it counts no more if, and only if, its kiosk took it back."""
        for row in self._next(1):
            raise _stray(row)
        named = {(undo.device_id, undo.punch_id) for undo in self._undos}
        undone = {(row[_DEVICE], row[_PUNCH]) for row in self._undone}
        for row in self._undone:
            if (row[_DEVICE], row[_PUNCH]) not in named:
                raise BadError(row[:2], row[2], "its punch counts no more, and nobody took it back")
        for undo in self._undos:
            standing = None
            if (undo.device_id, undo.punch_id) not in undone:
                standing = self._lookups.counts_before(undo)
            if standing is not None:
                epoch = (undo.device_id, undo.epoch)
                raise BadError(epoch, standing, "its punch was taken back, and still counts")

    def _next(self, most: int) -> list[Row]:
        """So many, or fewer at the end; not taken yet."""
        while len(self._rows) < self._taken + most and (piece := next(self._pieces, None)) is not None:
            self._rows = self._rows[self._taken :] + piece
            self._taken = 0
        return self._rows[self._taken : self._taken + most]

    def _take(self, rows: Sequence[Row]) -> None:
        self._taken += len(rows)
        self._undone += [row for row in rows if row[_UNDONE]]


def _stray(row: Row) -> BadError:
    return BadError(row[:2], number(row[2], 1), "a punch names it that it does not say")
