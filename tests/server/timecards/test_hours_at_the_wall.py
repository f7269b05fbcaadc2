"""What a kiosk is told about somebody's hours follows the books, corrections too."""

from datetime import date, timedelta

from clockhouse_server.devices.models import Device
from clockhouse_server.people import store as people
from clockhouse_server.roster.store import pull
from clockhouse_server.timecards.corrections import adjust
from server.gate import ADMIN, FRIDAY, MONDAY, OFFICE, ZONE, local


def told(gate, cursor=None):
    with gate.open() as session:
        device = session.get_one(Device, gate.kiosks["Gate 1"].id)
        answer = pull(session, device, cursor, now=gate.now)
    rows = {row.id: row.body for row in answer.rows if row.type == "hours"}
    return answer.cursor, rows


def test_a_correction_reaches_the_wall(gate):
    gate.punch("ana", "08:00 in 1042", on=FRIDAY)
    gate.punch("bob", "08:00 in 1042\n16:00 out", on=FRIDAY)
    gate.deliver()
    ana, bob = gate.person["ana"], gate.person["bob"]
    cursor, rows = told(gate)
    assert (0, 28800) == (rows[ana]["week_seconds"], rows[bob]["week_seconds"])
    with gate.open() as session:
        adjust(
            session, OFFICE, ana, "add", kind="out", at=local("12:00", FRIDAY), reason="went home", **gate.by
        )
    _, rows = told(gate, cursor)
    assert {ana: 14400} == {person: row["week_seconds"] for person, row in rows.items()}


def test_today_the_period_and_what_nobody_ended(gate):
    monday, thursday = gate.punch("ana", "08:00 in 1042", on=MONDAY), FRIDAY - timedelta(days=1)
    gate.punch("ana", "08:00 in 1042\n16:00 out", on=thursday)
    gate.punch("ana", "08:00 in 1042\n12:00 out\n13:00 in 1042", on=FRIDAY)
    gate.deliver()
    _, rows = told(gate)
    row = rows[gate.person["ana"]]
    assert (4 * 3600, 12 * 3600) == (row["today_seconds"], row["period_seconds"])
    assert [{"punch_id": monday[0], "since": "2026-11-09T07:00:00.000Z"}] == row["missing"]
    assert "balance_seconds" not in row


def test_the_period_can_begin_before_last_week(gate):
    with gate.open() as session:
        people.save_company(
            session, ADMIN, people.CompanyIn("Haven", zone=ZONE, period_days=28, period_from_on=date(2026, 10, 19)),
            now=gate.now,
        )  # fmt: skip
    gate.punch("ana", "08:00 in 1042\n16:00 out", on=date(2026, 10, 20))
    gate.punch("ana", "08:00 in 1042\n10:00 out", on=FRIDAY)
    gate.deliver()
    row = told(gate)[1][gate.person["ana"]]
    assert (10 * 3600, 0, 2 * 3600) == (row["period_seconds"], row["last_week_seconds"], row["week_seconds"])


def test_an_approved_day_asks_for_no_clock_out(gate):
    gate.punch("ana", "08:00 in 1042", on=MONDAY)
    gate.punch("ana", "08:00 in 1042\n16:00 out", on=FRIDAY)
    gate.deliver()
    with gate.open() as session:
        people.lock_through(session, gate.person["ana"], MONDAY)
    assert [] == told(gate)[1][gate.person["ana"]]["missing"]
