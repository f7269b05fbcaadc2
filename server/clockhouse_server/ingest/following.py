"""What accepted lines mean: punches, undos and better times here, what people say and set in modules of their own."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server import bulk
from clockhouse_server.db import advance, roster_version
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import evidence, leading, marks, saying, states, store
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.dating import Anchor, anchor_of, clock_is_good, date
from clockhouse_server.ingest.holding import Mark
from clockhouse_server.ingest.judge import Arrived, Books, PunchKnown, is_locked
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.ingest.reading import text_beside
from clockhouse_sync import wire

PUNCHES: Final = "punches"
"""The counter of positions: the order in which punches arrived."""
SAID: Final = (
    "employee_id", "punch_id", "device_id", "epoch", "seq", "kind", "kind_from", "method", "site_id", "job_id",
    "task_id", "break_code", "quantity", "quantity_bad", "credential_ref", "actor_id",
)  # fmt: skip
"""A punch's columns as its line says them."""
PUNCH: Final = (
    *SAID, "credential", "note", "job_text", "hash", "at", "counted_at", "basis", "not_before_at",
    "not_after_at", "zone", "undone", "position",
)  # fmt: skip
_SAID: Final = attrgetter(*SAID)
_NO_TEXTS: Final[tuple[str | None, ...]] = (None, None, None)


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
    doubtful = {line.epoch for line in batch.punches if not clock_is_good(line.clock)}
    for one in lines if len(batch.punches) < len(lines) else ():
        match one.line:
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
    if any(wire.EnrolmentLine in batch.shapes for batch in batches):
        advance(session, PUNCHES, by=0)  # its lock comes before the roster's, in every delivery
        for batch in batches:
            leading.enrol_people(session, batch.device, accepted[batch.device.id], now=now)
    made = _punches(session, batches, accepted)
    moved: dict[str, str] = {}
    changed: dict[str, set[str]] = {}
    for batch in batches:
        changed[batch.device.id] = set()
        if batch.plain:
            continue
        lines = accepted[batch.device.id]
        its = _undo(session, batch, lines, punches)
        lines = [one for one in lines if not isinstance(one.line, wire.PunchLine)]
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
    device: Sender,
    accepted: list[Arrived],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Carry out what is no punch: claims, requests, answers, messages read, badges, the day's jobs."""
    saying.keep(session, device, accepted, now=now)
    leading.carry_out(session, device, accepted, now=now, new_id=new_id)
    if saying.told(accepted):
        saying.tell(session, accepted, roster_version(session))


def _punches(
    session: Session, batches: Sequence[Batch], accepted: Mapping[str, list[Arrived]]
) -> list[Arrived]:
    """Store the punches among these lines."""
    made = [one for lines in accepted.values() for one in lines if isinstance(one.line, wire.PunchLine)]
    if made:
        contents = {
            batch.device.id: evidence.contents(session, batch.device.id, _beside(accepted[batch.device.id]))
            for batch in batches
            if not batch.plain
        }
        first = advance(session, PUNCHES, by=len(made)) - len(made) + 1
        bulk.write(session, PunchRow, PUNCH, _punch_rows(made, first, contents))
    return made


def _beside(lines: Sequence[Arrived]) -> set[str]:
    """Under which hashes the punches' credentials, notes and unlisted jobs travelled; see PUNCH."""
    found = [
        one.line.beside
        for one in lines
        if isinstance(one.line, wire.PunchLine) and one.line.beside is not None
    ]
    names = {name for each in found for name in (each.credential, each.note, each.job_text)}
    return {name for name in names if name is not None}


def _punch_rows(
    made: Sequence[Arrived], first: int, contents: Mapping[str, Mapping[str, tuple[bytes, bytes]]]
) -> list[tuple[Any, ...]]:
    """Their columns, in the order of PUNCH; `first` is the first one's position, `contents` by device."""
    rows = []
    for position, one in enumerate(made, start=first):
        line = one.line
        assert isinstance(line, wire.PunchLine)
        beside, texts = line.beside, _NO_TEXTS
        if beside is not None:
            texts = tuple(
                text_beside(name, contents[one.device_id])
                for name in (beside.credential, beside.note, beside.job_text)
            )
        rows.append(
            (
                *_SAID(line), *texts, one.hash, one.at, one.counted_at, one.basis, one.not_before,
                one.not_after, one.zone, False, position,
            )
        )  # fmt: skip
    return rows


def _undo(
    session: Session, batch: Batch, accepted: list[Arrived], punches: Mapping[str, PunchKnown]
) -> dict[str, str]:
    """Mark punches as taken back, also by an undo that came before its punch did, across a gap."""
    device, held = batch.device, batch.held
    named: set[str] = set()
    if wire.UndoLine in batch.shapes:
        named = {one.line.punch_id for one in accepted if isinstance(one.line, wire.UndoLine)}
    filled = {
        one.epoch
        for one in accepted
        if one.seq < held.newest.get(one.epoch, 0) and isinstance(one.line, wire.PunchLine)
    }
    if filled:
        for raw in store.undo_lines(session, device.id, filled):
            line = wire.read_line(raw)
            assert isinstance(line, wire.UndoLine)
            named.add(line.punch_id)
    moved = {}
    for punch_id in named:
        known = punches.get(punch_id)
        row = None if known is None else session.get(PunchRow, (punch_id, known.employee_id))
        if row is not None and row.device_id == device.id:
            row.undone = True
            moved[punch_id] = row.employee_id
    if moved:
        session.flush()
    return moved


def _redate(
    session: Session, device: Sender, accepted: list[Arrived], times: Times, known: Books
) -> dict[str, str]:
    """A comparison with our clock proves the times of punches made before it in the same boot."""
    clocks = [one.epoch for one in accepted if isinstance(one.line, wire.ClockLine)]
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
