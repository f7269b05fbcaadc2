"""A morning's queue before one kiosk: who comes when, what they touch, and what became of each of them."""

import os
import random
import time
import tty
from dataclasses import dataclass, field

from PySide6.QtCore import Qt

from clockhouse_drivers.reader import ReaderSettings
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from kiosk.house import row, rows
from kiosk.wallrig import turn, wall

MANNERS = ("untouched", "primary", "tile", "tab", "untouched", "primary")
"""What people do, in equal shares: a third of them never touches the screen."""


@dataclass(frozen=True)
class Comer:
    """Somebody who comes `at` seconds after the first one, and touches the screen after `thinks` seconds."""

    number: int
    at: float
    manner: str
    thinks: float

    @property
    def person_id(self):
        return f"p-{self.number:04d}"

    @property
    def badge(self):
        return f"3B{self.number:08X}"


def queue(people, *, every, seed):
    """One after the other, `every` seconds apart, none of them like clockwork; each has a moment for one touch."""
    chance = random.Random(seed)
    manners = [MANNERS[number % len(MANNERS)] for number in range(people)]
    chance.shuffle(manners)
    return [
        Comer(
            number, number * every + chance.uniform(0, every * 0.2), manner, chance.uniform(0.1, every * 0.4)
        )
        for number, manner in enumerate(manners)
    ]


def roster(comers, today):
    everybody = [row("person", each.person_id, number=f"{each.number:04d}", name=f"First{each.number} Last{each.number}",
                     short_name=f"First{each.number}") for each in comers]  # fmt: skip
    badges = [
        row("credential", f"b-{each.number}", person_id=each.person_id, kind="badge", value=each.badge)
        for each in comers
    ]
    return rows(today=today, extra=[*everybody, *badges])


def frame(badge):
    """The bytes that a reader of 125 kHz cards sends for a badge."""
    check = 0
    for byte in bytes.fromhex(badge):
        check ^= byte
    return b"\x02" + badge.encode() + f"{check:02X}".encode() + b"\x03"


def memory():
    """Resident memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a number of the kernel's
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Seen:
    """What the queue met, in milliseconds and names."""

    greeted: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)
    turned_away: int = 0
    memory: list[int] = field(default_factory=list)

    @staticmethod
    def p95(values):
        return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


class Crowd:
    """Plays a queue on a real kiosk: badges as bytes on a pseudo-terminal, touches on the window."""

    def __init__(self, rig, bytes_in):
        self.rig, self._bytes_in, self.seen = rig, bytes_in, Seen()
        self._frames = 0
        rig.window.quick.frameSwapped.connect(self._count, Qt.ConnectionType.DirectConnection)
        heard = rig.window.bridge.heard

        def listen(sound):
            self.seen.turned_away += sound == "again"
            heard(sound)

        rig.window.kiosk.machine.sounds = listen

    def _count(self):
        self._frames += 1

    def play(self, comers):
        start = time.perf_counter()
        for comer in comers:
            self._live(lambda end=start + comer.at: time.perf_counter() >= end)
            began = time.perf_counter()
            os.write(self._bytes_in, frame(comer.badge))
            self._painted(
                lambda name=f"First{comer.number} Last{comer.number}": self.rig.view.get("name") == name
            )
            self.seen.greeted.append((time.perf_counter() - began) * 1000)
            if comer.manner != "untouched":
                end = began + comer.thinks
                self._live(lambda end=end: time.perf_counter() >= end)
                self._touch(comer)
            self.seen.memory.append(memory())
        # The last ones walk on without a touch, too.
        self.rig.window.bridge.session.receive(on.Tick())
        self.rig.clock.later(30)
        self.rig.window.bridge.session.receive(on.Tick())
        self._live(lambda: not isinstance(self.rig.state, at.Greeting | at.Identifying | at.Saving))

    def _touch(self, comer):
        if comer.manner == "tab" and self.rig.view["screen"] == "jobs":
            self._press("tab-all")
        self._press("primary" if comer.manner == "primary" else "job-0")

    def _press(self, name):
        before = self.rig.view
        began = time.perf_counter()
        self.rig.tap_at_once(name)
        self._painted(lambda: self.rig.view is not before)
        self.seen.painted.append((time.perf_counter() - began) * 1000)

    def _live(self, until):
        while not until():
            self._breathe()

    def _painted(self, shown):
        """Until it is shown, and a frame of it was painted."""
        end = time.perf_counter() + 5
        while not shown():
            self._breathe()
            assert time.perf_counter() < end, self.rig.view
        frames = self._frames
        while self._frames == frames and time.perf_counter() < end:
            self._breathe()

    def _breathe(self):
        """One turn of the screen's loop; the threads of reader and disk have theirs."""
        turn()
        time.sleep(0.0005)


def terminal():
    """Both ends of a reader's line: where bytes go in, and its settings."""
    bytes_in, other = os.openpty()
    tty.setraw(bytes_in)
    reader = ReaderSettings(kind="serial", port=os.ttyname(other), protocol="rdm6300")
    return bytes_in, other, reader


__all__ = ["Comer", "Crowd", "queue", "roster", "terminal", "wall"]
