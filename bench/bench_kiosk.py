"""Start to first usable frame, tap to paint, badge byte to greeting: each beside a bare Qt Quick window.

Both are separate processes with the same Qt, the same renderer and no screen, started in turn. The kiosk has
its stores, its roster, its reader on a pseudo-terminal; the bare window has a text and a colour.
"""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from pathlib import Path

PAIRS = 7
ROUNDS = 40
PAUSE = 0.8
HERE = Path(__file__).parent
ENV = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}


def child(folder: Path) -> int:
    """The kiosk: `frame` at the first usable frame, then answers `tap` and `badge` with milliseconds."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from clockhouse_drivers.reader import ReaderSettings
    from clockhouse_kiosk import demo_roster
    from clockhouse_kiosk.app import system_clocks
    from clockhouse_kiosk.app.automation import middle
    from clockhouse_kiosk.app.window import make_application, open_window
    from clockhouse_kiosk.settings import Settings

    here, there = os.openpty()
    tty.setraw(here)
    reader = ReaderSettings(kind="serial", port=os.ttyname(there), protocol="rdm6300")
    badges = itertools.cycle(demo_roster.BADGES)
    application = make_application(cursor=False)
    settings = Settings(state_dir=folder, readers=(reader,))
    with open_window(settings, system_clocks(), windowed=True) as window:
        frames: list[float] = []
        window.quick.frameSwapped.connect(
            lambda: frames.append(time.perf_counter()), Qt.ConnectionType.DirectConnection
        )
        window.show((1280, 800))

        def until(*screens: str) -> None:
            """Until one of the screens is painted."""
            while window.bridge.showing[0].get("screen") not in screens:
                application.processEvents()
            seen = len(frames)
            while len(frames) == seen:
                application.processEvents()

        def press(name: str) -> float:
            place = middle(window, name)
            assert place is not None, name
            start = time.perf_counter()
            QTest.mouseClick(window.quick, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
            return start

        until("idle")
        print("frame", flush=True)
        for line in sys.stdin:
            if line.strip() == "tap":
                start = press("pin")
                until("entry")
                print(f"{(frames[-1] - start) * 1000:.3f}", flush=True)
                press("back")
                until("idle")
            else:
                badge, check = next(badges), 0
                for byte in bytes.fromhex(badge):
                    check ^= byte
                time.sleep(PAUSE)  # a reader takes the same badge for the same holding of it
                application.processEvents()
                start = time.perf_counter()
                os.write(here, b"\x02" + badge.encode() + f"{check:02X}".encode() + b"\x03")
                until("jobs", "person")
                print(f"{(frames[-1] - start) * 1000:.3f}", flush=True)
                press("notMe")
                until("idle")
    return 0


class Peer:
    """A started process, and how long it took to its first frame."""

    def __init__(self, *command: str) -> None:
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV, text=True
        )
        self.said("frame")
        self.frame_ms = (time.perf_counter() - start) * 1000

    def said(self, expected: str | None = None) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line or (expected is not None and line != expected):
            raise RuntimeError(f"a process ended early: {line!r}")
        return line

    def ask(self, what: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return float(self.said())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def furnish(folder: Path) -> None:
    """A roster and an enrolled device, as the simulator makes them."""
    from clockhouse_kiosk.app import now
    from clockhouse_kiosk.settings import Settings
    from clockhouse_kiosk.simulation import Simulation

    Simulation(now=now).furnish(Settings(), folder)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> int:
    kiosk_frames, bare_frames, ratios = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnish(folder)
        for _ in range(PAIRS):
            pair = []
            for command in ([str(HERE / "bare.py")], [__file__, "--child", str(folder)]):
                peer = Peer(*command)
                pair.append(peer.frame_ms)
                peer.close()
            bare_frames.append(pair[0])
            kiosk_frames.append(pair[1])
            ratios.append(pair[1] / pair[0])
        kiosk, bare = Peer(__file__, "--child", str(folder)), Peer(str(HERE / "bare.py"))
        taps, changes, badges = [], [], []
        for _ in range(ROUNDS):
            taps.append(kiosk.ask("tap"))
            changes.append(bare.ask("change"))
        badges = [kiosk.ask("badge") for _ in range(ROUNDS)]
        kiosk.close()
        bare.close()
    median = statistics.median
    print(
        f"start to first usable frame  kiosk {median(kiosk_frames):7.0f} ms   bare {median(bare_frames):7.0f} ms   ratio {median(ratios):.2f} (pairs, median)"
    )
    print(
        f"tap to paint                 kiosk {median(taps):7.1f} ms   bare {median(changes):7.1f} ms   ratio {median(taps) / median(changes):.2f}   kiosk p95 {percentile(taps, 0.95):.1f} ms"
    )
    print(
        f"badge byte to greeting       kiosk {median(badges):7.1f} ms   bare {median(changes):7.1f} ms   ratio {median(badges) / median(changes):.2f}   kiosk p95 {percentile(badges, 0.95):.1f} ms"
    )
    return 0


if __name__ == "__main__":
    os.environ.update(ENV)
    sys.exit(child(Path(sys.argv[2])) if sys.argv[1:2] == ["--child"] else main())
