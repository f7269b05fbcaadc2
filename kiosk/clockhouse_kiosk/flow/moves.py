"""The moves that several states share, and how long each state stays."""

from datetime import timedelta
from typing import Final

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Done, Draft, PunchDraft, Read, Stamp, UndoDraft, Visit, Way
from clockhouse_sync.wire import KindFrom

# How long each state stays, in milliseconds.
LANGUAGE: Final = 30_000
IDENTIFYING: Final = 5_000
ENTRY: Final = 20_000
CHECKING: Final = 10_000
GREETING: Final = 10_000
TOUCHED: Final = 30_000
HOLDING: Final = 10_000  # the touched screen, while the next badge waits
QUESTION: Final = 20_000
SAVING: Final = 15_000
RECORDED: Final = 6_000
HURRIED: Final = 1_500  # the answer, while the next badge waits
REFUSED: Final = 6_000

UNDO_WITHIN: Final = timedelta(seconds=60)

Result = tuple[at.State, list[do.Effect]]


def after(now: Stamp, milliseconds: int) -> int:
    return now.boottime_ms + milliseconds


def identify(read: Read, now: Stamp, before: PunchDraft | None = None) -> Result:
    return at.Identifying(read, after(now, IDENTIFYING), before=before), [do.LookUp(read)]


def go_on(waiting: Read | None, now: Stamp, before: PunchDraft | None = None) -> Result:
    return (at.Idle(), []) if waiting is None else identify(waiting, now, before)


def save(draft: Draft, now: Stamp, waiting: Read | None) -> Result:
    return at.Saving(draft, after(now, SAVING), waiting), [do.Append(draft)]


def punch(visit: Visit, way: Way, kind_from: KindFrom, now: Stamp, waiting: Read | None) -> Result:
    return save(PunchDraft(visit.read, way.kind, kind_from, way.choice, visit), now, waiting)


def untouched(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    """Nobody touched the screen: what was inferred counts, marked as unconfirmed."""
    if visit.default is None:
        state, effects = go_on(waiting, now)
        return state, [do.NoteSighting(visit, "walked_away"), *effects]
    return punch(visit, visit.default, "unconfirmed", now, waiting)


def unknown(read: Read, now: Stamp, waiting: Read | None) -> Result:
    """A badge that nobody is known by is a punch all the same; the office finds out whose."""
    return save(PunchDraft(read, "in", "unconfirmed"), now, waiting)


def greet(visit: Visit, now: Stamp, before: PunchDraft | None, waiting: Read | None) -> Result:
    if visit.forgotten is not None:
        claimed = visit.forgotten.guess
        return at.AskingForgotten(visit, claimed, after(now, QUESTION), waiting=waiting), []
    return at.Greeting(visit, after(now, GREETING), before=before, waiting=waiting), []


def touch(now: Stamp, waiting: Read | None) -> int:
    return after(now, TOUCHED if waiting is None else HOLDING)


def undo(visit: Visit, done: Done, now: Stamp, waiting: Read | None) -> Result:
    if now.at - done.at <= UNDO_WITHIN:
        return save(UndoDraft(visit, done), now, waiting)
    if waiting is None:
        return at.Refused("undo_late", after(now, REFUSED), visit.person.language), [do.Sound("refused")]
    state, effects = identify(waiting, now)
    return state, [do.Sound("refused"), *effects]
