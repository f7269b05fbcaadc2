"""An administrator's mode: entered with badge and PIN, left by hand, by time or by the next badge; every way is a line."""

from dataclasses import replace
from typing import Final, Literal

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering, Section, SigningOut
from clockhouse_kiosk.flow.moves import REFUSED, Result, after, go_on, left, stay
from clockhouse_kiosk.flow.words import Read, Stamp, Visit

IDLE: Final = 90_000
LEAVING: Final = 30_000
MINUTE: Final = 60_000

GATHERED: Final[frozenset[Section]] = frozenset({"network", "server", "screen", "diagnostics"})
"""What the machine is asked for each time the page is opened."""


def enter(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    """The PIN was right: the reading has done what it was for, and the mode's time runs."""
    ends = after(now, visit.mode_minutes * MINUTE)
    mode = Administering(visit, ends, min(ends, stay(now, waiting, IDLE)), waiting=waiting)
    return mode, [*left(visit, "own_page"), _note(visit, "mode_entered")]


def leave(state: Administering, now: Stamp) -> Result:
    later, effects = go_on(state.waiting, now)
    return later, [_note(state.visit, "mode_left"), *effects]


def _note(visit: Visit, what: Literal["mode_entered", "mode_left"]) -> do.NoteMode:
    return do.NoteMode(visit.person.id, "administrator", what, visit.read.method)


def administering(state: Administering, signal: on.Signal, now: Stamp) -> Result | None:
    touched = replace(state, until=min(state.ends, stay(now, state.waiting, IDLE)))
    match signal:
        case _ if state.picture:
            shown = isinstance(signal, on.Back | on.Enter | on.Key | on.TestPicture)
            return (replace(touched, picture=False), []) if shown else None
        case on.OpenSection(section):
            asked: list[do.Effect] = [do.Gather(section)] if section in GATHERED else []
            return replace(touched, section=section, page=0), asked
        case on.TurnPage(by):
            return replace(touched, page=max(0, state.page + by)), []
        case on.Adjust(name, value):
            return touched, [do.Adjust(name, value)]
        case on.TestPicture() if state.section == "screen":
            return replace(touched, picture=True), []
        case on.Perform("restart"):
            return at.Idle(), [_note(state.visit, "mode_left"), do.Perform("restart")]
        case on.Perform("sign_out") if state.waiting is None:
            leaving = SigningOut(after(now, LEAVING), state.visit.person.language)
            return leaving, [_note(state.visit, "mode_left"), do.Perform("sign_out")]
        case on.Perform(task) if task != "sign_out":
            return touched, [do.Perform(task)]
        case on.Back() if state.section == "home":
            return leave(state, now)
        case on.Back():
            return replace(touched, section="home", page=0), []
    return None


def signing_out(state: SigningOut, signal: on.Signal, now: Stamp) -> Result | None:
    match signal:
        case on.StillUndelivered():
            return not_signed_out(state, now)
    return None


def not_signed_out(state: SigningOut, now: Stamp) -> Result:
    """The last lines could not be delivered: all stays as it was."""
    return at.Refused("sign_out", after(now, REFUSED), state.language), [do.Sound("refused")]
