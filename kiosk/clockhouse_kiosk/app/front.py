"""What is there with the first frame: the window with the idle page, and open readers.

Starting the kiosk behind them takes longer than drawing a clock, so nothing here imports it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import shiboken6
from PySide6.QtCore import QEventLoop, QTimer, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from clockhouse_drivers.reader import Reader, make_reader
from clockhouse_kiosk import idle, texts
from clockhouse_kiosk.hearing import Hearing, hearing
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.site import Site, read_site, unknown_site
from clockhouse_sync import clock
from clockhouse_sync.roster import RosterReader
from clockhouse_sync.store import StoreError

if TYPE_CHECKING:
    from clockhouse_kiosk.simulation import Simulation

MAIN: Final = Path(__file__).parent.parent / "qml" / "Main.qml"
PATIENCE_MS: Final = 2_000
"""A screen that shows nothing for so long may be off; people can punch all the same."""


@dataclass(frozen=True)
class Front:
    """The window, whose pages wait for a kiosk, and the readers, whose readings do."""

    settings: Settings
    site: Site
    ears: Hearing
    quick: QQuickWindow
    windowed: bool

    def show(self, size: tuple[int, int] | None = None) -> None:
        if size is not None:
            self.quick.resize(*size)
        if self.settings.fullscreen and not self.windowed and size is None:
            self.quick.setGeometry(self.quick.screen().geometry())  # where no window manager does it
            self.quick.showFullScreen()
        else:
            self.quick.show()

    def paint(self) -> None:
        """Draw the first frame. Whoever touches the screen meanwhile is heard once somebody listens."""
        loop, patience = QEventLoop(), QTimer(singleShot=True, interval=PATIENCE_MS)
        self.quick.frameSwapped.connect(loop.quit)
        patience.timeout.connect(loop.quit)
        patience.start()
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        patience.stop()
        self.quick.frameSwapped.disconnect(loop.quit)


def make_application() -> QGuiApplication:
    """Qt as the wall needs it; drawn in software unless the environment says otherwise."""
    os.environ.setdefault("QT_QUICK_BACKEND", "software")
    return QGuiApplication(["clockhouse"])


@contextmanager
def open_front(
    settings: Settings,
    now: Callable[[], datetime],
    simulation: "Simulation | None" = None,
    *,
    windowed: bool = False,
) -> Iterator[Front]:
    """Readers that listen, and a window with its first page, not shown yet."""
    site = _site(settings.state_dir / "roster.db")
    readers: list[Reader] = [make_reader(each, now=now) for each in settings.readers]
    if simulation is not None:
        readers.append(simulation.reader)
    hint = simulation.hint if simulation is not None and windowed else ""
    with hearing(readers, clock.boottime_ms) as ears, _engine() as engine:
        words = texts.load_best((settings.language, site.language))
        comfort = {"gloves": settings.gloves, "hand": settings.hand, "motion": settings.motion}
        first = {**idle.first(site, now(), words), "comfort": comfort, "hint": hint}
        yield Front(settings, site, ears, _load(engine, first), windowed)


def _site(roster: Path) -> Site:
    """As the roster has it; whatever keeps it from being read is told when the kiosk opens it."""
    try:
        opened = RosterReader(roster).open()
    except StoreError:
        return unknown_site()
    try:
        return read_site(opened.rows, None)
    except StoreError:
        return unknown_site()
    finally:
        opened.close()


@contextmanager
def _engine() -> Iterator[QQmlApplicationEngine]:
    engine = QQmlApplicationEngine()
    try:
        yield engine
    finally:
        shiboken6.delete(engine)


def _load(engine: QQmlApplicationEngine, first: dict[str, Any]) -> QQuickWindow:
    engine.setInitialProperties({"first": first})
    engine.load(QUrl.fromLocalFile(str(MAIN)))
    if not engine.rootObjects():
        raise RuntimeError("the screens could not be loaded")
    return cast("QQuickWindow", engine.rootObjects()[0])
