"""The daemon and the server as real processes: punches in a real outbox arrive once and only once."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from clockhouse_sync import clock, keys, ledger, link, outbox, signing, wire
from clockhouse_sync.roster import RosterReader

KIOSK = (str(Path(sys.executable).with_name("clockhouse")),)
SERVER = (str(Path(sys.executable).with_name("clockhouse-server")),)
SCOPES = (
    "kiosks.read", "kiosks.write", "sites.write", "people.read", "people.write", "punches.read", "company.write",
    "wall.write", "messages.write", "badges.write", "parked.read",
)  # fmt: skip


class Process:
    """A program of ours; its output is read as it comes."""

    def __init__(self, *command: str, environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        self.lines.extend(iter(self._process.stdout.readline, ""))

    def said(self, pattern: str) -> re.Match[str] | None:
        return re.search(pattern, "".join(self.lines))

    def end(self, how: int = signal.SIGTERM) -> int:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        code = self._process.wait(30)
        self._reading.join()
        self._process.stdout.close()
        return code


def awaited(look: Callable[[], object], seconds: float = 40.0) -> object:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


class Town:
    """One server, one device, and the office that looks after both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "device"
        self.state.mkdir()
        self.config = folder / "clockhouse.toml"
        self.config.write_text(
            f'state_dir = "{self.state}"\n[sync]\nheartbeat_seconds = 1\nroster_seconds = 1\n'
        )
        self.environment = {
            **os.environ,
            "CLOCKHOUSE_DATABASE": f"sqlite:///{folder}/server.db",
            "PYTHONWARNINGS": "",
        }
        self.processes: list[Process] = []
        self.port = "0"
        self.admin("create", "--email", "ada@example.com", "--name", "Ada", "--generate")
        scopes = [part for scope in SCOPES for part in ("--scope", scope)]
        self.token = self.admin("token", "--email", "ada@example.com", "--name", "test", *scopes).split()[-1]
        self.server = self.serve()

    def admin(self, *words: str) -> str:
        command = (*SERVER, "admin", *words)
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def start(self, *command: str) -> Process:
        process = Process(*command, environment=self.environment)
        self.processes.append(process)
        return process

    def serve(self) -> Process:
        server = self.start(*SERVER, "serve", "--port", self.port)
        said = awaited(lambda: server.said(r"Clockhouse is at (http://127\.0\.0\.1:(\d+))/"))
        self.url, self.port = said[1], said[2]
        awaited(self._answers)
        return server

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.port)), 1):
            return True
        return False

    def sync(self, *words: str) -> Process:
        return self.start(*KIOSK, "sync", "--config", str(self.config), *words)

    def told(self, *words: str) -> tuple[int, dict]:
        command = (*KIOSK, "outbox", *words, "--config", str(self.config), "--json")
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    def api(self, method: str, path: str, **body) -> dict:
        return self.write(method, path, **body).json()

    def write(self, method: str, path: str, **body) -> requests.Response:
        answer = requests.request(
            method, f"{self.url}/api/v1/{path}", json=body or None, timeout=20,
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        assert answer.ok, answer.text
        return answer

    def punches(self) -> list[dict]:
        return self.api("GET", "punches?limit=500")["items"]

    def furnish(self) -> None:
        self.site = self.api("POST", "sites", name="North", zone="Europe/Berlin")["id"]
        self.person = self.api("POST", "people", number="0042", name="Ana Petrović", site_ids=[self.site])[
            "id"
        ]

    def enrol(self) -> None:
        code = self.api("POST", "enroll-codes", site_id=self.site, name="Gate 2")["code"]
        joining = self.start(*KIOSK, "enroll", "--config", str(self.config), "--server", self.url, code)
        shown = awaited(lambda: joining.said(r"(?m)^ {4}(\w+(?: \w+){5})$"))
        (kiosk,) = self.api("GET", "kiosks")["items"]
        assert shown[1].split() == kiosk["words"]
        self.api("POST", f"kiosks/{kiosk['id']}/confirm")
        assert joining.wait() == 0
        self.device_id = kiosk["id"]

    def kiosk(self) -> outbox.Outbox:
        return outbox.open_outbox(
            self.state / "outbox.db", device_id=self.device_id, boot_id=clock.boot_id(), software="test",
            moment=self.moment(), new_id=lambda: str(uuid.uuid4()),
        )  # fmt: skip

    def moment(self) -> outbox.Moment:
        return outbox.Moment(
            at=datetime.now(UTC), zone="Europe/Berlin", utc_offset_minutes=60, site_id=self.site,
            boottime_ms=clock.boottime_ms(), clock=wire.ClockState(sync=True, error_ms=5),
        )  # fmt: skip

    def punch(self, kiosk: outbox.Outbox, count: int) -> list[str]:
        ids = [str(uuid.uuid4()) for _ in range(count)]
        for punch_id in ids:
            kiosk.append(
                "punch",
                self.moment(),
                {
                    "punch_id": punch_id, "employee_id": self.person, "kind": "in", "kind_from": "chosen",
                    "method": "pin",
                },
            )  # fmt: skip
        return ids

    def close(self) -> None:
        for process in self.processes:
            process.end(signal.SIGKILL)


@contextlib.contextmanager
def built():
    with tempfile.TemporaryDirectory(prefix="clockhouse-") as folder:
        made = Town(Path(folder))
        try:
            made.furnish()
            made.enrol()
            yield made
        finally:
            made.close()


@pytest.fixture(scope="module")
def town():
    with built() as made:
        yield made


def test_a_kiosk_that_was_enrolled_holds_its_roster(town):
    assert town.sync("--once").wait() == 0
    roster = RosterReader(town.state / "roster.db").load()
    assert roster.rows["person"][town.person].name == "Ana Petrović"
    assert roster.unreadable == 0
    assert signing.key_id(signing.public_bytes(keys.load_key(town.state / "device.key"))) == town.device_id


def test_punches_arrive_once_and_only_once_whoever_is_killed(town):
    daemon = town.sync()
    kiosk = town.kiosk()
    ids = town.punch(kiosk, 30)
    knocking = link.LinkClient(town.state / "sync.sock")
    awaited(lambda: knocking.send(link.Nudge()))
    knocking.close()
    awaited(lambda: len(town.punches()) >= 30)

    ids += town.punch(kiosk, 40)
    daemon.end(signal.SIGKILL)
    daemon = town.sync()
    ids += town.punch(kiosk, 40)
    town.server.end(signal.SIGKILL)
    ids += town.punch(kiosk, 40)
    kiosk.close()
    kiosk = town.kiosk()
    ids += town.punch(kiosk, 10)
    town.server = town.serve()
    awaited(lambda: town.told("status")[1]["waiting"] == 0)

    arrived = Counter(punch["punch_id"] for punch in town.punches())
    assert {punch_id: arrived[punch_id] for punch_id in ids} == dict.fromkeys(ids, 1)
    assert town.told("verify")[0] == 0
    kiosk.close()
    assert daemon.end() == 0


def test_news_from_the_office_reach_the_kiosk_and_parked_lines_are_shown(town):
    daemon = town.sync()
    person = town.api("POST", "people", number="0043", name="Bob", site_ids=[town.site])["id"]
    roster = RosterReader(town.state / "roster.db")
    awaited(lambda: person in roster.load().rows.get("person", {}))
    kiosk = town.kiosk()
    known, town.person = town.person, "nobody-we-know"
    town.punch(kiosk, 1)
    town.person = known
    awaited(lambda: town.told("status")[1]["parked"])
    (parked,) = town.told("status")[1]["parked"]
    assert parked["code"] == "unknown_employee"
    kiosk.close()
    assert daemon.end() == 0


def test_what_is_said_at_the_wall_reaches_the_office_and_comes_back(town):
    town.api("PUT", "company", name="Haven", zone="Europe/Berlin")
    boss = town.api("POST", "people", number="1", name="Sven Boss", site_ids=[town.site], supervisor=True)[
        "id"
    ]
    question = town.api("POST", f"sites/{town.site}/questions", text={"en": "Was it safe?"})["id"]
    town.api("PUT", f"sites/{town.site}/policy", shuffle_pad=True)
    town.api("POST", "messages", text="Boots are here.", person_id=town.person)
    daemon = town.sync()
    roster = RosterReader(town.state / "roster.db")
    awaited(lambda: "message" in roster.load().rows)
    rows = roster.load().rows
    assert rows["question"][question].text == {"en": "Was it safe?"}
    assert rows["policy"][town.site].shuffle_pad
    (message,) = rows["message"]

    kiosk, temp = town.kiosk(), "temp-0001"
    name, said = b'{"agency":"Quick","name":"Rosa"}', b"no"
    person = {"what": "person", "action": "given", "employee_id": temp, "actor_id": boss}
    beside = {"person": ledger.beside_hash(b"s" * 32, name)}
    kiosk.append("enrolment", town.moment(), {**person, "beside": beside}, [(b"s" * 32, name)])
    known, town.person = town.person, temp
    (punch_id,) = town.punch(kiosk, 1)
    town.person = known
    answer = {"punch_id": punch_id, "employee_id": temp, "question_id": question}
    beside = {"answer": ledger.beside_hash(b"t" * 32, said)}
    kiosk.append("answer", town.moment(), {**answer, "beside": beside}, [(b"t" * 32, said)])
    kiosk.append("message_read", town.moment(), {"message_id": message, "employee_id": known})
    kiosk.close()
    awaited(lambda: "message" not in roster.load().rows)
    awaited(lambda: temp in roster.load().rows["person"])
    assert (roster.load().rows["person"][temp].agency, roster.load().rows["state"][temp].kind) == (
        "Quick",
        "in",
    )
    assert punch_id in {punch["punch_id"] for punch in town.punches()}
    assert daemon.end() == 0


def test_a_revoked_kiosk_still_hands_over_everything():
    with built() as town:
        town.api("POST", f"kiosks/{town.device_id}/revoke", reason="moved")
        kiosk = town.kiosk()
        town.punch(kiosk, 3)
        kiosk.close()
        daemon = town.sync()
        awaited(lambda: town.told("status")[1]["waiting"] == 0)
        parked = [line["code"] for line in town.told("status")[1]["parked"]]
        assert parked.count("revoked_key") >= 3
        assert town.punches() == []
        assert daemon.end() == 0


def test_a_stolen_kiosk_hands_over_everything_and_forgets_all_else():
    with built() as town:
        town.sync("--once").wait()
        kiosk = town.kiosk()
        town.punch(kiosk, 3)
        town.api("POST", f"kiosks/{town.device_id}/wipe", kind="stolen", reason="gone from the gate")
        daemon = town.sync()
        awaited(lambda: (town.api("GET", f"kiosks/{town.device_id}/wipe") or {}).get("kept") == 0)
        awaited(lambda: not (town.state / "device.key").exists())
        kiosk.close()
        assert daemon.end() == 0
        assert town.api("GET", f"kiosks/{town.device_id}/wipe")["delivered"] >= 3
        roster = RosterReader(town.state / "roster.db")
        assert (roster.cursor(), roster.pepper(1), dict(roster.load().rows)) == ("", None, {})
        assert "Petrović".encode() not in (town.state / "roster.db").read_bytes()
        assert town.told("verify")[1]["ok"]
