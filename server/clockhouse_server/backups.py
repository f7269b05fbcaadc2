"""One file that holds all of an installation: the database, the secrets, and a manifest that names their hashes."""

import json
import os
import shutil
import sqlite3
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

from sqlalchemy import Engine, delete, select, update

from clockhouse_server import copies, migrations
from clockhouse_server.auth import keys
from clockhouse_server.auth.models import WebSession
from clockhouse_server.auth.opening import SERVER_EPOCH
from clockhouse_server.db import Fact, advance, open_engine, transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest.following import PUNCHES
from clockhouse_server.ingest.models import EpochMark
from clockhouse_server.settings import Settings

MANIFEST: Final = "manifest.json"
SECRETS: Final = "secrets.json"
PATTERN: Final = "clockhouse-*.tar"
FURTHER_GENERATIONS: Final = 1_000
FURTHER_PUNCHES: Final = 1_000_000_000
"""More of each than anybody hands out between a backup and its restore."""


class BadBackup(Refusal):
    """The file is no backup, or not a whole one."""

    code, status = "bad_backup", 422


class StillOpen(Refusal):
    """Somebody has the database open, who would go on writing into the one that was put aside."""

    code, status = "still_open", 409


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself; `database` is the name of the database's file in it."""

    made_at: str
    engine: str
    schema: str
    server_epoch: str
    database: str
    sha256: dict[str, str]


def write(engine: Engine, secrets: Path, folder: Path, now: datetime) -> Path:
    """Write a backup; only after it is on disk do kiosks hear that what it holds is durable."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".making-") as name:
        making = Path(name)
        marks = _marks(engine)
        database = making / ("server.db" if engine.dialect.name == "sqlite" else "server.dump")
        if engine.dialect.name == "sqlite":
            copies.copy_sqlite(engine, database)
        else:
            copies.dump_postgresql(engine, database)
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
    copies.sync(folder)
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
                _take_out(archive, folder)
            written: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
            manifest = Manifest(**written)
        except OSError as problem:
            raise BadBackup(f"{backup} cannot be read: {problem.strerror or problem}.") from None
        except (tarfile.TarError, ValueError, TypeError):
            raise BadBackup(f"{backup} is not a backup of ours.") from None
        if not {manifest.database, SECRETS} <= manifest.sha256.keys():
            raise BadBackup(f"{backup} is not a backup of ours.")
        for file, digest in manifest.sha256.items():
            if not (folder / file).is_file() or _digest(folder / file) != digest:
                raise BadBackup(f"{backup} is damaged: {file} does not give its hash.")
        yield manifest, folder


def _take_out(archive: tarfile.TarFile, folder: Path) -> None:
    """The plain files of an archive, and nothing that would leave the folder."""
    for member in archive:
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or member.name in {"", ".", ".."} or Path(member.name).name != member.name:
            raise ValueError(member.name)
        with content, (folder / member.name).open("xb") as file:
            shutil.copyfileobj(content, file)


def restore(backup: Path, settings: Settings, now: datetime, new_id: Callable[[], str]) -> str:
    """Put a backup in the place of the database, begin a new server epoch, and answer it.

    Kiosks then see that the server has gone back in time, and send again what it lost. A backup that cannot be
    used leaves everything as it was.
    """
    with unpacked(backup) as (manifest, folder):
        sqlite = settings.database.startswith("sqlite")
        if sqlite != (manifest.engine == "sqlite"):
            raise BadBackup(f"This backup is of {manifest.engine}; the database named is not.")
        migrations.known(manifest.schema)
        held = keys.parse((folder / SECRETS).read_bytes(), SECRETS)
        stamp = f"{now:%Y%m%d-%H%M%S}"
        if sqlite:
            target = Path(settings.database.removeprefix("sqlite:///"))
            if target.exists():
                _close(target)
            beside = _put_beside(folder / manifest.database, target)
            epoch = _begin_anew(f"sqlite:///{beside}", now, new_id)
            _keep_secrets(settings.secrets_path(), held, stamp)
            _swap(beside, target, stamp)
        else:
            copies.restore_postgresql(folder / manifest.database, settings.database)
            epoch = _begin_anew(settings.database, now, new_id)
            _keep_secrets(settings.secrets_path(), held, stamp)
        return epoch


def _put_beside(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.new")
    for suffix in ("", "-wal", "-shm"):
        beside.with_name(beside.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(source, beside)
    if target.exists():
        shutil.copymode(target, beside)
    else:
        beside.chmod(0o600)
    return beside


def _begin_anew(database: str, now: datetime, new_id: Callable[[], str]) -> str:
    """Make restored tables this program's, and let nobody take them for the ones that were lost."""
    engine = open_engine(database)
    epoch = new_id()
    try:
        migrations.prepare(engine, lambda: None)
        with transaction(engine) as session:
            session.merge(Fact(name=SERVER_EPOCH, value=epoch))
            session.merge(Fact(name="restored_at", value=now.isoformat()))
            session.execute(delete(WebSession))
            # Roster versions have gone back, so kiosks start again; a generation that was given out after the
            # backup must not come again. What kiosks lack here is asked for at their next hello.
            session.execute(
                update(Device).values(
                    generation=Device.generation + FURTHER_GENERATIONS, session_hash=None,
                    session_expires_at=None, complete_through_at=None,
                )
            )  # fmt: skip
            # Whoever pulls punches keeps a cursor: what comes in again must stand after every cursor given out.
            advance(session, PUNCHES, by=FURTHER_PUNCHES)
    finally:
        engine.dispose()
    return epoch


def _swap(made: Path, target: Path, stamp: str) -> None:
    """A finished database takes the old one's place in one step; the old one is kept beside it."""
    copies.sync(made)
    if target.exists():
        kept = target.with_name(f"{target.name}.before-{stamp}")
        kept.unlink(missing_ok=True)
        kept.hardlink_to(target)
        for suffix in ("-wal", "-shm"):
            log = target.with_name(target.name + suffix)
            if log.exists():
                log.replace(kept.with_name(kept.name + suffix))
    copies.give_to_owner(made)
    made.replace(target)
    copies.sync(target.parent)


def _close(target: Path) -> None:
    """Bring all of a database into its one file; refuse while somebody has it open."""
    connection = sqlite3.connect(target, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as problem:
        if problem.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise StillOpen("The server still runs on this database. Stop it first.") from None
        # Damaged, which may be why somebody restores: it is kept as it is, with its log.
    finally:
        connection.close()


def _keep_secrets(path: Path, held: keys.Keys, stamp: str) -> None:
    """Write the backup's secrets; others that stood there are kept, since no other copy may exist."""
    if path.exists():
        if path.read_bytes() == keys.dump(held):
            return
        path.replace(path.with_name(f"{path.name}.before-{stamp}"))
    keys.save(path, held)
    copies.give_to_owner(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
