"""The state's screen by name, and its texts and choices."""

from hashlib import sha256
from typing import assert_never

from clockhouse_kiosk import idle
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering, SigningOut
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.present.administering import administering
from clockhouse_kiosk.present.answers import answer
from clockhouse_kiosk.present.asking import asking, detailing
from clockhouse_kiosk.present.joining import leaving
from clockhouse_kiosk.present.leading import leading
from clockhouse_kiosk.present.own import own_page, requesting
from clockhouse_kiosk.present.person import greeting, jobs
from clockhouse_kiosk.present.wall import View, Wall, person_of
from clockhouse_kiosk.texts import Texts


def screen(state: at.State, wall: Wall) -> View:
    """The state's screen by name, and its texts and choices."""
    state = at.shown(state)
    words, person = wall.words(state), person_of(state)
    until = state.until or 0
    stays = max(0, until - wall.now.boottime_ms) if until else 0
    left = wall.machine.hand == "left"
    comfort: View = {"gloves": wall.machine.gloves, "left": left}
    if person is not None:
        own_hand = left if person.left_hand is None else person.left_hand
        comfort |= {"large": person.large_text, "contrast": person.high_contrast, "left": own_hand}
    visit = getattr(state, "visit", None) or getattr(getattr(state, "draft", None), "visit", None)
    practice = words("practice.banner") if visit is not None and visit.practice else ""
    return {
        "language": words.code,
        "rtl": words.right_to_left,
        "until": until,
        "stays": stays,
        "practice": practice,
        **comfort,
        **_screen(state, wall, words),
    }


def _screen(state: at.State, wall: Wall, words: Texts) -> View:
    match state:
        case at.Idle() | at.Identifying():
            return {"screen": "idle", **idle.page(wall.site, wall.now.at, words)}
        case at.ChoosingLanguage():
            said = {"title": words("languages.title"), "back": words("key.back")}
            return {"screen": "languages", "languages": wall.languages(words), **said}
        case at.EnteringNumber():
            return _entry("number", state.digits, state.problem, words)
        case at.EnteringPin(claim):
            view = _entry("pin", "•" * len(state.digits), state.problem, words)
            return {**view, "most": wall.pin_digits, "keys": _mixed(claim.shuffle) if claim.shuffle else []}
        case at.CheckingPin():
            view = _entry("pin", "•" * wall.pin_digits, None, words)
            return {**view, "busy": words("pin.checking"), "most": wall.pin_digits}
        case at.Greeting():
            return greeting(state, wall, words)
        case at.ChoosingJob():
            return jobs(state, wall, words)
        case at.Detailing():
            return detailing(state, wall, words)
        case at.Asking():
            return asking(state, wall, words)
        case at.OwnPage():
            return own_page(state, wall, words)
        case at.Requesting():
            return requesting(state, wall, words)
        case Leading():
            return leading(state, wall, words)
        case at.LettingIn(_, inner):
            return _screen(inner, wall, words)
        case Administering():
            return administering(state, wall, words)
        case SigningOut():
            return leaving(words)
        case at.Saving():
            return {"screen": "saving", "title": words("saving.title")}
        case at.Recorded() | at.Undone() | at.NotRecorded() | at.Refused():
            return {"screen": "answer", **answer(state, wall, words)}
        case _:
            assert_never(state)


def _mixed(seed: str) -> list[str]:
    """The pad's digits in an order of their own for each claim, the same while it lasts."""
    digits = [str(digit) for digit in range(10)]
    return sorted(digits, key=lambda digit: sha256(f"{seed} {digit}".encode()).digest())


def _entry(kind: str, shown: str, problem: str | None, words: Texts) -> View:
    return {
        "screen": "entry",
        "entry": kind,
        "title": words(f"{kind}.title"),
        "shown": shown,
        "most": 0,
        "problem": words(f"{kind}.{problem}") if problem else "",
        "busy": "",
        "keys": [],
        "ok": words("key.ok"),
        "back": words("key.back"),
    }
