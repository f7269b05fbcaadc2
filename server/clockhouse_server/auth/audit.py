"""The audit trail: each row is written in the deed's own transaction and holds the hash of the row before."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.models import AuditRow
from clockhouse_server.db import Counter, advance


def record(
    session: Session,
    actor: Actor | str,
    action: str,
    subject_type: str,
    subject_id: str,
    *,
    now: datetime,
    reason: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditRow:
    """Add a row. `actor` is a user, or the name of a program such as `cli`. Call before db.roster_version.

    Secrets never go into before and after.
    """
    seq = advance(session, "audit")
    row = AuditRow(
        seq=seq,
        at=now.astimezone(UTC),
        actor_id=actor if isinstance(actor, str) else actor.user_id,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        reason=reason,
        before=None if before is None else _plain(before),
        after=None if after is None else _plain(after),
        prev=session.scalar(select(AuditRow.hash).where(AuditRow.seq == seq - 1)),
    )
    row.hash = _hash(row)
    session.add(row)
    session.flush()
    return row


def hold(session: Session) -> None:
    """Take the trail's lock now, where deeds will be recorded after a roster's version was taken."""
    advance(session, "audit", by=0)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two sides of what differs."""
    differing = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in differing}, {key: after[key] for key in differing}


def newest(session: Session, *, before: int | None = None, limit: int) -> list[AuditRow]:
    """The newest rows, newest first; `before` is the last seq seen."""
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(AuditRow.seq < before)))


def verify(session: Session) -> str | None:
    """What is wrong at the first row that does not hold, or None."""
    prev: str | None = None
    expected = 1
    query = select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=1000)
    try:
        with session.scalars(query) as rows:
            for row in rows:
                if row.seq != expected:
                    return f"audit row {expected} is missing"
                if row.prev != prev:
                    return f"audit row {row.seq} does not follow the row before it"
                if row.hash != _hash(row):
                    return f"audit row {row.seq} does not give its hash"
                prev, expected = row.hash, row.seq + 1
    except (ValueError, TypeError):  # an instant or JSON that is none any more
        return f"audit row {expected}, or one soon after it, cannot be read"
    counted = session.scalar(select(Counter.value).where(Counter.name == "audit")) or 0
    return None if counted == expected - 1 else f"audit row {expected} is missing"


def _hash(row: AuditRow) -> str:
    text = json.dumps(
        [
            row.seq, row.at.isoformat(), row.actor_id, row.action, row.subject_type, row.subject_id,
            row.reason, row.before, row.after, row.prev,
        ],
        sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case set() | frozenset():
            return sorted(_plain(inner) for inner in value)
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
