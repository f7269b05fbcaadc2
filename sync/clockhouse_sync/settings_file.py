"""A terminal's one settings file, then the environment, as each of its programs reads them; all mistakes at once."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

DEFAULT_FILE: Final = Path("/etc/clockhouse/clockhouse.toml")
TABLES: Final = ("kiosk", "reader", "sync", "vision")

Parse = Callable[[Any], Any]
"""A setting's value out of what was written; ValueError goes on after the value: "'maybe' must be true or false"."""


class SettingsError(Exception):
    """Everything that is wrong with the settings, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Given:
    """The whole file, the values of one program's settings, and what is wrong with them."""

    file: Mapping[str, Any]
    values: dict[str, Any]
    problems: list[str]

    def take(self, written: Mapping[str, Any], known: Mapping[str, Parse], prefix: str = "") -> None:
        for name, value in written.items():
            if name in known:
                self.parse(name, known[name], value, f"{prefix}{name}")
            else:
                self.problems.append(f"{prefix}{name}: no such setting{hint(name, known)}")

    def parse(self, name: str, parse: Parse, value: Any, label: str) -> None:
        try:
            self.values[name] = parse(value)
        except ValueError as wrong:
            self.problems.append(f"{label}: {value!r} {wrong}")


def gather(
    file: Path | None, environment: Mapping[str, str], section: str, own: Mapping[str, Parse]
) -> Given:
    """The shared settings and one section; other programs' sections are theirs to read.

    Without a file, or without the one at the usual place, the environment speaks alone.
    """
    problems: list[str] = []
    given = Given(_read(file, problems), {}, problems)
    tables = {name: value for name, value in given.file.items() if isinstance(value, dict | list)}
    given.take({name: value for name, value in given.file.items() if name not in {*tables, *TABLES}}, SHARED)
    table = given.file.get(section, {})
    if isinstance(table, dict):
        given.take(table, own, f"{section}.")
    else:
        problems.append(f"{section}: must be a table, written [{section}]")
    problems += [f"{name}: no such table{hint(name, TABLES)}" for name in tables if name not in TABLES]
    known = {variable(section, name): (name, parse) for name, parse in {**SHARED, **own}.items()}
    for where, value in environment.items():
        if where in known:
            given.parse(*known[where], value, where)
        elif where.startswith(variable(section, "")):
            problems.append(f"{where}: no such setting{hint(where, known)}")
    return given


def variable(section: str, name: str) -> str:
    """The environment's name of a setting."""
    return f"CLOCKHOUSE_{name}".upper() if name in SHARED else f"CLOCKHOUSE_{section}_{name}".upper()


def hint(name: str, known: Iterable[str]) -> str:
    """The word that was probably meant, else all there are."""
    words = list(known)
    close = get_close_matches(name, words, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(words)}"


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value.strip()


def path(value: Any) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise ValueError("must be an absolute path")
    return Path(value)


def switch(value: Any) -> bool:
    match value:
        case bool():
            return value
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise ValueError("must be true or false")


def whole(least: int, most: int) -> Parse:
    """A whole number within bounds."""

    def parse(value: Any) -> int:
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"must be a number from {least} to {most}")
        return number

    return parse


SHARED: Final[Mapping[str, Parse]] = {"state_dir": path, "socket": path}


def _read(file: Path | None, problems: list[str]) -> Mapping[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file != DEFAULT_FILE:
            problems.append(f"{file}: there is no such file")
    except OSError as problem:
        problems.append(f"{file}: {problem.strerror}")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        problems.append(f"{file}: {problem}")
    return {}
