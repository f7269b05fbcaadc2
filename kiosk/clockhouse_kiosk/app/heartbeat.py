"""Tells systemd that frames still reach the screen, so that a screen that hangs is started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtQuick import QQuickWindow

from clockhouse_sync import systemd

BEATS: Final = 4
"""Within the time that systemd allows; so many have to fail before the kiosk is killed."""


@contextmanager
def heartbeat(quick: QQuickWindow) -> Iterator[None]:
    """While a service is watched: ask for a frame now and then, and report each one that was drawn."""
    allowed = systemd.watchdog_seconds()
    if allowed is None:
        yield
        return
    asked = False

    def ask() -> None:
        nonlocal asked
        if quick.isExposed():
            asked = True
            quick.update()  # costs next to nothing where nothing has changed
        else:
            systemd.tell("WATCHDOG=1")  # a screen that is off draws nothing, and nothing is wrong

    def drawn() -> None:
        nonlocal asked
        if asked:
            asked = False
            systemd.tell("WATCHDOG=1")

    timer = QTimer(interval=int(allowed * 1000 / BEATS))
    timer.timeout.connect(ask)
    quick.frameSwapped.connect(drawn)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        quick.frameSwapped.disconnect(drawn)
