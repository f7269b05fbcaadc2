"""A roster of 10,000 people and 5,000 jobs: starting beside a nearly empty one, searching a job, and reading it anew.

Starts are pairs of real processes in turn with warm caches; the nearly empty roster holds the two who punch. A
search counts from the key until the tiles that it found are painted.
"""

import os
import statistics
import subprocess
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


def at_the_wall(state: Path) -> int:
    """In a process of its own: keys typed until what they find is painted, and badges while a newer roster is read."""
    from PySide6.QtCore import Qt

    from clockhouse_kiosk.app import SWITCH, now, system_clocks
    from clockhouse_kiosk.app.front import make_application, open_front
    from clockhouse_kiosk.app.window import Window, open_window
    from clockhouse_kiosk.flow import signals as on
    from clockhouse_kiosk.flow.words import Read
    from clockhouse_kiosk.settings import Settings
    from clockhouse_sync.link import LinkServer, RosterNews
    from clockhouse_sync.roster import RosterStore

    sys.setswitchinterval(SWITCH)
    frames: list[float] = []

    def painted() -> float:
        seen = len(frames)
        while len(frames) == seen:
            wall.turn()
        return frames[-1]

    def show(window: Window, person: int) -> None:
        session = window.kiosk.session
        assert session is not None
        session.receive(on.BadgeRead(Read(window.kiosk.machine.stamp(), "rfid", wall.badge_of(person))))

    def away(window: Window) -> None:
        window.bridge.tap("not_me")
        while window.bridge.showing[0].get("screen") != "idle":
            wall.turn()

    _application = make_application()
    with (
        open_front(Settings(state_dir=state), now, windowed=True) as front,
        open_window(front, system_clocks()) as window,
    ):
        window.quick.frameSwapped.connect(
            lambda: frames.append(time.perf_counter()), Qt.ConnectionType.DirectConnection
        )
        window.show((1280, 800))
        while window.kiosk.session is None:
            wall.turn()
        searching: list[float] = []
        for round_ in range(6):
            for query in QUERIES:
                show(window, round_)
                window.bridge.tap("search")
                painted()
                for char in query:
                    start = time.perf_counter()
                    window.bridge.key(char)
                    searching.append((painted() - start) * 1000)
                away(window)
        report(
            "key to tiles painted",
            searching[1:],
            f"the very first, right after the start, {searching[0]:.1f} ms",
        )

        store = RosterStore(state / "roster.db")
        daemon = LinkServer(state / "sync.sock", allowed_uids={os.getuid()})
        while not daemon.accept():
            wall.turn()
        greeting: list[float] = []
        for number in range(2, 42):
            hours = wall.row(
                "hours",
                wall.person_of(number),
                number,
                week_seconds=number,
                last_week_seconds=0,
                as_of=wall.THEN,
            )
            store.apply([hours], since=str(number - 1), cursor=str(number))
            directory = window.kiosk.session.directory
            daemon.push(RosterNews(cursor=str(number)))
            while window.kiosk.session.directory is directory:
                start = time.perf_counter()
                show(window, number)
                greeting.append((painted() - start) * 1000)
                away(window)
        daemon.close()
        store.close()
        report("badge to greeting, reloading", greeting, f"resident {wall.rss_mb():.0f} MB")
    return 0


def report(what: str, values: list[float], more: str) -> None:
    found = sorted(values)
    print(
        f"{what:30} median {statistics.median(found):5.1f} ms   p95 {found[int(len(found) * 0.95)]:5.1f} ms"
        f"   worst {found[-1]:5.1f} ms   ({len(found)})   {more}"
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = wall.environment(folder / "caches")
        starts(folder, env)
        state = wall.furnish(folder / "state", PEOPLE, JOBS)
        subprocess.run([sys.executable, __file__, "--child", str(state)], env=env, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(at_the_wall(Path(sys.argv[2])) if sys.argv[1:2] == ["--child"] else main())
