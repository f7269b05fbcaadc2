"""One terminal: its stores, its daemon, its bad network, and either the real screens or a writer without any."""

import contextlib
import json
import random
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from clockhouse_sync.link import LinkClient, Nudge, Pull
from clockhouse_sync.outbox_reader import look_into
from killing.company import ZONE, Company
from killing.findings import Place
from killing.hands import Hands
from killing.network import BadNetwork
from killing.programs import BIN, Program, awaited, run

WRITER = Path(__file__).with_name("writer.py")
CONFIG = """state_dir = "{folder}"
[sync]
name = "{name}"
server = "http://127.0.0.1:{port}"
roster_seconds = 2
heartbeat_seconds = 2
"""


class Terminal:
    """`clockhouse sync` always; `clockhouse kiosk` with hands before it, or a writer that punches every `pace` seconds.

    `planted` gives a program of a kind a fault to start with.
    """

    def __init__(
        self, folder: Path, name: str, company: Company, chance: random.Random, *,
        pace: float | None, planted: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        self.network = BadNetwork(company.port, chance)
        self.hands = (
            None
            if pace is not None
            else Hands(self.folder / "control", company.badges, random.Random(chance.random()))
        )
        self.programs: list[Program] = []
        self._company, self._pace, self._planted = company, pace, planted
        self._config = self.folder / "clockhouse.toml"
        self._config.write_text(CONFIG.format(folder=self.folder, name=name, port=self.network.port))

    def _program(self, kind: str, *script: object, **environment: str) -> None:
        log, planted = self.folder / f"{kind}.log", self._planted.get(kind, "")
        self.programs.append(Program(kind, f"{self.name}'s {kind}", script, log, environment, planted))
        self.programs[-1].start()

    def join(self) -> None:
        """Enrol as anybody does, with the words compared; then start, and have the roster."""
        code = self._company.api("POST", "enroll-codes", site_id=self._company.site, name=self.name)["code"]
        enroll = [
            BIN / "clockhouse",
            "enroll",
            "--config",
            self._config,
            "--server",
            f"http://127.0.0.1:{self.network.port}",
            code,
        ]
        with subprocess.Popen(enroll, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as joining:
            try:
                kiosk = awaited("a terminal that wants to join", self._pending)
                self._company.api("POST", f"kiosks/{kiosk['id']}/confirm")
                shown, _ = joining.communicate(timeout=30)
            finally:
                joining.kill()
        assert joining.returncode == 0, shown
        assert re.search(r"(?m)^ {4}(\w+(?: \w+){5})$", shown)[1].split() == kiosk["words"]
        config = ("--config", self._config)
        self._program("daemon", BIN / "clockhouse", "sync", *config)
        if self._pace is None:
            shape = ("--simulate", "--windowed", "--size", "800x480", "--control", self.folder / "control")
            software = {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
            self._program("kiosk", BIN / "clockhouse", "kiosk", *config, *shape, **software)
        else:
            words = (self.folder, kiosk["id"], self._company.site, ZONE, self._pace, self.folder / "said")
            self._program("writer", WRITER, *words, *self._company.people)

    def _pending(self) -> dict | None:
        kiosks = self._company.api("GET", "kiosks")["items"]
        return next((each for each in kiosks if each["name"] == self.name), None)

    def close(self) -> None:
        for program in self.programs:
            program.kill()
        self.network.close()

    @property
    def interrupted(self) -> int:
        """How often a kiosk died while somebody stood there."""
        return 0 if self.hands is None else self.hands.interrupted

    @property
    def recorded(self) -> list[str]:
        """Punch ids, in the order in which they were called recorded."""
        if self.hands is not None:
            return [*self.hands.recorded]
        said = self.folder / "said"
        return said.read_text().splitlines() if said.exists() else []

    def kept(self) -> dict[Place, bytes]:
        """Every line in the outbox."""
        reader = look_into(self.folder / "outbox.db")
        if reader is None:
            return {}
        with contextlib.closing(reader):
            return {
                (line.device_id, line.epoch, line.seq, line.hash): line.raw or b"" for line in reader.stored()
            }

    def ask_again(self) -> None:
        """Somebody who asks need not wait until the daemon thinks that it is worth another try."""
        asking = LinkClient(self.folder / "sync.sock")
        with contextlib.closing(asking):
            awaited(f"the daemon of {self.name}", lambda: asking.send(Pull()) and asking.send(Nudge()))

    def waiting(self) -> int:
        """What `clockhouse outbox status` says is not delivered yet."""
        return self._told("status")["waiting"]

    def complaints(self) -> Iterator[str]:
        """What the terminal itself says is wrong: its own check of its chain, and its logs."""
        verified = self._told("verify")
        if not verified["ok"]:
            yield f"outbox verify of {self.name}: {verified}"
        for program in self.programs:
            for line in program.said().splitlines():
                if re.match(r"ERROR|CRITICAL|Traceback|.*[Ff]atal", line):
                    yield f"{program.name}: {line}"

    def _told(self, action: str) -> dict:
        done = run("clockhouse", "outbox", action, "--config", self._config, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)
