"""Many rows, as the driver gives them: in pieces of a bounded size, and without reading any value's type.

For whoever compares columns and trusts none of them: a damaged value comes out like any other.
"""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import count
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, func, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clockhouse_server.errors import Invalid

Row = tuple[Any, ...]
Query = Select[*tuple[Any, ...]]
PIECE: Final = 256
"""So many rows fit into a processor's own cache together with what is made of them."""

_NAMES = count(1)


def pieces(session: Session, query: Query, most: int | None = None) -> Generator[list[Row], None, None]:
    """The rows of a query, PIECE or fewer at a time, in the session's transaction.

    Raises the driver's own errors; but Invalid where the database has no room to sort them.
    """
    connection = session.connection()
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        cursor = driver.cursor()
    else:  # the server hands out pieces, in its own form rather than as text
        cursor = driver.cursor(f"pieces_{next(_NAMES)}", binary=True)
    names, values = compiled.positiontup, compiled.params
    with closing(cursor), _room_to_sort():
        cursor.execute(str(compiled), values if names is None else [values[name] for name in names])
        while found := cursor.fetchmany(min(most or PIECE, PIECE)):
            yield found


def of_device(query: Query, column: Any, device_id: str | None) -> Query:
    """What of it is a device's, by the column that names devices; all of it for None."""
    return query if device_id is None else query.where(column == device_id)


def rows(session: Session, query: Query) -> Generator[Row, None, None]:
    """The same, one by one."""
    with closing(pieces(session, query)) as found:
        for piece in found:
            yield from piece


def wire_text(session: Session, column: Any) -> ColumnElement[str]:
    """An instant in the wire's own form. What is no instant, or no whole millisecond, comes out in no such form."""
    if session.connection().dialect.name == "sqlite":
        text: ColumnElement[str] = type_coerce(column, String)
    else:
        text = func.to_char(column, "YYYY-MM-DD HH24:MI:SS.US", type_=String)
    return func.replace(func.replace(text.concat("|"), "000|", "Z"), " ", "T", type_=String)


_NO_ROOM: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_TOO_LITTLE: Final = "53"
"""PostgreSQL's class of codes for what there is not enough of."""


@contextmanager
def _room_to_sort() -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        code, state = getattr(problem, "sqlite_errorcode", 0), getattr(problem, "sqlstate", None) or ""
        if code & 0xFF not in _NO_ROOM and not state.startswith(_TOO_LITTLE):
            raise
        raise Invalid(
            f"The database cannot be read or sorted to its end ({problem}). Sorting takes up to 400 bytes a punch on"
            " the disk for a while: SQLite's are where SQLITE_TMPDIR says, or in /var/tmp.", field="database",
        ) from problem  # fmt: skip


_SAYS_SO: Final = ("no such table", "no such column", "Could not decode to UTF-8")


def is_damaged(problem: BaseException) -> bool:
    """Whether SQLite's file is damaged, as SQLite says or as a schema shows that is not ours any more.

    SQLite's own words for it may be no text any more.
    """
    found = problem.orig if isinstance(problem, DBAPIError) else problem
    if not isinstance(found, sqlite3.DatabaseError):
        return isinstance(found, UnicodeDecodeError)
    code = getattr(found, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or str(found).startswith(_SAYS_SO)
