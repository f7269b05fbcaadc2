"""A PostgreSQL cluster of the tests' own: made in a temporary folder, reached over a Unix socket, then gone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

USER = "postgres"


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    assert on_path is not None, "PostgreSQL's server programs are needed: apt install postgresql"
    return Path(on_path).resolve().parent


class Cluster:
    """Databases by name; `template` is copied for each test, which is faster than migrating."""

    def __init__(self, socket_folder: Path) -> None:
        self._folder = socket_folder
        self._numbers = count(1)

    def url(self, name: str) -> str:
        return f"postgresql:///{name}?host={self._folder}&user={USER}"

    def create(self, template: str = "template1", name: str | None = None) -> str:
        """A new database's URL."""
        name = name or f"test_{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def postmaster(self) -> int:
        """The process id of the server's first process."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def drop(self, url: str) -> None:
        name = url.removeprefix("postgresql:///").partition("?")[0]
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Running while the block does. As root it belongs to the postgres user, who alone may run a server."""
    binaries = _binaries()
    root = os.geteuid() == 0
    owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    folder = Path(tempfile.mkdtemp(prefix="clockhouse-pg-"))
    if root:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"

    def call(program: str, *words: str) -> None:
        done = subprocess.run(
            [binaries / program, *words], capture_output=True, text=True, cwd=folder, check=False, **owner
        )
        assert done.returncode == 0, done.stderr

    try:
        call(
            "initdb",
            "-D",
            str(data),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=50 -c shared_buffers=32MB"
        )
        call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Cluster(folder)
        finally:
            call("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
