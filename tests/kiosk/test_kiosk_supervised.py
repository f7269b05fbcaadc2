"""`clockhouse kiosk` as systemd sees it: ready with the first frame, alive while it draws, soon back after a crash."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tty
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clockhouse_kiosk.app import now, system_clocks
from clockhouse_kiosk.app.front import open_front
from clockhouse_kiosk.app.heartbeat import heartbeat
from clockhouse_kiosk.app.window import open_window
from clockhouse_kiosk.settings import Settings
from clockhouse_sync import wire
from clockhouse_sync.ledger import verify
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.store import StoreError
from kiosk.house import ANA, BADGE, BERND, furnish, rows
from kiosk.wallrig import Wall, wall

UNIT = Path(__file__).parents[2] / "systemd" / "clockhouse-kiosk.service"
BACK_WITHIN = 3.0
MINUTE = timedelta(minutes=1)
WATCHED = {"WATCHDOG_USEC": "400000"}  # so a beat is due every 100 ms
# A signal's handler runs in the main thread, and this one keeps it there.
HANGS = "import signal, time; signal.signal(signal.SIGUSR1, lambda *_: time.sleep(60)); "
# Told to end as soon as it can be told at all.
HURRIED = (
    "import os, signal; real = signal.signal; "
    "signal.signal = lambda *given: (real(*given), os.kill(os.getpid(), given[0])); "
)
pytestmark = pytest.mark.xdist_group("kiosk_process")


class Systemd:
    """The socket that a service of type notify speaks to."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def hears(self, seconds=20.0):
        """What is said next, or None."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(200).decode()
        except TimeoutError:
            return None

    def close(self):
        self._socket.close()


@pytest.fixture
def systemd(tmp_path):
    ears = Systemd(tmp_path / "notify")
    yield ears
    ears.close()


@pytest.fixture
def house(tmp_path):
    """A kiosk that has joined, with a serial reader on a pseudo-terminal; gives the reader's end."""
    furnish(tmp_path, rows())
    here, there = os.openpty()
    tty.setraw(here)
    (tmp_path / "clockhouse.toml").write_text(
        f'state_dir = "{tmp_path}"\n[[reader]]\nkind = "serial"\nport = "{os.ttyname(there)}"\n'
    )
    yield here
    os.close(here)
    os.close(there)


@contextmanager
def kiosk(tmp_path, systemd, before="", **environment):
    main = f"{before}from clockhouse_kiosk.cli import main; raise SystemExit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", main, "kiosk", "--config", tmp_path / "clockhouse.toml", "--size", "800x480"],
        env={**os.environ, "NOTIFY_SOCKET": str(systemd.path), **environment},
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stderr.close()


def hold(reader, badge):
    check = 0
    for byte in bytes.fromhex(badge):
        check ^= byte
    os.write(reader, b"\x02" + badge.encode() + f"{check:02X}".encode() + b"\x03")


def lines(tmp_path):
    """What is on the disk; nothing before the outbox was begun."""
    try:
        with closing(OutboxReader(tmp_path / "outbox.db")) as reader:
            stored = list(reader.stored())
    except StoreError:
        return []
    assert verify(stored).ok
    return [wire.read_line(each.raw) for each in stored]


def punched(tmp_path):
    return [line.employee_id for line in lines(tmp_path) if line.type == "punch"]


def until(happens):
    end = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def ends(process):
    process.terminate()
    return process.wait(10)


def test_badges_held_at_the_very_first_frame_are_recorded(tmp_path, systemd, house):
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        hold(house, BADGE[ANA])
        hold(house, BADGE[BERND])
        until(lambda: ANA in punched(tmp_path))
        assert ends(process) == 0
    assert punched(tmp_path) == [ANA, BERND]


def test_a_kiosk_that_has_not_joined_is_ready_too(tmp_path, systemd):
    (tmp_path / "clockhouse.toml").write_text(f'state_dir = "{tmp_path}"\n')
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        assert systemd.hears(0.5) is None  # nobody watches, so nothing is fed
        assert ends(process) == 0


def test_a_kiosk_that_is_told_to_end_while_it_starts_ends(tmp_path, systemd, house):
    with kiosk(tmp_path, systemd, HURRIED) as process:
        assert process.wait(20) == 0
        assert systemd.hears() == "READY=1"
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        assert ends(process) == 0


def test_a_screen_that_hangs_is_fed_no_longer(tmp_path, systemd, house):
    with kiosk(tmp_path, systemd, HANGS, **WATCHED) as process:
        assert systemd.hears() == "READY=1"
        assert [systemd.hears(5) for _ in range(8)] == ["WATCHDOG=1"] * 8
        process.send_signal(signal.SIGUSR1)
        fed_until = time.monotonic() + 0.4
        while time.monotonic() < fed_until:
            systemd.hears(0.05)
        assert systemd.hears(1.0) is None
        process.send_signal(signal.SIGABRT)  # as systemd does then
        assert process.wait(2) == -signal.SIGABRT
        assert b"Fatal Python error: Aborted" in process.stderr.read()


