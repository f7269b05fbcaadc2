"""The window, the timers and the threads around one kiosk."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final, cast

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from clockhouse_drivers.reader import Reader, make_reader
from clockhouse_drivers.readings import Reading
from clockhouse_kiosk import texts
from clockhouse_kiosk.bridge import Bridge, Surface
from clockhouse_kiosk.kiosk import Kiosk
from clockhouse_kiosk.machine import Clocks, Machine
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.simulation import Simulation
from clockhouse_kiosk.sounds import Sounds
from clockhouse_sync.link import LinkClient, Nudge

MAIN: Final = Path(__file__).parent.parent / "qml" / "Main.qml"
LOOK_MS: Final = 200

log = logging.getLogger(__name__)


class Poster(QObject):
    """Runs callables in the thread that made it, in the order in which any thread posts them."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._stopped = False
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        self._posted.emit(call)

    def stop(self) -> None:
        """What is still posted is not run any more."""
        self._stopped = True

    def _run(self, call: Callable[[], None]) -> None:
        if not self._stopped:
            call()


@dataclass(frozen=True)
class Window:
    """One open kiosk."""

    quick: QQuickWindow
    bridge: Bridge
    kiosk: Kiosk
    poster: Poster
    full: bool

    def show(self, size: tuple[int, int] | None = None) -> None:
        if size is not None:
            self.quick.resize(*size)
        if self.full and size is None:
            self.quick.setGeometry(self.quick.screen().geometry())  # where no window manager does it
            self.quick.showFullScreen()
        else:
            self.quick.show()


def make_application(*, cursor: bool) -> QGuiApplication:
    """Qt as the wall needs it; drawn in software unless the environment says otherwise."""
    os.environ.setdefault("QT_QUICK_BACKEND", "software")
    application = QGuiApplication(["clockhouse"])
    if not cursor:
        application.setOverrideCursor(QCursor(Qt.CursorShape.BlankCursor))
    return application


@contextmanager
def open_window(
    settings: Settings, clocks: Clocks, simulation: Simulation | None = None, *, windowed: bool = False
) -> Iterator[Window]:
    """A kiosk with its window, not shown yet. Leaving it writes what was decided and stops every thread."""
    poster, sounds = Poster(), Sounds()
    link = LinkClient(settings.link)

    def sound(name: str) -> None:
        sounds.play(name)
        bridge.heard(name)

    machine = Machine(
        state_dir=settings.state_dir,
        clocks=clocks,
        post=poster.post,
        software=version("clockhouse"),
        appended=partial(link.send, Nudge()),
        sounds=sound,
    )

    def open_readers(seen: Callable[[Reading], None]) -> Sequence[Reader]:
        readers: list[Reader] = [make_reader(each, now=clocks.now) for each in settings.readers]
        if simulation is not None:
            readers.append(simulation.reader)
        for reader in readers:
            reader.open(seen)
        return readers

    def special(key: int) -> bool:
        if windowed and key == Qt.Key.Key_Escape:
            QGuiApplication.quit()
            return True
        return simulation is not None and simulation.hold(key - int(Qt.Key.Key_F1))

    kiosk = Kiosk(settings, machine, link, texts.load(), open_readers)
    hint = simulation.hint if simulation is not None and windowed else ""
    comfort = {"gloves": settings.gloves, "hand": settings.hand, "motion": settings.motion}
    surface = Surface(clocks.stamp, kiosk.wall, kiosk.joining, special)
    bridge = Bridge(surface, comfort=comfort, hint=hint)
    kiosk.show_on(bridge)
    look = QTimer(interval=LOOK_MS)
    look.timeout.connect(kiosk.look)

    def begin() -> None:
        kiosk.look()
        look.start()

    engine = QQmlApplicationEngine()
    engine.setInitialProperties({"kiosk": bridge, "tiles": bridge.tiles})
    try:
        bridge.refresh()
        engine.load(QUrl.fromLocalFile(str(MAIN)))
        if not engine.rootObjects():
            raise RuntimeError("the screens could not be loaded")
        quick = cast("QQuickWindow", engine.rootObjects()[0])
        # Stores and readers are opened once the first frame is on the screen.
        quick.frameSwapped.connect(partial(poster.post, begin), Qt.ConnectionType.SingleShotConnection)
        yield Window(quick, bridge, kiosk, poster, full=settings.fullscreen and not windowed)
    finally:
        poster.stop()
        look.stop()
        bridge.stop()
        kiosk.close()
        machine.close()
        link.close()
        sounds.close()
        shiboken6.delete(engine)
