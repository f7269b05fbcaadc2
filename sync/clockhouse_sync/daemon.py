"""The sync daemon: `Daemon.step` does one thing at a time, the loop below it only waits and listens."""

import contextlib
import errno
import logging
import os
import platform
import random
import select
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Final

from clockhouse_sync import clock, evidence, link, logs, media, plan, systemd, wire
from clockhouse_sync.client import ClientError, HttpTransport
from clockhouse_sync.device import Device, EnrolmentError
from clockhouse_sync.exchange import Exchange, World
from clockhouse_sync.outbox import OUTBOX
from clockhouse_sync.settings import Settings, load_settings
from clockhouse_sync.settings_file import SettingsError
from clockhouse_sync.store import StoreError

LOOK_SECONDS: Final = 5.0
STEP_MS: Final = 2000
_PRUNE_SECONDS: Final = 86_400.0

log = logging.getLogger("clockhouse.sync")


class Daemon:
    """Ties the exchange with the server to the link with the kiosk."""

    def __init__(self, device: Device, server: link.LinkServer) -> None:
        self._device = device
        self._link = server
        self._exchange: Exchange | None = None
        self._said: link.Status | None = None
        self._since = device.world.wall()
        self._prune_at = 0.0
        self._complaint = ""
        self._stood_down = False
        self._clocks = self._look_at_clocks()
        self._synced = self._clock_synced()

    def step(self, now: float) -> float:
        """Listen to kiosks, watch the clock, do one piece of delivery; the instant to be called again at.

        Raises StoreError when a store of sync's own cannot be read any more; the next start sets it aside.
        """
        wake = now + LOOK_SECONDS
        try:
            self._listen()
            self._watch_clock()
            if self._exchange is None:
                self._exchange = self._device.exchange(self._link.push)
            if self._exchange is not None:
                wake = min(wake, self._exchange.step(now))
                self._exchange.sign(now)
            if self._device.is_half_wiped or (self._exchange is not None and self._exchange.wiped):
                self._wipe()
            if now >= self._prune_at:
                self._device.delivery.prune(self._device.world.wall())
                self._prune_at = now + _PRUNE_SECONDS
            self._tell(again=False)
        except StoreError as problem:
            if problem.code == "unreadable" and problem.store != OUTBOX:
                raise
            if str(problem) != self._complaint:  # it is looked at again every few seconds
                log.exception("store.failed", extra={"code": problem.code, "store": problem.store})
            self._complaint = str(problem)
        else:
            self._complaint = ""
        return wake

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to do for now."""
        return self._exchange is not None and self._exchange.settled

    def _listen(self) -> None:
        if self._link.accept():
            self._tell(again=True)
            self._link.push(link.RosterNews(cursor=self._device.roster.cursor))
            if self._exchange is not None:
                self._exchange.compare_clocks("boot")
        for command in self._link.receive():
            match command:
                case link.Nudge() if self._exchange is not None:
                    self._exchange.nudge()
                case link.Pull() if self._exchange is not None:
                    self._exchange.pull()
                case link.AskStatus():
                    self._tell(again=True)
                case link.Enroll():
                    self._enroll(command)
                case link.Export():
                    self._export()
                case link.SignOut():
                    self._sign_out()
                case link.StoodDown():
                    self._stood_down = self._is_erased()
                case _:
                    log.info("command.early", extra={"command": type(command).__name__})

    def _enroll(self, wanted: link.Enroll) -> None:
        try:
            joined = self._device.join(wanted.server, wanted.code, wanted.ca)
        except (EnrolmentError, ClientError) as problem:
            self._refuse("enroll", problem.code, str(problem))
            return
        except StoreError as problem:
            self._exchange = None  # it may have joined: whoever goes on does so with what is on the disk now
            self._refuse("enroll", problem.code, str(problem))
            return
        self._exchange, self._stood_down = None, False
        self._link.push(
            link.Joined(
                server=joined.server, company=joined.company, status=joined.status, words=list(joined.words)
            )
        )

    def _export(self) -> None:
        settings = self._device.settings
        folder = media.place(settings.export_dir)
        if folder is None:
            self._refuse("export", "no_place", "there is no USB stick")
            return
        try:
            written = evidence.write_to(folder, settings, self._device.world.wall())
        except (OSError, StoreError) as problem:
            full = isinstance(problem, OSError) and problem.errno in {errno.ENOSPC, errno.EDQUOT}
            self._refuse("export", "disk_full" if full else "not_written", str(problem))
            return
        if written is None:
            self._refuse("export", "nothing", "there is no outbox yet")
            return
        log.info("export.written", extra={"lines": written.lines, "waiting": written.waiting})
        self._link.push(link.Exported(path=str(written.path), lines=written.lines, waiting=written.waiting))

    def _sign_out(self) -> None:
        try:
            self._device.sign_out()
        except EnrolmentError as problem:
            self._refuse("sign_out", problem.code, str(problem))
            return
        except StoreError as problem:
            self._exchange = None  # as in _enroll
            self._refuse("sign_out", problem.code, str(problem))
            return
        self._exchange = None
        self._link.push(link.SignedOut())

    def _is_erased(self) -> bool:
        """Whether an order to wipe this device was carried out, but for its key and its lines."""
        standing = self._device.delivery.wipe()
        return standing is not None and standing.wiped_at is not None

    def _wipe(self) -> None:
        """The server has this device's word that it is wiped; what is left goes, once the kiosk writes no more."""
        if self._link.has_peers and not self._stood_down:
            return
        try:
            self._device.wipe()
        except EnrolmentError:  # somebody punched meanwhile: that is delivered first
            if self._exchange is not None:
                self._exchange.wiped = False
                self._exchange.nudge()
            return
        self._exchange, self._stood_down = None, False
        self._link.push(link.SignedOut())

    def _refuse(self, do: str, code: str, text: str) -> None:
        log.warning("command.refused", extra={"command": do, "code": code})
        self._link.push(link.Refused(do=do, code=code, text=text))

    def _watch_clock(self) -> None:
        looked = self._look_at_clocks()
        step_ms = plan.clock_step(*looked, *self._clocks)
        self._clocks = looked
        if abs(step_ms) > STEP_MS:
            log.warning("clock.stepped", extra={"step_ms": step_ms})
            self._clock_changed(link.ClockNews(cause="step", step_ms=step_ms))
        synced = self._clock_synced()
        if synced and not self._synced:
            self._clock_changed(link.ClockNews(cause="first_sync"))
        self._synced = self._synced or synced

    def _clock_changed(self, news: link.ClockNews) -> None:
        """The kiosk writes it down at once, and beside it what the server's clock says now."""
        self._link.push(news)
        if self._exchange is not None:
            self._exchange.compare_clocks("hello")

    def _look_at_clocks(self) -> tuple[int, int]:
        world = self._device.world
        return wire.milliseconds(world.wall()), world.boottime_ms()

    def _clock_synced(self) -> bool:
        state = self._device.world.clock_state()
        return state is not None and state.sync

    def _tell(self, *, again: bool) -> None:
        status = self._status()
        if again or status != self._said:
            self._said = status
            self._link.push(status)

    def _status(self) -> link.Status:
        device_id = self._device.device_id
        enrolment = self._device.delivery.enrolment() if self._exchange is not None else None
        pending = enrolment is not None and enrolment.status == "pending"
        exchange = self._exchange
        since = self._since if exchange is None else exchange.since
        notices = [*self._device.notices, *(exchange.notices if exchange is not None else ())]
        if enrolment is not None and enrolment.status == "revoked":
            notices.append("revoked")
        if self._is_erased():
            notices.append(link.WIPED)
        return link.Status(
            enrolled=enrolment is not None and not pending,
            online=exchange is not None and exchange.online,
            since=wire.format_instant(since),
            device_id=device_id,
            pending_words=list(enrolment.words) if enrolment is not None and pending else None,
            waiting=0 if exchange is None else exchange.waiting(),
            parked=self._device.delivery.parked_count(),
            others_through=None if exchange is None else self._device.delivery.others_through,
            notices=notices,
        )


