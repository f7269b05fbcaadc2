"""The kiosk's settings: TOML, then the environment, all mistakes told at once."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from clockhouse_drivers.reader import KINDS, ReaderSettings

DEFAULT_FILE: Final = Path("/etc/clockhouse/clockhouse.toml")
OWN_TABLES: Final = ("kiosk", "reader")
OTHER_TABLES: Final = ("sync", "vision")


class SettingsError(ValueError):
    """What is wrong with the settings: every mistake, one a line, with the fix."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Settings:
    """`state_dir` and `socket` stand at the top of the file, the readers are `[[reader]]`, the rest is `[kiosk]`."""

    state_dir: Path = Path("/var/lib/clockhouse")
    socket: Path | None = None
    language: str | None = None
    fullscreen: bool = True
    pin_digits: int = 6
    gloves: bool = False
    hand: str = "right"
    motion: bool = True
    readers: tuple[ReaderSettings, ...] = field(default=())

    @property
    def link(self) -> Path:
        """Where the sync daemon listens."""
        return self.socket if self.socket is not None else self.state_dir / "sync.sock"


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a path in quotes")
    return Path(value).expanduser()


def _language(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError('must be a language code in quotes, like "de"')
    return value


def _flag(value: Any) -> bool:
    match value:
        case bool():
            return value
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise ValueError("must be true or false")


def _hand(value: Any) -> str:
    if value not in {"right", "left"}:
        raise ValueError('must be "right" or "left"')
    return str(value)


def _digits(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 4 <= value <= 12:
        raise ValueError("must be a number from 4 to 12")
    return value


_TOP: Final[Mapping[str, Callable[[Any], Any]]] = {"state_dir": _path, "socket": _path}
_KIOSK: Final[Mapping[str, Callable[[Any], Any]]] = {
    "language": _language,
    "fullscreen": _flag,
    "pin_digits": _digits,
    "gloves": _flag,
    "hand": _hand,
    "motion": _flag,
}
_READER: Final[Mapping[str, type]] = {"kind": str, "port": str, "protocol": str, "baud": int, "form": str}


def variable(name: str) -> str:
    """The environment's name of a setting."""
    return f"CLOCKHOUSE_{name}".upper() if name in _TOP else f"CLOCKHOUSE_KIOSK_{name}".upper()


def names() -> list[str]:
    """Every setting as the file spells it."""
    kiosk = [f"kiosk.{each.name}" for each in fields(Settings) if each.name in _KIOSK]
    return [*_TOP, *kiosk, *(f"reader.{name}" for name in _READER)]


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a file and the environment; only the file at the usual place may be missing.

    Raises SettingsError with all mistakes.
    """
    mistakes: list[str] = []
    table = _read(path, mistakes)
    values: dict[str, Any] = {}
    kiosk = table.get("kiosk", {})
    if not isinstance(kiosk, dict):
        mistakes.append("kiosk: must be a table, written [kiosk]")
        kiosk = {}
    top = {name: value for name, value in table.items() if not isinstance(value, dict | list)}
    _take(top, _TOP, "", values, mistakes)
    _take(kiosk, _KIOSK, "kiosk.", values, mistakes)
    tables = (*OWN_TABLES, *OTHER_TABLES)
    strange = [name for name in table if name not in top and name not in tables]
    mistakes.extend(f"{name}: no such table{_hint(name, tables)}" for name in strange)
    for name, parse in {**_TOP, **_KIOSK}.items():
        if (text := environment.get(variable(name))) is not None:
            _parse(text, parse, variable(name), name, values, mistakes)
    readers = _readers(table.get("reader", []), mistakes)
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(readers=readers, **values)


def _read(path: Path | None, mistakes: list[str]) -> dict[str, Any]:
    if path is None or (path == DEFAULT_FILE and not path.exists()):
        return {}
    if not path.exists():
        mistakes.append(f"{path}: there is no such file")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        mistakes.append(f"{path}: {problem}")
        return {}


def _take(
    given: Mapping[str, Any],
    known: Mapping[str, Callable[[Any], Any]],
    prefix: str,
    values: dict[str, Any],
    mistakes: list[str],
) -> None:
    for name, value in given.items():
        if name in known:
            _parse(value, known[name], prefix + name, name, values, mistakes)
        else:
            mistakes.append(f"{prefix}{name}: no such setting{_hint(name, known)}")


def _parse(
    value: Any,
    parse: Callable[[Any], Any],
    label: str,
    name: str,
    values: dict[str, Any],
    mistakes: list[str],
) -> None:
    try:
        values[name] = parse(value)
    except ValueError as problem:
        mistakes.append(f"{label}: {problem}")


def _readers(given: Any, mistakes: list[str]) -> tuple[ReaderSettings, ...]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        mistakes.append("reader: write each reader as a table of its own, [[reader]]")
        return ()
    return tuple(reader for index, each in enumerate(given) for reader in _reader(index, each, mistakes))


def _reader(index: int, given: Mapping[str, Any], mistakes: list[str]) -> list[ReaderSettings]:
    label, before = f"reader[{index}]", len(mistakes)
    for name, value in given.items():
        if name not in _READER:
            mistakes.append(f"{label}.{name}: no such setting{_hint(name, _READER)}")
        elif not isinstance(value, _READER[name]) or isinstance(value, bool):
            mistakes.append(f"{label}.{name}: must be {'text' if _READER[name] is str else 'a number'}")
    kind = given.get("kind")
    if kind not in KINDS:
        mistakes.append(f"{label}.kind: must be one of {', '.join(KINDS)}")
    if len(mistakes) > before:
        return []
    reader = ReaderSettings(**given)
    problem = reader.problem()
    if problem is not None:
        mistakes.append(f"{label}: {problem}")
    return [reader]


def _hint(name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
