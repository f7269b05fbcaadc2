"""A server's parts with a clock in the test's hand, and a kiosk that speaks the device protocol for real."""

import asyncio
import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from clockhouse_server.app import create_app
from clockhouse_server.auth import keys, store
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.web import Server
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.devices import store as devices
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people
from clockhouse_server.settings import Settings
from clockhouse_sync import ledger, signing, wire

T = TypeVar("T")
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ADMIN = Actor("the-admin", "Ada Admin", Role.ADMINISTRATOR)
OFFICE = Actor("the-office", "Olga Office", Role.BACK_OFFICE)


class Clock:
    """Time that moves when the test says so."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


def in_a_loop(made: Coroutine[Any, Any, T]) -> T:
    """What a coroutine answers, run in a thread of its own: a browser driver's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, made).result()


class InProcess(httpx.BaseTransport):
    """Requests to an application without a socket, from a thread that is not its event loop's."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


_APPLICATIONS: list[FastAPI] = []


def _application(server: Server) -> FastAPI:
    """Made once, since two hundred routes take their time; each world then puts its own parts into it."""
    if not _APPLICATIONS:
        _APPLICATIONS.append(create_app(server))
    return _APPLICATIONS[0]


class World:
    """A server's parts over one database, and short ways to fill it."""

    def __init__(self, database: str, secrets: Path) -> None:
        numbers = count(1)
        self.now = Clock()
        self.settings = Settings(database=database, secrets_file=str(secrets))
        held = keys.Keys(sha256(b"server").digest(), {1: sha256(b"pepper").digest()})
        keys.save(secrets, held)
        self.engine = open_engine(database)
        self.server = Server(
            engine=self.engine,
            settings=self.settings,
            now=self.now,
            new_id=lambda: f"id-{next(numbers):04}",
            new_token=lambda: sha256(f"token {next(numbers)}".encode()).hexdigest(),
            keys=held,
        )
        self.app = _application(self.server)
        self.app.state.server = self.server
        self._portal_context = start_blocking_portal()
        self._portal = self._portal_context.__enter__()
        self._clients: list[httpx.Client] = []
        with transaction(self.engine) as session:
            session.add(Fact(name="server_epoch", value="epoch-of-the-tests"))

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._portal_context.__exit__(None, None, None)
        self.engine.dispose()

    def write(self) -> Any:
        return transaction(self.engine)

    def read(self) -> Any:
        return transaction(self.engine, read_only=True)

    def client(self, **headers: str) -> httpx.Client:
        """An in-process client that is nobody."""
        made = httpx.Client(
            transport=InProcess(self.app, self._portal), base_url="http://clock.example", headers=headers
        )
        self._clients.append(made)
        return made

    def user(self, role: Role, *, sites: Sequence[str] = (), person_id: str | None = None) -> str:
        """A user's address; their password is PASSWORD."""
        email = f"{role}-{self.server.new_id()}@example.com"
        with self.write() as session:
            store.create_user(
                session, "tests", email=email, name=f"The {role}", password=PASSWORD, role=role, sites=sites,
                person_id=person_id, now=self.now(), new_id=self.server.new_id, new_token=self.server.new_token,
            )  # fmt: skip
        return email

    def api(
        self, role: Role, *scopes: str, sites: Sequence[str] = (), person_id: str | None = None
    ) -> httpx.Client:
        """A program with a token of a new user of this role; without scopes named, all that the role may do."""
        from clockhouse_server.auth.access import PERMISSIONS

        email = self.user(role, sites=sites, person_id=person_id)
        with self.write() as session:
            user = next(one for one in store.users(session) if one.email == email)
            _, token = store.create_token(
                session, "tests", user.id, name="program", scopes=scopes or PERMISSIONS, now=self.now(),
                new_id=self.server.new_id, new_token=self.server.new_token,
            )  # fmt: skip
        return self.client(Authorization=f"Bearer {token}")

    def site(self, name: str = "Hall 1", zone: str = "Europe/Berlin") -> str:
        with self.write() as session:
            given = people.SiteIn(name=name, zone=zone)
            return people.create_site(session, ADMIN, given, now=self.now(), new_id=self.server.new_id).id

    def person(self, number: str, name: str, *site_ids: str, **more: Any) -> str:
        with self.write() as session:
            given = people.PersonIn(number=number, name=name, site_ids=site_ids, **more)
            return people.create_person(session, ADMIN, given, now=self.now(), new_id=self.server.new_id).id

    def customer(self, code: str = "ACME", name: str = "Acme") -> str:
        with self.write() as session:
            given = jobs.CustomerIn(code=code, name=name)
            return jobs.create_customer(session, ADMIN, given, now=self.now(), new_id=self.server.new_id).id

    def job(self, code: str, name: str, customer_id: str, *site_ids: str, **more: Any) -> str:
        with self.write() as session:
            given = jobs.JobIn(customer_id=customer_id, code=code, name=name, site_ids=site_ids, **more)
            return jobs.create_job(session, ADMIN, given, now=self.now(), new_id=self.server.new_id).id

    def task(self, job_id: str, code: str, name: str) -> str:
        with self.write() as session:
            given = jobs.TaskIn(job_id=job_id, code=code, name=name)
            return jobs.create_task(session, ADMIN, given, now=self.now(), new_id=self.server.new_id).id

    def code(self, site_id: str, name: str = "Gate", replaces: str | None = None) -> str:
        with self.write() as session:
            return devices.create_code(
                session, ADMIN, site_id=site_id, name=name, replaces=replaces, minutes=60, now=self.now(),
                new_token=self.server.new_token,
            ).code  # fmt: skip

    def confirm(self, kiosk: "Kiosk") -> None:
        with self.write() as session:
            devices.confirm(session, ADMIN, kiosk.device_id, now=self.now())

    def kiosk(self, site_id: str, *, http: httpx.Client | None = None, name: str = "Gate") -> "Kiosk":
        """An active kiosk that has said hello."""
        made = Kiosk(http or self.client(), self.now, site_id=site_id, seed=f"{name} {self.server.new_id()}")
        assert made.enroll(self.code(site_id, name)).status_code == 200
        self.confirm(made)
        assert made.hello().status_code == 200
        return made

    def rows(self, table: type[Any], **by: Any) -> list[Any]:
        """All rows of a table, or those with these values."""
        from sqlalchemy import select

        with self.read() as session:
            return list(session.scalars(select(table).filter_by(**by)))

    @cached_property
    def public_key(self) -> str:
        return b64encode(self.server.keys.public).decode()


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """A real uvicorn on a free loopback port."""
    listening = socket.socket()
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the server's own does
    listening.bind(("127.0.0.1", 0))
    uvicorn_server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not uvicorn_server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        uvicorn_server.should_exit = True
        thread.join(10)
        listening.close()


