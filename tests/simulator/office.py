"""The server of a simulated company: the real application over a real database, called without a socket.

It can be cut off before or after it commits, backed up, and put back to where a backup was made.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio.to_thread
from sqlalchemy import Engine, event, select

from clockhouse_server import backups, migrations
from clockhouse_server.app import create_app
from clockhouse_server.auth import keys
from clockhouse_server.auth.limits import RateLimit
from clockhouse_server.auth.web import Server
from clockhouse_server.commands.bring import bring
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.devices import store as devices
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import LineRow
from clockhouse_server.people import store as people
from clockhouse_server.roster import store as rosters
from clockhouse_server.settings import Settings
from clockhouse_sync.client import Reply
from server.rig import ADMIN
from simulator.databases import Database

SERVER = "http://127.0.0.1:1"
PEOPLE = 4


class Stopped(Exception):  # noqa: N818 - it is no error of ours
    """The server's machine stops here: nothing is answered."""


@dataclass
class Chance:
    """When the server's machine stops: just before its next commit, or just after it."""

    before_commit: bool = False
    after_commit: bool = False


async def _here(call: Callable[..., Any], *given: Any, **_limits: Any) -> Any:
    return call(*given)


@contextlib.contextmanager
def _no_loop() -> Iterator[None]:
    """Somebody else's loop may be running in this thread, a browser driver's say; it has nothing to do meanwhile."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


class Office:
    """One for all runs of a process: building the application takes longer than a whole run."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self._database = folder, database
        self.backups = folder / "backups"
        self.chance = Chance()
        self._clock: Callable[[], datetime] | None = None
        self.site, self.people = "", list[str]()
        self._numbers = 0
        self._loop = asyncio.new_event_loop()
        secrets = folder / "secrets.json"
        held = keys.Keys(sha256(b"server").digest(), {1: sha256(b"pepper").digest()})
        keys.save(secrets, held)
        self._settings = Settings(database=database.url, secrets_file=str(secrets))
        self.engine: Engine = open_engine(self._settings.database)
        event.listen(self.engine, "commit", self._before_commit)
        self._server = Server(
            engine=self.engine, settings=self._settings, now=self.now, new_id=self.new_id,
            new_token=lambda: sha256(self.new_id().encode()).hexdigest(), keys=held,
        )  # fmt: skip
        self._app = create_app(self._server)
        self._patches = (
            # A roster of a few rows comes in several pages, as one of thousands does.
            patch.dict(rosters.pull.__kwdefaults__ or {}, limit=6),
            # One thread, one order: a run follows from its seed alone.
            patch.object(anyio.to_thread, "run_sync", _here),
        )
        for each in self._patches:
            each.start()

    def close(self) -> None:
        for each in self._patches:
            each.stop()
        self.engine.dispose()
        self._loop.close()

    def now(self) -> datetime:
        assert self._clock is not None
        return self._clock()

    def new_id(self) -> str:
        self._numbers += 1
        return f"id-{self._numbers:06}"

    def furnish(self, now: datetime) -> None:
        """An empty, migrated database with a site and its people, kept as the template of every run."""
        self._clock = lambda: now
        migrations.upgrade(self.engine)
        with transaction(self.engine) as session:
            session.add(Fact(name="server_epoch", value="server-epoch-0"))
            by = {"now": now, "new_id": self.new_id}
            people.save_company(session, ADMIN, people.CompanyIn("Simulated", zone="Europe/Berlin"), now=now)
            self.site = people.create_site(session, ADMIN, people.SiteIn("Yard", "Europe/Berlin"), **by).id
            self.people = [
                people.create_person(
                    session, ADMIN, people.PersonIn(
                        number=str(number), name=f"P {number}", site_ids=(self.site,), supervisor=number == 1,
                    ), **by
                ).id
                for number in range(1, PEOPLE + 1)
            ]  # fmt: skip

    def hire(self) -> str:
        """A new person's id."""
        with transaction(self.engine) as session:
            number = self.new_id()
            given = people.PersonIn(number=number.removeprefix("id-"), name=number, site_ids=(self.site,))
            return people.create_person(session, ADMIN, given, now=self.now(), new_id=self.new_id).id

    def code(self, replaces: str | None = None) -> str:
        with transaction(self.engine) as session:
            return devices.create_code(
                session, ADMIN, site_id=self.site, name="Gate", replaces=replaces, minutes=60, now=self.now(),
                new_token=self._server.new_token,
            ).code  # fmt: skip

    def status(self, device_id: str) -> str | None:
        """How a terminal stands with the server; None for one that it does not know, or not any more."""
        with self.reading() as session:
            return session.scalar(select(Device.status).where(Device.id == device_id))

    def take_in(self, path: Path) -> None:
        """As `clockhouse-server import lines` does; raises what it raises."""
        bring(self._server, path)

    def confirm(self, device_id: str) -> None:
        with transaction(self.engine) as session:
            devices.confirm(session, ADMIN, device_id, now=self.now())

    def keep_template(self) -> None:
        self.engine.dispose()
        self._database.keep()

    def begin(self, now: Callable[[], datetime]) -> None:
        """As the template was, for a new run."""
        self._clock, self.chance, self._numbers = now, Chance(), 100_000
        self._server = replace(self._server, enroll_limit=RateLimit(10, 6))
        self._app.state.server = self._server
        shutil.rmtree(self.backups, ignore_errors=True)
        self.engine.dispose()
        self._database.begin_again()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Raises Stopped where the machine stopped before it could answer."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("10.0.0.1", 40000), "server": ("127.0.0.1", 1),
        }  # fmt: skip
        said: list[Mapping[str, object]] = []

        async def receive() -> Mapping[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, object]) -> None:
            said.append(message)

        with _no_loop():
            self._loop.run_until_complete(self._app(scope, receive, send))
        if self.chance.after_commit:
            self.chance.after_commit = False
            raise Stopped
        start, *rest = said
        named = {name.decode(): value.decode() for name, value in start["headers"]}  # type: ignore[attr-defined]
        content = b"".join(part.get("body", b"") for part in rest)  # type: ignore[misc]
        return Reply(int(start["status"]), named, content)  # type: ignore[call-overload]

    def back_up(self) -> Path:
        secrets = self._settings.secrets_path()
        return backups.write(self.engine, secrets, self.backups, self.now())

    def restore(self, backup: Path) -> None:
        self.engine.dispose()
        backups.restore(backup, self._settings, self.now(), self.new_id)
        for old in self.folder.glob("server.db.before-*"):
            old.unlink()

    def lines(self, device_id: str) -> dict[tuple[str, int], dict[str, runs.Stored]]:
        """Everything that is stored of a device, by place and hash."""
        found: dict[tuple[str, int], dict[str, runs.Stored]] = {}
        with self.reading() as session:
            for line in runs.every(session, LineRow.device_id == device_id):
                found.setdefault((line.epoch, line.seq), {})[line.hash] = line
        return found

    def places(self, device_id: str) -> set[tuple[str, int, str]]:
        """Where something is stored of a device, and its hash."""
        with self.reading() as session:
            return {
                (line.epoch, line.seq, line.hash)
                for line in runs.every(session, LineRow.device_id == device_id)
            }

    @contextlib.contextmanager
    def reading(self):
        with transaction(self.engine, read_only=True) as session:
            yield session

    def _before_commit(self, _connection: object) -> None:
        if self.chance.before_commit:
            self.chance.before_commit = False
            raise Stopped
