"""A delivery from end to end: each line linked, dated, judged and stored, and what follows from it, at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.auth.keys import Keys
from clockhouse_server.db import advance, roster_version
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import evidence, marks, store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.dating import Anchor, Dated, anchor_of, clock_was_good, date
from clockhouse_server.ingest.judge import Books, Incoming, PunchKnown, is_locked, judge
from clockhouse_server.ingest.models import (
    EpochMark,
    LastState,
    LineRow,
    LostRange,
    ParkedLine,
    Proposal,
    PunchRow,
)
from clockhouse_server.ingest.reading import Delivery, Read, read, text_beside
from clockhouse_sync import ledger, wire

STATE: Final = ("punch_id", "kind", "site_id", "job_id", "task_id")


@dataclass(frozen=True)
class Judged:
    """A line that was not here before, with its verdict."""

    read: Read
    incoming: Incoming
    verdict: wire.Verdict

    def hash_is_passed_over(self, followers: Mapping[tuple[str, int], set[str | None]]) -> bool:
        """Whether the next place was filled before, by lines of which none follows this one."""
        links = followers.get((self.read.epoch, self.read.seq))
        return links is not None and self.read.hash not in links


@dataclass
class Times:
    """What dating needs, per epoch of a batch."""

    boots: dict[str, str]
    anchors: Mapping[str, list[Anchor]]
    before: dict[str, datetime | None] = field(default_factory=dict)


def accept(
    session: Session,
    device: Device,
    delivery: Delivery,
    *,
    keys: Keys,
    now: datetime,
    new_id: Callable[[], str],
) -> wire.LinesAnswer:
    """Store every line of a batch, in the caller's transaction, with the device's row locked.

    The same delivery any number of times, in any pieces, gives the same rows.
    """
    lines = [read(raw, device.id) for raw in delivery.lines]
    held = store.held(session, device.id, lines)
    known = store.books(session, device.id, device.status == "revoked", lines)
    zones, zone = store.zones(session, device.site_id, _site_ids(lines))
    times = _times(session, device, lines, held)
    verdicts: list[wire.Verdict] = []
    fresh: list[Judged] = []
    punches: dict[str, PunchKnown] = dict(known.punches)
    proposals = set(known.proposals)
    for index, one in enumerate(lines):
        # What this very batch holds already counts as known: ids are taken, and undos find their punch.
        books = replace(known, punches=punches, proposals=frozenset(proposals))
        incoming = _incoming(one, held, times, _zone(one, zones, zone), now)
        outcome, code = judge(incoming, books)
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
        fresh.append(Judged(one, incoming, verdict))
        if outcome == "accepted":
            _remember(one, incoming, punches, proposals)
    _store(session, device, delivery, fresh, held, now=now, new_id=new_id)
    _follow(session, device, fresh, held, punches, known, times)
    return wire.LinesAnswer(
        verdicts=verdicts, **marks.advance_marks(session, device.id, held.marks, keys=keys, now=now)
    )


def _site_ids(lines: list[Read]) -> set[str]:
    return {one.head.site_id for one in lines if one.head is not None and one.head.site_id is not None}


def _zone(one: Read, zones: Mapping[str, str], otherwise: str) -> str:
    site_id = None if one.head is None else one.head.site_id
    return otherwise if site_id is None else zones.get(site_id, otherwise)


def _incoming(one: Read, held: store.Held, times: Times, zone: str, now: datetime) -> Incoming:
    if one.head is None:
        finding: ledger.Finding = "same" if one.hash in held.at(one.epoch, one.seq) else "new"
        return Incoming(None, "gap", finding, Dated(now, "unproved", None, now), zone, now)
    known = ledger.Known(held.at(one.epoch, one.seq), held.at(one.epoch, one.seq - 1))
    chain, finding = ledger.link(one.head, one.hash, known)
    anchors = times.anchors.get(times.boots.get(one.epoch, ""), ())
    dated = date(one.head, anchors, times.before.get(one.epoch), now)
    return Incoming(one.line, chain, finding, dated, zone, now)


def _remember(one: Read, incoming: Incoming, punches: dict[str, PunchKnown], proposals: set[str]) -> None:
    match one.line:
        case wire.PunchLine() as punch:
            at = wire.parse_instant(punch.at)
            punches[punch.punch_id] = PunchKnown(
                punch.employee_id or "", punch.device_id, at, incoming.dated.counted_at, incoming.zone
            )
        case wire.ProposalLine() as proposal:
            proposals.add(proposal.proposal_id)
        case _:
            pass


def _times(session: Session, device: Device, lines: list[Read], held: store.Held) -> Times:
    """Comparisons with our clock, looked up only where a punch's own clock was not good."""
    boots = {epoch: mark.boot_id for epoch, mark in held.marks.items() if mark.boot_id is not None}
    parents: dict[str, EpochMark] = dict(held.marks)
    anchors: dict[str, list[Anchor]] = defaultdict(list)
    for one in lines:
        if isinstance(one.line, wire.BootLine):
            boots[one.epoch] = one.line.boot_id
            parents[one.epoch] = marks.mark_of(device.id, one.line)
    for one in lines:
        anchor = anchor_of(one.line) if isinstance(one.line, wire.ClockLine) else None
        if anchor is not None and one.epoch in boots:
            anchors[boots[one.epoch]].append(anchor)
    doubtful = {
        one.epoch for one in lines if isinstance(one.line, wire.PunchLine) and not clock_was_good(one.line)
    }
    times = Times(boots, anchors)
    if doubtful:
        wanted = {boots[epoch] for epoch in doubtful if epoch in boots}
        stored = store.anchors(session, device.id, store.boots(session, device.id, wanted))
        for boot_id, found in stored.items():
            anchors[boot_id].extend(found)
        for epoch in doubtful:
            times.before[epoch] = store.proved_before(session, device.id, parents.get(epoch))
    return times


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
    store.insert_rows(session, LostRange, _lost_rows(session, device, fresh))
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
    return isinstance(one.read.line, wire.PunchLine | wire.ProposalLine | wire.UndoLine)