class Kiosk:
    """A kiosk's key, its ledger in memory, and its requests, signed; every answer's signature is checked."""

    def __init__(self, http: httpx.Client, now: Clock, *, site_id: str, seed: str = "kiosk") -> None:
        self.http = http
        self.now = now
        self.site_id = site_id
        self.key = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())
        self.device_id = signing.key_id(signing.public_bytes(self.key))
        self.session: str | None = None
        self.lines: list[bytes] = []
        self.sent = 0
        self.beside: dict[str, wire.Beside] = {}
        self._numbers = count(1)
        self._seed = seed
        self.epoch = ""
        self.seq = 0
        self.prev: str | None = None
        self.boot()

    # --- its ledger

    def boot(
        self, *, boot_id: str = "boot-1", parent: dict[str, Any] | None = None, epoch: str | None = None
    ) -> bytes:
        """A new epoch begins with its boot line; the parent is the newest line unless told otherwise."""
        if parent is None and self.epoch:
            parent = {"epoch": self.epoch, "seq": self.seq, "hash": self.prev}
        self.epoch = epoch or f"epoch-{self._seed}-{next(self._numbers)}"
        self.seq, self.prev = 0, None
        return self.line("boot", boot_id=boot_id, software="0.1", parent=parent)

    def line(
        self, line_type: str, /, *, at: datetime | None = None, sync: bool | None = True, **fields: Any
    ) -> bytes:
        """The next line, kept in `lines`. Fields that are None are left out."""
        given = {
            "v": 1, "type": line_type, "device_id": self.device_id, "epoch": self.epoch, "seq": self.seq + 1,
            "prev": self.prev, "at": wire.format_instant(at or self.now()), "site_id": self.site_id,
            "clock": None if sync is None else {"sync": sync, "error_ms": 5}, **fields,
        }  # fmt: skip
        raw = wire.encode({name: value for name, value in given.items() if value is not None})
        self.seq, self.prev = self.seq + 1, ledger.line_hash(raw)
        self.lines.append(raw)
        return raw

    def punch(self, kind: str, employee_id: str | None, **fields: Any) -> str:
        """A punch's id."""
        punch_id = fields.pop("punch_id", None) or f"punch-{self._seed}-{next(self._numbers)}"
        given = {"kind_from": "chosen", "method": "rfid"} | fields
        self.line("punch", punch_id=punch_id, kind=kind, employee_id=employee_id, **given)
        return punch_id

    def note(self, text: str) -> str:
        """Put a text beside the next line; answers the hash that the line names."""
        salt, content = sha256(text.encode()).digest(), text.encode()
        name = ledger.beside_hash(salt, content)
        self.beside[name] = wire.Beside(salt=b64encode(salt).decode(), content=b64encode(content).decode())
        return name

    def head(self) -> wire.Head:
        assert self.prev is not None
        return wire.Head(epoch=self.epoch, seq=self.seq, hash=self.prev)

    def checkpoint(self) -> wire.Checkpoint:
        return signing.checkpoint(self.key, self.head(), wire.format_instant(self.now()))

    # --- its requests

    def send(self, method: str, path: str, body: bytes = b"", *, nonce: str | None = None) -> httpx.Response:
        """A signed request; the answer's own signature must hold."""
        full = f"/api/device/v1/{path}"
        bare, _, query = full.partition("?")
        headers = signing.sign_request(
            self.key, method=method, path=bare, query=query, body=body,
            created=int(self.now().timestamp()), nonce=nonce,
        )  # fmt: skip
        answer = self.http.request(method, full, content=body, headers=headers)
        self._check(answer, headers["Signature"])
        return answer

    def _check(self, answer: httpx.Response, request_signature: str) -> None:
        server = signing.public_key(Ed25519PrivateKey.from_private_bytes(sha256(b"server").digest()))
        signing.verify_answer(
            server, status=answer.status_code, body=answer.content, request_signature=request_signature,
            headers={name.lower(): value for name, value in answer.headers.items()},
        )  # fmt: skip

    def enroll(self, code: str) -> httpx.Response:
        public = b64encode(signing.public_bytes(self.key)).decode()
        asked = wire.EnrollRequest(code=code, public_key=public, name="kiosk", hardware="Raspberry Pi 4")
        return self.send("POST", "enroll", msgspec.json.encode(asked))

    def hello(self, *heads: wire.Head, sync: bool = True) -> httpx.Response:
        asked = wire.HelloRequest(
            protocols=[1], heads=list(heads or [self.head()]), clock=wire.ClockState(sync=sync, error_ms=3),
            at=wire.format_instant(self.now()), software="0.1",
        )  # fmt: skip
        answer = self.send("POST", "hello", msgspec.json.encode(asked))
        if answer.status_code == 200:
            self.session = answer.json()["session"]
        return answer

    def heartbeat(self, *heads: wire.Head, **health: Any) -> httpx.Response:
        return self.send("POST", "heartbeat", self.heartbeat_body(*heads, **health), nonce=self.session)

    def heartbeat_body(self, *heads: wire.Head, **health: Any) -> bytes:
        asked = wire.HeartbeatRequest(
            protocols=[1], heads=list(heads or [self.head()]), clock=wire.ClockState(sync=True, error_ms=3),
            at=wire.format_instant(self.now()), health=health,
        )  # fmt: skip
        return msgspec.json.encode(asked)

    def deliver(
        self, lines: Sequence[bytes] | None = None, checkpoints: Sequence[wire.Checkpoint] = ()
    ) -> httpx.Response:
        """Send lines, or all that were not sent yet."""
        if lines is None:
            lines, self.sent = self.lines[self.sent :], len(self.lines)
        body = b'{"lines":[' + b",".join(lines) + b"]"
        if self.beside:
            body += b',"beside":' + msgspec.json.encode(self.beside)
        if checkpoints:
            body += b',"checkpoints":' + msgspec.json.encode(list(checkpoints))
        return self.send("POST", "lines", body + b"}", nonce=self.session)

    def outcomes(self, lines: Sequence[bytes] | None = None) -> list[tuple[str, str | None]]:
        """What became of each line that is sent now."""
        answer = self.deliver(lines)
        assert answer.status_code == 200, answer.text
        return [(one["outcome"], one.get("code")) for one in answer.json()["verdicts"]]

    def roster(self, cursor: str = "") -> httpx.Response:
        path = f"roster?cursor={cursor}" if cursor else "roster"
        return self.send("GET", path, nonce=self.session)

    def known(self, cursor: str = "") -> dict[str, dict[str, Any]]:
        """A whole pull, by type and id."""
        found: dict[str, dict[str, Any]] = {}
        more = True
        while more:
            answer = self.roster(cursor)
            assert answer.status_code == 200, answer.text
            body = json.loads(answer.content)
            for row in body["rows"]:
                found.setdefault(row["type"], {})[row["id"]] = row["body"]
            cursor, more = body["cursor"], body.get("more", False)
        self.cursor = cursor
        return found
