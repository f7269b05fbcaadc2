"""What a kiosk is told about somebody's hours follows the books, corrections too."""

from clockhouse_server.devices.models import Device
from clockhouse_server.roster.store import pull
from clockhouse_server.timecards.corrections import adjust
from server.gate import FRIDAY, OFFICE, local


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
