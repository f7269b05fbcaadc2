"""The window, the timers and the threads around one kiosk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtQuick import QQuickWindow

from clockhouse_kiosk import texts
from clockhouse_kiosk.administration import Administration
from clockhouse_kiosk.app import RESTART
from clockhouse_kiosk.app.front import Front
from clockhouse_kiosk.bridge import Bridge, Surface
from clockhouse_kiosk.kiosk import Kiosk
from clockhouse_kiosk.machine import Clocks, Machine
from clockhouse_kiosk.resting import Rest
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.simulation import Simulation
from clockhouse_kiosk.sounds import Sounds
from clockhouse_sync.link import Export, LinkClient, Nudge

LOOK_MS: Final = 200


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

    front: Front
    bridge: Bridge
    kiosk: Kiosk
    poster: Poster

    @property
    def quick(self) -> QQuickWindow:
        return self.front.quick

    def show(self, size: tuple[int, int] | None = None) -> None:
        self.front.show(size)


def hide_cursor(application: QGuiApplication) -> None:
    application.setOverrideCursor(QCursor(Qt.CursorShape.BlankCursor))


@contextmanager
def open_window(front: Front, clocks: Clocks, simulation: Simulation | None = None) -> Iterator[Window]:
    """The kiosk behind its front. Leaving it writes what was decided and stops every thread."""
    settings = front.settings
    poster, sounds = Poster(), Sounds(settings.volume)
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

    def special(key: int) -> bool:
        if front.windowed and key == Qt.Key.Key_Escape:
            QGuiApplication.quit()
            return True
        if simulation is not None and key == Qt.Key.Key_F6:
            kiosk.scan(simulation.card)
            return True
        if simulation is not None and key == Qt.Key.Key_F7:
            kiosk.recognise(simulation.face)
            return True
        return simulation is not None and simulation.hold(key - int(Qt.Key.Key_F1))

    kiosk = Kiosk(settings, machine, link, texts.load(), front.ears, front.site)
    rest = Rest(settings.dim_after, settings.night)
    bridge = Bridge(Surface(clocks.stamp, kiosk.wall, kiosk.joining, kiosk.join, special, rest))
    kiosk.show_on(bridge)

    def adjusted(changed: Settings) -> None:
        sounds.volume = changed.volume
        bridge.rest = Rest(changed.dim_after, changed.night)
        kiosk.adjusted(changed)

    administration = Administration(
        settings=settings, clocks=clocks, ears=front.ears, post=poster.post, changed=bridge.refresh,
        adjusted=adjusted, play=partial(sounds.play, "transfer"), export=partial(link.send, Export()),
        sign_out=kiosk.sign_out, restart=partial(QGuiApplication.exit, RESTART),
    )  # fmt: skip
    kiosk.administer_with(administration)
    look = QTimer(interval=LOOK_MS)
    look.timeout.connect(kiosk.look)

    def begin() -> None:
        kiosk.look()
        look.start()

    try:
        bridge.refresh()
        front.quick.setProperty("tiles", bridge.tiles)
        front.quick.setProperty("kiosk", bridge)
        poster.post(begin)
        yield Window(front, bridge, kiosk, poster)
    finally:
        poster.stop()
        look.stop()
        bridge.stop()
        kiosk.close()
        administration.close()
        machine.close()
        link.close()
        sounds.close()
        front.quick.setProperty("kiosk", None)
