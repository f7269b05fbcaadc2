"""Every write and every sync of the daemon's own stores fails in its turn, in a pull and in a round of delivery.

The roster is the one before or the new one, whole; punching goes on; nothing is called delivered that was not; and
the daemon goes on when the disk works again.
"""

import contextlib
import copy
import errno
import os
import random
import shutil
from collections import deque
from pathlib import Path

import pytest

from clockhouse_sync import ledger, link, wire
from clockhouse_sync.delivery import look_into
from clockhouse_sync.roster import RosterReader
from clockhouse_sync.store import StoreError
from sync.counterpart import Office
from sync.failing_disk import KINDS, Disk, failing
from sync.rig import MOMENT, Bench, punch, stored
from sync.test_whatever_happens import SERVER, Wire
from sync.test_wiping import orders

STORES = ("delivery.db", "roster.db")
BEFORE = {f"p{number}": f"Old {number}" for number in range(8)}
AFTER = {f"p{number}": f"New {number}" for number in range(2, 10)}
BARE: dict[str, str] = {}


def person(name: str) -> dict:
    return {"number": "7", "name": name, "short_name": name}


def rows(names: dict[str, str], version: int) -> list[wire.RosterRow]:
    return [
        wire.RosterRow(type="person", id=row_id, version=version, body=person(name))
        for row_id, name in names.items()
    ]


def gone(names) -> list[wire.RosterRow]:
    return [wire.RosterRow(type="person", id=row_id, version=2, body=None) for row_id in sorted(names)]


def beginning() -> Office:
    """A server that tells the roster as it is before."""
    office = Office()
    office.pages = {
        "": wire.RosterAnswer(cursor="c1", rows=rows(BEFORE, 1)),
        "c1": wire.RosterAnswer(cursor="c1", rows=[]),
    }
    return office


def news(office: Office) -> None:
    """From now on it tells the new one, on two pages."""
    changes = [*rows(AFTER, 2), *gone(BEFORE.keys() - AFTER.keys())]
    office.pages = {
        "": wire.RosterAnswer(cursor="c3", rows=rows(AFTER, 2)),
        "c1": wire.RosterAnswer(cursor="c2", rows=changes[:5], more=True),
        "c2": wire.RosterAnswer(cursor="c3", rows=changes[5:]),
        "c3": wire.RosterAnswer(cursor="c3", rows=[]),
    }


def twin(office: Office) -> Office:
    """The same server once more, with books of its own."""
    other = copy.copy(office)
    other.lines = {place: dict(held) for place, held in office.lines.items()}
    other.beside, other.checkpoints = dict(office.beside), list(office.checkpoints)
    other.seen, other.faults = [], deque()
    return other


def settle(bench: Bench) -> None:
    for _ in range(200):
        bench.pass_time(bench.step())
        if bench.daemon.settled:
            return
    raise AssertionError("the daemon does not go on")


