from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clockhouse_server.approval import books, periods, store
from clockhouse_server.approval.models import Approval
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import decisions
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.corrections import OwnTime, adjust
from clockhouse_server.timecards.models import EntryRow
from server.gate import FRIDAY, MONDAY, OFFICE, local

SUNDAY = FRIDAY + timedelta(days=2)


def test_an_approval_freezes_the_entries_and_locks_the_days(gate):
    gate.work_week("ana")
    with gate.open() as session:
        made = store.approve(session, gate.supervisor(), gate.person["ana"], FRIDAY, **gate.by)
    with gate.open() as session:
        rows = store.entry_rows(session, made)
        assert 15 == len(rows)
        assert 5 * 28800 == sum(row.counted_seconds for row in rows)
        assert {"plain/1"} == {row.rules for row in rows}
        assert ["pair", "round", "billable"] == [step["rule"] for step in rows[0].trace]
        assert FRIDAY == session.get_one(Person, gate.person["ana"]).locked_through_on
        assert store.holds(session, made)
        assert [gate.person["ana"]] * 15 == [
            one.employee_id for one in books.entries(session, MONDAY, FRIDAY)
        ]


def test_a_changed_entry_no_longer_gives_the_approved_hash(gate):
    gate.work_week("ana")
    gate.approve("ana")
    with gate.open() as session:
        row = session.scalars(select(EntryRow)).first()
        row.worked_seconds += 1
        session.flush()
        assert not store.holds(session, session.scalars(select(Approval)).one())


def test_the_next_approval_goes_on_where_the_last_one_ended(gate):
    gate.work_week("ana")
    gate.approve("ana", through=MONDAY)
    gate.approve("ana")
    with gate.open() as session:
        newest, first = store.approvals(session, gate.person["ana"])
        assert (MONDAY + timedelta(days=1), FRIDAY) == (newest.from_on, newest.through_on)
        assert MONDAY == first.through_on
        assert 15 == len(books.entries(session, MONDAY, FRIDAY))
        with pytest.raises(Conflict):
            store.approve(session, OFFICE, gate.person["ana"], MONDAY, **gate.by)


def test_a_mistake_must_be_settled_first(gate):
    gate.punch("ana", "08:00 in 1042")
    gate.deliver()
    with gate.open() as session:
        with pytest.raises(store.NotReady) as refused:
            store.approve(session, OFFICE, gate.person["ana"], MONDAY, **gate.by)
        assert [{"code": "missing_out", "on": "2026-11-09"}] == refused.value.facts["problems"]
        adjust(
            session,
            OFFICE,
            gate.person["ana"],
            "add",
            kind="out",
            at=local("16:00"),
            reason="asked",
            **gate.by,
        )
        store.approve(session, OFFICE, gate.person["ana"], MONDAY, **gate.by)


def test_an_open_claim_or_a_parked_line_must_be_settled_first(gate):
    gate.punch("ana", "08:00 in 1042\n16:00 out")
    gate.punch("bob", "08:00 in no-such-job\n16:00 out")
    gate.kiosks["Gate 1"].append(
        "proposal", local("17:00"), proposal_id="claim", employee_id=gate.person["ana"], kind="out",
        claimed_at="2026-11-09T16:00:00.000Z",
    )  # fmt: skip
    gate.deliver()
    with gate.open() as session:
        for who, fact in (("ana", "proposals"), ("bob", "parked")):
            with pytest.raises(store.NotReady) as refused:
                store.approve(session, OFFICE, gate.person[who], MONDAY, **gate.by)
            assert refused.value.facts[fact]


def test_somebody_still_at_work_is_approved_later(gate):
    gate.punch("ana", "08:00 in 1042", on=FRIDAY)
    gate.deliver()
    with gate.open() as session:
        with pytest.raises(store.NotReady) as refused:
            store.approve(session, OFFICE, gate.person["ana"], FRIDAY, **gate.by)
        assert refused.value.facts["at_work"]


def test_a_kiosk_that_was_silent_holds_the_approval_until_it_is_named(gate):
    gate.work_week("ana")
    silent = gate.kiosks["Gate 2"].id
    with gate.open() as session:
        session.get_one(Device, silent).complete_through_at = local("12:00", FRIDAY)
    with gate.open() as session:
        with pytest.raises(store.KiosksOpen) as refused:
            store.approve(session, OFFICE, gate.person["ana"], FRIDAY, **gate.by)
        assert [{"id": silent, "name": "Gate 2"}] == refused.value.facts["kiosks"]
        made = store.approve(session, OFFICE, gate.person["ana"], FRIDAY, anyway=[silent], **gate.by)
        assert "Gate 2" == made.open_kiosks


def test_the_future_and_ones_own_days_are_not_approved(gate):
    gate.work_week("ana")
    with gate.open() as session:
        with pytest.raises(Invalid):
            store.approve(session, OFFICE, gate.person["ana"], date(2026, 12, 24), **gate.by)
        with pytest.raises(OwnTime):
            store.approve(session, gate.supervisor(person="ana"), gate.person["ana"], FRIDAY, **gate.by)
        with pytest.raises(NotFound):
            store.approve(session, gate.supervisor(site="Yard"), gate.person["ana"], FRIDAY, **gate.by)


