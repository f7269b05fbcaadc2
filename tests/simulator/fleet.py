"""Simulated terminals: real outboxes and real daemons on files of their own; their clocks, network and disks are turned.

What each of them knows for sure is kept beside it: every line that its outbox said was on disk, and what later
happened to the disk itself.
"""

import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clockhouse_sync import evidence, link, outbox, wire
from clockhouse_sync.daemon import Daemon
from clockhouse_sync.device import Device
from clockhouse_sync.exchange import World
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.settings import Settings
from clockhouse_sync.store import StoreError
from simulator.network import Network
from simulator.office import SERVER, Office

SLOW: Final = 3600 * 5
"""Seconds between roster pulls and heartbeats: what they say is said at each hello too, and time is dear here."""

Place = tuple[str, int]


class Link:
    """Between a kiosk and its daemon, without a socket."""

    def __init__(self) -> None:
        self.said: list[link.Message] = []
        self.commands: list[Any] = []
        self._newcomer = True

    def accept(self) -> int:
        newcomer, self._newcomer = self._newcomer, False
        return int(newcomer)

    def receive(self) -> list[Any]:
        commands, self.commands = self.commands, []
        return commands

    has_peers = False  # the simulated kiosk writes through the terminal itself

    def push(self, message: link.Message) -> None:
        self.said.append(message)


@dataclass
class Recorded:
    """A line that the outbox said was on disk, and when it truly was."""

    hash: str
    raw: bytes
    kind: str
    punch_id: str
    truly_at: datetime


