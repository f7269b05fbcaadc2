"""The world as the session meets it: clocks, the outbox and PIN checks, each off the screen's thread."""

import base64
import binascii
import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from clockhouse_drivers.credentials import PinParameters, pin_matches
from clockhouse_kiosk.flow.words import Stamp
from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory, Site
from clockhouse_kiosk.session import PinTry, Writing
from clockhouse_sync import wire
from clockhouse_sync.outbox import Moment, Outbox, open_outbox
from clockhouse_sync.roster import LoadedRoster, RosterReader
from clockhouse_sync.store import StoreError

log = logging.getLogger(__name__)

Post = Callable[[Callable[[], None]], None]
"""Runs something in the screen's thread, soon and in order."""

LOOK_BACK: Final = timedelta(days=14)
"""How far back own lines are read: recent jobs, and more than any roster in use lags behind."""


@dataclass(frozen=True)
class Clocks:
    """Where time and ids come from."""

    now: Callable[[], datetime]
    boottime_ms: Callable[[], int]
    boot_id: Callable[[], str]
    state: Callable[[], wire.ClockState | None]
    new_id: Callable[[], str]
    salt: Callable[[], bytes]

    def stamp(self) -> Stamp:
        return Stamp(self.now(), self.boottime_ms())


@dataclass(frozen=True)
class Opened:
    """Everything that is needed before anybody can punch."""

    roster: LoadedRoster
    outbox: Outbox
    directory: Directory


@dataclass
class Machine:
    """Carries out what the session decides. Answers come back through `post`, in the screen's thread.

    `appended` is told of each line that reached the disk; `sounds` plays one of the names in `flow.effects.Sound`.
    """

    state_dir: Path
    clocks: Clocks
    post: Post
    software: str
    appended: Callable[[], object]
    sounds: Callable[[str], None]
    _outbox: Outbox | None = None
    _cursor: str = ""
    _site: Site | None = None
    _store: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    _pins: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "pin"))

    @property
    def roster(self) -> RosterReader:
        return RosterReader(self.state_dir / "roster.db")

    def stamp(self) -> Stamp:
        return self.clocks.stamp()

    def new_id(self) -> str:
        return self.clocks.new_id()

    def salt(self) -> bytes:
        return self.clocks.salt()

    def sound(self, name: str) -> None:
        self.sounds(name)

    def append(self, writing: Writing, answer: Callable[[bytes | None], None]) -> None:
        """Write one line; the answer is its bytes once they are on disk, or None."""
        _submit(self._store, partial(self._write, writing, answer))

    def check_pin(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None:
        _submit(self._pins, partial(self._check, attempt, answer))

    def open(self, answer: Callable[[Opened | StoreError | None], None]) -> None:
        """Read roster and own lines and begin an epoch; None while the roster does not name this kiosk."""
        _submit(self._store, partial(self._open, answer))

    def reload(self, history: History, answer: Callable[[Directory | None], None]) -> None:
        """A directory of the newest roster, or None if there is nothing newer that can be read."""
        _submit(self._store, partial(self._reload, history, answer))

    def close(self) -> None:
        """What was decided is written before this returns."""
        self._pins.shutdown()
        self._store.shutdown()
        if self._outbox is not None:
            self._outbox.close()

    def prune(self, prunable: Callable[[], dict[str, int]]) -> None:
        """Forget what the server keeps for good and nobody here needs any more."""
        _submit(self._store, partial(self._prune, prunable))

    def _appended(self) -> None:
        self.appended()

    def _moment(self, stamp: Stamp) -> Moment:
        site = self._site
        zone = None if site is None else site.zone
        offset = None if zone is None else stamp.at.astimezone(zone).utcoffset()
        return Moment(
            at=stamp.at,
            zone=None if site is None else site.zone_name,
            utc_offset_minutes=None if offset is None else offset // timedelta(minutes=1),
            boottime_ms=stamp.boottime_ms,
            clock=self.clocks.state(),
            site_id=None if site is None else site.id,
            roster_version=self._cursor or None,
        )

    def _write(self, writing: Writing, answer: Callable[[bytes | None], None]) -> None:
        raw: bytes | None = None
        try:
            if self._outbox is not None:
                moment = self._moment(writing.stamp)
                raw = self._outbox.append(writing.kind, moment, writing.fields, writing.beside).raw
        except (StoreError, wire.WireError) as problem:
            log.exception("outbox.failed", extra={"code": getattr(problem, "code", "wire")})
        self.post(partial(answer, raw))
        if raw is not None:
            self.post(self._appended)

    def _check(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None:
        right: bool | None = None
        row = attempt.row
        with contextlib.suppress(StoreError, binascii.Error, ValueError, MemoryError):
            pepper = self.roster.pepper(row.pepper_version)
            if pepper is not None:
                right = pin_matches(
                    attempt.pin,
                    base64.b64decode(row.hash, validate=True),
                    employee_id=attempt.person_id,
                    pepper=pepper,
                    salt=base64.b64decode(row.salt, validate=True),
                    params=PinParameters(row.memory_kib, row.passes, row.lanes),
                )
        self.post(partial(answer, right))

    def _open(self, answer: Callable[[Opened | StoreError | None], None]) -> None:
        opened: Opened | StoreError | None = None
        try:
            roster = self.roster.load()
            device_id = next(iter(roster.rows.get("device", {})), None)
            if device_id is not None:
                opened = self._begin(roster, device_id)
        except (StoreError, OSError, wire.WireError) as problem:
            log.exception("open.failed")
            opened = problem if isinstance(problem, StoreError) else StoreError("failed", str(problem))
        self.post(partial(answer, opened))

    def _begin(self, roster: LoadedRoster, device_id: str) -> Opened:
        history = History()
        directory = Directory(roster.rows, history, device_id)
        self._cursor, self._site = roster.cursor, directory.site
        stamp = self.stamp()
        self._outbox = open_outbox(
            self.state_dir / "outbox.db",
            device_id=device_id,
            boot_id=self.clocks.boot_id(),
            software=self.software,
            moment=self._moment(stamp),
            new_id=self.new_id,
        )
        for line in _readable(self._outbox.lines_since(stamp.at - LOOK_BACK)):
            history.add(line)
        self.post(self._appended)
        return Opened(roster, self._outbox, directory)

    def _reload(self, history: History, answer: Callable[[Directory | None], None]) -> None:
        directory: Directory | None = None
        try:
            roster = self.roster.load()
            if roster.cursor != self._cursor and self._outbox is not None:
                directory = Directory(roster.rows, history, self._outbox.device_id)
                self._cursor, self._site = roster.cursor, directory.site
        except StoreError as problem:
            log.exception("roster.failed", extra={"code": problem.code})
        self.post(partial(answer, directory))

    def _prune(self, prunable: Callable[[], dict[str, int]]) -> None:
        with contextlib.suppress(StoreError):
            if self._outbox is not None:
                self._outbox.prune(self.clocks.now(), prunable())


def _submit(pool: ThreadPoolExecutor, call: Callable[[], None]) -> None:
    """Run in the pool; a mistake of ours is logged, not kept by a future that nobody asks."""

    def done(future: Future[None]) -> None:
        if not future.cancelled() and future.exception() is not None:
            log.error("machine.failed", exc_info=future.exception())

    pool.submit(call).add_done_callback(done)


def _readable(lines: list[bytes]) -> Iterator[wire.LineHead]:
    """Own lines; one that an older version wrote in a shape unknown here must not stop the rest."""
    for raw in lines:
        with contextlib.suppress(wire.WireError):
            yield wire.read_line(raw)
