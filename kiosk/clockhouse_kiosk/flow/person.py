"""Somebody is known: the greeting, the job, the question about a forgotten clock-out."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.moves import Result, go_on, greet, punch, save, touch, undo, untouched
from clockhouse_kiosk.flow.words import ProposalDraft, Read, Stamp, Visit, Way
from clockhouse_sync.wire import KindFrom

MOST_QUERY: Final = 24


def greeting(state: at.Greeting, signal: on.Signal, now: Stamp) -> Result | None:
    visit, waiting = state.visit, state.waiting
    match signal:
        case on.TakeDefault() if visit.default is not None:
            return punch(visit, visit.default, "inferred", now, waiting)
        case on.TakeOther(index) if 0 <= index < len(visit.others):
            return _take(visit, visit.others[index], now, waiting)
        case on.PickTab() | on.OpenSearch() | on.TurnPage() | on.PickJob() if _offers_jobs(visit):
            return choosing(_choose(visit, Way("in", choose=True), now, waiting), signal, now)
        case on.Undo() if visit.recent is not None:
            later, effects = undo(visit, visit.recent, now, waiting)
            seen: list[do.Effect] = [do.NoteSighting(visit, "walked_away")]
            return later, effects if isinstance(later, at.Saving) else [*seen, *effects]
        case on.Back() if visit.recent is not None:
            return untouched(visit, now, waiting)
        case on.NotMe():
            return _not_me(visit, now, waiting)
    return None


def _offers_jobs(visit: Visit) -> bool:
    """Whoever comes in picks a job or takes the last one, on one screen."""
    return visit.acts_as == "out" and visit.recent is None


def _take(visit: Visit, way: Way, now: Stamp, waiting: Read | None) -> Result:
    if way.choose:
        return _choose(visit, way, now, waiting), []
    return punch(visit, way, "chosen", now, waiting)


def _choose(visit: Visit, way: Way, now: Stamp, waiting: Read | None) -> at.ChoosingJob:
    tab = visit.tab or "all"
    return at.ChoosingJob(visit, way, touch(now, waiting), tab=tab, waiting=waiting)


def _not_me(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    state, effects = go_on(waiting, now)
    return state, [do.NoteSighting(visit, "not_me"), *effects]


def choosing(state: at.ChoosingJob, signal: on.Signal, now: Stamp) -> Result | None:
    visit, way, waiting = state.visit, state.way, state.waiting
    touched = replace(state, until=touch(now, waiting))
    match signal:
        case on.PickJob(choice):
            kind_from: KindFrom = "inferred" if _is_default(visit, way) else "chosen"
            return punch(visit, Way(way.kind, choice), kind_from, now, waiting)
        case on.TakeDefault() if visit.default is not None and _is_default(visit, way):
            return punch(visit, visit.default, "inferred", now, waiting)
        case on.TakeOther(index) if visit.acts_as == "out" and 0 <= index < len(visit.others):
            return _take(visit, visit.others[index], now, waiting)
        case on.PickTab(tab):
            return replace(touched, tab=tab, page=0, searching=False, query=""), []
        case on.OpenSearch():
            return replace(touched, searching=True, page=0, query=""), []
        case on.Key(char):
            room = char.isprintable() and len(state.query) < MOST_QUERY
            return replace(touched, searching=True, page=0, query=state.query + char * room), []
        case on.Erase():
            return replace(touched, page=0, query=state.query[:-1]), []
        case on.Enter():
            return touched, []
        case on.TurnPage(by):
            return replace(touched, page=max(0, state.page + by)), []
        case on.Back() if state.searching:
            return replace(touched, searching=False, query="", page=0), []
        case on.Back():
            return at.Greeting(visit, touch(now, waiting), touched=True, waiting=waiting), []
        case on.NotMe():
            return _not_me(visit, now, waiting)
    return None


def _is_default(visit: Visit, way: Way) -> bool:
    return visit.default is not None and visit.default.kind == way.kind


def forgotten(state: at.AskingForgotten, signal: on.Signal, now: Stamp) -> Result | None:
    visit, waiting, asked = state.visit, state.waiting, state.visit.forgotten
    if asked is None:
        return None
    match signal:
        case on.ShiftClaim(minutes):
            claimed = state.claimed_at + timedelta(minutes=minutes)
            claimed = max(asked.since, min(asked.latest, claimed))
            until = touch(now, waiting)
            return replace(state, claimed_at=claimed, touched=True, until=until), []
        case on.ConfirmClaim():
            return save(ProposalDraft(visit, state.claimed_at), now, waiting)
        case on.PutOff():
            return greet(replace(visit, forgotten=None), now, None, waiting)
        case on.StillAtWork():
            stays = replace(visit, forgotten=None, acts_as=visit.standing.where)
            return greet(stays, now, None, waiting)
        case on.NotMe():
            return _not_me(visit, now, waiting)
    return None
