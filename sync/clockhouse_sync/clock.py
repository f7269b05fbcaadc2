"""What the kernel says about time: is the clock synchronised, how long is it since boot, which boot is this."""

import ctypes
import errno
import os
import time
from pathlib import Path
from typing import Final

from clockhouse_sync import wire

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>, which is the same on all 64-bit Linux machines."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("spare", ctypes.c_int * 11),
    )


def clock_state() -> wire.ClockState:
    """Whether the system clock is disciplined, and the kernel's bound on its error in milliseconds."""
    kernel = ctypes.CDLL(None, use_errno=True)
    timex = _Timex()
    verdict = kernel.adjtimex(ctypes.byref(timex))
    if verdict < 0:
        code = ctypes.get_errno() or errno.EIO
        raise OSError(code, f"adjtimex: {os.strerror(code)}")
    synced = verdict != _TIME_ERROR and not timex.status & _STA_UNSYNC
    return wire.ClockState(sync=synced, error_ms=timex.maxerror // 1000)


def boottime_ms() -> int:
    """Milliseconds since this machine started, sleep included; no setting of the clock moves it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """The kernel's random name of this boot."""
    return _BOOT_ID.read_text(encoding="ascii").strip()