class Scene:
    """One daemon with its disk and its server, the kiosk beside it, and what the kiosk was told."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.bench = Bench(Wire(office), folder)
        self.said: list[tuple[str, int, str]] = []
        self.reached: set[tuple[str, int, str]] = set()
        """What the server held at any time."""

    def start(self) -> None:
        """As often as it takes: whoever supervises the daemon starts it again for ever."""
        for _ in range(5):
            with contextlib.suppress(StoreError):
                self.bench.start()
                return
            self.bench.pass_time(2)

    def punch(self) -> None:
        """At the wall nothing is in the way."""
        line = self.bench.outbox.append("punch", MOMENT, punch(len(self.said)))
        self.said.append((line.epoch, line.seq, line.hash))

    def step(self, times: int, disk: Disk) -> None:
        for _ in range(times):
            before = disk.done
            try:
                wait = self.bench.step()
            except StoreError:
                self.start()
                wait = 2.0
            if disk.done > before:
                self.look()
            self.bench.pass_time(wait)

    def look(self) -> None:
        """What anybody finds now."""
        folder = self.bench.folder
        self.reached |= {(*place, name) for place, held in self.office.lines.items() for name in held}
        found = RosterReader(folder / "roster.db").load()
        names = {row_id: body.name for row_id, body in found.rows.get("person", {}).items()}
        assert (found.cursor, names) in [("", BARE), ("c1", BEFORE), ("c3", AFTER)]
        delivery = look_into(folder / "delivery.db")
        if delivery is not None:
            with contextlib.closing(delivery):
                marks = {epoch: max(mark.sent, mark.acknowledged) for epoch, mark in delivery.marks().items()}
                made = {(line.epoch, line.seq, line.hash) for line in stored(self.bench.settings.outbox)}
                assert {line for line in made if line[1] <= marks.get(line[0], 0)} <= self.reached
                assert {(one.epoch, one.seq, one.hash) for one in delivery.receipts()} <= self.reached
        assert not list(folder.glob("*.aside-*"))

    def finish(self) -> None:
        """The disk works: all is done that was left."""
        settle(self.bench)
        lines = stored(self.bench.settings.outbox)
        assert {(line.epoch, line.seq, line.hash) for line in lines} >= set(self.said)
        assert ledger.verify(lines).ok
        assert {(line.epoch, line.seq): {line.hash: line.raw} for line in lines} == self.office.lines
        assert RosterReader(self.bench.folder / "roster.db").cursor() == "c3"
        self.look()


@pytest.fixture
def joined(memory_folder):
    """A device that has its first roster and has delivered what it had."""
    office = beginning()
    bench = Bench(Wire(office), memory_folder / "joined")
    try:
        bench.device.join(SERVER, "CODE-1")
        bench.punches(3)
        bench.work()
        assert bench.daemon.settled
    finally:
        bench.stop()
        bench.outbox.close()
    return office, bench.folder


def a_day(scene: Scene, disk: Disk) -> None:
    """Started, a roster to pull, lines to deliver, a session that ends, a server that lost some; put to rest."""
    scene.start()
    news(scene.office)
    for _ in range(2):
        scene.punch()
        scene.step(4, disk)
    scene.office.session += "x"
    scene.office.server_epoch += "x"
    scene.office.lines = {place: held for place, held in scene.office.lines.items() if place[1] < 3}
    scene.punch()
    scene.step(6, disk)


def play(office: Office, source: Path, folder: Path, disk: Disk) -> Scene:
    shutil.copytree(source, folder)
    scene = Scene(twin(office), folder)
    scene.bench.kiosk()
    with failing(disk):
        a_day(scene, disk)
        if disk.kind != "power is cut":
            disk.mend()
            scene.finish()
    return scene


def again(before: Scene, disk: Disk, chance: random.Random) -> Scene:
    """The same device on what the cut left."""
    folder = before.bench.folder
    found = folder.with_name(f"{folder.name}-found")
    before.bench.stop()
    before.bench.outbox.close()
    disk.after_a_cut(folder, found, chance)
    before.bench.close()
    after = Scene(before.office, found)
    after.said, after.reached = before.said, before.reached
    after.bench.kiosk()
    return after


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_the_roster_is_whole_and_delivery_goes_on(joined, memory_folder, kind):
    disk = Disk(stores=STORES)
    play(*joined, memory_folder / "counted", disk).bench.close()
    count = disk.done
    assert count > 60, count
    for nth in range(1, count + 1):
        disk = Disk(kind, nth, STORES)
        scene = play(*joined, memory_folder / str(nth), disk)
        if kind == "power is cut":
            scene = again(scene, disk, random.Random(nth))
        scene.look()
        scene.start()
        scene.finish()
        scene.bench.close()


OTHER = "http://127.0.0.1:2"


class Net:
    """Two servers."""

    def __init__(self, **offices: Office) -> None:
        self._wires = {SERVER: Wire(offices["first"]), OTHER: Wire(offices["second"], OTHER)}

    def send(self, method, url, headers, body):
        server = next(name for name in self._wires if url.startswith(name))
        return self._wires[server].send(method, url, headers, body)

    def trust(self, ca_file) -> None:
        """There is nothing to trust here."""


def ask(bench: Bench, command) -> list[link.Message]:
    """What the daemon answers a kiosk."""
    kiosk = link.LinkClient(bench.settings.socket)
    try:
        kiosk.send(command)
        for _ in range(2):
            bench.pass_time(bench.step())
        return list(kiosk.receive())
    finally:
        kiosk.close()


@pytest.fixture
def files_fail(monkeypatch):
    """The disk holds the daemon's plain files, too: their syncs fail as they come."""
    synced = os.fsync

    def on(disk: Disk) -> None:
        def sync(descriptor):
            if disk.fails():
                raise OSError(errno.EIO, "Input/output error")
            synced(descriptor)

        monkeypatch.setattr(os, "fsync", sync)

    return on


def belongs_to(bench: Bench) -> str | None:
    enrolment = bench.device.delivery.enrolment()
    return None if enrolment is None else enrolment.server


