"""The kiosk's one place that wires: opens in order, closes in reverse, and reads the clock."""

import faulthandler
import gc
import os
import signal
import sys
from argparse import Namespace
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clockhouse_kiosk.local import laid_over
from clockhouse_kiosk.settings import Settings, load
from clockhouse_sync import clock, logs, wire
from clockhouse_sync.settings_file import DEFAULT_FILE, SettingsError

if TYPE_CHECKING:
    from clockhouse_kiosk.machine import Clocks
    from clockhouse_kiosk.simulation import Simulation


SWITCH: Final = 0.001
"""Seconds after which a thread that reads the roster lets the one that draws go on."""
SETTLED_MS: Final = 3_000
RESTART: Final = 75
"""The code with which the screens end in order to begin again at once."""

DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main(args: Namespace) -> int:
    """`clockhouse kiosk [--config F] [--simulate] [--windowed]`; ends when the screens are told to."""
    sys.setswitchinterval(SWITCH)
    if sys.stderr is not None:
        faulthandler.enable()  # a crash, and what the watchdog kills, leaves in the log where it was
    gc.disable()  # nothing is thrown away before people can punch
    logs.begin()
    if args.control is not None and not args.simulate:
        print("clockhouse kiosk: --control goes with --simulate only", file=sys.stderr)  # noqa: T201
        return 2
    if args.windowed and not any(os.environ.get(name) for name in DISPLAYS):
        print("clockhouse kiosk: there is no display here for a window", file=sys.stderr)  # noqa: T201
        return 2
    furnished = args.simulate and (args.config == DEFAULT_FILE or not args.config.exists())
    try:
        settings = load(None if furnished else args.config)
    except SettingsError as problem:
        for each in problem.problems:
            print(f"clockhouse kiosk: {each}", file=sys.stderr)  # noqa: T201
        return 2
    with ExitStack() as stack:
        simulation = None
        if args.simulate:
            import tempfile

            from clockhouse_kiosk.simulation import Simulation

            simulation = Simulation(now=now)
            if furnished:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clockhouse-"))
                settings = simulation.furnish(settings, Path(folder))
        code = _run(laid_over(settings), simulation, args, stack)
    if code == RESTART:
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - what runs here already
    return code


def _run(settings: Settings, simulation: "Simulation | None", args: Namespace, stack: ExitStack) -> int:
    from PySide6.QtCore import QTimer

    from clockhouse_kiosk.app.front import make_application, open_front

    qt = make_application()
    asked_to_end = False

    def end(*_: object) -> None:
        nonlocal asked_to_end
        asked_to_end = True
        QTimer.singleShot(0, qt.quit)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    front = stack.enter_context(open_front(settings, now, simulation, windowed=args.windowed))
    front.show(args.size)
    front.paint()

    from clockhouse_sync import systemd

    systemd.tell("READY=1")

    from clockhouse_kiosk.app.heartbeat import heartbeat
    from clockhouse_kiosk.app.window import hide_cursor, open_window

    stack.enter_context(heartbeat(front.quick))
    if not args.windowed:
        hide_cursor(qt)
    window = stack.enter_context(open_window(front, system_clocks(), simulation))
    if simulation is not None and args.control is not None:
        from clockhouse_kiosk.app.automation import automate

        stack.enter_context(automate(args.control, window, simulation))
    QTimer.singleShot(SETTLED_MS, _settle)
    if asked_to_end:  # while we started, when Qt forgets it
        QTimer.singleShot(0, qt.quit)
    return qt.exec()


def _settle() -> None:
    """What is there by now stays: looking through it for garbage again and again would only make people wait."""
    gc.freeze()
    gc.enable()


def now() -> datetime:
    """The wall's time."""
    return datetime.now(UTC)  # noqa: TID251 - this is wiring


def system_clocks() -> "Clocks":
    """This machine's clocks and randomness."""
    import secrets

    from clockhouse_kiosk.ids import uuid7
    from clockhouse_kiosk.machine import Clocks

    def new_id() -> str:
        return uuid7(wire.milliseconds(now()), secrets.token_bytes(10))

    def salt() -> bytes:
        return secrets.token_bytes(32)

    return Clocks(now, clock.boottime_ms, clock.boot_id, _clock_state, new_id, salt)


def _clock_state() -> wire.ClockState | None:
    try:
        return clock.clock_state()
    except OSError:  # a sandbox that forbids asking
        return None