def test_taking_an_approval_back_opens_its_days_and_keeps_its_entries(gate):
    gate.work_week("ana")
    gate.approve("ana", through=MONDAY)
    gate.approve("ana")
    ana = gate.person["ana"]
    with gate.open() as session:
        taken = store.withdraw(session, OFFICE, ana, reason="one day was wrong", now=gate.now)
        assert (FRIDAY, "one day was wrong") == (taken.through_on, taken.reason)
        assert MONDAY == session.get_one(Person, ana).locked_through_on
        assert 3 == len(books.entries(session, MONDAY, FRIDAY))
        assert 12 == len(store.entry_rows(session, taken))
        assert store.holds(session, taken)
        store.approve(session, OFFICE, ana, FRIDAY, **gate.by)
        assert 15 == len(books.entries(session, MONDAY, FRIDAY))
        assert 3 == len(store.history(session, OFFICE, ana))


def test_an_approval_stands_while_something_rests_on_it(gate):
    gate.work_week("ana")
    gate.approve("ana")
    with gate.open() as session:
        entry = books.entries(session, MONDAY, FRIDAY)[0]
        books.hold(session, [entry.key], "invoice:7", gate.now)
        with pytest.raises(store.InUse) as refused:
            store.withdraw(session, OFFICE, gate.person["ana"], reason="oops", now=gate.now)
        assert ["invoice:7"] == refused.value.facts["used_by"]
        books.release(session, "invoice:7", gate.now)
        store.withdraw(session, OFFICE, gate.person["ana"], reason="oops", now=gate.now)


def test_all_who_are_in_order_are_approved_at_once(gate):
    gate.work_week("ana")
    gate.punch("bob", "08:00 in 1042")
    gate.deliver()
    with gate.open() as session:
        outcomes = store.approve_ready(session, gate.supervisor(), FRIDAY, **gate.by)
    assert [("Ana Ortiz", None), ("Bob Weiß", "not_ready")] == [
        (one.person.name, one.refusal and one.refusal.code) for one in outcomes[:2]
    ]


def test_periods_are_laid_out_from_the_companys_settings(gate):
    with gate.open() as session:
        found = periods.newest(session, now=gate.now, count=3)
    assert ["2026-11-09", "2026-11-02", "2026-10-26"] == [period.id for period in found]
    assert SUNDAY == found[0].through_on


def test_a_period_closes_when_everybody_in_it_is_approved(gate):
    gate.work_week("ana", "bob")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        with pytest.raises(Conflict) as refused:
            periods.close(session, OFFICE, "2026-11-09", now=gate.now)
        assert ["Bob Weiß"] == refused.value.facts["people"]
    gate.approve("bob", through=SUNDAY)
    with gate.open() as session:
        assert periods.close(session, OFFICE, "2026-11-09", now=gate.now).closed_at
        with pytest.raises(Conflict):
            store.withdraw(session, OFFICE, gate.person["ana"], reason="late", now=gate.now)
        assert periods.reopen(session, OFFICE, "2026-11-09", reason="late", now=gate.now).closed_at is None
        store.withdraw(session, OFFICE, gate.person["ana"], reason="late", now=gate.now)


@pytest.mark.parametrize("period", ["2026-11-10", "next week"])
def test_a_period_is_named_by_its_first_day(gate, period):
    with gate.open() as session, pytest.raises(Invalid):
        periods.by_id(session, period)


def test_what_was_taken_back_meanwhile_cannot_be_rested_on(gate):
    gate.work_week("ana")
    gate.approve("ana")
    with gate.open() as session:
        entry = books.entries(session, MONDAY, FRIDAY)[0]
        store.withdraw(session, OFFICE, gate.person["ana"], reason="quick", now=gate.now)
        with pytest.raises(Conflict):
            books.hold(session, [entry.key], "invoice:7", gate.now)


def test_a_period_stays_open_while_a_late_punch_waits(gate):
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    gate.punch("ana", "17:00 in 1042\n18:00 out", kiosk="Gate 2")
    gate.deliver()
    with gate.open() as session, pytest.raises(Conflict) as refused:
        periods.close(session, OFFICE, "2026-11-09", now=gate.now)
    assert 2 == refused.value.facts["parked"]


def test_a_period_stays_open_while_an_unknown_badges_punch_is_nobodys(gate):
    gate.kiosks["Gate 1"].append(
        "punch", local("08:00"), punch_id="p-unknown", kind="in", kind_from="chosen", method="rfid",
        employee_id="nobody-we-know", job_id=gate.job["1042"],
    )  # fmt: skip
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        with pytest.raises(Conflict) as refused:
            periods.close(session, OFFICE, "2026-11-09", now=gate.now)
        assert 1 == refused.value.facts["parked"]
        (stray,) = [one for one in timecards.inbox(session, gate.supervisor(), now=gate.now) if one.parked]
        assert (None, "unknown_employee") == (stray.person, stray.parked.code)
        assert [] == timecards.inbox(session, gate.supervisor(site="Yard"), now=gate.now)
        decisions.settle(session, OFFICE, stray.parked.place, "set_aside", reason="a visitor", **gate.by)
        assert periods.close(session, OFFICE, "2026-11-09", now=gate.now).closed_at
