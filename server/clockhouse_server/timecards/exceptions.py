"""What is wrong or doubtful in somebody's punches, each as a code with a severity and the punches it is about."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise, zip_longest
from typing import Final, Literal

from clockhouse_server.timecards.pair import Entry, Paired, Punch

Severity = Literal["low", "medium", "high", "critical"]

STILL_AT_WORK: Final = timedelta(hours=14)
"""A shift open for longer has lost its end; until somebody says when it was, it counts nothing."""
LONG_SHIFT: Final = timedelta(hours=16)
LONG_BREAK: Final = timedelta(hours=2)
"""After that, somebody more likely went back to work without saying so: the afternoon would go unpaid."""
REPEATED: Final = timedelta(hours=1)
"""Who clocks in again within it meant the same clock-in; later, the clock-out between them is missing."""
TRAVEL: Final = timedelta(minutes=5)
"""Nobody gets from one site to another in less."""

SEVERITY: Final[dict[str, Severity]] = {
    "missing_out": "high",
    "missing_in": "high",
    "double_in": "high",
    "long_shift": "high",
    "long_break": "high",
    "break_outside": "high",
    "unproved_time": "high",
    "two_sites": "high",
    "overlap": "high",
    "missing_break_end": "medium",
    "missing_break_start": "medium",
    "break_twice": "medium",
    "unconfirmed": "medium",
    "no_job": "medium",
    "double": "low",
}
BLOCKING: Final = frozenset({"high", "critical"})
LOST: Final = frozenset({"missing_out", "missing_break_end", "double_in"})
"""What an open stretch is named by, by its first punch, once nobody is at work in it."""


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


def overlaps(open_entries: Iterable[Entry], approved: Iterable[Entry]) -> list[Problem]:
    """Stretches that run into approved ones: a punch that came late must not have an hour paid twice."""
    frozen = [(one.from_at, one.to_at) for one in approved if one.to_at is not None]
    return [
        _problem("overlap", entry.on, *filter(None, (entry.from_punch, entry.to_punch)))
        for entry in open_entries
        if any(
            entry.from_at < to_at and from_at < (entry.to_at or entry.from_at + timedelta(seconds=1))
            for from_at, to_at in frozen
        )
    ]


def _problem(code: str, on: date, *punches: str) -> Problem:
    return Problem(code, SEVERITY[code], on, punches)


def _loose(paired: Paired) -> Iterator[Problem]:
    for loose in paired.loose:
        yield _problem(loose.code, loose.on, loose.punch.id)


def _unfinished(paired: Paired, as_of: datetime | None) -> Iterator[Problem]:
    for entry, following in zip_longest(paired.entries, paired.entries[1:]):
        if entry.to_at is not None:
            continue
        running = entry not in paired.abandoned
        if running and as_of is not None and as_of - entry.shift_at <= STILL_AT_WORK:
            continue
        same_day = following is not None and following.on == entry.on
        gap = following.from_at - entry.from_at if same_day else LONG_SHIFT
        if entry.kind != "work" and gap <= LONG_BREAK:
            # Back at work without saying so: nothing but the break's end is lost.
            yield _problem("missing_break_end", entry.on, entry.from_punch)
        elif entry.kind != "work" and same_day:
            yield _problem("long_break", entry.on, entry.from_punch, following.from_punch)
        elif gap <= REPEATED:
            yield _problem("double_in", entry.on, entry.from_punch, following.from_punch)
        else:
            yield _problem("missing_out", entry.on, entry.from_punch)


def _shifts(entries: Sequence[Entry]) -> Iterator[Problem]:
    for shift_at, stretches in groupby(entries, key=lambda entry: entry.shift_at):
        shift = list(stretches)
        last = shift[-1]
        if last.to_at is not None and last.to_at - shift_at > LONG_SHIFT:
            yield _problem("long_shift", last.on, shift[0].from_punch, last.to_punch or "")
    for entry in entries:
        if entry.kind == "work" and entry.job is None:
            yield _problem("no_job", entry.on, entry.from_punch)
        if entry.kind == "unpaid_break" and entry.seconds > LONG_BREAK.total_seconds():
            yield _problem("long_break", entry.on, entry.from_punch, entry.to_punch or "")


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
