from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from clockhouse_server.errors import Conflict, Invalid, PeriodLocked
from clockhouse_server.ingest.models import LineRow, Proposal
from clockhouse_server.people.models import Company
from clockhouse_server.timecards import decisions, sheets, store
from clockhouse_server.timecards.corrections import OwnTime, adjust
from clockhouse_server.timecards.parked import waiting
from server.gate import FRIDAY, MONDAY, OFFICE, local


def claim(gate, who, text, *, kind="out", punch_id=None):
    proposal_id = gate.new_id()
    gate.kiosks["Gate 1"].append(
        "proposal", local("07:55+1"), proposal_id=proposal_id, employee_id=gate.person[who], kind=kind,
        claimed_at=local(text).strftime("%Y-%m-%dT%H:%M:%S.000Z"), punch_id=punch_id,
    )  # fmt: skip
    gate.deliver()
    return proposal_id


def card(gate, session, who="bob"):
    return store.timecard(session, OFFICE, gate.person[who], MONDAY, FRIDAY, now=gate.now)


def test_what_bob_said_next_morning_counts_once_his_supervisor_agrees(gate):
    (came,) = gate.punch("bob", "08:00 in 1042")
    said = claim(gate, "bob", "16:30", punch_id=came)
    bob = gate.person["bob"]
    with gate.open() as session:
        before = card(gate, session)
        assert ([said], "attention") == ([one.proposal_id for one in before.proposals], before.status)
        assert 0 == before.worked_seconds
        decisions.confirm(session, gate.supervisor(), bob, said, **gate.by)
    with gate.open() as session:
        after = card(gate, session)
        assert (30600, (), "ready") == (after.worked_seconds, after.proposals, after.status)
        lines = session.scalars(select(LineRow.type).where(LineRow.device_id == f"emp:{bob}")).all()
        assert ["adjustment", "confirm"] == lines
        with pytest.raises(Conflict):
            decisions.confirm(session, OFFICE, bob, said, **gate.by)


def test_another_time_needs_a_reason(gate):
    gate.punch("bob", "08:00 in 1042")
    said = claim(gate, "bob", "18:30")
    bob = gate.person["bob"]
    with gate.open() as session:
        with pytest.raises(Invalid):
            decisions.confirm(session, OFFICE, bob, said, at=local("16:30"), **gate.by)
        made = decisions.confirm(
            session, OFFICE, bob, said, at=local("16:30"), reason="gate log says 16:30", **gate.by
        )
        assert "gate log says 16:30" == made.reason
        assert 30600 == card(gate, session).worked_seconds


def test_a_claim_about_a_punch_of_its_own_kind_moves_it(gate):
    _, left = gate.punch("bob", "08:00 in 1042\n16:00 out")
    said = claim(gate, "bob", "16:30", punch_id=left)
    with gate.open() as session:
        made = decisions.confirm(session, OFFICE, gate.person["bob"], said, **gate.by)
        assert ("change", left) == (made.action, made.punch_id)
        assert 30600 == card(gate, session).worked_seconds


def test_a_declined_claim_changes_nothing(gate):
    gate.punch("bob", "08:00 in 1042\n16:00 out")
    said = claim(gate, "bob", "18:00")
    with gate.open() as session:
        decisions.decline(session, OFFICE, gate.person["bob"], said, reason="seen leaving", now=gate.now)
        assert "declined" == session.get_one(Proposal, (gate.person["bob"], said)).status
        assert (28800, "ready") == (card(gate, session).worked_seconds, card(gate, session).status)


def test_nobody_confirms_their_own_claim(gate):
    gate.punch("bob", "08:00 in 1042")
    said = claim(gate, "bob", "16:30")
    with gate.open() as session, pytest.raises(OwnTime):
        decisions.confirm(session, gate.supervisor(person="bob"), gate.person["bob"], said, **gate.by)


def parked_of(gate, session, *who):
    return waiting(session, who, sheets.setting(session))


def test_an_unknown_badges_punch_is_given_to_its_owner(gate):
    gate.kiosks["Gate 1"].append(
        "punch", local("08:00"), punch_id="p-unknown", kind="in", kind_from="chosen", method="rfid",
        employee_id="nobody-we-know", job_id=gate.job["1042"],
    )  # fmt: skip
    gate.punch("ana", "16:00 out")
    gate.deliver()
    with gate.open() as session:
        (one,) = parked_of(gate, session, "nobody-we-know", "")
        assert "unknown_employee" == one.code
        with pytest.raises(Invalid):
            decisions.settle(session, OFFICE, one.place, "assign", reason="her badge", **gate.by)
        decisions.settle(
            session, OFFICE, one.place, "assign", person_id=gate.person["ana"], reason="her new badge",
            **gate.by,
        )  # fmt: skip
        assert 28800 == card(gate, session, "ana").worked_seconds
        assert [] == parked_of(gate, session, "nobody-we-know", "")
        with pytest.raises(Conflict):
            decisions.settle(session, OFFICE, one.place, "set_aside", reason="twice", **gate.by)


