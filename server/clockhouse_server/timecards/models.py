"""Corrections, and the entries that approval froze. Keyed by employee."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Adjustment(Base):
    """A correction, linked to what it corrects; the punch itself stays as read. Its own line is in the ledger.

    action: add (a missing punch), change (time, kind, job), void, restore, assign (an unknown badge's punch
    to this employee; `source_*` names that line).
    """

    __tablename__ = "adjustments"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    adjustment_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    epoch: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str]
    action: Mapped[str]
    punch_id: Mapped[str | None]
    kind: Mapped[str | None]
    counted_at: Mapped[datetime | None]
    job_id: Mapped[str | None]
    task_id: Mapped[str | None]
    site_id: Mapped[str | None]
    zone: Mapped[str]
    """Of the day that the correction is about."""
    proposal_id: Mapped[str | None]
    source_device_id: Mapped[str | None]
    source_epoch: Mapped[str | None]
    source_seq: Mapped[int | None]
    source_hash: Mapped[str | None]
    reason: Mapped[str]
    author_id: Mapped[str]
    made_at: Mapped[datetime]


class EntryRow(Base):
    """A stretch of one kind on one job, frozen by an approval. Open timecards are computed, not stored.

    `from_punch_id`/`to_punch_id` name a punch or the adjustment that stands for one. Seconds are integers.
    `superseded_at` is set when an approval is taken back; the row stays.
    """

    __tablename__ = "entries"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    approval_id: Mapped[str]
    on: Mapped[date] = mapped_column("on_date")
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    kind: Mapped[str]
    job_id: Mapped[str | None]
    task_id: Mapped[str | None]
    site_id: Mapped[str | None]
    from_punch_id: Mapped[str]
    to_punch_id: Mapped[str]
    worked_seconds: Mapped[int]
    counted_seconds: Mapped[int]
    billable: Mapped[bool]
    note: Mapped[str | None]
    trace: Mapped[list[Any]]
    rules: Mapped[str]
    superseded_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "employee_id", "on_date"), Index(None, "on_date"))

    @property
    def unbillable_because(self) -> str | None:
        """What keeps it off invoices, as its trace said when it was approved; None where it can be billed."""
        if self.billable:
            return None
        says = [str(step["says"]) for step in self.trace if step.get("rule") == "billable"]
        return says[0].removeprefix("not billed: ") if says else "it is not billable"
