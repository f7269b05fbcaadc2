"""What accepted lines mean: punches, proposals, undos, better times, and the newest state of people."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.db import advance, roster_version
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import evidence, marks, store
from clockhouse_server.ingest.dating import Anchor, anchor_of, clock_was_good, date
from clockhouse_server.ingest.judge import Books, Incoming, PunchKnown, is_locked
from clockhouse_server.ingest.models import EpochMark, LastState, Proposal, PunchRow
from clockhouse_server.ingest.reading import Read, text_beside
from clockhouse_sync import wire

PUNCHES: Final = "punches"
"""The counter of positions: the order in which punches arrived."""
LONGEST_SHIFT: Final = timedelta(hours=24)
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


def times_of(session: Session, device: Device, lines: list[Read], held: store.Held) -> Times:
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


def follow(
    session: Session,
    device: Device,
    fresh: list[Judged],
    held: store.Held,
    punches: Mapping[str, PunchKnown],
    known: Books,
    times: Times,
) -> None:
    """Carry out what the accepted ones among new lines say."""
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
    last = advance(session, PUNCHES, by=len(found))
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


def _refresh_states(session: Session, made: list[dict[str, Any]], moved: Mapping[str, str]) -> None:
    """Each person's newest punch that stands; an older one that comes in late changes nothing.

    `moved` are punches that were taken back or dated anew: where one was the newest, the state is found again.
    """
    # Taken before the states are read: two kiosks that deliver at once must not overtake each other.
    version = roster_version(session)
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
    _keep_jobs(session, changes)
    for employee_id, values in sorted(changes.items()):
        state = states.get(employee_id)
        if state is None:
            session.add(LastState(employee_id=employee_id, version=version, **values))
        else:
            for name, value in (values | {"version": version}).items():
                setattr(state, name, value)
    session.flush()


def _keep_jobs(session: Session, changes: Mapping[str, dict[str, Any]]) -> None:
    """A break without a job of its own leaves people on the job that they were on."""
    breaks = {
        employee_id: values["at"]
        for employee_id, values in changes.items()
        if values["kind"] in {"break_start", "break_end"} and values["job_id"] is None
    }
    if breaks:
        at_work = store.jobs_at_work(session, breaks, min(breaks.values()) - LONGEST_SHIFT)
        for employee_id, work in at_work.items():
            changes[employee_id]["job_id"], changes[employee_id]["task_id"] = work
