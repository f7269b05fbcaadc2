"""The conversation with the server, one piece at a time: hello, deliver, pull the roster, heartbeat.

`step` does the most urgent piece that is due and says when it wants to be called again. Whatever a server
answers, lines stay; a failure only makes the next try later.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import link, plan, signing, wire
from clockhouse_sync.batch import Batch, held, next_batch
from clockhouse_sync.client import Client, ClientError
from clockhouse_sync.delivery import DeliveryStore
from clockhouse_sync.outbox import OUTBOX
from clockhouse_sync.outbox_reader import OutboxReader, OutboxView
from clockhouse_sync.roster import RosterStore
from clockhouse_sync.store import StoreError
from clockhouse_sync.wiping import Wiping

PENDING_SECONDS: Final = 2.0
REVOKED_SECONDS: Final = 300.0
OUTBOX_SECONDS: Final = 5.0
_MOST_PAGES: Final = 10_000

log = logging.getLogger("clockhouse.sync")


@dataclass(frozen=True)
class World:
    """Clocks, chance and health, handed in so that a simulator can turn them.

    `alive` is called between the requests of a long piece of work, for whoever watches.
    """

    wall: Callable[[], datetime]
    boottime_ms: Callable[[], int]
    clock_state: Callable[[], wire.ClockState | None]
    chance: Callable[[], float]
    health: Callable[[], Mapping[str, int | str | bool | None]]
    alive: Callable[[], None]


@dataclass(frozen=True)
class Pace:
    """How often things are done, in seconds."""

    roster: float = 60.0
    heartbeat: float = 60.0


Piece = Literal["hello", "lines", "roster", "heartbeat", "wipe"]


class Exchange:
    """This device's side of it. Needs the stores of sync and a look into the outbox."""

    def __init__(
        self,
        *,
        client: Client,
        delivery: DeliveryStore,
        roster: RosterStore,
        outbox: OutboxView,
        key: Ed25519PrivateKey,
        world: World,
        software: str,
        news: Callable[[link.Message], None],
        pace: Pace | None = None,
    ) -> None:
        self._client = client
        self._delivery = delivery
        self._roster = roster
        self._view = outbox
        self._key = key
        self._device_id = signing.key_id(signing.public_bytes(key))
        self._world = world
        self._software = software
        self._news = news
        self._pace = pace or Pace()
        self._pieces: Mapping[Piece, Callable[[float], None]] = {
            "hello": self._hello,
            "lines": self._deliver,
            "roster": self._pull,
            "heartbeat": self._heartbeat,
            "wipe": self._confirm_wipe,
        }
        self._wiping = Wiping(client, delivery, roster, key)
        self._undeliverable = False
        self._due: dict[Piece, float] = dict.fromkeys(self._pieces, 0.0)
        self._retry = 0.0
        self._failures = 0
        self._stumbles: dict[Piece, int] = {}
        self._limits = plan.Limits()
        self._session_asked = False
        self._cause: link.ClockCause = "boot"
        self._newest_epoch = ""
        self._checkpointed: dict[str, float] = {}
        self.wiped = False
        """Whether this device has carried out its server's order, has said so, and holds no line any more."""
        self.online = False
        self.since = world.wall()
        self.notices: dict[str, None] = {}

    @property
    def settled(self) -> bool:
        """Whether all that could be done was done: online, nothing waiting, roster pulled."""
        return self.online and self.waiting() == 0 and min(self._due["hello"], self._due["roster"]) > 0.0

    def waiting(self) -> int:
        """How many lines were not answered yet."""
        with self._outbox() as reader:
            return 0 if reader is None else plan.waiting(held(reader, self._delivery))

    def nudge(self) -> None:
        """A line was appended; it goes out with the next step, unless we are waiting out a failure."""
        if "lines" not in self._stumbles:
            self._due["lines"] = 0.0

    def pull(self) -> None:
        """The roster is wanted now; somebody asked, so a pause is cut short."""
        self._due["roster"] = self._retry = 0.0

    def compare_clocks(self, cause: link.ClockCause) -> None:
        """Ask for the server's time now: a kiosk could not write it down before, or its clock was set since."""
        self._due["hello"] = 0.0
        self._cause = cause

    def sign(self, now: float) -> None:
        """Checkpoints are made when they are due, whether anybody can be reached or not."""
        self._make_checkpoints(now, self._heads())

    def step(self, now: float) -> float:
        """Do one piece of work if one is due; the instant to come back at, `now` itself if there is more.

        Raises StoreError when a store of sync's own cannot be read any more: opening it anew sets it aside.
        """
        self._erase_if_ordered(now)
        if now < self._retry:
            return self._retry
        wanted = self._wanted()
        piece = next((piece for piece in wanted if self._due[piece] <= now), None)
        if piece is None:
            return min(self._due[piece] for piece in wanted)
        try:
            self._pieces[piece](now)
        except ClientError as problem:
            self._failed(now, piece, problem)
        except StoreError as problem:
            if problem.code == "unreadable" and problem.store != OUTBOX:
                raise
            log.exception("store.failed", extra={"code": problem.code, "store": problem.store})
            self._notice("store_failed")
            self._undeliverable = True
            self._pause(now, None)
        else:
            self._stumbles.pop(piece, None)
            self.notices.pop("store_failed", None)
        return max(now, self._retry)

    def _wanted(self) -> tuple[Piece, ...]:
        """What may be done at all, the most urgent first; a revoked device still delivers, and so does a lost one."""
        enrolment = self._delivery.enrolment()
        if self._delivery.wipe() is not None:
            return ("hello", "lines") if self._wiping.ordered else ("hello", "lines", "wipe")
        match None if enrolment is None else enrolment.status:
            case "active":
                return ("hello", "lines", "roster", "heartbeat")
            case "revoked":
                return ("hello", "lines")
            case _:
                return ("hello",)

    def _hello(self, now: float) -> None:
        started_ms = self._world.boottime_ms()
        heads = self._heads()
        self._newest_epoch = heads[-1].epoch if heads else ""
        answer = self._client.hello(
            wire.HelloRequest(
                protocols=[wire.VERSION],
                heads=heads,
                clock=self._world.clock_state(),
                at=wire.format_instant(self._world.wall()),
                software=self._software,
            )
        )
        rtt_ms = self._world.boottime_ms() - started_ms
        self._take(now, answer)
        self._news(
            link.ClockNews(
                cause=self._cause,
                server_time=answer.server_time,
                server_epoch=answer.server_epoch,
                rtt_ms=rtt_ms,
            )
        )
        self._cause = "hello"

    def _heartbeat(self, now: float) -> None:
        health = {"waiting": self.waiting(), "parked": self._delivery.parked_count(), **self._world.health()}
        request = wire.HeartbeatRequest(
            protocols=[wire.VERSION],
            heads=self._heads(),
            clock=self._world.clock_state(),
            at=wire.format_instant(self._world.wall()),
            software=self._software,
            health=health,
        )
        before = self._delivery.server_epoch
        self._take(now, self._client.heartbeat(request, self._delivery.session))
        self._session_asked = False
        if self._delivery.server_epoch != before:
            self.compare_clocks("hello")

    def _take(self, now: float, answer: wire.HelloAnswer) -> None:
        """What hello and heartbeat say alike: who we are to the server, what it lacks, what it keeps."""
        before = self._delivery.server_epoch
        # To a terminal that is not let in yet it does not say what it lacks.
        known = answer.status != "pending"
        restored = known and before is not None and before != answer.server_epoch
        rewinds = self._rewinds(answer.want, restored=restored)
        if restored:
            log.warning("server.restored", extra={"server_epoch": answer.server_epoch})
            self._notice("server_restored")
        elif self._shorter(answer.want):
            log.error("server.history_shorter", extra={"server_epoch": answer.server_epoch})
            self._notice("server_history_shorter")
        self._delivery.take_hello(answer, rewinds)
        if self._wiping.take(answer):
            self._undeliverable = False
            self._due["lines"] = self._due["wipe"] = now
        if answer.pepper is not None and self._delivery.wipe() is None:
            self._roster.keep_pepper(answer.pepper)
        self._went_online()
        wait = {"pending": PENDING_SECONDS, "revoked": REVOKED_SECONDS}.get(answer.status, float("inf"))
        self._due["hello"] = now + wait
        self._due["heartbeat"] = now + self._pace.heartbeat
        if rewinds:
            self._due["lines"] = now

    def _rewinds(self, want: Sequence[wire.Want], *, restored: bool) -> dict[str, int]:
        sent = {epoch: mark.sent for epoch, mark in self._delivery.marks().items()}
        with self._outbox() as reader:
            if reader is None:
                return {}
            readable = {
                asked.epoch: [line.seq for line in reader.lines(asked.epoch, asked.after_seq, 1)]
                == [asked.after_seq + 1]
                for asked in want
            }
        return plan.rewinds(sent, want, readable, restored=restored)

    def _shorter(self, want: Sequence[wire.Want]) -> bool:
        marks = self._delivery.marks()
        return any(
            asked.epoch in marks and asked.after_seq < marks[asked.epoch].acknowledged for asked in want
        )

    def _heads(self) -> list[wire.Head]:
        with self._outbox() as reader:
            return [] if reader is None else reader.heads()

    @contextmanager
    def _outbox(self) -> Iterator[OutboxReader | None]:
        """A look into the outbox as it is now; None while there is none of this device."""
        with self._view.look() as reader:
            yield reader if reader is not None and reader.device_id == self._device_id else None

    def _deliver(self, now: float) -> None:
        self._due["lines"] = now + OUTBOX_SECONDS
        with self._outbox() as reader:
            if reader is None:
                return
            heads = reader.heads()
            self._make_checkpoints(now, heads)
            batch = next_batch(reader, self._delivery, held(reader, self._delivery), self._limits)
        if heads and heads[-1].epoch != self._newest_epoch:
            self._newest_epoch = heads[-1].epoch
            self.compare_clocks("boot")
        if not batch.lines and not batch.checkpoints:
            return
        answer = self._client.lines(batch.body, self._delivery.session)
        self._check(batch, answer)
        self._delivery.take_verdicts(
            answer, sent=batch.sent, checkpoints=batch.checkpoints, answered_at=self._world.wall()
        )
        self._limits = plan.grown(self._limits)
        self._session_asked = False
        self._stumbles.pop("lines", None)
        self._went_online()
        parked = [verdict for verdict in answer.verdicts if verdict.outcome == "parked"]
        for verdict in parked:
            log.warning("line.parked", extra={"seq": verdict.seq, "code": verdict.code})
        self._due["lines"] = now
        self._due["wipe"] = 0.0

    def _erase_if_ordered(self, now: float) -> None:
        """What can be delivered goes first; whoever cuts the network keeps nothing by it."""
        if self._wiping.ordered and (self._undeliverable or self.waiting() == 0):
            try:
                self._wiping.erase(wire.format_instant(self._world.wall()))
            except StoreError as problem:
                if problem.code == "unreadable":
                    raise
                log.exception("wipe.failed", extra={"code": problem.code})  # lines go out all the same
                self._notice("store_failed")
                return
            self._news(link.RosterNews(cursor=""))
            self._due["wipe"] = now

    def _confirm_wipe(self, now: float) -> None:
        with self._outbox() as reader:
            unwritten = 0 if reader is None else reader.unwritten()
        kept = self.waiting() + unwritten
        self._wiping.confirm(kept)
        self._session_asked = False
        self._went_online()
        self._due["wipe"] = now + REVOKED_SECONDS
        self.wiped = kept == 0

    def _make_checkpoints(self, now: float, heads: Sequence[wire.Head]) -> None:
        for head in heads:
            since = now - self._checkpointed.get(head.epoch, float("-inf"))
            if plan.checkpoint_due(head.seq, self._delivery.last_checkpoint(head.epoch), since):
                made_at = wire.format_instant(self._world.wall())
                self._delivery.keep_checkpoint(signing.checkpoint(self._key, head, made_at))
                self._checkpointed[head.epoch] = now

    def _check(self, batch: Batch, answer: wire.LinesAnswer) -> None:
        """One verdict for each line sent, and receipts for lines of this batch that hold; else nothing counts."""
        said = {verdict.index: (verdict.epoch, verdict.seq, verdict.hash) for verdict in answer.verdicts}
        asked = {index: (line.epoch, line.seq, line.hash) for index, line in enumerate(batch.lines)}
        if said != asked:
            raise ClientError("server", "verdicts")
        hashes = {(line.epoch, line.seq): line.hash for line in batch.lines}
        keys = self._delivery.server_keys()
        for receipt in answer.receipts:
            key = keys.get(receipt.key_id)
            ours = hashes.get((receipt.epoch, receipt.seq), receipt.hash) == receipt.hash
            if (
                not ours
                or receipt.device_id != self._device_id
                or key is None
                or not signing.receipt_holds(key, receipt)
            ):
                raise ClientError("server", "receipt")

    def _pull(self, now: float) -> None:
        try:
            changed = self._pull_from(self._roster.cursor)
        except ClientError as problem:
            if problem.trouble != "gone":
                raise
            changed = self._pull_from("")
        self._due["roster"] = now + self._pace.roster
        self._session_asked = False
        self._went_online()
        if changed:
            self._news(link.RosterNews(cursor=self._roster.cursor))

    def _pull_from(self, since: str) -> bool:
        """All pages of one pull, applied together; a pull that breaks off leaves the roster as it was."""
        rows: list[wire.RosterRow] = []
        cursor = since
        heard = {epoch: mark.acknowledged for epoch, mark in self._delivery.marks().items()}
        for _ in range(_MOST_PAGES):
            self._world.alive()
            answer = self._client.roster(cursor, self._delivery.session)
            rows += answer.rows
            moved = answer.cursor != cursor
            cursor = answer.cursor
            if not answer.more:
                break
            if not moved:
                raise ClientError("server", "roster_stands_still")
        if cursor == self._roster.cursor and not rows:
            self._roster.hear(heard)
            return False
        self._roster.apply(rows, since=since, cursor=cursor, heard=heard)
        return True

    def _failed(self, now: float, piece: Piece, problem: ClientError) -> None:
        log.info("request.failed", extra={"trouble": problem.trouble, "code": problem.code})
        match problem.trouble:
            case "session":
                self._delivery.forget_session()
                self._due["hello"] = self._due["lines"] = now
                if not self._session_asked:
                    self._session_asked = True
                    return
            case "halve" if piece == "lines" and self._limits.lines > 1:
                self._limits = plan.halved(self._limits)
                self._due["lines"] = now
                return
            case "halve" | "server" | "gone":
                self._undeliverable = True
                self._stumble(now, piece)
                if piece == "lines":
                    self._went_offline()
                return
            case "untrusted":
                self._notice("server_untrusted")
            case "offline" if problem.code == "not_active":
                self._due["hello"] = now  # we are not what we were to it: it tells us at a hello
        self._undeliverable = True
        self._went_offline()
        self._pause(now, problem.after)

    def _stumble(self, now: float, piece: Piece) -> None:
        """The server fails at this piece; the others go on."""
        self._stumbles[piece] = self._stumbles.get(piece, 0) + 1
        self._due[piece] = now + plan.pause(self._stumbles[piece], self._world.chance())

    def _pause(self, now: float, asked: float | None) -> None:
        """Nothing can be done for a while."""
        self._failures += 1
        self._retry = now + plan.pause(self._failures, self._world.chance(), asked)
        if "lines" not in self._stumbles:
            self._due["lines"] = min(self._due["lines"], self._retry)

    def _went_online(self) -> None:
        """The server answered; online is only who can deliver, too."""
        self._failures = self._failures if self._session_asked else 0
        self.notices.pop("server_untrusted", None)
        if not self.online and "lines" not in self._stumbles:
            self.online, self.since = True, self._world.wall()

    def _went_offline(self) -> None:
        if self.online:
            self.online, self.since = False, self._world.wall()

    def _notice(self, code: str) -> None:
        self.notices[code] = None
