"""Sentences by code, one table a language; and how times and days are said in it."""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from unicodedata import bidirectional

FOLDER: Final = Path(__file__).parent / "strings"
FALLBACK: Final = "en"
PSEUDO: Final = "en-XA"
ISOLATE: Final = "\u2068"  # so that a number or a Latin name inside an Arabic sentence keeps its place
RIGHT_TO_LEFT: Final = "\u200f"
LEFT_TO_RIGHT: Final = "\u200e"
END_ISOLATE: Final = "\u2069"
_ACCENTS: Final = str.maketrans("aeiouyAEIOUYncs", "áéîöûýÁÉÎÖÛÝñçš")


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's sentences."""

    code: str
    table: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a code, filled in; a missing code shows itself, so that nothing fails at the wall."""
        sentence = str(self.table.get(key, key))
        if not values or not self._runs_both_ways(str(value) for value in values.values()):
            return sentence.format(**values)
        apart = {name: f"{ISOLATE}{value}{END_ISOLATE}" for name, value in values.items()}
        return self._direction + sentence.format(**apart)

    def joined(self, *parts: str) -> str:
        """Parts one after the other, each in its own direction of writing."""
        return self._in_a_row(" · ", parts)

    def listed(self, *parts: str) -> str:
        """Names, or what belongs together, with the language's own comma."""
        return self._in_a_row("\u060c " if self.right_to_left else ", ", parts)

    def _in_a_row(self, between: str, parts: Sequence[str]) -> str:
        shown = [part for part in parts if part]
        if not self._runs_both_ways(shown):
            return between.join(shown)
        return self._direction + between.join(f"{ISOLATE}{part}{END_ISOLATE}" for part in shown)

    def _runs_both_ways(self, parts: Iterable[str]) -> bool:
        """In a language from right to left numbers do; elsewhere only somebody's Arabic name does."""
        return self.right_to_left or any(
            bidirectional(char) in {"R", "AL"} for part in parts for char in part if char > "\u0590"
        )

    @property
    def _direction(self) -> str:
        """Said first, so that a sentence that begins with a name keeps the direction of its language."""
        return RIGHT_TO_LEFT if self.right_to_left else LEFT_TO_RIGHT

    @property
    def right_to_left(self) -> bool:
        return bool(self.table.get("direction") == "rtl")

    @property
    def keyboard(self) -> Sequence[str]:
        """Rows of keys."""
        return list(self.table["keyboard"])

    def day(self, at: datetime) -> str:
        return self._date("date", "weekdays", at)

    def day_short(self, at: datetime) -> str:
        return self._date("date_short", "weekdays_short", at)

    def weekday_short(self, at: datetime) -> str:
        return str(self.table["weekdays_short"][at.weekday()])

    def time(self, at: datetime, hour_cycle: int) -> str:
        """A local time of day, in 24 or 12 hours."""
        if hour_cycle == 24:
            return f"{at:%H:%M}"
        return f"{(at.hour - 1) % 12 + 1}:{at:%M}\u00a0{self.half(at)}"

    def half(self, at: datetime) -> str:
        return self("am" if at.hour < 12 else "pm")

    def _date(self, pattern: str, weekdays: str, at: datetime) -> str:
        weekday, month = self.table[weekdays][at.weekday()], self.table["months"][at.month - 1]
        return self(pattern, weekday=weekday, day=at.day, month=month)


def best(wanted: Iterable[str | None], known: Container[str]) -> str:
    """The first of the wanted languages that is known, if need be without its region; else the fallback."""
    for code in wanted:
        for spelled in (code, code.split("-")[0]) if code is not None else ():
            if spelled in known:
                return spelled
    return FALLBACK


def load(folder: Path = FOLDER) -> dict[str, Texts]:
    """Every language that ships, and the pseudo-language that shows what is not translated or too narrow."""
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}
    found[PSEUDO] = Texts(PSEUDO, pseudo(found[FALLBACK].table))
    return found


def load_best(wanted: Iterable[str | None], folder: Path = FOLDER) -> Texts:
    """The best of the languages that ship, without reading the others."""
    paths = {path.stem: path for path in folder.glob("*.json")}
    return _read(paths[best(wanted, paths)])


def _read(path: Path) -> Texts:
    return Texts(path.stem, json.loads(path.read_text(encoding="utf-8")))


def pseudo(table: Mapping[str, Any]) -> dict[str, Any]:
    """English with accents and a third longer, as German and French are; names of values stay."""
    kept = {"direction", "keyboard", "date", "date_short"}
    return {
        key: value if key in kept or not isinstance(value, str) else _stretched(value)
        for key, value in table.items()
    }


def _stretched(sentence: str) -> str:
    parts = sentence.replace("}", "{").split("{")
    accented = [
        "{" + part + "}" if index % 2 else part.translate(_ACCENTS) for index, part in enumerate(parts)
    ]
    return "[" + "".join(accented) + "~" * (len(sentence) // 3) + "]"
