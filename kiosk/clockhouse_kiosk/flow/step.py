"""The flow as a function: a state and a signal give the next state and what is to be done.

What holds for every sequence of signals: a reading is looked up, kept waiting with a sound, or turned away with
a sound, never dropped in silence; whoever was identified leaves a line (punch, undo or sighting) behind; one
decision appends one punch, `at` the reading's instant; "recorded" follows Appended only; and time alone leads
back to the clock.
"""

from dataclasses import replace

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import entry, person
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.moves import (
    ENTRY,
    HOLDING,
    HURRIED,
    IDENTIFYING,
    RECORDED,
    REFUSED,
    Result,
    after,
    go_on,
    greet,
    identify,
    punch,
    undo,
    unknown,
    untouched,
)
from clockhouse_kiosk.flow.words import Done, ProposalDraft, PunchDraft, Read, Stamp, UndoDraft, Visit, Way

Holder = (
    at.Identifying | at.CheckingPin | at.Greeting | at.ChoosingJob | at.AskingForgotten | at.Saving
    | at.Recorded | at.Undone | at.NotRecorded
)  # fmt: skip


def deadline(state: at.State) -> int | None:
    """When time moves this state on, in milliseconds since the board started; None for never."""
    return state.until


def step(state: at.State, signal: on.Signal, now: Stamp, pin_digits: int = 6) -> Result:
    """The next state and the effects to run, in order."""
    match signal:
        case on.Tick():
            if state.until is None or now.boottime_ms < state.until:
                return state, []
            return _expired(state, now)
        case on.BadgeRead(read):
            return _badge(state, read, now)
        case on.PinWrong():
            return entry.pin_wrong(state, signal, now)
    match state:
        case at.Idle() | at.ChoosingLanguage():
            result = entry.idle(state, signal, now)
        case at.EnteringNumber():
            result = entry.number(state, signal, now)
        case at.EnteringPin():
            result = entry.pin(state, signal, now, pin_digits)
        case at.Identifying() | at.CheckingPin():
            result = _answered(state, signal, now)
        case at.Saving():
            result = _saved(state, signal, now)
        case at.Greeting():
            result = person.greeting(state, signal, now)
        case at.ChoosingJob():
            result = person.choosing(state, signal, now)
        case at.AskingForgotten():
            result = person.forgotten(state, signal, now)
        case _:
            result = _answer(state, signal, now)
    if result is None:
        return state, [do.Unexpected(type(state).__name__, type(signal).__name__)]
    return result


def _expired(state: at.State, now: Stamp) -> Result:
    match state:
        case at.Identifying(read, visit=visit, waiting=waiting):
            return unknown(read, now, waiting) if visit is None else untouched(visit, now, waiting)
        case at.CheckingPin(claim, waiting=None):
            return at.Refused("pin_unavailable", after(now, REFUSED), claim.language), []
        case at.Greeting(visit, waiting=waiting):
            return untouched(visit, now, waiting)
        case at.AskingForgotten(visit, waiting=waiting):
            return untouched(replace(visit, forgotten=None), now, waiting)
        case at.ChoosingJob(visit, way, waiting=waiting):
            return punch(visit, Way(way.kind), "unconfirmed", now, waiting)
        case at.Saving(draft, waiting=waiting):
            return at.NotRecorded(draft, after(now, REFUSED), waiting), [do.Sound("refused")]
        case at.Recorded() | at.Undone() | at.NotRecorded() | at.CheckingPin():
            return go_on(state.waiting, now)
        case _:
            return at.Idle(), []


def _badge(state: at.State, read: Read, now: Stamp) -> Result:
    match state:
        case at.Greeting(visit, touched=False, waiting=None) if not _same(visit, read):
            return untouched(visit, now, read)
        case at.AskingForgotten(visit, touched=False, waiting=None) if not _same(visit, read):
            return untouched(replace(visit, forgotten=None), now, read)
        case at.Recorded(waiting=None) | at.Undone(waiting=None) | at.NotRecorded(waiting=None):
            return identify(read, now)
        case (
            at.Identifying()
            | at.CheckingPin()
            | at.Greeting()
            | at.ChoosingJob()
            | at.AskingForgotten()
            | at.Saving()
            | at.Recorded()
            | at.Undone()
            | at.NotRecorded()
        ):
            return _hold(state, read, now)
        case _:
            return identify(read, now)