def _line_row(device: Device, one: Judged, signed: bool, now: datetime) -> dict[str, Any]:  # noqa: FBT001 - a column
    head = one.read.head
    return {
        "device_id": device.id,
        "epoch": one.read.epoch,
        "seq": one.read.seq,
        "hash": one.read.hash,
        "prev": None if head is None else head.prev,
        "type": "" if head is None else head.type,
        "at": now if head is None else wire.parse_instant(head.at),
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
    for one in fresh:
        place = {"epoch": one.read.epoch, "seq": one.read.seq, "hash": one.read.hash}
        if one.read.head is None:
            raise_alarm(session, device.id, "unreadable", place, now=now, new_id=new_id)
        elif one.incoming.chain == "fork" or one.hash_is_passed_over(followers):
            raise_alarm(session, device.id, "fork", place, now=now, new_id=new_id)
    boots = [boot for boot in fresh_boots(fresh) if boot.parent is not None]
    parents = {(boot.parent.epoch, boot.parent.seq) for boot in boots if boot.parent is not None}
    siblings: dict[tuple[str, int], set[str]] = defaultdict(set)
    for mark in store.epochs_from(session, device.id, parents):
        siblings[mark.parent_epoch or "", mark.parent_seq or 0].add(mark.epoch)
    for (epoch, seq), epochs in siblings.items():
        if len(epochs) > 1:
            facts = {"parent_epoch": epoch, "parent_seq": seq, "epochs": sorted(epochs)}
            raise_alarm(session, device.id, "two_epochs", facts, now=now, new_id=new_id)


def _follow(
    session: Session,
    device: Device,
    fresh: list[Judged],
    held: store.Held,
    punches: Mapping[str, PunchKnown],
    known: Books,
    times: Times,
) -> None:
    """What accepted lines mean: punches, proposals, undos, better times, and the newest state of people."""
    accepted = [one for one in fresh if one.verdict.outcome == "accepted"]
    made = _punches(session, device, accepted)
    store.insert_rows(session, Proposal, [row for one in accepted for row in _proposal_row(one)])
    moved = _undo(session, device, accepted, held, punches) | _redate(session, device, accepted, times, known)
    if made or moved:
        _refresh_states(session, made, moved)


def _punches(session: Session, device: Device, accepted: list[Judged]) -> list[dict[str, Any]]:
    found = [(one, one.read.line) for one in accepted if isinstance(one.read.line, wire.PunchLine)]
    if not found:
        return []
    names = {
        name
        for _, line in found
        if line.beside is not None
        for name in (line.beside.note, line.beside.job_text, line.beside.credential)
        if name is not None
    }
    last = advance(session, "punches", by=len(found))
    contents = evidence.contents(session, device.id, names)
    rows = [
        _punch_row(one, line, contents) | {"position": position}
        for position, (one, line) in enumerate(found, start=last - len(found) + 1)
    ]
    store.insert_rows(session, PunchRow, rows)
    return rows


def _punch_row(
    one: Judged, line: wire.PunchLine, contents: Mapping[str, tuple[bytes, bytes]]
) -> dict[str, Any]:
    dated, beside = one.incoming.dated, line.beside or wire.Evidence()
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
        "at": wire.parse_instant(line.at),
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
        "credential_ref": line.credential_ref,
        "credential": text_beside(beside.credential, contents),
        "note": text_beside(beside.note, contents),
        "job_text": text_beside(beside.job_text, contents),
        "actor_id": line.actor_id,
        "undone": False,
    }


