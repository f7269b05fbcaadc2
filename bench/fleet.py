"""What the server's benchmarks share: a furnished company, kiosks whose deliveries are signed beforehand, CPU counted."""

import asyncio
import http.client
import os
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_server import migrations
from clockhouse_server.auth import keys
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.opening import SERVER_EPOCH
from clockhouse_server.db import Fact, open_engine, transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.delivering import LINE
from clockhouse_server.ingest.following import PUNCH
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people
from clockhouse_sync import ledger, signing, wire

PEOPLE, JOBS, CREW = 400, 40, 100
"""People and jobs of the company, and how many people a kiosk sees."""
ADMIN = Actor("the-bench", "Ada Admin", Role.ADMINISTRATOR)
PATH = "/api/device/v1/"
Row = tuple[Any, ...]
Request = tuple[bytes, dict[str, str]]
"""A body, and the header fields that sign it."""
SERVE = "import sys; from clockhouse_server.cli import main; sys.exit(main())"


@dataclass
class Company:
    """What punches name."""

    site: str
    people: list[str]
    jobs: list[str]


def furnish(database: str, secrets: Path, now: datetime) -> Company:
    """A migrated database with a site, people and jobs, and the server's keys."""
    keys.save(secrets, keys.Keys(sha256(b"server").digest(), {1: sha256(b"pepper").digest()}))
    engine = open_engine(database)
    numbers = count(1)
    by: dict[str, Any] = {"now": now, "new_id": lambda: f"0190bbbb-0000-7000-8000-{next(numbers):012d}"}
    migrations.upgrade(engine)
    with transaction(engine) as session:
        session.add(Fact(name=SERVER_EPOCH, value="server-epoch"))
        people.save_company(session, ADMIN, people.CompanyIn(name="Bench", zone="Europe/Berlin"), now=now)
        site = people.create_site(session, ADMIN, people.SiteIn("Hall 1", "Europe/Berlin"), **by).id
        customer = jobs.create_customer(session, ADMIN, jobs.CustomerIn(code="ACME", name="Acme"), **by).id
        staff = [
            people.create_person(
                session, ADMIN, people.PersonIn(number=str(1000 + each), name=f"Person {each}", site_ids=(site,)), **by
            ).id
            for each in range(PEOPLE)
        ]  # fmt: skip
        work = [
            jobs.create_job(
                session, ADMIN,
                jobs.JobIn(customer_id=customer, code=f"J{each}", name=f"Job {each}", site_ids=(site,)), **by
            ).id
            for each in range(JOBS)
        ]  # fmt: skip
    engine.dispose()
    return Company(site, staff, work)


