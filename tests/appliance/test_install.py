"""Installing lays everything out, twice is the same as once, and uninstalling loses no punch."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clockhouse_kiosk import settings as kiosk_settings
from clockhouse_server import settings as server_settings
from clockhouse_sync import settings as sync_settings
from clockhouse_sync.outbox import Moment, open_outbox

CHECKOUT = Path(__file__).parents[2]
ENVIRONMENT = Path(sys.prefix)

pytestmark = pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd here")


class Machine:
    """A folder that stands for a machine's root, and the installer working on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "var/lib/clockhouse"
        self.settings = root / "etc/clockhouse/clockhouse.toml"
        self.units = root / "etc/systemd/system"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [CHECKOUT / "deploy/install.sh", "--root", self.root, *arguments]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CLOCKHOUSE_")
        }
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, check=False
        )

    def install(self, role: str = "kiosk,server", *arguments: str) -> str:
        done = self.run("--role", role, "--environment", str(ENVIRONMENT), *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def record(self) -> Path:
        """A punch's worth of lines that no server has."""
        moment = Moment(at=datetime.now(UTC))
        outbox = open_outbox(
            self.state / "outbox.db",
            device_id="a" * 26,
            boot_id="b" * 8,
            software="test",
            moment=moment,
            new_id=lambda: os.urandom(8).hex(),
        )
        outbox.close()
        return self.state / "outbox.db"

    def files(self) -> set[str]:
        found = [path for path in self.root.rglob("*") if path.is_file() or path.is_symlink()]
        return {str(path.relative_to(self.root)) for path in found}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_both_roles_are_laid_out(machine: Machine) -> None:
    machine.install()
    assert machine.files() >= {
        "etc/clockhouse/clockhouse.toml",
        "etc/clockhouse/server.toml",
        "etc/systemd/system/multi-user.target.wants/clockhouse-kiosk.service",
        "etc/systemd/system/multi-user.target.wants/clockhouse-sync.service",
        "etc/systemd/system/multi-user.target.wants/clockhouse-server.service",
        "etc/systemd/system/timers.target.wants/clockhouse-backup.timer",
        "opt/clockhouse/current",
        "usr/local/bin/clockhouse",
        "usr/local/bin/clockhouse-server",
    }
    users = (machine.root / "etc/passwd").read_text("utf-8")
    assert re.search(r"^clockhouse:.*:/var/lib/clockhouse:", users, re.MULTILINE)
    assert re.search(r"^clockhouse-server:.*:/var/lib/clockhouse-server:", users, re.MULTILINE)


def test_state_is_readable_by_its_user_alone(machine: Machine) -> None:
    machine.install()
    for folder in ("var/lib/clockhouse", "var/lib/clockhouse-server", "var/backups/clockhouse"):
        assert (machine.root / folder).stat().st_mode & 0o777 == 0o700


def test_a_terminal_gets_no_server_and_a_server_no_terminal(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    machine.install("kiosk")
    assert not [name for name in machine.files() if "server" in name or "backup" in name]
    other = Machine(tmp_path_factory.mktemp("server"))
    other.install("server")
    assert not [name for name in other.files() if "kiosk" in name or "sync" in name]


def test_twice_is_the_same_as_once_and_settings_stay(machine: Machine) -> None:
    machine.install()
    machine.settings.write_text('state_dir = "/srv/punches"\n', "utf-8")
    before = {
        name: (machine.root / name).lstat().st_mtime_ns for name in machine.files() if "log" not in name
    }
    assert "nothing had to change" in machine.install()
    after = {name: (machine.root / name).lstat().st_mtime_ns for name in machine.files() if "log" not in name}
    same = {name for name in before if before[name] == after.get(name)}
    assert machine.settings.read_text("utf-8") == 'state_dir = "/srv/punches"\n'
    assert {
        name for name in before if name.startswith(("etc/clockhouse", "etc/systemd/system/clockhouse"))
    } <= same


def test_an_update_says_what_the_server_does_not_have_yet_and_keeps_it(machine: Machine) -> None:
    machine.install("kiosk")
    assert "not delivered" not in machine.install("kiosk")
    outbox = machine.record()
    before = outbox.read_bytes()
    assert "1 lines are not delivered yet; they stay" in machine.install("kiosk")
    assert before == outbox.read_bytes()


def test_the_framebuffer_variant_is_put_in_place_and_taken_back(machine: Machine) -> None:
    variant = machine.units / "clockhouse-kiosk.service.d/linuxfb.conf"
    machine.install("kiosk", "--display", "linuxfb")
    assert variant.exists()
    machine.install("kiosk", "--display", "wayland")
    assert not variant.exists()


def test_the_settings_that_are_written_are_understood_by_every_program(machine: Machine) -> None:
    machine.install()
    assert kiosk_settings.load(machine.settings, {}).state_dir == Path("/var/lib/clockhouse")
    assert sync_settings.load_settings(machine.settings, {}).state_dir == Path("/var/lib/clockhouse")
    text = (machine.root / "etc/clockhouse/server.toml").read_text("utf-8")
    assert server_settings.read(text, {}, {}).database == "sqlite:////var/lib/clockhouse-server/server.db"


def test_the_examples_in_the_settings_are_right_too(machine: Machine, tmp_path: Path) -> None:
    machine.install("kiosk")
    text = machine.settings.read_text("utf-8")
    example = re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", text, flags=re.MULTILINE).replace(
        "/etc/clockhouse/ca.pem", str(machine.settings)
    )
    path = tmp_path / "example.toml"
    path.write_text(example, "utf-8")
    readers = kiosk_settings.load(path, {}).readers
    assert [(reader.kind, reader.protocol, reader.form) for reader in readers] == [
        ("serial", "rdm6300", ""),
        ("hid", "rdm6300", "8H10D"),
    ]
    assert sync_settings.load_settings(path, {}).ca_file == machine.settings


def test_uninstalling_keeps_settings_and_data(machine: Machine) -> None:
    machine.install()
    done = machine.run("--uninstall")
    assert done.returncode == 0, done.stderr
    left = {name for name in machine.files() if "clockhouse" in name and "log" not in name}
    assert left == {"etc/clockhouse/clockhouse.toml", "etc/clockhouse/server.toml"}
    assert machine.state.is_dir()


def test_undelivered_punches_stop_an_uninstall(machine: Machine) -> None:
    machine.install()
    machine.record()
    before = machine.files()
    done = machine.run("--uninstall", "--purge")
    assert done.returncode == 1
    assert "1 lines are not delivered" in done.stderr
    assert "--export" in done.stderr
    assert before <= machine.files()


def test_an_export_that_verifies_lets_an_uninstall_go_on(machine: Machine, tmp_path: Path) -> None:
    machine.install()
    outbox = machine.record()
    export = tmp_path / "punches.jsonl"
    done = machine.run("--uninstall", "--export", str(export))
    assert done.returncode == 0, done.stderr
    assert outbox.exists()
    assert not (machine.root / "opt/clockhouse").exists()
    verify = [ENVIRONMENT / "bin/clockhouse", "outbox", "verify", export, "--config", machine.settings]
    assert subprocess.run(verify, capture_output=True, timeout=60, check=False).returncode == 0


def test_an_export_that_cannot_be_written_stops_an_uninstall(machine: Machine) -> None:
    machine.install()
    machine.record()
    done = machine.run("--uninstall", "--purge", "--export", str(machine.root / "none/punches.jsonl"))
    assert done.returncode == 1
    assert (machine.root / "opt/clockhouse/current").exists()


def test_purging_removes_a_terminals_store_only_after_its_export(machine: Machine, tmp_path: Path) -> None:
    machine.install()
    machine.record()
    done = machine.run("--uninstall", "--purge", "--export", str(tmp_path / "punches.jsonl"))
    assert done.returncode == 0, done.stderr
    assert not machine.state.exists()
    assert (machine.root / "var/lib/clockhouse-server").is_dir(), "a server's data is never removed"


def test_a_store_that_was_set_aside_survives_a_purge(machine: Machine) -> None:
    machine.install()
    aside = machine.state / "outbox.db.aside-2026-11-23"
    aside.write_bytes(b"not a database any more")
    assert machine.run("--uninstall", "--purge").returncode == 0
    assert aside.exists()


def test_an_outbox_that_cannot_be_read_stops_an_uninstall(machine: Machine) -> None:
    machine.install()
    outbox = machine.record()
    outbox.write_bytes(b"SQLite format 3\0" + bytes(4000))
    done = machine.run("--uninstall", "--purge")
    assert done.returncode == 1
    assert "nothing was taken away" in done.stderr
    assert outbox.exists()


def test_punches_without_the_programs_that_read_them_stop_an_uninstall(machine: Machine) -> None:
    machine.install()
    outbox = machine.record()
    (machine.root / "opt/clockhouse/current").unlink()
    assert machine.run("--uninstall", "--purge").returncode == 2
    assert outbox.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--role"),
        (["--role", "kisok"], "kisok"),
        (["--role"], "--role"),
        (["--role", "kiosk", "--display", "x11"], "x11"),
        (["--role", "kiosk", "--environment", "/nowhere"], "/nowhere"),
        (["--frobnicate"], "--help"),
    ],
)
def test_bad_usage_is_one_line_that_names_the_option(
    machine: Machine, arguments: list[str], named: str
) -> None:
    done = machine.run(*arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
