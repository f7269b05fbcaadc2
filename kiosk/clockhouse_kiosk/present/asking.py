"""What is asked: quantities and notes before a punch is recorded, questions and missing ends of work after it."""

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Forgotten, Question
from clockhouse_kiosk.present.person import card, keyboard, way
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import FALLBACK, Texts


def detailing(state: at.Detailing, wall: Wall, words: Texts) -> View:
    """One field at a time: digits for a quantity, letters for a note."""
    asked = state.asked[0]
    job = state.visit.standing.choice if asked != "note" else state.way.choice
    return {
        "screen": "detail",
        **card(state.visit, wall, words),
        "entry": "text" if asked == "note" else "quantity",
        "title": words(f"detail.{asked}"),
        "detail": "" if job is None else job.title,
        "recorded": "",
        "typed": state.typed,
        "ok": words("key.next"),
        "skip": words("detail.skip"),
        "back": words("key.back"),
        "kind": state.way.kind,
        "heading": way(state.way, words)["title"],
        **keyboard(wall, words),
    }


def asking(state: at.Asking, wall: Wall, words: Texts) -> View:
    """The punch stands in the first line: whatever is asked below, it is recorded."""
    first, draft = state.asks[0], state.draft
    recorded = words(
        "asking.recorded", what=words(f"done.word.{draft.kind}"), time=wall.time(state.done.at, words)
    )
    common = {
        "recorded": recorded,
        "kind": draft.kind,
        "name": state.visit.person.short_name,
        "later": words("asking.leave_out" if draft.kind == "out" else "asking.later"),
        "undo": words("done.undo"),
        "next": words("strip.next"),
    }
    match first:
        case Forgotten():
            return {**common, **_forgotten(state, first, wall, words)}
        case Question(answer="yes_no"):
            yes, no = words("asking.yes"), words("asking.no")
            said = {"yes": wall.numbered(1, yes, words), "no": wall.numbered(2, no, words)}
            return {"screen": "question", **common, "title": _asked(first, words), **said}
        case Question():
            return {
                "screen": "detail",
                **common,
                "entry": first.answer,
                "title": _asked(first, words),
                "detail": "",
                "typed": state.typed,
                "ok": words("key.ok"),
                "skip": common["later"],
                "back": "",
                "heading": "",
                **keyboard(wall, words),
            }


def _asked(question: Question, words: Texts) -> str:
    """In the person's language, else in English, else in the first that there is."""
    text = dict(question.text)
    for code in (words.code, words.code.split("-")[0], FALLBACK):
        if code in text:
            return text[code]
    return next(iter(text.values()), "")


def _forgotten(state: at.Asking, missing: Forgotten, wall: Wall, words: Texts) -> View:
    claimed_at = state.claimed_at or missing.guess
    local = missing.since.astimezone(wall.site.zone)
    claimed = wall.since(claimed_at, words)
    return {
        "screen": "forgotten",
        "title": words("forgotten.title", day=words.day_short(local)),
        "detail": words("forgotten.detail", time=wall.time(missing.since, words)),
        "claimed": claimed,
        "confirm": words("forgotten.confirm", time=claimed),
    }
