"""What the kernel says about time: is the clock synchronised, how long is it since boot, which boot is this."""

import time
from pathlib import Path
from typing import Final

from clockhouse_sync import wire

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


def clock_state() -> wire.ClockState:
    """Whether the system clock is disciplined, and the kernel's bound on its error in milliseconds."""
    from clockhouse_sync import timex  # what the first frame needs of this module is a steady clock alone

    verdict, found = timex.ask()
    synced = verdict != _TIME_ERROR and not found.status & _STA_UNSYNC
    return wire.ClockState(sync=synced, error_ms=found.maxerror // 1000)


def boottime_ms() -> int:
    """Milliseconds since this machine started, sleep included; no setting of the clock moves it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """The kernel's random name of this boot."""
    return _BOOT_ID.read_text(encoding="ascii").strip()
