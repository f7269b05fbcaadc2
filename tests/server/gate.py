"""A company with two sites and a kiosk whose real lines go through ingest, for tests of hours and money."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clockhouse_server.approval import store as approvals
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.keys import new_keys
from clockhouse_server.billing import cards
from clockhouse_server.db import open_engine, transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people
from clockhouse_server.timecards.delivered import take
from clockhouse_sync import ledger, signing, wire

ZONE = "Europe/Berlin"
MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 13)

ADMIN = Actor("u-admin", "Ada", Role.ADMINISTRATOR)
OFFICE = Actor("u-office", "Olga", Role.BACK_OFFICE)


def local(text: str, on: date = MONDAY, zone: str = ZONE) -> datetime:
    """`07:58` or `06:00+1` at a place, as an instant."""
    clock, _, later = text.partition("+")
    wall = datetime.fromisoformat(f"{on}T{clock}") + timedelta(days=int(later or 0))
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class Kiosk:
    """A device of one site with a key, an epoch and a growing chain."""

    gate: "Gate"
    site_id: str
    name: str
    key: Ed25519PrivateKey
    epoch: str
    lines: list[bytes] = field(default_factory=list)
    sent: int = 0
    along: dict[str, wire.Beside] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return signing.key_id(signing.public_bytes(self.key))

    def append(self, line_type: str, at: datetime, **fields: object) -> str:
        line = {
            "v": 1, "type": line_type, "device_id": self.id, "epoch": self.epoch, "seq": len(self.lines) + 1,
            "at": wire.format_instant(at), "site_id": self.site_id, "zone": ZONE,
            "clock": {"sync": True, "error_ms": 4}, "boottime_ms": 1000 + len(self.lines), **fields,
        }  # fmt: skip
        if self.lines:
            line["prev"] = ledger.line_hash(self.lines[-1])
        raw = wire.encode({name: value for name, value in line.items() if value is not None})
        self.lines.append(raw)
        return ledger.line_hash(raw)

    def beside(self, text: str) -> str:
        """Put a text beside the next line; answers the hash that the line names."""
        salt = sha256(text.encode()).digest()
        name = ledger.beside_hash(salt, text.encode())
        self.along[name] = wire.Beside(
            salt=b64encode(salt).decode(), content=b64encode(text.encode()).decode()
        )
        return name

    def deliver(self) -> wire.LinesAnswer:
        """Send what is new, as the daemon would, with a checkpoint."""
        new, self.sent = self.lines[self.sent :], len(self.lines)
        head = wire.Head(epoch=self.epoch, seq=self.sent, hash=ledger.line_hash(self.lines[-1]))
        mark = signing.checkpoint(self.key, head, wire.format_instant(self.gate.now))
        with self.gate.open() as session:
            device = session.get_one(Device, self.id)
            device.complete_through_at = self.gate.now
            [answer] = take(
                session, [Batch.of(device, Delivery(new, self.along, checkpoints=[mark]))],
                keys=self.gate.keys, now=self.gate.now, new_id=self.gate.new_id,
            )  # fmt: skip
            return answer


@dataclass
class Gate:
    """The company and its clock; `now` is set by the tests."""

    engine: Engine
    now: datetime = field(default_factory=lambda: local("18:00", FRIDAY))
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    person: dict[str, str] = field(default_factory=dict)
    job: dict[str, str] = field(default_factory=dict)
    task: dict[str, str] = field(default_factory=dict)
    site: dict[str, str] = field(default_factory=dict)
    customer: dict[str, str] = field(default_factory=dict)
    kiosks: dict[str, Kiosk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = new_keys(lambda size: sha256(b"gate").digest()[:size])

    def new_id(self) -> str:
        return f"id-{next(self.ids):06d}"

    @contextmanager
    def open(self) -> Iterator[Session]:
        with transaction(self.engine) as session:
            yield session

    @property
    def by(self) -> dict[str, object]:
        return {"now": self.now, "new_id": self.new_id}

    def supervisor(self, person: str | None = None, site: str = "Gate") -> Actor:
        own = self.person[person] if person else None
        return Actor("u-super", "Sven", Role.SUPERVISOR, frozenset({self.site[site]}), own)

    def punch(self, who: str, text: str, *, on: date = MONDAY, kiosk: str = "Gate 1") -> list[str]:
        """Clock somebody in and out by a time sheet: `07:58 in 1042`, one punch a line. Returns punch ids."""
        device, made = self.kiosks[kiosk], []
        for row in filter(None, (row.strip() for row in text.splitlines())):
            clock, kind, *rest = row.split()
            job = next((word for word in rest if not word.startswith(("code:", "?"))), None)
            code = next((word.removeprefix("code:") for word in rest if word.startswith("code:")), None)
            punch_id = self.new_id()
            device.append(
                "punch", local(clock, on), punch_id=punch_id, kind=kind, method="rfid",
                kind_from="unconfirmed" if "?" in rest else "chosen",
                employee_id=self.person.get(who, who), job_id=self.job.get(job, job), break_code=code,
            )  # fmt: skip
            made.append(punch_id)
        return made

    def deliver(self) -> list[wire.LinesAnswer]:
        return [kiosk.deliver() for kiosk in self.kiosks.values()]

    def work_week(self, *who: str, job: str = "1042") -> None:
        """Monday to Friday, 08:00 to 16:30 with half an hour of break, delivered."""
        for day in range(5):
            for one in who:
                sheet = f"08:00 in {job}\n12:00 break_start\n12:30 break_end\n16:30 out"
                self.punch(one, sheet, on=MONDAY + timedelta(days=day))
        self.now = local("08:00", FRIDAY + timedelta(days=3))
        self.deliver()

    def approve(self, *who: str, through: date = FRIDAY) -> list[str]:
        with self.open() as session:
            return [
                approvals.approve(session, OFFICE, self.person[one], through, **self.by).id for one in who
            ]

    def rate(self, bill: str, *, from_on: date = date(2026, 1, 1), **scope: str) -> str:
        with self.open() as session:
            given = cards.RateIn(from_on, Decimal(bill), **scope)
            return cards.add_rate(session, OFFICE, given, **self.by).id


def furnish(engine: Engine) -> Gate:
    """Haven Steelworks: two sites, three people, a client with two jobs and a task, a job of its own."""
    gate = Gate(engine)
    by = gate.by
    with gate.open() as session:
        people.save_company(
            session, ADMIN,
            people.CompanyIn(
                "Haven Steelworks", "Dock Street 12", "24143", "Kiel", "DE", "DE123456789",
                "office@example.com", "DE89370400440532013000", zone=ZONE, period_days=7, period_from_on=MONDAY,
            ),
            now=gate.now,
        )  # fmt: skip
        for name in ("Gate", "Yard"):
            gate.site[name] = people.create_site(session, ADMIN, people.SiteIn(name, ZONE), **by).id
        for number, name in (("0417", "Ana Ortiz"), ("0418", "Bob Weiß"), ("0419", "محمد العربي")):
            short = {"0417": "ana", "0418": "bob", "0419": "mo"}[number]
            given = people.PersonIn(
                number, name, site_ids=(gate.site["Gate"],), payroll_number=f"P{number}",
                cost_rate=Decimal("31.50"),
            )  # fmt: skip
            gate.person[short] = people.create_person(session, ADMIN, given, **by).id
        nordlicht = jobs.CustomerIn(
            "NORD", "Nordlicht Yachten AG", "Am Hafen 3", "20457", "Hamburg", "DE", "DE987654321",
            tax_rate=Decimal(19),
        )  # fmt: skip
        gate.customer["NORD"] = jobs.create_customer(session, ADMIN, nordlicht, **by).id
        house = jobs.CustomerIn("HOUSE", "Ourselves", in_house=True)
        gate.customer["HOUSE"] = jobs.create_customer(session, ADMIN, house, **by).id
        for customer, code, name in (
            ("NORD", "1042", "Welding frames"), ("NORD", "1043", "Painting hull 7"), ("HOUSE", "0001", "Yard work"),
        ):  # fmt: skip
            made = jobs.create_job(session, ADMIN, jobs.JobIn(gate.customer[customer], code, name), **by)
            gate.job[code] = made.id
        coat = jobs.TaskIn(gate.job["1043"], "COAT", "Second coat")
        gate.task["COAT"] = jobs.create_task(session, ADMIN, coat, **by).id
        for number, (name, site) in enumerate((("Gate 1", "Gate"), ("Gate 2", "Gate"))):
            kiosk = Kiosk(
                gate, gate.site[site], name, Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32),
                f"epoch-{number}-0123456789",
            )  # fmt: skip
            gate.kiosks[name] = kiosk
            start = local("06:00")
            session.add(
                Device(
                    id=kiosk.id, site_id=kiosk.site_id, name=name, status="active", version=1,
                    public_key=b64encode(signing.public_bytes(kiosk.key)).decode(), enrolled_at=start, confirmed_at=start,
                )
            )  # fmt: skip
            kiosk.append("boot", start, boot_id=f"boot-{number}", software="test")
    return gate


def furnish_once(url: str) -> Gate:
    """A furnished company in an empty database, to be copied: `over` takes it to each copy."""
    engine = open_engine(url)
    try:
        return furnish(engine)
    finally:
        engine.dispose()


@contextmanager
def open_gate(url: str) -> Iterator[Gate]:
    """A furnished company in an empty database, for a single test."""
    engine = open_engine(url)
    try:
        yield furnish(engine)
    finally:
        engine.dispose()


@contextmanager
def over(furnished: Gate, url: str) -> Iterator[Gate]:
    """The same company in a copy of its database, with kiosks of its own."""
    engine = open_engine(url)
    gate = replace(furnished, engine=engine, ids=count(1000), kiosks={})
    for name, kiosk in furnished.kiosks.items():
        gate.kiosks[name] = replace(kiosk, gate=gate, lines=list(kiosk.lines), along={})
    try:
        yield gate
    finally:
        engine.dispose()
