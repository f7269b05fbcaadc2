"""Approvals lock an employee's days through a date; periods are the company's pay periods."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Approval(Base):
    """One employee's days from `from_on` through `through_on`, approved. Taken back, never deleted.

    `entries_hash` is SHA-256 over the canonical text of the entries that it froze.
    """

    __tablename__ = "approvals"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    from_on: Mapped[date]
    through_on: Mapped[date]
    entries_hash: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    open_kiosks: Mapped[str | None]
    """Kiosks that had not reported past the end, where the approver went on all the same."""
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    __table_args__ = (Index(None, "employee_id", "through_on"),)


class EntryUse(Base):
    """An approved entry that an invoice or a payroll file rests on; the approval stands while any does.

    `used_by` is `invoice:<id>` or `payroll:<id>`.
    """

    __tablename__ = "entry_uses"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(primary_key=True)
    used_by: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "used_by"),)


class Period(Base):
    """A pay period that was closed; open ones are laid out from the company's settings."""

    __tablename__ = "periods"
    id: Mapped[str] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(unique=True)
    through_on: Mapped[date]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
