"""What accepted lines mean: punches, undos and better times here, what people say and set in modules of their own."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server import bulk
from clockhouse_server.db import advance, roster_version
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import evidence, leading, marks, saying, states, store
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.dating import Anchor, anchor_of, clock_was_good, date
from clockhouse_server.ingest.holding import Mark
from clockhouse_server.ingest.judge import Books, PunchKnown, is_locked
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.ingest.reading import Judged, text_beside
from clockhouse_sync import wire

PUNCHES: Final = "punches"
"""The counter of positions: the order in which punches arrived."""
NOTHING: Final = wire.Evidence()


@dataclass
class Times:
    """What dating needs, per epoch of a batch."""

    boots: dict[str, str]
    anchors: Mapping[str, list[Anchor]]
    before: dict[str, datetime | None] = field(default_factory=dict)


def times_of(session: Session, batch: Batch) -> Times:
    """Comparisons with our clock, looked up only where a punch's own clock was not good."""
    device_id, lines, held = batch.device.id, batch.lines, batch.held
    boots = {epoch: mark.boot_id for epoch, mark in held.marks.items() if mark.boot_id is not None}
    parents: dict[str, Mark] = dict(held.marks)
    anchors: dict[str, list[Anchor]] = defaultdict(list)
    clocks: list[tuple[str, wire.ClockLine]] = []
    doubtful: set[str] = set()
    for one in lines:
        match one.line:
            case wire.PunchLine() as punch:
                if not clock_was_good(punch):
                    doubtful.add(one.epoch)
            case wire.BootLine() as boot:
                boots[one.epoch] = boot.boot_id
                parents[one.epoch] = marks.mark_of(boot)
            case wire.ClockLine() as clock:
                clocks.append((one.epoch, clock))
            case _:
                pass
    for epoch, clock in clocks:
        anchor = anchor_of(clock)
        if anchor is not None and epoch in boots:
            anchors[boots[epoch]].append(anchor)
    times = Times(boots, anchors)
    if doubtful:
        wanted = {boots[epoch] for epoch in doubtful if epoch in boots}
        stored = store.anchors(session, device_id, store.boots(session, device_id, wanted))
        for boot_id, found in stored.items():
            anchors[boot_id].extend(found)
        for epoch in doubtful:
            times.before[epoch] = store.proved_before(session, device_id, parents.get(epoch))
    return times


