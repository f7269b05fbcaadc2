"""However deliveries are cut, repeated and reordered: one row for each line, one punch for each punch."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.models import Alarm, LastState, LineRow, PunchRow
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.timecards.delivered import take
from server.rig import Kiosk, World

LINES = 14
MESSY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
batches = st.lists(st.lists(st.integers(0, LINES - 1), min_size=1, max_size=LINES), max_size=6)


@contextmanager
def _undone(world: World) -> Iterator[Session]:
    """A transaction that is taken back, so that the next example finds the database as it was."""
    with Session(world.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "FEWEST", 2)


def _ledger(world: World) -> Kiosk:
    site = world.site()
    people = [world.person(str(number), f"Person {number}", site) for number in range(2)]
    kiosk = world.kiosk(site)
    mistake = ""
    for number in range(LINES - 2):
        world.now.forward(minutes=1)
        if number == 6:
            kiosk.boot()
            continue
        mistake = kiosk.punch("out" if number % 2 else "in", people[number % 2])
    world.now.forward(seconds=5)
    kiosk.line("undo", punch_id=mistake)
    return kiosk


def _send(session: Session, world: World, kiosk: Kiosk, lines: Sequence[bytes]) -> list[str]:
    device = session.get(Device, kiosk.device_id)
    assert device is not None
    server = world.server
    [answer] = take(
        session, [Batch.of(device, Delivery(lines))], keys=server.keys, now=world.now(), new_id=server.new_id
    )
    return [verdict.outcome for verdict in answer.verdicts]


def _state(session: Session) -> tuple[Counter[str], dict[str, bool], dict[str, str]]:
    session.expire_all()
    return (
        Counter(line.hash for line in runs.every(session)),
        {row.punch_id: row.undone for row in session.query(PunchRow)},
        {row.employee_id: row.punch_id for row in session.query(LastState)},
    )


@MESSY
@given(order=batches)
def test_any_cut_repeat_and_order_of_deliveries_gives_the_same_books(
    world: World, order: list[list[int]]
) -> None:
    kiosk = _ledger_of(world)
    assert LINES == len(kiosk.lines)
    with _undone(world) as session:
        _send(session, world, kiosk, kiosk.lines)
        expected = _state(session)
    with _undone(world) as session:
        for batch in order:
            _send(session, world, kiosk, [kiosk.lines[index] for index in batch])
        _send(session, world, kiosk, kiosk.lines)
        assert {"duplicate"} == set(_send(session, world, kiosk, kiosk.lines))
        assert expected == _state(session)
        assert set(expected[0].values()) == {1}
        assert [] == list(session.query(Alarm))
        assert verify_stored(session).ok


_KIOSKS: dict[int, Kiosk] = {}


def _ledger_of(world: World) -> Kiosk:
    """One ledger for all examples of a test."""
    if id(world) not in _KIOSKS:
        _KIOSKS.clear()
        _KIOSKS[id(world)] = _ledger(world)
    return _KIOSKS[id(world)]


@MESSY
@given(
    raws=st.lists(
        st.one_of(
            st.binary(max_size=40).map(lambda raw: b'"' + raw.hex().encode() + b'"'),
            st.dictionaries(
                st.sampled_from(["v", "type", "device_id", "epoch", "seq", "prev", "at", "punch_id", "kind", "clock"]),
                st.one_of(
                    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.floats(),
                    st.sampled_from(["punch", "DEVICE", "EPOCH", "in", "2026-03-02T07:00:00.000Z", "\x00", "\ud800"]),
                    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
                ),
            ).map(lambda fields: json.dumps(fields).encode()),
        ),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_whatever_a_kiosk_signs_is_kept_and_breaks_nothing(world: World, raws: list[bytes]) -> None:
    kiosk = _ledger_of(world)
    lines = [
        raw.replace(b"DEVICE", kiosk.device_id.encode()).replace(b"EPOCH", kiosk.epoch.encode())
        for raw in raws
    ]
    with _undone(world) as session:
        outcomes = _send(session, world, kiosk, [*lines, kiosk.lines[0]])
        assert "accepted" == outcomes[-1]
        assert set(lines) <= {line.raw for line in runs.every(session)}


@MESSY
@given(data=st.data())
def test_any_byte_that_is_flipped_in_the_store_is_found_and_named(world: World, data: st.DataObject) -> None:
    kiosk = _ledger_of(world)
    raw = data.draw(st.sampled_from(kiosk.lines))
    place = data.draw(st.integers(0, len(raw) - 1))
    harm = bytes([raw[place] ^ data.draw(st.integers(1, 255))])
    with _undone(world) as session:
        _send(session, world, kiosk, kiosk.lines)
        row = next(row for row in session.query(LineRow) if raw in row.raw.split(runs.BREAK))
        seq = row.first_seq + row.raw.split(runs.BREAK).index(raw)
        row.raw = row.raw.replace(raw, raw[:place] + harm + raw[place + 1 :])
        session.flush()
        report = verify_stored(session)
        assert (False, row.device_id, row.epoch, seq) == (
            report.ok, report.device_id, report.epoch, report.seq,
        )  # fmt: skip
