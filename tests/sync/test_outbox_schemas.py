"""Stores of every schema that there was come up with all that they hold, and can be read before that."""

import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from clockhouse_sync import commands, ledger, outbox, outbox_schema, store, wire
from clockhouse_sync.outbox_reader import OutboxReader
from sync.rig import MONDAY, begin, later, punch, stored

GOLDEN = Path(__file__).parents[1] / "golden" / "outbox"
"""As the programs of their day left them: E1 without the bytes of its first three lines, E2 without any, E3 whole."""


@pytest.fixture(params=range(1, outbox_schema.VERSIONS))
def old(request, path):
    """A store of that version; from the second one on there is a reading that was kept unwritten."""
    with closing(sqlite3.connect(path)) as made:
        made.executescript((GOLDEN / f"v{request.param}.sql").read_text())
        assert made.execute("PRAGMA user_version").fetchone() == (request.param,)
    return path


def table(path: Path, name: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as looking:
        return looking.execute(f"SELECT * FROM {name}").fetchall()


def seqs(path: Path, epoch: str, after: int = 0) -> list[int]:
    with closing(OutboxReader(path)) as reader:
        return [line.seq for line in reader.lines(epoch, after, 99)]


def test_an_old_store_comes_up_with_all_that_it_holds(old, request):
    lines, beside = table(old, "lines"), table(old, "beside")
    kiosk = begin(old, ids="E4")
    assert table(old, "lines")[: len(lines)] == lines
    assert table(old, "beside") == beside
    assert commands.verify_file(old).ok
    assert (seqs(old, "E1"), seqs(old, "E1", 4), seqs(old, "E2")) == ([4, 5, 6], [5, 6], [])
    with closing(OutboxReader(old)) as reader:
        assert [(head.epoch, head.seq) for head in reader.heads()][:2] == [("E1", 6), ("E3", 5)]
    written = [wire.read_line(line.raw).type for line in stored(old)[len(lines) :]]
    assert written == (["boot"] if "1" in request.node.callspec.id else ["boot", "punch"])
    assert kiosk.append("punch", later(0), punch(99)).seq == len(written) + 1
    kiosk.close()


def test_an_old_store_goes_on_forgetting_where_it_was(old):
    kiosk = begin(old, ids="E4")
    assert kiosk.prune(MONDAY + outbox.KEEP * 2, {"E1": 5, "E2": 4}) == 2
    assert seqs(old, "E1") == [6]
    kiosk.close()
    begin(old, ids="E5").close()
    assert "lost" not in {line.kind for line in stored(old)}
    assert commands.verify_file(old).ok


def test_an_old_store_is_read_and_checked_as_it_is(old):
    """The daemon may start before the kiosk has brought the store up, and a copy may never be."""
    before = old.read_bytes()
    assert (seqs(old, "E1"), seqs(old, "E2"), seqs(old, "E3", 2)) == ([4, 5, 6], [], [3, 4, 5])
    assert commands.verify_file(old).ok
    assert old.read_bytes() == before


def test_a_look_goes_on_while_the_store_is_brought_up(old):
    with closing(OutboxReader(old)) as reader:
        before = reader.lines("E1", 0, 9)
        begin(old, ids="E4").close()
        assert reader.lines("E1", 0, 9) == before
        assert [line.seq for line in reader.lines("E4", 0, 9)][:1] == [1]


def jumping(count: int) -> list[int]:
    """Seconds at which lines are stamped by a clock that is put on and back."""
    chance, at, found = random.Random(1), 0, []
    for _ in range(count):
        at += chance.choice([1] * 50 + [3600, -3600, 40, -90])
        found.append(at)
    return found


def check_since(kiosk: outbox.Outbox, stamps: dict[bytes, int]) -> None:
    for since in range(min(stamps.values()) - 1, max(stamps.values()) + 2, 97):
        expected = [raw for raw, stamp in stamps.items() if stamp >= since]
        assert kiosk.lines_since(MONDAY + timedelta(seconds=since)) == expected


def test_lines_since_an_instant_are_found_wherever_they_stand(path):
    kiosk = begin(path, ids="E1", moment=later(-5))
    stamps = {line.raw: -5 for line in stored(path)}
    for number, at in enumerate(jumping(2 * outbox_schema.SPAN + 20)):
        stamps[kiosk.append("punch", later(at), punch(number)).raw] = at
    check_since(kiosk, stamps)
    kiosk.close()


def test_so_are_those_of_an_old_store(path):
    stamps = {b"line %d" % number: at for number, at in enumerate(jumping(2 * outbox_schema.SPAN + 20))}
    before = store.open_for_writing(path, outbox_schema.SCHEMA[:2], outbox_schema.APPLICATION_ID)
    before.execute("INSERT INTO owner (device_id) VALUES ('DEVICE')")
    before.executemany(
        "INSERT INTO lines (epoch, seq, hash, type, at_ms, raw) VALUES ('E1', ?, ?, 'punch', ?, ?)",
        [
            (seq, ledger.line_hash(raw), wire.milliseconds(later(at).at), raw)
            for seq, (raw, at) in enumerate(stamps.items(), start=1)
        ],
    )
    before.execute("INSERT INTO epochs (epoch, newest, hash, held) VALUES ('E1', ?, '', 1)", (len(stamps),))
    before.close()
    kiosk = begin(path, ids="E2", moment=later(min(stamps.values()) - 5))
    check_since(kiosk, stamps | {stored(path)[-1].raw: min(stamps.values()) - 5})
    kiosk.close()
