"""One file that holds all of an installation: the database, the secrets, and a manifest that names their hashes."""

import json
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Engine, delete, make_url, select, update
from sqlalchemy.orm import Session

from clockhouse_server import migrations
from clockhouse_server.auth import keys
from clockhouse_server.auth.models import WebSession
from clockhouse_server.auth.opening import SERVER_EPOCH
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest.models import EpochMark
from clockhouse_server.settings import Settings

MANIFEST: Final = "manifest.json"
SECRETS: Final = "secrets.json"
PATTERN: Final = "clockhouse-*.tar"


class BadBackup(Refusal):
    """The file is no backup, or not a whole one."""

    code, status = "bad_backup", 422


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself; `database` is the name of the database's file in it."""

    made_at: str
    engine: str
    schema: str
    server_epoch: str
    database: str
    sha256: dict[str, str]


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
    _sync(target)


def write(engine: Engine, secrets: Path, folder: Path, now: datetime) -> Path:
    """Write a backup; only after it is on disk do kiosks hear that what it holds is durable."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".making-") as name:
        making = Path(name)
        marks = _marks(engine)
        database = making / ("server.db" if engine.dialect.name == "sqlite" else "server.dump")
        if engine.dialect.name == "sqlite":
            copy_sqlite(engine, database)
        else:
            _dump_postgresql(engine, database)
        content = secrets.read_bytes()
        manifest = Manifest(
            made_at=now.isoformat(),
            engine=engine.dialect.name,
            schema=migrations.latest(),
            server_epoch=_epoch(engine),
            database=database.name,
            sha256={database.name: _digest(database), SECRETS: sha256(content).hexdigest()},
        )
        target = folder / f"clockhouse-{now:%Y%m%d-%H%M%S}.tar"
        _pack(making / "backup.tar", database, content, manifest)
        (making / "backup.tar").replace(target)
    _sync(folder)
    _note_durable(engine, marks)
    return target


def _marks(engine: Engine) -> list[tuple[str, str, int]]:
    """How far each epoch is held before the copy is made, so that the copy holds at least as much."""
    with transaction(engine, read_only=True) as session:
        query = select(EpochMark.device_id, EpochMark.epoch, EpochMark.acknowledged_seq)
        return [(device_id, epoch, seq) for device_id, epoch, seq in session.execute(query)]


def _note_durable(engine: Engine, marks: list[tuple[str, str, int]]) -> None:
    with transaction(engine) as session:
        for device_id, epoch, seq in marks:
            session.execute(
                update(EpochMark)
                .where(
                    EpochMark.device_id == device_id, EpochMark.epoch == epoch, EpochMark.durable_seq < seq
                )
                .values(durable_seq=seq)
            )


def _epoch(engine: Engine) -> str:
    with transaction(engine, read_only=True) as session:
        return session.scalars(select(Fact.value).where(Fact.name == SERVER_EPOCH)).one()


def _pack(target: Path, database: Path, secrets: bytes, manifest: Manifest) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in (
                (MANIFEST, json.dumps(vars(manifest), indent=1).encode()),
                (SECRETS, secrets),
            ):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o600
                archive.addfile(entry, BytesIO(content))
            archive.add(database, arcname=database.name)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def unpacked(backup: Path) -> Iterator[tuple[Manifest, Path]]:
    """A backup's files in a temporary folder, each checked against the manifest; raises BadBackup."""
    with TemporaryDirectory(prefix="clockhouse-restore-") as name:
        folder = Path(name)
        try:
            with tarfile.open(backup) as archive:
                archive.extractall(folder, filter="data")
            written: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
            manifest = Manifest(**written)
        except (OSError, tarfile.TarError, ValueError, TypeError) as problem:
            raise BadBackup(f"{backup} is not a backup of ours: {problem}.") from None
        for file, digest in manifest.sha256.items():
            if not (folder / file).is_file() or _digest(folder / file) != digest:
                raise BadBackup(f"{backup} is damaged: {file} does not give its hash.")
        yield manifest, folder


def restore(backup: Path, settings: Settings, now: datetime, new_id: Callable[[], str]) -> str:
    """Put a backup in the place of the database, begin a new server epoch, and answer it.

    Kiosks then see that the server has gone back in time, and send again what it lost.
    """
    with unpacked(backup) as (manifest, folder):
        sqlite = settings.database.startswith("sqlite")
        if sqlite != (manifest.engine == "sqlite"):
            raise BadBackup(f"This backup is of {manifest.engine}; the database named is not.")
        if sqlite:
            _restore_sqlite(
                folder / manifest.database, Path(settings.database.removeprefix("sqlite:///")), now
            )
        else:
            _restore_postgresql(folder / manifest.database, settings.database)
        keys.save(settings.secrets_path(), keys.parse((folder / SECRETS).read_bytes(), SECRETS))
        engine = open_engine(settings.database)
        try:
            migrations.prepare(engine, lambda: None)
            with transaction(engine) as session:
                return _begin_anew(session, now, new_id)
        finally:
            engine.dispose()


def _begin_anew(session: Session, now: datetime, new_id: Callable[[], str]) -> str:
    epoch = new_id()
    session.merge(Fact(name=SERVER_EPOCH, value=epoch))
    session.merge(Fact(name="restored_at", value=now.isoformat()))
    session.execute(delete(WebSession))
    # Roster versions have gone back, so kiosks start again; what they lack here is asked for at their next hello.
    session.execute(
        update(Device).values(
            generation=Device.generation + 1, session_hash=None, session_expires_at=None,
            complete_through_at=None,
        )
    )  # fmt: skip
    return epoch


def _restore_sqlite(source: Path, target: Path, now: datetime) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        old = target.with_name(target.name + suffix)
        if old.exists():
            old.replace(target.with_name(f"{target.name}.before-{now:%Y%m%d-%H%M%S}{suffix}"))
    beside = target.with_name(f"{target.name}.new")
    beside.write_bytes(source.read_bytes())
    _sync(beside)
    beside.replace(target)
    _sync(target.parent)


def _dump_postgresql(engine: Engine, target: Path) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={url}"])


def _restore_postgresql(source: Path, database: str) -> None:
    url = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    _run([
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={url}", str(source),
    ])  # fmt: skip


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BadBackup(f"{command[0]} is not installed; it comes with postgresql-client.") from None
    if done.returncode != 0:
        raise BadBackup(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:] or 'no message'}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
