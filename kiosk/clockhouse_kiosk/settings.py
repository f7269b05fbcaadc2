"""The kiosk's settings."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, Final

from clockhouse_drivers.reader import KINDS, ReaderSettings
from clockhouse_sync import settings_file
from clockhouse_sync.settings_file import Parse, SettingsError, hint, switch, whole


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
    dim_after: int = 10
    night: tuple[time, time] | None = None
    volume: int = 80
    brightness: int = 100
    readers: tuple[ReaderSettings, ...] = field(default=())

    @property
    def link(self) -> Path:
        """Where the sync daemon listens."""
        return self.socket if self.socket is not None else self.state_dir / "sync.sock"


def load(file: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a file and the environment; only the file at the usual place may be missing.

    Raises SettingsError with all mistakes.
    """
    settings, problems = look(file, environment)
    if problems:
        raise SettingsError(problems)
    return settings


def look(file: Path | None, environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings as far as they make sense, and everything that is wrong with them."""
    given = settings_file.gather(file, environment, "kiosk", OWN)
    readers = _readers(given.file.get("reader", []), given.problems)
    return Settings(readers=readers, **given.values), given.problems


def _language(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError('must be a language code in quotes, like "de"')
    return value


def _hand(value: Any) -> str:
    if value not in {"right", "left"}:
        raise ValueError('must be "right" or "left"')
    return str(value)


def _night(value: Any) -> tuple[time, time]:
    found = (
        re.fullmatch(r"((?:[01]\d|2[0-3]):[0-5]\d)\s*[-–]\s*((?:[01]\d|2[0-3]):[0-5]\d)", value)
        if isinstance(value, str)
        else None
    )
    if found is None:
        raise ValueError('must be two times in quotes, like "21:30-05:00"')
    return time.fromisoformat(found[1]), time.fromisoformat(found[2])


OWN: Final[Mapping[str, Parse]] = {
    "language": _language,
    "fullscreen": switch,
    "pin_digits": whole(4, 12),
    "gloves": switch,
    "hand": _hand,
    "motion": switch,
    "dim_after": whole(0, 240),
    "night": _night,
    "volume": whole(0, 100),
    "brightness": whole(10, 100),
}
READER: Final[Mapping[str, type]] = {
    "kind": str,
    "port": str,
    "protocol": str,
    "baud": int,
    "form": str,
    "role": str,
}


def _readers(given: Any, mistakes: list[str]) -> tuple[ReaderSettings, ...]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        mistakes.append("reader: write each reader as a table of its own, [[reader]]")
        return ()
    return tuple(reader for index, each in enumerate(given) for reader in _reader(index, each, mistakes))


def _reader(index: int, given: Mapping[str, Any], mistakes: list[str]) -> list[ReaderSettings]:
    label, before = f"reader[{index}]", len(mistakes)
    for name, value in given.items():
        if name not in READER:
            mistakes.append(f"{label}.{name}: no such setting{hint(name, READER)}")
        elif not isinstance(value, READER[name]) or isinstance(value, bool):
            mistakes.append(f"{label}.{name}: must be {'text' if READER[name] is str else 'a number'}")
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
