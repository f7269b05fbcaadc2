"""Before somebody is known: the clock, the language, the number and the PIN."""

from dataclasses import replace
from typing import Final

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.moves import (
    CHECKING,
    ENTRY,
    LANGUAGE,
    REFUSED,
    Result,
    after,
    go_on,
    greet,
    left,
    stay,
)
from clockhouse_kiosk.flow.words import Claim, Read, Stamp, Visit

MOST_NUMBER: Final = 12
MOST_PIN: Final = 12
LEAST_PIN: Final = 4


def idle(state: at.Idle | at.ChoosingLanguage, signal: on.Signal, now: Stamp) -> Result | None:
    language = state.language if isinstance(state, at.Idle) else None
    match signal:
        case on.JobCardRead():
            return at.Refused("badge_first", after(now, REFUSED), language), [do.Sound("refused")]
        case on.OpenNumber():
            return at.EnteringNumber(after(now, ENTRY), language=language), []
        case on.OpenLanguages():
            return at.ChoosingLanguage(after(now, LANGUAGE)), []
        case on.PickLanguage(language):
            return at.Idle(language, after(now, LANGUAGE)), []
        case on.Key(char) if _is_digit(char):
            return at.EnteringNumber(after(now, ENTRY), char, language=language), []
        case on.Back():
            return at.Idle(), []
    return None


def _is_digit(char: str) -> bool:
    return char.isascii() and char.isdecimal()


def number(state: at.EnteringNumber, signal: on.Signal, now: Stamp) -> Result | None:
    waiting = state.waiting
    until = stay(now, waiting, ENTRY)
    match signal:
        case on.Key(char):
            room = _is_digit(char) and len(state.digits) < MOST_NUMBER
            return replace(state, digits=state.digits + char * room, problem=None, until=until), []
        case on.Erase():
            return replace(state, digits=state.digits[:-1], problem=None, until=until), []
        case on.Enter():
            effects: list[do.Effect] = [do.LookUpNumber(state.digits)] if state.digits else []
            return replace(state, until=until), effects
        case on.NumberFound(claim):
            known = replace(claim, language=claim.language or state.language)
            return at.EnteringPin(known, until, waiting=waiting), []
        case on.NumberRefused("unknown_number" as code):
            return replace(state, digits="", problem=code, until=until), []
        case on.NumberRefused(code):
            return refuse(code, state.language, now, waiting)
        case on.Back() if waiting is not None:
            return go_on(waiting, now)
        case on.Back():
            return at.Idle(state.language, None if state.language is None else after(now, LANGUAGE)), []
    return None


def pin(state: at.EnteringPin, signal: on.Signal, now: Stamp, pin_digits: int) -> Result | None:
    until = stay(now, state.waiting, ENTRY)
    match signal:
        case on.Key(char):
            room = _is_digit(char) and len(state.digits) < MOST_PIN
            typed = replace(state, digits=state.digits + char * room, problem=None, until=until)
            return _check(typed, now) if len(typed.digits) == pin_digits else (typed, [])
        case on.Erase():
            return replace(state, digits=state.digits[:-1], problem=None, until=until), []
        case on.Enter():
            return _check(state, now) if len(state.digits) >= LEAST_PIN else (state, [])
        case on.Back() if state.claim.visit is not None:
            return step_back(state.claim.visit, state.claim, now, state.waiting)
        case on.Back() if state.waiting is not None:
            return go_on(state.waiting, now)
        case on.Back():
            return at.EnteringNumber(until, language=state.claim.language), []
    return None


def step_back(visit: Visit, claim: Claim, now: Stamp, waiting: Read | None) -> Result:
    """From a mode's PIN back to the greeting; without the PIN that the reading needs, there is none."""
    if claim.opens is not None:
        return at.Greeting(visit, stay(now, waiting), touched=True, looked=True, waiting=waiting), []
    state, effects = go_on(waiting, now)
    return state, [*left(visit, "walked_away"), *effects]


def expired(state: at.EnteringNumber | at.EnteringPin, now: Stamp) -> Result:
    """Nobody types any more; whoever had been read already leaves a line."""
    state_, effects = go_on(state.waiting, now)
    visit = state.claim.visit if isinstance(state, at.EnteringPin) else None
    return state_, [*(left(visit, "walked_away") if visit is not None else []), *effects]


def _check(state: at.EnteringPin, now: Stamp) -> Result:
    """A number's claim is made now: that is the instant that the punch will carry. A badge was read before."""
    claim = state.claim
    read = Read(now, "pin") if claim.visit is None else claim.visit.read
    checking = at.CheckingPin(claim, read, after(now, CHECKING), state.waiting)
    return checking, [do.CheckPin(claim.person_id, read, state.digits, claim.visit)]


def refuse(code: str, language: str | None, now: Stamp, waiting: Read | None) -> Result:
    """A kind no; where somebody waits, the sound alone says it."""
    if waiting is None:
        return at.Refused(code, after(now, REFUSED), language), [do.Sound("refused")]
    state, effects = go_on(waiting, now)
    return state, [do.Sound("refused"), *effects]


def pin_unchecked(state: at.CheckingPin, code: str, now: Stamp) -> Result:
    """The PIN could not be tried: a badge that was read counts without it, a number alone does not."""
    claim = state.claim
    if claim.visit is not None and claim.opens is None:
        return greet(claim.visit, now, None, state.waiting)
    refused, effects = refuse(code, claim.language, now, state.waiting)
    return refused, [*(left(claim.visit, "walked_away") if claim.visit is not None else []), *effects]


def pin_wrong(state: at.State, signal: on.PinWrong, now: Stamp) -> Result:
    """A wrong try is written down wherever the screen has gone meanwhile."""
    notes: list[do.Effect] = [do.NoteAccess(signal.person_id, "wrong_pin")]
    if signal.locked:
        notes.append(do.NoteAccess(signal.person_id, "locked"))
    if not isinstance(state, at.CheckingPin) or state.claim.person_id != signal.person_id:
        return state, notes
    claim, waiting = state.claim, state.waiting
    if not signal.locked and (waiting is None or claim.visit is not None):
        again = at.EnteringPin(claim, stay(now, waiting, ENTRY), problem="wrong_pin", waiting=waiting)
        return again, [*notes, do.Sound("refused")]
    if claim.visit is not None and claim.opens is None:
        # The PIN rests now; the badge still counts, and the punch shows that it had no second factor.
        later, effects = greet(claim.visit, now, None, waiting)
        return later, [*notes, do.Sound("refused"), *effects]
    later, effects = refuse("locked" if signal.locked else "wrong_pin", claim.language, now, waiting)
    return later, [*notes, *(left(claim.visit, "walked_away") if claim.visit else []), *effects]
