"""Pairing: punches in, stretches of work and break out. Each punch bounds a stretch or comes back as loose.

Stretches follow each other without overlap; a transfer is one instant that ends one and begins the next.
A day belongs to the shift that began on it, in the zone of the shift's first punch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal["in", "out", "break_start", "break_end", "transfer"]
EntryKind = Literal["work", "paid_break", "unpaid_break"]
Action = Literal["add", "change", "void", "restore", "assign"]

DOUBLE: Final = timedelta(seconds=60)
"""The same punch twice within a minute is one punch held twice against the reader."""
SHIFT_ENDS: Final = timedelta(hours=24)
"""No punch ends a shift that began a whole day before: the one lacks its end, the other its beginning."""
PAID_BREAKS: Final = frozenset({"rest", "paid"})
"""Break codes that count as worked; every other break, and one without a code, does not."""

_AT_ONE_INSTANT: Final = {"break_end": 0, "out": 1, "in": 2, "transfer": 3, "break_start": 4}


@dataclass(frozen=True)
class Punch:
    """A punch as the books see it: `at` is what they count, in whole seconds of `zone`'s wall."""

    id: str
    kind: Kind
    at: datetime
    zone: str
    job: str | None = None
    task: str | None = None
    site: str | None = None
    break_code: str | None = None
    unconfirmed: bool = False
    unproved: bool = False
    undone: bool = False


@dataclass(frozen=True)
class Fix:
    """An adjustment as pairing needs it. `punch_id` names a punch or the fix that added one."""

    id: str
    action: Action
    made_at: datetime
    order: int
    punch_id: str | None = None
    kind: Kind | None = None
    at: datetime | None = None
    zone: str = "UTC"
    job: str | None = None
    task: str | None = None
    site: str | None = None
    break_code: str | None = None
    unproved: bool = False


def folded(punches: Iterable[Punch], fixes: Iterable[Fix]) -> list[Punch]:
    """Every punch with its corrections, also those that do not count (`undone`), in order of time."""
    known = {punch.id: punch for punch in punches}
    for fix in sorted(fixes, key=lambda fix: fix.order):
        _apply(known, fix)
    return in_order(known.values())


def counting(punches: Iterable[Punch]) -> list[Punch]:
    """Those of them that count: neither undone at the kiosk nor voided by the office."""
    return [punch for punch in punches if not punch.undone]


def _apply(known: dict[str, Punch], fix: Fix) -> None:
    if fix.action in {"add", "assign"}:
        if fix.kind is None or fix.at is None:
            raise ValueError(f"adjustment {fix.id} adds a punch without kind or time")
        punch_id = fix.punch_id if fix.action == "assign" and fix.punch_id else fix.id
        known[punch_id] = Punch(
            punch_id, fix.kind, fix.at, fix.zone, fix.job, fix.task, fix.site,
            break_code=fix.break_code, unproved=fix.unproved,
        )  # fmt: skip
        return
    punch = known.get(fix.punch_id or "")
    if punch is None:
        return  # it corrects a punch of a range that nobody asked for here
    match fix.action:
        case "void":
            known[punch.id] = replace(punch, undone=True)
        case "restore":
            known[punch.id] = replace(punch, undone=False)
        case "change":
            known[punch.id] = replace(
                punch,
                at=fix.at or punch.at,
                kind=fix.kind or punch.kind,
                job=fix.job or punch.job,
                task=fix.task if fix.job or fix.task else punch.task,
                unconfirmed=False,
                # Who states the time or what it was has looked; another job proves nothing.
                unproved=punch.unproved and fix.at is None and fix.kind is None,
            )


def in_order(punches: Iterable[Punch]) -> list[Punch]:
    """By time, and at one instant so that what ends comes before what begins."""
    return sorted(punches, key=lambda punch: (punch.at, _AT_ONE_INSTANT[punch.kind], punch.id))


@dataclass(frozen=True)
class Entry:
    """A stretch of one kind on one job. An open one has no `to_at` and counts no seconds."""

    kind: EntryKind
    on: date
    from_at: datetime
    to_at: datetime | None
    from_punch: str
    to_punch: str | None
    job: str | None
    task: str | None
    site: str | None
    shift_at: datetime
    break_code: str | None = None

    @property
    def seconds(self) -> int:
        """How long it lasted."""
        return 0 if self.to_at is None else int((self.to_at - self.from_at).total_seconds())

    @property
    def worked_seconds(self) -> int:
        """What counts as worked: work and paid breaks."""
        return 0 if self.kind == "unpaid_break" else self.seconds


@dataclass(frozen=True)
class Loose:
    """A punch that bounds no stretch, and why: missing_in, double, break_twice, break_outside or missing_break_start."""

    punch: Punch
    code: str
    on: date


@dataclass(frozen=True)
class Paired:
    """`used` holds each punch that bounds an entry, once. Only the newest entry may be open and still running."""

    entries: tuple[Entry, ...]
    loose: tuple[Loose, ...]
    used: tuple[Punch, ...]
    abandoned: tuple[Entry, ...] = ()
    """The open entries whose end never came, because something else began or a day went by."""


