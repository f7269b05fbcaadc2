"""Many rows in one statement, on either engine: read beside a table that is handed over, or written in one go.

For the few statements that every delivery runs. Their texts are fixed, however many rows they are about, so that
nothing has to be built or planned anew; all else is SQLAlchemy's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table, TextClause, text
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from clockhouse_server.db import Base, Instant

TEXT: Final = "text"
WHOLE: Final = "bigint"
INSTANT: Final = "timestamp with time zone"


class Statement:
    """A statement with `{given}` where the rows that it is handed stand as a table of that name.

    `given` are that table's columns and their types; `result` the types of the columns that it answers, where
    the driver's own values will not do. Parameters besides the rows go by name. `on_postgresql` ends the
    statement there: locks on rows, which SQLite, locked as a whole, knows nothing of. `postgresql` is said there
    instead, where its planner has to be held by the hand.
    """

    def __init__(
        self,
        sql: str,
        given: Mapping[str, str],
        *,
        result: Mapping[str, TypeEngine[Any]] | None = None,
        on_postgresql: str = "",
        postgresql: str | None = None,
    ) -> None:
        self._sql, self._given, self._result, self._end = sql, given, result or {}, on_postgresql
        self._otherwise = postgresql
        self._instants = [place for place, kind in enumerate(given.values()) if kind == INSTANT]
        self._made: dict[str, TextClause] = {}

    def locking(self, on_postgresql: str) -> "Statement":
        """The same with another end."""
        return Statement(
            self._sql,
            self._given,
            result=self._result,
            on_postgresql=on_postgresql,
            postgresql=self._otherwise,
        )

    def __call__(self, session: Session, rows: Sequence[Sequence[Any]], **values: Any) -> list[Any]:
        """Run it beside these rows, each in the order of `given`, and answer its own rows; beside none it is not run."""
        if not rows:
            return []
        engine = session.get_bind().dialect.name
        statement = self._made[engine] if engine in self._made else self._make(engine)
        if engine == "sqlite":
            rows = _plain(rows, self._instants)
        found: Any = session.execute(statement, {"rows": msgspec.json.encode(rows).decode(), **values})
        return found.all() if found.returns_rows else []

    def _make(self, engine: str) -> TextClause:
        sql = self._sql
        if engine == "postgresql":
            sql = (self._otherwise or sql) + self._end
        made = text(sql.format(given=self._table(engine)))
        self._made[engine] = made.columns(**self._result) if self._result else made  # type: ignore[assignment]
        return self._made[engine]

    def _table(self, engine: str) -> str:
        places = enumerate(self._given.items())
        if engine == "sqlite":
            columns = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, (name, _) in places)
            return f"(SELECT {columns} FROM json_each(:rows)) AS given"  # noqa: S608 - our own names
        columns = ", ".join(f"CAST(value ->> {place} AS {kind}) AS {name}" for place, (name, kind) in places)
        return f"(SELECT {columns} FROM jsonb_array_elements(CAST(:rows AS jsonb))) AS given"  # noqa: S608


def write(session: Session, table: type[Base], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of a table whose columns are text, whole numbers, truths, bytes and instants, as `names` order them.

    The names are the columns' own. PostgreSQL's COPY takes a row at a fifth of what an INSERT costs.
    """
    if not rows:
        return
    made = table.__table__
    assert isinstance(made, Table)
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        places = [place for place, name in enumerate(names) if isinstance(made.c[name].type, Instant)]
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {made.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
        driver.executemany(statement, _plain(rows, places))
        return
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {made.name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types([_binary(made, name) for name in names])
        for row in rows:
            copy.write_row(row)


def _plain(rows: Sequence[Sequence[Any]], instants: Sequence[int]) -> Sequence[Sequence[Any]]:
    """With instants as SQLAlchemy stores them in SQLite."""
    if not instants:
        return rows
    plain = []
    made: dict[datetime, str] = {}
    for row in rows:
        changed = list(row)
        for place in instants:
            at = changed[place]
            if at is not None:
                if at not in made:
                    made[at] = at.replace(tzinfo=None).isoformat(" ", "microseconds")
                changed[place] = made[at]
        plain.append(changed)
    return plain


@cache
def _binary(table: Table, name: str) -> str:
    kind = table.c[name].type
    for shape, word in (
        (Instant, "timestamptz"), (Boolean, "bool"), (LargeBinary, "bytea"), (Integer | BigInteger, "int8"), (String, "text"),
    ):  # fmt: skip
        if isinstance(kind, shape):
            return word
    raise TypeError(f"{table.name}.{name} cannot be written in bulk")
