"""The verdict on a line: accepted, a duplicate, or parked until a person has looked."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from clockhouse_server.ingest.dating import Basis, Dated
from clockhouse_sync import wire

FUTURE: Final = timedelta(minutes=10)
UNDO_WITHIN: Final = timedelta(seconds=60)
NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""When a line counts that nobody has dated yet."""
EARLIEST: Final = 1970
LATEST: Final = 2100
LONGEST_BOOT_MS: Final = 100 * 366 * 86_400_000

UNREADABLE: Final = "unreadable"
"""The code, and the epoch, of what a device sent that cannot be read as a line of its own."""


class PunchKnown(Protocol):
    """What an undo needs to know of the punch that it takes back, stored before or in the same delivery."""

    @property
    def employee_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def counted_at(self) -> datetime: ...
    @property
    def zone(self) -> str: ...


@dataclass(frozen=True)
class ClaimKnown:
    """What a confirmation needs to know of the proposal that it is about."""

    employee_id: str
    claimed_at: datetime
    open: bool


@dataclass(frozen=True)
class Books:
    """What the server knows besides the ledger. Keys of `locked` are all known people."""

    locked: Mapping[str, date | None]
    revoked: bool = False
    """Whether the device is; the rest is the same for all."""
    day_starts: int = 0
    """Minutes after midnight at which the company's days begin."""
    jobs: frozenset[str] = frozenset()
    tasks: Mapping[str, str] = field(default_factory=dict)
    punches: Mapping[str, PunchKnown] = field(default_factory=dict)
    claims: Mapping[str, ClaimKnown] = field(default_factory=dict)
    requests: AbstractSet[str] = frozenset()
    supervisors: frozenset[str] = frozenset()
    """Who leads at the device's site."""
    administrators: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    """Provisional people who turned out to be somebody else."""
    badges: Mapping[str, str] = field(default_factory=dict)
    """Canonical values by the hash under which they travelled beside a line."""
    badge_ids: Mapping[str, str] = field(default_factory=dict)
    """Canonical values by the badge's id."""
    holders: Mapping[str, str] = field(default_factory=dict)
    """Who has the live badge of a value."""


class Arrived(msgspec.Struct, gc=False):
    """A line that arrived: with its place as it was read, and from `index` on what was found out about it.

    One that cannot be read stands in an epoch of its own kind, found by its hash. `head` is None for those; `line`
    is None also where the place is good but the rest is not, so that a line with an impossible time leaves no gap
    behind which nothing is ever acknowledged. `at` is None where no calendar holds it.
    """

    device_id: str
    raw: bytes | msgspec.Raw
    hash: str
    epoch: str
    seq: int
    head: wire.LineHead | None = None
    line: wire.LineHead | None = None
    at: datetime | None = None
    index: int = 0
    """Where it stood in its delivery."""
    chain: wire.Chain = "linked"
    counted_at: datetime = NEVER
    basis: Basis = "device"
    not_before: datetime | None = None
    not_after: datetime | None = None
    """When it counts, and on what ground: as Dated."""
    zone: str = ""
    outcome: wire.Outcome = "accepted"
    code: str | None = None
    joins: bool = False
    """Whether it and the line before it in the delivery are plain punches, one after the other: see `runs`."""

    @property
    def employee_id(self) -> str:
        return (self.line.employee_id if isinstance(self.line, wire.PunchLine) else None) or ""

    def date(self, dated: Dated) -> None:
        self.counted_at, self.basis = dated.counted_at, dated.basis
        self.not_before, self.not_after = dated.not_before, dated.not_after

    def verdict(self) -> wire.Verdict:
        return wire.Verdict(
            index=self.index, epoch=self.epoch, seq=self.seq, hash=self.hash, chain=self.chain,
            outcome=self.outcome, code=self.code,
        )  # fmt: skip

    def is_passed_over(self, followers: Mapping[tuple[str, int], set[str | None]]) -> bool:
        """Whether the next place was filled before, by lines of which none follows this one."""
        links = followers.get((self.epoch, self.seq))
        return links is not None and self.hash not in links


def sane(line: wire.LineHead) -> bool:
    """Whether the instant can stand in a calendar, and the counters in a database."""
    boottime = line.boottime_ms
    return sane_instant(line.at) and (boottime is None or 0 <= boottime <= LONGEST_BOOT_MS)


def sane_instant(text: str) -> bool:
    """Whether an instant lies where time zones and databases can follow; raises WireError for no instant."""
    return can_stand(wire.parse_instant(text))


def can_stand(at: datetime) -> bool:
    """Whether time zones and databases can follow this instant."""
    return EARLIEST <= at.year <= LATEST


def judge(one: Arrived, books: Books, now: datetime) -> tuple[wire.Outcome, str | None]:
    """The outcome of a line that is new here, and why it was parked. It is stored in any case."""
    code = _code(one, books, now)
    return ("accepted", None) if code is None else ("parked", code)


