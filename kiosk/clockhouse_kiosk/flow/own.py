"""Somebody's own page: hours, missing ends of work, a correction to ask for, messages, how they like the wall."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, get_args

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.drafts import ProposalDraft, RequestDraft
from clockhouse_kiosk.flow.moves import ENTRY, OWN, Result, go_on, greet, left, save, stay
from clockhouse_kiosk.flow.words import Claim, OwnPart, Stamp, Visit
from clockhouse_sync.wire import Preferences

MOST_WORDS: Final = 200
PAGES: Final[tuple[OwnPart, ...]] = get_args(OwnPart)
MESSAGES_SHOWN: Final = 3
"""At a time; those that were not on the screen stay unread."""
FURTHEST: Final = timedelta(days=14)
"""How far back a correction can be asked for at the wall; older ones are the office's."""


def page(state: at.OwnPage, signal: on.Signal, now: Stamp) -> Result | None:
    visit, waiting = state.visit, state.waiting
    touched = replace(state, until=stay(now, waiting, OWN), said=None)
    match signal:
        case on.PickPage("messages"):
            shown = visit.messages[:MESSAGES_SHOWN]
            reading: list[do.Effect] = [do.NoteRead(visit.person.id, each.id) for each in shown]
            return replace(touched, page="messages"), [] if visit.practice else reading
        case on.PickPage(name):
            return replace(touched, page=name), []
        case on.PickMissing(index) if 0 <= index < len(visit.missing):
            missing = visit.missing[index]
            return at.Requesting(touched, touched.until, "out", missing.guess, index, waiting=waiting), []
        case on.PickRequest(None):
            return at.Requesting(touched, touched.until, waiting=waiting), []
        case on.PickRequest(kind):
            minute = now.at.replace(second=0, microsecond=0)  # as people say it
            return at.Requesting(touched, touched.until, kind, minute, waiting=waiting), []
        case on.Prefer(preferences):
            note: list[do.Effect] = [] if visit.practice else [do.NotePreferences(visit, preferences)]
            return replace(touched, visit=preferring(visit, preferences), said="kept"), note
        case on.OpenMode(mode) if mode in visit.person.modes and not visit.opens_modes:
            return replace(touched, said="badge_first"), []
        case on.OpenMode(mode) if mode in visit.person.modes and not (visit.practice or state.settled):
            claim = Claim(visit.person.id, visit.person.language, visit, mode, visit.shuffle)
            return at.EnteringPin(claim, stay(now, waiting, ENTRY), waiting=waiting), []
        case on.Practise() if waiting is None:
            seen = [] if state.settled else left(visit, "own_page")
            greeted, effects = greet(replace(visit, practice=True, recent=None), now, None, None)
            return greeted, [*seen, *effects]
        case on.Back() if not state.settled:
            return at.Greeting(visit, stay(now, waiting), touched=True, looked=True, waiting=waiting), []
        case on.Back() | on.NotMe():
            return leave_page(state, now)
    return None


def leave_page(state: at.OwnPage, now: Stamp) -> Result:
    """Whoever only looked punched nothing: that is written, where nothing of this visit is yet."""
    later, effects = go_on(state.waiting, now)
    return later, [*([] if state.settled else left(state.visit, "own_page")), *effects]


def preferring(visit: Visit, preferences: Preferences) -> Visit:
    """The visit as its person likes the wall from now on."""
    person, chosen = visit.person, preferences
    return replace(
        visit,
        person=replace(
            person,
            language=person.language if chosen.language is None else chosen.language,
            large_text=person.large_text if chosen.large_text is None else chosen.large_text,
            high_contrast=person.high_contrast if chosen.high_contrast is None else chosen.high_contrast,
            left_hand=person.left_hand if chosen.left_hand is None else chosen.left_hand,
        ),
    )


def requesting(state: at.Requesting, signal: on.Signal, now: Stamp) -> Result | None:
    waiting = state.waiting
    touched = replace(state, until=stay(now, waiting, OWN))
    back = replace(state.page, until=stay(now, waiting, OWN), waiting=waiting)
    match signal:
        case on.ShiftClaim(minutes) if state.claimed_at is not None:
            earliest, latest = _bounds(state, now)
            claimed = state.claimed_at + timedelta(minutes=minutes)
            return replace(touched, claimed_at=max(earliest, min(latest, claimed))), []
        case on.ConfirmClaim() if state.claimed_at is not None:
            draft = _draft(state)
            if isinstance(draft, ProposalDraft):
                rest = tuple(each for each in state.visit.missing if each != draft.forgotten)
                asked = None if state.visit.forgotten == draft.forgotten else state.visit.forgotten
                back = replace(back, visit=replace(state.visit, missing=rest, forgotten=asked))
            return save(draft, now, waiting, back)
        case on.Key(char) if state.kind is None:
            room = char.isprintable() and len(state.typed) < MOST_WORDS
            return replace(touched, typed=state.typed + char * room), []
        case on.Erase() if state.kind is None:
            return replace(touched, typed=state.typed[:-1]), []
        case on.Enter() if state.kind is None and state.typed.strip():
            return save(RequestDraft(state.visit, None, None, state.typed.strip()), now, waiting, back)
        case on.Enter() if state.kind is None:
            return touched, []
        case on.Back():
            return back, []
    return None


def _bounds(state: at.Requesting, now: Stamp) -> tuple[datetime, datetime]:
    if state.missing is not None:
        missing = state.visit.missing[state.missing]
        return missing.since, missing.latest
    return now.at - FURTHEST, now.at


def _draft(state: at.Requesting) -> ProposalDraft | RequestDraft:
    """A missing end of work becomes a proposal, which a supervisor settles at the wall; the rest is the office's."""
    assert state.claimed_at is not None
    if state.missing is not None:
        return ProposalDraft(state.visit, state.claimed_at, state.visit.missing[state.missing])
    return RequestDraft(state.visit, state.kind, state.claimed_at, "")