def _proposal_row(one: Judged) -> list[dict[str, Any]]:
    line = one.read.line
    if not isinstance(line, wire.ProposalLine):
        return []
    return [
        {
            "employee_id": line.employee_id, "proposal_id": line.proposal_id, "device_id": line.device_id,
            "epoch": line.epoch, "seq": line.seq, "hash": one.read.hash, "kind": line.kind,
            "claimed_at": wire.parse_instant(line.claimed_at), "made_at": one.incoming.dated.counted_at,
            "punch_id": line.punch_id, "job_id": line.job_id, "status": "open",
        }
    ]  # fmt: skip


def _undo(
    session: Session,
    device: Device,
    accepted: list[Judged],
    held: store.Held,
    punches: Mapping[str, PunchKnown],
) -> dict[str, str]:
    """Mark punches as taken back, also by an undo that came before its punch did, across a gap."""
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
    locked = {**known.locked, **store.locked(session, {row.employee_id for row, _ in waiting})}
    for row, raw in waiting:
        dated = date(wire.read_head(raw), times.anchors[epochs[row.epoch]], None, row.counted_at)
        if dated.basis != "redated" or is_locked(locked.get(row.employee_id), row.counted_at, row.zone):
            continue
        row.counted_at, row.basis = dated.counted_at, dated.basis
        row.not_before_at, row.not_after_at = dated.not_before, dated.not_after
        moved[row.punch_id] = row.employee_id
    session.flush()
    return moved


def _refresh_states(session: Session, made: list[dict[str, Any]], moved: Mapping[str, str]) -> None:
    """Each person's newest punch that stands; an older one that comes in late changes nothing.

    `moved` are punches that were taken back or dated anew: where one was the newest, the state is found again.
    """
    newest: dict[str, dict[str, Any]] = {}
    for row in made:
        if row["punch_id"] not in moved:
            before = newest.get(row["employee_id"])
            if before is None or row["counted_at"] >= before["counted_at"]:
                newest[row["employee_id"]] = row
    states = store.last_states(session, {*newest, *moved.values()})
    changes: dict[str, dict[str, Any]] = {}
    for employee_id, row in newest.items():
        state = states.get(employee_id)
        if state is None or row["counted_at"] >= state.at:
            changes[employee_id] = {name: row[name] for name in STATE} | {"at": row["counted_at"]}
    for punch_id, employee_id in moved.items():
        state = states.get(employee_id)
        if employee_id not in changes and state is not None and state.punch_id == punch_id:
            stands = store.newest_punch(session, employee_id)
            changes[employee_id] = (
                {"kind": "out"}
                if stands is None
                else {name: getattr(stands, name) for name in STATE} | {"at": stands.counted_at}
            )
    if changes:
        version = roster_version(session)
        for employee_id, values in sorted(changes.items()):
            state = states.get(employee_id)
            if state is None:
                session.add(LastState(employee_id=employee_id, version=version, **values))
            else:
                for name, value in (values | {"version": version}).items():
                    setattr(state, name, value)
        session.flush()
