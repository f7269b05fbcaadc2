"""Ten thousand terminals that come back at once, in model time.

Each decides with the product's own Exchange when it tries again, and the server's own Admission decides who is served.
What stands in for the rest: stores and a server in memory, and a request that takes so many seconds.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from math import ceil
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_server.devices.admission import Admission, room_for
from clockhouse_sync import client, signing, wire
from clockhouse_sync.client import ClientError
from clockhouse_sync.delivery import Enrolment, Mark
from clockhouse_sync.exchange import Exchange, Pace, World
from clockhouse_sync.outbox import Line

START: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE: Final = signing.key_id(signing.public_bytes(KEY))
NEVER: Final = float("inf")
_T = TypeVar("_T")


@dataclass
class Server:
    """Serves `threads` requests at a time, `seconds` each; the others that are inside wait for a thread."""

    room: int
    seconds: float
    threads: int
    now: float = 0.0
    admission: Admission = field(default_factory=Admission)
    stored: Counter[tuple[int, int]] = field(default_factory=Counter)
    most_inside: int = 0
    served: int = 0
    turned_away: int = 0
    timed_out: int = 0
    leaving: list[float] = field(default_factory=list)
    _free_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free_at = [0.0] * self.threads

    def ask(self, request: str, answer: Callable[[], _T]) -> tuple[_T, float]:
        """The answer and when it is there. Raises ClientError as the client does, of which `after` is the server's."""
        self.until(self.now)
        after = self.admission.enter(self.now, room_for(request, self.room))
        if after is not None:
            self.turned_away += 1
            raise ClientError("later", "busy", after=ceil(after))
        self.most_inside = max(self.most_inside, self.admission.inside)
        self.served += 1
        done = max(self.now, heappop(self._free_at)) + self.seconds
        heappush(self._free_at, done)
        heappush(self.leaving, done)
        said = answer()
        if done - self.now > client.READ_SECONDS:  # stored, and nobody listens any more
            self.timed_out += 1
            raise ClientError("offline", "network")
        return said, done

    def until(self, now: float) -> None:
        """Let out whoever is done by then."""
        while self.leaving and self.leaving[0] <= now:
            self.admission.leave(heappop(self.leaving))


class Outbox:
    """As clockhouse_sync.outbox_reader: so many lines of one epoch."""

    device_id = DEVICE

    def __init__(self, number: int, lines: int) -> None:
        self._lines = [
            Line("epoch", seq, f"{number}-{seq}", b'{"seq":%d}' % seq) for seq in range(1, lines + 1)
        ]

    @contextmanager
    def look(self) -> Iterator["Outbox"]:
        yield self

    def heads(self) -> list[wire.Head]:
        newest = self._lines[-1]
        return [wire.Head(epoch=newest.epoch, seq=newest.seq, hash=newest.hash)]

    def lines(self, _epoch: str, after_seq: int, limit: int) -> list[Line]:
        return self._lines[after_seq : after_seq + limit]

    def beside(self, _lines: object) -> dict[str, tuple[bytes, bytes]]:
        return {}


class Store:
    """As clockhouse_sync.delivery and roster: how far the epoch got, and no more."""

    def __init__(self) -> None:
        self.mark = Mark()
        self.session: str | None = None
        self.server_epoch: str | None = None
        self.cursor = ""

    def enrolment(self) -> Enrolment:
        return Enrolment("http://server", DEVICE, "", "active", ())

    def wipe(self) -> None:
        """Nobody reported any of them."""

    def marks(self) -> dict[str, Mark]:
        return {"epoch": self.mark} if self.mark.sent else {}

    def take_hello(self, answer: wire.HelloAnswer, _rewinds: object) -> None:
        self.session, self.server_epoch = answer.session, answer.server_epoch

    def take_verdicts(self, answer: wire.LinesAnswer, *, sent: Mapping[str, int], **_more: object) -> None:
        self.mark = Mark(sent["epoch"], answer.acknowledged[-1].seq)

    def parked_count(self) -> int:
        return 0

    def server_keys(self) -> dict[str, Any]:
        return {}

    def last_checkpoint(self, _epoch: str) -> int:
        return wire.MAX_INTEGER  # signing is no part of this

    def unsent_checkpoints(self) -> list[wire.Checkpoint]:
        return []

    def hear(self, _heard: object) -> None:
        pass

    def apply(self, _rows: object, *, cursor: str, **_more: object) -> None:
        self.cursor = cursor


