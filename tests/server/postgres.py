"""A PostgreSQL cluster of the tests' own: made in a temporary folder, reached over a Unix socket, then gone."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg

USER = "postgres"
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing that these tests write has to be there tomorrow."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""As in production: what was committed outlives any kill."""


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    assert on_path is not None, "PostgreSQL's server programs are needed: apt install postgresql"
    return Path(on_path).resolve().parent


class Cluster:
    """Databases by name; `template` is copied for each test, which is faster than migrating.

    As root it belongs to the postgres user, who alone may run a server.
    """

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        root = os.geteuid() == 0
        self._owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
        self._folder = folder
        self._settings = settings
        self._binaries = _binaries()
        self._server: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        if root:
            shutil.chown(folder, "postgres", "postgres")
        made = [
            "initdb",
            "-D",
            "data",
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        ]
        done = subprocess.run(
            [self._binaries / made[0], *made[1:]],
            capture_output=True, text=True, cwd=folder, check=False, **self._owner,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

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

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Begin to start it; `ready` waits until it is. Should this process be killed, it goes too."""
        given = {
            "listen_addresses": "", "unix_socket_directories": str(self._folder), "max_connections": "50",
            "shared_buffers": "32MB", **self._settings,
        }  # fmt: skip
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", self._binaries / "postgres", "-D", "data", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._owner,
            )  # fmt: skip

    def ready(self, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert self.running, (self._folder / "log").read_text()
                assert time.monotonic() < end, (self._folder / "log").read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL for the postmaster and all its processes at once, as when the machine stops; waits until all are gone."""
        assert self._server is not None
        with suppress(ChildProcessError):
            self._server.send_signal(signal.SIGSTOP)  # it starts no other one while they are counted
            os.waitid(os.P_PID, self._server.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        children = [os.pidfd_open(pid) for pid in _children(self._server.pid)]
        self._server.kill()
        for child in children:
            signal.pidfd_send_signal(child, signal.SIGKILL)
        self._server.wait()
        for child in children:
            select.select([child], [], [])
            os.close(child)

    def kill_backend(self) -> bool:
        """SIGKILL for the first process that serves a client; the postmaster throws out all and recovers by itself."""
        assert self._server is not None
        for pid in _children(self._server.pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                child = os.pidfd_open(pid)
                try:
                    if b"[local]" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        signal.pidfd_send_signal(child, signal.SIGKILL)
                        return True
                finally:
                    os.close(child)
        return False

    def stop(self) -> None:
        """At once, without a checkpoint."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(30)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


@contextmanager
def cluster(settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Running while the block does; `settings` of PostgreSQL's own, HASTY where none are given."""
    folder = Path(tempfile.mkdtemp(prefix="clockhouse-pg-"))
    try:
        made = Cluster(folder, HASTY if settings is None else settings)
        try:
            made.start()
            made.ready()
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
