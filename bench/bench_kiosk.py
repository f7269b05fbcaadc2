"""Start to first usable frame, tap to paint, badge byte to greeting: each beside a bare Qt Quick window.

Both are separate processes with the same Qt, the same renderer, warm caches and no screen, started in turn. The
kiosk is the real command, with its settings, stores, roster, and a reader on a pseudo-terminal; its first frame
counts when it tells systemd that it is ready. The bare window has a text and a colour.
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

import wall

PAIRS = 11
ROUNDS = 40
PAUSE = 0.8
PEOPLE = 8
HERE = Path(__file__).parent


def child(folder: Path) -> int:
    """A kiosk in this process: answers `tap` and `badge` with milliseconds."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from clockhouse_drivers.reader import ReaderSettings
    from clockhouse_kiosk.app import now, system_clocks
    from clockhouse_kiosk.app.automation import middle
    from clockhouse_kiosk.app.front import make_application, open_front
    from clockhouse_kiosk.app.window import open_window
    from clockhouse_kiosk.settings import Settings

    here, there = os.openpty()
    tty.setraw(here)
    reader = ReaderSettings(kind="serial", port=os.ttyname(there), protocol="rdm6300")
    people = itertools.cycle(range(PEOPLE))
    _application = make_application()
    settings = Settings(state_dir=folder, readers=(reader,))
    with (
        open_front(settings, now, windowed=True) as front,
        open_window(front, system_clocks()) as window,
    ):
        frames: list[float] = []
        window.quick.frameSwapped.connect(
            lambda: frames.append(time.perf_counter()), Qt.ConnectionType.DirectConnection
        )
        window.show((1280, 800))

        def until(*screens: str) -> None:
            """Until one of the screens is painted."""
            while window.bridge.showing[0].get("screen") not in screens:
                wall.turn()
            seen = len(frames)
            while len(frames) == seen:
                wall.turn()

        def press(name: str) -> float:
            place = middle(window, name)
            assert place is not None, name
            start = time.perf_counter()
            QTest.mouseClick(window.quick, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
            return start

        while not window.kiosk.is_opened:
            wall.turn()
        print("frame", flush=True)
        for line in sys.stdin:
            if line.strip() == "tap":
                start = press("pin")
                until("entry")
                print(f"{(frames[-1] - start) * 1000:.3f}", flush=True)
                press("back")
                until("idle")
            else:
                bytes_ = wall.frame(wall.badge_of(next(people)))
                time.sleep(PAUSE)  # a reader takes the same badge for the same holding of it
                wall.turn()
                start = time.perf_counter()
                os.write(here, bytes_)
                until("jobs", "person")
                print(f"{(frames[-1] - start) * 1000:.3f}", flush=True)
                press("notMe")
                until("idle")
    return 0


class Peer:
    """A started process that says `frame` at its first one, and how long it took to that."""

    def __init__(self, env: dict[str, str], *command: str) -> None:
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True
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


def starts(state: Path, env: dict[str, str]) -> None:
    """Pairs of starts; the first pair fills the caches and is not counted."""
    bare, kiosk, punches = [], [], []
    for pair in range(PAIRS + 1):
        peer = Peer(env, str(HERE / "bare.py"))
        peer.close()
        with wall.started(state, env) as one:
            # Two badges at the very moment of the frame: the second one records the first, and neither may be lost.
            one.hold(2 * pair)
            one.hold(2 * pair + 1)
            one.lines(2)  # the start of an epoch, and the punch
            punched = one.passed()
        if pair:
            bare.append(peer.frame_ms)
            kiosk.append(one.frame_ms)
            punches.append(punched)
    report("start to first usable frame", kiosk, bare)
    report("start to first punch on disk", punches, bare)


def report(what: str, kiosk: list[float], bare: list[float]) -> None:
    ratio = statistics.median(ours / theirs for ours, theirs in zip(kiosk, bare, strict=True))
    print(
        f"{what:30} kiosk {statistics.median(kiosk):7.1f} ms   bare {statistics.median(bare):7.1f} ms"
        f"   ratio {ratio:.2f} (pairs, median)   kiosk p95 {percentile(kiosk, 0.95):.1f} ms"
    )


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = wall.environment(folder / "caches")
        starts(wall.furnish(folder / "starts", people=2 * PAIRS + 2, jobs=6), env)
        state = wall.furnish(folder / "state", people=PEOPLE, jobs=6)
        kiosk, bare = Peer(env, __file__, "--child", str(state)), Peer(env, str(HERE / "bare.py"))
        taps, changes = [], []
        for _ in range(ROUNDS):
            taps.append(kiosk.ask("tap"))
            changes.append(bare.ask("change"))
        badges = [kiosk.ask("badge") for _ in range(ROUNDS)]
        kiosk.close()
        bare.close()
    report("tap to paint", taps, changes)
    report("badge byte to greeting", badges, changes)
    return 0


if __name__ == "__main__":
    sys.exit(child(Path(sys.argv[2])) if sys.argv[1:2] == ["--child"] else main())
