"""A supervisor's word at the kiosk settles a claim as the office's own would; what may not be is parked."""

from datetime import date

import pytest

from clockhouse_server.auth.models import AuditRow
from clockhouse_server.ingest.models import LineRow, ParkedLine, Proposal
from clockhouse_server.people import store as people
from clockhouse_server.timecards import decisions
from clockhouse_server.timecards.models import Adjustment
from clockhouse_sync import wire
from server.rig import ADMIN, MONDAY, OFFICE, World

CAME, SAID_AT = MONDAY, MONDAY.replace(hour=15, minute=30)


class Gate:
    """Bob forgot to clock out on Monday; on Tuesday he says when he left. Sven leads here."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.write() as session:
            given = people.CompanyIn("Haven", zone="Europe/Berlin")
            people.save_company(session, ADMIN, given, now=world.now())
        self.site = world.site()
        self.bob = world.person("0418", "Bob Ray", self.site)
        self.sven = world.person("0001", "Sven Boss", self.site, supervisor=True)
        self.kiosk = world.kiosk(self.site)
        self.punch = self.kiosk.punch("in", self.bob)
        world.now.forward(hours=23)
        self.claim("claim-1")
        self.kiosk.deliver()

    def claim(self, proposal_id: str) -> None:
        self.kiosk.line(
            "proposal", proposal_id=proposal_id, employee_id=self.bob, kind="out", punch_id=self.punch,
            claimed_at=wire.format_instant(SAID_AT),
        )  # fmt: skip

    def confirm(self, **fields: object) -> None:
        given = {"proposal_id": "claim-1", "employee_id": self.bob, "actor_id": self.sven, "accepted": True}
        self.kiosk.line("confirm", **given | fields)

    def status(self) -> list[str]:
        return [claim.status for claim in self.world.rows(Proposal)]


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def test_a_confirmed_claim_counts_by_the_supervisor_s_word(gate: Gate) -> None:
    gate.confirm()
    assert [("accepted", None)] == gate.kiosk.outcomes()
    (fix,) = gate.world.rows(Adjustment)
    assert ("add", "out", SAID_AT, gate.sven) == (fix.action, fix.kind, fix.counted_at, fix.author_id)
    assert ("claim-1", "Confirmed at the kiosk") == (fix.proposal_id, fix.reason)
    (claim,) = gate.world.rows(Proposal)
    assert ("confirmed", gate.sven, fix.adjustment_id) == (
        claim.status,
        claim.decided_by,
        claim.adjustment_id,
    )
    assert ["adjustment"] == [row.type for row in gate.world.rows(LineRow, device_id=f"emp:{gate.bob}")]
    assert gate.sven in {row.actor_id for row in gate.world.rows(AuditRow, action="timecard.add")}
    assert [("duplicate", None)] == gate.kiosk.outcomes(gate.kiosk.lines[-1:])
    assert 1 == len(gate.world.rows(Adjustment))
    state = gate.kiosk.known()["state"][gate.bob]
    assert "out" == state["kind"]


def test_the_time_that_the_supervisor_let_stand_counts(gate: Gate) -> None:
    at = SAID_AT.replace(hour=14)
    gate.confirm(claimed_at=wire.format_instant(at))
    gate.kiosk.deliver()
    assert [(at, "Confirmed at the kiosk for another time")] == [
        (fix.counted_at, fix.reason) for fix in gate.world.rows(Adjustment)
    ]


def test_claim_and_word_in_one_delivery(gate: Gate) -> None:
    gate.claim("claim-2")
    gate.confirm(proposal_id="claim-2")
    assert [("accepted", None)] * 2 == gate.kiosk.outcomes()
    assert ["claim-2"] == [fix.proposal_id for fix in gate.world.rows(Adjustment)]


def test_a_refused_claim_is_settled_and_changes_nothing(gate: Gate) -> None:
    gate.confirm(accepted=False)
    assert [("accepted", None)] == gate.kiosk.outcomes()
    assert (["declined"], []) == (gate.status(), gate.world.rows(Adjustment))
    assert "proposal" not in gate.kiosk.known()


def test_somebody_who_does_not_lead_here_settles_nothing(gate: Gate) -> None:
    elsewhere = gate.world.person("9", "Yara Far", gate.world.site("Yard"), supervisor=True)
    for actor_id in (elsewhere, gate.bob, "nobody"):
        gate.confirm(actor_id=actor_id)
    assert [("parked", "not_supervisor")] * 3 == gate.kiosk.outcomes()
    assert (["open"], []) == (gate.status(), gate.world.rows(Adjustment))
    assert 3 == len(gate.world.rows(ParkedLine))


def test_nobody_confirms_their_own_claim(gate: Gate) -> None:
    gate.kiosk.line(
        "proposal", proposal_id="own", employee_id=gate.sven, kind="in",
        claimed_at=wire.format_instant(SAID_AT),
    )  # fmt: skip
    gate.confirm(proposal_id="own", employee_id=gate.sven)
    assert ("parked", "own_time") == gate.kiosk.outcomes()[-1]


def test_a_second_word_and_a_word_on_nothing_wait_for_a_person(gate: Gate) -> None:
    gate.confirm()
    gate.confirm(accepted=False)
    gate.confirm(proposal_id="never-made")
    assert [
        ("accepted", None),
        ("parked", "settled"),
        ("parked", "unknown_proposal"),
    ] == gate.kiosk.outcomes()
    assert ["confirmed"] == gate.status()


def test_the_office_was_faster(gate: Gate) -> None:
    with gate.world.write() as session:
        decisions.decline(session, OFFICE, gate.bob, "claim-1", reason="was ill", now=gate.world.now())
    gate.confirm()
    assert [("parked", "settled")] == gate.kiosk.outcomes()


def test_an_approved_day_stays_as_it_was(gate: Gate) -> None:
    with gate.world.write() as session:
        people.lock_through(session, gate.bob, date(2026, 3, 2))
    gate.confirm()
    assert [("parked", "locked_period")] == gate.kiosk.outcomes()
    assert ["open"] == gate.status()


def test_what_the_books_refuse_is_parked_and_half_of_it_is_not_kept(gate: Gate) -> None:
    gate.confirm(claimed_at=wire.format_instant(MONDAY.replace(day=9)))
    assert [("parked", "refused")] == gate.kiosk.outcomes()
    assert (["open"], [], []) == (
        gate.status(), gate.world.rows(Adjustment), gate.world.rows(LineRow, device_id=f"emp:{gate.bob}"),
    )  # fmt: skip
    assert ["refused"] == [row.code for row in gate.world.rows(ParkedLine)]
    assert [("duplicate", "refused")] == gate.kiosk.outcomes(gate.kiosk.lines[-1:])
