from datetime import timedelta

import pytest
from sqlalchemy import select

from clockhouse_server.approval import store as approvals
from clockhouse_server.auth import audit
from clockhouse_server.auth.models import AuditRow
from clockhouse_server.errors import Conflict, Invalid, NotFound, PeriodLocked
from clockhouse_server.ingest.models import BesideRow, LastState, LineRow, PunchRow
from clockhouse_server.jobs.models import Job
from clockhouse_server.timecards import store
from clockhouse_server.timecards.corrections import OwnTime, adjust
from clockhouse_server.timecards.worked import hours
from clockhouse_sync import ledger, wire
from server.gate import FRIDAY, MONDAY, OFFICE, local


def card(gate, session, who="ana", from_on=MONDAY, through_on=FRIDAY):
    return store.timecard(session, OFFICE, gate.person[who], from_on, through_on, now=gate.now)


def test_a_timecard_shows_days_entries_and_the_punches_behind_them(gate):
    gate.punch("ana", "07:58 in 1042\n12:00 break_start\n12:30 break_end\n14:00 transfer 1043\n16:31 out")
    gate.deliver()
    with gate.open() as session:
        found = card(gate, session)
    monday = found.days[0]
    assert [("work", 14520), ("unpaid_break", 0), ("work", 5400), ("work", 9060)] == [
        (one.entry.kind, one.counted_seconds) for one in monday.entries
    ]
    assert [gate.job["1042"], gate.job["1043"]] == [total.job_id for total in found.totals]
    assert 28980 == found.worked_seconds == found.billable_seconds
    assert ["rfid"] * 5 == [view.read.method for view in monday.punches]
    assert (5, 5) == (found.ledger.verified, found.ledger.total)
    assert "ready" == found.status


def test_hours_on_our_own_jobs_are_worked_and_not_billable(gate):
    gate.punch("ana", "08:00 in 0001\n16:00 out")
    gate.deliver()
    with gate.open() as session:
        found = card(gate, session)
    assert (28800, 0) == (found.worked_seconds, found.billable_seconds)
    assert "not billed: the customer is in-house" == found.days[0].entries[0].trace[-1]["says"]


def test_a_forgotten_out_is_added_with_a_reason_and_all_of_it_is_on_record(gate):
    (came,) = gate.punch("ana", "08:00 in 1042")
    gate.deliver()
    with gate.open() as session:
        assert ["missing_out"] == [problem.code for problem in card(gate, session).problems]
        made = adjust(
            session, gate.supervisor(), gate.person["ana"], "add", kind="out", at=local("16:30"),
            reason="told me on the phone", **gate.by,
        )  # fmt: skip
    with gate.open() as session:
        found = card(gate, session)
        assert (30600, []) == (found.worked_seconds, list(found.problems))
        line = session.get_one(LineRow, (made.device_id, made.epoch, made.seq, made.hash))
        said = wire.read_line(line.raw)
        assert isinstance(said, wire.AdjustmentLine)
        assert ("add", "out", "u-super") == (said.action, said.kind, said.author_id)
        beside = session.get_one(BesideRow, (made.device_id, said.beside.note))
        assert b"told me on the phone" == beside.content
        assert said.beside.note == ledger.beside_hash(beside.salt, beside.content)
        assert b"told me" not in line.raw
        row = session.scalars(select(AuditRow).where(AuditRow.action == "timecard.add")).one()
        assert ("u-super", "told me on the phone") == (row.actor_id, row.reason)
        assert audit.verify(session) is None
        assert session.get_one(PunchRow, (came, gate.person["ana"])).counted_at == local("08:00")


