"""An invoice's arithmetic: lines, allowances, charges, tax and what is due, as the client can check it by hand.

Each line, allowance and charge is rounded once to the currency's digits, tax once per category and rate on
the summed base, always half away from zero.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any, Final, Literal

import msgspec

from clockhouse_server import money
from clockhouse_server.billing.inputs import PRECISION, Amount, Currency, Signed, Strict, read
from clockhouse_server.errors import Invalid

Category = Literal["S", "Z", "E", "AE", "K", "G", "O", "L", "M"]
UNTAXED: Final = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""EN 16931's categories that carry no tax whatever the amount."""


class Tax(Strict, frozen=True, kw_only=True):
    category: Category
    rate: Amount = "0"


def tax(category: str, rate: str) -> Tax:
    """A tax from texts; raises Invalid for a category that EN 16931 does not have."""
    return read(msgspec.json.encode({"category": category, "rate": rate}), Tax)


class Part(Strict, frozen=True, kw_only=True):
    """An allowance or charge of a line: an amount, or a percent of its base (the line's gross by default)."""

    amount: Amount | None = None
    percent: Amount | None = None
    base: Amount | None = None
    reason: str = ""


class DocumentPart(Part, frozen=True, kw_only=True):
    """As Part, on the whole document: the base of a percent must be given."""

    tax: Tax


class Line(Strict, frozen=True, kw_only=True):
    id: str
    quantity: Signed
    unit_price: Amount
    tax: Tax
    description: str = ""
    unit: str = "C62"
    base_quantity: Amount = "1"
    allowances: list[Part] = msgspec.field(default_factory=list)
    charges: list[Part] = msgspec.field(default_factory=list)


class TaxCurrency(Strict, frozen=True, kw_only=True):
    """`rate`: how much of this currency one unit of the invoice's is worth."""

    currency: Currency
    rate: Amount


class Document(Strict, frozen=True, kw_only=True):
    currency: Currency
    lines: list[Line]
    type: Literal["invoice", "credit_note"] = "invoice"
    allowances: list[DocumentPart] = msgspec.field(default_factory=list)
    charges: list[DocumentPart] = msgspec.field(default_factory=list)
    prepaid: Amount = "0"
    payable_rounding: Signed | None = None
    tax_currency: TaxCurrency | None = None


def price_text(raw: bytes) -> dict[str, Any]:
    """`clockhouse-server price`: JSON in, figures out; raises Invalid naming the first field that is wrong."""
    return price(read(raw, Document))


def price(document: Document) -> dict[str, Any]:
    """The document's figures, decimals as text in the currency's digits."""
    with localcontext(prec=PRECISION):
        return _price(document)


def _price(document: Document) -> dict[str, Any]:
    lines = [_line(line, f"lines[{at}]", document.currency) for at, line in enumerate(document.lines)]
    bases: dict[tuple[str, Decimal], _Base] = {}
    for at, (line, (_, net)) in enumerate(zip(document.lines, lines, strict=True)):
        _add(bases, line.tax, net, f"lines[{at}].tax.rate")
    allowances = _document_parts(document.allowances, "allowances", document.currency)
    charges = _document_parts(document.charges, "charges", document.currency)
    for at, (part, amount) in enumerate(zip(document.allowances, allowances, strict=True)):
        _add(bases, part.tax, -amount, f"allowances[{at}].tax.rate")
    for at, (part, amount) in enumerate(zip(document.charges, charges, strict=True)):
        _add(bases, part.tax, amount, f"charges[{at}].tax.rate")
    figures = {
        "line_total": sum((net for _, net in lines), Decimal(0)),
        "allowance_total": sum(allowances, Decimal(0)),
        "charge_total": sum(charges, Decimal(0)),
    }
    figures["net_total"] = figures["line_total"] - figures["allowance_total"] + figures["charge_total"]
    taxes = [base.taxed(document.currency) for base in bases.values()]
    figures["tax_total"] = sum((amount for _, amount in taxes), Decimal(0))
    figures["gross_total"] = figures["net_total"] + figures["tax_total"]
    rounding = money.rounded(Decimal(document.payable_rounding or "0"), document.currency)
    figures["due"] = (
        figures["gross_total"] - money.rounded(Decimal(document.prepaid), document.currency) + rounding
    )
    return {
        "lines": [
            {"id": line.id, "gross": _text(gross, document.currency), "net": _text(net, document.currency)}
            for line, (gross, net) in zip(document.lines, lines, strict=True)
        ],
        "tax": [row for row, _ in taxes],
        **{name: _text(value, document.currency) for name, value in figures.items()},
        **_in_tax_currency(document, figures["tax_total"]),
    }


def _line(line: Line, field: str, currency: str) -> tuple[Decimal, Decimal]:
    base_quantity = Decimal(line.base_quantity)
    if base_quantity == 0:
        raise Invalid("must be above 0", field=f"{field}.base_quantity")
    gross = money.rounded(Decimal(line.quantity) * Decimal(line.unit_price) / base_quantity, currency)
    net = gross
    for at, part in enumerate(line.allowances):
        net -= _part(part, f"{field}.allowances[{at}]", currency, gross)
    for at, part in enumerate(line.charges):
        net += _part(part, f"{field}.charges[{at}]", currency, gross)
    return gross, net


def _part(part: Part, field: str, currency: str, base: Decimal | None) -> Decimal:
    if (part.amount is None) == (part.percent is None):
        raise Invalid("give either an amount or a percent", field=field)
    if part.amount is not None:
        return money.rounded(Decimal(part.amount), currency)
    if part.base is not None:
        base = Decimal(part.base)
    if base is None:
        raise Invalid("a percent of the document needs its base", field=f"{field}.base")
    return money.rounded(base * Decimal(part.percent or "0") / 100, currency)


def _document_parts(parts: Sequence[DocumentPart], field: str, currency: str) -> list[Decimal]:
    return [_part(part, f"{field}[{at}]", currency, None) for at, part in enumerate(parts)]


class _Base:
    """What is taxed alike; the rate is shown as it was first written."""

    def __init__(self, tax: Tax) -> None:
        self.tax = tax
        self.net = Decimal(0)

    def taxed(self, currency: str) -> tuple[dict[str, str], Decimal]:
        amount = money.rounded(self.net * Decimal(self.tax.rate) / 100, currency)
        row = {
            "category": self.tax.category,
            "rate": self.tax.rate,
            "base": _text(self.net, currency),
            "amount": _text(amount, currency),
        }
        return row, amount


def _add(bases: dict[tuple[str, Decimal], _Base], tax: Tax, net: Decimal, field: str) -> None:
    rate = Decimal(tax.rate)
    if tax.category in UNTAXED and rate != 0:
        raise Invalid(f"category {tax.category} carries no tax; the rate must be 0", field=field)
    bases.setdefault((tax.category, rate), _Base(tax)).net += net


def _in_tax_currency(document: Document, tax_total: Decimal) -> dict[str, str]:
    if document.tax_currency is None:
        return {}
    there = document.tax_currency
    total = money.rounded(tax_total * Decimal(there.rate), there.currency)
    return {"tax_total_in_tax_currency": _text(total, there.currency)}


def _text(value: Decimal, currency: str) -> str:
    text = format(money.rounded(value, currency), "f")
    return text.removeprefix("-") if Decimal(text) == 0 else text
