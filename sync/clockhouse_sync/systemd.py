"""What a service tells systemd, if systemd listens (sd_notify(3), sd_watchdog_enabled(3))."""

import contextlib
import os
import socket


def tell(state: str) -> None:
    """For example READY=1, WATCHDOG=1, STOPPING=1."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def watchdog_seconds() -> float | None:
    """How long systemd lets a service be silent; None where it does not watch."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    # WATCHDOG_PID may name a compositor that started us; the unit lets every process of the service speak.
    return int(microseconds) / 1e6 if microseconds.isdecimal() and os.environ.get("NOTIFY_SOCKET") else None
