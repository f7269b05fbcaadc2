"""Payroll files: made from approved hours, kept as handed out, taken back but never changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from types import ModuleType
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.approval import books, periods
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.payroll import generic
from clockhouse_server.payroll.models import ExportRun
from clockhouse_server.payroll.rows import Names, rows
from clockhouse_server.people import checks
from clockhouse_server.people.models import Person, Site
from clockhouse_server.timecards import sheets

FORMATS: Final[Mapping[str, ModuleType]] = {generic.FORMAT: generic}
VERSION: Final = "1"


class NotApproved(Conflict):
    """Somebody with hours in the period is not approved through its end; `people` names them."""

    code = "not_approved"


def export(
    session: Session,
    actor: Actor,
    format_name: str,
    period_id: str,
    *,
    partial: bool = False,
    now: datetime,
    new_id: Callable[[], str],
) -> ExportRun:
    """The period's file. Asked for again, it is the same file; hours approved since then make another one.

    Raises NotApproved unless `partial`, and Conflict where nothing is approved.
    """
    allow(actor, "payroll.export")
    writer = FORMATS.get(format_name)
    if writer is None:
        raise Invalid(f"{format_name} is not a format; known: {', '.join(FORMATS)}.", field="format")
    period = periods.by_id(session, period_id)
    if not partial:
        _check_approved(session, actor, period, now)
    before = touching(session, format_name, period.from_on, period.through_on)
    handed_out = {tuple(key) for run in before for key in run.manifest["entries"]}
    entries = books.entries(session, period.from_on, period.through_on)
    new = [entry for entry in entries if entry.key not in handed_out]
    if not new:
        if not before:
            raise Conflict("Nothing is approved in this period.", field="period")
        return before[-1]
    number = 1 + _count(session, format_name, period)
    run = _written(session, writer, period, new, number, actor, now, new_id())
    books.hold(session, [entry.key for entry in new], f"payroll:{run.id}", now)
    audit.record(
        session, actor, "payroll.export", "payroll", run.id, now=now,
        after={"file_name": run.file_name, "sha256": run.sha256, "rows": run.manifest["rows"]},
    )  # fmt: skip
    return run


def take_back(session: Session, actor: Actor, run_id: str, *, reason: str, now: datetime) -> ExportRun:
    """Say that a file will not be used; its hours can be corrected and exported again."""
    allow(actor, "payroll.export")
    said = checks.text(reason, "reason", most=500)
    run = session.get(ExportRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound("There is no such file.", field="run_id")
    if run.taken_back_at is not None:
        raise Conflict("This file is taken back already.", field="run_id")
    run.taken_back_at, run.taken_back_by, run.reason = now, actor.user_id, said
    books.release(session, f"payroll:{run.id}", now)
    session.flush()
    audit.record(session, actor, "payroll.take_back", "payroll", run.id, now=now, reason=said)
    return run


def runs(session: Session, actor: Actor) -> list[ExportRun]:
    """Every file ever handed out, newest first."""
    allow(actor, "payroll.export")
    return list(session.scalars(select(ExportRun).order_by(ExportRun.made_at.desc(), ExportRun.id)))


def run(session: Session, actor: Actor, run_id: str) -> ExportRun:
    """One file; raises NotFound."""
    allow(actor, "payroll.export")
    found = session.get(ExportRun, run_id)
    if found is None:
        raise NotFound("There is no such file.", field="run_id")
    return found


def touching(session: Session, format_name: str, from_on: date, through_on: date) -> list[ExportRun]:
    """The files of a format that stand and hold any of these days, oldest first.

    Periods may have been laid out otherwise when they were made: no hour is handed out twice all the same.
    """
    return list(
        session.scalars(
            select(ExportRun)
            .where(
                ExportRun.format == format_name,
                ExportRun.from_on <= through_on,
                ExportRun.through_on >= from_on,
                ExportRun.taken_back_at.is_(None),
            )
            .order_by(ExportRun.made_at, ExportRun.file_name)
        )
    )


def _count(session: Session, format_name: str, period: periods.PayPeriod) -> int:
    """How many files were ever named after the period; one that was taken back keeps its name for itself."""
    mine = select(func.count()).where(ExportRun.format == format_name, ExportRun.from_on == period.from_on)
    return session.scalar(mine) or 0


def _check_approved(session: Session, actor: Actor, period: periods.PayPeriod, now: datetime) -> None:
    if missing := periods.unapproved(session, actor, period, now=now):
        names = ", ".join(missing)
        raise NotApproved(
            f"Not approved through {period.through_on}: {names}.", field="period", people=missing
        )


def _written(
    session: Session,
    writer: ModuleType,
    period: periods.PayPeriod,
    entries: Sequence[ApprovedEntry],
    number: int,
    actor: Actor,
    now: datetime,
    run_id: str,
) -> ExportRun:
    made = rows(entries, _names(session))
    content: bytes = writer.write(made)
    nth = f"-{number}" if number > 1 else ""
    manifest: dict[str, Any] = {
        "format": writer.FORMAT,
        "version": VERSION,
        "from": period.from_on.isoformat(),
        "through": period.through_on.isoformat(),
        "rows": len(made),
        "paid_seconds": sum(row.paid_seconds for row in made),
        "sha256": sha256(content).hexdigest(),
        "entries": [list(entry.key) for entry in entries],
    }
    run = ExportRun(
        id=run_id, format=writer.FORMAT, from_on=period.from_on, through_on=period.through_on,
        file_name=f"payroll-{writer.FORMAT}-{period.id}{nth}.{writer.SUFFIX}", content=content,
        sha256=manifest["sha256"], manifest=manifest, made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def _names(session: Session) -> Names:
    return Names(
        people={one.id: one for one in session.scalars(select(Person))},
        sites={one.id: one for one in session.scalars(select(Site))},
        customers={one.id: one for one in session.scalars(select(Customer))},
        jobs={one.id: one for one in session.scalars(select(Job))},
        tasks={one.id: one for one in session.scalars(select(Task))},
        currency=sheets.company_of(session).currency,
    )
