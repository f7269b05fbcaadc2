"""A newcomer's first hour, by the pages and the README alone: from `serve` on nothing to a punch on a kiosk.

Server, daemon and kiosk are the commands that the README names, as processes; the office is Chromium.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
PASSWORD = "correct horse 9 battery"


def awaited(look, what, seconds=40.0):
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if found := look():
                return found
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)


@pytest.fixture
def machine():
    """A folder, an environment as in the README, and whatever was started in it until the end."""
    started = []
    with tempfile.TemporaryDirectory(prefix="ch-") as name:
        folder = Path(name)
        environment = {
            **os.environ,
            "CLOCKHOUSE_STATE_DIR": str(folder / "var" / "kiosk"),
            "QT_QPA_PLATFORM": "offscreen",
            "QT_QUICK_BACKEND": "software",
        }

        def start(*command, log="log"):
            with (folder / log).open("ab") as output:
                process = subprocess.Popen(
                    [str(BIN / command[0]), *command[1:]],
                    cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                )  # fmt: skip
            started.append(process)
            return (folder / log).read_text

        yield folder, environment, start
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(20)


class Wall:
    def __init__(self, control):
        self.control = control

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(20)
            line.connect(str(self.control))
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answers:
                return json.loads(answers.readline())

    def sees(self, *screens):
        return awaited(lambda: (found := self.ask(do="state"))["screen"] in screens and found, screens)

    def tap(self, name):
        assert {"done": True} == self.ask(do="tap", name=name)


def test_from_nothing_to_a_punch_that_the_office_sees(machine, chromium):
    folder, environment, start = machine
    said = start("clockhouse-server", "serve", "--port", "0", log="server.log")
    url = awaited(lambda: re.search(r"http://[\d.:]+/", said()), "the server's address")[0]
    made = subprocess.run(
        [str(BIN / "clockhouse-server"), "admin", "create", "--email", "you@company.example", "--name", "You", "--password-stdin"],
        cwd=folder, env=environment, input=PASSWORD + "\n", text=True, capture_output=True,
    )  # fmt: skip
    assert 0 == made.returncode, made.stderr

    page = chromium.new_page()
    page.set_default_timeout(20_000)

    def fill(**fields):
        for label, text in fields.items():
            page.get_by_label(label.replace("_", " "), exact=True).first.fill(text)

    def press(button, then):
        page.get_by_role("button", name=button).first.click()
        page.get_by_text(then).first.wait_for()

    awaited(lambda: page.goto(url), "the first page")
    fill(**{"E-mail": "you@company.example", "Password": PASSWORD})
    press("Sign in", then="From here to the first punch")
    step = page.locator("li.next")
    step.get_by_role("link").click()
    fill(Name="Werft Süd", Time_zone="Europe/Berlin")
    press("Save", then="From here to the first punch")
    step.get_by_role("link").click()
    fill(Name="Hall 1")
    press("Add the site", then="From here to the first punch")
    step.get_by_role("link").click()
    fill(Code="NORD", Name="Nordlicht Yachten")
    press("Add the customer", then="New job")
    fill(Code="1042", Name="Welding")
    press("Add the job", then="Another task")
    page.goto(f"{url}start")
    step.get_by_role("link").click()
    fill(Name="Ana Ortiz", Personnel_number="0417", PIN="482915")
    press("Add the person", then="Ana Ortiz")
    page.goto(f"{url}start")
    step.get_by_role("link").click()
    fill(Name="Gate 1")
    press("Make a one-time code", then="One-time code for Gate 1")
    command = page.locator(".type-this").inner_text().removeprefix("sudo ").split()

    printed = start(*command, log="enroll.log")
    page.get_by_role("link", name="Wait for the words").click()
    words = page.locator(".words").first.inner_text().split(" · ")
    awaited(lambda: all(word in printed() for word in words), "the same words on the kiosk's side")
    press("The words are the same", then="The kiosk is let in.")

    start("clockhouse", "sync", log="sync.log")
    (folder / "clockhouse.toml").write_text("")
    control = folder / "control.sock"
    start(
        "clockhouse", "kiosk", "--config", "clockhouse.toml", "--simulate", "--windowed", "--control", str(control), log="kiosk.log"
    )  # fmt: skip
    wall = Wall(control)
    wall.sees("idle")
    wall.tap("pin")
    wall.sees("entry")
    wall.ask(do="keys", text="0417")
    wall.tap("key-enter")
    awaited(lambda: wall.ask(do="state")["view"].get("entry") == "pin", "the PIN's pad")
    wall.ask(do="keys", text="482915")
    wall.sees("jobs")
    wall.tap("tab-all")
    wall.tap("job-0")
    assert "in" == wall.sees("answer")["view"]["tone"]

    page.goto(f"{url}start")
    page.get_by_text("Everything is set up").wait_for()
    page.goto(f"{url}in")
    assert "Ana Ortiz" in page.locator("#in").inner_text()
    page.close()