def test_a_punch_at_the_end_of_all_calendars_can_be_looked_at_and_set_aside(gate):
    gate.kiosks["Gate 1"].append(
        "punch", datetime(9999, 12, 31, 23, 59, tzinfo=UTC), punch_id="p-odd", kind="in", kind_from="chosen",
        method="rfid", employee_id=gate.person["ana"],
    )  # fmt: skip
    gate.deliver()
    with gate.open() as session:
        (one,) = parked_of(gate, session, "")
        assert ("unreadable", gate.now) == (one.code, one.at)
        decisions.settle(session, OFFICE, one.place, "set_aside", reason="its clock broke", **gate.by)
        assert [] == parked_of(gate, session, "")


def test_an_assigned_rest_is_paid_as_any_other(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.punch("nobody-we-know", "10:00 break_start code:rest\n10:15 break_end")
    gate.deliver()
    with gate.open() as session:
        for one in parked_of(gate, session, ""):
            decisions.settle(
                session, OFFICE, one.place, "assign", person_id=gate.person["ana"], reason="her badge", **gate.by
            )  # fmt: skip
        found = card(gate, session, "ana")
        assert (28800, []) == (found.worked_seconds, list(found.problems))


def test_a_doubtful_time_stays_doubtful_until_somebody_says_so(gate):
    gate.kiosks["Gate 1"].append(
        "punch", local("08:00"), punch_id="p-unknown", kind="in", kind_from="chosen", method="rfid",
        employee_id="nobody-we-know", job_id=gate.job["1042"], clock={"sync": False, "error_ms": 0},
    )  # fmt: skip
    gate.punch("ana", "16:00 out")
    gate.deliver()
    ana = gate.person["ana"]
    with gate.open() as session:
        (one,) = parked_of(gate, session, "")
        decisions.settle(session, OFFICE, one.place, "assign", person_id=ana, reason="her badge", **gate.by)
        assert ["unproved_time"] == [problem.code for problem in card(gate, session, "ana").problems]
        adjust(session, OFFICE, ana, "change", punch_id="p-unknown", kind="in", reason="asked her", **gate.by)
        assert [] == list(card(gate, session, "ana").problems)


def test_a_punch_on_an_unknown_job_gets_a_real_one(gate):
    gate.punch("ana", "08:00 in no-such-job\n16:00 out")
    gate.deliver()
    with gate.open() as session:
        (one,) = parked_of(gate, session, gate.person["ana"])
        assert "unknown_job" == one.code
        assert 1 == len(card(gate, session, "ana").parked)
        decisions.settle(
            session, gate.supervisor(), one.place, "accept", job_id=gate.job["1043"], reason="meant 1043",
            **gate.by,
        )  # fmt: skip
        found = card(gate, session, "ana")
        assert [(gate.job["1043"], 28800)] == [(one.job_id, one.worked_seconds) for one in found.totals]


def test_a_punch_that_came_after_the_lock_waits_for_the_day_to_be_opened(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.deliver()
    gate.approve("ana", through=MONDAY)
    gate.punch("ana", "17:00 in 1042\n18:00 out", kiosk="Gate 2")
    gate.deliver()
    with gate.open() as session:
        first, second = parked_of(gate, session, gate.person["ana"])
        assert {"locked_period"} == {first.code, second.code}
        with pytest.raises(PeriodLocked):
            decisions.settle(session, OFFICE, first.place, "accept", reason="late", **gate.by)
    with gate.open() as session:
        decisions.settle(session, OFFICE, first.place, "set_aside", reason="tested the reader", **gate.by)
        decisions.settle(session, OFFICE, second.place, "set_aside", reason="tested the reader", **gate.by)
        assert 28800 == card(gate, session, "ana").worked_seconds


def test_a_line_that_is_no_punch_can_only_be_set_aside(gate):
    gate.kiosks["Gate 1"].append("undo", local("08:00"), punch_id="never-heard-of", employee_id="x")
    gate.deliver()
    with gate.open() as session:
        for one in parked_of(gate, session, "x", ""):
            with pytest.raises(Invalid):
                decisions.settle(
                    session, OFFICE, one.place, "assign", person_id=gate.person["ana"], reason="x", **gate.by
                )


def test_an_hour_after_midnight_may_belong_to_an_approved_day(gate):
    with gate.open() as session:
        session.get_one(Company, "company").day_starts = 240
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.deliver()
    gate.approve("ana", through=MONDAY)
    gate.punch("ana", "01:30+1 in 1042\n03:00+1 out\n05:00+1 in 1042\n09:00+1 out", kiosk="Gate 2")
    gate.deliver()
    with gate.open() as session:
        assert ["locked_period"] * 2 == [one.code for one in parked_of(gate, session, gate.person["ana"])]
