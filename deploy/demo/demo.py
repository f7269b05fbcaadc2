"""`make demo`: the product's whole day on this machine, with real processes and simulated devices."""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import books
import gate as at_gate
import history
import office as offices
from company import KIOSKS, PEOPLE, UNKNOWN_BADGE
from gate import Day
from office import Office
from panel import Button, Panel
from report import missing, page
from rig import DemoFailed, Network, Process, free_port, wait_for
from terminal import Terminal, has_display

FOLDER = Path("var/demo").resolve()
INTRO = (
    "A kiosk on the wall, the daemon beside it and the server are real processes; the badge reader's bytes come "
    "through a serial line; the network and the power are cut for real. Everything below happened on this machine."
)


def now() -> datetime:
    return datetime.now().astimezone()


def main() -> int:
    began = time.monotonic()
    alone = os.environ.get("CI") == "true" or not sys.stdout.isatty()
    day = Day(now, lambda text: print(f"  {now():%H:%M:%S}  {text}", flush=True))
    print("Clockhouse: starting server, daemons and kiosks with simulated devices", flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        with ExitStack() as stack:
            server, office, terminals = stack.enter_context(standing(day))
            if alone or not has_display():
                at_gate.play(day, terminals["gate"], terminals["door"], server, office)
                books.play(day, office, FOLDER)
                _tell(day)
                print(
                    f"The day is played: {FOLDER / 'index.html'} ({time.monotonic() - began:.0f} s)",
                    flush=True,
                )
            if not alone:
                _keep_serving(office, terminals)
    except DemoFailed as problem:
        _tell(day)
        print(f"The demo stopped: {problem}\nLogs are in {FOLDER / 'logs'}.", file=sys.stderr)
        return 1
    return 0


@contextlib.contextmanager
def standing(day: Day) -> Iterator[tuple[Process, Office, dict[str, Terminal]]]:
    """Server, company, kiosks and three weeks of punches; everything started is stopped at the end."""
    port = free_port()
    address, database = f"http://127.0.0.1:{port}", f"sqlite:///{FOLDER / 'server.db'}"
    (FOLDER / "logs").mkdir()
    server = Process(
        "server", ["clockhouse-server", "serve", "--database", database, "--port", str(port)], FOLDER / "logs" / "server.log"
    )  # fmt: skip
    with ExitStack() as stack:
        server.start()
        stack.callback(server.stop)
        first = day.moment(
            "A server on an empty database", f"clockhouse-server serve; it migrates by itself. {address}"
        )
        wait_for("the server", lambda: offices.alive(address), 60)
        office = offices.open_office(database, address)
        today = now().date()
        monday = today - timedelta(days=today.weekday())
        offices.furnish(office, monday - timedelta(weeks=8), monday - timedelta(weeks=history.WEEKS))
        day.check(
            first,
            f"{len(PEOPLE)} people with badges and PINs, by CSV and API",
            holds=len(office.people) == len(PEOPLE),
        )
        terminals = {}
        for kiosk, size in zip(KIOSKS, ("1280x800", "1024x600"), strict=True):
            on_screen = kiosk is KIOSKS[0] and has_display()
            terminal = Terminal(kiosk, FOLDER / kiosk.key, Network(port), size, on_screen)
            stack.callback(terminal.stop)
            words = terminal.enroll(office)
            joined = day.moment(
                f"{kiosk.name} joins", "A one-time code, and six words that both ends must show."
            )
            joined.said = " ".join(words)
            terminals[kiosk.key] = terminal
        _past(day, office, terminals)
        yield server, office, terminals


def _past(day: Day, office: Office, terminals: dict[str, Terminal]) -> None:
    """Three weeks of punches into each terminal's outbox; its daemon delivers them."""
    sheets = history.sheets(now(), office.ids())
    written = 0
    for key, terminal in terminals.items():
        site = terminal.kiosk.site
        written += history.write(terminal.outbox, terminal.device_id, office.sites[site], site, sheets[key])
    past = day.moment(
        "Three weeks of punches",
        "Written to the terminals' outboxes with the mistakes that people make, then delivered.",
    )
    for terminal in terminals.values():
        terminal.start()
    for terminal in terminals.values():
        terminal.delivered(120)
    known, unknown = office.held()
    told = f"{written} punches written; stored: {known} of people, {unknown} of badges that nobody knows yet"
    day.check(past, told, holds=known + unknown == written)


def _tell(day: Day) -> None:
    (FOLDER / "index.html").write_text(
        page(day.moments, "A day at Meridian Metalworks", INTRO), encoding="utf-8"
    )
    lacking = missing(day.moments, FOLDER)
    if lacking:
        raise DemoFailed(f"the timeline names files that are not there: {lacking}")


def _keep_serving(office: Office, terminals: dict[str, Terminal]) -> None:
    """The panel, until somebody presses Ctrl-C."""
    gate = terminals["gate"]

    def hold(badge: str) -> str:
        gate.line.present(badge)
        return "The badge was held to the reader of Gate 2."

    def network() -> str:
        if gate.network.is_cut:
            gate.network.join()
            return "The network is back."
        gate.network.cut()
        return "The network is cut: Gate 2 goes on by itself."

    def power() -> str:
        gate.screens.kill()
        gate.screens.start()
        return "The kiosk was killed without warning, and starts again."

    def facts() -> dict[str, str]:
        strip = gate.wall.state()["strip"]
        return {
            "Gate 2": f"{strip['clock']} · {strip['condition']}",
            "Office": office.address,
            "Administrator": f"{offices.ADMINISTRATOR} / {offices.PASSWORD}",
            "Back office": f"{offices.BACK_OFFICE} / {offices.PASSWORD}",
            "Supervisors": ", ".join(email for email, _ in offices.SUPERVISORS.values()),
            "By PIN": f"{PEOPLE[0].number}, {PEOPLE[0].pin} (Ana)",
        }

    buttons = {
        "ana": Button("Ana's badge", lambda: hold(PEOPLE[0].badge)),
        "mehmet": Button("Mehmet's badge", lambda: hold(PEOPLE[2].badge)),
        "unknown": Button("An unknown badge", lambda: hold(UNKNOWN_BADGE)),
        "network": Button("Cut or join the network", network),
        "power": Button("Cut the power", power),
    }
    panel = Panel(buttons, facts)
    print(f"\n  Panel   {panel.address}")
    for name, text in facts().items():
        print(f"  {name:<14}{text}")
    print("\n  Ctrl-C ends it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        while True:
            time.sleep(1)
    panel.close()


if __name__ == "__main__":
    sys.exit(main())
