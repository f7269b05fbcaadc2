"""Somebody is known: the greeting, the job, and what the job wants to know."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.lists import MOST_QUERY, looking
from clockhouse_kiosk.flow.moves import (
    Result,
    decide,
    leave,
    left,
    own_page,
    record,
    stay,
    undo,
    untouched,
)
from clockhouse_kiosk.flow.words import Choice, Detail, Look, Read, Stamp, Visit, Way
from clockhouse_sync.wire import KindFrom

MOST_TEXT: Final = 80
MOST_DIGITS: Final = 9


def greeting(state: at.Greeting, signal: on.Signal, now: Stamp) -> Result | None:
    visit, waiting = state.visit, state.waiting
    match signal:
        case on.TakeDefault() | on.Enter() if visit.default is not None:
            return decide(visit, visit.default, "inferred", now, waiting)
        case on.TakeOther(index) if 0 <= index < len(visit.others):
            return _take(visit, visit.others[index], now, waiting)
        case on.Key(char) if not _offers_jobs(visit) and char.isascii() and char.isdecimal():
            return greeting(state, on.TakeOther(int(char) - 1), now)
        case (
            on.PickTab() | on.OpenSearch() | on.TurnPage() | on.PickJob() | on.OpenFolder() | on.NotInList() | on.Key()
        ) if _offers_jobs(visit):  # fmt: skip
            return choosing(_choose(visit, Way("in", choose=True), now, waiting), signal, now)
        case on.JobCardRead(choice):
            return _job_card(visit, choice, now, waiting)
        case on.OpenOwn():
            return own_page(visit, now, waiting, settled=False)
        case on.Undo() if visit.recent is not None:
            later, effects = undo(visit, visit.recent, now, waiting)
            seen = left(visit, "walked_away")
            return later, effects if isinstance(later, at.Saving) else [*seen, *effects]
        case on.Back() if visit.recent is not None:
            return untouched(visit, now, waiting)
        case on.NotMe():
            return leave(visit, "not_me", now, waiting)
    return None


def _offers_jobs(visit: Visit) -> bool:
    """Whoever comes in picks a job or takes the last one, on one screen."""
    return visit.acts_as == "out" and visit.recent is None and visit.tab is not None


def _take(visit: Visit, way: Way, now: Stamp, waiting: Read | None) -> Result:
    if way.choose:
        return _choose(visit, way, now, waiting), []
    return decide(visit, way, "chosen", now, waiting)


def _job_card(visit: Visit, choice: Choice, now: Stamp, waiting: Read | None) -> Result:
    """A job's card says at once what is meant: come in on it, or go over to it."""
    kind = {"out": "in", "break": "break_end", "in": "transfer"}[visit.acts_as]
    return decide(visit, Way(kind, choice), "chosen", now, waiting)  # type: ignore[arg-type]


def _choose(visit: Visit, way: Way, now: Stamp, waiting: Read | None) -> at.ChoosingJob:
    return at.ChoosingJob(visit, way, stay(now, waiting), look=Look(visit.tab or "all"), waiting=waiting)


def choosing(state: at.ChoosingJob, signal: on.Signal, now: Stamp) -> Result | None:
    visit, way, waiting = state.visit, state.way, state.waiting
    match signal:
        case on.PickJob(choice) | on.JobCardRead(choice):
            kind_from: KindFrom = "inferred" if _is_default(visit, way) else "chosen"
            return decide(visit, Way(way.kind, choice), kind_from, now, waiting)
        case on.TakeDefault() if visit.default is not None and _is_default(visit, way):
            return decide(visit, visit.default, "inferred", now, waiting)
        case on.Enter() if state.free and state.look.query.strip():
            return decide(visit, Way(way.kind), "chosen", now, waiting, state.look.query.strip())
        case on.Enter() if not state.look.searching and visit.default is not None and _is_default(visit, way):
            return decide(visit, visit.default, "inferred", now, waiting)
        case on.NotInList() if state.look.query.strip():
            return decide(visit, Way(way.kind), "chosen", now, waiting, state.look.query.strip())
        case on.TakeOther(index) if visit.acts_as == "out" and 0 <= index < len(visit.others):
            return _take(visit, visit.others[index], now, waiting)
        case on.NotMe():
            return leave(visit, "not_me", now, waiting)
    looked = _looking(replace(state, until=stay(now, waiting)), signal)
    if looked is None and isinstance(signal, on.Back):
        return at.Greeting(visit, stay(now, waiting), touched=True, waiting=waiting), []
    return None if looked is None else (looked, [])


def _looking(state: at.ChoosingJob, signal: on.Signal) -> at.ChoosingJob | None:
    """The same choice, seen from elsewhere; or the job in words, while they are being typed."""
    if isinstance(signal, on.NotInList):
        return replace(state, look=replace(state.look, searching=True, query="", page=0), free=True)
    looked = looking(state.look, signal, MOST_TEXT if state.free else MOST_QUERY)
    if looked is None:
        return None
    free = state.free and looked.searching and not isinstance(signal, on.OpenSearch)
    return replace(state, look=looked, free=free)


def _is_default(visit: Visit, way: Way) -> bool:
    return visit.default is not None and visit.default.kind == way.kind


def detailing(state: at.Detailing, signal: on.Signal, now: Stamp) -> Result | None:
    touched = replace(state, until=stay(now, state.waiting))
    asked = state.asked[0]
    match signal:
        case on.Key(char):
            return replace(touched, typed=_typed(asked, state.typed, char)), []
        case on.Erase():
            return replace(touched, typed=state.typed[:-1]), []
        case on.Enter() if asked == "note" or not state.typed or _decimal(state.typed) is not None:
            given = replace(state.given, **{asked: _given(asked, state.typed)})
            return _next(replace(touched, given=given), now)
        case on.Enter():
            return touched, []
        case on.PutOff():
            return _next(touched, now)
        case on.Back():
            return at.Greeting(state.visit, stay(now, state.waiting), touched=True, waiting=state.waiting), []
        case on.NotMe():
            return leave(state.visit, "not_me", now, state.waiting)
    return None


def _next(state: at.Detailing, now: Stamp) -> Result:
    """What is asked next; no waste is asked about where nothing was made."""
    rest = state.asked[1:]
    if rest and rest[0] == "bad" and not state.given.quantity:
        rest = rest[1:]
    state = replace(state, asked=rest, typed="")
    return (state, []) if rest else record(state, now)


def _typed(asked: Detail, typed: str, char: str) -> str:
    if asked == "note":
        return typed + char * (char.isprintable() and len(typed) < MOST_TEXT)
    if char in {".", ","}:
        return typed + "." if typed and "." not in typed else typed
    return typed + char * (char.isascii() and char.isdecimal() and len(typed) < MOST_DIGITS)


def _given(asked: Detail, typed: str) -> str:
    if asked == "note":
        return typed.strip()
    number = _decimal(typed)
    return "" if number is None else f"{number:f}"


def _decimal(typed: str) -> Decimal | None:
    try:
        return Decimal(typed.rstrip(".")) if typed else None
    except InvalidOperation:
        return None
