"""A delivery from end to end: each line linked, dated, judged and stored, and what follows from it, at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.keys import Keys
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import evidence, marks, store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.books import DEEDS, SETTLING, books
from clockhouse_server.ingest.dating import Dated, date
from clockhouse_server.ingest.following import Times, follow, times_of
from clockhouse_server.ingest.judge import (
    UNREADABLE,
    Books,
    ClaimKnown,
    Incoming,
    PunchKnown,
    badge_of,
    judge,
    sane_instant,
)
from clockhouse_server.ingest.models import LineRow, LostRange, ParkedLine
from clockhouse_server.ingest.reading import Delivery, Judged, Read, read
from clockhouse_sync import ledger, wire


@dataclass(frozen=True)
class Accepted:
    """What the kiosk is answered, the lines that were not here before, and whose punches changed since."""

    answer: wire.LinesAnswer
    fresh: list[Judged]
    moved: set[str]


def accept(
    session: Session,
    device: Device,
    delivery: Delivery,
    *,
    keys: Keys,
    now: datetime,
    new_id: Callable[[], str],
) -> Accepted:
    """Store every line of a batch, in the caller's transaction, with the device's row locked.

    The same delivery any number of times, in any pieces, gives the same rows.
    """
    lines = [read(raw, device.id) for raw in delivery.lines]
    held = store.held(session, device.id, lines)
    known = books(session, device, delivery, lines)
    if known.merged or any(isinstance(one.line, SETTLING) for one in lines):
        audit.hold(session)
    zones, zone = store.zones(session, device.site_id, _site_ids(lines))
    times = times_of(session, device, lines, held)
    verdicts: list[wire.Verdict] = []
    fresh: list[Judged] = []
    seen = _Seen(known)
    for index, one in enumerate(lines):
        incoming = _incoming(one, held, times, _zone(one, zones, zone), now)
        outcome, code = judge(incoming, seen.books)
        if outcome == "duplicate":
            code = held.places[one.epoch, one.seq][one.hash]
        verdict = wire.Verdict(
            index=index, epoch=one.epoch, seq=one.seq, hash=one.hash, chain=incoming.chain, outcome=outcome,
            code=code,
        )  # fmt: skip
        verdicts.append(verdict)
        if outcome == "duplicate":
            continue
        held.places.setdefault((one.epoch, one.seq), {})[one.hash] = code
        fresh.append(Judged(one, device.id, incoming, verdict))
        if outcome == "accepted":
            seen.take(one, incoming)
    _store(session, device, delivery, fresh, held, now=now, new_id=new_id)
    changed = follow(session, device, fresh, held, seen.punches, known, times, now=now, new_id=new_id)
    delivered = {(one.epoch, one.seq): one.hash for one in lines}
    moved = marks.advance_marks(session, device.id, held.marks, delivered, keys=keys, now=now)
    return Accepted(wire.LinesAnswer(verdicts=verdicts, **moved), fresh, changed)


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
                at = wire.parse_instant(punch.at)
                self.punches[punch.punch_id] = PunchKnown(
                    punch.employee_id or "", punch.device_id, at, incoming.dated.counted_at, incoming.zone
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


def _site_ids(lines: list[Read]) -> set[str]:
    return {one.head.site_id for one in lines if one.head is not None and one.head.site_id is not None}


def _zone(one: Read, zones: Mapping[str, str], otherwise: str) -> str:
    site_id = None if one.head is None else one.head.site_id
    return otherwise if site_id is None else zones.get(site_id, otherwise)


def _incoming(one: Read, held: store.Held, times: Times, zone: str, now: datetime) -> Incoming:
    if one.head is None:
        finding: ledger.Finding = "same" if one.hash in held.at(one.epoch, one.seq) else "new"
        return Incoming(None, "gap", finding, _dated(one, times, now), zone, now)
    known = ledger.Known(held.at(one.epoch, one.seq), held.at(one.epoch, one.seq - 1))
    chain, finding = ledger.link(one.head, one.hash, known)
    return Incoming(one.line, chain, finding, _dated(one, times, now), zone, now)


def _dated(one: Read, times: Times, now: datetime) -> Dated:
    if one.line is None:
        return Dated(now, "unproved", None, now)
    anchors = times.anchors.get(times.boots.get(one.epoch, ""), ())
    return date(one.line, anchors, times.before.get(one.epoch), now)


def _store(
    session: Session,
    device: Device,
    delivery: Delivery,
    fresh: list[Judged],
    held: store.Held,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Lines, marks, parked lines, and what travelled beside; alarms for what cannot be."""
    store.insert_rows(session, LineRow, [_line_row(device, one, delivery.signed, now) for one in fresh])
    marks.open_marks(session, device.id, fresh_boots(fresh), {one.read.epoch for one in fresh}, held, now)
    lost = _lost_rows(session, device, fresh)
    store.insert_rows(session, LostRange, lost)
    # A declaration moves its epoch's mark at once, though no line of that epoch may ever come again.
    held.marks.update(
        store.epoch_marks(session, device.id, {row["epoch"] for row in lost} - held.marks.keys())
    )
    store.insert_rows(
        session,
        ParkedLine,
        [
            {
                "device_id": device.id, "epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash,
                "code": one.verdict.code, "parked_at": now,
            }
            for one in fresh if one.verdict.outcome == "parked" and _needs_a_person(one)
        ],
    )  # fmt: skip
    _alarms(session, device, fresh, held, now=now, new_id=new_id)
    evidence.keep(session, device, delivery, now=now, new_id=new_id)


