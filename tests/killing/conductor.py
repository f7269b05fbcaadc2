"""Who is killed when: a seed deals the kinds and the pauses; what was killed, or ended by itself, is started again."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final, Protocol

from server.postgres import Cluster

DEAD: Final = 1.2
"""Seconds for which something lies dead at most. The next may die meanwhile."""
MOMENT: Final = 2.0
"""Seconds to wait at most for the worst moment."""
AFTER: Final = 0.03
"""Seconds into that moment at most: about as long as a delivery takes."""
AGAIN: Final = 0.5
"""Seconds after which what ended by itself is started again, as systemd does."""


class Victim(Protocol):
    """A program that can be killed and started again. `kind` is what is dealt."""

    kind: str
    name: str

    @property
    def alive(self) -> bool: ...
    def start(self) -> None: ...
    def kill(self) -> bool: ...


class Postgres:
    """All processes of a cluster at once."""

    kind = name = "postgres"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def alive(self) -> bool:
        return self._cluster.running

    def start(self) -> None:
        self._cluster.start()

    def kill(self) -> bool:
        self._cluster.kill()
        return True


class Backend:
    """One process of a cluster that serves somebody, as when memory runs out; the cluster throws out all and recovers."""

    kind = name = "backend"
    alive = True

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def start(self) -> None:
        raise AssertionError("the cluster does it")

    def kill(self) -> bool:
        return self._cluster.kill_backend()


class Conductor:
    """`kills` counts them by kind, `ended` what ended without being killed.

    `moments` are the worst ones for a kind to die at, set whenever one begins: half of them are killed in one.
    """

    def __init__(
        self, victims: Sequence[Victim], moments: Mapping[str, Sequence[Event]], chance: random.Random
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self._victims, self._moments, self._chance = victims, moments, chance
        self._due: dict[str, float] = {}

    def play(self, deck: Mapping[str, int], pause: float, seconds: float) -> None:
        """Kill as often of each kind as the deck says, in any order, again and again until the time is up.

        Up to `pause` seconds lie between two kills.
        """
        end = time.monotonic() + seconds
        while True:
            kinds = [kind for kind, times in deck.items() for _ in range(times)]
            self._chance.shuffle(kinds)
            for kind in kinds:
                self._live(self._chance.uniform(0.1, pause))
                self._kill(kind)
            if time.monotonic() >= end:
                return

    def heal(self, healed: Callable[[], bool], seconds: float) -> bool:
        """Nothing is killed any more, and all is started until it has healed; whether it did in time."""
        self._due = dict.fromkeys(self._due, 0.0)
        end = time.monotonic() + seconds
        while not healed():
            if time.monotonic() > end:
                return False
            self._live(0.05)
        return True

    def _kill(self, kind: str) -> None:
        alive = [each for each in self._victims if each.kind == kind and each.alive]
        if not alive:  # all of them lie dead already
            return
        victim = self._chance.choice(alive)
        moments = self._moments.get(kind)
        if moments and self._chance.random() < 0.5:
            moment = self._chance.choice(moments)
            moment.clear()
            moment.wait(MOMENT)
            time.sleep(self._chance.uniform(0.0, AFTER))
        self.kills[kind] += victim.kill()
        self._due[victim.name] = time.monotonic() + self._chance.uniform(0.0, DEAD)

    def _live(self, seconds: float) -> None:
        """Let time go by, and start what is to be started."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            for victim in self._victims:
                if victim.alive:
                    continue
                if victim.name not in self._due:
                    self.ended[victim.kind] += 1
                    self._due[victim.name] = now + AGAIN
                if now >= self._due[victim.name]:
                    del self._due[victim.name]
                    victim.start()
            if now >= end:
                return
            time.sleep(0.02)
