"""Somebody's own page: hours, messages, what to have corrected, and how they like the wall."""

from collections.abc import Iterator
from typing import Final

import msgspec

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.own import MESSAGES_SHOWN, PAGES
from clockhouse_kiosk.flow.words import Hours, Mode, Visit
from clockhouse_kiosk.present.person import hours, initials, keyboard
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts
from clockhouse_sync.wire import Preferences, PunchKind

KINDS: Final[tuple[PunchKind, ...]] = ("in", "out", "break_start", "break_end")
SWITCHES: Final = ("large_text", "high_contrast", "left_hand")
MISSING_SHOWN: Final = 3


def own_page(state: at.OwnPage, wall: Wall, words: Texts) -> View:
    visit, modes = state.visit, _modes(state)
    return {
        "screen": "own",
        "name": visit.person.name,
        "initials": initials(visit.person.name),
        "page": state.page,
        "pages": [
            {
                "page": page,
                "title": words(f"own.{page}"),
                "count": len(visit.messages) if page == "messages" else 0,
            }
            for page in PAGES
        ],
        "modes": [
            {"mode": mode, "title": wall.numbered(number, words(f"mode.{mode}"), words)}
            for number, mode in enumerate(modes, 1)
        ],
        "said": words(f"own.said.{state.said}") if state.said else "",
        "back": words("greeting.done" if state.settled else "key.back"),
        **_page(state, len(modes) + 1, wall, words),
    }


def choices(state: at.OwnPage, wall: Wall) -> Iterator[on.Signal]:
    """What can be chosen here, in the order of the pad's digits that the buttons show."""
    visit = state.visit
    for mode in _modes(state):
        yield on.OpenMode(mode)
    match state.page:
        case "hours":
            for index in range(len(visit.missing[:MISSING_SHOWN])):
                yield on.PickMissing(index)
        case "request":
            for kind in (*KINDS, None):
                yield on.PickRequest(kind)
        case "settings":
            for language in wall.languages():
                yield on.Prefer(Preferences(language=language["code"]))
            for name in SWITCHES:
                turned = {name: not getattr(visit.person, name)}
                yield on.Prefer(msgspec.convert(turned, Preferences))
            yield on.Practise()


def _modes(state: at.OwnPage) -> tuple[Mode, ...]:
    return () if state.settled or state.visit.practice else state.visit.person.modes


def _page(state: at.OwnPage, first: int, wall: Wall, words: Texts) -> View:
    """The page, its buttons with the pad's digits from `first` on."""
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
                    wall.numbered(number, words("own.missing.row", time=wall.since(each.since, words)), words)
                    for number, each in enumerate(visit.missing[:MISSING_SHOWN], first)
                ],
            }
        case "messages":
            return {"messages": [_message(state, index, wall, words) for index in range(len(visit.messages))][:MESSAGES_SHOWN],
                    "empty": words("own.no_messages")}  # fmt: skip
        case "request":
            kinds = [
                {"kind": kind, "title": wall.numbered(number, words(f"own.request.{kind}"), words)}
                for number, kind in enumerate(KINDS, first)
            ]
            other = wall.numbered(first + len(KINDS), words("own.request.other"), words)
            return {"title": words("own.request.title"), "kinds": kinds, "other": other}
        case "settings":
            return _settings(visit, first, wall, words)


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


def _settings(visit: Visit, first: int, wall: Wall, words: Texts) -> View:
    languages = wall.languages(words, first)
    first += len(languages)
    return {
        "languages": languages,
        "chosen": words.code,
        "switches": [
            {
                "name": name,
                "title": wall.numbered(number, words(f"own.{name}"), words),
                "on": bool(getattr(visit.person, name)),
                "state": words(_on(bool(getattr(visit.person, name)))),
            }
            for number, name in enumerate(SWITCHES, first)
        ],
        "practise": wall.numbered(first + len(SWITCHES), words("own.practise"), words),
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
