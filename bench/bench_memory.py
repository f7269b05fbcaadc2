"""Memory of a kiosk in use: 5,000 punches to warm up, then as many again, which may not add a megabyte.

A kiosk of its own process with its window, stores and reader; 200 people come in the morning and leave in the
afternoon, day after day, and nobody touches the screen, so that each badge records the one before. Only the clock is
put forward.
"""

import itertools
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import wall

PEOPLE, JOBS = 200, 50
PUNCHES = 5_000
LIMIT_MB, GROWTH_MB = 200.0, 1.0


def shift(number: int) -> timedelta:
    """When a punch happens: each minute one, in from six in the morning, out eight and a half hours later."""
    day, place = divmod(number, 2 * PEOPLE)
    later = timedelta(hours=8, minutes=30) if place >= PEOPLE else timedelta(0)
    return timedelta(days=day, minutes=place % PEOPLE) + later


def child(folder: Path) -> int:
    """Prints the resident megabytes after every 500 punches."""
    from dataclasses import replace

    from clockhouse_kiosk.app import now, system_clocks
    from clockhouse_kiosk.app.front import make_application, open_front
    from clockhouse_kiosk.app.window import open_window
    from clockhouse_kiosk.settings import Settings
    from clockhouse_kiosk.simulation import Simulation
    from clockhouse_sync import wire

    ahead = timedelta(0)

    def later_now() -> datetime:
        return now() + ahead

    def later_ms() -> int:
        return real.boottime_ms() + int(ahead / timedelta(milliseconds=1))

    def synced() -> wire.ClockState:
        return wire.ClockState(sync=True, error_ms=3)

    real = system_clocks()
    clocks = replace(real, now=later_now, boottime_ms=later_ms, state=synced)
    _application = make_application()
    simulation = Simulation(now=later_now)
    with (
        open_front(Settings(state_dir=folder), later_now, simulation, windowed=True) as front,
        open_window(front, clocks, simulation) as window,
    ):
        frames: list[int] = []
        window.quick.frameSwapped.connect(lambda: frames.append(1))
        window.show((1280, 800))
        while window.kiosk.session is None:
            wall.turn()
        session = window.kiosk.session
        names = {wall.badge_of(each): f"First{each} Last{each}" for each in range(PEOPLE)}
        for number, badge in zip(range(2 * PUNCHES + 1), itertools.cycle(names), strict=False):
            ahead = shift(number)
            frames.clear()
            simulation.reader.present(badge)
            end = time.monotonic() + 20
            while window.bridge.showing[0].get("name") != names[badge] or not frames:
                wall.turn()
                assert time.monotonic() < end, (window.bridge.showing[0], session.state)
            if number % 500 == 0:
                print(f"{wall.rss_mb():.2f}", flush=True)
    return 0


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = wall.environment(folder / "caches")
        state = wall.furnish(folder / "state", PEOPLE, JOBS)
        done = subprocess.run(
            [sys.executable, __file__, "--child", str(state)],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = [float(line) for line in done.stdout.split()]
    middle = len(found) // 2
    grew, worst = found[-1] - found[middle], max(found)
    print("resident MB after every 500 punches:", " ".join(f"{each:.1f}" for each in found))
    print(
        f"after {PUNCHES} punches {found[middle]:.1f} MB, after {2 * PUNCHES} {found[-1]:.1f} MB:"
        f" grew {grew:+.2f} MB (limit {GROWTH_MB}), worst {worst:.1f} MB (limit {LIMIT_MB:.0f})"
    )
    return 0 if grew < GROWTH_MB and worst <= LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(child(Path(sys.argv[2])) if sys.argv[1:2] == ["--child"] else main())