def test_changing_and_voiding_leave_the_punch_as_it_was_read(gate):
    came, left = gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.deliver()
    ana = gate.person["ana"]
    with gate.open() as session:
        adjust(
            session, OFFICE, ana, "change", punch_id=left, at=local("17:00"), reason="stayed on", **gate.by
        )
    with gate.open() as session:
        found = card(gate, session)
        assert 32400 == found.worked_seconds
        (view,) = [one for one in found.days[0].punches if one.id == left]
        assert (local("17:00"), local("16:00")) == (view.at, view.read.counted_at)
        assert ["stayed on"] == [fix.reason for fix in view.corrections]
        adjust(session, OFFICE, ana, "void", punch_id=came, reason="not here", **gate.by)
    with gate.open() as session:
        found = card(gate, session)
        assert ["missing_in"] == [problem.code for problem in found.problems]
        assert ["void", "loose"] == [view.state for view in found.days[0].punches]
        with pytest.raises(Conflict):
            adjust(session, OFFICE, ana, "void", punch_id=came, reason="again", **gate.by)
        adjust(session, OFFICE, ana, "restore", punch_id=came, reason="was here", **gate.by)
        assert 32400 == card(gate, session).worked_seconds


def test_a_correction_can_be_corrected(gate):
    gate.punch("ana", "08:00 in 1042")
    gate.deliver()
    ana = gate.person["ana"]
    with gate.open() as session:
        added = adjust(
            session, OFFICE, ana, "add", kind="out", at=local("16:00"), reason="said so", **gate.by
        )
        gate.now += timedelta(minutes=1)
        adjust(
            session, OFFICE, ana, "change", punch_id=added.adjustment_id, at=local("16:30"),
            reason="half past", **gate.by,
        )  # fmt: skip
        assert 30600 == card(gate, session).worked_seconds
        adjust(session, OFFICE, ana, "void", punch_id=added.adjustment_id, reason="no", **gate.by)
        after = card(gate, session)
        assert (0, ["counted", "void"]) == (
            after.worked_seconds, [view.state for view in after.days[0].punches],
        )  # fmt: skip
        assert ["said so", "half past", "no"] == [fix.reason for fix in after.days[0].punches[1].corrections]


WRONG = {
    "reason": {"action": "add", "kind": "out", "at": local("16:00"), "reason": "  "},
    "kind": {"action": "add", "at": local("16:00")},
    "at": {"action": "add", "kind": "out"},
    "job_id": {"action": "add", "kind": "in", "at": local("16:00"), "job_id": "nowhere"},
    "task_id": {"action": "add", "kind": "in", "at": local("16:00"), "task_id": "nothing"},
    "action": {"action": "delete"},
    "punch_id": {"action": "void", "punch_id": "nothing"},
}


@pytest.mark.parametrize("field", WRONG)
def test_a_correction_that_makes_no_sense_names_its_field(gate, field):
    with gate.open() as session, pytest.raises((Invalid, NotFound)) as refused:
        adjust(session, OFFICE, gate.person["ana"], **{"reason": "why", **WRONG[field]}, **gate.by)
    assert field == refused.value.field


def test_no_time_lies_ahead(gate):
    with gate.open() as session, pytest.raises(Invalid) as refused:
        adjust(
            session, OFFICE, gate.person["ana"], "add", kind="out", at=gate.now + timedelta(minutes=1),
            reason="early", **gate.by,
        )  # fmt: skip
    assert "at" == refused.value.field


def test_nobody_corrects_their_own_hours(gate):
    with gate.open() as session, pytest.raises(OwnTime):
        adjust(
            session, gate.supervisor(person="ana"), gate.person["ana"], "add", kind="out",
            at=local("16:00"), reason="me", **gate.by,
        )  # fmt: skip


def test_a_supervisor_reaches_the_people_of_their_sites_alone(gate):
    with gate.open() as session, pytest.raises(NotFound):
        adjust(
            session, gate.supervisor(site="Yard"), gate.person["ana"], "add", kind="out",
            at=local("16:00"), reason="x", **gate.by,
        )  # fmt: skip


def test_a_locked_day_stays_as_it_is_and_the_day_after_is_free(gate):
    came, left = gate.punch("ana", "22:00 in 1042\n06:00+1 out")
    gate.punch("ana", "22:00 in 1042", on=MONDAY + timedelta(days=1))
    gate.deliver()
    gate.approve("ana", through=MONDAY)
    ana = gate.person["ana"]
    with gate.open() as session:
        for fields in (
            {"action": "void", "punch_id": came},
            {"action": "change", "punch_id": left, "at": local("07:00+1")},
            {"action": "add", "kind": "out", "at": local("02:00+1")},
        ):
            with pytest.raises(PeriodLocked):
                adjust(session, OFFICE, ana, reason="late", **fields, **gate.by)
        adjust(session, OFFICE, ana, "add", kind="out", at=local("06:00+2"), reason="went home", **gate.by)
        assert ["approved", "ready"] == [
            card(gate, session, through_on=MONDAY + timedelta(days=number)).status for number in (0, 1)
        ]