def _code(one: Arrived, books: Books, now: datetime) -> str | None:
    line = one.line
    if books.revoked:
        return "revoked_key"
    if one.chain == "fork":
        return "conflict"
    match line:
        case None:
            return UNREADABLE
        case wire.PunchLine():
            return _punch(line, one, books, now)
        case wire.ProposalLine():
            return _proposal(line, books)
        case wire.UndoLine():
            return _undo(line, books)
        case wire.ConfirmLine():
            return _confirm(line, one, books)
        case wire.RequestLine():
            return _request(line, books)
        case wire.EnrolmentLine():
            return _enrolment(line, books)
        case wire.SiteJobsLine():
            return None if line.actor_id in books.supervisors else "not_supervisor"
        case _:
            return None


def _punch(line: wire.PunchLine, one: Arrived, books: Books, now: datetime) -> str | None:
    employee = line.employee_id
    if one.basis == "device" and one.counted_at > now + FUTURE:
        return "future"
    if employee is None or employee not in books.locked:
        return "unknown_employee"
    if employee in books.merged:
        return "merged_person"
    if line.job_id is not None and line.job_id not in books.jobs:
        return "unknown_job"
    if line.task_id is not None and books.tasks.get(line.task_id) != line.job_id:
        return "unknown_job"
    if is_locked(books.locked[employee], one.counted_at, one.zone, books.day_starts):
        return "locked_period"
    # The last: in a crowd the database finds it, and only of what would be written.
    return "conflict" if line.punch_id in books.punches else None


def _proposal(line: wire.ProposalLine, books: Books) -> str | None:
    if line.employee_id not in books.locked:
        return "unknown_employee"
    if line.proposal_id in books.claims:
        return "conflict"
    if line.employee_id in books.merged:
        return "merged_person"
    if line.job_id is not None and line.job_id not in books.jobs:
        return "unknown_job"
    return None


def _confirm(line: wire.ConfirmLine, one: Arrived, books: Books) -> str | None:
    claim = books.claims.get(line.proposal_id)
    if line.actor_id not in books.supervisors:
        return "not_supervisor"
    if claim is None or claim.employee_id != line.employee_id:
        return "unknown_proposal"
    if line.actor_id == line.employee_id:
        return "own_time"
    if not claim.open:
        return "settled"
    at = wire.parse_instant(line.claimed_at) if line.claimed_at else claim.claimed_at
    through = books.locked.get(line.employee_id)
    return "locked_period" if line.accepted and is_locked(through, at, one.zone, books.day_starts) else None


def _request(line: wire.RequestLine, books: Books) -> str | None:
    if line.employee_id not in books.locked:
        return "unknown_employee"
    if line.employee_id in books.merged:
        return "merged_person"
    return "conflict" if line.request_id in books.requests else None


def badge_of(line: wire.EnrolmentLine, books: Books) -> str | None:
    """The canonical value of the badge that a line is about: as it came beside the line, else by its id."""
    beside = books.badges.get(line.beside.credential or "") if line.beside else None
    if beside is not None or line.action == "given":
        return beside
    return books.badge_ids.get(line.credential_ref or "")


def _enrolment(line: wire.EnrolmentLine, books: Books) -> str | None:
    """Only a person and a badge change what the server knows; the rest is kept as it was said."""
    known = line.employee_id in books.locked
    if line.what not in {"person", "badge"}:
        return None
    if line.actor_id not in books.supervisors | books.administrators:
        return "not_supervisor"
    if line.what == "person":
        return "conflict" if known and line.action == "given" else None
    if not known:
        return "unknown_employee"
    if line.employee_id in books.merged:
        return "merged_person"
    if line.action == "withdrawn":
        return None
    value = badge_of(line, books)
    if value is None:
        return "incomplete"
    return None if books.holders.get(value, line.employee_id) == line.employee_id else "badge_taken"


def _undo(line: wire.UndoLine, books: Books) -> str | None:
    """An undo of what is not here has nothing to do; a person looks at one that comes too late."""
    punch = books.punches.get(line.punch_id)
    if punch is None:
        return None
    assert punch.at is not None  # an accepted punch has a time that a calendar holds
    if punch.device_id != line.device_id or wire.parse_instant(line.at) - punch.at > UNDO_WITHIN:
        return "conflict"
    if is_locked(books.locked.get(punch.employee_id), punch.counted_at, punch.zone, books.day_starts):
        return "locked_period"
    return None


def is_locked(through: date | None, at: datetime, zone: str, day_starts: int) -> bool:
    """Whether an instant's day, in the zone of its site, is approved already; 02:30 may belong to yesterday."""
    if through is None:
        return False
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return (wall - timedelta(minutes=day_starts)).date() <= through
