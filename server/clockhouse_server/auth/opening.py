"""From settings to an open server: the database ready for this program, and its secrets."""

import secrets
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import ArgumentError, DatabaseError

from clockhouse_server import copies, migrations
from clockhouse_server.auth import keys
from clockhouse_server.auth.web import Server
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.errors import Refusal
from clockhouse_server.settings import Settings, Wiring, from_args

SERVER_EPOCH = "server_epoch"


class NoDatabase(Refusal):
    """The database is not there, or does not let us in."""

    code, status = "no_database", 503


def server_epoch(engine: Engine) -> str:
    """The id of this database's history; a restored one gets a new one."""
    with transaction(engine, read_only=True) as session:
        return session.scalars(select(Fact.value).where(Fact.name == SERVER_EPOCH)).one()


def open_database(settings: Settings, wiring: Wiring, *, make: bool = False) -> Engine:
    """An engine whose schema is this program's; the caller disposes of it. Raises NoDatabase.

    An older schema is copied before it is changed. Only with `make` is a new SQLite file begun, so that a
    mistyped name is not answered with an empty database in which all is well.
    """
    engine = _connected(settings, make=make)

    def back_up() -> None:
        folder = _sqlite_file(settings) or settings.secrets_path()
        copies.before_upgrade(engine, folder.parent, f"{wiring.now():%Y%m%d-%H%M%S}")

    try:
        migrations.prepare(engine, back_up)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite_file(settings: Settings) -> Path | None:
    name = settings.database
    return Path(name.removeprefix("sqlite:///")) if name.startswith("sqlite:///") else None


def _connected(settings: Settings, *, make: bool) -> Engine:
    file = _sqlite_file(settings)
    try:
        if file is not None and make:
            file.parent.mkdir(parents=True, exist_ok=True)
        elif file is not None and not file.exists():
            raise NoDatabase(f"There is none at {file}.", field="database")
        engine = open_engine(settings.database)
    except OSError as problem:
        raise NoDatabase(f"{file}: {problem.strerror}.", field="database") from None
    except (ArgumentError, ValueError):
        raise NoDatabase("This address cannot be read.", field="database") from None
    try:
        engine.connect().close()
    except DatabaseError as problem:
        engine.dispose()
        said = str(problem.orig).strip().splitlines() or ["no answer"]
        raise NoDatabase(f"It cannot be opened: {said[0]}", field="database") from None
    return engine


def open_server(settings: Settings, wiring: Wiring, *, make: bool = False) -> Server:
    """All the parts; the caller disposes of `engine`. Secrets are made only beside a database that is new."""
    engine = open_database(settings, wiring, make=make)
    try:
        held = _keys(engine, settings.secrets_path(), wiring.new_id)
    except BaseException:
        engine.dispose()
        raise
    return Server(
        engine=engine, settings=settings, now=wiring.now, new_id=wiring.new_id,
        new_token=wiring.new_token, keys=held,
    )  # fmt: skip


def _keys(engine: Engine, path: Path, new_id: Callable[[], str]) -> keys.Keys:
    held = keys.load(path)
    with transaction(engine) as session:
        if session.get(Fact, SERVER_EPOCH) is None:
            session.add(Fact(name=SERVER_EPOCH, value=new_id()))
        elif held is None:
            raise keys.BadSecrets(
                f"{path} is missing, and this database was made with it. "
                "Restore it from a backup, or name it with secrets_file."
            )
        if held is None:
            held = keys.new_keys(secrets.token_bytes)
            keys.save(path, held)
    return held


@contextmanager
def opened(args: Namespace, *, make: bool = False) -> Iterator[Server]:
    """The server of a subcommand that was configured with `settings.configure`."""
    server = open_server(from_args(args), args.wiring, make=make)
    try:
        yield server
    finally:
        server.engine.dispose()
