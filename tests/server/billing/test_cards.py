from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from clockhouse_server.auth.models import AuditRow
from clockhouse_server.billing import cards
from clockhouse_server.errors import Conflict, Invalid
from server.gate import MONDAY, OFFICE


def test_rates_are_added_and_withdrawn_never_edited(gate):
    first = gate.rate("95.00", job_id=gate.job["1042"])
    with gate.open() as session:
        with pytest.raises(Conflict):
            cards.add_rate(
                session,
                OFFICE,
                cards.RateIn(date(2026, 1, 1), Decimal(1), job_id=gate.job["1042"]),
                **gate.by,
            )
        cards.withdraw_rate(session, OFFICE, first, now=gate.now)
        with pytest.raises(Conflict):
            cards.withdraw_rate(session, OFFICE, first, now=gate.now)
        assert [] == cards.all_rates(session, OFFICE)
        assert [Decimal(95)] == [rate.bill for rate in cards.all_rates(session, OFFICE, withdrawn=True)]
        assert ["rate.add", "rate.withdraw"] == session.scalars(
            select(AuditRow.action).where(AuditRow.subject_type == "rate").order_by(AuditRow.seq)
        ).all()
    gate.rate("99.00", job_id=gate.job["1042"])


def test_the_most_specific_comes_first(gate):
    gate.rate("1")
    gate.rate("2", job_id=gate.job["1042"])
    gate.rate("3", job_id=gate.job["1042"], from_on=MONDAY)
    gate.rate("4", job_id=gate.job["1042"], employee_id=gate.person["ana"])
    with gate.open() as session:
        assert [4, 3, 2, 1] == [rate.bill for rate in cards.all_rates(session, OFFICE)]


WRONG = {
    "customer_id": {"customer_id": "nobody"},
    "task_id": {"task_id": "nothing"},
    "employee_id": {"employee_id": "nobody"},
    "bill": {"bill": Decimal(-1)},
    "cost": {"cost": Decimal("0.00001")},
    "currency": {"currency": "euros"},
}


@pytest.mark.parametrize("field", WRONG)
def test_a_rate_that_makes_no_sense_names_its_field(gate, field):
    given = cards.RateIn(**{"from_on": MONDAY, "bill": Decimal(1), **WRONG[field]})
    with gate.open() as session, pytest.raises(Invalid) as refused:
        cards.add_rate(session, OFFICE, given, **gate.by)
    assert field == refused.value.field


def test_a_job_belongs_to_one_customer_and_a_task_with_an_employee_needs_its_job(gate):
    for scope in (
        {"customer_id": gate.customer["HOUSE"], "job_id": gate.job["1042"]},
        {"task_id": gate.task["COAT"], "employee_id": gate.person["ana"]},
    ):
        with gate.open() as session, pytest.raises(Invalid) as refused:
            cards.add_rate(session, OFFICE, cards.RateIn(MONDAY, Decimal(1), **scope), **gate.by)
        assert "job_id" == refused.value.field
