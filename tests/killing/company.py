"""The server's side: `clockhouse-server serve` on a database, the office behind it, and what is stored there."""

import contextlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests
from sqlalchemy import func, select

from clockhouse_server.db import open_engine, transaction
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import Alarm, LineRow, PunchRow
from killing.findings import Stored, StoredLine, StoredPunch
from killing.programs import BIN, Program, awaited, free_port, run

SCOPES = (
    "kiosks.read", "kiosks.write", "sites.write", "people.read", "people.write", "badges.write", "company.write",
)  # fmt: skip
ZONE = "Europe/Berlin"


class Company:
    """One site, its people and their badges. `folder` holds secrets and logs."""

    def __init__(self, folder: Path, database: str, people: int, planted: str = "") -> None:
        self._database = {
            "CLOCKHOUSE_DATABASE": database,
            "CLOCKHOUSE_SECRETS_FILE": f"{folder}/secrets.json",
        }
        self._engine = open_engine(database)
        self.port = free_port()
        serve = [BIN / "clockhouse-server", "serve", "--port", self.port]
        self.server = Program("server", "server", serve, folder / "server.log", self._database, planted)
        self._admin("create", "--email", "ada@example.com", "--name", "Ada", "--generate")
        scopes = [part for scope in SCOPES for part in ("--scope", scope)]
        self._token = self._admin("token", "--email", "ada@example.com", "--name", "test", *scopes).split()[
            -1
        ]
        self._people = [f"{number:04d}" for number in range(1, people + 1)]

    @property
    def badges(self) -> Sequence[str]:
        return [f"2A0000{number}" for number in self._people]

    def open(self) -> None:
        """Begin to serve, and furnish."""
        self.server.start()
        awaited("the server", self.is_open)
        self.site = self.api("POST", "sites", name="North", zone=ZONE)["id"]
        named = [f"{number},Person {number}" for number in self._people]
        self.api("POST", "people/import", text="\n".join(["number,name", *named]))
        held = [f"{number},{badge}" for number, badge in zip(self._people, self.badges, strict=True)]
        self.api("POST", "badges/import", text="\n".join(["number,badge", *held]))
        self.people = [each["id"] for each in self.api("GET", "people?limit=500")["items"]]

    def close(self) -> None:
        self.server.kill()
        self._engine.dispose()

    def is_open(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
        return False

    def api(self, method: str, path: str, *, text: str | None = None, **body) -> dict:
        given = {"json": body or None} if text is None else {"data": text.encode()}
        answer = requests.request(
            method, f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=20, **given,
            headers={"Authorization": f"Bearer {self._token}", "Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        assert answer.ok, answer.text
        return answer.json()

    def lines(self) -> int:
        """How many lines of terminals are stored."""
        with transaction(self._engine, read_only=True) as session:
            return session.scalar(select(func.sum(LineRow.seq - LineRow.first_seq + 1))) or 0

    def stored(self) -> Stored:
        with transaction(self._engine, read_only=True) as session:
            lines = [
                StoredLine((row.device_id, row.epoch, row.seq, row.hash), row.raw, row.outcome, row.chain)
                for row in runs.every(session)
            ]
            punches = [
                StoredPunch((row.device_id, row.epoch, row.seq, row.hash), row.punch_id)
                for row in session.scalars(select(PunchRow))
            ]
            alarms = [f"{row.device_id}: {row.code} {row.facts}" for row in session.scalars(select(Alarm))]
        return Stored(lines, punches, alarms)

    def verified(self) -> Mapping[str, object]:
        """What `clockhouse-server ledger verify` says."""
        done = run("clockhouse-server", "ledger", "verify", "--json", environment=self._database)
        assert done.returncode in {0, 1}, done.stderr
        return json.loads(done.stdout)

    def _admin(self, *words: str) -> str:
        done = run("clockhouse-server", "admin", *words, environment=self._database)
        assert done.returncode == 0, done.stderr
        return done.stdout
