"""The moves that several states share, and how long each state stays."""

from datetime import timedelta
from typing import Final, Literal

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.drafts import Draft, PunchDraft, UndoDraft
from clockhouse_kiosk.flow.words import Ask, Detail, Done, Forgotten, Read, Stamp, Visit, Way
from clockhouse_sync.wire import KindFrom

# How long each state stays, in milliseconds.
LANGUAGE: Final = 30_000
IDENTIFYING: Final = 5_000
ENTRY: Final = 20_000
CHECKING: Final = 10_000
GREETING: Final = 10_000
TOUCHED: Final = 30_000
HOLDING: Final = 10_000  # the touched screen, while the next badge waits
QUESTION: Final = 20_000
OWN: Final = 45_000
SAVING: Final = 15_000
RECORDED: Final = 6_000
FLASHED: Final = 1_800  # the answer, before a question
HURRIED: Final = 1_500  # the answer, while the next badge waits
THANKED: Final = 2_500  # the answer once more, after a question
REFUSED: Final = 6_000

UNDO_WITHIN: Final = timedelta(seconds=60)

Result = tuple[at.State, list[do.Effect]]


def after(now: Stamp, milliseconds: int) -> int:
    return now.boottime_ms + milliseconds


def stay(now: Stamp, waiting: Read | None, milliseconds: int = TOUCHED) -> int:
    """Until when a touched screen stays: not long, where the next badge waits."""
    return after(now, milliseconds if waiting is None else HOLDING)


def identify(read: Read, now: Stamp, before: PunchDraft | None = None) -> Result:
    return at.Identifying(read, after(now, IDENTIFYING), before=before), [do.LookUp(read)]


def go_on(waiting: Read | None, now: Stamp, before: PunchDraft | None = None) -> Result:
    return (at.Idle(), []) if waiting is None else identify(waiting, now, before)


def left(visit: Visit, reason: Literal["walked_away", "not_me", "own_page"]) -> list[do.Effect]:
    """The line of somebody who punched nothing; practice leaves none."""
    return [] if visit.practice else [do.NoteSighting(visit, reason)]


def leave(visit: Visit, reason: Literal["walked_away", "not_me"], now: Stamp, waiting: Read | None) -> Result:
    state, effects = go_on(waiting, now)
    return state, [*left(visit, reason), *effects]


def save(draft: Draft, now: Stamp, waiting: Read | None, then: at.After | at.OwnPage | None = None) -> Result:
    practice = draft.visit is not None and draft.visit.practice
    effect: do.Effect = do.Rehearse(draft) if practice else do.Append(draft)
    return at.Saving(draft, after(now, SAVING), waiting, then), [effect]


def punch(visit: Visit, way: Way, kind_from: KindFrom, now: Stamp, waiting: Read | None) -> Result:
    """Record without asking anything more."""
    return save(PunchDraft(visit.read, way.kind, kind_from, way.choice, visit), now, waiting)


def decide(
    visit: Visit, way: Way, kind_from: KindFrom, now: Stamp, waiting: Read | None, job_text: str = ""
) -> Result:
    """Somebody chose: first what the jobs want to know, then the punch."""
    asked = _details(visit, way)
    detailing = at.Detailing(visit, way, kind_from, asked, stay(now, waiting), job_text, waiting=waiting)
    return (detailing, []) if asked else record(detailing, now)


def _details(visit: Visit, way: Way) -> tuple[Detail, ...]:
    """Quantities belong to the work that ends now, a note to the work that begins."""
    asked: list[Detail] = []
    ended = visit.standing.choice if visit.acts_as != "out" and way.kind in {"out", "transfer"} else None
    if ended is not None and "quantity" in ended.asks:
        asked += ["quantity", "bad"]
    begun = way.choice if way.kind in {"in", "transfer"} else None
    if begun is not None and "note" in begun.asks:
        asked.append("note")
    return tuple(asked)


def record(state: at.Detailing, now: Stamp) -> Result:
    """Record with what is known by now."""
    draft = PunchDraft(
        state.visit.read,
        state.way.kind,
        state.kind_from,
        state.way.choice,
        state.visit,
        state.job_text,
        state.given,
    )
    return save(draft, now, state.waiting)


def untouched(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    """Nobody touched the screen: what was inferred counts, marked as unconfirmed.

    Not so for whoever was let in without a badge of their own, or only walked past the camera: they are recorded
    by a tap.
    """
    if visit.default is None or visit.practice or visit.actor_id is not None or visit.is_seen_only:
        return leave(visit, "walked_away", now, waiting)
    return punch(visit, visit.default, "unconfirmed", now, waiting)


def unknown(read: Read, now: Stamp, waiting: Read | None) -> Result:
    """A badge that nobody is known by is a punch all the same; the office finds out whose."""
    return save(PunchDraft(read, "in", "unconfirmed"), now, waiting)


def greet(visit: Visit, now: Stamp, before: PunchDraft | None, waiting: Read | None) -> Result:
    return at.Greeting(visit, after(now, GREETING), before=before, waiting=waiting), []


def ask(draft: PunchDraft, done: Done, asks: tuple[Ask, ...], now: Stamp, waiting: Read | None) -> Result:
    """The next question; none while somebody waits, and what is not asked now comes back later."""
    if not asks or waiting is not None:
        stays = HURRIED if waiting is not None else THANKED
        return at.Recorded(draft, done, after(now, stays), waiting), []
    first = asks[0]
    claimed = first.guess if isinstance(first, Forgotten) else None
    return at.Asking(draft, done, asks, after(now, QUESTION), claimed), []


def undo(visit: Visit, done: Done, now: Stamp, waiting: Read | None) -> Result:
    if now.at - done.at <= UNDO_WITHIN:
        return save(UndoDraft(visit, done), now, waiting)
    if waiting is None:
        return at.Refused("undo_late", after(now, REFUSED), visit.person.language), [do.Sound("refused")]
    state, effects = identify(waiting, now)
    return state, [do.Sound("refused"), *effects]


def own_page(visit: Visit, now: Stamp, waiting: Read | None, *, settled: bool) -> Result:
    return at.OwnPage(visit, stay(now, waiting, OWN), settled=settled, waiting=waiting), []
