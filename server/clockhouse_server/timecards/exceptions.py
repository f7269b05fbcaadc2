"""What is wrong or doubtful in somebody's punches, each as a code with a severity and the punches it is about."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Final, Literal

from clockhouse_server.timecards.pair import Entry, Paired, Punch

Severity = Literal["low", "medium", "high", "critical"]

STILL_AT_WORK: Final = timedelta(hours=14)
"""A shift open for longer has lost its end; until somebody says when it was, it counts nothing."""
LONG_SHIFT: Final = timedelta(hours=16)
TRAVEL: Final = timedelta(minutes=5)
"""Nobody gets from one site to another in less."""

SEVERITY: Final[dict[str, Severity]] = {
    "missing_out": "high",
    "missing_in": "high",
    "long_shift": "high",
    "unproved_time": "high",
    "two_sites": "high",
    "missing_break_end": "medium",
    "missing_break_start": "medium",
    "break_outside": "medium",
    "unconfirmed": "medium",
    "no_job": "medium",
    "double": "low",
}
BLOCKING: Final = frozenset({"high", "critical"})


@dataclass(frozen=True)
class Problem:
    """`code` names the sentence that people read; `punches` are the ids it is about, in order of time."""

    code: str
    severity: Severity
    on: date
    punches: tuple[str, ...]


def find(paired: Paired, as_of: datetime | None = None) -> list[Problem]:
    """Every problem, in order of day. With `as_of`, a young open shift is somebody still at work."""
    problems = [
        *_loose(paired),
        *_unfinished(paired, as_of),
        *_shifts(paired.entries),
        *_punches(paired),
        *_sites(paired),
    ]
    return sorted(problems, key=lambda problem: (problem.on, problem.code, problem.punches))


def _problem(code: str, on: date, *punches: str) -> Problem:
    return Problem(code, SEVERITY[code], on, punches)


def _loose(paired: Paired) -> Iterator[Problem]:
    for loose in paired.loose:
        yield _problem(loose.code, loose.on, loose.punch.id)


def _unfinished(paired: Paired, as_of: datetime | None) -> Iterator[Problem]:
    for entry in paired.entries:
        if entry.to_at is not None:
            continue
        running = entry not in paired.abandoned
        if running and as_of is not None and as_of - entry.shift_at <= STILL_AT_WORK:
            continue
        # Who went on break and never came back has lost no work: all before the break is whole.
        yield _problem(
            "missing_out" if entry.kind == "work" else "missing_break_end", entry.on, entry.from_punch
        )


def _shifts(entries: Sequence[Entry]) -> Iterator[Problem]:
    for shift_at, stretches in groupby(entries, key=lambda entry: entry.shift_at):
        shift = list(stretches)
        last = shift[-1]
        if last.to_at is not None and last.to_at - shift_at > LONG_SHIFT:
            yield _problem("long_shift", last.on, shift[0].from_punch, last.to_punch or "")
    for entry in entries:
        if entry.kind == "work" and entry.job is None:
            yield _problem("no_job", entry.on, entry.from_punch)


def _punches(paired: Paired) -> Iterator[Problem]:
    days = _days(paired)
    starts = {entry.from_punch for entry in paired.entries if entry.from_at == entry.shift_at}
    for punch in paired.used:
        if punch.unconfirmed:
            yield _problem("unconfirmed", days[punch.id], punch.id)
        if punch.unproved:
            yield _problem("unproved_time", days[punch.id], punch.id)
        if punch.kind == "transfer" and punch.id in starts:
            yield _problem("missing_in", days[punch.id], punch.id)


def _sites(paired: Paired) -> Iterator[Problem]:
    days = _days(paired)
    placed: Iterable[Punch] = (punch for punch in paired.used if punch.site is not None)
    for before, after in pairwise(placed):
        if before.site != after.site and after.at - before.at < TRAVEL:
            yield _problem("two_sites", days[after.id], before.id, after.id)


def _days(paired: Paired) -> dict[str, date]:
    days = {entry.from_punch: entry.on for entry in paired.entries}
    days.update({entry.to_punch: entry.on for entry in paired.entries if entry.to_punch})
    return days
