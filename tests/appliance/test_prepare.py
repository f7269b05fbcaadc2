"""`make demo` and `make test` on a prepared machine cost nothing, and ask before they use sudo."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SCRIPTS = ("prepare.sh", "machine.sh", "install.sh", "command.sh")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What prepare.sh looks at, apart from this checkout and its environment."""
    for name in ("deploy", "requirements"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "server").mkdir()
    for name in ("pyproject.toml", "server/pyproject.toml"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


def put_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)


def prepared_for(checkout: Path, kind: str) -> None:
    files = [
        *sorted((checkout / "requirements").glob("*.txt")),
        *(
            checkout / name
            for name in ("pyproject.toml", "server/pyproject.toml", "deploy/prepare.sh", "deploy/machine.sh")
        ),
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    put_program(checkout / ".venv/bin/python", "exit 0")
    (checkout / ".venv/prepared").write_text(f"{kind} {digest}\n", "utf-8")


def prepare(checkout: Path, kind: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "deploy/prepare.sh", kind],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": path, "HOME": str(checkout)},
        check=False,
    )


@pytest.mark.parametrize(
    ("prepared", "kind"), [("demo", "demo"), ("test", "demo"), ("test", "test"), ("lock", "test")]
)
def test_a_prepared_checkout_is_silent_and_quick(checkout: Path, prepared: str, kind: str) -> None:
    prepared_for(checkout, prepared)
    began = time.monotonic()
    done = prepare(checkout, kind)
    assert time.monotonic() - began < 0.5
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def somebody_without_rights(checkout: Path) -> str:
    """A PATH on which nothing is installed yet and the user is not root."""
    programs = checkout / "programs"
    put_program(programs / "id", "echo 1000")
    put_program(programs / "dpkg-query", "exit 1")
    put_program(programs / "apt-get", "echo 'apt-get must not run' >&2; exit 99")
    return f"{programs}:{os.environ['PATH']}"


@pytest.mark.parametrize(("prepared", "locked"), [("demo", ""), ("test", "another-package==1")])
def test_more_is_wanted_or_the_lock_changed_so_it_prepares_again(
    checkout: Path, prepared: str, locked: str
) -> None:
    prepared_for(checkout, prepared)
    with (checkout / "requirements/dev.txt").open("a", encoding="utf-8") as lock:
        lock.write(locked)
    assert prepare(checkout, "test", somebody_without_rights(checkout)).returncode == 2


def test_without_rights_and_without_a_terminal_it_says_the_command_and_stops(checkout: Path) -> None:
    done = prepare(checkout, "demo", somebody_without_rights(checkout))
    assert done.returncode == 2
    assert "apt-get install -y --no-install-recommends libegl1" in done.stderr
    assert "fonts-noto-core" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(("machine", "bits"), [("armv7l", "32"), ("aarch64", "32"), ("riscv64", "64")])
def test_a_machine_that_qt_does_not_know_is_told_so_before_anything_is_installed(
    checkout: Path, machine: str, bits: str
) -> None:
    path = somebody_without_rights(checkout)
    put_program(checkout / "programs/uname", f"echo {machine}")
    put_program(checkout / "programs/getconf", f"echo {bits}")
    done = prepare(checkout, "demo", path)
    assert done.returncode == 2
    assert "64-bit" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_kind_is_named(checkout: Path) -> None:
    done = prepare(checkout, "dmeo")
    assert done.returncode == 2
    assert "dmeo" in done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_sound_shell(name: str) -> None:
    subprocess.run(["bash", "-n", CHECKOUT / "deploy" / name], check=True, timeout=30)
    if shutil.which("shellcheck") is not None:
        subprocess.run(["shellcheck", "-x", f"deploy/{name}"], check=True, timeout=60, cwd=CHECKOUT)
