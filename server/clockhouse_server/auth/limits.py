"""How often one address may try: a token bucket for each, in memory."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

from clockhouse_server.errors import Refusal

MOST_ADDRESSES: Final = 10_000


class TooOften(Refusal):
    """Slow down; `retry_after` says by how much."""

    code, status = "too_often", 429


class RateLimit:
    """`burst` tries at once, and then one each `seconds`; the oldest addresses are forgotten first."""

    def __init__(self, burst: int, seconds: float) -> None:
        self._burst = burst
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: datetime) -> None:
        """Count a try; raises TooOften."""
        with self._lock:
            left, since = self._buckets.pop(address, (float(self._burst), now))
            gained = max(0.0, (now - since).total_seconds()) / self._seconds
            left = min(float(self._burst), left + gained)
            self._buckets[address] = (max(left - 1, 0.0) if left >= 1 else left, now)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        if left < 1:
            wait = max(1, round((1 - left) * self._seconds))
            raise TooOften(f"Too many tries. Wait {wait} s.", retry_after=wait)
