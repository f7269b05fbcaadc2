"""The outbox as everybody but the kiosk sees it: read only, for delivery, exports and the command line."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from clockhouse_sync import ledger, outbox_schema, store, wire
from clockhouse_sync.outbox import Line
from clockhouse_sync.store import StoreError


class OutboxReader:
    """A read-only hold on the outbox, for delivery and for the command line; raises StoreError."""

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self._path = path
        self._connection = connection or store.open_for_reading(
            path, outbox_schema.VERSIONS, outbox_schema.APPLICATION_ID
        )
        try:
            with store.translating(path):
                owner = self._connection.execute("SELECT device_id FROM owner").fetchone()
            self._version = store.version_of(self._connection, path)
        except StoreError:
            self._connection.close()
            raise
        self.device_id: str = "" if owner is None else owner[0]

    def heads(self) -> list[wire.Head]:
        """The newest line of every epoch that still has bytes here, oldest epoch first."""
        rows = self._all("SELECT epoch, newest, hash FROM epochs WHERE held ORDER BY number")
        return [wire.Head(epoch=row[0], seq=row[1], hash=row[2]) for row in rows]

    def unwritten(self) -> int:
        """How many punches are kept of people who stood there when the machine stopped: their lines are not made yet."""
        if not self._all("SELECT 1 FROM sqlite_master WHERE name = 'unwritten'"):
            return 0
        return int(self._all("SELECT count(*) FROM unwritten")[0][0])

    def lines(self, epoch: str, after_seq: int, limit: int) -> list[Line]:
        """The next lines of an epoch that are whole here; pruned and damaged ones are passed over."""
        pruned = "(SELECT oldest - 1 FROM epochs WHERE epoch = ?1)" if self._tells_oldest else "0"
        with store.translating(self._path):
            rows = self._connection.execute(
                "SELECT epoch, seq, hash, raw FROM lines WHERE epoch = ?1 AND raw IS NOT NULL"  # noqa: S608
                f" AND seq > max(?2, coalesce({pruned}, 0)) ORDER BY seq",
                (epoch, after_seq),
            )
            whole = (line for line in (Line(*row) for row in rows) if ledger.line_hash(line.raw) == line.hash)
            return list(islice(whole, limit))

    def beside(self, lines: Iterable[Line]) -> dict[str, tuple[bytes, bytes]]:
        """What travels beside these lines: hash -> (salt, content)."""
        found: dict[str, tuple[bytes, bytes]] = {}
        for line in lines:
            rows = self._all(
                "SELECT beside.hash, salt, content FROM beside JOIN lines USING (position)"
                " WHERE lines.epoch = ? AND lines.seq = ?",
                (line.epoch, line.seq),
            )
            found.update((row[0], (row[1], row[2])) for row in rows)
        return found

    def all_beside(self) -> dict[str, tuple[bytes, bytes]]:
        """All that still travels beside lines: hash -> (salt, content)."""
        rows = self._all("SELECT hash, salt, content FROM beside ORDER BY position, hash")
        return {row[0]: (row[1], row[2]) for row in rows}

    def stored(self) -> Iterator[ledger.Stored]:
        """Every line in the order it was made, as `ledger.verify` reads them."""
        with store.translating(self._path):
            for epoch, seq, line_hash, prev, raw, kind, at_ms in self._connection.execute(
                "SELECT epoch, seq, hash, prev, raw, type, at_ms FROM lines ORDER BY position"
            ):
                yield ledger.Stored(self.device_id, epoch, seq, line_hash, prev, raw, kind, at_ms)

    def ends(self) -> list[wire.Head]:
        """The newest line of every epoch, as it is kept apart, oldest epoch first."""
        rows = self._all("SELECT epoch, newest, hash FROM epochs ORDER BY number")
        return [wire.Head(epoch=row[0], seq=row[1], hash=row[2]) for row in rows]

    def passed_over(self) -> wire.Place | None:
        """The first line that still has its bytes and stands where its epoch is said to have none any more."""
        if not self._tells_oldest:
            return None
        rows = self._all(
            "SELECT epoch, min(seq) FROM epochs JOIN lines USING (epoch)"
            " WHERE (seq < oldest OR NOT held) AND raw IS NOT NULL GROUP BY number ORDER BY number LIMIT 1"
        )
        return wire.Place(epoch=rows[0][0], seq=rows[0][1]) if rows else None

    def take_any_text(self) -> None:
        """From now on text that is no UTF-8 any more comes out all the same, with its odd bytes written out."""
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")

    def stamped_at(self, epoch: str, seq: int) -> datetime | None:
        """The `at` of a line."""
        rows = self._all("SELECT at_ms FROM lines WHERE epoch = ? AND seq = ?", (epoch, seq))
        return datetime.fromtimestamp(rows[0][0] / 1000, UTC) if rows else None

    def close(self) -> None:
        self._connection.close()

    @property
    def _tells_oldest(self) -> bool:
        """Whether each epoch tells its oldest bytes: not in a store, or a copy of one, that its kiosk has not opened since."""
        return self._version >= outbox_schema.TELLS_OLDEST

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with store.translating(self._path):
            return self._connection.execute(query, values).fetchall()


def look_into(path: Path) -> OutboxReader | None:
    """The outbox as it stands; None while no kiosk has begun one."""
    try:
        connection = store.open_for_reading(path, outbox_schema.VERSIONS, outbox_schema.APPLICATION_ID)
    except StoreError as problem:
        if problem.code == "cannot_open" and not path.exists():
            return None
        raise
    try:
        if store.version_of(connection, path) > 0:
            return OutboxReader(path, connection)
    except StoreError:
        connection.close()
        raise
    connection.close()
    return None


class OutboxView:
    """A look into the outbox that stays open while the file stays the same one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: OutboxReader | None = None
        self._file: tuple[int, int] | None = None

    @contextlib.contextmanager
    def look(self) -> Iterator[OutboxReader | None]:
        """The outbox as it stands, None while no kiosk has begun one; after an error it is opened anew."""
        mark = store.mark_of(self._path)
        found = None if mark is None else mark[:2]  # written to it is all the time
        # One that was seen while it was being begun names nobody yet.
        if self._reader is None or not self._reader.device_id or found != self._file:
            self.close()
            self._reader, self._file = look_into(self._path), found
        try:
            yield self._reader
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
