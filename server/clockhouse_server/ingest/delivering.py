"""Deliveries from end to end: each line linked, dated, judged and stored, and what follows from it, at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server import bulk
from clockhouse_server.auth import audit
from clockhouse_server.auth.keys import Keys
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import evidence, marks, runs, store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.batch import DEEDS, Batch
from clockhouse_server.ingest.books import books
from clockhouse_server.ingest.following import follow, times_of
from clockhouse_server.ingest.holding import Held, add_marks, hold
from clockhouse_server.ingest.judge import UNREADABLE, Arrived
from clockhouse_server.ingest.models import LineRow, LostRange, ParkedLine
from clockhouse_server.ingest.verdicts import Seen, judge_lines
from clockhouse_sync import wire

LINE: Final = (
    "device_id", "epoch", "first_seq", "seq", "hash", "prev", "type", "at", "raw", "signed", "chain", "outcome", "code",
    "received_at",
)  # fmt: skip


@dataclass(frozen=True)
class Accepted:
    """What the kiosk is answered, the new lines from which more than punches may follow, and whose punches changed."""

    answer: wire.LinesAnswer
    fresh: list[Arrived]
    moved: set[str]


def accept(
    session: Session,
    batches: Sequence[Batch],
    *,
    keys: Keys,
    now: datetime,
    new_id: Callable[[], str],
    trusting: bool = False,
) -> list[Accepted]:
    """Store every line of these deliveries, in the caller's transaction, with the devices' rows locked.

    The same delivery any number of times, in any pieces and in any company, gives the same rows. Each is of a
    device of its own, and one whose lines settle something (`Batch.settles`) comes alone. `trusting` takes each
    punch's id for a new one, which it is but for broken kiosks: another's raises IntegrityError.
    """
    held = hold(session, {batch.device.id: batch.lines for batch in batches})
    known = books(session, batches, trusting=trusting)
    if known.merged or any(batch.settles for batch in batches):
        audit.hold(session)
    zones = store.zones(session, {site_id for batch in batches for site_id in _site_ids(batch)})
    seen = Seen(known)
    times = {}
    for batch in batches:
        batch.held = held[batch.device.id]
        times[batch.device.id] = times_of(session, batch)
        judge_lines(batch, seen, times[batch.device.id], zones, now)
    _store(session, batches, now=now, new_id=new_id)
    changed = follow(session, batches, seen.punches, known, times, now=now, new_id=new_id)
    marks.advance_marks(session, held)
    return [_accepted(batch, changed[batch.device.id], keys, now) for batch in batches]


def _accepted(batch: Batch, moved: set[str], keys: Keys, now: datetime) -> Accepted:
    reached = marks.acknowledge(batch.device.id, batch.held, batch.lines, keys=keys, now=now)
    answer = wire.LinesAnswer(verdicts=[one.verdict() for one in batch.lines], **reached)
    return Accepted(answer, [] if batch.plain else batch.fresh, moved)


def park(session: Session, one: Arrived, code: str, *, now: datetime) -> wire.Verdict:
    """Park a line that was accepted in this very transaction: the books would not have it."""
    key = {"device_id": one.device_id, "epoch": one.epoch, "seq": one.seq, "hash": one.hash}
    row = session.get_one(LineRow, tuple(key.values()))
    row.outcome, row.code = "parked", code
    session.add(ParkedLine(**key, code=code, parked_at=now))
    session.flush()
    one.outcome, one.code = "parked", code
    return one.verdict()


def _site_ids(batch: Batch) -> set[str]:
    named = {one.head.site_id for one in batch.lines if one.head is not None}
    return {site_id for site_id in named if site_id is not None} | {batch.device.site_id}


def _store(session: Session, batches: Sequence[Batch], *, now: datetime, new_id: Callable[[], str]) -> None:
    """Lines, marks, parked lines, and what travelled beside; alarms for what cannot be."""
    bulk.write(
        session,
        LineRow,
        LINE,
        [
            _line_row(lines, batch.delivery.signed, now)
            for batch in batches
            for lines in runs.gathered(batch.fresh)
        ],
    )
    for batch in batches:
        if batch.plain:
            continue
        fresh, held = batch.fresh, batch.held
        epochs = {one.epoch for one in fresh}
        marks.open_marks(session, batch.device.id, fresh_boots(fresh), epochs, held, now)
        lost = _lost_rows(session, batch.device, fresh)
        store.insert_rows(session, LostRange, lost)
        # A declaration moves its epoch's mark at once, though no line of that epoch may ever come again.
        add_marks(session, {batch.device.id: held}, {batch.device.id: {row["epoch"] for row in lost}})
        for row in lost:
            if row["epoch"] in held.marks:
                held.marks[row["epoch"]].lost = True
        store.insert_rows(session, ParkedLine, _parked_rows(batch, now))
        _alarms(session, batch.device, fresh, held, now=now, new_id=new_id)
    evidence.keep(session, batches, now=now, new_id=new_id)


def _parked_rows(batch: Batch, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "device_id": batch.device.id, "epoch": one.epoch, "seq": one.seq, "hash": one.hash,
            "code": one.code, "parked_at": now,
        }
        for one in batch.fresh
        if one.outcome == "parked" and _needs_a_person(one)
    ]  # fmt: skip


def fresh_boots(fresh: list[Arrived]) -> list[wire.BootLine]:
    return [one.line for one in fresh if isinstance(one.line, wire.BootLine)]


def _needs_a_person(one: Arrived) -> bool:
    """Of a revoked kiosk, only what could change somebody's hours waits for a decision."""
    if one.code != "revoked_key":
        return True
    return isinstance(one.line, (wire.PunchLine, wire.ProposalLine, wire.UndoLine, *DEEDS))


