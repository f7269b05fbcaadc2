"""What an approval freezes: the entries as they stand, and a hash that anybody can compute again from them."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from clockhouse_server.timecards.classify import RULES
from clockhouse_server.timecards.models import EntryRow
from clockhouse_server.timecards.sheets import Sheet
from clockhouse_sync import wire


def frozen(sheet: Sheet, approval_id: str, new_id: Callable[[], str]) -> list[EntryRow]:
    """A row for each finished stretch; open ones count nothing and are not kept."""
    rows = []
    for one in sheet.entries:
        entry = one.entry
        if entry.to_at is None or entry.to_punch is None:
            continue
        read = sheet.rows.get(entry.from_punch)
        rows.append(
            EntryRow(
                employee_id=sheet.person.id,
                id=new_id(),
                approval_id=approval_id,
                on=entry.on,
                from_at=entry.from_at,
                to_at=entry.to_at,
                kind=entry.kind,
                job_id=entry.job,
                task_id=entry.task,
                site_id=entry.site,
                from_punch_id=entry.from_punch,
                to_punch_id=entry.to_punch,
                worked_seconds=entry.worked_seconds,
                counted_seconds=one.counted_seconds,
                billable=one.billable,
                note=None if read is None else read.note or read.job_text,
                trace=[dict(step) for step in one.trace],
                rules=RULES,
            )
        )
    return rows


def entries_hash(rows: Iterable[EntryRow]) -> str:
    """SHA-256 over the canonical text of the entries, in order of time."""
    ordered = sorted(rows, key=lambda row: (row.from_at, row.id))
    return sha256(wire.encode({"entries": [_plain(row) for row in ordered]})).hexdigest()


def _plain(row: EntryRow) -> dict[str, Any]:
    fields = {
        "id": row.id,
        "employee_id": row.employee_id,
        "approval_id": row.approval_id,
        "on": row.on.isoformat(),
        "from": wire.format_instant(row.from_at),
        "to": wire.format_instant(row.to_at),
        "kind": row.kind,
        "job_id": row.job_id,
        "task_id": row.task_id,
        "site_id": row.site_id,
        "from_punch_id": row.from_punch_id,
        "to_punch_id": row.to_punch_id,
        "worked_seconds": row.worked_seconds,
        "counted_seconds": row.counted_seconds,
        "billable": row.billable,
        "rules": row.rules,
    }
    return {name: value for name, value in fields.items() if value is not None}
