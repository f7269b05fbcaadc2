"""Every write and every sync of the outbox fails in its turn: what was called recorded is there afterwards."""

import contextlib
import os
import random

import pytest
from msgspec.structs import replace

from clockhouse_sync import ledger, outbox, wire
from clockhouse_sync.store import StoreError
from sync.failing_disk import KINDS, Disk, failing
from sync.rig import begin, later, punch, stored


def at(number):
    return replace(later(number), boottime_ms=60_000 + number)


def held(number):
    return outbox.Draft("punch", at(number), punch(number, kind_from="unconfirmed"))


def day(path, said, kept):
    """A few lines with what travels beside them, readings kept and let go of; each that was answered is noted."""
    for part in range(2):
        with contextlib.suppress(StoreError):
            kiosk = begin(path, ids=f"E{part}")
            try:
                for number in range(part * 10, part * 10 + 4):
                    with contextlib.suppress(StoreError):
                        kiosk.keep([held(number)])
                        kept.clear()  # only the newest is kept
                        kept.add(number)
                    with contextlib.suppress(StoreError):
                        line = kiosk.append(
                            "punch", at(number), punch(number), [(os.urandom(32), b"x" * 3000)]
                        )
                        said.append((line.epoch, line.seq, line.hash))
                        kept.discard(number)
            finally:
                kiosk.close()


def operations(folder):
    disk = Disk()
    with failing(disk):
        day(folder / "outbox.db", [], set())
    return disk.done


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_nothing_that_was_recorded_is_missing(memory_folder, kind):
    (memory_folder / "counted").mkdir()
    count = operations(memory_folder / "counted")
    assert count > 60
    for nth in range(1, count + 1):
        folder = memory_folder / str(nth)
        folder.mkdir()
        disk, said, kept = Disk(kind, nth), [], set()
        with failing(disk):
            day(folder / "outbox.db", said, kept)
        if kind == "power is cut":
            found = memory_folder / f"{nth}-found"
            disk.after_a_cut(folder, found, random.Random(nth))
            folder = found
        path = folder / "outbox.db"
        begin(path, ids="E9").close()
        lines = stored(path)
        assert {(line.epoch, line.seq, line.hash) for line in lines} >= set(said), nth
        assert ledger.verify(lines).ok, nth
        punches = [wire.read_line(line.raw) for line in lines if wire.read_head(line.raw).type == "punch"]
        ids = [line.punch_id for line in punches]
        assert len(set(ids)) == len(ids), nth
        assert {punch(number)["punch_id"] for number in kept} <= set(ids), nth


def test_the_disk_of_these_tests_does_fail(tmp_path):
    disk = Disk("disk dies", 1)
    with failing(disk), pytest.raises(StoreError):
        begin(tmp_path / "outbox.db", ids="E1")
    assert disk.dead
