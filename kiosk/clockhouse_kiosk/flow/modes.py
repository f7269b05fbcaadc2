"""What a supervisor's and an administrator's mode have in common: they are entered, run out, and are left by a line."""

from typing import Final, Literal

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow.moves import Result, after, go_on, left, stay
from clockhouse_kiosk.flow.words import Mode, Read, Stamp, Visit

MINUTE: Final = 60_000


def ends(visit: Visit, now: Stamp) -> int:
    """When a mode that begins now is over, whatever happens."""
    return after(now, visit.mode_minutes * MINUTE)


def until(ends_at: int, now: Stamp, waiting: Read | None, idle: int) -> int:
    """How long a mode that was just touched stays."""
    return min(ends_at, stay(now, waiting, idle))


def entered(visit: Visit, mode: Mode) -> list[do.Effect]:
    """The reading has done what it was for."""
    return [*left(visit, "own_page"), note(visit, mode, "mode_entered")]


def leave(visit: Visit, mode: Mode, waiting: Read | None, now: Stamp) -> Result:
    later, effects = go_on(waiting, now)
    return later, [note(visit, mode, "mode_left"), *effects]


def note(visit: Visit, mode: Mode, what: Literal["mode_entered", "mode_left"]) -> do.NoteMode:
    return do.NoteMode(visit.person.id, mode, what, visit.read.method)
