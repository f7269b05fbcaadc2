"""Fixtures: `gate` is a furnished company on either database, copied for each test from one made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.gate import Gate, furnish_once, over
from server.postgres import Cluster


@pytest.fixture(scope="session")
def furnished_sqlite(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Gate, Path]:
    path = tmp_path_factory.mktemp("furnished") / "furnished.db"
    shutil.copyfile(empty_sqlite, path)
    return furnish_once(f"sqlite:///{path}"), path


@pytest.fixture(scope="session")
def furnished_postgres(postgres: Cluster) -> tuple[Gate, str]:
    url = postgres.create(template="clockhouse")
    return furnish_once(url), url.removeprefix("postgresql:///").partition("?")[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def gate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    if request.param == "sqlite":
        furnished, template = request.getfixturevalue("furnished_sqlite")
        path = tmp_path / "gate.db"
        shutil.copyfile(template, path)
        with over(furnished, f"sqlite:///{path}") as made:
            yield made
        return
    furnished, name = request.getfixturevalue("furnished_postgres")
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.create(template=name)
    with over(furnished, url) as made:
        yield made
    cluster.drop(url)