def _same(visit: Visit | None, read: Read) -> bool:
    return (
        visit is not None and visit.read.credential is not None and visit.read.credential == read.credential
    )


def _hold(state: Holder, read: Read, now: Stamp) -> Result:
    """Keep one badge waiting; a second one is told to come again, the same one has nothing to add."""
    if _in_hand(state, read):
        return state, []
    if state.waiting is not None:
        same = state.waiting.credential == read.credential
        return state, [] if same else [do.Sound("again")]
    match state:
        case at.Greeting() | at.ChoosingJob() | at.AskingForgotten():
            return replace(state, waiting=read, until=after(now, HOLDING)), [do.Sound("wait")]
        case _:
            return replace(state, waiting=read), [do.Sound("wait")]


def _in_hand(state: Holder, read: Read) -> bool:
    match state:
        case at.Identifying(seen):
            return seen.credential == read.credential
        case at.Greeting(visit) | at.ChoosingJob(visit) | at.AskingForgotten(visit):
            return _same(visit, read)
        case at.Saving(PunchDraft(seen)):
            return seen.credential is not None and seen.credential == read.credential
        case at.Saving(UndoDraft(visit) | ProposalDraft(visit)):
            return _same(visit, read)
        case _:
            return False


def _answered(state: at.Identifying | at.CheckingPin, signal: on.Signal, now: Stamp) -> Result | None:
    match state, signal:
        case at.Identifying(before=before, waiting=waiting), on.Identified(visit):
            return greet(visit, now, before, waiting)
        case at.Identifying(waiting=waiting), on.UnknownBadge(read, again):
            if not again:
                return unknown(read, now, waiting)
            if waiting is not None:
                gone_on, effects = identify(waiting, now)
                return gone_on, [do.Sound("unknown"), *effects]
            return at.Refused("unknown_again", after(now, REFUSED)), [do.Sound("unknown")]
        case at.CheckingPin(waiting=waiting), on.PinRight(visit):
            return greet(visit, now, None, waiting)
        case at.CheckingPin(claim, waiting=None), on.PinUnchecked():
            return at.Refused("pin_unavailable", after(now, REFUSED), claim.language), [do.Sound("refused")]
        case at.CheckingPin(waiting=waiting), on.PinUnchecked():
            return go_on(waiting, now)
    return None


def _saved(state: at.Saving, signal: on.Signal, now: Stamp) -> Result | None:
    waiting = state.waiting
    match state.draft, signal:
        case draft, on.AppendFailed():
            return at.NotRecorded(draft, after(now, REFUSED), waiting), [do.Sound("refused")]
        case PunchDraft() as draft, on.Appended(punch_id):
            if draft.kind_from == "unconfirmed" and draft.visit is not None and waiting is not None:
                gone_on, effects = identify(waiting, now, draft)
                return gone_on, [_sound(draft), *effects]
            done = Done(punch_id, draft.kind, draft.read.stamp.at, draft.choice)
            stays = RECORDED if waiting is None else HURRIED
            return at.Recorded(draft, done, after(now, stays), waiting), [_sound(draft)]
        case UndoDraft() as draft, on.Appended():
            stays = RECORDED if waiting is None else HURRIED
            return at.Undone(draft, after(now, stays), waiting), []
        case ProposalDraft(visit), on.Appended():
            again = at.Identifying(visit.read, after(now, IDENTIFYING), visit, waiting=waiting)
            return again, [do.LookUpAgain(visit)]
    return None


def _sound(draft: PunchDraft) -> do.Sound:
    match draft.kind:
        case _ if draft.visit is None:
            return do.Sound("unknown")
        case "in" | "out" | "transfer" as kind:
            return do.Sound(kind)
        case _:
            return do.Sound("break")


def _answer(state: at.State, signal: on.Signal, now: Stamp) -> Result | None:
    """The answer is on the screen: it may be taken back, or waved away."""
    match state, signal:
        case at.Recorded(PunchDraft(visit=visit), done, waiting=waiting), on.Undo() if visit is not None:
            return undo(visit, done, now, waiting)
        case at.Recorded() | at.Undone() | at.NotRecorded(), on.Back():
            return go_on(state.waiting, now)
        case at.Refused(), on.Back():
            return at.Idle(), []
        case at.Refused() | at.Recorded(waiting=None) | at.Undone(waiting=None), on.OpenNumber():
            return at.EnteringNumber(after(now, ENTRY)), []
    return None
