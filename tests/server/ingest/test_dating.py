"""A punch counts when it was made, or as near as can be proved; the device's own word is kept beside it."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clockhouse_server.ingest.models import LastState, LineRow, PunchRow
from clockhouse_server.people import store as people
from clockhouse_sync import ledger, wire
from server.rig import MONDAY, Kiosk, World

DEAD_CLOCK = MONDAY.replace(year=1970, month=1, day=1, hour=0)


def _gate(world: World) -> tuple[Kiosk, str]:
    site = world.site()
    return world.kiosk(site), world.person("0417", "Ann Lee", site)


def _only(world: World) -> PunchRow:
    found: list[PunchRow] = world.rows(PunchRow)
    assert 1 == len(found)
    return found[0]


def test_a_good_clock_is_believed(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.punch("in", ann)
    kiosk.deliver()
    row = _only(world)
    assert ("device", row.at, None) == (row.basis, row.counted_at, row.not_after_at)


def test_without_a_clock_a_punch_has_bounds_until_the_same_boot_meets_the_server(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.punch("in", ann)
    kiosk.deliver()
    proved = world.now()
    kiosk.boot(boot_id="boot-2")
    world.now.forward(hours=2)
    kiosk.punch("out", ann, at=DEAD_CLOCK, sync=False, boottime_ms=60_000)
    world.now.forward(hours=1)
    kiosk.deliver()
    row = world.rows(PunchRow, kind="out")[0]
    assert ("unproved", proved, world.now()) == (row.basis, row.not_before_at, row.not_after_at)
    assert proved == row.counted_at
    assert DEAD_CLOCK == row.at

    server_time = wire.format_instant(world.now())
    kiosk.line("clock", cause="hello", server_time=server_time, rtt_ms=400, boottime_ms=60_000 + 3_600_000)
    kiosk.deliver()
    row = world.rows(PunchRow, kind="out")[0]
    assert ("redated", world.now() - timedelta(hours=1)) == (row.basis, row.counted_at)
    assert timedelta(milliseconds=400) == row.not_after_at - row.not_before_at
    assert row.counted_at == world.rows(LastState)[0].at


def test_a_comparison_in_the_same_boot_dates_later_epochs_too(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.boot(boot_id="boot-2")
    kiosk.line(
        "clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=0, boottime_ms=1000
    )
    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, at=DEAD_CLOCK, sync=None, boottime_ms=61_000)
    kiosk.deliver()
    assert ("redated", MONDAY + timedelta(minutes=1)) == (_only(world).basis, _only(world).counted_at)


def test_another_boot_proves_nothing(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, at=DEAD_CLOCK, sync=False, boottime_ms=61_000)
    kiosk.boot(boot_id="boot-3")
    kiosk.line(
        "clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=0, boottime_ms=1000
    )
    kiosk.deliver()
    assert "unproved" == _only(world).basis


def test_a_clock_that_owns_up_to_minutes_of_error_is_no_clock(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.punch("in", ann, clock={"sync": True, "error_ms": 120_000})
    kiosk.deliver()
    assert "unproved" == _only(world).basis


def test_approved_days_are_not_dated_anew(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, sync=False, boottime_ms=60_000)
    kiosk.deliver()
    with world.write() as session:
        people.lock_through(session, ann, date(2026, 3, 2))
    world.now.forward(hours=1)
    kiosk.line(
        "clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=0, boottime_ms=90_000
    )
    kiosk.deliver()
    assert "unproved" == _only(world).basis


def test_nothing_is_dated_into_an_approved_day(world: World) -> None:
    kiosk, ann = _gate(world)
    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, sync=False, boottime_ms=60_000)
    kiosk.deliver()
    with world.write() as session:
        people.lock_through(session, ann, date(2026, 3, 1))
    yesterday = 60_000 + 12 * 3_600_000
    kiosk.line(
        "clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=0, boottime_ms=yesterday
    )
    kiosk.deliver()
    assert "unproved" == _only(world).basis


@pytest.mark.parametrize(
    "odd",
    [
        {"rtt_ms": 2**53 - 1}, {"rtt_ms": -1}, {"boottime_ms": 2**53 - 1}, {"server_time": "0001-01-01T00:00:00.000Z"},
        {"server_time": "9999-12-31T23:59:59.999Z"},
    ],
    ids=str,
)  # fmt: skip
def test_a_comparison_that_cannot_be_stands_in_nobody_s_way(world: World, odd: dict[str, Any]) -> None:
    kiosk, ann = _gate(world)
    server_time = wire.format_instant(world.now())
    given = {"cause": "hello", "server_time": server_time, "rtt_ms": 8, "boottime_ms": 60_000}
    kiosk.line("clock", **given | odd)
    kiosk.punch("in", ann, at=DEAD_CLOCK, sync=False, boottime_ms=70_000)
    assert ("accepted", None) == kiosk.outcomes()[-1]
    kiosk.punch("out", ann, at=DEAD_CLOCK, sync=False, boottime_ms=80_000)
    assert [("accepted", None)] == kiosk.outcomes()
    assert {"unproved"} == {row.basis for row in world.rows(PunchRow)}


def test_a_bound_holds_though_the_newest_proof_s_line_was_damaged(world: World) -> None:
    kiosk, ann = _gate(world)
    proved = world.now()
    kiosk.punch("in", ann)
    world.now.forward(minutes=5)
    kiosk.punch("out", ann)
    kiosk.deliver()
    with world.write() as session:
        newest = session.scalars(select(LineRow).order_by(LineRow.seq.desc())).first()
        newest.raw = b"{" + newest.raw[2:]
    world.now.forward(minutes=5)
    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, at=DEAD_CLOCK, sync=None)
    assert [("accepted", None)] * 2 == kiosk.outcomes()
    [row] = [row for row in world.rows(PunchRow) if row.basis == "unproved"]
    assert proved == row.not_before_at


def test_a_bound_is_the_newest_proof_before_another_history_began(world: World) -> None:
    """Also within a run: a card that was put back knows only what came before."""
    kiosk, ann = _gate(world)
    instants = []
    for number in range(20):
        world.now.forward(minutes=1)
        instants.append(world.now())
        kiosk.punch("out" if number % 2 else "in", ann)
    kiosk.deliver()
    fifth = kiosk.lines[-16]
    assert instants[4] == wire.parse_instant(wire.read_line(fifth).at)
    kiosk.boot(
        boot_id="boot-2",
        parent={"epoch": kiosk.epoch, "seq": wire.read_line(fifth).seq, "hash": ledger.line_hash(fifth)},
    )
    kiosk.punch("in", ann, at=DEAD_CLOCK, sync=None)
    kiosk.deliver()
    [row] = [row for row in world.rows(PunchRow) if row.basis == "unproved"]
    assert instants[4] == row.not_before_at
