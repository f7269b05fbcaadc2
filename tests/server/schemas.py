"""Released schemas with a small company's data, as SQL text in tests/golden/db.

Never edited once released. Until 0.1 the first schema may still change, and is written anew with
`PYTHONPATH=tests .venv/bin/python -m server.schemas`.
"""

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from clockhouse_server import migrations
from clockhouse_server.auth import store as users
from clockhouse_server.billing import drafts, issuing
from clockhouse_server.db import Fact, open_engine
from server.gate import FRIDAY, MONDAY, OFFICE, open_gate
from server.postgres import cluster

FOLDER: Final = Path(__file__).parents[1] / "golden" / "db"
HEADER: Final = """\
-- The schema {schema} for {engine}, with a company's week: what a later migration must be able to take over.
-- Unreleased: written anew with `python -m server.schemas` until 0.1, and never edited from then on.
"""
NOISE: Final = re.compile(r"--|SET |SELECT pg_catalog\.set_config|\\|$")
DUMP: Final = ("pg_dump", "--inserts", "--no-owner", "--no-privileges", "--schema=public")


def work(url: str) -> None:
    """A company's week in an empty, migrated database: punched, approved, billed."""
    with open_gate(url) as gate:
        gate.work_week("ana", "bob")
        gate.approve("ana")
        gate.rate("95.00")
        with gate.open() as session:
            session.add(Fact(name="server_epoch", value="epoch-of-the-golden"))
            users.create_user(
                session, "golden", email="ada@example.com", name="Ada", password="wheel barrow 17",
                role="administrator", new_token=lambda: "golden", **gate.by,
            )  # fmt: skip
            made = drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **gate.by)
            issuing.issue(session, OFFICE, made.id, now=gate.now)


def read_sqlite(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return "\n".join(connection.iterdump()) + "\n"
    finally:
        connection.close()


def load_sqlite(text: str, path: Path) -> str:
    """The URL of a new database that holds what the text says."""
    connection = sqlite3.connect(path)
    try:
        connection.executescript(text)
    finally:
        connection.close()
    return f"sqlite:///{path}"


def read_postgresql(url: str) -> str:
    """The dump without the settings of the program that made it."""
    dump = subprocess.run([*DUMP, f"--dbname={url}"], capture_output=True, text=True, check=True).stdout
    return "\n".join(_statements(dump.splitlines())) + "\n"


def _statements(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not NOISE.match(line) and "SCHEMA public" not in line:
            yield line


def load_postgresql(text: str, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(text)  # type: ignore[call-overload]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name, cluster() as postgres:
        path = Path(name) / "golden.db"
        for engine_name, url in (("sqlite", f"sqlite:///{path}"), ("postgresql", postgres.create())):
            engine = open_engine(url)
            migrations.upgrade(engine)
            engine.dispose()
            work(url)
            text = read_sqlite(path) if engine_name == "sqlite" else read_postgresql(url)
            header = HEADER.format(schema=migrations.latest(), engine=engine_name)
            target = FOLDER / f"{migrations.latest()}.{engine_name}.sql"
            target.write_text(header + text, encoding="utf-8")


if __name__ == "__main__":
    main()
