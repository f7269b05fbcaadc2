"""The same screens on a display: a virtual one, where the window system has its say."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.screens import SIZES

HERE = Path(__file__).parent
DAYS = (
    "test_kiosk_everywhere.py::test_a_day_in_every_language",
    "test_kiosk_modes_everywhere.py::test_a_supervisor_s_morning_in_every_language",
    "test_kiosk_modes_everywhere.py::test_an_administrator_s_round_in_every_language",
)
TRIED = {
    **{f"{size[0]}x{size[1]}": [f"{day}[{size[0]}x{size[1]}]" for day in DAYS] for size in SIZES},
    "asked": ["test_kiosk_asks.py"],
}


@contextmanager
def display():
    """A virtual screen that nobody else uses; the server picks its number and says it."""
    here, there = os.pipe()
    command = ["Xvfb", "-displayfd", str(there), "-screen", "0", "1280x1280x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[there], stderr=subprocess.DEVNULL)
    try:
        os.close(there)
        with os.fdopen(here) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb here")
@pytest.mark.parametrize("tried", TRIED.values(), ids=TRIED)
def test_the_day_on_a_virtual_display(tried):
    with display() as name:
        env = {**os.environ, "DISPLAY": name, "QT_QPA_PLATFORM": "xcb", "QT_QUICK_BACKEND": "software"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", *(str(HERE / each) for each in tried)],
            env=env, cwd=HERE.parents[1], capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
