"""A roster of 10,000 people and 5,000 jobs: starting beside a nearly empty one, and searching a job.

Starts are pairs of real processes in turn with warm caches; the nearly empty roster holds the two who punch. A
search counts from the key until the tiles that it found are painted.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import wall

PAIRS = 11
PEOPLE, JOBS = 10_000, 5_000
QUERIES = ("1", "12", "123", "4999", "halle", "halle 12", "pruefung", "prüfung 77", "customer 7", "zz")


def starts(folder: Path, env: dict[str, str]) -> None:
    """The first pair fills the caches and is not counted."""
    found: dict[str, list[tuple[float, float]]] = {"empty": [], "full": []}
    for pair in range(PAIRS + 1):
        for name, people, jobs in (("empty", 2, 0), ("full", PEOPLE, JOBS)):
            state = folder / f"{name}-{pair}"  # the own lines of a start before must not slow down the next
            if pair < 2:
                wall.furnish(state, people, jobs)
            else:
                state.mkdir()
                (state / "roster.db").write_bytes((folder / f"{name}-1" / "roster.db").read_bytes())
            with wall.started(state, env) as kiosk:
                kiosk.hold(0)
                kiosk.hold(1)
                kiosk.lines(2)  # the start of an epoch, and the first one's punch
                if pair:
                    found[name].append((kiosk.frame_ms, kiosk.passed()))
    for index, what in enumerate(("start to first usable frame", "start to first punch on disk")):
        empty, full = ([each[index] for each in found[name]] for name in ("empty", "full"))
        ratio = statistics.median(one / other for one, other in zip(full, empty, strict=True))
        print(
            f"{what:30} full {statistics.median(full):7.1f} ms   empty {statistics.median(empty):7.1f} ms"
            f"   ratio {ratio:.2f} (pairs, median)"
        )


def searches(state: Path) -> None:
    """In this process: keys typed on the page with the jobs, until what they find is painted."""
    from PySide6.QtCore import Qt

    from clockhouse_kiosk.app import now, system_clocks
    from clockhouse_kiosk.app.front import make_application, open_front
    from clockhouse_kiosk.app.window import open_window
    from clockhouse_kiosk.flow import signals as on
    from clockhouse_kiosk.flow.words import Read
    from clockhouse_kiosk.settings import Settings

    application = make_application()
    with (
        open_front(Settings(state_dir=state), now, windowed=True) as front,
        open_window(front, system_clocks()) as window,
    ):
        frames: list[float] = []
        window.quick.frameSwapped.connect(
            lambda: frames.append(time.perf_counter()), Qt.ConnectionType.DirectConnection
        )
        window.show((1280, 800))
        bridge, kiosk = window.bridge, window.kiosk

        def painted() -> float:
            seen = len(frames)
            while len(frames) == seen:
                application.processEvents()
            return frames[-1]

        while kiosk.session is None:
            application.processEvents()
        first: list[float] = []
        took: list[float] = []
        for round_ in range(6):
            for query in QUERIES:
                badge = Read(kiosk.machine.stamp(), "rfid", wall.badge_of(round_))
                kiosk.session.receive(on.BadgeRead(badge))
                bridge.tap("search")
                painted()
                for char in query:
                    start = time.perf_counter()
                    bridge.key(char)
                    took.append((painted() - start) * 1000)
                    if not first:
                        first = [took[-1]]
                bridge.tap("not_me")
                while bridge.showing[0].get("screen") != "idle":
                    application.processEvents()
        took.sort()
        print(
            f"key to tiles painted           median {statistics.median(took):5.1f} ms   p95 {took[int(len(took) * 0.95)]:5.1f} ms"
            f"   worst {took[-1]:5.1f} ms   the very first {first[0]:5.1f} ms   limit 50 ms   ({len(took)} keys)"
        )


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = wall.environment(folder / "caches")
        starts(folder, env)
        searches(wall.furnish(folder / "searches", PEOPLE, JOBS))
    return 0


if __name__ == "__main__":
    import os

    os.environ.update(QT_QPA_PLATFORM="offscreen", QT_QUICK_BACKEND="software")
    sys.exit(main())
