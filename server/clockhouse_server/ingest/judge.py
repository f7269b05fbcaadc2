"""The verdict on a line: accepted, a duplicate, or parked until a person has looked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from clockhouse_server.ingest.dating import Dated, clock_was_good
from clockhouse_sync import ledger, wire

FUTURE: Final = timedelta(minutes=10)
UNDO_WITHIN: Final = timedelta(seconds=60)
EARLIEST: Final = 1970
LATEST: Final = 2100
LONGEST_BOOT_MS: Final = 100 * 366 * 86_400_000

UNREADABLE: Final = "unreadable"
"""The code, and the epoch, of what a device sent that cannot be read as a line of its own."""


@dataclass(frozen=True)
class PunchKnown:
    """What an undo needs to know of the punch that it takes back."""

    employee_id: str
    device_id: str
    at: datetime
    counted_at: datetime
    zone: str


@dataclass(frozen=True)
class Books:
    """What the server knows besides the ledger. Keys of `locked` are all known people."""

    revoked: bool
    locked: Mapping[str, date | None]
    day_starts: int = 0
    """Minutes after midnight at which the company's days begin."""
    jobs: frozenset[str] = frozenset()
    tasks: Mapping[str, str] = field(default_factory=dict)
    punches: Mapping[str, PunchKnown] = field(default_factory=dict)
    proposals: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Incoming:
    """A line, how it joins the chain, and when it counts. `line` is None for what cannot be read."""

    line: wire.LineHead | None
    chain: wire.Chain
    finding: ledger.Finding
    dated: Dated
    zone: str
    received_at: datetime


def sane(line: wire.LineHead) -> bool:
    """Whether the instant can stand in a calendar, and the counters in a database."""
    boottime = line.boottime_ms
    return sane_instant(line.at) and (boottime is None or 0 <= boottime <= LONGEST_BOOT_MS)


def sane_instant(text: str) -> bool:
    """Whether an instant lies where time zones and databases can follow; raises WireError for no instant."""
    return EARLIEST <= wire.parse_instant(text).year <= LATEST


def judge(incoming: Incoming, books: Books) -> tuple[wire.Outcome, str | None]:
    """The outcome, and why a line was parked. It is stored in any case."""
    if incoming.finding == "same":
        return "duplicate", None
    code = _code(incoming, books)
    return ("accepted", None) if code is None else ("parked", code)


def _code(incoming: Incoming, books: Books) -> str | None:
    line = incoming.line
    if books.revoked:
        return "revoked_key"
    if incoming.chain == "fork":
        return "conflict"
    match line:
        case None:
            return UNREADABLE
        case wire.PunchLine():
            return _punch(line, incoming, books)
        case wire.ProposalLine():
            return _proposal(line, books)
        case wire.UndoLine():
            return _undo(line, books)
        case _:
            return None


def _punch(line: wire.PunchLine, incoming: Incoming, books: Books) -> str | None:
    employee = line.employee_id
    if clock_was_good(line) and incoming.dated.counted_at > incoming.received_at + FUTURE:
        return "future"
    if employee is None or employee not in books.locked:
        return "unknown_employee"
    if line.punch_id in books.punches:
        return "conflict"
    if line.job_id is not None and line.job_id not in books.jobs:
        return "unknown_job"
    if line.task_id is not None and books.tasks.get(line.task_id) != line.job_id:
        return "unknown_job"
    if is_locked(books.locked[employee], incoming.dated.counted_at, incoming.zone, books.day_starts):
        return "locked_period"
    return None


def _proposal(line: wire.ProposalLine, books: Books) -> str | None:
    if line.employee_id not in books.locked:
        return "unknown_employee"
    if line.proposal_id in books.proposals:
        return "conflict"
    if line.job_id is not None and line.job_id not in books.jobs:
        return "unknown_job"
    return None


def _undo(line: wire.UndoLine, books: Books) -> str | None:
    """An undo of what is not here has nothing to do; a person looks at one that comes too late."""
    punch = books.punches.get(line.punch_id)
    if punch is None:
        return None
    if punch.device_id != line.device_id or wire.parse_instant(line.at) - punch.at > UNDO_WITHIN:
        return "conflict"
    if is_locked(books.locked.get(punch.employee_id), punch.counted_at, punch.zone, books.day_starts):
        return "locked_period"
    return None


def is_locked(through: date | None, at: datetime, zone: str, day_starts: int) -> bool:
    """Whether an instant's day, in the zone of its site, is approved already; 02:30 may belong to yesterday."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return through is not None and (wall - timedelta(minutes=day_starts)).date() <= through
