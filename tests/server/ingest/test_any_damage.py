"""Whatever is done to a stored ledger by SQL, `ledger verify` names the first line that does not hold."""

import io
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clockhouse_server import cli
from clockhouse_server.ingest import columns, runs
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_sync import ledger
from server.ingest.damage import (
    DEEDS,
    PUNCH_COLUMNS,
    a_value_is_of_another_kind,
    at,
    change,
    fill,
    held,
    undone,
)
from server.rig import World

UNHURRIED = settings(
    deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def both_ways(session: Session) -> ledger.Report:
    """The quick walk, cut anyhow, and the plain one line by line say the same."""
    report = verify_stored(session)
    assert report == verify_stored(session, quick=False)
    json.dumps([report.device_id, report.epoch, report.seq, report.problem])
    return report


def play(world: World, data: st.DataObject) -> None:
    """One damage, on a ledger that is whole without it."""
    columns.PIECE = data.draw(st.sampled_from([256, 7]))
    with undone(world) as session:
        before = held(session)
        damage = data.draw(st.sampled_from(DEEDS))(session, before, data)
        report = both_ways(session)
        assert not report.ok, damage
        place = report.device_id, report.epoch, report.seq
        assert place in damage.places, (damage, report)
        assert place in before.firsts(*damage.places) or damage.shows_later, (damage, report)


@pytest.fixture
def whole(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with a full ledger."""
    monkeypatch.setattr(columns, "PIECE", 7)
    monkeypatch.setattr(runs, "FEWEST", 2)
    fill(world)
    with undone(world) as session:
        assert both_ways(session).ok
    return world


@settings(UNHURRIED, max_examples=150)
@given(data=st.data())
def test_whatever_is_done_to_a_stored_ledger_is_named(whole: World, data: st.DataObject) -> None:
    play(whole, data)


def test_no_column_of_a_punch_is_passed_over(whole: World) -> None:
    """Of every column, in a punch that has something there and in one that has not."""
    odd = {datetime: THEN, bool: None, int: 99, str: "odd", type(None): "odd"}
    for name in PUNCH_COLUMNS:
        with undone(whole) as session:
            rows = [row for row in held(session).punches if name != "counted_at" or row.basis == "device"]
        for row in {type(getattr(row, name)): row for row in rows}.values():
            value = getattr(row, name)
            for put in (True, False) if isinstance(value, bool) else (odd[type(value)],):
                with undone(whole) as session:
                    change(session, PunchRow, row, **{name: put})
                    assert both_ways(session).ok is (put == value), (name, put)


def test_an_undo_and_its_punch_stand_together(whole: World) -> None:
    with undone(whole) as session:
        (row,) = (row for row in held(session).punches if row.undone)
        change(session, PunchRow, row, undone=False)
        assert at(row)[1:] == (both_ways(session).epoch, both_ways(session).seq)
    with undone(whole) as session:
        first = next(row for row in held(session).punches if not row.undone)
        change(session, PunchRow, first, undone=True)
        assert at(first)[1:] == (both_ways(session).epoch, both_ways(session).seq)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(UNHURRIED, max_examples=5000)
@given(data=st.data())
def test_whatever_is_done_to_a_stored_ledger_is_named_always(whole: World, data: st.DataObject) -> None:
    play(whole, data)


def odd(world: World, data: st.DataObject) -> None:
    with undone(world) as session:
        a_value_is_of_another_kind(session, data)
        both_ways(session)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(UNHURRIED, max_examples=100)
@given(data=st.data())
def test_no_value_however_odd_is_too_much(whole: World, data: st.DataObject) -> None:
    odd(whole, data)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(UNHURRIED, max_examples=5000)
@given(data=st.data())
def test_no_value_however_odd_is_ever_too_much(whole: World, data: st.DataObject) -> None:
    odd(whole, data)


@pytest.fixture
def content(whole: World) -> bytes:
    """The database's file, with everything in it."""
    path = Path(whole.settings.database.removeprefix("sqlite:///"))
    whole.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path.read_bytes()


def flip(world: World, content: bytes, data: st.DataObject) -> None:
    """Any byte of the file: the command answers, and in a line's bytes it says which line."""
    path = Path(world.settings.database.removeprefix("sqlite:///"))
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink(missing_ok=True)  # a connection that ends takes its own away
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content[:18] + b"\x01\x01" + content[20:])  # read it without a journal
        rows = connection.execute(
            "SELECT device_id, epoch, first_seq, seq, raw FROM lines ORDER BY rowid"
        ).fetchall()
    lines = [
        (device_id, epoch, place, raw)
        for device_id, epoch, first, last, whole in rows
        for place, raw in enumerate(whole.split(b"\n") if first < last else [whole], start=first)
    ]
    lines = [line for line in lines if content.count(line[3]) == 1]  # elsewhere the same bytes are no line's
    device_id, epoch, seq, raw = lines[data.draw(st.integers(0, len(lines) - 1))]
    starts, size = {
        "line": (content.index(raw), len(raw)), "schema": (content.index(b"CREATE TABLE"), 8000),
        "head": (0, 4096), "file": (0, len(content)),
    }[what := data.draw(st.sampled_from(["line", "schema", "head", "file"]))]  # fmt: skip
    harmed = bytearray(content)
    harmed[starts + data.draw(st.integers(0, size - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(harmed)
    said, complained = io.StringIO(), io.StringIO()
    words = ["ledger", "verify", "--json", "--database", world.settings.database]
    with redirect_stdout(said), redirect_stderr(complained):
        try:
            code = cli.main(words)
        except SystemExit as ended:
            code = int(str(ended.code))
    assert code in {0, 1} or len(complained.getvalue().splitlines()) == 1, complained.getvalue()
    if what == "line":
        report = json.loads(said.getvalue())
        assert (code, report["device_id"], report["epoch"], report["seq"]) == (1, device_id, epoch, seq)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(UNHURRIED, max_examples=60)
@given(data=st.data())
def test_a_flipped_byte_anywhere_in_a_database_file_has_an_answer(
    whole: World, content: bytes, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setenv("CLOCKHOUSE_SECRETS_FILE", whole.settings.secrets_file)
    flip(whole, content, data)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(UNHURRIED, max_examples=2000)
@given(data=st.data())
def test_a_flipped_byte_anywhere_in_a_database_file_always_has_an_answer(
    whole: World, content: bytes, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setenv("CLOCKHOUSE_SECRETS_FILE", whole.settings.secrets_file)
    flip(whole, content, data)