@dataclass
class Kiosk:
    """A kiosk's key and its ledger: every line a punch but the first, which begins the epoch."""

    number: int
    company: Company
    since: datetime
    key: Ed25519PrivateKey = field(init=False)
    session: str = ""
    seq: int = 0
    prev: str | None = None

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(sha256(f"kiosk {self.number}".encode()).digest())
        self.device_id = signing.key_id(signing.public_bytes(self.key))
        self.epoch = f"0190cccc-0000-7000-8000-{self.number:012d}"

    def line(self) -> bytes:
        place = {
            "v": 1, "device_id": self.device_id, "epoch": self.epoch, "seq": self.seq + 1, "prev": self.prev,
            "at": wire.format_instant(self.since + timedelta(milliseconds=20 * self.seq)), "zone": "Europe/Berlin",
            "utc_offset_minutes": 60, "boottime_ms": 1000 + 20 * self.seq, "clock": {"sync": True, "error_ms": 4},
            "site_id": self.company.site, "roster_version": "1.4711",
        }  # fmt: skip
        said = (
            {"type": "boot", "boot_id": f"boot {self.number}", "software": "0.1"}
            if self.seq == 0
            else self._punch()
        )
        raw = wire.encode({name: value for name, value in (place | said).items() if value is not None})
        self.seq, self.prev = self.seq + 1, ledger.line_hash(raw)
        return raw

    def _punch(self) -> dict[str, Any]:
        number = self.number * 100_000 + self.seq
        person = (self.number * CREW + self.seq % CREW) % PEOPLE
        kind = "in" if (self.seq // CREW) % 2 == 0 else "out"
        return {
            "type": "punch", "punch_id": f"0190dddd-0000-7000-8000-{number:012d}", "kind": kind,
            "employee_id": self.company.people[person], "kind_from": "inferred", "method": "rfid",
            "credential_ref": f"0190eeee-0000-7000-8000-{person:012d}",
            "job_id": self.company.jobs[number % JOBS] if kind == "in" else None,
        }  # fmt: skip

    def request(self, path: str, body: bytes) -> Request:
        nonce = self.session or None
        headers = signing.sign_request(
            self.key, method="POST", path=PATH + path, query="", body=body, created=0, nonce=nonce
        )
        return body, headers

    def batch(self, lines: int) -> Request:
        """The next lines as a signed request, with the checkpoints that a daemon would send along."""
        raws, checkpoints = [], []
        for _ in range(lines):
            raws.append(self.line())
            if self.seq % 100 == 0:
                assert self.prev is not None
                head = wire.Head(epoch=self.epoch, seq=self.seq, hash=self.prev)
                checkpoints.append(signing.checkpoint(self.key, head, wire.format_instant(self.since)))
        body = b'{"checkpoints":' + msgspec.json.encode(checkpoints) + b',"lines":[' + b",".join(raws) + b"]}"
        return self.request("lines", body)


def rows(kiosk: Kiosk, count: int) -> tuple[list[Row], list[Row]]:
    """The next lines of a kiosk as the rows that a delivery writes: of the ledger, where punches are a run; of punches."""
    lines: list[list[dict[str, Any]]] = []
    punches = []
    for _ in range(count):
        raw = kiosk.line()
        line = wire.read_line(raw)
        at = wire.parse_instant(line.at)
        columns = {name: getattr(line, name, None) for name in {*LINE, *PUNCH}} | {
            "first_seq": line.seq, "hash": ledger.line_hash(raw), "at": at, "raw": raw, "signed": True,
            "chain": "linked", "outcome": "accepted", "received_at": kiosk.since, "counted_at": at,
            "basis": "device", "undone": False, "position": kiosk.number * 100_000 + line.seq,
        }  # fmt: skip
        if not isinstance(line, wire.PunchLine):
            lines.append([columns])
            continue
        if not lines or lines[-1][0]["type"] != "punch":
            lines.append([])
        lines[-1].append(columns)
        punches.append(tuple(columns[name] for name in PUNCH))
    stored = [
        run[-1]
        | {name: run[0][name] for name in ("first_seq", "prev")}
        | {"raw": b"\n".join(one["raw"] for one in run)}
        for run in lines
    ]
    return [tuple(row[name] for name in LINE) for row in stored], punches


def enrol(database: str, kiosks: Sequence[Kiosk], now: datetime) -> None:
    """As if their words had been compared already."""
    engine = open_engine(database)
    with transaction(engine) as session:
        for kiosk in kiosks:
            public = b64encode(signing.public_bytes(kiosk.key)).decode()
            session.add(
                Device(
                    id=kiosk.device_id, public_key=public, name=f"Gate {kiosk.number}", hardware="bench",
                    site_id=kiosk.company.site, status="active", enrolled_at=now, confirmed_at=now, version=1,
                )
            )  # fmt: skip
    engine.dispose()


class Server:
    """A real `clockhouse-server serve`, and the CPU seconds of it and of whatever else counts."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port = process, port

    def cpu(self) -> float:
        return cpu_of(self.process.pid)


@contextmanager
def serving(database: str, secrets: Path) -> Iterator[Server]:
    config = secrets.with_suffix(".toml")
    config.write_text(f'database = "{database}"\nsecrets_file = "{secrets}"\nport = 0\n')
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--config", str(config)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rstrip().rstrip("/").rpartition(":")[2])
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait()


def cpu_of(root: int) -> float:
    """User and system seconds of a process and all below it, those that have ended included."""
    parents, spent = {}, {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(each.parent.name)
        parents[pid], spent[pid] = int(fields[1]), sum(int(ticks) for ticks in fields[11:15])
    mine = {root}
    while found := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= found
    return sum(spent.get(pid, 0) for pid in mine) / os.sysconf("SC_CLK_TCK")


def hello(kiosk: Kiosk, port: int) -> None:
    asked = wire.HelloRequest(
        protocols=[1], heads=[], clock=wire.ClockState(sync=True, error_ms=3),
        at=wire.format_instant(kiosk.since), software="0.1",
    )  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answer = send(connection, "hello", *kiosk.request("hello", msgspec.json.encode(asked)))
    kiosk.session = msgspec.json.decode(answer)["session"]
    connection.close()


def send(connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection.request("POST", PATH + path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return content


def deliver(port: int, piles: Sequence[Sequence[Request]]) -> None:
    """Each pile over a connection of its own, one request after the other; every line must be accepted."""
    wrong: list[object] = []

    def one(pile: Sequence[Request]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for body, headers in pile:
            answer = msgspec.json.decode(send(connection, "lines", body, headers), type=wire.LinesAnswer)
            wrong.extend(each for each in answer.verdicts if each.outcome != "accepted")
        connection.close()

    with ThreadPoolExecutor(len(piles)) as threads:
        list(threads.map(one, piles))
    assert not wrong, wrong[:3]


def deliver_at_once(port: int, piles: Sequence[Sequence[Request]]) -> list[float]:
    """As `deliver`, all connections in one event loop; the seconds that each answer took."""
    return asyncio.run(_at_once(port, piles))


async def _at_once(port: int, piles: Sequence[Sequence[Request]]) -> list[float]:
    took: list[float] = []
    start = asyncio.Event()
    ready = asyncio.Semaphore(0)

    async def one(pile: Sequence[Request]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        requests = [_request(body, headers) for body, headers in pile]
        ready.release()
        await start.wait()
        for request in requests:
            before = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert found is not None
            content = await reader.readexactly(int(found[1]))
            took.append(time.perf_counter() - before)
            assert head.startswith(b"HTTP/1.1 200"), head + content
            assert b'"outcome":"accepted"' in content, content
        writer.close()

    tasks = [asyncio.create_task(one(pile)) for pile in piles]
    for _ in tasks:
        await ready.acquire()
    start.set()
    await asyncio.gather(*tasks)
    return took


def _request(body: bytes, headers: dict[str, str]) -> bytes:
    fields = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {PATH}lines HTTP/1.1\r\n{head}\r\n".encode() + body


def now() -> datetime:
    return datetime.now(UTC)
