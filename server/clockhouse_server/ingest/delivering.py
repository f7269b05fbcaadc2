"""Deliveries from end to end: each line linked, dated, judged and stored, and what follows from it, at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from clockhouse_server import bulk
from clockhouse_server.auth import audit
from clockhouse_server.auth.keys import Keys
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import evidence, marks, runs, store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.batch import DEEDS, Batch
from clockhouse_server.ingest.books import books
from clockhouse_server.ingest.dating import Dated, clock_was_good, date
from clockhouse_server.ingest.following import Times, follow, times_of
from clockhouse_server.ingest.holding import Held, add_marks, hold
from clockhouse_server.ingest.judge import (
    UNREADABLE,
    Books,
    ClaimKnown,
    Incoming,
    PunchKnown,
    badge_of,
    judge,
)
from clockhouse_server.ingest.models import LineRow, LostRange, ParkedLine
from clockhouse_server.ingest.reading import Judged, Read
from clockhouse_sync import ledger, wire

LINE: Final = (
    "device_id", "epoch", "first_seq", "seq", "hash", "prev", "type", "at", "raw", "signed", "chain", "outcome", "code",
    "received_at",
)  # fmt: skip


@dataclass(frozen=True)
class Accepted:
    """What the kiosk is answered, the lines that were not here before, and whose punches changed since."""

    answer: wire.LinesAnswer
    fresh: list[Judged]
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
    punch's id for a new one, which it is but for broken kiosks: another's raises the database's own error.
    """
    held = hold(session, {batch.device.id: batch.lines for batch in batches})
    known = books(session, batches, trusting=trusting)
    if known.merged or any(batch.settles for batch in batches):
        audit.hold(session)
    zones = store.zones(session, {site_id for batch in batches for site_id in _site_ids(batch)})
    seen = _Seen(known)
    times = {}
    for batch in batches:
        batch.held = held[batch.device.id]
        times[batch.device.id] = times_of(session, batch)
        _judge(batch, seen, times[batch.device.id], zones, now)
    _store(session, batches, now=now, new_id=new_id)
    changed = follow(session, batches, seen.punches, known, times, now=now, new_id=new_id)
    marks.advance_marks(session, held)
    return [_accepted(batch, changed[batch.device.id], keys, now) for batch in batches]


def _accepted(batch: Batch, moved: set[str], keys: Keys, now: datetime) -> Accepted:
    reached = marks.acknowledge(batch.device.id, batch.held, batch.lines, keys=keys, now=now)
    return Accepted(wire.LinesAnswer(verdicts=batch.verdicts, **reached), batch.fresh, moved)


def _judge(batch: Batch, seen: "_Seen", times: Times, zones: Mapping[str | None, str], now: datetime) -> None:
    held = batch.held
    known = replace(seen.books, revoked=batch.device.status == "revoked")
    own = zones.get(batch.device.site_id, zones[None])
    for index, one in enumerate(batch.lines):
        site_id = None if one.head is None else one.head.site_id
        zone = own if site_id is None else zones.get(site_id, own)
        incoming = _incoming(one, held, times, zone, now)
        outcome, code = judge(incoming, known)
        if outcome == "duplicate":
            code = held.places[one.epoch, one.seq][one.hash]
        verdict = wire.Verdict(
            index=index, epoch=one.epoch, seq=one.seq, hash=one.hash, chain=incoming.chain, outcome=outcome,
            code=code,
        )  # fmt: skip
        batch.verdicts.append(verdict)
        if outcome == "duplicate":
            continue
        held.places[one.epoch, one.seq][one.hash] = code
        batch.fresh.append(Judged(one, batch.device.id, incoming, verdict))
        if outcome == "accepted":
            seen.take(one, incoming)


