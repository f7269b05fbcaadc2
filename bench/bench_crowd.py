"""A queue before one kiosk: from a badge's last byte to the greeting painted, and from a tap to what it shows painted.

    python bench/bench_crowd.py                  40 people, one a second
    python bench/bench_crowd.py 200 3.5          the morning of two hundred, in real time

The limits are people's: 100 ms to be greeted, 50 ms to see a touch answered. The queue is that of the tests.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main(people: int, every: float) -> int:
    from PySide6.QtGui import QGuiApplication

    from kiosk.crowd import queue  # type: ignore[import-not-found]
    from kiosk.test_kiosk_crowd import expected, morning, told  # type: ignore[import-not-found]

    application = QGuiApplication([])
    comers = queue(people, every=every, seed=200)
    with tempfile.TemporaryDirectory() as folder:
        seen, lines = morning(Path(folder), comers)
    lost = expected(comers) - told(lines)
    twice = told(lines) - expected(comers)
    print(
        f"{people} people, one each {every} s: {seen.turned_away} turned away, {len(lost)} lost, {len(twice)} twice"
    )
    for what, took, limit in (("badge to greeting", seen.greeted, 100), ("tap to paint", seen.painted, 50)):
        middle, worst = sorted(took)[len(took) // 2], seen.p95(took)
        print(
            f"{what:20} median {middle:6.1f} ms   p95 {worst:6.1f} ms   limit {limit} ms   ratio {worst / limit:.2f}"
        )
    print(f"memory               {max(seen.memory) / 2**20:.0f} MB with tests and all   limit 200 MB")
    application.quit()
    return 0


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:3]]
    sys.exit(main(int(given[0]) if given else 40, given[1] if given[1:] else 1.0))
