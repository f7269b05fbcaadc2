"""The import rules hold, and each of them notices the import that it forbids."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
FOLDERS = {"clockhouse_kiosk": "kiosk", "clockhouse_drivers": "drivers", "clockhouse_sync": "sync", "clockhouse_server": "server"}  # fmt: skip

PLANTED = [
    ("clockhouse_drivers/readings.py", "import clockhouse_sync.ledger", "neighbours do not see each other"),
    ("clockhouse_sync/ledger/chain.py", "import clockhouse_server.money", "neighbours do not see each other"),
    (
        "clockhouse_server/ingest/models.py",
        "import clockhouse_sync.outbox",
        "takes only wire, ledger and signing",
    ),
    (
        "clockhouse_server/people/models.py",
        "import clockhouse_drivers.readings",
        "takes only credentials from drivers",
    ),
    ("clockhouse_kiosk/flow/step.py", "import PySide6.QtCore", "Qt only in the kiosk's app"),
    ("clockhouse_kiosk/flow/step.py", "import sqlite3", "Pure modules do no I/O"),
    ("clockhouse_server/money.py", "import sqlalchemy", "Pure modules do no I/O"),
    (
        "clockhouse_server/ingest/models.py",
        "import clockhouse_server.billing.models",
        "stages read earlier stages",
    ),
]


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """The linter over a tree; its packages are found there before the installed ones."""
    paths = ":".join(str(tree / folder) for folder in FOLDERS.values())
    return subprocess.run(
        LINT, cwd=tree, env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )


@pytest.fixture
def tree(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package, folder in FOLDERS.items():
        shutil.copytree(
            ROOT / folder / package,
            tmp_path / folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "static"),
        )
    return tmp_path


def test_the_rules_hold():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "rule"), PLANTED, ids=[f"{row[0]}:{row[1]}" for row in PLANTED]
)
def test_a_planted_import_breaks_its_rule(tree, module, statement, rule):
    package = module.split("/")[0]
    path = tree / FOLDERS[package] / module
    path.write_text(f"{path.read_text()}\n{statement}\n")
    result = lint(tree)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(rule in line for line in broken), result.stdout
