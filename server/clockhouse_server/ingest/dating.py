"""When a punch counts: as the device says where its clock was good, proved by a later comparison, or bounded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from clockhouse_sync import wire

GOOD_CLOCK_MS: Final = 60_000
"""A synchronised clock that owns up to more than this is as good as none."""

LONGEST_MS: Final = 100 * 366 * 86_400_000
CALENDAR: Final = range(1970, 2101)
"""A comparison that is further off, or in another year, compares nothing; and no calendar holds what it would prove."""

Basis = Literal["device", "redated", "unproved"]


class Anchor(msgspec.Struct, frozen=True):
    """A comparison with the server's clock: at `boottime_ms` since the boot it was `server_time`, give or take."""

    boottime_ms: int
    server_time: datetime
    error: timedelta


class Dated(msgspec.Struct, frozen=True, gc=False):
    """`counted_at` is what the books use; the bounds are None where the device's own clock was good."""

    counted_at: datetime
    basis: Basis
    not_before: datetime | None = None
    not_after: datetime | None = None


def anchor_of(line: wire.ClockLine) -> Anchor | None:
    """A clock line as an anchor, if it carries both times and they can be."""
    boottime, rtt = line.boottime_ms, line.rtt_ms or 0
    if line.server_time is None or boottime is None:
        return None
    try:
        server_time = wire.parse_instant(line.server_time, "server_time")
    except wire.WireError:
        return None
    if not (0 <= boottime <= LONGEST_MS and 0 <= rtt <= LONGEST_MS and server_time.year in CALENDAR):
        return None
    return Anchor(boottime, server_time, timedelta(milliseconds=rtt) / 2)


def clock_was_good(line: wire.LineHead) -> bool:
    return clock_is_good(line.clock)


def clock_is_good(clock: wire.ClockState | None) -> bool:
    return clock is not None and clock.sync and clock.error_ms <= GOOD_CLOCK_MS


def date(
    line: wire.LineHead,
    at: datetime,
    anchors: Sequence[Anchor],
    not_before: datetime | None,
    received_at: datetime,
) -> Dated:
    """When a line that says `at` was made. `anchors` are of the same boot, `not_before` proved to be before it."""
    if clock_was_good(line):
        return Dated(at, "device")
    boottime = line.boottime_ms
    if boottime is not None and anchors:
        nearest = min(anchors, key=lambda anchor: abs(anchor.boottime_ms - boottime))
        proved = nearest.server_time + timedelta(milliseconds=boottime - nearest.boottime_ms)
        return Dated(proved, "redated", proved - nearest.error, proved + nearest.error)
    guessed = min(at, received_at)
    if not_before is not None:
        guessed = min(max(guessed, not_before), received_at)
    return Dated(guessed, "unproved", not_before, received_at)
