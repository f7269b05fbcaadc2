"""The badge readers, open from the first moment on: what they read waits until somebody takes it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from clockhouse_drivers.reader import Health, Reader
from clockhouse_drivers.readings import Reading

Taker = Callable[[Reading, int], None]
"""Called in a reader's thread with a reading and the steady clock's milliseconds at which it came."""


class Hearing:
    """Open readers. Nothing that they read is lost between the first frame and the first punch."""

    def __init__(self, readers: Sequence[Reader], boottime_ms: Callable[[], int]) -> None:
        self._readers = readers
        self._boottime_ms = boottime_ms
        self._lock = Lock()
        self._kept: list[tuple[Reading, int]] = []
        self._taker: Taker | None = None

    def open(self) -> None:
        for reader in self._readers:
            reader.open(self._seen)

    def close(self) -> None:
        """Nothing is read any more; closing twice does nothing."""
        for reader in self._readers:
            reader.close()

    def take(self, taker: Taker) -> None:
        """Hand over what was read so far, in order, and from now on each reading as it comes."""
        with self._lock:
            self._taker = taker
            for reading, boottime_ms in self._kept:
                taker(reading, boottime_ms)
            self._kept.clear()

    @property
    def missing(self) -> frozenset[str]:
        """The readers that should be here and do not answer, by name."""
        return frozenset(each.name for each in self._readers if each.health().state == "searching")

    def health(self) -> list[tuple[str, Health]]:
        """Each reader by name, and how it is."""
        return [(reader.name, reader.health()) for reader in self._readers]

    def _seen(self, reading: Reading) -> None:
        boottime_ms = self._boottime_ms()
        with self._lock:
            if self._taker is None:
                self._kept.append((reading, boottime_ms))
            else:
                self._taker(reading, boottime_ms)


@contextmanager
def hearing(readers: Sequence[Reader], boottime_ms: Callable[[], int]) -> Iterator[Hearing]:
    """Readers that are open within."""
    ears = Hearing(readers, boottime_ms)
    try:
        ears.open()
        yield ears
    finally:
        ears.close()
