import json
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_server.billing.totals import price_text
from clockhouse_server.errors import Invalid

WELDING = {
    "type": "invoice",
    "currency": "EUR",
    "lines": [
        {
            "id": "1", "description": "Welding", "quantity": "12.25", "unit": "HUR", "unit_price": "110.00",
            "base_quantity": "1", "allowances": [{"percent": "5"}], "charges": [{"amount": "1.00"}],
            "tax": {"category": "S", "rate": "19"},
        }
    ],
    "allowances": [{"percent": "10", "base": "1281.12", "tax": {"category": "S", "rate": "19"}}],
    "charges": [],
    "prepaid": "0",
}  # fmt: skip


def priced(document):
    return price_text(json.dumps(document).encode())


def changed(**fields):
    return {**WELDING, **fields}


def line(number, quantity, price, rate="19", category="S", **more):
    return {
        "id": str(number), "quantity": quantity, "unit_price": price,
        "tax": {"category": category, "rate": rate}, **more,
    }  # fmt: skip


def test_the_published_example_comes_out_to_the_cent():
    assert priced(WELDING) == {
        "lines": [{"id": "1", "gross": "1347.50", "net": "1281.12"}],
        "tax": [{"category": "S", "rate": "19", "base": "1153.01", "amount": "219.07"}],
        "line_total": "1281.12",
        "allowance_total": "128.11",
        "charge_total": "0.00",
        "net_total": "1153.01",
        "tax_total": "219.07",
        "gross_total": "1372.08",
        "due": "1372.08",
    }


def test_two_tax_rates_with_an_allowance_on_one_of_them():
    found = priced(
        {
            "currency": "EUR",
            "lines": [
                line(1, "7.50", "95.00"),
                line(2, "12.25", "110.00", allowances=[{"percent": "5"}]),
                line(3, "2", "49.90", "7"),
            ],
            "allowances": [{"percent": "10", "base": "1992.62", "tax": {"category": "S", "rate": "19"}}],
        }
    )
    assert found["line_total"] == "2092.42"
    assert found["allowance_total"] == "199.26"
    assert found["net_total"] == "1893.16"
    assert [row["amount"] for row in found["tax"]] == ["340.74", "6.99"]
    assert found["gross_total"] == found["due"] == "2240.89"


def test_halves_go_away_from_zero_also_below_it():
    found = priced({"currency": "EUR", "lines": [line(1, "1", "1.005"), line(2, "-1", "1.005")]})
    assert ["1.01", "-1.01"] == [row["net"] for row in found["lines"]]


def test_tax_is_taken_once_on_the_summed_base():
    found = priced({"currency": "EUR", "lines": [line(number, "1", "0.03") for number in range(10)]})
    assert [{"category": "S", "rate": "19", "base": "0.30", "amount": "0.06"}] == found["tax"]


def test_the_same_rate_written_two_ways_is_one_rate():
    found = priced({"currency": "EUR", "lines": [line(1, "1", "1.00", "7"), line(2, "1", "1.00", "7.00")]})
    assert ["7"] == [row["rate"] for row in found["tax"]]


@pytest.mark.parametrize(("currency", "due"), [("JPY", "1"), ("EUR", "1.23"), ("KWD", "1.235")])
def test_each_currency_has_its_own_digits(currency, due):
    assert due == priced({"currency": currency, "lines": [line(1, "1", "1.2345", "0", "Z")]})["due"]


def test_what_was_paid_and_the_payable_rounding_change_only_what_is_due():
    found = priced(changed(prepaid="72.08", payable_rounding="-0.02"))
    assert ("1372.08", "1299.98") == (found["gross_total"], found["due"])


def test_tax_is_also_told_in_the_tax_currency():
    found = priced(changed(tax_currency={"currency": "SEK", "rate": "11.2345"}))
    assert "2461.14" == found["tax_total_in_tax_currency"]


def test_a_base_quantity_divides_the_price():
    assert (
        "3.33" == priced({"currency": "EUR", "lines": [line(1, "1", "10", base_quantity="3")]})["line_total"]
    )


