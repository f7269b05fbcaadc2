"""A badge reader without a device, for demonstrations, tests and machines that have none yet."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue

from clockhouse_drivers.reader import Health, Holding, OnReading, hand_over
from clockhouse_drivers.readings import Reading


class SimulatedReader:
    """Reads whatever is presented to it, and keeps every promise of a real reader."""

    def __init__(self, *, now: Callable[[], datetime], name: str = "simulated") -> None:
        self.name = name
        self._now = now
        self._cards: SimpleQueue[tuple[Reading, float] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._plugged = True
        self._readings = 0

    def present(self, credential: str) -> None:
        """Hold a card to the reader for a moment; without a plug or before it is open, nobody sees it."""
        if self._thread is not None and self._plugged:
            reading = Reading(credential.upper(), "badge", "simulated", credential.encode(), self._now())
            self._cards.put((reading, time.monotonic()))

    def unplug(self) -> None:
        self._plugged = False

    def plug(self) -> None:
        self._plugged = True

    def open(self, on_reading: OnReading) -> None:
        if self._thread is None:
            self._cards = SimpleQueue()
            self._thread = threading.Thread(
                target=self._deliver, args=(self._cards, on_reading), name=self.name, daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._cards.put(None)
            if thread is not threading.current_thread():
                thread.join(2)

    def health(self) -> Health:
        if self._thread is None:
            return Health("closed", readings=self._readings)
        if not self._plugged:
            return Health("searching", "unplugged", readings=self._readings)
        return Health("ready", readings=self._readings)

    def _deliver(self, cards: SimpleQueue[tuple[Reading, float] | None], on_reading: OnReading) -> None:
        holding = Holding()
        while (card := cards.get()) is not None and self._thread is not None:
            reading, tick = card
            if holding.is_new(reading.credential, tick):
                self._readings += 1
                hand_over(reading, on_reading)
