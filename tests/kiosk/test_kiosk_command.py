"""`clockhouse kiosk` as a process of its own, driven as the demonstration drives it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from clockhouse_kiosk import demo_roster
from clockhouse_sync import wire
from clockhouse_sync.ledger import verify
from clockhouse_sync.outbox_reader import OutboxReader
from kiosk.house import ANA, BADGE, PIN, furnish, row, rows

ADA = row("person", ANA, number="1001", name="Ana Ortiz", short_name="Ana", language="en", administrator=True)
CLOCKHOUSE = Path(sys.executable).with_name("clockhouse")
pytestmark = pytest.mark.xdist_group("kiosk_process")


class Hands:
    """The control socket's other end."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw")

    def do(self, do, **more):
        self._file.write(json.dumps({"do": do, **more}) + "\n")
        self._file.flush()
        return json.loads(self._file.readline())

    def shows(self, screen, seconds=15):
        end = time.monotonic() + seconds
        while True:
            found = self.do("state")
            if found.get("screen") == screen:
                return found["view"]
            assert time.monotonic() < end, found

    def close(self):
        self._file.close()
        self._socket.close()


@contextmanager
def kiosk(tmp_path, *arguments, environment=None):
    control = tmp_path / "control"
    command = [CLOCKHOUSE, "kiosk", "--simulate", "--control", control, "--size", "800x480", *arguments]
    process = subprocess.Popen(
        command,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})},
        stderr=subprocess.PIPE,
    )
    hands = None
    try:
        end = time.monotonic() + 20
        while not control.exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.02)
        hands = Hands(control)
        yield process, hands
    finally:
        if hands is not None:
            hands.close()
        if process.poll() is None:
            process.terminate()
        process.wait(10)
        process.stderr.close()


def test_anybody_can_punch_without_a_server_or_a_reader(tmp_path):
    with kiosk(tmp_path, "--config", tmp_path / "none.toml") as (process, hands):
        hands.shows("idle")
        assert hands.do("tap", name="pin") == {"done": True}
        hands.shows("entry")
        hands.do("keys", text="1001")
        hands.do("tap", name="key-enter")
        hands.do("keys", text=demo_roster.PIN)
        hands.shows("jobs")
        hands.do("tap", name="primary")
        assert hands.shows("answer")["title"] == "Clocked in, Ana"
        picture = tmp_path / "answer.png"
        assert hands.do("screenshot", path=str(picture)) == {"done": True}
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert hands.do("tap", name="nothing there") == {"error": "nothing to tap: nothing there"}
        assert "error" in hands.do("dance")
        process.terminate()
        assert process.wait(10) == 0


def test_a_punch_that_was_called_recorded_survives_the_kill_that_follows(tmp_path):
    furnish(tmp_path, rows())
    config = tmp_path / "clockhouse.toml"
    config.write_text(f'state_dir = "{tmp_path}"\n')
    with kiosk(tmp_path, "--config", config) as (process, hands):
        hands.shows("idle")
        hands.do("badge", credential=BADGE[ANA])
        hands.shows("jobs")
        hands.do("tap", name="primary")
        hands.shows("answer")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    reader = OutboxReader(tmp_path / "outbox.db")
    stored = list(reader.stored())
    reader.close()
    assert verify(stored).ok
    assert wire.read_line(stored[-1].raw).employee_id == ANA


def made(path):
    """Which file this is, if it is there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns


def test_an_administrator_starts_the_screens_again_as_the_same_process(tmp_path):
    config, control = tmp_path / "clockhouse.toml", tmp_path / "control"
    config.write_text(f'state_dir = "{tmp_path}"\n')
    furnish(tmp_path, rows(extra=[ADA]))
    with kiosk(tmp_path, "--config", config) as (process, hands):
        hands.shows("idle")
        hands.do("badge", credential=BADGE[ANA])
        hands.shows("jobs")
        hands.do("tap", name="own")
        hands.shows("own")
        hands.do("tap", name="mode-administrator")
        hands.shows("entry")
        hands.do("keys", text=PIN)
        hands.shows("administer")
        hands.do("tap", name="section-restart")
        before = made(control)
        hands.do("tap", name="restart")
        end = time.monotonic() + 20
        while made(control) in {None, before}:
            assert time.monotonic() < end
            time.sleep(0.02)
        again = Hands(control)
        again.shows("idle")
        again.close()
        assert process.poll() is None
        reader = OutboxReader(tmp_path / "outbox.db")
        lines = [wire.read_line(line.raw) for line in reader.stored()]
        reader.close()
        assert [line.type for line in lines] == ["boot", "sighting", "access", "access", "boot"]
        assert lines[3].what == "mode_left"


def test_hands_are_for_simulated_kiosks_only(tmp_path):
    done = subprocess.run(
        [CLOCKHOUSE, "kiosk", "--control", tmp_path / "control"], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (2, "clockhouse kiosk: --control goes with --simulate only\n")


def test_settings_that_cannot_be_are_told_in_one_go(tmp_path):
    config = tmp_path / "clockhouse.toml"
    config.write_text("[kiosk]\npin_digit = 6\nfullscreen = 3\n")
    done = subprocess.run(
        [CLOCKHOUSE, "kiosk", "--config", config], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "clockhouse kiosk: kiosk.pin_digit: no such setting; did you mean pin_digits?",
        "clockhouse kiosk: kiosk.fullscreen: 3 must be true or false",
    ]


def test_a_window_without_a_display_is_one_clear_line():
    displays = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in displays}
    done = subprocess.run(
        [CLOCKHOUSE, "kiosk", "--simulate", "--windowed"],
        env=environment, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "clockhouse kiosk: there is no display here for a window\n")
