"""The world as the session meets it: clocks, the outbox and PIN checks, each off the screen's thread."""

import base64
import binascii
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from clockhouse_drivers.credentials import PinParameters, pin_matches
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow.words import Stamp
from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.session import PinTry
from clockhouse_kiosk.site import Site
from clockhouse_kiosk.writing import Writing
from clockhouse_sync import wire
from clockhouse_sync.outbox import Draft, Moment, Outbox, open_outbox
from clockhouse_sync.roster import LoadedRoster, OpenRoster, RosterReader
from clockhouse_sync.store import StoreError

log = logging.getLogger(__name__)

Post = Callable[[Callable[[], None]], None]
"""Runs something in the screen's thread, soon and in order."""

GRACE: Final = 1.0
"""Seconds for which whoever waited for the start comes before everything that can be read later."""

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
    administered: Callable[[do.Gather | do.Adjust | do.Perform], None] = lambda _: None
    _device_id: str = ""
    _complaint: str = ""
    _outbox: Outbox | None = None
    _cursor: str = ""
    _site: Site | None = None
    _opened: OpenRoster | None = None
    _loaded: LoadedRoster | None = None
    _closing: Event = field(default_factory=Event)
    _store: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    _pins: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "pin"))
    _rosters: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "roster"))

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

    def administer(self, asked: do.Gather | do.Adjust | do.Perform) -> None:
        self.administered(asked)

    def append(self, writing: Writing, answer: Callable[[bytes | None], None]) -> None:
        """Write one line; the answer is its bytes once they are on disk, or None."""
        _submit(self._store, partial(self._write, writing, answer))

    def keep(self, writings: Sequence[Writing]) -> None:
        """Have these, and nothing else, written at the next start, should this one end before they are."""
        _submit(self._store, partial(self._keep, writings))

    def check_pin(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None:
        _submit(self._pins, partial(self._check, attempt, answer))

    @property
    def device_id(self) -> str:
        """Whose lines are written; empty before anything was opened, and once it was shut."""
        return self._device_id

    def open(self, device_id: str | None, answer: Callable[[Directory | StoreError | None], None]) -> None:
        """Read roster and own lines and begin an epoch.

        None while the roster does not name this kiosk, which is the device of that id where it is known.
        """
        _submit(self._store, partial(self._open, device_id, answer))

    def shut(self, answer: Callable[[], None] = lambda: None) -> None:
        """Write no more as the device that this was; it can be opened again. The answer comes once all is written."""

        def let_go() -> None:
            self._let_go()
            self._device_id, self._loaded = "", None
            self.post(answer)

        _submit(self._store, let_go)

    def flushed(self, answer: Callable[[], None]) -> None:
        """The answer comes once everything that was given to write until now is on the disk, or could not be."""
        _submit(self._store, partial(self.post, answer))

    def reload(self, before: Directory, answer: Callable[[Directory | None], None]) -> None:
        """A directory of the newest roster, or None if there is nothing newer that can be read."""
        _submit(self._rosters, partial(self._reload, before, answer))

    def close(self) -> None:
        """What was decided is written before this returns."""
        self._closing.set()
        self._pins.shutdown()
        self._store.shutdown()
        self._rosters.shutdown()
        self._let_go()

    def prune(self, prunable: Callable[[], dict[str, int]]) -> None:
        """Forget what the server keeps for good and nobody here needs any more."""
        _submit(self._store, partial(self._prune, prunable))

    def forget_beside(self, delivered: Callable[[], dict[str, int]]) -> None:
        """Erase what lay beside lines that the server has: badge numbers, names, notes."""
        _submit(self._store, partial(self._forget_beside, delivered))

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
            raw = self._append(writing)
        except (StoreError, OSError, wire.WireError) as problem:
            log.exception("outbox.failed", extra={"code": getattr(problem, "code", "wire")})
        self.post(partial(answer, raw))
        if raw is not None:
            self.post(self._appended)

    def _keep(self, writings: Sequence[Writing]) -> None:
        """Where it cannot be kept the next line cannot either, and then the wall says so."""
        if self._outbox is None:
            return
        drafts = [Draft(each.kind, self._moment(each.stamp), each.fields, each.beside) for each in writings]
        try:
            self._outbox.keep(drafts)
        except StoreError as problem:
            log.exception("outbox.not_kept", extra={"code": problem.code})

    def _append(self, writing: Writing) -> bytes:
        """A store that broke while we wrote is set aside; the line then goes into a new one."""
        if not self._device_id:  # the answer of a PIN, say, that came after this device was signed out
            raise StoreError("failed", "nobody's lines are written here any more", store="outbox.db")
        line = (writing.kind, self._moment(writing.stamp), writing.fields, writing.beside)
        if self._outbox is not None:
            try:
                return self._outbox.append(*line).raw
            except StoreError as problem:
                if problem.code != "unreadable":
                    raise
                log.exception("outbox.unreadable")
            self._shut()
        self._outbox = self._begin_epoch(self.stamp(), resumes=True)
        return self._outbox.append(*line).raw

    def _check(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None:
        right: bool | None = None
        row = attempt.row
        time.sleep(attempt.after_seconds)  # on the thread of the PINs: no screen waits for it
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

    def _open(self, device_id: str | None, answer: Callable[[Directory | StoreError | None], None]) -> None:
        opened: Directory | StoreError | None = None
        try:
            self._let_go()
            self._opened = self.roster.open()
            named = next(iter(self._opened.rows["device"]), None)
            if named is not None and device_id in {None, named}:
                opened = self._begin(self._opened, named)
        except (StoreError, OSError, wire.WireError) as problem:
            if str(problem) != self._complaint:  # it is tried again every few seconds
                log.exception("open.failed")
            self._complaint = str(problem)
            opened = problem if isinstance(problem, StoreError) else StoreError("failed", str(problem))
        self.post(partial(answer, opened))
        if isinstance(opened, Directory) and self._opened is not None:
            _submit(self._rosters, partial(self._complete, self._opened, opened))
        else:
            self._let_go()

    def _complete(self, roster: OpenRoster, directory: Directory) -> None:
        """People can punch already; what they may ask for next is made ready meanwhile."""
        if self._closing.wait(GRACE):
            return
        try:
            self._loaded = roster.complete()
            directory.prepare()
        except StoreError as problem:  # rows are still looked up one by one
            log.exception("roster.failed", extra={"code": problem.code})

    def _begin(self, roster: OpenRoster, device_id: str) -> Directory:
        history = History()
        directory = Directory(roster.rows, history, device_id, heard=roster.heard)
        self._device_id, self._cursor, self._site = device_id, roster.cursor, directory.site
        stamp = self.stamp()
        self._outbox = self._begin_epoch(stamp)
        since = stamp.at - LOOK_BACK
        contents = self._outbox.contents_since(since, "enrolment")
        for line in _readable(self._outbox.lines_since(since)):
            history.add(line, contents)
        directory.hear()
        self.post(self._appended)
        return directory

    def _begin_epoch(self, stamp: Stamp, *, resumes: bool = False) -> Outbox:
        return open_outbox(
            self.state_dir / "outbox.db",
            device_id=self._device_id,
            boot_id=self.clocks.boot_id(),
            software=self.software,
            moment=self._moment(stamp),
            new_id=self.new_id,
            resumes=resumes,
        )

    def _shut(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None

    def _let_go(self) -> None:
        self._shut()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _reload(self, before: Directory, answer: Callable[[Directory | None], None]) -> None:
        directory: Directory | None = None
        try:
            roster = self.roster.load(self._loaded)
            if roster.cursor != self._cursor and self._outbox is not None:
                self._loaded = roster
                directory = Directory(roster.rows, before.history, self._device_id, before, roster.heard)
                directory.prepare()
                self._cursor, self._site = roster.cursor, directory.site
        except StoreError as problem:
            log.exception("roster.failed", extra={"code": problem.code})
        self.post(partial(answer, directory))

    def _prune(self, prunable: Callable[[], dict[str, int]]) -> None:
        with contextlib.suppress(StoreError):
            if self._outbox is not None:
                self._outbox.prune(self.clocks.now(), prunable())

    def _forget_beside(self, delivered: Callable[[], dict[str, int]]) -> None:
        try:
            if self._outbox is not None:
                self._outbox.forget_beside(delivered())
        except StoreError as problem:
            log.exception("outbox.not_forgotten", extra={"code": problem.code})


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
