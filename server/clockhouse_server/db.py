"""The database: column types, the engine for SQLite or PostgreSQL, and one transaction for each request."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    String,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; a naive datetime is refused on the way in, and never comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A Decimal kept exactly: NUMERIC on PostgreSQL, text on SQLite, whose numbers are floats."""

    impl = Numeric(20, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Numeric(20, 6))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = value.quantize(Decimal("0.000001"))
        if exact != value:
            raise ValueError(f"{value} has more than six decimals")
        return format(exact, "f") if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy passes it
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """All tables. Ids are opaque text made by the caller; `_at` columns are instants, `_on` local dates."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: Instant(),
        Decimal: Exact(),
        int: BigInteger().with_variant(Integer(), "sqlite"),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


class Counter(Base):
    """Named counters; a row is locked by whoever advances it until their transaction ends."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Fact(Base):
    """Named facts about this database itself: `server_epoch`, `restored_at`."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def advance(session: Session, name: str, by: int = 1) -> int:
    """The counter's next value (1 first), gapless and in order of commit, since its row stays locked till then.

    With `by`, that many values are taken, of which the last is answered.
    """
    [(value,)] = directly(session, _ADVANCE, {"name": name, "by": by})
    return int(value)


_ADVANCE = (
    "INSERT INTO counters (name, value) VALUES (:name, :by) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + :by RETURNING value"
)


def roster_version(session: Session) -> int:
    """A version for rows that kiosks are told about. Take it last in a transaction: others wait for it."""
    return advance(session, "roster")


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///file.db` or `postgresql://…`."""
    if url.startswith("sqlite"):
        return _sqlite(url)
    address = url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
        "postgres://", "postgresql+psycopg://", 1
    )
    # A generic plan after five runs has made an approvals query ten times slower. Compiling a plan takes longer than
    # any query of ours; where an index is asked for that a small table has not (`by_key`), it would be done each time.
    return create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=20,
        max_overflow=20,
        pool_timeout=10,
        connect_args={"options": "-c plan_cache_mode=force_custom_plan -c jit=off -c timezone=UTC"},
    )


def _sqlite(url: str) -> Engine:
    # Parameters hold names, badge numbers and hashes, which belong into no log.
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": 30, "check_same_thread": False},
        pool_size=20,
        max_overflow=20,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late to be IMMEDIATE
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000",
            # 8 MB of pages, and 16 MB of journal before it is copied back: deliveries touch many pages again.
            "cache_size=-8000", "wal_autocheckpoint=4000",
        ):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # SQLite's own lower() knows ASCII alone: a search for škoda would not find Škoda.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def by_key(session: Session) -> None:
    """For the rest of this transaction PostgreSQL goes by indexes, and keeps the plans of what it was asked before.

    For who asks the same few statements by key all day: planning them anew costs as much as running them, and a
    plan that is kept must not be one for the small tables that there were when it was made.
    """
    if session.get_bind().dialect.name == "postgresql":
        directly(session, _BY_KEY)


_BY_KEY = (
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), "
    "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)


def directly(session: Session, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """A statement with `:name`d values by the driver itself, in the session's transaction; its rows as the driver has them.

    For the few statements that every delivery runs: SQLAlchemy's way through one costs several times the driver's.
    """
    connection = session.connection()
    with driver(connection) as own, closing(own.cursor()) as cursor:
        cursor.execute(_for_driver(sql, connection.dialect.name), values or {})
        return cursor.fetchall() if cursor.description else []


@cache
def _for_driver(sql: str, engine: str) -> str:
    return sql if engine == "sqlite" else re.sub(r"(?<!:):(\w+)", r"%(\1)s", sql)


@contextmanager
def driver(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, in the transaction that runs; its errors come out as SQLAlchemy's."""
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except base as problem:
        raise DBAPIError.instance(
            None, None, problem, base, hide_parameters=True, dialect=connection.dialect
        ) from problem


def _read_only(engine: Engine) -> Engine:
    """Who asks twice is told of the same moment: a ledger that is verified while deliveries come in is no bad one."""
    if engine.dialect.name == "sqlite":  # does so in any case
        return engine.execution_options(read_only=True)
    return engine.execution_options(
        read_only=True, postgresql_readonly=True, isolation_level="REPEATABLE READ"
    )


@contextmanager
def transaction(engine: Engine, *, read_only: bool = False) -> Iterator[Session]:
    """One session, one transaction: committed when the block ends, rolled back when it raises."""
    bound = _read_only(engine) if read_only else engine
    with Session(bound, expire_on_commit=False) as session, session.begin():
        yield session
