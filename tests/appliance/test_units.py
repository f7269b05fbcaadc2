"""The units are valid, confined, and start programs that exist."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SYSTEMD = CHECKOUT / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))
PROGRAMS = "/opt/clockhouse/current/bin/"

# It wants /run/systemd, which only root can make where systemd does not run.
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or not (os.geteuid() == 0 or Path("/run/systemd").is_dir()),
    reason="no systemd-analyze that works here",
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they would be installed, with programs that exist on this machine."""
    folder = tmp_path / "units"
    shutil.copytree(SYSTEMD, folder)
    for path in [*folder.glob("*.service"), *folder.glob("*.service.d/*.conf")]:
        text = (
            path.read_text("utf-8")
            .replace(PROGRAMS, "/bin/")
            .replace("/bin/clockhouse-server ", "/bin/true ")
        )
        path.write_text(
            text.replace("/bin/clockhouse ", "/bin/true ").replace("/usr/bin/cage ", "/bin/true "), "utf-8"
        )
    return folder


def without_linuxfb(units: Path) -> Path:
    shutil.rmtree(units / "clockhouse-kiosk.service.d")
    return units


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def verify(unit: Path) -> str:
    """All that systemd has to say against a unit; an unknown key is only a warning there, never here."""
    done = analyze("verify", "--man=no", str(unit))
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def exposure(unit: Path) -> subprocess.CompletedProcess[str]:
    # Tenths: 9.6 is a service without any protection.
    return analyze("security", "--offline=true", "--threshold=20", str(unit))


@needs_systemd
@pytest.mark.parametrize("name", [*UNITS, "clockhouse-backup.timer"])
def test_systemd_has_nothing_against_a_unit(units: Path, name: str) -> None:
    assert verify(without_linuxfb(units) / name) == ""


@needs_systemd
def test_systemd_has_nothing_against_the_framebuffer_variant(units: Path) -> None:
    assert verify(units / "clockhouse-kiosk.service") == ""


@needs_systemd
def test_a_misspelt_key_is_noticed(units: Path) -> None:
    unit = units / "clockhouse-sync.service"
    unit.write_text(unit.read_text("utf-8").replace("NoNewPrivileges=", "NoNewPriviledges="), "utf-8")
    assert "NoNewPriviledges" in verify(unit)


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_a_service_is_confined(units: Path, name: str) -> None:
    done = exposure(without_linuxfb(units) / name)
    assert done.returncode == 0, done.stdout[-400:]


@needs_systemd
def test_a_service_without_confinement_is_noticed(units: Path) -> None:
    unit = units / "clockhouse-sync.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n", "utf-8")
    assert exposure(unit).returncode != 0


@pytest.mark.parametrize("name", ["clockhouse-kiosk.service", "clockhouse-sync.service"])
def test_a_service_that_writes_lines_may_ask_the_kernel_for_its_clock(name: str) -> None:
    text = (SYSTEMD / name).read_text("utf-8")
    filters = re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)
    assert filters[-1] == "adjtimex clock_adjtime"  # after ~@privileged, which holds both
    assert "ProtectClock=" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE)


def test_the_screens_have_no_network_and_no_way_to_the_devices_key() -> None:
    text = (SYSTEMD / "clockhouse-kiosk.service").read_text("utf-8")
    for line in (
        "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
        "IPAddressDeny=any",
        "InaccessiblePaths=-/var/lib/clockhouse/device.key",
    ):
        assert line in text.splitlines()


def test_the_compositor_hears_from_udev_which_screens_and_touch_panels_there_are() -> None:
    text = (SYSTEMD / "clockhouse-kiosk.service").read_text("utf-8")
    (families,) = re.findall(r"^RestrictAddressFamilies=(.*)$", text, re.MULTILINE)
    assert "AF_NETLINK" in families.split()
    assert "PrivateNetwork=" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE)


def test_a_screen_that_crashes_or_hangs_is_soon_back() -> None:
    """How soon, with real processes, is in tests/kiosk/test_kiosk_supervised.py."""
    lines = (SYSTEMD / "clockhouse-kiosk.service").read_text("utf-8").splitlines()
    for line in ("Type=notify", "NotifyAccess=all", "WatchdogSec=10", "Restart=always", "RestartSec=500ms"):
        assert line in lines
    assert "StartLimitIntervalSec=0" in lines


def started() -> set[tuple[str, ...]]:
    """Each command line of ours in a unit: the program and its first words."""
    lines = [
        line for path in SYSTEMD.rglob("*") if path.is_file() for line in path.read_text("utf-8").splitlines()
    ]
    found = [
        line.split(PROGRAMS)[1].split()
        for line in lines
        if line.startswith("ExecStart=") and PROGRAMS in line
    ]
    return {tuple(words) for words in found}


def test_the_units_start_what_is_meant() -> None:
    assert {words[:2] for words in started()} == {
        ("clockhouse", "kiosk"),
        ("clockhouse", "sync"),
        ("clockhouse-server", "serve"),
        ("clockhouse-server", "backup"),
    }


@pytest.mark.parametrize("words", sorted(started()))
def test_a_unit_starts_a_command_that_takes_its_options(words: tuple[str, ...]) -> None:
    command = [Path(sys.executable).with_name(words[0]), words[1], "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for option in words[2:]:
        assert not option.startswith("--") or option in done.stdout
