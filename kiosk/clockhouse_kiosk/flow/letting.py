"""A visit inside the supervisor's mode: it goes its own way, and when it is over the mode goes on."""

from collections.abc import Callable
from dataclasses import replace

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.flow.leading import resume
from clockhouse_kiosk.flow.moves import Result
from clockhouse_kiosk.flow.words import Read, Stamp, Visit

Step = Callable[[at.State, on.Signal, Stamp], Result]


def letting_in(state: at.LettingIn, signal: on.Signal, now: Stamp, step: Step) -> Result:
    inner = state.inner
    match signal, inner:
        case ((on.OpenMode() | on.OpenOwn()), _):  # their own page is theirs alone
            return state, [do.Unexpected("LettingIn", type(signal).__name__)]
        case on.Identified(visit), _:
            signal = on.Identified(_without_modes(visit))
    return _settled(state, step(inner, signal, now), signal, now)


def _without_modes(visit: Visit) -> Visit:
    """One mode at a time."""
    return replace(visit, person=replace(visit.person, modes=()))


def _settled(state: at.LettingIn, result: Result, signal: on.Signal, now: Stamp) -> Result:
    """Where the wall would turn to the clock, to a number or to the badge that waits, the mode goes on instead."""
    inner, effects = result
    match inner:
        case at.Idle() | at.EnteringNumber() | at.ChoosingLanguage():
            return _back(state, now, None), effects
        case at.Identifying(read) if not _is_asked(state.inner, read):
            kept = [each for each in effects if not isinstance(each, do.LookUp)]
            heard: list[do.Effect] = [do.Sound("wait")] if isinstance(signal, on.BadgeRead) else []
            return _back(state, now, read), [*kept, *heard]
    return replace(state, inner=inner), effects


def _is_asked(inner: at.State, read: Read) -> bool:
    return isinstance(inner, at.Identifying) and inner.read == read


def _back(state: at.LettingIn, now: Stamp, waiting: Read | None) -> Leading:
    return resume(state.mode, now, waiting)
