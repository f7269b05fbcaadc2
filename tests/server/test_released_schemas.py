"""Databases of every released schema, with data, come up to this program's and lose nothing."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, func, select, text

from clockhouse_server import migrations
from clockhouse_server.auth import audit
from clockhouse_server.auth.models import User
from clockhouse_server.auth.opening import open_database
from clockhouse_server.billing import why
from clockhouse_server.billing.models import Invoice
from clockhouse_server.db import Base, open_engine, transaction
from clockhouse_server.ingest.models import LineRow, PunchRow
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.people.models import Person
from clockhouse_server.settings import Settings, Wiring
from server.postgres import Cluster
from server.rig import MONDAY
from server.schemas import FOLDER, load_postgresql, load_sqlite

STORED = sorted(path.name.removesuffix(".sql") for path in FOLDER.glob("*.sql"))


@pytest.fixture(params=STORED)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with a released schema."""
    held = (FOLDER / f"{request.param}.sql").read_text(encoding="utf-8")
    if request.param.endswith(".sqlite"):
        yield load_sqlite(held, tmp_path / "stored.db")
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.create()
    load_postgresql(held, url)
    yield url
    cluster.drop(url)


def _wiring() -> Wiring:
    numbers = count()
    return Wiring(lambda: MONDAY, lambda: f"id-{next(numbers)}", lambda: f"token-{next(numbers)}", {})


def _settings(url: str, folder: Path) -> Settings:
    return Settings(database=url, secrets_file=str(folder / "secrets.json"))


def test_the_first_schema_is_stored_for_both_databases() -> None:
    first = min(path.name for path in (migrations.FOLDER / "versions").glob("*.py"))[:15]
    assert {f"{first}.sqlite", f"{first}.postgresql"} <= set(STORED)


def test_a_released_database_comes_up_to_date_with_all_its_data(stored: str, tmp_path: Path) -> None:
    engine = open_database(_settings(stored, tmp_path), _wiring())
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        changed = "the models changed; while unreleased: PYTHONPATH=tests python -m server.schemas"
        assert [] == compare_metadata(context, Base.metadata), changed
    with transaction(engine, read_only=True) as session:
        assert {"Ana Ortiz", "Bob Weiß", "محمد العربي"} == set(session.scalars(select(Person.name)))
        assert (40, 42) == (
            session.scalar(select(func.count()).select_from(PunchRow)),
            session.scalar(select(func.sum(LineRow.seq - LineRow.first_seq + 1)).where(LineRow.signed)),
        )
        assert ["ada@example.com"] == list(session.scalars(select(User.email)))
        assert verify_stored(session).ok
        assert audit.verify(session) is None
        assert why.why(session, session.scalars(select(Invoice.label)).one() or "").ok
    engine.dispose()


@pytest.fixture
def later(stored: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This program, one migration later."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER / "versions", folder / "versions")
    (folder / "versions" / "2099_01_01_0000-later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '2099_01_01_0000', '{migrations.latest()}'\n"
        "branch_labels = depends_on = None\n"
        "def upgrade() -> None:\n"
        "    op.create_table('later', sa.Column('id', sa.String, primary_key=True))\n"
    )
    monkeypatch.setattr(migrations, "FOLDER", folder)


@pytest.mark.usefixtures("later")
def test_an_older_database_is_copied_before_it_is_changed(stored: str, tmp_path: Path) -> None:
    engine = open_database(_settings(stored, tmp_path), _wiring())
    assert "2099_01_01_0000" == migrations.held(engine)
    engine.dispose()
    copies = list(tmp_path.glob("server-before-*"))
    assert [0o600] == [copy.stat().st_mode & 0o777 for copy in copies]
    if stored.startswith("sqlite"):
        held = create_engine(f"sqlite:///{copies[0]}")
        with held.connect() as connection:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            assert version in {name.partition(".")[0] for name in STORED}
        held.dispose()
    engine = open_database(_settings(stored, tmp_path), _wiring())
    engine.dispose()
    assert copies == list(tmp_path.glob("server-before-*"))


@pytest.mark.usefixtures("later")
def test_a_migration_that_fails_leaves_the_database_as_it_was(stored: str, tmp_path: Path) -> None:
    broken = migrations.FOLDER / "versions" / "2099_01_01_0000-later.py"
    broken.write_text(broken.read_text() + "    op.execute('INSERT INTO nothing VALUES (1)')\n")
    for _ in range(2):
        with pytest.raises(Exception, match="nothing"):
            open_database(_settings(stored, tmp_path), _wiring())
    engine = open_engine(stored)
    with engine.connect() as connection:
        assert not connection.dialect.has_table(connection, "later")
        held = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    assert held in {name.partition(".")[0] for name in STORED}
