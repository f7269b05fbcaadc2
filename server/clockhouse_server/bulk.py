"""Many rows in one statement, on either engine: read beside a table that is handed over, or written in one go.

For the few statements that every delivery runs. Their texts are fixed, however many rows they are about, so that
nothing has to be built or planned anew; all else is SQLAlchemy's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Dialect, FromClause, Integer, LargeBinary, String
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from clockhouse_server.db import Base, Instant, directly, driver

TEXT: Final = "text"
WHOLE: Final = "bigint"
INSTANT: Final = "timestamp with time zone"


class Statement:
    """A statement with `{given}` where the rows that it is handed stand as a table of that name.

    `given` are that table's columns and their types; `result` the types of columns that it answers, by their
    places, where SQLite's own values will not do. Parameters besides the rows go by name. `on_postgresql` ends
    the statement there: locks on rows, which SQLite, locked as a whole, knows nothing of.
    """

    def __init__(
        self,
        sql: str,
        given: Mapping[str, str],
        *,
        result: Mapping[int, TypeEngine[Any]] | None = None,
        on_postgresql: str = "",
    ) -> None:
        self._sql, self._given, self._result, self._end = sql, given, result or {}, on_postgresql
        self._instants = [place for place, kind in enumerate(given.values()) if kind == INSTANT]
        self._texts: dict[str, str] = {}

    def locking(self, on_postgresql: str) -> "Statement":
        """The same with another end."""
        return Statement(self._sql, self._given, result=self._result, on_postgresql=on_postgresql)

    def __call__(
        self, session: Session, rows: Sequence[Sequence[Any]], **values: Any
    ) -> list[tuple[Any, ...]]:
        """Run it beside these rows, each in the order of `given`, and answer its own rows; beside none it is not run."""
        if not rows:
            return []
        dialect = session.get_bind().dialect
        if dialect.name not in self._texts:
            self._texts[dialect.name] = self._text(dialect.name)
        if dialect.name == "sqlite":
            rows = _plain(rows, self._instants)
        values["rows"] = msgspec.json.encode(rows).decode()
        found = directly(session, self._texts[dialect.name], values)
        return self._typed(found, dialect) if dialect.name == "sqlite" and self._result else found

    def _typed(self, found: list[tuple[Any, ...]], dialect: Dialect) -> list[tuple[Any, ...]]:
        """With SQLite's texts as what they stand for."""
        readers = [
            (place, read)
            for place, kind in self._result.items()
            if (read := kind.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        typed = []
        for row in found:
            changed = list(row)
            for place, read in readers:
                changed[place] = read(changed[place])
            typed.append(tuple(changed))
        return typed

    def _text(self, engine: str) -> str:
        sql = self._sql + (self._end if engine == "postgresql" else "")
        return sql.format(given=self._table(engine))

    def _table(self, engine: str) -> str:
        places = enumerate(self._given.items())
        if engine == "sqlite":
            columns = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, (name, _) in places)
            return f"(SELECT {columns} FROM json_each(:rows)) AS given"  # noqa: S608 - our own names
        columns = ", ".join(f"CAST(value ->> {place} AS {kind}) AS {name}" for place, (name, kind) in places)
        return f"(SELECT {columns} FROM jsonb_array_elements(CAST(:rows AS jsonb))) AS given"  # noqa: S608


def write(session: Session, table: type[Base], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of a table whose columns are text, whole numbers, truths, bytes and instants, as `names` order them.

    The names are the columns' own. PostgreSQL's COPY takes a row at a fifth of what an INSERT costs. Raises
    SQLAlchemy's errors.
    """
    if not rows:
        return
    connection = session.connection()
    with driver(connection) as own:
        if connection.dialect.name == "sqlite":
            _insert(own, table.__table__, names, rows)
        else:
            _copy(own, table.__table__, names, rows)


def _insert(own: Any, table: FromClause, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    places = [place for place, name in enumerate(names) if isinstance(table.c[name].type, Instant)]
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.description} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
    own.executemany(statement, _plain(rows, places))


def _copy(own: Any, table: FromClause, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with (
        own.cursor() as cursor,
        cursor.copy(f"COPY {table.description} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types([_binary(table, name) for name in names])
        write_row = copy.write_row
        for row in rows:
            write_row(row)


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
def _binary(table: FromClause, name: str) -> str:
    kind = table.c[name].type
    for shape, word in (
        (Instant, "timestamptz"), (Boolean, "bool"), (LargeBinary, "bytea"), (Integer | BigInteger, "int8"), (String, "text"),
    ):  # fmt: skip
        if isinstance(kind, shape):
            return word
    raise TypeError(f"{table.description}.{name} cannot be written in bulk")
