"""What a stretch counts as: how many seconds, in which category, whether it can be billed, and why.

No rounding and no premium is applied: counted seconds are worked seconds, all of them regular or paid break.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from clockhouse_server.timecards.pair import Entry, EntryKind

RULES: Final = "plain/1"
"""Name and version of the rules below; frozen entries keep it."""

Category = Literal["regular", "paid_break", "unpaid_break"]
Step = Mapping[str, Any]


@dataclass(frozen=True)
class Flags:
    """What keeps work on a job off invoices."""

    job: bool = True
    task: bool = True
    in_house: bool = False


@dataclass(frozen=True)
class Classified:
    """An entry with what it counts as; `unbillable_because` is None where it can be billed."""

    entry: Entry
    category: Category
    counted_seconds: int
    unbillable_because: str | None
    trace: tuple[Step, ...]

    @property
    def billable(self) -> bool:
        return self.unbillable_because is None


def classify(entry: Entry, flags: Flags | None, zone: str) -> Classified:
    """The entry under the rules; `flags` are its job's, None without a job, `zone` is where times are told."""
    because = _unbillable_because(entry, flags)
    steps = (
        _step("pair", f"{_clock(entry, zone)}: {entry.seconds} s of {entry.kind.replace('_', ' ')}"),
        _step("round", f"not rounded: {entry.worked_seconds} s count"),
        _step("billable", "can be billed" if because is None else f"not billed: {because}"),
    )
    return Classified(entry, category_of(entry.kind), entry.worked_seconds, because, steps)


def category_of(kind: EntryKind) -> Category:
    """What time of a kind is paid as."""
    return "regular" if kind == "work" else kind


def _unbillable_because(entry: Entry, flags: Flags | None) -> str | None:
    if entry.kind != "work":
        return "it is a break"
    if flags is None:
        return "it is on no job"
    if flags.in_house:
        return "the customer is in-house"
    if not flags.job:
        return "the job is not billable"
    return None if flags.task else "the task is not billable"


def _clock(entry: Entry, zone: str) -> str:
    there = ZoneInfo(zone)
    end = "open" if entry.to_at is None else f"{entry.to_at.astimezone(there):%H:%M:%S}"
    return f"{entry.from_at.astimezone(there):%H:%M:%S} to {end}"


def _step(rule: str, says: str) -> Step:
    return {"rule": rule, "version": RULES, "says": says}