def _line_row(lines: Sequence[Arrived], signed: bool, now: datetime) -> tuple[Any, ...]:  # noqa: FBT001 - a column
    """The columns of a line, or of a run, in the order of LINE."""
    first, last = lines[0], lines[-1]
    prev, kind = (None, "") if first.head is None else (first.head.prev, first.head.type)
    return (
        first.device_id, first.epoch, first.seq, last.seq, last.hash, prev, kind, last.at or now,
        runs.BREAK.join([one.raw for one in lines]), signed, last.chain, last.outcome, last.code, now,
    )  # fmt: skip


def _lost_rows(session: Session, device: Sender, fresh: list[Arrived]) -> list[dict[str, Any]]:
    declared = [one.line.lost for one in fresh if isinstance(one.line, wire.LostLine)]
    stored = store.lost_ranges(session, device.id, {lost.epoch for lost in declared}) if declared else {}
    taken = {(row.epoch, row.from_seq) for rows in stored.values() for row in rows}
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for lost in declared:
        place = (lost.epoch, lost.from_seq)
        if place not in taken and 1 <= lost.from_seq <= lost.to_seq <= wire.MAX_INTEGER:
            rows[place] = {
                "device_id": device.id, "epoch": lost.epoch, "from_seq": lost.from_seq, "to_seq": lost.to_seq,
            }  # fmt: skip
    return list(rows.values())


def _alarms(
    session: Session,
    device: Sender,
    fresh: list[Arrived],
    held: Held,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    filling = {(one.epoch, one.seq) for one in fresh if one.seq < held.newest.get(one.epoch, 0)}
    followers = store.links_after(session, device.id, filling)
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for one in fresh:
        if one.chain == "linked" and not followers:
            continue
        forked = one.chain == "fork" or one.is_passed_over(followers)
        code = UNREADABLE if one.head is None else "fork" if forked else None
        if code is not None:
            place = {"epoch": one.epoch, "seq": one.seq, "hash": one.hash}
            first.setdefault((code, one.epoch), place)
    for (code, _), place in first.items():
        raise_alarm(session, device.id, code, place, now=now, new_id=new_id)
    boots = [boot for boot in fresh_boots(fresh) if boot.parent is not None]
    parents = {(boot.parent.epoch, boot.parent.seq) for boot in boots if boot.parent is not None}
    for (epoch, seq), epochs in store.epochs_from(session, device.id, parents).items():
        if len(epochs) > 1:
            facts = {"parent_epoch": epoch, "parent_seq": seq, "epochs": sorted(epochs)}
            raise_alarm(session, device.id, "two_epochs", facts, now=now, new_id=new_id)
