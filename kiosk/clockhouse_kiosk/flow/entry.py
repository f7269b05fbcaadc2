"""Before somebody is known: the clock, the language, the number and the PIN."""

from dataclasses import replace
from typing import Final

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.moves import CHECKING, ENTRY, LANGUAGE, REFUSED, Result, after, go_on
from clockhouse_kiosk.flow.words import Read, Stamp

MOST_NUMBER: Final = 12
MOST_PIN: Final = 12
LEAST_PIN: Final = 4


def idle(state: at.Idle | at.ChoosingLanguage, signal: on.Signal, now: Stamp) -> Result | None:
    language = state.language if isinstance(state, at.Idle) else None
    match signal:
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
    until = after(now, ENTRY)
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
            return at.EnteringPin(replace(claim, language=claim.language or state.language), until), []
        case on.NumberRefused("unknown_number" as code):
            return replace(state, digits="", problem=code, until=until), []
        case on.NumberRefused(code):
            return at.Refused(code, after(now, REFUSED), state.language), [do.Sound("refused")]
        case on.Back():
            return at.Idle(state.language, None if state.language is None else after(now, LANGUAGE)), []
    return None


def pin(state: at.EnteringPin, signal: on.Signal, now: Stamp, pin_digits: int) -> Result | None:
    until = after(now, ENTRY)
    match signal:
        case on.Key(char):
            room = _is_digit(char) and len(state.digits) < MOST_PIN
            typed = replace(state, digits=state.digits + char * room, problem=None, until=until)
            return _check(typed, now) if len(typed.digits) == pin_digits else (typed, [])
        case on.Erase():
            return replace(state, digits=state.digits[:-1], problem=None, until=until), []
        case on.Enter():
            return _check(state, now) if len(state.digits) >= LEAST_PIN else (state, [])
        case on.Back():
            return at.EnteringNumber(until, language=state.claim.language), []
    return None


def _check(state: at.EnteringPin, now: Stamp) -> Result:
    """The claim is made now: that is the instant that the punch will carry."""
    read = Read(now, "pin")
    checking = at.CheckingPin(state.claim, read, after(now, CHECKING))
    return checking, [do.CheckPin(state.claim.person_id, read, state.digits)]


def pin_wrong(state: at.State, signal: on.PinWrong, now: Stamp) -> Result:
    """A wrong try is written down wherever the screen has gone meanwhile."""
    notes: list[do.Effect] = [do.NoteAccess(signal.person_id, "wrong_pin")]
    if signal.locked:
        notes.append(do.NoteAccess(signal.person_id, "locked"))
    match state:
        case at.CheckingPin(claim, waiting=None) if claim.person_id == signal.person_id:
            if signal.locked:
                state = at.Refused("locked", after(now, REFUSED), claim.language)
            else:
                state = at.EnteringPin(claim, after(now, ENTRY), problem="wrong_pin")
            return state, [*notes, do.Sound("refused")]
        case at.CheckingPin(claim, waiting=waiting) if claim.person_id == signal.person_id:
            state, effects = go_on(waiting, now)
            return state, [*notes, do.Sound("refused"), *effects]
    return state, notes
