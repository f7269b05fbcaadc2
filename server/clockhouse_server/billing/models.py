"""Rates, charges and invoices. Money columns are exact decimals in the invoice's currency."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, event, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Rate(Base):
    """What an hour is billed at and costs, from a date on; the most specific scope wins. Never edited."""

    __tablename__ = "rates"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"))
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    employee_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    from_on: Mapped[date]
    bill: Mapped[Decimal]
    cost: Mapped[Decimal | None]
    currency: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Charge(Base):
    """What an approved entry is billed as: state billable, non_billable, held or written_off.

    An entry has one live charge; rating it anew supersedes the one before.
    """

    __tablename__ = "charges"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    customer_id: Mapped[str]
    job_id: Mapped[str]
    task_id: Mapped[str | None]
    on: Mapped[date] = mapped_column("on_date")
    seconds: Mapped[int]
    rate_id: Mapped[str | None]
    rate: Mapped[Decimal | None]
    state: Mapped[str]
    trace: Mapped[list[Any]]
    made_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    __table_args__ = (
        Index(None, "customer_id", "on_date"),
        Index(
            "uq_charges_live", "employee_id", "entry_id", unique=True,
            sqlite_where=text("superseded_at IS NULL"), postgresql_where=text("superseded_at IS NULL"),
        ),
    )  # fmt: skip


class NumberSeries(Base):
    """The last number given out in a series and year; locked by the transaction that issues."""

    __tablename__ = "number_series"
    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Invoice(Base):
    """type invoice or credit_note; status draft, issued, paid or void (by a credit note, `credited_by`).

    Once issued, `snapshot` holds every text and figure as printed and `pdf` the bytes; neither changes.
    """

    __tablename__ = "invoices"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    status: Mapped[str]
    series: Mapped[str | None]
    year: Mapped[int | None]
    number: Mapped[int | None]
    label: Mapped[str | None] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    currency: Mapped[str]
    from_on: Mapped[date]
    through_on: Mapped[date]
    group_by: Mapped[str]
    issue_on: Mapped[date | None]
    due_on: Mapped[date | None]
    net_total: Mapped[Decimal]
    tax_total: Mapped[Decimal]
    gross_total: Mapped[Decimal]
    snapshot: Mapped[dict[str, Any] | None]
    snapshot_sha256: Mapped[str | None]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)
    pdf_sha256: Mapped[str | None]
    credits: Mapped[str | None]
    credited_by: Mapped[str | None]
    reason: Mapped[str | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    issued_by: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    paid_on: Mapped[date | None]
    __table_args__ = (UniqueConstraint("series", "year", "number"),)


FROZEN: Final = (
    "type", "series", "year", "number", "label", "customer_id", "currency", "from_on", "through_on",
    "issue_on", "due_on", "net_total", "tax_total", "gross_total", "snapshot", "snapshot_sha256", "pdf",
    "pdf_sha256", "issued_by", "issued_at",
)  # fmt: skip
"""What never changes once an invoice is issued; status, payment and crediting do."""


@event.listens_for(Invoice, "before_update")
def _stay_as_issued(_mapper: Any, _connection: Any, invoice: Invoice) -> None:
    """No code path may change an issued invoice, however it came by the row."""
    if changed := [name for name in FROZEN if inspect(invoice).attrs[name].history.has_changes()]:
        _only_drafts(invoice, f"change: {', '.join(changed)}")


@event.listens_for(Invoice, "before_delete")
def _stay(_mapper: Any, _connection: Any, invoice: Invoice) -> None:
    """Nor may any delete one: its number would be a gap."""
    _only_drafts(invoice, "go")


def _only_drafts(invoice: Invoice, does: str) -> None:
    status = inspect(invoice).attrs.status.history
    if "draft" not in (status.deleted or status.unchanged or ()):
        raise AssertionError(f"an issued invoice must not {does}")


class InvoiceLine(Base):
    __tablename__ = "invoice_lines"
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]
    seconds: Mapped[int]
    quantity: Mapped[Decimal]
    unit: Mapped[str]
    unit_price: Mapped[Decimal]
    net: Mapped[Decimal]
    tax_category: Mapped[str]
    tax_rate: Mapped[Decimal]
    job_id: Mapped[str | None]


class BilledCharge(Base):
    """A charge on an invoice line, with its share of the line's money; released when a credit note frees it."""

    __tablename__ = "billed_charges"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    charge_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    amount: Mapped[Decimal]
    released_at: Mapped[datetime | None]
    __table_args__ = (
        # A charge stands on at most one live invoice.
        Index(
            "uq_billed_charges_live", "employee_id", "charge_id", unique=True,
            sqlite_where=text("released_at IS NULL"), postgresql_where=text("released_at IS NULL"),
        ),
        Index(None, "invoice_id", "position"),
    )  # fmt: skip