def test_after_a_crash_the_same_idle_page_is_back_at_once(tmp_path, systemd, house):
    (pause,) = re.findall(r"^RestartSec=(\d+)ms$", UNIT.read_text("utf-8"), re.MULTILINE)
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        hold(house, BADGE[ANA])
        hold(house, BADGE[BERND])  # which records Ana
        until(lambda: ANA in punched(tmp_path))
        process.kill()
        process.wait(10)
        crashed = time.monotonic()
    time.sleep(int(pause) / 1000)
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        assert time.monotonic() - crashed <= BACK_WITHIN
        hold(house, BADGE[BERND])
        until(lambda: len({line.epoch for line in lines(tmp_path)}) == 2)
        time.sleep(0.2)  # he stands there when the kiosk is told to stop
        assert ends(process) == 0
    assert punched(tmp_path) == [ANA, BERND]
    assert len({line.epoch for line in lines(tmp_path)}) == 2


def test_whoever_stands_there_and_who_waits_when_the_power_goes_is_recorded_by_the_next_start(
    tmp_path, systemd, house
):
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        hold(house, BADGE[ANA])
        hold(house, BADGE[BERND])  # which records Ana, and greets him
        until(lambda: ANA in punched(tmp_path) and len(kept(tmp_path)) == 1)
        process.kill()
        process.wait(10)
    assert punched(tmp_path) == [ANA]
    (reading,) = kept(tmp_path)
    with kiosk(tmp_path, systemd) as process:
        assert systemd.hears() == "READY=1"
        until(lambda: punched(tmp_path) == [ANA, BERND])
        assert ends(process) == 0
    found = [line for line in lines(tmp_path) if line.type == "punch"]
    assert [line.kind_from for line in found] == ["unconfirmed", "unconfirmed"]
    assert str(wire.milliseconds(wire.parse_instant(found[1].at))) == reading.split()[0]
    assert kept(tmp_path) == []


def kept(tmp_path):
    """The readings that wait on the disk for their lines."""
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as connection:
        return [reading for (reading,) in connection.execute("SELECT reading FROM unwritten")]


@pytest.mark.usefixtures("qapp")
def test_frames_are_reported_as_long_as_they_are_drawn_or_the_screen_is_off(tmp_path, systemd, monkeypatch):
    furnish(tmp_path, rows())
    monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    with wall(tmp_path) as rig, heartbeat(rig.window.quick):
        rig.shows("idle")
        drawn = []
        rig.window.quick.frameSwapped.connect(lambda: drawn.append(1))
        rig.until(lambda: len(drawn) >= 5)
        assert systemd.hears(1) == "WATCHDOG=1"
        rig.window.quick.hide()
        while systemd.hears(0.01) is not None:
            pass
        rig.until(lambda: systemd.hears(0.01) == "WATCHDOG=1")
    assert systemd.hears(0.2) in {"WATCHDOG=1", None}
    while systemd.hears(0.01) is not None:
        pass
    assert systemd.hears(0.2) is None


@pytest.mark.usefixtures("qapp")
def test_whoever_touches_the_first_page_is_served_once_the_stores_are_open(tmp_path):
    furnish(tmp_path, rows())
    with (
        open_front(Settings(state_dir=tmp_path), now) as front,
        open_window(front, system_clocks()) as window,
    ):
        window.show((800, 480))
        assert window.bridge.showing[0]["screen"] == "idle"
        assert window.bridge.session is None
        window.bridge.tap("number")
        rig = Wall(window, None, tmp_path, None)
        rig.shows("entry", entry="number")


@pytest.mark.usefixtures("qapp")
def test_the_first_page_is_the_sites_own_before_any_store_is_open(tmp_path):
    furnish(tmp_path, rows(zone="Pacific/Kiritimati", hour_cycle=12))
    local = datetime.now(ZoneInfo("Pacific/Kiritimati"))
    with open_front(Settings(state_dir=tmp_path, language="de"), now) as front:
        front.show((800, 480))
        front.paint()
        shown = front.quick.property("view")
        assert shown["clock"] in {f"{(at.hour - 1) % 12 + 1}:{at:%M}" for at in (local, local + MINUTE)}
        assert (shown["screen"], shown["language"], shown["language_name"]) == ("idle", "de", "Deutsch")
    (tmp_path / "roster.db").write_bytes(b"no roster at all")
    with open_front(Settings(state_dir=tmp_path), now) as front:
        assert front.quick.property("view")["screen"] == "starting"
