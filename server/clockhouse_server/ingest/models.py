"""The ledger as received, and what is read out of it. Lines are keyed by device, the rest by employee.

Nothing here is ever updated but marks, a punch's `undone` and `counted_at`, and a parked line's settlement.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base

_UNPROVED = text("basis = 'unproved'")
_WHERE_UNPROVED: Any = {"sqlite_where": _UNPROVED, "postgresql_where": _UNPROVED}

NOBODY = ""
"""employee_id of punches whose badge nobody knows yet."""


class LineRow(Base):
    """A line, its bytes as received. `outcome` accepted or parked with `code`; `chain` linked, gap or fork.

    Sources without a device key (`emp:<id>`) are `signed` False. A run of plain punches that came together is one
    row (see `runs`): `raw` has one line below the other, `first_seq` and `prev` are the first one's, and `seq`,
    `hash` and `at` the last one's. All others have `first_seq` = `seq`.
    """

    __tablename__ = "lines"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    first_seq: Mapped[int]
    prev: Mapped[str | None]
    type: Mapped[str]
    at: Mapped[datetime]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    signed: Mapped[bool]
    chain: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str | None]
    received_at: Mapped[datetime]


class EpochMark(Base):
    """How far an epoch is held without an undeclared gap; `lost_through` what the device declared lost."""

    __tablename__ = "epoch_marks"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(primary_key=True)
    acknowledged_seq: Mapped[int]
    acknowledged_hash: Mapped[str]
    durable_seq: Mapped[int] = mapped_column(default=0)
    """How far the newest backup holds it: a device keeps later lines, so that a restored server can ask again."""
    boot_id: Mapped[str | None]
    parent_epoch: Mapped[str | None]
    parent_seq: Mapped[int | None]
    parent_hash: Mapped[str | None]
    first_received_at: Mapped[datetime]


class LostRange(Base):
    __tablename__ = "lost_ranges"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(primary_key=True)
    from_seq: Mapped[int] = mapped_column(primary_key=True)
    to_seq: Mapped[int]


class CheckpointRow(Base):
    """A device's signed statement, kept for ever."""

    __tablename__ = "checkpoints"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[str]
    signature: Mapped[str]
    received_at: Mapped[datetime]


class BesideRow(Base):
    """What travelled beside a line; erasing it sets salt and content to null and leaves the chain whole."""

    __tablename__ = "beside"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]


class PunchRow(Base):
    """An accepted punch line, read. `at` is the device's; `counted_at` what the books use, with its `basis`.

    basis: device (its clock was good), redated (proved later in the same boot), unproved (bounds only).
    """

    __tablename__ = "punches"
    # The id first: a kiosk's ids follow each other, and so do their places in the index.
    punch_id: Mapped[str] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    epoch: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str]
    kind: Mapped[str]
    kind_from: Mapped[str]
    method: Mapped[str]
    at: Mapped[datetime]
    counted_at: Mapped[datetime]
    basis: Mapped[str]
    not_before_at: Mapped[datetime | None]
    not_after_at: Mapped[datetime | None]
    zone: Mapped[str]
    site_id: Mapped[str | None]
    job_id: Mapped[str | None]
    task_id: Mapped[str | None]
    break_code: Mapped[str | None]
    quantity: Mapped[str | None]
    quantity_bad: Mapped[str | None]
    credential_ref: Mapped[str | None]
    credential: Mapped[str | None]
    note: Mapped[str | None]
    job_text: Mapped[str | None]
    actor_id: Mapped[str | None]
    undone: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    """Order of arrival over all punches: the cursor of GET /api/v1/punches."""
    __table_args__ = (
        Index(None, "employee_id", "counted_at"),
        Index(None, "position"),
        # Of these alone is it asked what a kiosk's punches are: an index of all would be the dearest to keep.
        Index(None, "device_id", "epoch", "seq", **_WHERE_UNPROVED),
    )


class Proposal(Base):
    """A claim about another time, made at a kiosk. status: open, confirmed, declined. `version` is the roster's."""

    __tablename__ = "proposals"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    proposal_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    epoch: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str]
    kind: Mapped[str]
    claimed_at: Mapped[datetime]
    made_at: Mapped[datetime]
    punch_id: Mapped[str | None]
    job_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="open")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    adjustment_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(index=True)


class CorrectionRequest(Base):
    """What somebody asked the office at a kiosk, in their own words. status: open, accepted, declined."""

    __tablename__ = "correction_requests"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    epoch: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str]
    site_id: Mapped[str | None]
    zone: Mapped[str]
    made_at: Mapped[datetime]
    on: Mapped[date | None] = mapped_column("on_date")
    kind: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    punch_id: Mapped[str | None]
    words: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="open")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    adjustment_id: Mapped[str | None]


class Answer(Base):
    """What somebody answered to one of a site's questions, after that punch; told apart by the line's hash."""

    __tablename__ = "answers"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    epoch: Mapped[str]
    seq: Mapped[int]
    punch_id: Mapped[str] = mapped_column(index=True)
    question_id: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime]


class ParkedLine(Base):
    """A line on which a person must decide. settled_by and the linked adjustment say what they decided."""

    __tablename__ = "parked_lines"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    parked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    decision: Mapped[str | None]
    reason: Mapped[str | None]
    adjustment_id: Mapped[str | None]


class LastState(Base):
    """A person's newest punch, for kiosks and for "who is in". `version` is the roster's."""

    __tablename__ = "last_states"
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    punch_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    site_id: Mapped[str | None]
    job_id: Mapped[str | None]
    task_id: Mapped[str | None]
    overdue: Mapped[bool] = mapped_column(default=False)
    """Whether kiosks were told of a shift that has gone on for too long: time alone made its end a missing one."""
    version: Mapped[int]
    """Without an index: PostgreSQL then changes the row in its place, and who asks has asked for people, too."""


class Alarm(Base):
    """A fork, a shorter history, a cloned card: kept until a person has looked."""

    __tablename__ = "alarms"
    id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    code: Mapped[str]
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    reason: Mapped[str | None]
