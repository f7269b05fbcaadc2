"""Alembic, run by the program itself: an empty database is filled, an older one upgraded, a newer one refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from clockhouse_server.errors import Refusal

FOLDER: Final = Path(__file__).parent


class NewerDatabase(Refusal):
    """The database was written by a newer version of this program."""

    code, status = "newer_database", 409


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER / "versions")])


def latest() -> str:
    """The schema that this program is written for."""
    head = _script().get_current_head()
    assert head is not None
    return head


def known(schema: str) -> None:
    """Return for a schema of this program or an older one; raises NewerDatabase."""
    if schema not in {step.revision for step in _script().walk_revisions()}:
        raise NewerDatabase(
            f"The database has schema {schema}, which is newer than this program. Update clockhouse-server."
        )


def held(engine: Engine) -> str | None:
    """The schema that the database has; None for an empty one. Raises NewerDatabase."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        tables = inspect(connection).get_table_names()
    if found is not None:
        known(found)
    elif tables:
        raise NewerDatabase("The database holds tables that are not Clockhouse's. Choose an empty one.")
    return found


def upgrade(engine: Engine) -> None:
    """Bring the schema to `latest`, in one transaction."""
    script = _script()
    config = Config()
    config.set_main_option("script_location", str(FOLDER))

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic's own command calls

    with EnvironmentContext(config, script, fn=steps) as environment, engine.begin() as connection:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def prepare(engine: Engine, back_up: Callable[[], None]) -> None:
    """Make the database ready for this program; `back_up` runs before an older schema is changed."""
    found = held(engine)
    if found == latest():
        return
    if found is not None:
        back_up()
    upgrade(engine)
