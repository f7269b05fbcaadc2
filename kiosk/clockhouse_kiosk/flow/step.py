"""The flow as a function: a state and a signal give the next state and what is to be done.

What holds for every sequence of signals: a reading is looked up, kept waiting with a sound, or turned away with
a sound, never dropped in silence; whoever was identified leaves a line (punch, undo or sighting) behind; one
decision appends one punch, `at` the reading's instant; "recorded" follows Appended only; and time alone leads
back to the clock.
"""

from dataclasses import replace
from functools import partial

from clockhouse_kiosk.flow import administering, entry, leading, letting, own, person
from clockhouse_kiosk.flow import after as done
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering, SigningOut
from clockhouse_kiosk.flow.drafts import PunchDraft
from clockhouse_kiosk.flow.lead import Leading, Led
from clockhouse_kiosk.flow.moves import (
    ENTRY,
    HOLDING,
    REFUSED,
    Result,
    after,
    ask,
    go_on,
    greet,
    identify,
    leave,
    punch,
    record,
    stay,
    unknown,
    untouched,
)
from clockhouse_kiosk.flow.words import Claim, Read, Stamp, Visit, Way


def deadline(state: at.State) -> int | None:
    """When time moves this state on, in milliseconds since the board started; None for never."""
    return state.until


def step(state: at.State, signal: on.Signal, now: Stamp, pin_digits: int = 6) -> Result:
    """The next state and the effects to run, in order."""
    if isinstance(state, at.LettingIn):
        return letting.letting_in(state, signal, now, partial(step, pin_digits=pin_digits))
    match signal:
        case on.Tick():
            if state.until is None or now.boottime_ms < state.until:
                return state, []
            return _expired(state, now)
        case on.BadgeRead(read):
            return _badge(state, read, now)
        case on.PinWrong():
            return entry.pin_wrong(state, signal, now)
        case on.CodeRefused(code):
            return _code(state, code, now)
    match state:
        case at.Idle() | at.ChoosingLanguage():
            result = entry.idle(state, signal, now)
        case at.EnteringNumber():
            result = entry.number(state, signal, now)
        case at.EnteringPin():
            result = entry.pin(state, signal, now, pin_digits)
        case at.Identifying() | at.CheckingPin():
            result = _answered(state, signal, now)
        case at.Greeting():
            result = person.greeting(state, signal, now)
        case at.ChoosingJob():
            result = person.choosing(state, signal, now)
        case at.Detailing():
            result = person.detailing(state, signal, now)
        case at.Saving():
            result = done.saved(state, signal, now)
        case at.Asking():
            result = done.asking(state, signal, now)
        case at.OwnPage():
            result = own.page(state, signal, now)
        case at.Requesting():
            result = own.requesting(state, signal, now)
        case Leading():
            result = leading.leading(state, signal, now)
        case Administering():
            result = administering.administering(state, signal, now)
        case SigningOut():
            result = administering.signing_out(state, signal, now)
        case _:
            result = done.answer(state, signal, now)
    if result is None and isinstance(signal, on.JobCardRead):
        return state, [do.Sound("refused")]  # whoever held it up hears that it meant nothing here
    if result is None:
        return state, [do.Unexpected(type(state).__name__, type(signal).__name__)]
    return result


def _expired(state: at.State, now: Stamp) -> Result:
    match state:
        case at.Identifying(read, waiting=waiting):
            return unknown(read, now, waiting)
        case at.EnteringNumber() | at.EnteringPin():
            return entry.expired(state, now)
        case at.CheckingPin():
            return entry.pin_unchecked(state, "pin_unavailable", now)
        case at.ChoosingJob(visit, Way("transfer"), waiting=waiting) | at.Greeting(
            visit, looked=True, waiting=waiting
        ):
            return leave(visit, "walked_away", now, waiting)
        case at.ChoosingJob(visit, way, waiting=waiting) if visit.actor_id is None and not visit.is_seen_only:
            return punch(visit, Way(way.kind), "unconfirmed", now, waiting)
        case at.Greeting(visit, waiting=waiting) | at.ChoosingJob(visit, waiting=waiting):
            return untouched(visit, now, waiting)
        case at.Detailing():
            return record(state, now)
        case at.OwnPage():
            return own.leave_page(state, now)
        case at.Requesting(page, waiting=waiting):
            return own.leave_page(replace(page, waiting=waiting), now)
        case at.Saving():
            return done.not_saved(state, now)
        case at.Recorded(asks=(_, *_), waiting=None):
            return ask(state.draft, state.done, state.asks, now, None)
        case Leading():
            return leading.leave(state, now)
        case Administering():
            return administering.leave(state, now)
        case SigningOut():
            return administering.not_signed_out(state, now)
        case at.Asking() | at.Recorded() | at.Undone() | at.NotRecorded():
            return go_on(state.waiting, now)
        case _:
            return at.Idle(), []


