"""A fresh Debian with systemd as its first process: installed, booted, confined, used and uninstalled.

Runs under `make soak` alone: it needs root, mmdebstrap and systemd-nspawn, and downloads a small system.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGES = "python3,python3-venv,ca-certificates,systemd,dbus"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.xdist_group("booted"),
    pytest.mark.skipif(
        os.geteuid() != 0 or not (shutil.which("mmdebstrap") and shutil.which("systemd-nspawn")),
        reason="needs root, mmdebstrap and systemd-nspawn",
    ),
]

# The compositor draws into memory: a container has no screen.
HEADLESS = """[Service]
ExecStartPre=
Environment=WLR_BACKENDS=headless WLR_HEADLESS_OUTPUTS=1
"""
PROBE_UNIT = """[Unit]
After=clockhouse-sync.service clockhouse-server.service clockhouse-kiosk.service
[Service]
Type=oneshot
ExecStart=/bin/bash /probe.sh
StandardOutput=append:/probe.log
StandardError=append:/probe.log
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
"""
PROBE = """
cd /checkout
sleep 8
say() { echo "== $1"; }
say running; systemctl is-active clockhouse-kiosk clockhouse-sync clockhouse-server clockhouse-backup.timer
say restarts; systemctl show -p NRestarts clockhouse-kiosk clockhouse-sync clockhouse-server
say programs; for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$each"; echo; done 2>/dev/null | grep clockhouse
say page; /opt/clockhouse/current/bin/python -c \
  'from urllib.request import urlopen; print(urlopen("http://127.0.0.1:8400/api/v1/openapi.json").status)'
say again; deploy/install.sh --role kiosk,server
say doctor; clockhouse doctor
say backup; systemctl start clockhouse-backup && ls /var/backups/clockhouse
runuser -u clockhouse -- /opt/clockhouse/current/bin/python - <<'END'
import os
from datetime import UTC, datetime
from pathlib import Path
from clockhouse_sync.outbox import Moment, open_outbox
open_outbox(Path("/var/lib/clockhouse/outbox.db"), device_id="a" * 26, boot_id="b", software="probe",
            moment=Moment(at=datetime.now(UTC)), new_id=lambda: os.urandom(8).hex()).close()
END
say refused; deploy/install.sh --uninstall --purge; echo "exit $?"
say still; systemctl is-active clockhouse-kiosk clockhouse-sync
say exported; deploy/install.sh --uninstall --purge --export /root/punches.jsonl; echo "exit $?"
say gone; systemctl is-active clockhouse-kiosk clockhouse-sync clockhouse-server; ls -d /opt/clockhouse /var/lib/clockhouse*
say end
"""


def run(*command: str | Path, seconds: int = 600) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def bring_pips_settings(root: Path) -> None:
    """The fresh system reaches packages the way this machine does."""
    named = [os.environ.get(name) for name in ("PIP_CERT", "PIP_CONFIG_FILE", "SSL_CERT_FILE")]
    usual = ["/etc/pip.conf", str(Path.home() / ".config/pip/pip.conf"), "/etc/resolv.conf", "/etc/hosts"]
    for name in {name for name in [*named, *usual] if name and Path(name).is_file()}:
        target = root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(name, target)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What the probe saw in the booted system, by heading."""
    root = tmp_path_factory.mktemp("booted") / "root"
    run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", root)
    (root / "checkout").mkdir()
    files = run("git", "-C", CHECKOUT, "ls-files").splitlines()
    for name in files:
        if (CHECKOUT / name).is_file():
            (root / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, root / "checkout" / name)
    bring_pips_settings(root)
    run("chroot", root, "/checkout/deploy/install.sh", "--role", "kiosk,server")
    system = root / "etc/systemd/system"
    (system / "clockhouse-kiosk.service.d").mkdir()
    (system / "clockhouse-kiosk.service.d/headless.conf").write_text(HEADLESS, "utf-8")
    (system / "probe.service").write_text(PROBE_UNIT, "utf-8")
    (system / "multi-user.target.wants/probe.service").symlink_to("../probe.service")
    (root / "probe.sh").write_text(PROBE, "utf-8")
    nspawn = ["systemd-nspawn", "--boot", "--register=no", "--keep-unit", "--private-network"]
    subprocess.run(
        [*nspawn, f"--directory={root}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=180,
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        check=False,
    )
    seen: dict[str, list[str]] = {}
    for line in (root / "probe.log").read_text("utf-8").splitlines():
        if line.startswith("== "):
            seen[line[3:]] = []
        elif seen:
            seen[list(seen)[-1]].append(line)
    yield seen
    shutil.rmtree(root)


def test_everything_runs_confined_and_stays_up(log: dict[str, list[str]]) -> None:
    assert log["running"] == ["active"] * 4
    assert [line for line in log["restarts"] if line] == ["NRestarts=0"] * 3
    assert [
        line for line in log["programs"] if "python" in line and line.strip().endswith("clockhouse kiosk")
    ]
    assert log["page"] == ["200"]


def test_installing_again_changes_nothing(log: dict[str, list[str]]) -> None:
    assert log["again"] == ["install: nothing had to change"]


def test_the_doctor_finds_nothing_bad(log: dict[str, list[str]]) -> None:
    assert log["doctor"]
    assert not [line for line in log["doctor"] if line.startswith(("bad", "Traceback"))]


def test_the_nightly_backup_can_be_made(log: dict[str, list[str]]) -> None:
    assert [line for line in log["backup"] if line.endswith(".tar")]


def test_undelivered_punches_stop_an_uninstall_and_the_terminal_goes_on(log: dict[str, list[str]]) -> None:
    assert "1 lines are not delivered" in log["refused"][0]
    assert log["refused"][-1] == "exit 1"
    assert log["still"] == ["active"] * 2


def test_after_an_export_the_terminal_is_gone_and_the_servers_data_is_not(log: dict[str, list[str]]) -> None:
    assert log["exported"][-1] == "exit 0"
    assert log["gone"][:3] == ["inactive"] * 3
    assert [line for line in log["gone"][3:] if not line.startswith("ls:")] == ["/var/lib/clockhouse-server"]
    assert "end" in log
