"""What the kiosk's benchmarks share: warm processes of their own, a reader on a pseudo-terminal, rosters of any size."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clockhouse_sync import wire
from clockhouse_sync.link import LinkServer, Nudge
from clockhouse_sync.roster import RosterStore

PATIENCE = 30.0
SIZE = "1280x800"
THEN = "2026-01-05T15:00:00.000Z"


def environment(caches: Path) -> dict[str, str]:
    """No screen, the software renderer, and caches of Python's and QML's own that the first start fills."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_QUICK_BACKEND": "software",
        "PYTHONPYCACHEPREFIX": str(caches / "python"),
        "XDG_CACHE_HOME": str(caches / "xdg"),
    }


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def turn() -> None:
    """One turn of Qt's event loop, as `exec` makes it: also what is to be deleted goes."""
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def person_of(number: int) -> str:
    return f"0190aaaa00007000800000000{number:07d}"


def badge_of(person: int) -> str:
    return f"2A{person:08X}"


def frame(badge: str) -> bytes:
    """The bytes that a reader of 125 kHz cards sends for a badge."""
    check = 0
    for byte in bytes.fromhex(badge):
        check ^= byte
    return b"\x02" + badge.encode() + f"{check:02X}".encode() + b"\x03"


def row(of: str, row_id: str, version: int = 1, **body: Any) -> wire.RosterRow:
    return wire.RosterRow(type=of, id=row_id, version=version, body=body)


def furnish(folder: Path, people: int, jobs: int) -> Path:
    """A state directory that has joined: people with badge, PIN, state and hours; jobs of three tasks each."""
    folder.mkdir(parents=True, exist_ok=True)
    today = datetime.now(UTC).date().isoformat()
    rows = [
        row("device", "kiosk", name="Gate 2", site_id="site"),
        row("site", "site", name="North Yard", zone="Europe/Berlin", general_job_id="job-0"),
        row("site_jobs", "site", on=today, job_ids=[f"job-{each}" for each in range(min(jobs, 12))]),
        *(row("customer", f"customer-{each}", name=f"Customer {each} Ltd") for each in range(40)),
    ]
    for each in range(people):
        who = person_of(each)
        rows += [
            row(
                "person", who, number=f"{each:05d}", name=f"First{each} Last{each}", short_name=f"First{each}"
            ),
            row("credential", f"badge-{each}", person_id=who, kind="badge", value=badge_of(each)),
            row(
                "pin", who, salt="A" * 24, hash="B" * 44, memory_kib=1024, passes=1, lanes=1, pepper_version=1
            ),
            row(
                "state",
                who,
                kind="out",
                at=THEN,
                as_of=THEN,
                job_id="job-1",
                task_id="task-1-0",
                punch_id=who,
            ),
            row("hours", who, week_seconds=28_800, last_week_seconds=144_000, as_of=THEN),
        ]
    for each in range(jobs):
        customer = f"customer-{each % 40}"
        rows.append(
            row("job", f"job-{each}", code=f"{each:05d}", name=f"Halle Größe {each}", customer_id=customer)
        )
        for number, task in enumerate(("Welding", "Montage", "Prüfung")):
            rows.append(
                row("task", f"task-{each}-{number}", job_id=f"job-{each}", code=str(number), name=task)
            )
    store = RosterStore(folder / "roster.db")
    store.apply(rows, since="", cursor="1")
    store.close()
    return folder


class Started:
    """A real `clockhouse kiosk`, watched from outside as systemd and the daemon do it."""

    def __init__(self, state: Path, env: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        here = Path(self._folder.name)
        self._reader, other = os.openpty()
        tty.setraw(self._reader)
        config = here / "clockhouse.toml"
        config.write_text(
            f'state_dir = "{state}"\nsocket = "{here}/sync.sock"\n'
            f'[[reader]]\nkind = "serial"\nport = "{os.ttyname(other)}"\nprotocol = "rdm6300"\n'
        )
        self.daemon = LinkServer(here / "sync.sock", allowed_uids={os.getuid()})
        systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        systemd.bind(str(here / "notify"))
        systemd.settimeout(PATIENCE)
        command = [
            sys.executable,
            "-m",
            "clockhouse_kiosk.cli",
            "kiosk",
            "--config",
            str(config),
            "--size",
            SIZE,
        ]
        self._start = time.perf_counter()
        self.process = subprocess.Popen(
            command, env={**env, "NOTIFY_SOCKET": str(here / "notify")}, stderr=subprocess.PIPE
        )
        said = systemd.recv(100)
        self.frame_ms = self.passed()
        systemd.close()
        os.close(other)
        if said != b"READY=1":
            raise RuntimeError(f"the kiosk said {said!r} first")

    def passed(self) -> float:
        """Milliseconds since the start."""
        return (time.perf_counter() - self._start) * 1000

    def hold(self, person: int) -> None:
        """Somebody's badge at the reader."""
        os.write(self._reader, frame(badge_of(person)))

    def lines(self, count: int) -> None:
        """Wait for so many lines on the disk, of which the kiosk tells the daemon."""
        end = time.monotonic() + PATIENCE
        seen = 0
        while seen < count:
            self.daemon.accept()
            seen += sum(isinstance(each, Nudge) for each in self.daemon.receive())
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("the kiosk wrote nothing")
            time.sleep(0.0005)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.daemon.close()
        os.close(self._reader)
        self._folder.cleanup()


@contextmanager
def started(state: Path, env: dict[str, str]) -> Iterator[Started]:
    kiosk = Started(state, env)
    try:
        yield kiosk
    finally:
        kiosk.close()