class Moving:
    """A device of the first server is asked to join the second, on a disk that fails meanwhile."""

    def __init__(self, first: Office, folder: Path) -> None:
        self.second = Office()
        self.second.pages = {
            "": wire.RosterAnswer(cursor="c9", rows=rows(AFTER, 1)),
            "c9": wire.RosterAnswer(cursor="c9", rows=[]),
        }
        self.bench = Bench(Net(first=first, second=self.second), folder)

    def ask(self, disk: Disk, nth: int) -> bool:
        """Whether anything failed."""
        with failing(disk):
            self.bench.start()
            settle(self.bench)
            disk.at = disk.done + nth
            ask(self.bench, link.Enroll(server=OTHER, code="CODE-9"))
            failed = disk.done >= disk.at
            disk.mend()
            self.look()
        return failed

    def look(self) -> None:
        """It belongs to one of the two and goes on there, or has not finished moving."""
        enrolment = self.bench.device.delivery.enrolment()
        assert enrolment.server in {SERVER, OTHER}
        if enrolment.device_id == self.bench.device.device_id:
            settle(self.bench)
            roster = RosterReader(self.bench.settings.roster)
            assert roster.cursor() == ("c1" if enrolment.server == SERVER else "c9")

    def finish(self) -> None:
        """Asked again on a disk that works, it is at the second one with all it does now."""
        if self.bench.device.delivery.enrolment().server == SERVER:
            assert any(
                isinstance(said, link.Joined)
                for said in ask(self.bench, link.Enroll(server=OTHER, code="CODE-9"))
            )
        self.bench.kiosk()
        self.bench.punches(2)
        settle(self.bench)
        assert [len(self.second.held(line.epoch)) for line in stored(self.bench.settings.outbox)] == [3] * 3
        self.look()
        self.bench.close()


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("kind", KINDS[:-1])
def test_whatever_fails_a_device_that_moves_is_at_one_server_in_the_end(
    joined, memory_folder, kind, files_fail, restarts
):
    first, source = joined
    for nth in range(1, 100):
        folder, disk = memory_folder / str(nth), Disk(kind, 0, STORES)
        shutil.copytree(source, folder)
        moving = Moving(twin(first), folder)
        files_fail(disk)
        failed = moving.ask(disk, nth)
        if restarts:
            moving.bench.start()
        moving.finish()
        if not failed:
            break
    assert nth > 10


class Losing(Scene):
    """A device that was reported lost, with lines to deliver, on a disk that fails meanwhile."""

    def look(self) -> None:
        """People are there as they were, or gone; and never gone while the order was not heard."""
        found = RosterReader(self.bench.settings.roster).load()
        names = {row_id: body.name for row_id, body in found.rows.get("person", {}).items()}
        assert (found.cursor, names) in [("", BARE), ("c1", BEFORE)]
        delivery = look_into(self.bench.settings.delivery)
        with contextlib.closing(delivery):
            marks = {epoch: mark.sent for epoch, mark in delivery.marks().items()}
        assert all(
            (epoch, seq) in self.office.lines for epoch, sent in marks.items() for seq in range(1, sent + 1)
        )

    def finish(self) -> None:
        for _ in range(400):
            if self.bench.device.device_id is None and self.bench.device.delivery.enrolment() is None:
                break
            self.step(1, Disk())
        self.look()
        assert RosterReader(self.bench.settings.roster).cursor() == ""
        lines = stored(self.bench.settings.outbox)
        assert {(line.epoch, line.seq): {line.hash: line.raw} for line in lines} == self.office.lines
        assert self.office.wiped[-1].kept == 0
        assert not list(self.bench.folder.glob("device.key*"))


def lose(office: Office, source: Path, folder: Path, disk: Disk, files_fail) -> Losing:
    shutil.copytree(source, folder)
    losing = Losing(twin(office), folder)
    losing.office.wiped = []
    losing.office.status, losing.office.wipe = "revoked", orders(losing.bench.device.device_id)
    losing.bench.kiosk()
    losing.punch()
    files_fail(disk)
    with failing(disk):
        losing.start()
        losing.step(12, disk)
        if disk.kind != "power is cut":
            disk.mend()
            losing.finish()
    return losing


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_a_lost_device_is_wiped_and_loses_no_line(joined, memory_folder, kind, files_fail):
    disk = Disk(stores=STORES)
    lose(*joined, memory_folder / "counted", disk, files_fail).bench.close()
    assert disk.done > 20
    for nth in range(1, disk.done + 1):
        cut = Disk(kind, nth, STORES)
        losing = lose(*joined, memory_folder / str(nth), cut, files_fail)
        if kind == "power is cut":
            folder = losing.bench.folder.with_name(f"{nth}-found")
            losing.bench.stop()
            losing.bench.outbox.close()
            cut.after_a_cut(losing.bench.folder, folder, random.Random(nth))
            files_fail(Disk())
            after = Losing(losing.office, folder)
            losing.bench.close()
            losing = after
            losing.look()
            losing.finish()
        losing.bench.close()