def test_a_credit_note_carries_positive_figures():
    assert priced(WELDING) == priced(changed(type="credit_note"))


WRONG = {
    "lines[0].quantity": changed(lines=[line(1, 12.25, "110.00")]),
    "lines[0].unit_price": changed(lines=[line(1, "1", "-110.00")]),
    "lines[0].unit_prise": changed(lines=[line(1, "1", "1", unit_prise="1")]),
    "lines[0].base_quantity": changed(lines=[line(1, "1", "1", base_quantity="0")]),
    "lines[0].tax.category": changed(lines=[line(1, "1", "1", category="X")]),
    "lines[1].tax.rate": changed(lines=[line(1, "1", "1"), line(2, "1", "1", "19", "AE")]),
    "lines[0].allowances[0]": changed(lines=[line(1, "1", "1", allowances=[{}])]),
    "lines[0].charges[0]": changed(lines=[line(1, "1", "1", charges=[{"amount": "1", "percent": "1"}])]),
    "allowances[0].base": changed(allowances=[{"percent": "1", "tax": {"category": "S", "rate": "19"}}]),
    "allowances[0].tax": changed(allowances=[{"amount": "1"}]),
    "currency": changed(currency="euro"),
    "prepaid": changed(prepaid="NaN"),
    "payable_rounding": changed(payable_rounding="1e3"),
    "type": changed(type="receipt"),
    "lines[0].tax.rate": changed(lines=[line(1, "1", "1", "19\n")]),
    "lines[1].quantity": changed(lines=[line(1, "1", "1"), line(2, "١٢", "1")]),
}


@pytest.mark.parametrize("field", WRONG)
def test_one_clear_error_names_the_field(field):
    with pytest.raises(Invalid) as refused:
        priced(WRONG[field])
    parent, _, leaf = field.rpartition(".")
    assert field == refused.value.field or (parent == refused.value.field and leaf in refused.value.sentence)
    assert not refused.value.sentence.startswith(refused.value.field)  # whoever shows it names the field
    assert "\n" not in refused.value.sentence


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"lines": []}', b"[" * 100_000])
def test_what_is_not_a_document_is_refused(raw):
    with pytest.raises(Invalid):
        price_text(raw)


amounts = st.decimals(0, 100_000, places=4, allow_nan=False).map(lambda value: format(value, "f"))
taxes = st.sampled_from([("S", "19"), ("S", "7"), ("S", "7.00"), ("Z", "0"), ("AE", "0")])


@st.composite
def documents(draw):
    rows = []
    for number in range(draw(st.integers(1, 6))):
        category, rate = draw(taxes)
        parts = st.lists(st.builds(lambda amount: {"amount": amount}, amounts), max_size=2)
        rows.append(
            line(
                number,
                draw(amounts),
                draw(amounts),
                rate,
                category,
                allowances=draw(parts),
                charges=draw(parts),
            )
        )
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    return {"currency": currency, "lines": rows, "prepaid": draw(amounts)}


@given(documents())
def test_every_total_is_the_sum_of_what_stands_above_it(document):
    found = priced(document)
    sums = {name: Decimal(value) for name, value in found.items() if isinstance(value, str)}
    assert sums["line_total"] == sum(Decimal(row["net"]) for row in found["lines"])
    assert sums["net_total"] == sum(Decimal(row["base"]) for row in found["tax"])
    assert sums["tax_total"] == sum(Decimal(row["amount"]) for row in found["tax"])
    assert sums["gross_total"] == sums["net_total"] + sums["tax_total"]
    digits = {"EUR": "0.01", "JPY": "1", "KWD": "0.001"}[document["currency"]]
    paid = Decimal(document["prepaid"]).quantize(Decimal(digits), ROUND_HALF_UP)
    assert sums["due"] == sums["gross_total"] - paid


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_total(document, random):
    shuffled = msgspec.json.decode(msgspec.json.encode(document))
    random.shuffle(shuffled["lines"])
    one, other = priced(document), priced(shuffled)
    for name in ("line_total", "net_total", "tax_total", "due"):
        assert one[name] == other[name]