class Terminal:
    """A kiosk and its daemon on one card."""

    def __init__(
        self, name: str, folder: Path, office: Office, now: Callable[[], datetime], chance: random.Random
    ) -> None:
        self.name, self.folder, self.office, self._now, self.chance = name, folder, office, now, chance
        self.network = Network(chance, office)
        self.settings = Settings(
            state_dir=folder, socket=folder / "none", roster_seconds=SLOW, heartbeat_seconds=SLOW
        )
        self.recorded: dict[Place, dict[str, Recorded]] = {}
        self.gone: set[tuple[str, int, str]] = set()
        """Lines that the disk lost before anybody else had them."""
        self.tampered: dict[Place, str] = {}
        """Where somebody changed a line by hand, and the hash of what it became."""
        self.destroyed: set[str] = set()
        """Epochs of which lines vanished with the disk, so that no run can declare them lost."""
        self.forked: set[str] = set()
        """Epochs that were woken up twice: there, and only there, two lines may stand at one place."""
        self.steps = 0
        self.outbox: outbox.Outbox | None = None
        self._ids = 0
        self.ahead = timedelta(0)
        self.clock_good = True
        self.booted = now()
        self._boots = 0
        self.boot_id = ""
        self._running: contextlib.ExitStack | None = None
        self.device: Device
        self.daemon: Daemon
        self.link: Link

    # --- its clocks

    def wall(self) -> datetime:
        return self._now() + self.ahead

    def boottime_ms(self) -> int:
        return max(0, (self._now() - self.booted) // timedelta(milliseconds=1))

    def clock(self) -> wire.ClockState:
        return wire.ClockState(sync=self.clock_good, error_ms=20 if self.clock_good else 16_000_000)

    def _monotonic(self) -> float:
        return self._now().timestamp()

    # --- its processes

    def start_daemon(self) -> None:
        self.stop_daemon()
        running = contextlib.ExitStack()
        world = World(
            wall=self.wall, boottime_ms=self.boottime_ms, clock_state=self.clock, chance=lambda: 0.5,
            health=lambda: {"free_mb": 4000}, alive=lambda: None,
        )  # fmt: skip
        self.device = running.enter_context(
            Device(self.settings, world=world, transport=self.network, software="0.1", hardware="simulated")
        )
        self.link = Link()
        self.daemon = Daemon(self.device, self.link)  # type: ignore[arg-type]
        self._running = running

    def stop_daemon(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None

    def start_kiosk(self) -> None:
        """The kiosk's process begins: a new epoch of the same outbox."""
        self.stop_kiosk()
        self.outbox = outbox.open_outbox(
            self.settings.outbox, device_id=self.device_id, boot_id=self.boot_id,
            software="0.1", moment=self._moment(), new_id=self._new_id,
        )  # fmt: skip
        self._remember_epoch(self.outbox.epoch)

    def stop_kiosk(self) -> None:
        if self.outbox is not None:
            self.outbox.close()
            self.outbox = None

    def boot(self, *, clock_good: bool = True, behind: timedelta = timedelta(0)) -> None:
        """The board is switched on; without a clock of its own it begins where it stopped, or long before."""
        self.stop_kiosk()
        self.stop_daemon()
        self._boots += 1
        self.boot_id, self.booted = f"{self.name}-boot-{self._boots}", self._now()
        self.clock_good, self.ahead = clock_good, -behind
        self.start_daemon()
        self.start_kiosk()

    def close(self) -> None:
        self.stop_kiosk()
        self.stop_daemon()

    # --- whom it belongs to

    def make_key(self) -> None:
        """A key that follows from the terminal's name, as all of a run does from its seed."""
        key = Ed25519PrivateKey.from_private_bytes(sha256(self.name.encode()).digest())
        self.settings.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def ask_to_join(self, code: str) -> None:
        """As with the administrator's screen: the kiosk tells its daemon, who asks when it comes to it."""
        if self._running is not None:
            self.link.commands.append(link.Enroll(server=SERVER, code=code))

    @property
    def belongs(self) -> bool:
        """Whether its daemon knows of a server at all."""
        return self.device.delivery.enrolment() is not None

    def carry_off(self, folder: Path) -> Path | None:
        """All that it recorded, on a stick; None while there is nothing to export."""
        folder.mkdir(exist_ok=True)
        written = evidence.write_to(folder, self.settings, self.wall())
        return None if written is None else written.path

    # --- what people do

    def punch(self, employee_id: str | None, kind: str = "in", **more: Any) -> bool:
        """Whether the screen said "recorded"."""
        self._ids += 1
        punch_id = f"{self.name}-punch-{self._ids}"
        fields = {"punch_id": punch_id, "kind": kind, "kind_from": "chosen", "method": "rfid", **more}
        if employee_id is not None:
            fields["employee_id"] = employee_id
        return self.write("punch", fields) is not None

    def undo_newest(self) -> None:
        """The newest punch of this run is taken back, as within its minute."""
        mine = [one for (epoch, _), found in self.recorded.items() for one in found.values()
                if one.kind == "punch" and self.outbox is not None and epoch == self.outbox.epoch]  # fmt: skip
        if mine:
            self.write("undo", {"punch_id": mine[-1].punch_id})

    def write(
        self, kind: Any, fields: dict[str, Any], beside: Sequence[tuple[bytes, bytes]] = ()
    ) -> outbox.Line | None:
        if self.outbox is None:
            return None
        try:
            line = self.outbox.append(kind, self._moment(), fields, beside)
        except StoreError as problem:
            if problem.code == "unreadable":  # as the kiosk does: into a new store, in the same run
                self.start_kiosk()
                return self.write(kind, fields, beside)
            return None
        self._remember(line, kind, str(fields.get("punch_id", "")))
        if self._running is not None:
            self.link.commands.append(link.Nudge())
        return line

    def work(self, seconds: float, forward: Callable[[float], None]) -> None:
        """Let the daemon do what it wants to within so many seconds."""
        for _ in range(400):
            if self._running is None or seconds < 0:
                return
            now = self._monotonic()
            try:
                wake = self.daemon.step(now)
            except StoreError:
                self.start_daemon()  # as systemd does
                continue
            self._hear()
            pause = wake - now
            if pause > seconds:
                return
            seconds -= pause
            forward(pause)
        raise AssertionError(f"{self.name}: the daemon does not come to rest")

    @property
    def has_settled(self) -> bool:
        """Nothing waits, and the server is heard; a terminal out of service pulls no roster any more."""
        exchange = self.daemon._exchange
        return exchange is not None and exchange.online and exchange.waiting() == 0

    def _hear(self) -> None:
        """The kiosk writes down what its daemon says of clocks."""
        said, self.link.said = self.link.said, []
        for message in said:
            if isinstance(message, link.ClockNews):
                self.steps += message.cause == "step"
                told = {
                    "cause": message.cause, "server_time": message.server_time, "rtt_ms": message.rtt_ms,
                    "step_ms": message.step_ms, "server_epoch": message.server_epoch,
                }  # fmt: skip
                self.write("clock", {name: value for name, value in told.items() if value is not None})

    @property
    def device_id(self) -> str:
        return self.device.device_id or ""

    def _moment(self) -> outbox.Moment:
        return outbox.Moment(
            at=self.wall(), zone="Europe/Berlin", utc_offset_minutes=60, boottime_ms=self.boottime_ms(),
            clock=self.clock(), site_id=self.office.site, roster_version=None,
        )  # fmt: skip

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self.name}-epoch-{self._boots}-{self._ids}"

    def _remember(self, line: outbox.Line, kind: str, punch_id: str = "") -> None:
        self.recorded.setdefault((line.epoch, line.seq), {})[line.hash] = Recorded(
            line.hash, line.raw, kind, punch_id, self._now()
        )

    def _remember_epoch(self, epoch: str) -> None:
        """The lines that opening the store made: boot, and what is declared lost."""
        with contextlib.closing(OutboxReader(self.settings.outbox)) as reader:
            for line in reader.lines(epoch, 0, 1000):
                self._remember(line, wire.read_head(line.raw).type)