def park(session: Session, one: Judged, code: str, *, now: datetime) -> wire.Verdict:
    """Park a line that was accepted in this very transaction: the books would not have it."""
    key = {"device_id": one.device_id, "epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash}
    row = session.get_one(LineRow, tuple(key.values()))
    row.outcome, row.code = "parked", code
    session.add(ParkedLine(**key, code=code, parked_at=now))
    session.flush()
    return msgspec.structs.replace(one.verdict, outcome="parked", code=code)


class _Seen:
    """What the lines so far have made known: ids are taken, undos find their punch, new people may punch."""

    def __init__(self, known: Books) -> None:
        self.punches: dict[str, PunchKnown] = dict(known.punches)
        self._claims: dict[str, ClaimKnown] = dict(known.claims)
        self._requests: set[str] = set(known.requests)
        self._locked = dict(known.locked)
        self._holders = dict(known.holders)
        self._badge_ids = dict(known.badge_ids)
        self.books = replace(
            known, punches=self.punches, claims=self._claims, requests=self._requests, locked=self._locked,
            holders=self._holders, badge_ids=self._badge_ids,
        )  # fmt: skip

    def take(self, one: Read, incoming: Incoming) -> None:
        """Note what an accepted line says."""
        match one.line:
            case wire.PunchLine() as punch:
                assert one.at is not None
                self.punches[punch.punch_id] = PunchKnown(
                    punch.employee_id or "", punch.device_id, one.at, incoming.dated.counted_at, incoming.zone
                )
            case wire.ProposalLine() as claim:
                at = wire.parse_instant(claim.claimed_at)
                self._claims[claim.proposal_id] = ClaimKnown(claim.employee_id, at, open=True)
            case wire.ConfirmLine() as confirm:
                claimed = self._claims[confirm.proposal_id]
                self._claims[confirm.proposal_id] = replace(claimed, open=False)
            case wire.RequestLine() as asked:
                self._requests.add(asked.request_id)
            case wire.EnrolmentLine(what="person", action="given") as person:
                self._locked[person.employee_id] = None
            case wire.EnrolmentLine(what="badge") as badge:
                self._take_badge(badge)
            case _:
                pass

    def _take_badge(self, line: wire.EnrolmentLine) -> None:
        value = badge_of(line, self.books)
        if value is None:
            return
        if line.action == "given":
            self._holders[value] = line.employee_id
            self._badge_ids[line.credential_ref or ""] = value
        elif self._holders.get(value) == line.employee_id:
            del self._holders[value]


def _site_ids(batch: Batch) -> set[str]:
    named = {one.head.site_id for one in batch.lines if one.head is not None}
    return {site_id for site_id in named if site_id is not None} | {batch.device.site_id}


def _incoming(one: Read, held: Held, times: Times, zone: str, now: datetime) -> Incoming:
    here = held.at(one.epoch, one.seq)
    if one.head is None:
        finding: ledger.Finding = "same" if one.hash in here else "new"
        return Incoming(None, "gap", finding, _dated(one, times, now), zone, now)
    chain, finding = ledger.link(one.head, one.hash, ledger.Known(here, held.at(one.epoch, one.seq - 1)))
    return Incoming(one.line, chain, finding, _dated(one, times, now), zone, now)


def _dated(one: Read, times: Times, now: datetime) -> Dated:
    if one.line is None or one.at is None:
        return Dated(now, "unproved", None, now)
    if clock_was_good(one.line):
        return Dated(one.at, "device")
    anchors = times.anchors.get(times.boots.get(one.epoch, ""), ())
    return date(one.line, one.at, anchors, times.before.get(one.epoch), now)


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
        fresh, held = batch.fresh, batch.held
        epochs = {one.read.epoch for one in fresh}
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
            "device_id": batch.device.id, "epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash,
            "code": one.verdict.code, "parked_at": now,
        }
        for one in batch.fresh
        if one.verdict.outcome == "parked" and _needs_a_person(one)
    ]  # fmt: skip


def fresh_boots(fresh: list[Judged]) -> list[wire.BootLine]:
    return [one.read.line for one in fresh if isinstance(one.read.line, wire.BootLine)]


def _needs_a_person(one: Judged) -> bool:
    """Of a revoked kiosk, only what could change somebody's hours waits for a decision."""
    if one.verdict.code != "revoked_key":
        return True
    return isinstance(one.read.line, (wire.PunchLine, wire.ProposalLine, wire.UndoLine, *DEEDS))


def _line_row(lines: Sequence[Judged], signed: bool, now: datetime) -> tuple[Any, ...]:  # noqa: FBT001 - a column
    """The columns of a line, or of a run, in the order of LINE."""
    first, last, verdict = lines[0].read, lines[-1].read, lines[-1].verdict
    prev, kind = (None, "") if first.head is None else (first.head.prev, first.head.type)
    return (
        lines[0].device_id, first.epoch, first.seq, last.seq, last.hash, prev, kind, last.at or now,
        runs.BREAK.join([one.read.raw for one in lines]), signed, verdict.chain, verdict.outcome, verdict.code, now,
    )  # fmt: skip


def _lost_rows(session: Session, device: Device, fresh: list[Judged]) -> list[dict[str, Any]]:
    declared = [one.read.line.lost for one in fresh if isinstance(one.read.line, wire.LostLine)]
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
    device: Device,
    fresh: list[Judged],
    held: Held,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    filling = {
        (one.read.epoch, one.read.seq) for one in fresh if one.read.seq < held.newest.get(one.read.epoch, 0)
    }
    followers = store.links_after(session, device.id, filling)
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for one in fresh:
        if one.incoming.chain == "linked" and not followers:
            continue
        forked = one.incoming.chain == "fork" or one.hash_is_passed_over(followers)
        code = UNREADABLE if one.read.head is None else "fork" if forked else None
        if code is not None:
            place = {"epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash}
            first.setdefault((code, one.read.epoch), place)
    for (code, _), place in first.items():
        raise_alarm(session, device.id, code, place, now=now, new_id=new_id)
    boots = [boot for boot in fresh_boots(fresh) if boot.parent is not None]
    parents = {(boot.parent.epoch, boot.parent.seq) for boot in boots if boot.parent is not None}
    for (epoch, seq), epochs in store.epochs_from(session, device.id, parents).items():
        if len(epochs) > 1:
            facts = {"parent_epoch": epoch, "parent_seq": seq, "epochs": sorted(epochs)}
            raise_alarm(session, device.id, "two_epochs", facts, now=now, new_id=new_id)