class Client:
    """As clockhouse_sync.client: asks the server of the model, and says when its answer is there."""

    def __init__(self, number: int, server: Server) -> None:
        self._number, self._server = number, server
        self.answered_at = 0.0

    def hello(self, _request: object, name: str = "hello") -> wire.HelloAnswer:
        return self._ask(
            name, lambda: wire.HelloAnswer(
                status="active", session="session", server_time=wire.format_instant(START), server_epoch="first",
                server_keys=[], want=[], durable=[],
            )
        )  # fmt: skip

    def heartbeat(self, request: object, _session: object) -> wire.HelloAnswer:
        return self.hello(request, "heartbeat")

    def roster(self, _cursor: str, _session: object) -> wire.RosterAnswer:
        return self._ask("roster", lambda: wire.RosterAnswer(cursor="all", rows=[]))

    def lines(self, body: bytes, _session: object) -> wire.LinesAnswer:
        return self._ask("lines", lambda: self._take(msgspec.json.decode(body)["lines"]))

    def _take(self, lines: Sequence[Mapping[str, int]]) -> wire.LinesAnswer:
        """Each line is stored once, and the answer is a verdict for each."""
        verdicts = []
        for index, line in enumerate(lines):
            place = self._number, line["seq"]
            outcome: wire.Outcome = "duplicate" if self._server.stored[place] else "accepted"
            self._server.stored[place] += outcome == "accepted"
            verdicts.append(
                wire.Verdict(
                    index=index, epoch="epoch", seq=line["seq"], hash=f"{self._number}-{line['seq']}",
                    chain="linked", outcome=outcome,
                )
            )  # fmt: skip
        newest = wire.Place(epoch="epoch", seq=lines[-1]["seq"])
        return wire.LinesAnswer(verdicts=verdicts, acknowledged=[newest], receipts=[])

    def _ask(self, request: str, answer: Callable[[], _T]) -> _T:
        said, self.answered_at = self._server.ask(request, answer)
        return said


class Kiosk:
    """One terminal, which came up at some instant: a real Exchange over stores that are a few numbers."""

    def __init__(self, number: int, server: Server, lines: int, pace: Pace, chance: random.Random) -> None:
        self.number, self.lines = number, lines
        self.store, self.client = Store(), Client(number, server)
        self.exchange = Exchange(
            client=self.client, delivery=self.store, roster=self.store, outbox=Outbox(number, lines),  # type: ignore[arg-type]
            key=KEY, software="0.1", news=lambda _: None, pace=pace,
            world=World(
                wall=lambda: START + timedelta(seconds=server.now), boottime_ms=lambda: int(server.now * 1000),
                clock_state=lambda: None, chance=chance.random, health=dict, alive=lambda: None,
            ),
        )  # fmt: skip

    @property
    def delivered(self) -> bool:
        return self.store.mark.acknowledged == self.lines

    @property
    def rests(self) -> bool:
        """From here on it only looks at its own outbox, as long as nobody wants anything of it once a minute."""
        return self.delivered and self.store.cursor != ""

    def step(self, now: float) -> float:
        """When it wants to go on; never before the server has answered it."""
        return max(self.exchange.step(now), self.client.answered_at)


@dataclass(frozen=True)
class Outcome:
    """What became of a herd: how long until the half and until all had delivered, in seconds of model time."""

    server: Server
    half: float
    all: float
    missing: int
    doubled: int


def come_back(
    server: Server,
    kiosks: int,
    *,
    lines: int = 3,
    seed: int = 0,
    stay: bool = False,
    longest: float = 6 * 3600,
) -> Outcome:
    """So many kiosks come up in one second, each with a few lines, until all have delivered or `longest` is over.

    With `stay`, those that have go on asking once a minute for the roster and saying how they are.
    """
    chance, pace = random.Random(seed), Pace() if stay else Pace(NEVER, NEVER)
    herd = [Kiosk(number, server, lines, pace, chance) for number in range(kiosks)]
    waking = [(chance.random(), kiosk.number) for kiosk in herd]
    heapify(waking)
    done: list[float] = []
    while len(done) < kiosks and waking[0][0] < longest:
        server.now, number = heappop(waking)
        kiosk, before = herd[number], herd[number].delivered
        wake = kiosk.step(server.now)
        if kiosk.delivered and not before:
            done.append(kiosk.client.answered_at)
        if stay or not kiosk.rests:
            heappush(waking, (wake, number))
    server.until(longest)
    missing = kiosks * lines - len(server.stored)
    doubled = sum(times > 1 for times in server.stored.values())
    ends = sorted(done) + [longest] * (kiosks - len(done))
    return Outcome(server, ends[kiosks // 2], ends[-1], missing, doubled)
