"""A device on a bench: real stores, real sockets, and clocks that only move when a test moves them."""

import itertools
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from clockhouse_sync import ledger, link, outbox, outbox_reader, wire
from clockhouse_sync.client import HttpTransport
from clockhouse_sync.daemon import Daemon
from clockhouse_sync.device import Device
from clockhouse_sync.exchange import World
from clockhouse_sync.settings import Settings

MONDAY = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)
MOMENT = outbox.Moment(
    at=MONDAY, zone="Europe/Berlin", utc_offset_minutes=60, boottime_ms=60_000,
    clock=wire.ClockState(sync=True, error_ms=12), site_id="site-1", roster_version="c1",
)  # fmt: skip


def punch(number: int, **fields) -> dict:
    return {
        "punch_id": f"01956f2a-0000-7000-8000-{number:012d}",
        "kind": "in",
        "kind_from": "chosen",
        "method": "pin",
        "employee_id": "ana",
        **fields,
    }


def begin(
    path: Path, *, device_id: str = "DEVICE", ids=None, moment: outbox.Moment = MOMENT
) -> outbox.Outbox:
    """An outbox with a fresh epoch; epoch ids count up within a process unless given."""
    return outbox.open_outbox(
        path, device_id=device_id, boot_id="boot-1", software="0.1", moment=moment,
        new_id=(lambda: f"epoch-{next(_EPOCHS)}") if ids is None else lambda: ids,
    )  # fmt: skip


_EPOCHS = itertools.count(1)


class Bench:
    """The daemon with its stores in a folder of its own, or in a given one; `now` is its monotonic clock."""

    def __init__(self, transport=None, folder: Path | None = None) -> None:
        self._transport = transport
        self.folder = folder or Path(tempfile.mkdtemp(prefix="clockhouse-"))
        self.folder.mkdir(exist_ok=True)
        self.settings = Settings(state_dir=self.folder, socket=self.folder / "sync.sock")
        self.now = 1000.0
        self.wall = MONDAY
        self.boottime_ms = 60_000
        self.synced = True
        self.outbox: outbox.Outbox | None = None
        self._stack = ExitStack()
        self._stack.callback(shutil.rmtree, self.folder)
        self._running: ExitStack | None = None
        self.start()

    def start(self) -> None:
        """Start the daemon process anew, on the same disk."""
        self.stop()
        running = ExitStack()
        transport = self._transport
        if transport is None:
            transport = HttpTransport(time.monotonic, self.settings.trusted)
            running.callback(transport.close)
        world = World(
            wall=lambda: self.wall,
            boottime_ms=lambda: self.boottime_ms,
            clock_state=lambda: wire.ClockState(sync=self.synced, error_ms=12),
            chance=lambda: 0.5,
            health=lambda: {"free_mb": 4000},
            alive=lambda: None,
        )
        self.device = running.enter_context(
            Device(self.settings, world=world, transport=transport, software="0.1", hardware="bench")
        )
        self.link = link.LinkServer(self.settings.socket, allowed_uids={os.geteuid()})
        running.callback(self.link.close)
        self.daemon = Daemon(self.device, self.link)
        self._running = running

    def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None

    def close(self) -> None:
        self.stop()
        if self.outbox is not None:
            self.outbox.close()
        self._stack.close()

    def enrol(self, server) -> None:
        self.device.join(server.url, "CODE-1")

    def kiosk(self) -> outbox.Outbox:
        """Start the kiosk anew: another epoch of the same outbox."""
        if self.outbox is not None:
            self.outbox.close()
        self.outbox = begin(self.settings.outbox, device_id=self.device.device_id)
        return self.outbox

    def punches(self, count: int, **fields) -> list[outbox.Line]:
        kiosk = self.outbox or self.kiosk()
        return [kiosk.append("punch", MOMENT, punch(number, **fields)) for number in range(count)]

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.wall += timedelta(seconds=seconds)
        self.boottime_ms += int(seconds * 1000)

    def step(self) -> float:
        """One step of the daemon; gives how long it wants to sleep."""
        return self.daemon.step(self.now) - self.now

    def work(self, seconds: float = 0.0) -> None:
        """Step until the daemon wants to sleep past the given time from now."""
        until = self.now + seconds
        for _ in range(1000):
            wake = self.daemon.step(self.now)
            if wake > until:
                self.pass_time(until - self.now)
                return
            self.pass_time(wake - self.now)
        raise AssertionError("the daemon does not come to rest")

    def reader(self) -> outbox_reader.OutboxReader:
        return outbox_reader.OutboxReader(self.settings.outbox)


def stored(path: Path) -> list[ledger.Stored]:
    """Every line of an outbox, as it lies there."""
    reader = outbox_reader.OutboxReader(path)
    try:
        return list(reader.stored())
    finally:
        reader.close()


def later(seconds: float) -> outbox.Moment:
    return replace(MOMENT, at=MONDAY + timedelta(seconds=seconds))
