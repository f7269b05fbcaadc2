"""The roster: what the server told this kiosk about people, jobs and sites. Only sync writes it."""

import sqlite3
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class LoadedRoster:
    """One consistent roster: type -> id -> typed body. `unreadable` counts rows newer than this program."""

    cursor: str
    rows: Mapping[str, Mapping[str, wire.Body]]
    unreadable: int = 0


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

    def apply(self, rows: Sequence[wire.RosterRow], *, since: str, cursor: str) -> None:
        """Take in one complete pull, from `since` to `cursor`, all or nothing.

        A pull from the empty cursor replaces the whole roster. One that began at another cursor than the
        store's is refused with ValueError.
        """
        with store.writing(self._connection, self._path) as tx:
            if since == "":
                tx.execute("DELETE FROM rows")
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

    def keep_pepper(self, pepper: wire.Pepper) -> None:
        """Older versions stay, for PIN rows that were made with them."""
        value = b64decode(pepper.value, validate=True)
        with store.writing(self._connection, self._path) as tx:
            _put(tx, f"pepper {pepper.version}", value)

    def clear(self) -> None:
        """Forget everything, peppers included: this device now belongs to another server."""
        with store.writing(self._connection, self._path) as tx:
            tx.execute("DELETE FROM rows")
            tx.execute("DELETE FROM meta")

    def close(self) -> None:
        self._connection.close()


class RosterReader:
    """The kiosk's view of the roster. Each call reads the file as it is then, complete pulls only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> LoadedRoster:
        """All rows that this program can read; an empty roster before the first pull. Raises StoreError."""
        connection = self._open()
        if connection is None:
            return LoadedRoster("", {})
        rows: dict[str, dict[str, wire.Body]] = {}
        unreadable = 0
        try:
            with store.reading(connection, self._path) as tx:
                cursor = _cursor(tx)
                found = tx.execute("SELECT type, id, body FROM rows ORDER BY type, id").fetchall()
        finally:
            connection.close()
        for kind, row_id, body in found:
            shape = wire.BODIES.get(kind)
            if shape is None:
                continue
            try:
                rows.setdefault(kind, {})[row_id] = msgspec.json.decode(body, type=shape)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                unreadable += 1
        return LoadedRoster(cursor, rows, unreadable)

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


def _get(tx: sqlite3.Connection, name: str) -> bytes | None:
    row = tx.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def _put(tx: sqlite3.Connection, name: str, value: bytes) -> None:
    tx.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _cursor(tx: sqlite3.Connection) -> str:
    return (_get(tx, "cursor") or b"").decode()
