"""What all readers on a port share: a thread that searches for the device, listens, and searches again."""

import logging
import termios
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from clockhouse_drivers.reader import Health, Holding, OnReading, State, hand_over
from clockhouse_drivers.readings import Misread, Reading

log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 0.1
"""Ten characters' time at the slowest speed: whoever pauses for longer has ended the frame."""
SEARCH_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)
"""Pauses between tries to find the device; the last one repeats. Plugging it in again helps within a second."""

MISREADS_A_LINE: Final = 100


class Session:
    """What a driver is given for as long as its reader is open."""

    def __init__(self, port: str, on_reading: OnReading) -> None:
        self._port = port
        self._on_reading = on_reading
        self._holding = Holding()
        self._ended = threading.Event()
        self.ready = False
        self.reason = ""
        self.tries = 0
        self.readings = 0
        self.misreads = 0

    @property
    def goes_on(self) -> bool:
        return not self._ended.is_set()

    def end(self) -> None:
        self._ended.set()

    def found(self) -> None:
        """The device is open and answers."""
        self.ready, self.reason, self.tries = True, "", 0
        log.info("reader.ready", extra={"port": self._port})

    def lost(self, problem: Exception) -> None:
        """The device is gone, or never was there; waits before the next try."""
        if self.ready or not self.reason:
            log.warning("reader.searching", extra={"port": self._port, "problem": type(problem).__name__})
        self.ready, self.reason = False, str(problem) or type(problem).__name__
        self._ended.wait(SEARCH_SECONDS[min(self.tries, len(SEARCH_SECONDS) - 1)])
        self.tries += 1

    def take(self, seen: Iterable[Reading | Misread]) -> None:
        """Hand over what is new of it, unless the reader was closed meanwhile."""
        tick = time.monotonic()
        for each in seen:
            if isinstance(each, Misread):
                self.misreads += 1
                # A reader gone mad must not fill the journal.
                if self.misreads % MISREADS_A_LINE == 1:
                    log.info("reader.misread", extra={"port": self._port, "fault": each.fault})
            elif self._counts(each, tick) and self.goes_on:
                self.readings += 1
                hand_over(each, self._on_reading)

    def _counts(self, seen: Reading, tick: float) -> bool:
        """A key is pressed as often as it is pressed; a badge that is still there was read before."""
        held = seen.kind in {"badge", "code"}
        return seen.kind == "keys" or (held and self._holding.is_new(seen.credential, tick))


Listen = Callable[[Session], None]
"""Opens the device, says `found`, and takes what it reads until the session ends. OSError: the device is gone."""


class PortReader:
    """A reader on a port of this machine; `listen` is all that differs between drivers."""

    def __init__(self, port: str, listen: Listen) -> None:
        self.name = port
        self._listen = listen
        self._session: Session | None = None
        self._last = Session(port, lambda _: None)
        self._thread: threading.Thread | None = None

    def open(self, on_reading: OnReading) -> None:
        if self._session is None:
            self._session = self._last = Session(self.name, on_reading)
            self._thread = threading.Thread(
                target=self._run, args=(self._session,), name=f"reader {self.name}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._thread is not None:
            session.end()
            if self._thread is not threading.current_thread():
                self._thread.join(2)

    def health(self) -> Health:
        last = self._last
        state: State = "closed" if self._session is None else "ready" if last.ready else "searching"
        return Health(state, last.reason, last.readings, last.misreads)

    def _run(self, session: Session) -> None:
        while session.goes_on:
            try:
                self._listen(session)
            # pyserial says ValueError for a speed that the device cannot do, and passes on the error of a
            # terminal that is unplugged while it is set up, which is no OSError.
            except (OSError, ValueError, termios.error) as problem:
                session.lost(problem)
