"""A simulated terminal's way to the server: cut, lossy, doubling, damaging, hours late."""

import contextlib
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clockhouse_sync.client import ClientError, Reply
from simulator.office import SERVER, Office, Stopped


@dataclass
class Network:
    """One terminal's way to the server; each number is how often, from 0 to 1."""

    chance: random.Random
    office: Office
    cut: bool = False
    request_lost: float = 0.0
    answer_lost: float = 0.0
    twice: float = 0.0
    damaged: float = 0.0
    late: float = 0.0
    crash: float = 0.0
    waiting: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    requests: int = 0

    def mend(self) -> None:
        self.cut = False
        self.request_lost = self.answer_lost = self.twice = self.damaged = self.late = self.crash = 0.0

    def send(self, method: str, url: str, headers: Any, body: bytes) -> Reply:
        target, named = url.removeprefix(SERVER), dict(headers)
        self.requests += 1
        if self.cut or self._happens(self.request_lost):
            raise ClientError("offline", "network")
        if self._happens(self.late):  # it arrives when nobody waits for it any more
            self.waiting.append((method, target, named, body))
            raise ClientError("offline", "too_slow")
        if self._happens(self.damaged) and body:
            spot = self.chance.randrange(len(body))
            body = body[:spot] + bytes([body[spot] ^ 0x04]) + body[spot + 1 :]
        if self._happens(self.crash):
            if self.chance.random() < 0.5:
                self.office.chance.before_commit = True
            else:
                self.office.chance.after_commit = True
        if self._happens(self.twice):
            self._ask(method, target, named, body)
        reply = self._ask(method, target, named, body)
        if self._happens(self.answer_lost):
            raise ClientError("offline", "network")
        return reply

    def trust(self, ca_file: Path | None) -> None:
        raise AssertionError(f"no authority is given here: {ca_file}")

    def late_ones_arrive(self) -> None:
        """What was on the way for hours reaches the server; nobody hears the answer."""
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            with contextlib.suppress(ClientError):
                self._ask(*request)

    def _ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        try:
            return self.office.answer(method, target, headers, body)
        except Stopped:
            raise ClientError("offline", "network") from None
        finally:
            self.office.chance.before_commit = self.office.chance.after_commit = False

    def _happens(self, often: float) -> bool:
        return often > 0 and self.chance.random() < often
