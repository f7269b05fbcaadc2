"""The pages before anybody can punch here: how to join, what to type, what to compare."""

from collections.abc import Sequence
from typing import Final

from clockhouse_kiosk.flow.joining import Joining
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts, best

KEYS: Final = ("1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:/")
"""Letters of addresses and codes are Latin ones in every language."""


def joining(wall: Wall, stands: str, pending: Sequence[str] = (), state: Joining | None = None) -> View:
    """`stands` is how the daemon is: new, no_daemon, pending, joined, leaving, wiped or broken."""
    state = Joining() if state is None else state
    words = wall.texts[best((state.language, wall.language, wall.site.language), wall.texts)]
    view = {"language": words.code, "rtl": words.right_to_left, "until": 0, "stays": 0}
    if stands in {"new", "no_daemon"} and state.page != "start":
        return {**view, **_page(state, wall, words)}
    plain = {"screen": "join", "words": "", "note": "", "setup": "", "choose": ""}
    return {**view, **plain, **_start(state, stands, pending, words)}


def leaving(words: Texts) -> View:
    """This kiosk is being let go of by its server."""
    said = {"title": words("admin.leaving"), "detail": words("admin.leaving.detail")}
    return {"screen": "join", "words": "", "note": "", "setup": "", "choose": "", **said}


def _start(state: Joining, stands: str, pending: Sequence[str], words: Texts) -> View:
    match stands:
        case "pending":
            said = {"title": words("join.words"), "words": " ".join(pending)}
            return {**said, "detail": words("join.words.detail")}
        case "broken":
            return {"title": words("join.broken"), "detail": words("join.broken.detail")}
        case "leaving":
            return leaving(words)
        case "wiped":
            return {"title": words("join.wiped"), "detail": words("join.wiped.detail")}
        case "joined":
            return {"title": words("join.roster"), "detail": words("join.roster.detail")}
        case _:
            said = {"title": words("join.title"), "detail": words("join.how")}
            offered = {"setup": words("join.type"), "choose": words("languages.title")}
            waiting = words("join.daemon") if stands == "no_daemon" else ""
            return {**said, **offered, "note": _problem(state, words) or waiting}


def _page(state: Joining, wall: Wall, words: Texts) -> View:
    match state.page:
        case "languages":
            said = {"title": words("languages.title"), "back": words("key.back")}
            return {"screen": "languages", "languages": wall.languages(words), **said}
        case "asking":
            asking = words("join.asking", server=state.server)
            plain = {"words": "", "note": "", "setup": "", "choose": ""}
            return {"screen": "join", **plain, "title": words("pin.checking"), "detail": asking}
        case _:
            return {
                "screen": "typing",
                "title": words(f"join.{state.page}"),
                "detail": _problem(state, words) or words(f"join.{state.page}.detail"),
                "problem": bool(state.problem),
                "typed": state.typed.upper() if state.page == "code" else state.typed,
                "ok": words("key.next"),
                "keyboards": [list(KEYS)],
            }


def _problem(state: Joining, words: Texts) -> str:
    """A sentence of ours where there is one; else what the daemon says, for people who administer."""
    if not state.problem:
        return ""
    ours = f"join.refused.{state.problem}"
    return words(ours) if ours in words.table else words("join.refused", told=state.told or state.problem)
