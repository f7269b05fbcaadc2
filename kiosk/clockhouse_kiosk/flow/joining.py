"""A new kiosk's first start, as one pure function: its languages, the server's address, the one-time code.

Nobody can punch yet, so none of this is a state of the wall's own flow. Time leads back to the first page, and
what was typed of a code goes with it.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.words import Stamp
from clockhouse_sync.setup_code import SetupCodeError, is_setup_code, read_setup_code

TYPING: Final = 180_000
"""Milliseconds without a touch: addresses are long, and people fetch the code from another room."""
ANSWER: Final = 150_000
MOST: Final = 4096
PREFIX: Final = "https://"

Page = Literal["start", "languages", "server", "code", "asking"]


@dataclass(frozen=True, slots=True)
class Joining:
    """`typed` is what stands on the page now, a code among other things; `problem` is why it did not go on.

    `told` is the daemon's own sentence for a problem that no page has words for.
    """

    page: Page = "start"
    typed: str = field(default="", repr=False)
    server: str = PREFIX
    problem: str = ""
    told: str = ""
    language: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Ask the daemon to join; answered by JoinRefused, or by the daemon's status."""

    server: str
    code: str = field(repr=False)
    ca: bytes | None = None


Result = tuple[Joining, Join | None]


def step(state: Joining, signal: on.Signal, now: Stamp) -> Result:
    """The next page, and what to ask the daemon for; signals that mean nothing here change nothing."""
    match signal:
        case on.Tick():
            late = state.until is not None and now.boottime_ms >= state.until
            return (_late(state) if late else state), None
        case on.SetupCodeRead(text):
            return _scanned(state, text, now)
        case on.JoinRefused(code, told) if state.page == "asking":
            page: Page = "server" if code in {"bad_address", "network", "tls", "bad_ca"} else "code"
            shown = state.server if page == "server" else ""
            return _on(state, page, now, typed=shown, problem=code, told=told), None
        case on.JoinAnswered() if state.page == "asking":
            return Joining(language=state.language), None
    match state.page:
        case "start":
            return _start(state, signal, now)
        case "languages":
            return _languages(state, signal), None
        case "server" | "code":
            return _typing(state, signal, now)
        case "asking":
            return state, None


def _late(state: Joining) -> Joining:
    if state.page == "asking":
        return replace(state, page="start", until=None, problem="no_answer", told="")
    return Joining(language=state.language)


def _on(state: Joining, page: Page, now: Stamp, *, typed: str, problem: str = "", told: str = "") -> Joining:
    until = now.boottime_ms + TYPING
    return replace(state, page=page, typed=typed, problem=problem, told=told, until=until)


def _start(state: Joining, signal: on.Signal, now: Stamp) -> Result:
    """Whatever is typed here comes from a reader that types what it scans."""
    match signal:
        case on.OpenSetup():
            return _on(state, "server", now, typed=state.server), None
        case on.OpenLanguages():
            return _on(state, "languages", now, typed=""), None
        case on.Key(char):
            return _on(state, "start", now, typed=(state.typed + char)[:MOST]), None
        case on.Enter() if state.typed:
            return _scanned(state, state.typed, now)
        case on.Back() | on.Erase():
            return Joining(language=state.language), None
    return state, None


def _scanned(state: Joining, text: str, now: Stamp) -> Result:
    try:
        said = read_setup_code(text)
    except SetupCodeError as problem:
        return _on(state, "start", now, typed="", problem=problem.code, told=str(problem)), None
    return _ask(replace(state, server=said.server), Join(said.server, said.code, said.ca), now)


def _ask(state: Joining, join: Join, now: Stamp) -> Result:
    until = now.boottime_ms + ANSWER
    return replace(state, page="asking", typed="", problem="", told="", until=until), join


def _languages(state: Joining, signal: on.Signal) -> Joining:
    match signal:
        case on.PickLanguage(language):
            return Joining(server=state.server, language=language)
        case on.Back():
            return Joining(server=state.server, language=state.language)
    return state


def _typing(state: Joining, signal: on.Signal, now: Stamp) -> Result:
    typed = state.typed
    match signal:
        case on.Key(char):
            room = char.isprintable() and len(typed) < MOST
            return _on(state, state.page, now, typed=typed + char * room), None
        case on.Erase():
            return _on(state, state.page, now, typed=typed[:-1]), None
        case on.Enter() if is_setup_code(typed) or is_setup_code(typed.removeprefix(PREFIX)):
            return _scanned(state, typed.removeprefix(PREFIX), now)
        case on.Enter() if state.page == "server" and typed.strip() in {"", PREFIX}:
            return _on(state, "server", now, typed=PREFIX, problem="no_address"), None
        case on.Enter() if state.page == "server":
            return _on(replace(state, server=_address(typed)), "code", now, typed=""), None
        case on.Enter() if not typed.strip():
            return _on(state, "code", now, typed="", problem="no_code"), None
        case on.Enter():
            return _ask(state, Join(state.server, typed.strip()), now)
        case on.Back() if state.page == "code":
            return _on(state, "server", now, typed=state.server), None
        case on.Back():
            return Joining(language=state.language), None
    return state, None


def _address(typed: str) -> str:
    """As people write it: without a scheme it is the safe one."""
    address = typed.strip().rstrip("/")
    return address if "://" in address else PREFIX + address
