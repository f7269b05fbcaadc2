"""Somebody's own page: hours, messages, what to have corrected, and how they like the wall."""

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.own import MESSAGES_SHOWN
from clockhouse_kiosk.flow.words import Hours, Visit
from clockhouse_kiosk.present.person import hours, initials, keyboard
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts

PAGES = ("hours", "messages", "request", "settings")
KINDS = ("in", "out", "break_start", "break_end")


def own_page(state: at.OwnPage, wall: Wall, words: Texts) -> View:
    visit = state.visit
    return {
        "screen": "own",
        "name": visit.person.name,
        "initials": initials(visit.person.name),
        "page": state.page,
        "pages": [
            {
                "page": page,
                "title": wall.numbered(number, words(f"own.{page}"), words),
                "count": len(visit.messages) if page == "messages" else 0,
            }
            for number, page in enumerate(PAGES, 1)
        ],
        "modes": [
            {"mode": mode, "title": wall.numbered(number, words(f"mode.{mode}"), words)}
            for number, mode in enumerate(visit.person.modes, len(PAGES) + 1)
            if not state.settled and not visit.practice
        ],
        "said": words(f"own.said.{state.said}") if state.said else "",
        "back": words("greeting.done" if state.settled else "key.back"),
        **_page(state, wall, words),
    }


def _page(state: at.OwnPage, wall: Wall, words: Texts) -> View:
    visit = state.visit
    match state.page:
        case "hours":
            return {
                "figures": _figures(visit.hours, words),
                "as_of": ""
                if visit.hours is None
                else words("own.as_of", time=wall.since(visit.hours.as_of, words)),
                "empty": words("own.no_hours"),
                "missing_title": words("own.missing") if visit.missing else "",
                "missing": [
                    words("own.missing.row", time=wall.since(each.since, words)) for each in visit.missing[:3]
                ],
            }
        case "messages":
            return {"messages": [_message(state, index, wall, words) for index in range(len(visit.messages))][:MESSAGES_SHOWN],
                    "empty": words("own.no_messages")}  # fmt: skip
        case "request":
            kinds = [{"kind": kind, "title": words(f"own.request.{kind}")} for kind in KINDS]
            return {"title": words("own.request.title"), "kinds": kinds, "other": words("own.request.other")}
        case "settings":
            return _settings(visit, wall, words)


def _figures(worked: Hours | None, words: Texts) -> list[View]:
    if worked is None:
        return []
    shown = (
        ("own.today", worked.today),
        ("greeting.week", worked.week),
        ("greeting.last_week", worked.last_week),
        ("own.period", worked.period),
        ("own.balance", worked.balance),
    )
    return [{"label": words(key), "value": hours(seconds)} for key, seconds in shown if seconds is not None]


def _message(state: at.OwnPage, index: int, wall: Wall, words: Texts) -> View:
    message = state.visit.messages[index]
    sent = "" if message.sent_at is None else wall.since(message.sent_at, words)
    return {"text": message.text, "from": words.joined(message.sender, sent)}


def _settings(visit: Visit, wall: Wall, words: Texts) -> View:
    person = visit.person
    return {
        "languages": wall.languages(),
        "chosen": words.code,
        "switches": [
            {"name": name, "title": words(f"own.{name}"), "on": bool(value), "state": words(_on(bool(value)))}
            for name, value in (
                ("large_text", person.large_text),
                ("high_contrast", person.high_contrast),
                ("left_hand", person.left_hand),
            )
        ],
        "practise": words("own.practise"),
    }


def _on(value: bool) -> str:  # noqa: FBT001 - the two words of a switch
    return "own.on" if value else "own.off"


def requesting(state: at.Requesting, wall: Wall, words: Texts) -> View:
    """A time to set, as for a forgotten end of work; or words to write."""
    if state.claimed_at is None:
        return {
            "screen": "detail", "entry": "text", "title": words("own.request.words"), "detail": "",
            "recorded": "", "typed": state.typed, "ok": words("own.request.send"), "skip": "",
            "back": words("key.back"), "kind": "", "heading": "", "name": state.visit.person.name,
            **keyboard(wall, words),
        }  # fmt: skip
    claimed = wall.since(state.claimed_at, words)
    missing = None if state.missing is None else state.visit.missing[state.missing]
    local = state.claimed_at if missing is None else missing.since
    title = words(f"own.request.{state.kind}")
    if missing is not None:
        title = words("forgotten.title", day=words.day_short(local.astimezone(wall.site.zone)))
    return {
        "screen": "forgotten",
        "recorded": "",
        "name": state.visit.person.name,
        "kind": state.kind,
        "claims": state.kind,
        "title": title,
        "detail": words("own.request.detail")
        if missing is None
        else words("forgotten.detail", time=wall.time(missing.since, words)),
        "claimed": claimed,
        "days": missing is None,
        "day": words("own.request.day"),
        "confirm": words("own.request.confirm", time=claimed)
        if missing is None
        else words("forgotten.confirm", time=claimed),
        "later": words("key.back"),
        "undo": "",
        "next": "",
    }
