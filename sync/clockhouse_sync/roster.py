"""The roster: what the server told this kiosk about people, jobs and sites. Only sync writes it."""

import sqlite3
from base64 import b64decode
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Final

import msgspec

from clockhouse_sync import store, wire
from clockhouse_sync.store import StoreError

APPLICATION_ID: Final = 0x434C524F

_SCHEMA: Final = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE rows (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (type, id)
    ) STRICT, WITHOUT ROWID;
    """,
)


Mark = tuple[int, int, int, int]


@dataclass(frozen=True)
class LoadedRoster:
    """One consistent roster: type -> id -> typed body. `unreadable` counts rows newer than this program.

    `marks` differ for a type whenever its rows do. `heard`: by epoch, up to which own line the server had everything
    when it told this; what those lines did is in the rows, or was turned down.
    """

    cursor: str
    rows: Mapping[str, Mapping[str, wire.Body]]
    unreadable: int = 0
    marks: Mapping[str, "Mark"] = field(default_factory=dict)
    heard: Mapping[str, int] = field(default_factory=dict)


class RosterStore:
    """Sync's hold on the roster."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = store.open_for_writing(path, _SCHEMA, APPLICATION_ID)

    @property
    def cursor(self) -> str:
        """Where the last complete pull ended; empty before the first."""
        with store.translating(self._path):
            return _cursor(self._connection)

    def apply(
        self,
        rows: Sequence[wire.RosterRow],
        *,
        since: str,
        cursor: str,
        heard: Mapping[str, int] | None = None,
    ) -> None:
        """Take in one complete pull, from `since` to `cursor`, all or nothing; `heard` as in LoadedRoster.

        A pull from the empty cursor replaces the whole roster. One that began at another cursor than the
        store's is refused with ValueError.
        """
        with store.writing(self._connection, self._path) as tx:
            if since == "":
                tx.execute("DELETE FROM rows")
                _put(tx, "replaced", str(_replaced(tx) + 1).encode())
            elif since != _cursor(tx):
                raise ValueError(f"the pull began at {since!r}, the store is at {_cursor(tx)!r}")
            for row in rows:
                if row.body is None:
                    tx.execute("DELETE FROM rows WHERE type = ? AND id = ?", (row.type, row.id))
                else:
                    tx.execute(
                        "INSERT OR REPLACE INTO rows (type, id, version, body) VALUES (?, ?, ?, ?)",
                        (row.type, row.id, row.version, msgspec.json.encode(row.body)),
                    )
            _put(tx, "cursor", cursor.encode())
            if heard is not None:
                _put(tx, "heard", msgspec.json.encode(heard))

    def hear(self, heard: Mapping[str, int]) -> None:
        """A pull that brought nothing new: the rows cover these lines, too."""
        with store.writing(self._connection, self._path) as tx:
            if heard != _heard(tx):
                _put(tx, "heard", msgspec.json.encode(heard))

    def keep_pepper(self, pepper: wire.Pepper) -> None:
        """Older versions stay, for PIN rows that were made with them."""
        value = b64decode(pepper.value, validate=True)
        with store.writing(self._connection, self._path) as tx:
            _put(tx, f"pepper {pepper.version}", value)

    def clear(self) -> None:
        """Forget everything, peppers included, and overwrite where it stood: nothing of it is left in the files.

        Whoever still reads the roster as it was keeps the journal from being cut off until the store is next closed.
        """
        with store.translating(self._path):
            self._connection.execute("PRAGMA secure_delete = ON")
        with store.writing(self._connection, self._path) as tx:
            tx.execute("DELETE FROM rows")
            tx.execute("DELETE FROM meta")
        with store.translating(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def erase(self) -> None:
        """As clear, of stores that could not be read and were set aside too."""
        self.clear()
        try:
            for path in self._path.parent.glob(f"{self._path.name}.aside-*"):
                path.unlink(missing_ok=True)
            store.sync_directory(self._path.parent)
        except OSError as problem:
            raise StoreError("failed", str(problem.strerror), store=self._path.name) from None

    def close(self) -> None:
        self._connection.close()


class RosterReader:
    """The kiosk's view of the roster. Each call reads the file as it is then, complete pulls only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> "OpenRoster":
        """The roster as it is now, to be read row by row; it has to be completed or closed. Raises StoreError."""
        return OpenRoster(_Snapshot(self._open(), self._path))

    def load(self, before: LoadedRoster | None = None) -> LoadedRoster:
        """All rows that this program can read; an empty roster before the first pull. Raises StoreError.

        Types that have not changed since `before` are its own mappings, not read again.
        """
        roster = self.open()
        try:
            return roster.complete(before)
        finally:
            roster.close()

    def cursor(self) -> str:
        """The cheap check for change: differs whenever load() would."""
        connection = self._open()
        if connection is None:
            return ""
        try:
            with store.translating(self._path):
                return _cursor(connection)
        finally:
            connection.close()

    def pepper(self, version: int) -> bytes | None:
        """The company's PIN pepper of a version, if the server delivered it."""
        connection = self._open()
        if connection is None:
            return None
        try:
            with store.translating(self._path):
                return _get(connection, f"pepper {version}")
        finally:
            connection.close()

    def _open(self) -> sqlite3.Connection | None:
        try:
            connection = store.open_for_reading(self._path, len(_SCHEMA), APPLICATION_ID)
        except StoreError as problem:
            if problem.code == "cannot_open" and not self._path.exists():
                return None
            raise
        if store.version_of(connection, self._path) == 0:
            connection.close()
            return None
        return connection


class OpenRoster:
    """One consistent roster, whatever sync writes beside it, that is read as it is asked for by any thread.

    A single row costs one look into the file; going through a type reads all of it.
    """

    def __init__(self, snapshot: "_Snapshot") -> None:
        self.cursor = snapshot.cursor
        self.heard = snapshot.heard
        self._snapshot = snapshot
        self._types = {name: _Rows(snapshot, name) for name in wire.BODIES}
        self.rows: Mapping[str, Mapping[str, wire.Body]] = self._types

    def complete(self, before: LoadedRoster | None = None) -> LoadedRoster:
        """Read what was not read yet, and let go of the file. Raises StoreError, and is then as before."""
        marks = self._snapshot.marks()
        known = LoadedRoster("", {}) if before is None else before
        found: dict[str, Mapping[str, wire.Body]] = {}
        unreadable = 0
        for name, own in self._types.items():
            rows = known.rows.get(name) if known.marks.get(name) == marks.get(name) else None
            if rows is None:
                own.whole()
                rows = own
            if isinstance(rows, _Rows):
                unreadable += rows.unreadable
            if rows:
                found[name] = rows
        self.close()
        return LoadedRoster(self.cursor, found, unreadable, marks, self.heard)

    def close(self) -> None:
        """Let go of the file; rows that were not read are not there any more."""
        self._snapshot.close()


class _Snapshot:
    """The file as it was at one instant."""

    def __init__(self, connection: sqlite3.Connection | None, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.lock = RLock()
        self.cursor = ""
        self.heard: Mapping[str, int] = {}
        if connection is not None:
            try:
                with store.translating(path):
                    connection.execute("BEGIN")
                    self.cursor = _cursor(connection)
                    self.heard = _heard(connection)
            except StoreError:
                connection.close()
                raise

    def find(self, query: str, *values: str) -> list[tuple[str, bytes]]:
        with self.lock, store.translating(self._path):
            return [] if self._connection is None else self._connection.execute(query, values).fetchall()

    def marks(self) -> Mapping[str, Mark]:
        """For each type: how often everything was replaced, and how many rows of which versions there are.

        A server gives each change of a row a version that none had before.
        """
        with self.lock, store.translating(self._path):
            if self._connection is None:
                return {}
            replaced = _replaced(self._connection)
            found = self._connection.execute(
                "SELECT type, COUNT(*), MAX(version), SUM(version) FROM rows GROUP BY type"
            )
            return {name: (replaced, *numbers) for name, *numbers in found}

    def close(self) -> None:
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class _Rows(Mapping[str, wire.Body]):
    """The bodies of one type, by id; those that this program cannot read are left out and counted."""

    def __init__(self, snapshot: _Snapshot, name: str) -> None:
        self._snapshot = snapshot
        self._name = name
        self._decode = msgspec.json.Decoder(wire.BODIES[name]).decode
        self._whole: dict[str, wire.Body] | None = None
        self.unreadable = 0

    def whole(self) -> dict[str, wire.Body]:
        with self._snapshot.lock:
            if self._whole is None:
                found = self._snapshot.find(
                    "SELECT id, body FROM rows WHERE type = ? ORDER BY id", self._name
                )
                whole = self._readable(found)
                self.unreadable = len(found) - len(whole)
                self._whole = whole
            return self._whole

    def _readable(self, found: Sequence[tuple[str, bytes]]) -> dict[str, wire.Body]:
        decode = self._decode
        try:
            return {row_id: decode(raw) for row_id, raw in found}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            if len(found) == 1:
                return {}
        middle = len(found) // 2
        return {**self._readable(found[:middle]), **self._readable(found[middle:])}

    def __getitem__(self, row_id: str) -> wire.Body:
        whole = self._whole
        if whole is None:
            with self._snapshot.lock:
                whole = self._whole  # another thread may have read them while we waited
                if whole is None:
                    one = "SELECT id, body FROM rows WHERE type = ? AND id = ?"
                    return self._readable(self._snapshot.find(one, self._name, row_id))[row_id]
        return whole[row_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def items(self) -> ItemsView[str, wire.Body]:
        return self.whole().items()

    def values(self) -> ValuesView[wire.Body]:
        return self.whole().values()


def _get(tx: sqlite3.Connection, name: str) -> bytes | None:
    row = tx.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def _put(tx: sqlite3.Connection, name: str, value: bytes) -> None:
    tx.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _replaced(tx: sqlite3.Connection) -> int:
    return int(_get(tx, "replaced") or b"0")


def _heard(connection: sqlite3.Connection) -> dict[str, int]:
    value = _get(connection, "heard")
    return {} if value is None else msgspec.json.decode(value, type=dict[str, int])


def _cursor(tx: sqlite3.Connection) -> str:
    return (_get(tx, "cursor") or b"").decode()
