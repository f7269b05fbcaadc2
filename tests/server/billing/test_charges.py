from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_server import money
from clockhouse_server.billing.charges import Hours, charge, lines, shares
from clockhouse_server.billing.rates import PRECEDENCE, Rate, Scope, allowed, resolve

MONDAY = date(2026, 11, 9)
WORK = Scope("acme", "1042", "weld", "ana")


def rate(name, bill, from_on=date(2026, 1, 1), **scope):
    return Rate(name, Scope(**scope), from_on, Decimal(bill))


def hours(name, seconds, *, on=MONDAY, employee="ana", job="1042", task=None, because=None):
    return Hours(name, on, employee, "acme", job, task, seconds, because)


IN_ORDER = [
    rate("job+task+employee", "1", job="1042", task="weld", employee="ana"),
    rate("job+employee", "2", job="1042", employee="ana"),
    rate("job+task", "3", job="1042", task="weld"),
    rate("job", "4", job="1042"),
    rate("customer+employee", "5", customer="acme", employee="ana"),
    rate("customer+task", "6", customer="acme", task="weld"),
    rate("customer", "7", customer="acme"),
    rate("employee", "8", employee="ana"),
    rate("task", "9", task="weld"),
    rate("none", "10"),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_most_specific_rate_wins(first):
    for cards in (IN_ORDER[first:], IN_ORDER[first:][::-1]):
        assert IN_ORDER[first] == resolve(cards, WORK, MONDAY)


def test_of_equals_the_latest_start_that_is_not_after_the_day():
    cards = [rate("new", "2", date(2026, 11, 9)), rate("old", "1"), rate("next", "3", date(2026, 11, 10))]
    assert "new" == resolve(cards, WORK, MONDAY).id
    assert "old" == resolve(cards, WORK, date(2026, 11, 8)).id
    assert resolve(cards, WORK, date(2025, 12, 31)) is None


def test_a_broader_rate_that_is_newer_does_not_beat_a_narrower_one():
    cards = [rate("job", "1", job="1042"), rate("all", "2", date(2026, 11, 1))]
    assert "job" == resolve(cards, WORK, MONDAY).id


def test_somebody_elses_rate_never_applies():
    others = [rate("x", "1", job="other"), rate("y", "1", employee="bob"), rate("z", "1", customer="b")]
    assert resolve(others, WORK, MONDAY) is None


def test_a_jobs_customer_adds_nothing_and_some_scopes_do_not_exist():
    assert Scope(customer="acme", job="1042").names == frozenset({"job"})
    assert not allowed(Scope(task="weld", employee="ana"))


names = ("customer", "job", "task", "employee")
scopes = st.sampled_from(
    [
        Scope(**dict(zip(names, values, strict=True)))
        for values in product(*[(None, value) for value in ("acme", "1042", "weld", "ana")])
    ]
)


@given(st.lists(st.tuples(scopes, st.integers(1, 20)), max_size=8))
def test_resolution_agrees_with_trying_the_published_order_one_by_one(made):
    cards = [
        Rate(str(number), scope, date(2026, 11, day), Decimal(1))
        for number, (scope, day) in enumerate(made)
        if allowed(scope)
    ]
    expected = None
    for named in PRECEDENCE:
        matching = [card for card in cards if card.scope.names == named and card.from_on <= MONDAY]
        if matching:
            newest = max(card.from_on for card in matching)
            expected = [card for card in matching if card.from_on == newest][-1]
            break
    assert expected == resolve(cards, WORK, MONDAY)


def test_hours_without_a_rate_are_held_and_flagged_hours_are_not_billed():
    assert "held" == charge(hours("e1", 3600), [], "EUR").state
    in_house = charge(hours("e1", 3600, because="the customer is in-house"), IN_ORDER, "EUR")
    assert ("non_billable", "not billed: the customer is in-house") == (
        in_house.state,
        in_house.trace[0]["says"],
    )


def test_a_charge_says_which_rate_it_took_and_why():
    found = charge(hours("e1", 3600), [rate("r1", "110.00", job="1042")], "EUR")
    assert "110 EUR an hour, the rate for job from 2026-01-01 on" == found.trace[0]["says"]
    assert "r1" == found.trace[0]["rate"]


def test_a_line_is_hours_to_two_places_times_the_rate_rounded_once():
    third = [charge(hours(f"e{number}", 1200), [rate("r", "95.00")], "EUR") for number in range(3)]
    (line,) = lines(third, "job", "EUR")
    assert (Decimal("1.00"), Decimal("95.00")) == (line.quantity, line.net)
    assert [Decimal("31.67"), Decimal("31.67"), Decimal("31.66")] == [share.amount for share in line.shares]


def test_a_line_is_split_where_the_rate_changes():
    cards = [rate("r1", "100"), rate("r2", "110", date(2026, 11, 10))]
    days = [charge(hours(f"e{day}", 3600, on=date(2026, 11, day)), cards, "EUR") for day in (9, 10, 11)]
    assert [("1.00", "100"), ("2.00", "110")] == [
        (str(line.quantity), str(line.unit_price)) for line in lines(days, "job", "EUR")
    ]


GROUPED = [
    hours("e1", 3600, employee="ana", job="a"),
    hours("e2", 3600, employee="bob", job="a", task="weld"),
    hours("e3", 3600, employee="ana", job="b", on=date(2026, 11, 10)),
]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("entry", [1, 1, 1]),
        ("employee", [2, 1]),
        ("job", [2, 1]),
        ("task", [1, 1, 1]),
        ("date", [2, 1]),
    ],
)
def test_lines_are_grouped_as_asked(group_by, expected):
    charged = [charge(one, [rate("r", "1")], "EUR") for one in GROUPED]
    assert expected == [len(line.shares) for line in lines(charged, group_by, "EUR")]


@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=20),
    st.decimals("0.0001", 1000, places=4),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_shares_sum_to_the_line_and_are_less_than_a_unit_off(worked, price, currency):
    charged = [charge(hours(f"e{n:02d}", s), [rate("r", price)], currency) for n, s in enumerate(worked)]
    (line,) = lines(charged, "job", currency)
    assert sum(worked) == line.seconds == sum(share.charged.seconds for share in line.shares)
    assert line.net == sum(share.amount for share in line.shares)
    for share in line.shares:
        exact = line.net * share.charged.seconds / line.seconds
        assert abs(share.amount - exact) < money.unit(currency)


def test_a_total_over_nothing_is_nothing():
    assert [Decimal("0.00")] == shares(Decimal("0.00"), [0], "EUR")
