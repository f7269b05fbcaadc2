"""Every server test runs on both databases: SQLite, and a real PostgreSQL of the tests' own."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from clockhouse_server import migrations
from clockhouse_server.db import open_engine
from server.postgres import Cluster, cluster
from server.rig import World, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as found:
        engine = open_engine(found.create(name="clockhouse"))
        migrations.upgrade(engine)
        engine.dispose()
        yield found


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


NewDatabase = Callable[[str, Path], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Makes a migrated, empty database of a kind, with files of its own in a folder."""

    @contextmanager
    def make(kind: str, folder: Path) -> Iterator[str]:
        if kind == "sqlite":
            path = folder / "server.db"
            shutil.copyfile(request.getfixturevalue("empty_sqlite"), path)
            yield f"sqlite:///{path}"
            return
        found: Cluster = request.getfixturevalue("postgres")
        url = found.create(template="clockhouse")
        yield url
        found.drop(url)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database."""
    with new_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A server on an empty database, with its clock in the test's hand."""
    made = World(database_url, tmp_path / f"secrets-{os.getpid()}.json")
    yield made
    made.close()


@pytest.fixture
def live(world: World) -> Iterator[str]:
    """The address of a real uvicorn that serves the world."""
    with running(world.app) as url:
        yield url