def follow(
    session: Session,
    batches: Sequence[Batch],
    punches: Mapping[str, PunchKnown],
    known: Books,
    times: Mapping[str, Times],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> dict[str, set[str]]:
    """Carry out what the accepted ones among new lines say; whose punches were taken back or dated anew, by device."""
    accepted = {batch.device.id: batch.accepted() for batch in batches}
    if any(isinstance(one.read.line, wire.EnrolmentLine) for lines in accepted.values() for one in lines):
        advance(session, PUNCHES, by=0)  # its lock comes before the roster's, in every delivery
        for batch in batches:
            leading.enrol_people(session, batch.device, accepted[batch.device.id], now=now)
    made = _punches(session, batches, accepted)
    moved: dict[str, str] = {}
    changed: dict[str, set[str]] = {}
    for batch in batches:
        lines = accepted[batch.device.id]
        its = _undo(session, batch, lines, punches)
        lines = [one for one in lines if not isinstance(one.read.line, wire.PunchLine)]
        its |= _redate(session, batch.device, lines, times[batch.device.id], known)
        moved |= its
        changed[batch.device.id] = set(its.values())
        say(session, batch.device, lines, now=now, new_id=new_id)
    if made or moved:
        # Taken before the states are read: two deliveries at once must not overtake each other.
        states.refresh(session, made, moved, roster_version(session))
    return changed


def say(
    session: Session,
    device: Device,
    accepted: list[Judged],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Carry out what is no punch: claims, requests, answers, messages read, badges, the day's jobs."""
    saying.keep(session, device, accepted)
    leading.carry_out(session, device, accepted, now=now, new_id=new_id)
    if saying.told(accepted):
        saying.tell(session, accepted, roster_version(session))


def _punches(
    session: Session, batches: Sequence[Batch], accepted: Mapping[str, list[Judged]]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for batch in batches:
        found = [
            (one, one.read.line)
            for one in accepted[batch.device.id]
            if isinstance(one.read.line, wire.PunchLine)
        ]
        names = {
            name
            for _, line in found
            if line.beside is not None
            for name in (line.beside.note, line.beside.job_text, line.beside.credential)
            if name is not None
        }
        contents = evidence.contents(session, batch.device.id, names)
        rows.extend(_punch_row(one, line, contents) for one, line in found)
    if rows:
        first = advance(session, PUNCHES, by=len(rows)) - len(rows) + 1
        for position, row in enumerate(rows, start=first):
            row["position"] = position
        bulk.write(session, PunchRow, rows)
    return rows


def _punch_row(
    one: Judged, line: wire.PunchLine, contents: Mapping[str, tuple[bytes, bytes]]
) -> dict[str, Any]:
    dated, beside = one.incoming.dated, line.beside or NOTHING
    return {
        "employee_id": line.employee_id,
        "punch_id": line.punch_id,
        "device_id": line.device_id,
        "epoch": line.epoch,
        "seq": line.seq,
        "hash": one.read.hash,
        "kind": line.kind,
        "kind_from": line.kind_from,
        "method": line.method,
        "at": one.read.at,
        "counted_at": dated.counted_at,
        "basis": dated.basis,
        "not_before_at": dated.not_before,
        "not_after_at": dated.not_after,
        "zone": one.incoming.zone,
        "site_id": line.site_id,
        "job_id": line.job_id,
        "task_id": line.task_id,
        "break_code": line.break_code,
        "quantity": line.quantity,
        "quantity_bad": line.quantity_bad,
        "credential_ref": line.credential_ref,
        "credential": text_beside(beside.credential, contents),
        "note": text_beside(beside.note, contents),
        "job_text": text_beside(beside.job_text, contents),
        "actor_id": line.actor_id,
        "undone": False,
    }


def _undo(
    session: Session, batch: Batch, accepted: list[Judged], punches: Mapping[str, PunchKnown]
) -> dict[str, str]:
    """Mark punches as taken back, also by an undo that came before its punch did, across a gap."""
    device, held = batch.device, batch.held
    named = {one.read.line.punch_id for one in accepted if isinstance(one.read.line, wire.UndoLine)}
    filled = {
        one.read.epoch
        for one in accepted
        if isinstance(one.read.line, wire.PunchLine) and one.read.seq < held.newest.get(one.read.epoch, 0)
    }
    if filled:
        for raw in store.undo_lines(session, device.id, filled):
            line = wire.read_line(raw)
            assert isinstance(line, wire.UndoLine)
            named.add(line.punch_id)
    moved = {}
    for punch_id in named:
        known = punches.get(punch_id)
        row = None if known is None else session.get(PunchRow, (known.employee_id, punch_id))
        if row is not None and row.device_id == device.id:
            row.undone = True
            moved[punch_id] = row.employee_id
    if moved:
        session.flush()
    return moved


def _redate(
    session: Session, device: Device, accepted: list[Judged], times: Times, known: Books
) -> dict[str, str]:
    """A comparison with our clock proves the times of punches made before it in the same boot."""
    clocks = [one.read.epoch for one in accepted if isinstance(one.read.line, wire.ClockLine)]
    fresh = {times.boots[epoch] for epoch in clocks if epoch in times.boots}
    fresh = {boot_id for boot_id in fresh if times.anchors.get(boot_id)}
    if not fresh:
        return {}
    epochs = store.boots(session, device.id, fresh)
    moved = {}
    waiting = store.unproved(session, device.id, epochs)
    stand = store.standing(session, {row.employee_id for row, _ in waiting} - known.locked.keys())
    locked = {**known.locked, **{person_id: one.locked_through for person_id, one in stand.items()}}
    for row, raw in waiting:
        line = wire.read_head(raw)
        dated = date(
            line, wire.parse_instant(line.at), times.anchors[epochs[row.epoch]], None, row.counted_at
        )
        through = locked.get(row.employee_id)
        if dated.basis != "redated" or any(
            is_locked(through, at, row.zone, known.day_starts) for at in (row.counted_at, dated.counted_at)
        ):
            continue  # neither out of an approved day nor into one
        row.counted_at, row.basis = dated.counted_at, dated.basis
        row.not_before_at, row.not_after_at = dated.not_before, dated.not_after
        moved[row.punch_id] = row.employee_id
    session.flush()
    return moved
