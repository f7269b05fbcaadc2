"""A durable append on the terminal beside the bare commit of the same bytes: SQLite, write-ahead log, synced.

Pairs in turn in two files of one folder. The limit is 1.5 times the bare commit.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from clockhouse_sync import outbox, wire

PAIRS, WARM = 2000, 200
THEN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def bare(path: Path) -> Callable[[bytes], None]:
    """One table, one row, one commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE lines (position INTEGER PRIMARY KEY, raw BLOB)")

    def commit(raw: bytes) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO lines (raw) VALUES (?)", (raw,))
        connection.execute("COMMIT")

    return commit


def own(path: Path) -> Callable[[], bytes]:
    """The product's outbox: place, chain, encoding, reading back, and its own commit."""
    numbers = count(1)

    def moment(number: int) -> outbox.Moment:
        return outbox.Moment(
            at=THEN + timedelta(seconds=number), zone="Europe/Berlin", utc_offset_minutes=60,
            boottime_ms=1000 * number, clock=wire.ClockState(sync=True, error_ms=4), site_id="site",
            roster_version="1.4711",
        )  # fmt: skip

    store = outbox.open_outbox(
        path, device_id="A" * 26, boot_id="boot", software="0.1", moment=moment(0), new_id=lambda: "epoch"
    )

    def append() -> bytes:
        number = next(numbers)
        fields = {
            "punch_id": f"0190dddd-0000-7000-8000-{number:012d}", "kind": "in", "kind_from": "inferred",
            "method": "rfid", "employee_id": f"0190aaaa-0000-7000-8000-{number % 100:012d}", "job_id": "job",
        }  # fmt: skip
        return store.append("punch", moment(number), fields).raw

    return append


def main() -> int:
    took: list[tuple[float, float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        append, commit = own(Path(name) / "outbox.db"), bare(Path(name) / "bare.db")
        for _ in range(WARM + PAIRS):
            start, cpu = time.perf_counter(), time.process_time()
            raw = append()
            middle, middle_cpu = time.perf_counter(), time.process_time()
            commit(raw)
            took.append(
                (middle - start, time.perf_counter() - middle, middle_cpu - cpu, time.process_time() - middle_cpu)
            )  # fmt: skip
    ours, theirs, our_cpu, their_cpu = (
        statistics.median(each) * 1e6 for each in zip(*took[WARM:], strict=True)
    )
    ratio = statistics.median(pair[0] / pair[1] for pair in took[WARM:])
    print(
        f"durable append      outbox {ours:6.0f} us ({our_cpu:4.0f} CPU)   bare commit {theirs:6.0f} us"
        f" ({their_cpu:4.0f} CPU)   ratio {ratio:.2f} (pairs, median; limit 1.5)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
