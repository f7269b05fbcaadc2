"""What the screen called recorded is on disk, linked, and stays, whatever happens next."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from clockhouse_sync import commands, ledger, outbox, outbox_reader, outbox_schema, store, wire
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.store import StoreError
from sync.rig import MOMENT, MONDAY, begin, later, punch, stored

KIOSK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from sync.rig import MOMENT, begin, punch

kiosk = begin(Path(sys.argv[1]), ids=sys.argv[3])
number = 0
while True:
    line = kiosk.append("punch", MOMENT, punch(number))
    print(line.seq, line.hash, flush=True)
    number += 1
"""
STARVING = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from clockhouse_sync.store import StoreError
from sync.rig import MOMENT, begin, punch

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
kiosk = begin(Path(sys.argv[1]), ids="E1")
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for number in range(10_000):
    try:
        line = kiosk.append("punch", MOMENT, punch(number))
    except StoreError as problem:
        print(problem.code, flush=True)
        break
    print(line.seq, line.hash, flush=True)
"""


@pytest.fixture
def kiosk(path):
    opened = begin(path, ids="E1")
    yield opened
    opened.close()


def run(script: str, path: Path, *more: str) -> subprocess.Popen:
    tests = str(Path(__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), tests, *more], stdout=subprocess.PIPE, text=True
    )


def fill(kiosk: outbox.Outbox) -> None:
    for number in range(1000):
        kiosk.append("punch", MOMENT, punch(number), beside=[(os.urandom(32), b"x" * 2000)])


def test_power_cut_right_after_recorded_loses_nothing(path):
    said = []
    for epoch in ("E1", "E2", "E3"):
        process = run(KIOSK, path, epoch)
        for _ in range(5):
            seq, line_hash = process.stdout.readline().split()
            said.append((epoch, int(seq), line_hash))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    kept = stored(path)
    assert {(line.epoch, line.seq, line.hash) for line in kept} >= set(said)
    assert ledger.verify(kept).ok


def test_disk_that_fills_up_is_an_error_and_leaves_nothing_half(path):
    process = run(STARVING, path)
    *recorded, trouble = process.communicate()[0].split("\n")[:-1]
    assert trouble in {"disk_full", "disk_failed"}
    kept = stored(path)
    assert [f"{line.seq} {line.hash}" for line in kept[1:]] == recorded
    assert len(recorded) > 3
    assert ledger.verify(kept).ok


def test_a_full_store_takes_lines_again_once_there_is_room(kiosk, path):
    pages = kiosk._connection.execute("PRAGMA page_count").fetchone()[0]
    kiosk._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as refused:
        fill(kiosk)
    assert refused.value.code == "disk_full"
    before = stored(path)
    kiosk._connection.execute("PRAGMA max_page_count = 100000")
    line = kiosk.append("punch", MOMENT, punch(1))
    assert line.seq == len(before) + 1
    assert ledger.verify(stored(path)).ok


def test_a_store_that_cannot_be_written_says_so(kiosk, path):
    kiosk._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError) as refused:
        kiosk.append("punch", MOMENT, punch(1))
    assert refused.value.code == "read_only"
    assert len(stored(path)) == 1


def test_a_store_is_its_users_alone_whatever_the_umask(path):
    before = os.umask(0o000)
    try:
        begin(path).close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_no_reader_would_take_is_not_kept(kiosk, path):
    for fields in ({}, punch(1, quantity=1.5), punch(1, kind="sideways"), punch(1, note="\ud800")):
        with pytest.raises(wire.WireError):
            kiosk.append("punch", MOMENT, fields)
    assert kiosk.append("punch", MOMENT, punch(1)).seq == 2
    assert ledger.verify(stored(path)).ok


def test_a_line_carries_its_moment_and_its_place(kiosk):
    line = kiosk.append("punch", MOMENT, punch(7))
    head = wire.read_line(line.raw)
    assert (head.device_id, head.epoch, head.seq, head.at) == (
        "DEVICE", "E1", 2, "2026-03-02T07:58:00.000Z",
    )  # fmt: skip
    assert (head.zone, head.utc_offset_minutes, head.boottime_ms, head.clock, head.site_id) == (
        "Europe/Berlin", 60, 60_000, wire.ClockState(sync=True, error_ms=12), "site-1",
    )  # fmt: skip
    assert line.hash == ledger.line_hash(line.raw)


def test_each_start_begins_an_epoch_that_names_the_newest_line_before(path):
    first = begin(path, ids="E1")
    last = first.append("punch", MOMENT, punch(1))
    first.close()
    begin(path, ids="E2").close()
    boots = [wire.read_line(line.raw) for line in stored(path) if line.seq == 1]
    assert (boots[0].parent, boots[0].reason) == (None, "new")
    assert (boots[1].parent, boots[1].reason) == (
        wire.BootParent(epoch="E1", seq=2, hash=last.hash), None,
    )  # fmt: skip
    assert boots[1].prev is None


def test_several_threads_make_one_chain(kiosk, path):
    def work(worker: int) -> None:
        for number in range(20):
            kiosk.append("punch", MOMENT, punch(worker * 100 + number))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.verify(stored(path)) == ledger.Report(ok=True, lines=81)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b"no database, for pages and pages" * 400), "unreadable"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "unreadable"),
        (lambda path: path.write_bytes(b""), "empty"),
    ],
)
def test_a_store_that_cannot_be_read_is_set_aside_and_a_new_one_says_why(path, damage, reason):
    kiosk = begin(path, ids="E1")
    for number in range(30):
        kiosk.append("punch", MOMENT, punch(number))
    kiosk.close()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    damage(path)
    left = path.read_bytes()
    begin(path, ids="E2").close()
    (boot,) = [wire.read_line(line.raw) for line in stored(path)]
    assert (boot.parent, boot.reason) == (None, reason)
    aside = [other.read_bytes() for other in path.parent.glob("outbox.db.aside-*")]
    assert aside == ([left] if reason == "unreadable" else [])


def test_another_devices_store_is_set_aside_whole(path):
    begin(path, ids="E1").close()
    begin(path, device_id="OTHER", ids="E2").close()
    (aside,) = path.parent.glob("outbox.db.aside-*[0-9]")
    assert [line.device_id for line in stored(aside)] == ["DEVICE"]
    (boot,) = [wire.read_line(line.raw) for line in stored(path)]
    assert (boot.device_id, boot.reason) == ("OTHER", "other_device")


def test_a_store_of_a_newer_program_is_left_alone(path):
    begin(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError) as refused:
        begin(path)
    assert refused.value.code == "newer"
    with pytest.raises(StoreError):
        OutboxReader(path)
    assert list(path.parent.glob("*aside*")) == []


def test_lines_that_lost_their_bytes_are_declared_lost_once(path):
    kiosk = begin(path, ids="E1")
    for number in range(6):
        kiosk.append("punch", MOMENT, punch(number))
    kiosk._connection.execute("UPDATE lines SET raw = x'00' WHERE seq IN (2, 3, 6)")
    kiosk.close()
    begin(path, ids="E2").close()
    begin(path, ids="E3").close()
    reader = OutboxReader(path)
    lost = [wire.read_line(line.raw).lost for line in reader.lines("E2", 1, 9)]
    assert lost == [
        wire.LostRange(epoch="E1", from_seq=2, to_seq=3), wire.LostRange(epoch="E1", from_seq=6, to_seq=6),
    ]  # fmt: skip
    assert reader.lines("E3", 1, 9) == []
    assert [line.seq for line in reader.lines("E1", 0, 3)] == [1, 4, 5]
    reader.close()


def test_own_lines_since_an_instant_come_in_the_order_they_were_made(kiosk):
    made = [kiosk.append("punch", later(hours * 3600), punch(hours)) for hours in (1, 2, 3)]
    assert kiosk.lines_since(MONDAY + timedelta(hours=2)) == [line.raw for line in made[1:]]


def test_content_beside_lines_is_kept_with_its_salt_until_pruned(kiosk, path):
    salt, note = b"s" * 32, b"gate open"
    line = kiosk.append("punch", MOMENT, punch(1), beside=[(salt, note)])
    reader = OutboxReader(path)
    assert reader.beside([line]) == {ledger.beside_hash(salt, note): (salt, note)}
    assert kiosk.prune(MONDAY + outbox.KEEP * 2, {"E1": 2}) == 2
    assert reader.beside([line]) == reader.all_beside() == {}
    assert [line.raw for line in reader.stored()] == [None, None]
    assert ledger.verify(reader.stored()).ok
    reader.close()


def test_a_pruned_epoch_still_goes_on(kiosk, path):
    kiosk.prune(MONDAY + outbox.KEEP * 2, {"E1": 1})
    assert kiosk.append("punch", MOMENT, punch(1)).seq == 2
    assert ledger.verify(stored(path)).ok


def test_a_line_that_is_younger_than_those_after_it_keeps_its_bytes_alone(kiosk, path):
    for number, days in enumerate((0, 30, 0, 0)):  # the clock was wrong for one line
        kiosk.append("punch", later(days * 86400), punch(number))
    reader = OutboxReader(path)
    now = MONDAY + outbox.KEEP + timedelta(days=1)
    assert kiosk.prune(now, {"E1": 4}) == 3
    assert [line.seq for line in reader.lines("E1", 0, 9)] == [3, 5]
    assert kiosk.prune(now, {"E1": 4}) == 0
    assert kiosk.prune(now + timedelta(days=30), {"E1": 5}) == 2
    assert (reader.lines("E1", 0, 9), reader.heads()) == ([], [])
    last = kiosk.append("punch", later(0), punch(9))
    assert ([line.seq for line in reader.lines("E1", 0, 9)], [head.seq for head in reader.heads()]) == (
        [6],
        [6],
    )
    reader.close()
    kiosk.close()
    begin(path, ids="E2").close()
    assert "lost" not in {line.kind for line in stored(path)}
    assert commands.verify_file(path).ok
    assert last.seq == 6


def test_reading_does_not_wait_for_writing(kiosk, path):
    reader = OutboxReader(path)
    with_lock = kiosk._connection
    with_lock.execute("BEGIN IMMEDIATE")
    assert len(list(reader.stored())) == 1
    with_lock.execute("ROLLBACK")
    reader.close()


def test_on_a_read_only_medium_what_stands_in_the_journal_alone_is_read_or_missed_aloud(
    path, tmp_path, monkeypatch
):
    """A card that was pulled out, say: its newest lines are not in the file itself yet."""
    kiosk = begin(path, ids="E1")
    line = kiosk.append("punch", MOMENT, punch(1))
    card = tmp_path / "card"
    card.mkdir()
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        (card / part.name).write_bytes(part.read_bytes())
    kiosk.close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [each.hash for each in stored(card / path.name)][-1] == line.hash
    (card / f"{path.name}-shm").unlink()
    with pytest.raises(StoreError, match=r"outbox\.db-wal, which cannot be read") as failure:
        OutboxReader(card / path.name)
    assert failure.value.code == "cannot_open"
    assert len(stored(path)) == 2  # whole in itself


def test_an_outbox_that_no_kiosk_has_begun_is_none(path):
    assert outbox_reader.look_into(path) is None
    sqlite3.connect(path).close()
    assert outbox_reader.look_into(path) is None


def test_an_instant_before_1970_still_makes_a_line(kiosk):
    early = replace(MOMENT, at=MONDAY.replace(year=1969))
    assert wire.read_head(kiosk.append("punch", early, punch(1)).raw).at.startswith("1969-03-02")


def test_a_look_that_stays_open_sees_what_comes_and_notices_another_file(path):
    view = outbox_reader.OutboxView(path)
    with view.look() as reader:
        assert reader is None
    half = store.open_for_writing(path, outbox_schema.SCHEMA, outbox_schema.APPLICATION_ID)
    with view.look() as reader:
        assert reader.device_id == ""  # between its tables and its owner
    half.close()
    kiosk = begin(path, ids="E1")
    with view.look() as reader:
        assert (reader.device_id, [head.seq for head in reader.heads()]) == ("DEVICE", [1])
        first = reader
    kiosk.append("punch", MOMENT, punch(1))
    with view.look() as reader:
        assert (reader, [head.seq for head in reader.heads()]) == (first, [2])
    kiosk.close()
    begin(path, device_id="OTHER", ids="E2").close()
    with view.look() as reader:
        assert reader.device_id == "OTHER"
    with pytest.raises(StoreError), view.look() as reader:
        raise StoreError("unreadable", "for a moment")
    with view.look() as reader:
        assert reader.device_id == "OTHER"
    view.close()
