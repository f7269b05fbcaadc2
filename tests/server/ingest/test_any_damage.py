"""Whatever is done to a stored ledger by SQL, `ledger verify` names the first line that does not hold."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clockhouse_server.ingest import columns
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
