"""From settings to an open server: the database ready for this program, and its secrets."""

import secrets
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select

from clockhouse_server import migrations
from clockhouse_server.auth import keys
from clockhouse_server.auth.web import Server
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.settings import Settings, Wiring, from_args

SERVER_EPOCH = "server_epoch"


def server_epoch(engine: Engine) -> str:
    """The id of this database's history; a restored one gets a new one."""
    with transaction(engine, read_only=True) as session:
        return session.scalars(select(Fact.value).where(Fact.name == SERVER_EPOCH)).one()


def open_database(settings: Settings, back_up: Callable[[Engine], None] | None = None) -> Engine:
    """An engine whose schema is this program's; the caller disposes of it."""
    if settings.database.startswith("sqlite:///"):
        Path(settings.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        migrations.prepare(engine, lambda: back_up(engine) if back_up is not None else None)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_server(
    settings: Settings, wiring: Wiring, back_up: Callable[[Engine], None] | None = None
) -> Server:
    """All the parts; the caller disposes of `engine`. Secrets are made only beside a database that is new."""
    engine = open_database(settings, back_up)
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
def opened(args: Namespace) -> Iterator[Server]:
    """The server of a subcommand that was configured with `settings.configure`."""
    server = open_server(from_args(args), args.wiring)
    try:
        yield server
    finally:
        server.engine.dispose()
