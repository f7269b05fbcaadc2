"""One simulated company: days of punches, and by chance everything that goes wrong with nets, disks, clocks and servers."""

import random
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from clockhouse_server.ingest import runs
from server.postgres import Cluster
from simulator import desk, disk
from simulator.databases import Postgresql, Sqlite
from simulator.deeds import DEEDS
from simulator.fleet import Terminal
from simulator.office import SERVER, Office
from simulator.watching import watch

START: Final = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
MOST: Final = 3
"""Terminals that the template knows."""
WORK: Final = timedelta(hours=2)
"""A longer pause than this is idle time: nights and weekends, of which simulated hours are easily made."""


class Yard:
    """What all companies of a process share: the application, and terminals that have joined."""

    def __init__(self, folder: Path, cluster: Cluster | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.office = Office(folder, Sqlite(folder) if cluster is None else Postgresql(cluster))
        self.office.furnish(START - timedelta(days=1))
        for number in range(MOST):
            before = Terminal(
                f"t{number}",
                self.template(number),
                self.office,
                lambda: START - timedelta(days=1),
                random.Random(number),
            )
            before.folder.mkdir()
            before.make_key()
            before.start_daemon()
            before.device.join(SERVER, self.office.code())
            self.office.confirm(before.device_id)
            before.work(0.0, lambda _: None)
            before.close()
        self.office.keep_template()

    def template(self, number: int) -> Path:
        return self.folder / f"template-{number}"

    def close(self) -> None:
        self.office.close()


class Company:
    """Everything follows from the seed."""

    def __init__(self, yard: Yard, folder: Path, seed: int) -> None:
        self.seed, self.folder, self.office = seed, folder, yard.office
        self.chance = random.Random(seed)
        self._runs = patch.object(runs, "FEWEST", (2, 5, runs.FEWEST)[seed % 3])
        self._runs.start()
        self.now = self.began = START
        self.office.begin(lambda: self.now)
        self.terminals: list[Terminal] = []
        self.memories: list[tuple[Terminal, disk.Memory]] = []
        self.images: list[tuple[Terminal, Path]] = []
        self.backups: list[Path] = []
        self.older = False
        """Whether the server was ever restored from another backup than the newest."""
        self.sticks: list[Path] = []
        self.orderly: list[str] = []
        """People who come and go as one should, so that somebody's days can be approved."""
        self.liars: set[str] = set()
        """Terminals whose clock once said that it was good and was not: what they date, nobody can know."""
        self.stale: set[tuple[str, int, str]] = set()
        """Lines that a terminal was told were parked by a server that was restored since: it hears of them only if it
        has to send them again, and not where a copy of its card, or a stick, came first."""
        self.story: list[str] = []
        self.wrong: list[str] = []
        self.steps: Counter[str] = Counter()
        self.hours = self.idle_hours = 0.0
        for number in range(self.chance.choice((1, 1, 1, 2, 2, 3))):
            name = f"t{number}"
            shutil.copytree(yard.template(number), self.folder / name)
            self.add(name, self.folder / name)

    def close(self) -> None:
        self._runs.stop()
        for terminal in self.terminals:
            terminal.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, name: str, folder: Path) -> Terminal:
        terminal = Terminal(name, folder, self.office, lambda: self.now, self.chance)
        self.terminals.append(terminal)
        return terminal

    def live(self, deeds: int) -> None:
        for terminal in self.terminals:
            terminal.boot()
        for _ in range(deeds):
            deed = self.chance.choices([*DEEDS], [*DEEDS.values()])[0]
            self.tell(deed.__name__)
            deed(self)
            self.run()

    def heal(self) -> None:
        """Nets, disks and clocks are good again, the office has let everybody in, and there is time."""
        for terminal in self.terminals:
            terminal.network.mend()
            disk.make_room(terminal)
            terminal.ahead, terminal.clock_good = timedelta(0), True
            terminal.start_kiosk()  # which is when lines that cannot be read any more are declared
            terminal.start_daemon()
        for _ in range(8):
            self._let_in()
            self.forward(400)  # past every pause that was asked for
            self.run(4)
            if all(terminal.has_settled for terminal in self.terminals):
                break
        for terminal in self.terminals:
            terminal.network.late_ones_arrive()
        if self.chance.random() < 0.3:
            desk.decided(self)

    def _let_in(self) -> None:
        """Somebody walks past with a code wherever the server or the terminal has forgotten the other one."""
        for terminal in self.terminals:
            status = self.office.status(terminal.device_id)
            if status is None or not terminal.belongs:
                terminal.ask_to_join(self.office.code())
            elif status == "pending":
                self.office.confirm(terminal.device_id)

    def run(self, seconds: float = 2.0) -> None:
        for terminal in self.terminals:
            terminal.work(seconds, self.forward)
        self.wrong += watch(self)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        hours = seconds / 3600 * len(self.terminals)
        self.hours += hours
        if timedelta(seconds=seconds) > WORK:
            self.idle_hours += hours

    def tell(self, said: str) -> None:
        self.story.append(said)

    def one(self) -> Terminal:
        return self.chance.choice(self.terminals)
