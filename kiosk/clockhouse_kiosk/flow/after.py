"""After the decision: the disk's answer, "recorded", and the questions that come after a punch."""

from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from clockhouse_kiosk.flow import administering, leading
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.drafts import AnswerDraft, ProposalDraft, PunchDraft, UndoDraft
from clockhouse_kiosk.flow.lead import Led, LedDraft
from clockhouse_kiosk.flow.moves import (
    ENTRY,
    FLASHED,
    HURRIED,
    RECORDED,
    REFUSED,
    Result,
    after,
    ask,
    go_on,
    identify,
    left,
    own_page,
    save,
    stay,
    undo,
)
from clockhouse_kiosk.flow.words import Done, Forgotten, Question, Read, Stamp

MOST_ANSWER: Final = 200


def saved(state: at.Saving, signal: on.Signal, now: Stamp) -> Result | None:
    draft, waiting = state.draft, state.waiting
    if isinstance(state.then, Administering):
        return administering.saved(draft, state.then, signal, now, waiting)
    if isinstance(state.then, Led):
        return leading.saved(cast("LedDraft", draft), state.then, signal, now, waiting)
    match draft, signal:
        case _, on.AppendFailed():
            return not_saved(state, now)
        case PunchDraft(), on.Appended(punch_id):
            return _recorded(draft, punch_id, waiting, now)
        case UndoDraft(), on.Appended():
            stays = RECORDED if waiting is None else HURRIED
            return at.Undone(draft, after(now, stays), waiting), []
        case _, on.Appended():
            match state.then:
                case at.After(punch, done, asks):
                    return ask(punch, done, asks, now, waiting)
                case at.OwnPage() as page:
                    said = replace(page, said="sent", until=stay(now, waiting), waiting=waiting)
                    return said, []
            return go_on(waiting, now)
    return None


def not_saved(state: at.Saving, now: Stamp) -> Result:
    """The disk failed, or takes longer than anybody waits; whoever only asked for something still was here."""
    if isinstance(state.then, Administering):
        return administering.not_saved(state.then, now, state.waiting)
    if isinstance(state.then, Led):
        return leading.not_saved(cast("LedDraft", state.draft), state.then, now, state.waiting)
    effects: list[do.Effect] = [do.Sound("refused")]
    if isinstance(state.then, at.OwnPage) and not state.then.settled:
        effects += left(state.then.visit, "own_page")
    return at.NotRecorded(state.draft, after(now, REFUSED), state.waiting), effects


def _recorded(draft: PunchDraft, punch_id: str, waiting: Read | None, now: Stamp) -> Result:
    sound = _sound(draft)
    if draft.kind_from == "unconfirmed" and draft.visit is not None and waiting is not None:
        gone_on, effects = identify(waiting, now, draft)
        return gone_on, [sound, *effects]
    done = Done(punch_id, draft.kind, draft.read.stamp.at, draft.choice)
    asks = (
        () if draft.visit is None or draft.kind_from == "unconfirmed" else draft.visit.asks_after(draft.kind)
    )
    stays = HURRIED if waiting is not None else FLASHED if asks else RECORDED
    return at.Recorded(draft, done, after(now, stays), waiting, asks), [sound]


def _sound(draft: PunchDraft) -> do.Sound:
    match draft.kind:
        case _ if draft.visit is None:
            return do.Sound("unknown")
        case "in" | "out" | "transfer" as kind:
            return do.Sound(kind)
        case _:
            return do.Sound("break")


def asking(state: at.Asking, signal: on.Signal, now: Stamp) -> Result | None:
    first, waiting = state.asks[0], state.waiting
    touched = replace(state, touched=True, until=stay(now, waiting))
    match first, signal:
        case _, on.PutOff() | on.Back():
            return ask(state.draft, state.done, state.asks[1:], now, waiting)
        case _, on.Undo():
            return undo(state.visit, state.done, now, waiting)
        case Forgotten(since, _, latest), on.ShiftClaim(minutes) if state.claimed_at is not None:
            claimed = state.claimed_at + timedelta(minutes=minutes)
            return replace(touched, claimed_at=max(since, min(latest, claimed))), []
        case Forgotten(), on.ConfirmClaim() if state.claimed_at is not None:
            return _then(state, ProposalDraft(state.visit, state.claimed_at, first), now)
        case Question(answer="yes_no"), on.Answer(value):
            return _then(state, _answered(state, first, value), now)
        case Question(answer="number" | "text" as kind), on.Key(char):
            return replace(touched, typed=_typed(kind, state.typed, char)), []
        case Question(answer="number" | "text"), on.Erase():
            return replace(touched, typed=state.typed[:-1]), []
        case Question(answer="number" | "text"), on.Enter() if state.typed.strip():
            return _then(state, _answered(state, first, state.typed.strip()), now)
        case Question(answer="number" | "text"), on.Enter():
            return touched, []
    return None


def _typed(kind: str, typed: str, char: str) -> str:
    if kind == "number":
        return typed + char * (char.isascii() and char.isdecimal() and len(typed) < 9)
    return typed + char * (char.isprintable() and len(typed) < MOST_ANSWER)


def _answered(state: at.Asking, question: Question, value: str) -> AnswerDraft:
    return AnswerDraft(state.visit, question, question.punch_id or state.done.punch_id, value)


def _then(state: at.Asking, draft: AnswerDraft | ProposalDraft, now: Stamp) -> Result:
    punch = state.draft
    if isinstance(draft, ProposalDraft):
        rest = tuple(each for each in state.visit.missing if each != draft.forgotten)
        punch = replace(punch, visit=replace(state.visit, missing=rest, forgotten=None))
    return save(draft, now, state.waiting, at.After(punch, state.done, state.asks[1:]))


def answer(state: at.State, signal: on.Signal, now: Stamp) -> Result | None:
    """The answer is on the screen: it may be taken back, or waved away."""
    match state, signal:
        case at.Recorded(PunchDraft(visit=visit), done, waiting=waiting), on.Undo() if visit is not None:
            return undo(visit, done, now, waiting)
        case at.Recorded(PunchDraft(visit=visit), waiting=waiting), on.OpenOwn() if visit is not None:
            return own_page(visit, now, waiting, settled=True)
        case at.Recorded(asks=(_, *_)), on.Back() | on.Enter():
            return ask(state.draft, state.done, state.asks, now, state.waiting)
        case at.Recorded() | at.Undone() | at.NotRecorded(), on.Back() | on.Enter():
            return go_on(state.waiting, now)
        case at.Refused(), on.Back() | on.Enter():
            return at.Idle(), []
        case at.Refused() | at.Recorded(waiting=None) | at.Undone(waiting=None), on.OpenNumber():
            return at.EnteringNumber(after(now, ENTRY)), []
        case at.Refused() | at.Recorded(waiting=None) | at.Undone(waiting=None), on.Key(char) if (
            char.isascii() and char.isdecimal()
        ):
            return at.EnteringNumber(after(now, ENTRY), char), []
    return None
