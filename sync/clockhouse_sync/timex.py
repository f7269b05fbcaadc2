"""The kernel's struct timex, and how it is asked for."""

import ctypes
import errno
import os


class Timex(ctypes.Structure):
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


def ask() -> tuple[int, Timex]:
    """The kernel's verdict and figures. Raises OSError where asking is forbidden."""
    kernel = ctypes.CDLL(None, use_errno=True)
    timex = Timex()
    verdict = int(kernel.adjtimex(ctypes.byref(timex)))
    if verdict < 0:
        code = ctypes.get_errno() or errno.EIO
        raise OSError(code, f"adjtimex: {os.strerror(code)}")
    return verdict, timex
