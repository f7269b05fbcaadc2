"""Ends of work that nobody punched: when they are missed, and what to propose."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from clockhouse_kiosk.flow.words import Forgotten, Standing
from clockhouse_kiosk.history import OwnPunch
from clockhouse_sync import wire

AFTER: Final = timedelta(hours=14)
OVERNIGHT: Final = timedelta(hours=13)
"""Shorter than most ways home and back, longer than night shifts."""
USUAL_SHIFT: Final = timedelta(hours=8, minutes=30)
NEAR_A_SHIFT: Final = timedelta(hours=3)
"""So far from a planned beginning, work still belongs to that shift."""
LOOK_BACK: Final = timedelta(days=7)
LATE: Final = timedelta(hours=3)
"""So long after a planned end, somebody may still be at work."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a proposal is made from: own punches that stand, oldest first, and planned shifts."""

    zone: ZoneInfo
    punches: Sequence[OwnPunch]
    shifts: Sequence[wire.Shift] = ()
    claimed: Container[str | None] = ()
    """Punches whose end somebody has named already."""
    covered: Container[str] = ()
    """Punches that the books had when they told what they miss."""


def missing(
    habits: Habits,
    standing: Standing,
    told: Iterable[wire.MissingOut],
    at: datetime,
) -> tuple[Forgotten, ...]:
    """Every end of work that is missing as of `at`, newest first; `told` are those that the books know of."""
    found: dict[str | None, Forgotten] = {}
    if (
        standing.since is not None
        and is_forgotten(standing, at, habits.zone)
        and not _is_planned(habits, standing.since, at)
    ):
        found[standing.punch_id] = _forgotten(habits, standing.since, at, standing.punch_id)
    for since, until, punch_id in _open(habits):
        if (
            punch_id not in habits.claimed
            and at - since <= LOOK_BACK
            and _is_too_long(since, until, habits.zone)
        ):
            found.setdefault(punch_id, _forgotten(habits, since, until, punch_id))
    for each in told:
        since = wire.parse_instant(each.since)
        if each.punch_id not in habits.claimed and _is_too_long(since, at, habits.zone):
            found.setdefault(each.punch_id, _forgotten(habits, since, at, each.punch_id))
    return tuple(sorted(found.values(), key=lambda each: each.since, reverse=True))


def is_forgotten(standing: Standing, at: datetime, zone: ZoneInfo) -> bool:
    return standing.where != "out" and standing.since is not None and _is_too_long(standing.since, at, zone)


def _open(habits: Habits) -> Iterable[tuple[datetime, datetime, str]]:
    """Work that was followed by coming in again: since when, until then, and the punch it was last known by.

    Of what the books had, they say themselves what is missing.
    """
    for before, after in pairwise(habits.punches):
        if after.punch_id not in habits.covered and before.kind != "out" and after.kind == "in":
            yield before.at, after.at, before.punch_id


def _is_too_long(since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    gone = until - since
    same_day = since.astimezone(zone).date() == until.astimezone(zone).date()
    return gone > AFTER or (not same_day and gone > OVERNIGHT)


def _forgotten(habits: Habits, since: datetime, until: datetime, punch_id: str | None) -> Forgotten:
    guess = _quarter(min(_usual_end(habits, since), until))
    return Forgotten(since, max(since, guess), until, punch_id)


def _is_planned(habits: Habits, since: datetime, at: datetime) -> bool:
    """Whether work that began then is planned to go on until about now."""
    planned = _planned_end(habits, since)
    return planned is not None and at <= planned + LATE


def _planned_end(habits: Habits, since: datetime) -> datetime | None:
    for shift in habits.shifts:
        begins, ends = wire.parse_instant(shift.from_at), wire.parse_instant(shift.to_at)
        if abs(begins - since) <= NEAR_A_SHIFT and ends > since:
            return ends
    return None


def _usual_end(habits: Habits, since: datetime) -> datetime:
    """The end of the shift that was planned then; else the time of day at which they last left; else a usual shift."""
    planned = _planned_end(habits, since)
    if planned is not None:
        return planned
    for punch in reversed(habits.punches):
        if punch.kind == "out":
            left, day = punch.at.astimezone(habits.zone), since.astimezone(habits.zone).date()
            end = datetime.combine(day, left.time(), habits.zone).astimezone(since.tzinfo)
            return end if end > since else since + USUAL_SHIFT
    return since + USUAL_SHIFT


def _quarter(at: datetime) -> datetime:
    """The quarter of an hour before, as people remember times."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
