"""Copies of a whole database, made while it is in use and put back; PostgreSQL's own programs do the work there."""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, Engine, make_url

from clockhouse_server.errors import Refusal


class CopyFailed(Refusal):
    """The program that copies a PostgreSQL database is missing, or said no."""

    code, status = "copy_failed", 503


def copy_sqlite(engine: Engine, target: Path) -> None:
    """A consistent copy of a live SQLite database, on disk when this returns."""
    with engine.connect() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
    sync(target)


def dump_postgresql(engine: Engine, target: Path) -> None:
    """A consistent dump of a live PostgreSQL database, on disk when this returns."""
    _run(engine.url, ["pg_dump", "--format=custom", "--no-owner", f"--file={target}"])
    sync(target)


def restore_postgresql(source: Path, database: str) -> None:
    """A dump in the place of the tables that the database has, or no change."""
    _run(
        make_url(database),
        ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction"],
        str(source),
    )


def before_upgrade(engine: Engine, folder: Path, stamp: str) -> Path:
    """Copy a database whose schema is about to change; answers the copy."""
    folder.mkdir(parents=True, exist_ok=True)
    if engine.dialect.name == "sqlite":
        target = folder / f"server-before-{stamp}.db"
        copy_sqlite(engine, target)
    else:
        target = folder / f"server-before-{stamp}.dump"
        dump_postgresql(engine, target)
    target.chmod(0o600)
    give_to_owner(target)
    return target


def give_to_owner(path: Path) -> None:
    """Let a file that root made belong to whom its folder belongs: the server's own account."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def sync(path: Path) -> None:
    """Return once a file's content, or a folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(url: URL, command: Sequence[str], *last: str) -> None:
    """The password goes by the environment: everybody on the machine can read a command line."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environ = os.environ | ({} if url.password is None else {"PGPASSWORD": url.password})
    words = [*command, f"--dbname={address}", *last]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    except FileNotFoundError:
        raise CopyFailed(f"{command[0]} is not installed; it comes with postgresql-client.") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise CopyFailed(f"{command[0]} failed: {said[-1]}")
