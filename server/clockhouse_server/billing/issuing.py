"""Issuing, crediting and paying: what is issued has a gapless number, its texts copied, and never changes."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from clockhouse_server.approval import books
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.billing import pdf, snapshot
from clockhouse_server.billing.drafts import editable
from clockhouse_server.billing.models import BilledCharge, Invoice, InvoiceLine, NumberSeries
from clockhouse_server.billing.store import used_by
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.jobs.models import Customer
from clockhouse_server.people import checks
from clockhouse_server.people.models import Company
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.pair import work_day

CREDIT_SUFFIX = "-CN"


def issue(session: Session, actor: Actor, invoice_id: str, *, now: datetime) -> Invoice:
    """Give a draft its number and freeze it, with its PDF; raises NotADraft, or Conflict for an empty one.

    All in the caller's transaction: a number is used if and only if it commits.
    """
    allow(actor, "invoices.issue")
    invoice = editable(session, actor, invoice_id)
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)).all()
    if not lines:
        raise Conflict("This draft has no lines.")
    company = sheets.company_of(session)
    customer = session.get_one(Customer, invoice.customer_id)
    tax = customer.tax_category, customer.tax_rate
    if any((line.tax_category, line.tax_rate) != tax for line in lines):
        raise Conflict("The client's tax has changed since this draft was made. Lay its lines out again.")
    _number(session, invoice, company.invoice_prefix, _today(session, now))
    invoice.due_on = (invoice.issue_on or now.date()) + timedelta(days=customer.payment_days)
    _freeze(invoice, snapshot.take(session, invoice), actor, now)
    session.flush()
    audit.record(
        session, actor, "invoice.issue", "invoice", invoice.id, now=now,
        after={"label": invoice.label, "gross": invoice.gross_total, "sha256": invoice.snapshot_sha256},
    )  # fmt: skip
    return invoice


def credit(
    session: Session,
    actor: Actor,
    invoice_id: str,
    *,
    reason: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Invoice:
    """Take an issued invoice back in full by a credit note of its own number; its hours can be billed again."""
    allow(actor, "invoices.issue")
    said = checks.text(reason, "reason", most=500)
    original = _issued(session, invoice_id)
    company = session.get_one(Company, "company")
    note = Invoice(
        id=new_id(), type="credit_note", status="draft", customer_id=original.customer_id,
        currency=original.currency, from_on=original.from_on, through_on=original.through_on,
        group_by=original.group_by, net_total=original.net_total, tax_total=original.tax_total,
        gross_total=original.gross_total, credits=original.id, reason=said,
        made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    session.add(note)
    session.flush()
    for line in session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == original.id)).all():
        values = {column.key: getattr(line, column.key) for column in InvoiceLine.__mapper__.column_attrs}
        session.add(InvoiceLine(**(values | {"invoice_id": note.id})))
    _number(session, note, company.invoice_prefix + CREDIT_SUFFIX, _today(session, now))
    _freeze(note, snapshot.of_credit_note(session, note, original, said), actor, now)
    original.status, original.credited_by = "void", note.id
    session.execute(
        update(BilledCharge)
        .where(BilledCharge.invoice_id == original.id, BilledCharge.released_at.is_(None))
        .values(released_at=now)
    )
    books.release(session, used_by(original), now)
    session.flush()
    audit.record(
        session, actor, "invoice.credit", "invoice", original.id, now=now, reason=said,
        after={"label": note.label, "credits": original.label, "sha256": note.snapshot_sha256},
    )  # fmt: skip
    return note


def mark_paid(session: Session, actor: Actor, invoice_id: str, paid_on: date, *, now: datetime) -> Invoice:
    """Note the day on which an issued invoice was paid."""
    allow(actor, "invoices.write")
    invoice = _issued(session, invoice_id)
    if invoice.status == "paid":
        raise Conflict("This invoice is paid already.")
    if invoice.issue_on is not None and paid_on < invoice.issue_on:
        raise Invalid("This is before the invoice was issued.", field="paid_on")
    if paid_on > _today(session, now):
        raise Invalid("This day has not come yet.", field="paid_on")
    invoice.status, invoice.paid_on = "paid", paid_on
    session.flush()
    audit.record(session, actor, "invoice.paid", "invoice", invoice.id, now=now, after={"paid_on": paid_on})
    return invoice


def gaps(session: Session) -> list[str]:
    """Numbers given out that no invoice bears, as `INV-2026-0007`; empty unless somebody tampered."""
    missing = []
    for series in session.scalars(select(NumberSeries).order_by(NumberSeries.series, NumberSeries.year)):
        held = set(
            session.scalars(
                select(Invoice.number).where(Invoice.series == series.series, Invoice.year == series.year)
            )
        )
        missing += [
            _label(series.series, series.year, number)
            for number in range(1, series.last + 1)
            if number not in held
        ]
    return missing


def _issued(session: Session, invoice_id: str) -> Invoice:
    invoice = session.get(Invoice, invoice_id, with_for_update=True)
    if invoice is None:
        raise NotFound("There is no such invoice.", field="invoice_id")
    if invoice.type != "invoice" or invoice.status not in {"issued", "paid"}:
        raise Conflict("Only an issued invoice that was not credited yet can be.", status=invoice.status)
    return invoice


def _today(session: Session, now: datetime) -> date:
    return work_day(now, sheets.company_of(session).zone, 0)


def _number(session: Session, invoice: Invoice, series: str, issue_on: date) -> None:
    """The next number; the series' row stays locked until the transaction ends, so that none is skipped."""
    number = session.execute(
        text(
            "INSERT INTO number_series (series, year, last) VALUES (:series, :year, 1) "
            "ON CONFLICT (series, year) DO UPDATE SET last = number_series.last + 1 RETURNING last"
        ),
        {"series": series, "year": issue_on.year},
    ).scalar_one()
    invoice.series, invoice.year, invoice.number = series, issue_on.year, int(number)
    invoice.label, invoice.issue_on = _label(series, issue_on.year, int(number)), issue_on


def _label(series: str, year: int, number: int) -> str:
    return f"{series}-{year}-{number:04d}"


def _freeze(invoice: Invoice, taken: dict[str, Any], actor: Actor, now: datetime) -> None:
    invoice.snapshot, invoice.snapshot_sha256 = taken, snapshot.digest(taken)
    invoice.pdf = pdf.render(taken)
    invoice.pdf_sha256 = sha256(invoice.pdf).hexdigest()
    invoice.status, invoice.issued_by, invoice.issued_at = "issued", actor.user_id, now
