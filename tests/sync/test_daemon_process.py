"""`clockhouse sync` as systemd runs it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clockhouse_sync import wire
from sync.counterpart import Counterpart
from sync.rig import Bench

COMMAND = str(Path(sys.executable).with_name("clockhouse"))


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    counterpart.pages["c1"] = wire.RosterAnswer(cursor="c1", rows=[])
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    """An enrolled device with three lines waiting, and no daemon."""
    device = Bench()
    device.enrol(server)
    device.punches(2)
    device.stop()
    (device.folder / "clockhouse.toml").write_text(f'state_dir = "{device.folder}"\n')
    yield device
    device.close()


def sync(bench, *words: str, **environment: str) -> subprocess.Popen:
    command = [COMMAND, "sync", "--config", str(bench.folder / "clockhouse.toml"), *words]
    return subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)


def test_once_delivers_everything_and_ends(bench, server):
    process = sync(bench, "--once")
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(server.held(bench.outbox.epoch)) == 3


def test_once_says_no_if_something_is_left_and_the_log_says_why(bench, server):
    server.close()
    process = sync(bench, "--once")
    _, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert log.splitlines() == [
        "INFO clockhouse.sync request.failed trouble=offline code=network",
    ]


def test_systemd_hears_when_it_is_ready_and_ends_it_cleanly(bench):
    folder = Path(tempfile.mkdtemp(prefix="clockhouse-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(30)
        process = sync(bench, NOTIFY_SOCKET=str(folder / "notify"))
        heard = [systemd.recv(100).decode() for _ in range(2)]
        assert heard == ["READY=1", "WATCHDOG=1"]
        assert bench.settings.socket.exists()
        second = sync(bench)
        assert "another sync daemon is running" in second.communicate(timeout=30)[1]
        assert second.returncode == 2
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        while (said := systemd.recv(100).decode()) == "WATCHDOG=1":
            pass
        assert said == "STOPPING=1"
    assert process.returncode == 0
    assert not bench.settings.socket.exists()
    shutil.rmtree(folder)


def test_wrong_settings_are_told_in_words(bench):
    (bench.folder / "clockhouse.toml").write_text('[sync]\nsever = "https://clock.example.com"\n')
    process = sync(bench, "--once")
    assert "did you mean server?" in process.communicate(timeout=30)[1]
    assert process.returncode == 2
