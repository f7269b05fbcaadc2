"""Invoices, their lines and the charges behind them: every reading query."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.billing import totals
from clockhouse_server.billing.inputs import plain
from clockhouse_server.billing.models import BilledCharge, Charge, Invoice, InvoiceLine
from clockhouse_server.errors import NotFound
from clockhouse_server.jobs.models import Customer


@dataclass(frozen=True)
class ChargeView:
    """A charge on an invoice line with its share of the line's money."""

    charge: Charge
    amount: Decimal


@dataclass(frozen=True)
class LineView:
    line: InvoiceLine
    charges: tuple[ChargeView, ...]


@dataclass(frozen=True)
class InvoiceView:
    invoice: Invoice
    customer: Customer
    lines: tuple[LineView, ...]


def invoices(
    session: Session,
    actor: Actor,
    *,
    status: str | None = None,
    customer_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Invoice]:
    """Invoices and credit notes, drafts first, then the newest; `after` is the last id seen."""
    allow(actor, "invoices.read")
    query = select(Invoice)
    if status is not None:
        query = query.where(Invoice.status == status)
    if customer_id is not None:
        query = query.where(Invoice.customer_id == customer_id)
    found = sorted(
        session.scalars(query),
        key=lambda one: (one.status != "draft", -one.made_at.timestamp(), one.id),
    )
    ids = [one.id for one in found]
    start = ids.index(after) + 1 if after in ids else 0
    return found[start:][:limit]


def invoice_view(session: Session, actor: Actor, invoice_id: str) -> InvoiceView:
    """An invoice with its lines and their charges; raises NotFound."""
    allow(actor, "invoices.read")
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound("There is no such invoice.", field="invoice_id")
    return view_of(session, invoice)


def view_of(session: Session, invoice: Invoice) -> InvoiceView:
    """As invoice_view, for whoever holds the row already. A credit note's charges are those it takes back."""
    customer = session.get_one(Customer, invoice.customer_id)
    billed: dict[int, list[ChargeView]] = {}
    pairs = session.execute(
        select(BilledCharge, Charge)
        .join(
            Charge, (Charge.id == BilledCharge.charge_id) & (Charge.employee_id == BilledCharge.employee_id)
        )
        .where(BilledCharge.invoice_id == (invoice.credits or invoice.id))
        .order_by(Charge.on, Charge.employee_id, Charge.id)
    )
    for row, charge in pairs:
        billed.setdefault(row.position, []).append(ChargeView(charge, row.amount))
    lines = session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    )
    return InvoiceView(
        invoice, customer, tuple(LineView(line, tuple(billed.get(line.position, ()))) for line in lines)
    )


def by_label(session: Session, label: str) -> Invoice:
    """An issued invoice by its number, as INV-2026-0001; raises NotFound."""
    found = session.scalar(select(Invoice).where(Invoice.label == label))
    if found is None:
        raise NotFound(f"There is no invoice {label}.", field="invoice")
    return found


def used_by(invoice: Invoice) -> str:
    """The name under which an invoice rests on approved entries."""
    return f"invoice:{invoice.id}"


def document(session: Session, invoice: Invoice) -> totals.Document:
    """The invoice as the price calculator takes it."""
    lines = session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    )
    return totals.Document(
        currency=invoice.currency,
        type="credit_note" if invoice.type == "credit_note" else "invoice",
        lines=[
            totals.Line(
                id=str(line.position), description=line.description, quantity=f"{line.quantity:f}",
                unit=line.unit, unit_price=f"{line.unit_price:f}",
                tax=totals.tax(line.tax_category, plain(line.tax_rate)),
            )
            for line in lines
        ],
    )  # fmt: skip
