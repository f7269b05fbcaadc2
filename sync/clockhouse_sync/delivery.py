"""How delivery stands: what was sent, what the server said of each line, and whom this device belongs to.

Only sync writes here. Nothing in it is a fact about work; those are in the outbox.
"""

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from clockhouse_sync import outbox, signing, store, wire
from clockhouse_sync.store import StoreError

APPLICATION_ID: Final = 0x434C4445

_SCHEMA: Final = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE server_keys (
        key_id TEXT PRIMARY KEY,
        public_key TEXT NOT NULL,
        pinned INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE epochs (
        epoch TEXT PRIMARY KEY,
        sent INTEGER NOT NULL DEFAULT 0,
        acknowledged INTEGER NOT NULL DEFAULT 0,
        durable INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE verdicts (
        epoch TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        chain TEXT NOT NULL,
        outcome TEXT NOT NULL,
        code TEXT,
        answered_ms INTEGER NOT NULL,
        PRIMARY KEY (epoch, seq, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX parked_verdicts ON verdicts (answered_ms) WHERE code IS NOT NULL;
    CREATE TABLE checkpoints (
        epoch TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        made_at TEXT NOT NULL,
        signature TEXT NOT NULL,
        sent INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (epoch, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unsent_checkpoints ON checkpoints (made_at) WHERE NOT sent;
    CREATE TABLE receipts (
        epoch TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        device_id TEXT NOT NULL,
        server_time TEXT NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL,
        PRIMARY KEY (epoch, seq, key_id)
    ) STRICT, WITHOUT ROWID;
    """,
)


class Wipe(msgspec.Struct, frozen=True, kw_only=True):
    """An order to wipe this device that was found good: `sent` lines before it came; when it was carried out."""

    order_id: str
    sent: int
    wiped_at: str | None = None


EnrolmentStatus = Literal["active", "pending", "revoked"]


@dataclass(frozen=True)
class Enrolment:
    """Whom this device belongs to."""

    server: str
    device_id: str
    company: str
    status: EnrolmentStatus
    words: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """How far an epoch got: answered with a verdict each, acknowledged without a gap, kept for good."""

    sent: int = 0
    acknowledged: int = 0
    durable: int = 0


@dataclass(frozen=True)
class Parked:
    """A line that the server keeps and that a person must look at."""

    epoch: str
    seq: int
    hash: str
    code: str


class DeliveryStore:
    """Sync's hold on the delivery state; raises StoreError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._path = path
        self._connection = connection

    def enrolment(self) -> Enrolment | None:
        meta = self._meta()
        if "server" not in meta:
            return None
        status: EnrolmentStatus = "active"
        if meta["status"] in {"pending", "revoked"}:
            status = "pending" if meta["status"] == "pending" else "revoked"
        words = tuple(meta["words"].split())
        return Enrolment(meta["server"], meta["device_id"], meta["company"], status, words)

    def enrol(self, enrolment: Enrolment, keys: Sequence[wire.ServerKey]) -> None:
        """Belong to a server from now on; joining another one forgets what the one before said, but for its receipts."""
        known = self.server_keys()
        overruled = {*self.overruled(), *([order.order_id] if (order := self.wipe()) is not None else [])}
        with store.writing(self._connection, self._path) as tx:
            if not any(key.key_id in known for key in keys):
                for table in ("epochs", "meta", "verdicts"):
                    tx.execute(f"DELETE FROM {table}")  # noqa: S608 - four constants
                tx.execute("UPDATE checkpoints SET sent = 0")
            _put(tx, "server", enrolment.server)
            _put(tx, "device_id", enrolment.device_id)
            _put(tx, "company", enrolment.company)
            _put(tx, "status", enrolment.status)
            _put(tx, "words", " ".join(enrolment.words))
            # A person let it in again: a server that was restored from a backup may still know the order.
            tx.execute("DELETE FROM meta WHERE name = 'wipe'")
            _put(tx, "overruled", " ".join(sorted(overruled)))
            _pin(tx, keys)

    def leave(self) -> None:
        """Belong to nobody. Marks, checkpoints and receipts stay: they show that the lines were delivered."""
        with store.writing(self._connection, self._path) as tx:
            tx.execute("DELETE FROM meta")
            tx.execute("UPDATE server_keys SET pinned = 0")

    def server_keys(self) -> dict[str, signing.PublicKey]:
        """The keys that this device trusts, by key id."""
        rows = self._all("SELECT key_id, public_key FROM server_keys WHERE pinned")
        return {row[0]: signing.read_public(row[1]) for row in rows}

    def all_server_keys(self) -> list[wire.ServerKey]:
        """Those that this device trusts, and those that it trusted when they signed receipts."""
        rows = self._all("SELECT key_id, public_key FROM server_keys ORDER BY key_id")
        return [wire.ServerKey(key_id=row[0], public_key=row[1]) for row in rows]

    @property
    def session(self) -> str | None:
        return self._meta().get("session") or None

    def forget_session(self) -> None:
        with store.writing(self._connection, self._path) as tx:
            _put(tx, "session", "")

    @property
    def server_epoch(self) -> str | None:
        return self._meta().get("server_epoch")

    @property
    def complete_through(self) -> str | None:
        """The server time at which it last held every line that this device had."""
        return self._meta().get("complete_through")

    @property
    def others_through(self) -> str | None:
        """The server time up to which it held what every other kiosk of the site has; None if there is none."""
        return self._meta().get("others_through") or None

    def wipe(self) -> Wipe | None:
        """The order to wipe this device, while it stands."""
        kept = self._meta().get("wipe")
        return None if kept is None else msgspec.json.decode(kept, type=Wipe)

    def overruled(self) -> set[str]:
        """The ids of orders that ended when a person let this device in again."""
        return set(self._meta().get("overruled", "").split())

    def keep_wipe(self, order: Wipe | None) -> None:
        with store.writing(self._connection, self._path) as tx:
            if order is None:
                tx.execute("DELETE FROM meta WHERE name = 'wipe'")
            else:
                _put(tx, "wipe", msgspec.json.encode(order).decode())

    def marks(self) -> dict[str, Mark]:
        rows = self._all("SELECT epoch, sent, acknowledged, durable FROM epochs")
        return {row[0]: Mark(*row[1:]) for row in rows}

    def take_hello(self, answer: wire.HelloAnswer, rewinds: Mapping[str, int]) -> None:
        """All that a hello or heartbeat says, and the epochs to send again, in one step."""
        with store.writing(self._connection, self._path) as tx:
            _put(tx, "status", answer.status)
            if answer.session:
                _put(tx, "session", answer.session)
            if answer.status != "pending":  # only who says what it lacks has been heard
                _put(tx, "server_epoch", answer.server_epoch)
            if answer.complete_through is not None:
                _put(tx, "complete_through", answer.complete_through)
            _put(tx, "others_through", answer.others_through or "")
            _pin(tx, answer.server_keys)
            tx.execute("UPDATE epochs SET durable = 0")
            for place in answer.durable:
                _mark(tx, place.epoch, "durable", place.seq)
            for epoch, after_seq in rewinds.items():
                tx.execute(
                    "UPDATE epochs SET sent = ?, acknowledged = min(acknowledged, ?) WHERE epoch = ?",
                    (after_seq, after_seq, epoch),
                )
                tx.execute("UPDATE checkpoints SET sent = 0 WHERE epoch = ? AND seq > ?", (epoch, after_seq))

    def take_verdicts(
        self,
        answer: wire.LinesAnswer,
        *,
        sent: Mapping[str, int],
        checkpoints: Sequence[wire.Checkpoint],
        answered_at: datetime,
    ) -> None:
        """All that the server said of one request, in one step. What it says of a line now is what holds: one that
        was parked by a server that was restored since may have come in by another way, and count.
        """
        with store.writing(self._connection, self._path) as tx:
            for verdict in answer.verdicts:
                code = verdict.code or ("parked" if verdict.outcome == "parked" else None)
                row = (verdict.epoch, verdict.seq, verdict.hash, verdict.chain, verdict.outcome, code)
                tx.execute(
                    "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*row, wire.milliseconds(answered_at)),
                )
            for epoch, seq in sent.items():
                _mark(tx, epoch, "sent", seq)
            for place in answer.acknowledged:
                _mark(tx, place.epoch, "acknowledged", place.seq)
            for receipt in answer.receipts:
                tx.execute(
                    "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (receipt.epoch, receipt.seq, receipt.hash, receipt.device_id, receipt.server_time,
                     receipt.key_id, receipt.signature),
                )  # fmt: skip
            for made in checkpoints:
                tx.execute(
                    "UPDATE checkpoints SET sent = 1 WHERE epoch = ? AND seq = ?", (made.epoch, made.seq)
                )

    def pass_over(self, epoch: str, seq: int) -> None:
        """Lines up to here cannot be read any more; the kiosk declares them lost when it next starts."""
        with store.writing(self._connection, self._path) as tx:
            _mark(tx, epoch, "sent", seq)

    def keep_checkpoint(self, made: wire.Checkpoint) -> None:
        with store.writing(self._connection, self._path) as tx:
            tx.execute(
                "INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?, ?, 0)",
                (made.epoch, made.seq, made.hash, made.made_at, made.signature),
            )

    def checkpoints(self) -> list[wire.Checkpoint]:
        return self._checkpoints("TRUE")

    def unsent_checkpoints(self) -> list[wire.Checkpoint]:
        return self._checkpoints("NOT sent")

    def _checkpoints(self, which: Literal["TRUE", "NOT sent"]) -> list[wire.Checkpoint]:
        rows = self._all(
            f"SELECT epoch, seq, hash, made_at, signature FROM checkpoints WHERE {which}"  # noqa: S608
            " ORDER BY made_at, epoch, seq"
        )
        return [
            wire.Checkpoint(epoch=row[0], seq=row[1], hash=row[2], made_at=row[3], signature=row[4])
            for row in rows
        ]

    def last_checkpoint(self, epoch: str) -> int:
        """The newest checkpoint's place in an epoch; 0 if there is none."""
        return int(self._all("SELECT max(seq) FROM checkpoints WHERE epoch = ?", (epoch,))[0][0] or 0)

    def receipts(self) -> list[wire.Receipt]:
        rows = self._all(
            "SELECT epoch, seq, hash, device_id, server_time, key_id, signature FROM receipts"
            " ORDER BY server_time, epoch, seq"
        )
        return [
            wire.Receipt(
                epoch=row[0], seq=row[1], hash=row[2], device_id=row[3], server_time=row[4], key_id=row[5],
                signature=row[6],
            )
            for row in rows
        ]  # fmt: skip

    def parked(self) -> list[Parked]:
        """Lines that a person must look at, oldest answer first."""
        rows = self._all(
            "SELECT epoch, seq, hash, code FROM verdicts WHERE code IS NOT NULL ORDER BY answered_ms, epoch, seq"
        )
        return [Parked(*row) for row in rows]

    def parked_count(self) -> int:
        return int(self._all("SELECT count(*) FROM verdicts WHERE code IS NOT NULL")[0][0])

    def prune(self, now: datetime) -> None:
        """Forget verdicts and statements older than the lines' 35 days; each epoch's newest ones stay."""
        before = wire.milliseconds(now - outbox.KEEP)
        stamp = wire.format_instant(now - outbox.KEEP)
        with store.writing(self._connection, self._path) as tx:
            tx.execute("DELETE FROM verdicts WHERE answered_ms < ?", (before,))
            for table, column in (("checkpoints", "made_at"), ("receipts", "server_time")):
                tx.execute(
                    f"DELETE FROM {table} WHERE {column} < ? AND seq <"  # noqa: S608 - two constants
                    f" (SELECT max(newer.seq) FROM {table} AS newer WHERE newer.epoch = {table}.epoch)",
                    (stamp,),
                )

    def close(self) -> None:
        self._connection.close()

    def _meta(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self._all("SELECT name, value FROM meta")}

    def _all(self, query: str, values: tuple[int | str | bool, ...] = ()) -> list[Any]:
        with store.translating(self._path):
            return self._connection.execute(query, values).fetchall()


def open_delivery(path: Path) -> DeliveryStore:
    """For sync, its only writer."""
    return DeliveryStore(store.open_for_writing(path, _SCHEMA, APPLICATION_ID), path)


def look_into(path: Path) -> DeliveryStore | None:
    """For everybody else, read-only; None while sync has not begun it."""
    try:
        connection = store.open_for_reading(path, len(_SCHEMA), APPLICATION_ID)
    except StoreError as problem:
        if problem.code == "cannot_open" and not path.exists():
            return None
        raise
    if store.version_of(connection, path) == 0:
        connection.close()
        return None
    return DeliveryStore(connection, path)


def prunable(path: Path) -> dict[str, int]:
    """For the kiosk: the newest line of each epoch that was answered and that the server keeps for good."""
    delivery = look_into(path)
    if delivery is None:
        return {}
    with contextlib.closing(delivery):
        safe = {
            epoch: min(mark.sent, mark.acknowledged, mark.durable) for epoch, mark in delivery.marks().items()
        }
    return {epoch: seq for epoch, seq in safe.items() if seq > 0}


def delivered(path: Path) -> dict[str, int]:
    """For the kiosk: the newest line of each epoch up to which all were answered and acknowledged."""
    delivery = look_into(path)
    if delivery is None:
        return {}
    with contextlib.closing(delivery):
        return {epoch: min(mark.sent, mark.acknowledged) for epoch, mark in delivery.marks().items()}


def _put(tx: sqlite3.Connection, name: str, value: str) -> None:
    tx.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _mark(
    tx: sqlite3.Connection, epoch: str, column: Literal["sent", "acknowledged", "durable"], seq: int
) -> None:
    tx.execute("INSERT OR IGNORE INTO epochs (epoch) VALUES (?)", (epoch,))
    tx.execute(f"UPDATE epochs SET {column} = ? WHERE epoch = ?", (seq, epoch))  # noqa: S608 - three literals


def _pin(tx: sqlite3.Connection, keys: Sequence[wire.ServerKey]) -> None:
    """Trust these keys and no others; retired ones stay known for the receipts that they signed."""
    tx.execute("UPDATE server_keys SET pinned = 0")
    for key in keys:
        tx.execute("INSERT OR REPLACE INTO server_keys VALUES (?, ?, 1)", (key.key_id, key.public_key))
