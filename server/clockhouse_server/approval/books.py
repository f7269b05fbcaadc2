"""The one way in which payroll and billing read approved hours, and say that they rest on them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clockhouse_server.approval.models import Approval, EntryUse
from clockhouse_server.errors import Conflict
from clockhouse_server.timecards.models import EntryRow


@dataclass(frozen=True)
class ApprovedEntry:
    """A frozen stretch; `unbillable_because` is None where it can be billed."""

    id: str
    employee_id: str
    approval_id: str
    on: date
    from_at: datetime
    to_at: datetime
    kind: str
    job_id: str | None
    task_id: str | None
    site_id: str | None
    from_punch_id: str
    to_punch_id: str
    worked_seconds: int
    counted_seconds: int
    unbillable_because: str | None
    note: str | None
    trace: tuple[Mapping[str, Any], ...]
    rules: str

    @property
    def key(self) -> tuple[str, str]:
        return self.employee_id, self.id


def entries(
    session: Session, from_on: date, through_on: date, *, job_ids: Collection[str] | None = None
) -> list[ApprovedEntry]:
    """What is approved on these days, on these jobs or all, by employee and time."""
    query = select(EntryRow).where(EntryRow.on.between(from_on, through_on), EntryRow.superseded_at.is_(None))
    if job_ids is not None:
        query = query.where(EntryRow.job_id.in_(list(job_ids)))
    rows = session.scalars(query.order_by(EntryRow.employee_id, EntryRow.from_at, EntryRow.id))
    return [_read(row) for row in rows]


def by_id(session: Session, entry_ids: Collection[str]) -> dict[tuple[str, str], ApprovedEntry]:
    """These entries by employee and id, the superseded ones too."""
    rows = session.scalars(select(EntryRow).where(EntryRow.id.in_(list(entry_ids))))
    return {(row.employee_id, row.id): _read(row) for row in rows}


def approval_of(session: Session, approved: ApprovedEntry) -> Approval | None:
    """The approval that froze an entry."""
    return session.get(Approval, (approved.employee_id, approved.approval_id))


def approvals_of(session: Session, found: Iterable[ApprovedEntry]) -> dict[str, Approval]:
    """The approvals that froze these entries, by id."""
    ids = {one.approval_id for one in found}
    return {row.id: row for row in session.scalars(select(Approval).where(Approval.id.in_(ids)))}


def hold(session: Session, keys: Iterable[tuple[str, str]], used_by: str, now: datetime) -> None:
    """Rest on entries (employee and entry ids): their approval cannot be taken back until released.

    Raises Conflict where one was taken back meanwhile: whoever locks the entries first wins.
    """
    wanted = list(keys)
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.id.in_([entry_id for _, entry_id in wanted]))
        .order_by(EntryRow.employee_id, EntryRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if any(row.superseded_at is not None for row in rows):
        raise Conflict("Some of these hours are not approved any more. Try again.")
    before = {
        (use.employee_id, use.entry_id): use
        for use in session.scalars(select(EntryUse).where(EntryUse.used_by == used_by))
    }
    for key in wanted:
        use = before.get(key) or EntryUse(employee_id=key[0], entry_id=key[1], used_by=used_by)
        use.used_at, use.released_at = now, None
        session.add(use)
    session.flush()


def release(
    session: Session, used_by: str, now: datetime, keys: Iterable[tuple[str, str]] | None = None
) -> None:
    """Let go of all that a document rests on, or of some entries."""
    standing = update(EntryUse).where(EntryUse.used_by == used_by, EntryUse.released_at.is_(None))
    if keys is None:
        session.execute(standing.values(released_at=now))
        return
    for employee_id, entry_id in keys:
        one = standing.where(EntryUse.employee_id == employee_id, EntryUse.entry_id == entry_id)
        session.execute(one.values(released_at=now))


def users(session: Session, employee_id: str, entry_ids: Collection[str]) -> list[str]:
    """What rests on these entries, as `invoice:<id>` and `payroll:<id>`."""
    found = session.scalars(
        select(EntryUse.used_by).where(
            EntryUse.employee_id == employee_id,
            EntryUse.entry_id.in_(list(entry_ids)),
            EntryUse.released_at.is_(None),
        )
    )
    return sorted(set(found))


def _read(row: EntryRow) -> ApprovedEntry:
    return ApprovedEntry(
        id=row.id, employee_id=row.employee_id, approval_id=row.approval_id, on=row.on,
        from_at=row.from_at, to_at=row.to_at, kind=row.kind, job_id=row.job_id, task_id=row.task_id,
        site_id=row.site_id, from_punch_id=row.from_punch_id, to_punch_id=row.to_punch_id,
        worked_seconds=row.worked_seconds, counted_seconds=row.counted_seconds,
        unbillable_because=row.unbillable_because,
        note=row.note, trace=tuple(row.trace), rules=row.rules,
    )  # fmt: skip
