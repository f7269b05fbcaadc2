"""Badge readers on a serial line: USB sticks, RS-232 boxes, modules on the board's own UART."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import serial

from clockhouse_drivers.reader import Health, Holding, OnReading, State, hand_over
from clockhouse_drivers.readings import PROTOCOLS, Decoder, Misread

log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 0.1
"""Ten characters' time at the slowest speed: whoever pauses for longer has ended the frame."""
SEARCH_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)
"""Pauses between tries to find the device; the last one repeats. Plugging it in again helps within a second."""


class SerialReader:
    """Reads one protocol from one port, and searches for the port for as long as it is not there."""

    def __init__(self, port: str, protocol: str, baud: int = 0, *, now: Callable[[], datetime]) -> None:
        self.name = port
        self._protocol = protocol
        self._baud = baud or PROTOCOLS[protocol].baud
        self._now = now
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._reason = ""
        self._ready = False
        self._readings = 0
        self._misreads = 0

    def open(self, on_reading: OnReading) -> None:
        if self._thread is None:
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop, on_reading), name=f"reader {self.name}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def health(self) -> Health:
        state: State = "closed" if self._thread is None else "ready" if self._ready else "searching"
        return Health(state, self._reason, self._readings, self._misreads)

    def _run(self, stop: threading.Event, on_reading: OnReading) -> None:
        holding = Holding()
        tries = 0
        while not stop.is_set():
            try:
                with serial.Serial(self.name, self._baud, timeout=SILENCE_SECONDS, exclusive=True) as line:
                    tries = 0
                    self._found()
                    self._listen(line, stop, holding, on_reading)
            # pyserial says ValueError for a speed that the device cannot do.
            except (OSError, ValueError) as problem:
                self._lost(problem)
                stop.wait(SEARCH_SECONDS[min(tries, len(SEARCH_SECONDS) - 1)])
                tries += 1
        self._ready = False

    def _listen(
        self, line: serial.Serial, stop: threading.Event, holding: Holding, on_reading: OnReading
    ) -> None:
        decoder = Decoder(self._protocol)
        while not stop.is_set():
            data = line.read(max(1, min(line.in_waiting, 4096)))
            at, tick = self._now(), time.monotonic()
            for seen in decoder.feed(data, at) if data else decoder.silence(at):
                if isinstance(seen, Misread):
                    self._misreads += 1
                    log.info("reader.misread", extra={"port": self.name, "fault": seen.fault})
                elif seen.kind != "frame" and holding.is_new(seen.credential, tick) and not stop.is_set():
                    self._readings += 1
                    hand_over(seen, on_reading)

    def _found(self) -> None:
        self._ready, self._reason = True, ""
        log.info("reader.ready", extra={"port": self.name})

    def _lost(self, problem: Exception) -> None:
        if self._ready or not self._reason:
            log.warning("reader.searching", extra={"port": self.name, "problem": type(problem).__name__})
        self._ready, self._reason = False, str(problem)