def work_day(at: datetime, zone: str, day_starts: int) -> date:
    """The day an instant counts for; `day_starts` is in minutes: with 240, 02:30 belongs to yesterday."""
    # Wall-clock arithmetic on purpose: days start at 04:00 by the clock, also when it was moved at 02:00.
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return (wall - timedelta(minutes=day_starts)).date()


def pair(punches: Iterable[Punch], *, day_starts: int = 0) -> Paired:
    """Stretches and loose punches. Neither loses nor invents a punch; the order of the input is irrelevant."""
    pairing = _Pairing(day_starts)
    for punch in in_order(replace(punch, at=punch.at.replace(microsecond=0)) for punch in punches):
        pairing.take(punch)
    return pairing.finished()


@dataclass
class _Shift:
    on: date
    began_at: datetime
    kind: EntryKind
    start: Punch
    job: str | None
    task: str | None
    site: str | None


class _Pairing:
    """The shift so far, and what came out of the punches taken."""

    def __init__(self, day_starts: int) -> None:
        self._day_starts = day_starts
        self._shift: _Shift | None = None
        self._last: Punch | None = None
        self._entries: list[Entry] = []
        self._abandoned: list[Entry] = []
        self._loose: list[Loose] = []
        self._used: list[Punch] = []

    def take(self, punch: Punch) -> None:
        shift = self._shift
        if shift is not None and punch.at - shift.began_at > SHIFT_ENDS:
            self._abandon(shift)
            shift = None
        double = self._is_double(punch)
        self._last = punch
        if double:
            self._put_aside(punch, "double")
            return
        if shift is None:
            self._begin(punch)
        elif shift.kind == "work":
            self._while_working(shift, punch)
        else:
            self._while_on_break(shift, punch)

    def _is_double(self, punch: Punch) -> bool:
        last = self._last
        return (
            last is not None
            and last.kind == punch.kind
            and punch.at - last.at <= DOUBLE
            and len({punch.site, last.site} - {None}) < 2  # at two sites, somebody must look
            and punch.job in {last.job, None}
            and punch.task in {last.task, None}
        )

    def _begin(self, punch: Punch) -> None:
        match punch.kind:
            case "in" | "transfer":
                on = work_day(punch.at, punch.zone, self._day_starts)
                self._open(punch, on, punch.at, "work", punch.job, punch.task, punch.site)
            case "out":
                self._put_aside(punch, "missing_in")
            case "break_start" | "break_end":
                self._put_aside(punch, "break_outside")

    def _while_working(self, shift: _Shift, punch: Punch) -> None:
        match punch.kind:
            case "in" if punch.at - shift.start.at > DOUBLE:
                self._abandon(shift)
                self._begin(punch)
            case "in" | "transfer":  # an in right after an in is a change of mind about the job
                self._close(shift, punch)
                self._go_on(shift, punch)
            case "out":
                self._close(shift, punch)
            case "break_start":
                self._close(shift, punch)
                kind: EntryKind = "paid_break" if punch.break_code in PAID_BREAKS else "unpaid_break"
                self._open(punch, shift.on, shift.began_at, kind, shift.job, shift.task, shift.site)
            case "break_end":
                self._put_aside(punch, "missing_break_start")

    def _while_on_break(self, shift: _Shift, punch: Punch) -> None:
        match punch.kind:
            case "in":
                self._abandon(shift)
                self._begin(punch)
            case "out":
                self._close(shift, punch)
            case "break_start":
                self._put_aside(punch, "break_twice")
            case "break_end" | "transfer":
                self._close(shift, punch)
                self._go_on(shift, punch)

    def _go_on(self, shift: _Shift, punch: Punch) -> None:
        """Work within the shift, on the punch's job or, where it names none, on the one before."""
        job, task = (punch.job, punch.task) if punch.job else (shift.job, shift.task)
        self._open(punch, shift.on, shift.began_at, "work", job, task, punch.site or shift.site)

    def _open(
        self,
        punch: Punch,
        on: date,
        began_at: datetime,
        kind: EntryKind,
        job: str | None,
        task: str | None,
        site: str | None,
    ) -> None:
        if punch not in self._used[-1:]:
            self._used.append(punch)
        self._shift = _Shift(on, began_at, kind, punch, job, task, site)

    def _close(self, shift: _Shift, punch: Punch) -> None:
        self._used.append(punch)
        self._entries.append(_entry(shift, punch))
        self._shift = None

    def _abandon(self, shift: _Shift) -> None:
        entry = _entry(shift, None)
        self._entries.append(entry)
        self._abandoned.append(entry)
        self._shift = None

    def _put_aside(self, punch: Punch, code: str) -> None:
        on = self._shift.on if self._shift else work_day(punch.at, punch.zone, self._day_starts)
        self._loose.append(Loose(punch, code, on))

    def finished(self) -> Paired:
        if self._shift is not None:
            self._entries.append(_entry(self._shift, None))
        return Paired(tuple(self._entries), tuple(self._loose), tuple(self._used), tuple(self._abandoned))


def _entry(shift: _Shift, end: Punch | None) -> Entry:
    return Entry(
        kind=shift.kind,
        on=shift.on,
        from_at=shift.start.at,
        to_at=end.at if end else None,
        from_punch=shift.start.id,
        to_punch=end.id if end else None,
        job=shift.job,
        task=shift.task,
        site=shift.site,
        shift_at=shift.began_at,
        break_code=shift.start.break_code,
    )
