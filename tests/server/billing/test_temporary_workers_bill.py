"""Hours that were punched under a provisional id are billed under a person's, and walk back to the reader."""

import json

from clockhouse_server.billing import drafts, issuing, why
from clockhouse_server.people import store as people
from clockhouse_server.timecards import merging
from server.gate import ADMIN, FRIDAY, MONDAY, OFFICE, local


def test_a_merged_worker_s_hours_lead_back_to_the_terminal(gate):
    kiosk = gate.kiosks["Gate 1"]
    with gate.open() as session:
        lead = people.PersonIn("0001", "Sven Super", site_ids=(gate.site["Gate"],), supervisor=True)
        lead_id = people.create_person(session, ADMIN, lead, **gate.by).id
    gate.person["temp"] = "temp-1"
    early = gate.punch("temp", "08:00 in 1042")
    kiosk.append(
        "enrolment", local("08:01"), what="person", action="given", employee_id="temp-1", actor_id=lead_id,
        beside={"person": kiosk.beside(json.dumps({"name": "Rosa", "agency": "Quick"}))},
    )  # fmt: skip
    gate.punch("temp", "12:00 out\n13:00 in 1042\n17:00 out")
    gate.deliver()
    gate.now = local("08:00", FRIDAY)
    gate.rate("100.00")
    with gate.open() as session:
        merging.merge(session, OFFICE, "temp-1", gate.person["bob"], **gate.by)
    gate.now = local("08:00+3", FRIDAY)
    gate.deliver()
    gate.approve("bob")
    with gate.open() as session:
        made = drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **gate.by)
        issuing.issue(session, OFFICE, made.id, now=gate.now)
    with gate.open() as session:
        found = why.why(session, "INV-2026-0001")
        assert found.ok, found.problems
    assert ["8.00"] == [line.quantity for line in found.lines]
    came = found.lines[0].because[0].ends[0]
    assert early == [came.punch_id]
    assert ["Gate 1", "office"] == [origin.where for origin in came.origins]
    assert "in by rfid" == came.origins[0].says
    assert "assign by u-office: Punched as Rosa (T0001)" == came.origins[1].says
