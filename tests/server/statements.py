"""What a database is asked, whoever asks: SQLAlchemy, or the product by the driver itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from sqlalchemy import Engine, event


@contextmanager
def watched(engine: Engine) -> Iterator[list[str]]:
    """The statements that an engine's database is asked; one that is run for many rows counts once."""
    seen: list[str] = []
    with _on_sqlite(engine, seen) if engine.dialect.name == "sqlite" else _on_postgresql(seen):
        yield seen


@contextmanager
def _on_sqlite(engine: Engine, seen: list[str]) -> Iterator[None]:
    traced: list[Any] = []

    def note(statement: str) -> None:
        asked = statement.partition(" VALUES ")[0]  # they come with their values, once a row
        if not seen or seen[-1] != asked:
            seen.append(asked)

    def trace(connection: Any, *_: object) -> None:
        connection.set_trace_callback(note)
        traced.append(connection)

    event.listen(engine, "checkout", trace)
    try:
        yield
    finally:
        event.remove(engine, "checkout", trace)
        for connection in traced:
            connection.set_trace_callback(None)


@contextmanager
def _on_postgresql(seen: list[str]) -> Iterator[None]:

    def noting(name: str) -> Any:
        real = getattr(psycopg.Cursor, name)

        def noted(self: Any, statement: Any, *given: Any, **more: Any) -> Any:
            seen.append(str(statement))
            return real(self, statement, *given, **more)

        return patch.object(psycopg.Cursor, name, noted)

    with noting("execute"), noting("executemany"), noting("copy"):
        yield