def main(args: Namespace) -> int:
    """`clockhouse sync [--config F] [--once]`."""
    logs.begin()
    with ExitStack() as stack:
        try:
            settings = load_settings(args.config, os.environ)
            device = stack.enter_context(open_device(settings))
            uids = {0, os.geteuid(), *settings.kiosk_uids}
            server = link.LinkServer(settings.socket, allowed_uids=uids)
        except (SettingsError, StoreError, OSError) as problem:
            print(f"clockhouse sync: {problem}", file=sys.stderr)
            return 2
        stack.callback(server.close)
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        daemon = Daemon(device, server)
        systemd.tell("READY=1")
        stack.callback(systemd.tell, "STOPPING=1")
        try:
            return _once(daemon) if args.once else _run(daemon, server)
        except StoreError as problem:
            log.critical("store.unreadable", extra={"store": problem.store})
            return 1


def _run(daemon: Daemon, server: link.LinkServer) -> int:
    while True:
        wake = daemon.step(time.monotonic())
        systemd.tell("WATCHDOG=1")
        select.select(server.filenos(), [], [], max(0.0, wake - time.monotonic()))


def _once(daemon: Daemon) -> int:
    """Until all is done that can be done now; 1 if something is left."""
    while True:
        now = time.monotonic()
        wake = daemon.step(now)
        if daemon.settled:
            return 0
        if wake > now:
            return 1


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's shape
    """Every change is a transaction, so it is safe to leave from anywhere."""
    sys.exit(0)


@contextlib.contextmanager
def open_device(settings: Settings) -> Iterator[Device]:
    """This machine's device, with the real clocks and the real network."""
    transport = HttpTransport(time.monotonic, settings.trusted)
    try:
        world = World(
            wall=lambda: datetime.now(UTC),  # noqa: TID251 - this is wiring
            boottime_ms=clock.boottime_ms,
            clock_state=_clock_state,
            chance=random.random,
            health=lambda: _health(settings.state_dir),
            alive=lambda: systemd.tell("WATCHDOG=1"),
        )
        device = Device(
            settings, world=world, transport=transport, software=version("clockhouse"), hardware=_hardware()
        )
        with device:
            yield device
    finally:
        transport.close()


def _clock_state() -> wire.ClockState | None:
    try:
        return clock.clock_state()
    except OSError:
        return None  # a container may not look; lines then say nothing about the clock


def _health(state_dir: Path) -> Mapping[str, int | str | bool | None]:
    return {
        "free_mb": shutil.disk_usage(state_dir).free // 1_000_000,
        "up_s": clock.boottime_ms() // 1000,
        "unreadable_stores": sum(1 for _ in state_dir.glob("*.db.aside-*")),
    }


def _hardware() -> str:
    model = Path("/proc/device-tree/model")
    try:
        return model.read_text(encoding="utf-8").strip("\0\n ")
    except OSError:
        return f"{platform.node()} ({platform.machine()})"
