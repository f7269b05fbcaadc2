"""Opening the device's SQLite files: one set of pragmas, and one answer for each way a file can be wrong."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

_WRITE_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 4194304",
)
_CODES: Final = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_IOERR: "disk_failed",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_CORRUPT: "unreadable",
    sqlite3.SQLITE_NOTADB: "unreadable",
}
_BUSY_SECONDS: Final = 5.0


class StoreError(Exception):
    """A store could not be read or written, and nothing was half done.

    `code` is one of disk_full, read_only, disk_failed, busy, cannot_open, unreadable, newer, not_a_key, failed; `store` is
    the file's name.
    """

    def __init__(self, code: str, text: str, *, store: str = "") -> None:
        super().__init__(f"{store}: {text}" if store else text)
        self.code = code
        self.store = store


@contextlib.contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into StoreError."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as problem:
        raise _translated(problem, path) from problem


def _translated(problem: sqlite3.Error | UnicodeDecodeError, path: Path) -> StoreError:
    if isinstance(
        problem, UnicodeDecodeError
    ):  # what SQLite has to say quotes bytes that are no text any more
        return StoreError("unreadable", "its schema is damaged", store=path.name)
    primary = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    return StoreError(_CODES.get(primary, "failed"), str(problem), store=path.name)


def open_for_writing(path: Path, schema: Sequence[str], application_id: int) -> sqlite3.Connection:
    """The connection of a store's only writer; each text of `schema` brings the file one version further."""
    _make_private(path)
    with translating(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _check_sound(connection, path)
            _check_version(connection, path, len(schema), application_id)
            for pragma in _WRITE_PRAGMAS:
                connection.execute(pragma)
            _migrate(connection, schema, application_id)
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path, versions: int, application_id: int) -> sqlite3.Connection:
    """A connection that cannot write, to a store that exists and is not newer than this program.

    On a read-only medium nobody writes beside us; what its last writer left in the journal is read there too.
    """
    frozen = not os.access(path.parent, os.W_OK)
    if frozen and _has_journal(path):
        frozen = False
        if mark_of(path.with_name(f"{path.name}-shm")) is None:
            raise StoreError(
                "cannot_open",
                f"the newest of it stands in {path.name}-wal, which cannot be read on a read-only medium;"
                " copy both files into a folder that can be written",
                store=path.name,
            )
    with translating(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if frozen else ''}",
            uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False,
        )  # fmt: skip
        try:
            _check_version(connection, path, versions, application_id)
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def writing(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, on disk when the block ends; an error anywhere leaves the store as it was."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except (sqlite3.Error, UnicodeDecodeError) as problem:
        raise _translated(problem, path) from problem


@contextlib.contextmanager
def reading(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of the store, whatever is written beside it."""
    with translating(path):
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The file's schema version; 0 for one that its writer has not begun yet."""
    with translating(path):
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


FileMark = tuple[int, int, int, int]


def mark_of(path: Path) -> FileMark | None:
    """What tells a file from another one that took its place, or from itself written anew; None for no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _has_journal(path: Path) -> bool:
    """Whether something may stand beside the file alone, as after a power cut."""
    mark = mark_of(path.with_name(f"{path.name}-wal"))
    return mark is not None and mark[-1] > 0


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a store that cannot be read, with its journal; nothing is deleted. Gives the new path."""
    aside = path.with_name(f"{path.name}.aside-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.aside-{stamp}-{number}")
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    sync_directory(path.parent)
    return aside


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """A file of these bytes, on disk when this returns; on any error what was there before stays. Raises OSError.

    Its user's alone.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the error that counts is the first one
            fresh.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Makes renames and new files in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_private(path: Path) -> None:
    """A new store is its user's alone, whatever the umask: it may hold the pepper, badges and PIN hashes."""
    with contextlib.suppress(OSError):  # SQLite names whatever is wrong with the place
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _check_sound(connection: sqlite3.Connection, path: Path) -> None:
    findings = connection.execute("PRAGMA quick_check(1)").fetchone()
    if findings is None or findings[0] != "ok":
        raise StoreError("unreadable", findings[0] if findings else "no answer", store=path.name)


def _check_version(connection: sqlite3.Connection, path: Path, versions: int, application_id: int) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if version > versions:
        raise StoreError(
            "newer",
            f"version {version} is newer than this program's {versions}; update first",
            store=path.name,
        )
    if version and owner != application_id:
        raise StoreError("unreadable", "is not the store that this program keeps there", store=path.name)


def _migrate(connection: sqlite3.Connection, schema: Sequence[str], application_id: int) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, text in enumerate(schema[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{text};\nPRAGMA application_id = {application_id};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
