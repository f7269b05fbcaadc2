"""One simulated company: days of punches, and by chance everything that goes wrong with nets, disks, clocks and servers."""

import random
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clockhouse_server.db import transaction
from clockhouse_server.devices import store as devices
from server.rig import ADMIN
from simulator.fleet import Terminal
from simulator.office import SERVER, Office
from simulator.watching import watch

START: Final = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
KINDS: Final = ("in", "break_start", "break_end", "transfer", "out")
MOST: Final = 3
"""Terminals that the template knows."""


class Yard:
    """What all companies of a process share: the application, and terminals that have joined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.office = Office(folder)
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
        self.now = START
        self.office.begin(lambda: self.now)
        self.terminals: list[Terminal] = []
        self.memories: list[tuple[Terminal, Path, str]] = []
        self.images: list[tuple[Terminal, Path]] = []
        self.backups: list[Path] = []
        self.story: list[str] = []
        self.wrong: list[str] = []
        self.steps: Counter[str] = Counter()
        self.hours = 0.0
        for number in range(self.chance.choice((1, 1, 1, 2, 2, 3))):
            self._add(f"t{number}", yard.template(number))
        self._deeds: dict[Callable[[], None], int] = {
            self.work_on: 22, self.wait: 16, self.weather: 10, self.late: 3, self.daemon_dies: 4, self.kiosk_dies: 4,
            self.reboot: 6, self.clock_moves: 3, self.clock_is_set: 3, self.disk_fills: 3, self.store_is_lost: 1,
            self.bytes_rot: 1, self.imaged: 2, self.put_back: 2, self.cloned: 1, self.backed_up: 3, self.restored: 2,
            self.revoked: 1, self.tampered: 2, self.hibernated: 1, self.woken: 2, self.hired: 2,
        }  # fmt: skip

    def close(self) -> None:
        for terminal in self.terminals:
            terminal.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def live(self, deeds: int) -> None:
        for terminal in self.terminals:
            terminal.boot()
        for _ in range(deeds):
            deed = self.chance.choices([*self._deeds], [*self._deeds.values()])[0]
            self.story.append(deed.__name__)
            deed()
            self.run()

    def heal(self) -> None:
        """Nets, disks and clocks are good again, and everybody has time."""
        for terminal in self.terminals:
            terminal.network.mend()
            terminal.make_room()
            terminal.ahead, terminal.clock_good = timedelta(0), True
            terminal.start_kiosk()  # which is when lines that cannot be read any more are declared
            terminal.start_daemon()
        for _ in range(6):
            self.forward(400)  # past every pause that was asked for
            self.run(4)
            if all(terminal.has_settled for terminal in self.terminals):
                break
        for terminal in self.terminals:
            terminal.network.late_ones_arrive()

    def run(self, seconds: float = 2.0) -> None:
        for terminal in self.terminals:
            terminal.work(seconds, self.forward)
        self.wrong += watch(self)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.hours += seconds / 3600 * len(self.terminals)

    # --- what happens

    def work_on(self) -> None:
        self._shift(self._one(), self.chance.randint(1, 8))

    def _shift(self, terminal: Terminal, punches: int) -> None:
        for _ in range(punches):
            someone = self.chance.choice([*self.office.people, *self.office.people, "nobody-known", None])
            terminal.punch(someone, self.chance.choice(KINDS))
            self.forward(self.chance.choice((0.2, 4, 31)))
            if self.chance.random() < 0.15:
                terminal.undo_newest()

    def wait(self) -> None:
        self.forward(self.chance.choice((1, 20, 600, 3600, 6 * 3600, 14 * 3600, 60 * 3600)))

    def weather(self) -> None:
        network = self._one().network
        network.mend()
        match self.chance.randrange(4):
            case 0:
                network.cut = True
            case 1:
                network.request_lost, network.answer_lost, network.twice = 0.2, 0.3, 0.2
            case 2:
                network.damaged, network.late, network.crash = 0.1, 0.1, 0.5

    def late(self) -> None:
        self._one().network.late_ones_arrive()

    def daemon_dies(self) -> None:
        self._one().start_daemon()

    def kiosk_dies(self) -> None:
        self._one().start_kiosk()

    def reboot(self) -> None:
        lost = self.chance.random() < 0.5
        self._one().boot(
            clock_good=not lost, behind=timedelta(hours=self.chance.randint(1, 900)) if lost else timedelta(0)
        )

    def clock_moves(self) -> None:
        terminal = self._one()
        terminal.clock_good = False
        terminal.ahead += timedelta(seconds=self.chance.choice((-7200, -40, 3, 90, 86_400)))
        self.steps[terminal.name] += 1

    def clock_is_set(self) -> None:
        terminal = self._one()
        if abs(terminal.ahead) > timedelta(seconds=2.5):
            self.steps[terminal.name] += 1
        terminal.ahead, terminal.clock_good = timedelta(0), True

    def disk_fills(self) -> None:
        terminal = self._one()
        terminal.fill_disk()
        for _ in range(60):
            terminal.punch(self.chance.choice(self.office.people), "in")
        terminal.make_room()

    def store_is_lost(self) -> None:
        self._one().lose_store()

    def bytes_rot(self) -> None:
        """Before they were delivered; what comes after them goes out all the same."""
        terminal = self._one()
        terminal.network.cut = True
        self._shift(terminal, 4)
        terminal.damage()
        terminal.network.mend()
        self.forward(400)

    def imaged(self) -> None:
        terminal = self._one()
        image = terminal.image(self.folder / f"image-{len(self.images)}")
        self.images.append((terminal, image))
        terminal.boot()

    def put_back(self) -> None:
        if self.images:
            terminal, image = self.chance.choice(self.images)
            terminal.put_back(image)
            terminal.boot()

    def cloned(self) -> None:
        """A second terminal begins from a copy of the first one's card, key and all."""
        terminal = self._one()
        image = terminal.image(self.folder / f"{terminal.name}-copy-{len(self.terminals)}")
        terminal.boot()
        copy = Terminal(image.name, image, self.office, lambda: self.now, self.chance)
        copy.recorded = {place: dict(found) for place, found in terminal.recorded.items()}
        copy.gone, copy.destroyed = terminal.gone, terminal.destroyed
        copy.boot()
        self.terminals.append(copy)

    def hibernated(self) -> None:
        terminal = self._one()
        if terminal.outbox is not None:
            folder = self.folder / f"memory-{len(self.memories)}"
            self.memories.append((terminal, folder, terminal.hibernate(folder)))

    def woken(self) -> None:
        """An image of card and memory is put back: the same epoch goes on from there once more."""
        if not self.memories:
            self.hibernated()
            self._shift(self.memories[0][0], 2)
            self.run()
        if self.memories:
            terminal, folder, epoch = self.chance.choice(self.memories)
            terminal.put_back(folder)
            terminal.forked.add(epoch)
            terminal.wake(epoch)
            self._shift(terminal, 2)

    def tampered(self) -> None:
        """While nothing can be delivered, so that the changed line is the only one the server ever sees."""
        terminal = self._one()
        terminal.network.cut = True
        self._shift(terminal, 4)
        terminal.tamper()
        terminal.network.mend()
        self.forward(400)

    def hired(self) -> None:
        """The rosters change while terminals pull them."""
        self.office.hire()

    def backed_up(self) -> None:
        self.backups.append(self.office.back_up())

    def restored(self) -> None:
        """The server goes back to a backup; its clock does not."""
        if self.backups:
            self.office.restore(self.chance.choice(self.backups))
            on_cards = {place for terminal in self.terminals for place in terminal.on_card()}
            for terminal in self.terminals:
                terminal.lost_with_the_server(on_cards)

    def revoked(self) -> None:
        with transaction(self.office.engine) as session:
            devices.revoke(session, ADMIN, self._one().device_id, "stolen", now=self.now)

    def _one(self) -> Terminal:
        return self.chance.choice(self.terminals)

    def _add(self, name: str, template: Path) -> None:
        folder = self.folder / name
        shutil.copytree(template, folder)
        self.terminals.append(Terminal(name, folder, self.office, lambda: self.now, self.chance))
