"""A real kiosk for tests: the real window, outbox, roster and reader; only its clock can be put forward."""

import itertools
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from PySide6.QtCore import QCoreApplication, QEvent

from clockhouse_drivers.reader import HOLD_SECONDS
from clockhouse_kiosk.app import automation
from clockhouse_kiosk.app.front import open_front
from clockhouse_kiosk.app.window import open_window
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.machine import Clocks
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.simulation import Simulation
from clockhouse_sync import clock, wire
from clockhouse_sync.outbox_reader import OutboxReader


def turn():
    """One turn of Qt's loop, as `exec` makes it: what is to be deleted goes, too."""
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class TestClock:
    """The machine's time, which a test may put forward."""

    __test__ = False

    def __init__(self, start=None):
        self.ahead = timedelta(0) if start is None else start - datetime.now(UTC)
        self.passed = 0

    def now(self):
        return datetime.now(UTC) + self.ahead

    def boottime_ms(self):
        return clock.boottime_ms() + self.passed

    def later(self, seconds):
        self.ahead += timedelta(seconds=seconds)
        self.passed += int(seconds * 1000)

    def step(self, seconds):
        """Somebody sets the wall's clock; the steady one goes on."""
        self.ahead += timedelta(seconds=seconds)


class Wall:
    """Somebody's hands and eyes at one kiosk."""

    def __init__(self, window, simulation, state_dir, time_):
        self.window, self.simulation, self.state_dir, self.clock = window, simulation, state_dir, time_
        self.held = {}

    @property
    def view(self):
        return self.window.bridge.showing[0]

    @property
    def strip(self):
        return self.window.bridge.showing[1]

    @property
    def state(self):
        return self.window.bridge.session.state

    def clock_stamp(self):
        return self.window.kiosk.machine.stamp()

    def until(self, happens, seconds=5.0):
        """Let the kiosk live until something is so."""
        end = time.monotonic() + seconds
        while not happens():
            turn()
            time.sleep(0.002)
            assert time.monotonic() < end, f"did not happen; the wall shows {self.view}"

    def shows(self, screen, **parts):
        """Wait for a screen, and for what it says."""
        wanted = {"screen": screen, **parts}
        self.until(lambda: all(self.view.get(name) == value for name, value in wanted.items()))
        return self.view

    def settle(self):
        """Let the layouts come to rest."""
        for _ in range(4):
            turn()
            time.sleep(0.004)
        self.window.quick.grabWindow()

    def tap(self, name):
        self.settle()
        assert automation.tap(self.window, name), f"nothing to tap: {name}, on {self.view}"
        turn()

    def tap_at_once(self, name):
        """As a finger that does not wait until everything has come to rest."""
        assert automation.tap(self.window, name), f"nothing to tap: {name}, on {self.view}"

    @property
    def titles(self):
        """Of the tiles that are shown."""
        return [each.title for each in self.window.bridge.tiles._rows]

    def pick(self, title):
        """Tap the tile of this title, on whichever page of the list it is."""
        end = time.monotonic() + 5
        while title not in self.titles:
            turn()
            if self.window.bridge.tiles._rows and self.window.bridge.tiles._rows[-1].more:
                self.tap("more")
            assert time.monotonic() < end, f"no tile is called {title}: {self.titles}, on {self.view}"
        self.settle()
        self.tap(f"job-{self.titles.index(title)}")

    def type(self, text):
        for char in text:
            self.window.bridge.key(char)

    def badge(self, credential):
        """Hold a badge to the reader; one that was there a moment ago has to leave it first."""
        free_at = self.held.get(credential, 0) + HOLD_SECONDS + 0.05
        self.until(lambda: time.monotonic() >= free_at)
        self.held[credential] = time.monotonic()
        self.simulation.reader.present(credential)

    def later(self, seconds):
        """Time goes by with nobody touching anything."""
        self.clock.later(seconds)
        self.window.bridge.session.receive(on.Tick())

    def lines(self, kind=None):
        """What is on the disk, read by another connection."""
        reader = OutboxReader(self.state_dir / "outbox.db")
        try:
            found = [
                wire.read_line(line.raw)
                for depth in reader.heads()
                for line in reader.lines(depth.epoch, 0, 9999)
            ]
        finally:
            reader.close()
        return [line for line in found if kind is None or line.type == kind]

    def punches(self):
        return [(line.employee_id, line.kind, line.kind_from) for line in self.lines("punch")]


def clocks_of(time_, *, synced):
    ids = itertools.count(1)
    return Clocks(
        time_.now,
        time_.boottime_ms,
        clock.boot_id,
        lambda: wire.ClockState(sync=synced, error_ms=3),
        lambda: f"0190000000007000800000000000{next(ids):04x}",
        lambda: next(ids).to_bytes(32, "big"),
    )


@contextmanager
def wall(state_dir, *, start=None, size=(1280, 800), readers=(), synced=True, **settings):
    """A kiosk in use, at its clock."""
    time_ = TestClock(start)
    simulation = Simulation(now=time_.now)
    chosen = Settings(state_dir=state_dir, readers=tuple(readers), **settings)
    with (
        open_front(chosen, time_.now, simulation) as front,
        open_window(front, clocks_of(time_, synced=synced), simulation) as window,
    ):
        window.show(size)
        rig = Wall(window, simulation, state_dir, time_)
        rig.until(lambda: window.kiosk.is_opened)
        yield rig


def decoded(raw):
    return msgspec.json.decode(raw)
