"""What must hold in the office's books: each punch counts once and for one person, and decisions stand beside what they decide."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.approval import store as approvals
from clockhouse_server.approval.models import Approval
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import LineRow, ParkedLine
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.sheets import Sheet
from clockhouse_sync import wire

if TYPE_CHECKING:
    from simulator.company import Company

Key = tuple[str, str, int, str]
LONG = timedelta(days=120)
"""Further than any clock is wrong, either way."""


def unbalanced(company: "Company") -> Iterator[str]:
    """What does not hold, in words."""
    with company.office.reading() as session:
        everybody = list(session.scalars(select(Person)))
        from_on, through_on = company.began.date() - LONG, company.now.date() + LONG
        read = sheets.sheets(session, everybody, from_on, through_on, now=company.now)
        lines = {
            (row.device_id, row.epoch, row.seq, row.hash): row
            for row in runs.every(session, LineRow.type != "adjustment")
        }
        taken_up = _taken_up(session)
        yield from _decided(session, lines, taken_up)
        yield from _counted(lines, taken_up, read)
        yield from _approved(session, read)


def _taken_up(session: Session) -> Counter[Key]:
    """How often each parked line was let count by a correction that names it."""
    found = session.scalars(select(Adjustment).where(Adjustment.action == "assign"))
    return Counter(
        (fix.source_device_id or "", fix.source_epoch or "", fix.source_seq or 0, fix.source_hash or "")
        for fix in found
    )


def _decided(session: Session, lines: dict[Key, runs.Stored], taken_up: Counter[Key]) -> Iterator[str]:
    """Every parked line is there, waits or was decided once, and what lets it count is linked to it."""
    waiting = {
        (row.device_id, row.epoch, row.seq, row.hash): row for row in session.scalars(select(ParkedLine))
    }
    for key, row in lines.items():
        if (
            row.outcome == "parked"
            and key not in waiting
            and (row.code != "revoked_key" or row.type == "punch")
        ):
            yield f"parked, and nobody is asked: {key}"
    for key, one in waiting.items():
        line = lines.get(key)
        if line is None or line.outcome != "parked":
            yield f"waits, and is not parked: {key}"
        counts = one.decision in {"accept", "assign"} and line is not None and line.type == "punch"
        if taken_up[key] != counts:
            yield f"decided as {one.decision}, and counts {taken_up[key]} times: {key}"
        if counts and session.scalar(
            select(Adjustment.source_hash).where(Adjustment.adjustment_id == one.adjustment_id)
        ) != one.hash:  # fmt: skip
            yield f"its decision is linked to something else: {key}"
    for key in taken_up.keys() - waiting.keys():
        yield f"let count, and was never parked: {key}"


def _counted(lines: dict[Key, runs.Stored], taken_up: Counter[Key], read: dict[str, Sheet]) -> Iterator[str]:
    """In everybody's timecards together, each punch stands once if it counts, and else not at all."""
    stands = Counter(punch.id for sheet in read.values() for punch in sheet.every)
    counts: Counter[str] = Counter()
    for key, row in lines.items():
        line = wire.read_line(row.raw) if row.type == "punch" else None
        if isinstance(line, wire.PunchLine):
            counts[line.punch_id] |= row.outcome == "accepted" or key in taken_up
    for punch_id in stands.keys() | counts.keys():
        if stands[punch_id] != counts[punch_id]:
            yield f"stands {stands[punch_id]} times in the timecards, not {counts[punch_id]}: {punch_id}"


def _approved(session: Session, read: dict[str, Sheet]) -> Iterator[str]:
    """What was approved stays as it was, and nothing that came later stands in those days."""
    for approval in session.scalars(select(Approval).where(Approval.withdrawn_at.is_(None))):
        if not approvals.holds(session, approval):
            yield f"no longer what was approved: {approval.id}"
    for sheet in read.values():
        locked = sheet.person.locked_through_on
        if locked is None:
            continue
        frozen = {
            (e.from_punch, e.to_punch, e.from_at, e.to_at)
            for one in sheet.entries
            if (e := one.entry).on <= locked
        }
        now = {(e.from_punch, e.to_punch, e.from_at, e.to_at) for e in sheet.computed if e.on <= locked}
        if frozen != now:
            yield f"approved days of {sheet.person.id} changed: {sorted(map(str, frozen ^ now))}"