def _badge(state: at.State, read: Read, now: Stamp) -> Result:
    """Somebody who stands there untouched makes way; whoever is busy keeps the next badge waiting."""
    match state:
        case at.Greeting(visit, touched=False, waiting=None) if not _in_hand(state, read):
            return untouched(visit, now, read)
        case at.Asking(touched=False, waiting=None) if not _in_hand(state, read):
            return identify(read, now)
        case at.EnteringNumber(digits="", waiting=None) | at.EnteringPin(
            Claim(visit=None), digits="", waiting=None
        ):
            return identify(read, now)
        case at.Recorded(waiting=None) | at.Undone(waiting=None) | at.NotRecorded(waiting=None):
            return identify(read, now)
        case at.Idle() | at.ChoosingLanguage() | at.Refused() | at.LettingIn():
            return identify(read, now)
        case Leading():
            return leading.take_badge(state, read, now) or _hold(state, read, now)
        case Administering():
            return administering.take_badge(state, read, now) or _hold(state, read, now)
        case SigningOut():
            return state, [do.Sound("again")]
        case _:
            return _hold(state, read, now)


def _code(state: at.State, code: str, now: Stamp) -> Result:
    """What cannot be read as ours is said at the clock, and only sounded where somebody is busy."""
    match state:
        case at.Idle() | at.ChoosingLanguage() | at.Refused():
            language = None if isinstance(state, at.ChoosingLanguage) else state.language
            return at.Refused(code, after(now, REFUSED), language), [do.Sound("refused")]
        case _:
            return state, [do.Sound("refused")]


def _hold(state: at.Busy, read: Read, now: Stamp) -> Result:
    """Keep one badge waiting; a second one is told to come again, the same one has nothing to add."""
    if _in_hand(state, read):
        return state, []
    if state.waiting is not None:
        same = state.waiting.credential == read.credential
        return state, [] if same else [do.Sound("again")]
    match state:
        case (
            at.Identifying() | at.CheckingPin() | at.Saving() | at.Recorded() | at.Undone() | at.NotRecorded()
        ):
            return replace(state, waiting=read), [do.Sound("wait")]
        case _:
            return replace(state, waiting=read, until=after(now, HOLDING)), [do.Sound("wait")]


def _in_hand(state: at.State, read: Read) -> bool:
    """Whether this badge is the one that is being served; an answer on the screen is over, though."""
    match state:
        case at.Identifying(seen):
            return seen.credential == read.credential
        case at.EnteringPin(claim) | at.CheckingPin(claim):
            return _same(claim.visit, read)
        case at.Saving(then=Led(mode)):
            return _same(mode.visit, read)
        case at.Saving(then=Administering(visit)):
            return _same(visit, read)
        case at.Saving(PunchDraft(seen, visit=None)):
            return seen.credential is not None and seen.credential == read.credential
        case at.Saving(draft):
            return _same(draft.visit, read)
        case (
            at.Greeting() | at.ChoosingJob() | at.Detailing() | at.Asking() | at.OwnPage() | at.Requesting() | Leading()
        ):  # fmt: skip
            return _same(state.visit, read)
        case Administering(visit):
            return _same(visit, read)
        case _:
            return False


def _same(visit: Visit | None, read: Read) -> bool:
    return (
        visit is not None and visit.read.credential is not None and visit.read.credential == read.credential
    )


def _answered(state: at.Identifying | at.CheckingPin, signal: on.Signal, now: Stamp) -> Result | None:
    waiting = state.waiting
    match state, signal:
        case at.Identifying(), on.Identified(visit) if visit.needs_pin:
            claim = Claim(visit.person.id, visit.person.language, visit, shuffle=visit.shuffle)
            return at.EnteringPin(claim, stay(now, waiting, ENTRY), waiting=waiting), []
        case at.Identifying(before=before), on.Identified(visit):
            return greet(visit, now, before, waiting)
        case at.Identifying(), on.UnknownBadge(read, again):
            if not again:
                return unknown(read, now, waiting)
            if waiting is not None:
                gone_on, effects = identify(waiting, now)
                return gone_on, [do.Sound("unknown"), *effects]
            return at.Refused("unknown_again", after(now, REFUSED)), [do.Sound("unknown")]
        case at.CheckingPin(Claim(opens="supervisor")), on.PinRight(visit):
            return leading.enter(visit, now, waiting)
        case at.CheckingPin(Claim(opens="administrator")), on.PinRight(visit):
            return administering.enter(visit, now, waiting)
        case at.CheckingPin(), on.PinRight(visit):
            return greet(visit, now, None, waiting)
        case at.CheckingPin(), on.PinUnchecked(_, code):
            return entry.pin_unchecked(state, code, now)
    return None
