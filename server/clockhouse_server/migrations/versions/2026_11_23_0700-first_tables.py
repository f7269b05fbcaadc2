"""The first tables."""

import sqlalchemy as sa
from alembic import op

import clockhouse_server.db

revision = "2026_11_23_0700"
down_revision = None
branch_labels = None
depends_on = None


# A run of lines is large, and lines are much alike. What lz4 packs in a microsecond a line costs PostgreSQL's own
# way of packing five; where it was built without, they are kept as they are.
PACKED = """
DO $$ BEGIN
    ALTER TABLE lines ALTER COLUMN raw SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE lines ALTER COLUMN raw SET STORAGE EXTERNAL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "adjustments",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("adjustment_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("punch_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("counted_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=True),
        sa.Column("source_device_id", sa.String(), nullable=True),
        sa.Column("source_epoch", sa.String(), nullable=True),
        sa.Column("source_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source_hash", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "adjustment_id", name=op.f("pk_adjustments")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("settled_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_table(
        "answers",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("punch_id", sa.String(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "hash", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_punch_id"), "answers", ["punch_id"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("entries_hash", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("open_kiosks", sa.String(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "id", name=op.f("pk_approvals")),
    )
    op.create_index(
        op.f("ix_approvals_employee_id_through_on"), "approvals", ["employee_id", "through_on"], unique=False
    )
    op.create_table(
        "audit",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("prev", sa.String(), nullable=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(
        op.f("ix_audit_subject_type_subject_id"), "audit", ["subject_type", "subject_id"], unique=False
    )
    op.create_table(
        "beside",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "hash", name=op.f("pk_beside")),
    )
    op.create_table(
        "billed_charges",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("released_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "charge_id", "invoice_id", name=op.f("pk_billed_charges")),
    )
    op.create_index(
        op.f("ix_billed_charges_invoice_id_position"),
        "billed_charges",
        ["invoice_id", "position"],
        unique=False,
    )
    op.create_index(
        "uq_billed_charges_live",
        "billed_charges",
        ["employee_id", "charge_id"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "charges",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rate_id", sa.String(), nullable=True),
        sa.Column("rate", clockhouse_server.db.Exact(precision=20, scale=6), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("superseded_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "id", name=op.f("pk_charges")),
    )
    op.create_index(
        op.f("ix_charges_customer_id_on_date"), "charges", ["customer_id", "on_date"], unique=False
    )
    op.create_index(
        "uq_charges_live",
        "charges",
        ["employee_id", "entry_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("received_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq", "hash", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("weeks_start", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day_starts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period_from_on", sa.Date(), nullable=False),
        sa.Column("invoice_prefix", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "correction_requests",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("claimed_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("punch_id", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("adjustment_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "request_id", name=op.f("pk_correction_requests")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("tax_category", sa.String(), nullable=False),
        sa.Column("tax_rate", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("payment_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("in_house", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("code", name=op.f("uq_customers_code")),
    )
    op.create_index(op.f("ix_customers_version"), "customers", ["version"], unique=False)
    op.create_table(
        "entries",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("from_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("to_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("from_punch_id", sa.String(), nullable=False),
        sa.Column("to_punch_id", sa.String(), nullable=False),
        sa.Column("worked_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("superseded_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "id", name=op.f("pk_entries")),
    )
    op.create_index(
        op.f("ix_entries_employee_id_on_date"), "entries", ["employee_id", "on_date"], unique=False
    )
    op.create_index(op.f("ix_entries_on_date"), "entries", ["on_date"], unique=False)
    op.create_table(
        "entry_uses",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("used_by", sa.String(), nullable=False),
        sa.Column("used_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("released_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("employee_id", "entry_id", "used_by", name=op.f("pk_entry_uses")),
    )
    op.create_index(op.f("ix_entry_uses_used_by"), "entry_uses", ["used_by"], unique=False)
    op.create_table(
        "epoch_marks",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("acknowledged_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acknowledged_hash", sa.String(), nullable=False),
        sa.Column("durable_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("boot_id", sa.String(), nullable=True),
        sa.Column("parent_epoch", sa.String(), nullable=True),
        sa.Column("parent_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parent_hash", sa.String(), nullable=True),
        sa.Column("first_received_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", name=op.f("pk_epoch_marks")),
    )
    op.create_table(
        "export_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("taken_back_by", sa.String(), nullable=True),
        sa.Column("taken_back_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_runs")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "last_states",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("punch_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_last_states")),
    )
    op.create_table(
        "lines",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("first_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prev", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("received_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq", "hash", name=op.f("pk_lines")),
    )
    op.create_table(
        "lost_ranges",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("from_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", "from_seq", name=op.f("pk_lost_ranges")),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_number_series")),
    )
    op.create_table(
        "parked_lines",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("parked_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("settled_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("adjustment_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq", "hash", name=op.f("pk_parked_lines")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("default_job_id", sa.String(), nullable=True),
        sa.Column("payroll_number", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("cost_rate", clockhouse_server.db.Exact(precision=20, scale=6), nullable=True),
        sa.Column("supervisor", sa.Boolean(), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("favourite_job_ids", sa.JSON(), nullable=False),
        sa.Column("pin_with", sa.JSON(), nullable=True),
        sa.Column("preferences", sa.JSON(), nullable=True),
        sa.Column("preferences_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.String(), nullable=True),
        sa.Column("merged_by", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("locked_through_on", sa.Date(), nullable=True),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("number", name=op.f("uq_people_number")),
    )
    op.create_index(op.f("ix_people_version"), "people", ["version"], unique=False)
    op.create_table(
        "periods",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periods")),
        sa.UniqueConstraint("from_on", name=op.f("uq_periods_from_on")),
    )
    op.create_table(
        "proposals",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("claimed_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("punch_id", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("adjustment_id", sa.String(), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "proposal_id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_version"), "proposals", ["version"], unique=False)
    op.create_table(
        "punches",
        sa.Column("punch_id", sa.String(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kind_from", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("counted_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("not_before_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("not_after_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("break_code", sa.String(), nullable=True),
        sa.Column("quantity", sa.String(), nullable=True),
        sa.Column("quantity_bad", sa.String(), nullable=True),
        sa.Column("credential_ref", sa.String(), nullable=True),
        sa.Column("credential", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("job_text", sa.String(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("punch_id", "employee_id", name=op.f("pk_punches")),
    )
    op.create_index(
        op.f("ix_punches_device_id_epoch_seq"),
        "punches",
        ["device_id", "epoch", "seq"],
        unique=False,
        sqlite_where=sa.text("basis = 'unproved'"),
        postgresql_where=sa.text("basis = 'unproved'"),
    )
    op.create_index(
        op.f("ix_punches_employee_id_counted_at"), "punches", ["employee_id", "counted_at"], unique=False
    )
    op.create_index(op.f("ix_punches_position"), "punches", ["position"], unique=False)
    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("hour_cycle", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("general_job_id", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
    )
    op.create_index(op.f("ix_sites_version"), "sites", ["version"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blocked_until_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "credentials",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("weak", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("revoked_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_credentials_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
    )
    op.create_index(op.f("ix_credentials_person_id"), "credentials", ["person_id"], unique=False)
    op.create_index(op.f("ix_credentials_version"), "credentials", ["version"], unique=False)
    op.create_index(
        "uq_credentials_live",
        "credentials",
        ["value"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("hardware", sa.String(), nullable=False),
        sa.Column("software", sa.String(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=True),
        sa.Column("enrolled_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("confirmed_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("revoked_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("seen_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("complete_through_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("waiting", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clock_synced", sa.Boolean(), nullable=True),
        sa.Column("health", sa.JSON(), nullable=True),
        sa.Column("session_hash", sa.String(), nullable=True),
        sa.Column("session_expires_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_devices_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_site_id"), "devices", ["site_id"], unique=False)
    op.create_index(op.f("ix_devices_version"), "devices", ["version"], unique=False)
    op.create_table(
        "enroll_codes",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("used_by", sa.String(), nullable=True),
        sa.Column("used_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_enroll_codes_site_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enroll_codes")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=True),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("group_by", sa.String(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("net_total", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("tax_total", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("gross_total", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=True),
        sa.Column("snapshot_sha256", sa.String(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("credits", sa.String(), nullable=True),
        sa.Column("credited_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=True),
        sa.Column("issued_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_invoices_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("label", name=op.f("uq_invoices_label")),
        sa.UniqueConstraint("series", "year", "number", name=op.f("uq_invoices_series_year_number")),
    )
    op.create_index(op.f("ix_invoices_customer_id"), "invoices", ["customer_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pictogram", sa.String(), nullable=True),
        sa.Column("colour", sa.String(), nullable=True),
        sa.Column("purchase_order", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("asks_quantity", sa.Boolean(), nullable=False),
        sa.Column("asks_note", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_jobs_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("code", name=op.f("uq_jobs_code")),
    )
    op.create_index(op.f("ix_jobs_customer_id"), "jobs", ["customer_id"], unique=False)
    op.create_index(op.f("ix_jobs_version"), "jobs", ["version"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("sent_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("withdrawn_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_messages_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_site_id"), "messages", ["site_id"], unique=False)
    op.create_table(
        "person_sites",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_sites_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_person_sites_site_id")),
        sa.PrimaryKeyConstraint("person_id", "site_id", name=op.f("pk_person_sites")),
    )
    op.create_table(
        "pins",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("memory_kib", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lanes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pepper_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_pins_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pins")),
    )
    op.create_index(op.f("ix_pins_version"), "pins", ["version"], unique=False)
    op.create_table(
        "policies",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("pin_with", sa.JSON(), nullable=False),
        sa.Column("shuffle_pad", sa.Boolean(), nullable=False),
        sa.Column("mode_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_policies_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_policies")),
    )
    op.create_index(op.f("ix_policies_version"), "policies", ["version"], unique=False)
    op.create_table(
        "questions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("on_kind", sa.String(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("alarming", sa.String(), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_questions_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_site_id"), "questions", ["site_id"], unique=False)
    op.create_index(op.f("ix_questions_version"), "questions", ["version"], unique=False)
    op.create_table(
        "site_offers",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("set_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_offers_site_id")),
        sa.PrimaryKeyConstraint("site_id", "on_date", name=op.f("pk_site_offers")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("used_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("revoked_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    op.create_table(
        "user_sites",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_user_sites_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sites_user_id")),
        sa.PrimaryKeyConstraint("user_id", "site_id", name=op.f("pk_user_sites")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_table(
        "invoice_lines",
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_price", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("net", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("tax_category", sa.String(), nullable=False),
        sa.Column("tax_rate", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id")),
        sa.PrimaryKeyConstraint("invoice_id", "position", name=op.f("pk_invoice_lines")),
    )
    op.create_table(
        "job_sites",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_sites_job_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_job_sites_site_id")),
        sa.PrimaryKeyConstraint("job_id", "site_id", name=op.f("pk_job_sites")),
    )
    op.create_table(
        "message_copies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("read_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_copies_message_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_message_copies_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_copies")),
    )
    op.create_index(op.f("ix_message_copies_message_id"), "message_copies", ["message_id"], unique=False)
    op.create_index(op.f("ix_message_copies_person_id"), "message_copies", ["person_id"], unique=False)
    op.create_index(op.f("ix_message_copies_version"), "message_copies", ["version"], unique=False)
    op.create_table(
        "site_jobs",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_site_jobs_job_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_jobs_site_id")),
        sa.PrimaryKeyConstraint("site_id", "on_date", "job_id", name=op.f("pk_site_jobs")),
    )
    op.create_index(op.f("ix_site_jobs_version"), "site_jobs", ["version"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_tasks_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("job_id", "code", name=op.f("uq_tasks_job_id_code")),
    )
    op.create_index(op.f("ix_tasks_version"), "tasks", ["version"], unique=False)
    op.create_table(
        "wipe_orders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("ordered_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("told_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("confirmed_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.Column("wiped_at", sa.String(), nullable=True),
        sa.Column("delivered", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kept", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("signature", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_wipe_orders_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wipe_orders")),
    )
    op.create_index(op.f("ix_wipe_orders_device_id"), "wipe_orders", ["device_id"], unique=False)
    op.create_table(
        "rates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("employee_id", sa.String(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("bill", clockhouse_server.db.Exact(precision=20, scale=6), nullable=False),
        sa.Column("cost", clockhouse_server.db.Exact(precision=20, scale=6), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", clockhouse_server.db.Instant(timezone=True), nullable=False),
        sa.Column("withdrawn_at", clockhouse_server.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_rates_customer_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["people.id"], name=op.f("fk_rates_employee_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_rates_job_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_rates_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rates")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(PACKED)
