"""The schema: made by migrations, equal to the models, and keyed so that it can be spread over machines later."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, UniqueConstraint, text

from clockhouse_server import migrations
from clockhouse_server.approval.models import Approval
from clockhouse_server.billing.models import BilledCharge, Charge
from clockhouse_server.db import Base, open_engine
from clockhouse_server.ingest.models import (
    BesideRow,
    CheckpointRow,
    EpochMark,
    LastState,
    LineRow,
    LostRange,
    ParkedLine,
    Proposal,
    PunchRow,
)
from clockhouse_server.migrations import NewerDatabase
from clockhouse_server.timecards.models import Adjustment, EntryRow

BY_DEVICE = (LineRow, EpochMark, LostRange, CheckpointRow, BesideRow, ParkedLine)
BY_EMPLOYEE = (PunchRow, Proposal, LastState, Adjustment, EntryRow, Approval, Charge, BilledCharge)


def test_migrations_make_what_the_models_say(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert [] == compare_metadata(context, Base.metadata)
        assert migrations.latest() == context.get_current_revision()
    engine.dispose()


@pytest.mark.parametrize(
    ("model", "key"),
    [*((model, "device_id") for model in BY_DEVICE), *((model, "employee_id") for model in BY_EMPLOYEE)],
    ids=lambda value: value if isinstance(value, str) else value.__tablename__,
)
def test_every_key_of_a_table_holds_what_it_would_be_spread_by(model: type[Base], key: str) -> None:
    table = model.__table__
    assert isinstance(table, Table)
    assert key in table.primary_key.columns
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert key in constraint.columns
    for index in table.indexes:
        assert not index.unique or key in index.columns
    assert not table.foreign_keys


def test_migration_files_begin_with_date_and_time() -> None:
    names = [path.name for path in (Path(migrations.FOLDER) / "versions").glob("*.py")]
    assert names
    assert all(name[:16].replace("_", "").replace("-", "").isdecimal() for name in names)


def test_a_newer_or_a_foreign_database_refuses_to_open(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_0000'"))
    with pytest.raises(NewerDatabase):
        migrations.prepare(engine, lambda: None)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(NewerDatabase):
        migrations.prepare(engine, lambda: None)
    engine.dispose()


def test_an_empty_database_is_filled_and_then_left_alone(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    migrations.prepare(engine, lambda: pytest.fail("there is nothing to back up"))
    migrations.prepare(engine, lambda: pytest.fail("nothing is changed"))
    engine.dispose()