def test_an_approved_day_is_shown_as_approved_whatever_changes_since(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.deliver()
    gate.approve("ana", through=MONDAY)
    with gate.open() as session:
        job = session.get_one(Job, gate.job["1042"])
        job.billable = False
        session.flush()
        shown = card(gate, session, through_on=MONDAY)
        assert (28800, 28800) == (shown.worked_seconds, shown.billable_seconds)


def test_a_punch_that_came_late_cannot_have_an_approved_hour_paid_twice(gate):
    gate.punch("ana", "22:00 in 1042\n06:00+1 out")
    gate.deliver()
    gate.approve("ana", through=MONDAY)
    (late,) = gate.punch("ana", "03:00+1 in 1042", kiosk="Gate 2")
    gate.deliver()
    ana, tuesday = gate.person["ana"], MONDAY + timedelta(days=1)
    with gate.open() as session:
        shown = card(gate, session, through_on=tuesday)
        assert [28800, 10800] == [day.worked_seconds for day in shown.days]
        assert ("overlap", tuesday, "attention") == (
            shown.problems[-1].code, shown.problems[-1].on, shown.status,
        )  # fmt: skip
        with pytest.raises(approvals.NotReady):
            approvals.approve(session, OFFICE, ana, tuesday, **gate.by)
        adjust(session, OFFICE, ana, "void", punch_id=late, reason="a badge held in passing", **gate.by)
        shown = card(gate, session, through_on=tuesday)
        assert ([28800, 0], "ready") == ([day.worked_seconds for day in shown.days], shown.status)


def test_kiosks_learn_what_was_corrected(gate):
    came, left = gate.punch("ana", "08:00 in 1042\n12:00 transfer 1043")
    gate.deliver()
    ana = gate.person["ana"]
    with gate.open() as session:
        before = session.get_one(LastState, ana)
        version = before.version
        assert ("transfer", gate.job["1043"]) == (before.kind, before.job_id)
        adjust(session, OFFICE, ana, "void", punch_id=left, reason="wrong card", **gate.by)
        after = session.get_one(LastState, ana)
        assert ("in", came, gate.job["1042"]) == (after.kind, after.punch_id, after.job_id)
        assert after.version > version
        adjust(session, OFFICE, ana, "void", punch_id=came, reason="wrong card", **gate.by)
        assert "out" == session.get_one(LastState, ana).kind


def test_the_list_says_who_needs_a_look(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.punch("bob", "08:00 in 1042")
    gate.deliver()
    with gate.open() as session:
        rows = store.rows(session, gate.supervisor(), MONDAY, FRIDAY, now=gate.now)
        assert [("Ana Ortiz", 28800, "ready"), ("Bob Weiß", 0, "attention")] == [
            (row.person.name, row.worked_seconds, row.status) for row in rows[:2]
        ]
        assert [] == store.rows(session, gate.supervisor(site="Yard"), MONDAY, FRIDAY, now=gate.now)
        waiting = store.inbox(session, gate.supervisor(), now=gate.now)
        assert [("Bob Weiß", "missing_out")] == [(one.person.name, one.problem.code) for one in waiting]


def test_somebody_at_work_now_is_at_work(gate):
    gate.punch("ana", "08:00 in 1042", on=FRIDAY)
    gate.deliver()
    with gate.open() as session:
        assert "at_work" == card(gate, session).status


def test_hours_of_this_week_and_the_last(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out", on=MONDAY - timedelta(days=3))
    gate.punch("ana", "08:00 in 1042\n15:00 out")
    gate.deliver()
    with gate.open() as session:
        worked = hours(session, [gate.person["ana"]], MONDAY, now=gate.now)[gate.person["ana"]]
    assert (25200, 28800, 25200, 0) == (worked.week, worked.last_week, worked.period, worked.today)
