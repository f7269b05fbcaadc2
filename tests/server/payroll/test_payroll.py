import csv
from datetime import timedelta
from hashlib import sha256
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_server.approval import store as approvals
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.errors import Conflict, Forbidden, Invalid
from clockhouse_server.payroll import generic, store
from clockhouse_server.people.models import Company, Person
from server.gate import FRIDAY, OFFICE

SUNDAY = FRIDAY + timedelta(days=2)
PERIOD = "2026-11-09"


def export(gate, session, **more):
    return store.export(session, OFFICE, "generic", PERIOD, **more, **gate.by)


def table(run):
    return list(csv.DictReader(StringIO(run.content.decode())))


def test_the_file_has_a_row_for_each_person_day_and_job(gate):
    gate.work_week("ana", "bob")
    gate.approve("ana", "bob", through=SUNDAY)
    with gate.open() as session:
        made = export(gate, session)
    rows = table(made)
    assert 10 == len(rows) == made.manifest["rows"]
    assert rows[0] == {
        "employee_number": "0417", "name": "Ana Ortiz", "payroll_number": "P0417", "agency": "",
        "date": "2026-11-09", "site": "Gate", "customer_code": "NORD", "job_code": "1042", "task_code": "",
        "regular_hours": "8.00", "paid_break_hours": "0.00", "paid_hours": "8.00", "paid_seconds": "28800",
        "cost_rate": "31.50", "cost": "252.00", "currency": "EUR",
    }  # fmt: skip
    assert "payroll-generic-2026-11-09.csv" == made.file_name
    assert (made.sha256, 288000, 30) == (
        sha256(made.content).hexdigest(), made.manifest["paid_seconds"], len(made.manifest["entries"]),
    )  # fmt: skip


def test_a_rest_is_paid_in_a_category_of_its_own(gate):
    gate.punch("ana", "08:00 in 1042\n10:00 break_start code:rest\n10:15 break_end\n12:00 out")
    gate.now += timedelta(days=3)
    gate.deliver()
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        (row,) = table(export(gate, session))
    assert ("3.75", "0.25", "4.00") == (row["regular_hours"], row["paid_break_hours"], row["paid_hours"])


def test_asked_for_again_it_is_the_same_file(gate):
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        first = export(gate, session)
    gate.now += timedelta(days=1)
    with gate.open() as session:
        again = export(gate, session)
        assert (first.id, first.content) == (again.id, again.content)
        assert 1 == len(store.runs(session, OFFICE))


def test_nobody_is_left_out_by_accident(gate):
    gate.work_week("ana", "bob")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        with pytest.raises(store.NotApproved) as refused:
            export(gate, session)
        assert ["Bob Weiß"] == refused.value.facts["people"]
        first = export(gate, session, partial=True)
        assert {"0417"} == {row["employee_number"] for row in table(first)}
    gate.approve("bob", through=SUNDAY)
    with gate.open() as session:
        second = export(gate, session)
        assert {"0418"} == {row["employee_number"] for row in table(second)}
        assert "payroll-generic-2026-11-09-2.csv" == second.file_name


def test_exported_hours_stay_approved_until_the_file_is_taken_back(gate):
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        run = export(gate, session)
        with pytest.raises(approvals.InUse):
            approvals.withdraw(session, OFFICE, gate.person["ana"], reason="x", now=gate.now)
        store.take_back(session, OFFICE, run.id, reason="wrong week", now=gate.now)
        with pytest.raises(Conflict):
            store.take_back(session, OFFICE, run.id, reason="twice", now=gate.now)
        approvals.withdraw(session, OFFICE, gate.person["ana"], reason="x", now=gate.now)
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        again = export(gate, session)
        assert run.content == again.content
        assert ("payroll-generic-2026-11-09.csv", "payroll-generic-2026-11-09-2.csv") == (
            run.file_name, again.file_name,
        )  # fmt: skip


def test_other_periods_later_do_not_hand_out_the_same_hours_again(gate):
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        first = export(gate, session)
    gate.punch("ana", "08:00 in 1042\n16:00 out", on=SUNDAY + timedelta(days=1))
    gate.now += timedelta(days=8)
    gate.deliver()
    gate.approve("ana", through=SUNDAY + timedelta(days=7))
    with gate.open() as session:
        session.get_one(Company, "company").period_days = 14
        session.flush()
        second = export(gate, session)
        assert ["2026-11-16"] == [row["date"] for row in table(second)]
        assert (first.file_name, second.file_name) == (
            "payroll-generic-2026-11-09.csv", "payroll-generic-2026-11-09-2.csv",
        )  # fmt: skip


def test_who_is_still_on_the_periods_last_shift_is_waited_for(gate):
    gate.work_week("ana")
    gate.approve("ana", through=SUNDAY)
    gate.punch("bob", "23:00 in 1042", on=SUNDAY)
    gate.deliver()
    with gate.open() as session, pytest.raises(store.NotApproved) as refused:
        export(gate, session)
    assert ["Bob Weiß"] == refused.value.facts["people"]


def test_who_left_with_a_mistake_open_is_not_forgotten(gate):
    gate.punch("bob", "16:00 out")
    gate.work_week("ana")
    with gate.open() as session:
        session.get_one(Person, gate.person["bob"]).active = False
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        with pytest.raises(store.NotApproved) as refused:
            export(gate, session)
        assert ["Bob Weiß"] == refused.value.facts["people"]


def test_what_cannot_be_exported_says_so(gate):
    with gate.open() as session:
        for wrong in (("lodas", PERIOD), ("generic", "2026-11-11")):
            with pytest.raises(Invalid):
                store.export(session, OFFICE, *wrong, **gate.by)
        with pytest.raises(Conflict):
            export(gate, session)
        with pytest.raises(Forbidden):
            store.export(session, Actor("u", "U", Role.SUPERVISOR), "generic", PERIOD, **gate.by)


def test_a_name_is_never_a_formula(gate):
    gate.work_week("ana")
    with gate.open() as session:
        session.get_one(Person, gate.person["ana"]).name = '=HYPERLINK("http://evil")'
    gate.approve("ana", through=SUNDAY)
    with gate.open() as session:
        assert "'=HYPERLINK" in table(export(gate, session))[0]["name"]


@given(st.text())
def test_no_cell_begins_like_a_formula(text):
    assert not generic.safe(text).startswith(generic.FORMULA_STARTS)