def fresh_boots(fresh: list[Judged]) -> list[wire.BootLine]:
    return [one.read.line for one in fresh if isinstance(one.read.line, wire.BootLine)]


def _needs_a_person(one: Judged) -> bool:
    """Of a revoked kiosk, only what could change somebody's hours waits for a decision."""
    if one.verdict.code != "revoked_key":
        return True
    return isinstance(one.read.line, (wire.PunchLine, wire.ProposalLine, wire.UndoLine, *DEEDS))


def _line_row(device: Device, one: Judged, signed: bool, now: datetime) -> dict[str, Any]:  # noqa: FBT001 - a column
    head = one.read.head
    return {
        "device_id": device.id,
        "epoch": one.read.epoch,
        "seq": one.read.seq,
        "hash": one.read.hash,
        "prev": None if head is None else head.prev,
        "type": "" if head is None else head.type,
        "at": now if head is None or not sane_instant(head.at) else wire.parse_instant(head.at),
        "raw": one.read.raw,
        "signed": signed,
        "chain": one.incoming.chain,
        "outcome": one.verdict.outcome,
        "code": one.verdict.code,
        "received_at": now,
    }


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
    held: store.Held,
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
        forked = one.incoming.chain == "fork" or one.hash_is_passed_over(followers)
        code = UNREADABLE if one.read.head is None else "fork" if forked else None
        if code is not None:
            place = {"epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash}
            first.setdefault((code, one.read.epoch), place)
    for (code, _), place in first.items():
        raise_alarm(session, device.id, code, place, now=now, new_id=new_id)
    boots = [boot for boot in fresh_boots(fresh) if boot.parent is not None]
    parents = {(boot.parent.epoch, boot.parent.seq) for boot in boots if boot.parent is not None}
    siblings: dict[tuple[str, int], set[str]] = defaultdict(set)
    for mark in store.epochs_from(session, device.id, parents):
        siblings[mark.parent_epoch or "", mark.parent_seq or 0].add(mark.epoch)
    for (epoch, seq), epochs in siblings.items():
        if len(epochs) > 1:
            facts = {"parent_epoch": epoch, "parent_seq": seq, "epochs": sorted(epochs)}
            raise_alarm(session, device.id, "two_epochs", facts, now=now, new_id=new_id)
