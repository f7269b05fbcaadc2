"""Every query of ingest that a delivery needs, each once for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, tuple_
from sqlalchemy.orm import Session

from clockhouse_server.ingest.dating import Anchor, anchor_of
from clockhouse_server.ingest.judge import PunchKnown
from clockhouse_server.ingest.models import (
    Alarm,
    BesideRow,
    CheckpointRow,
    EpochMark,
    LastState,
    LineRow,
    LostRange,
    PunchRow,
)
from clockhouse_server.ingest.reading import Read
from clockhouse_server.people.models import Company, Person, Site
from clockhouse_sync import wire

Work = tuple[str | None, str | None]
"""A job and a task."""


@dataclass
class Held:
    """What is stored around a batch: hash -> its code, at each place that matters; and each epoch's mark."""

    places: dict[tuple[str, int], dict[str, str | None]]
    marks: dict[str, EpochMark]
    newest: dict[str, int] = field(default_factory=dict)
    """The highest seq that is stored of each epoch: a batch below it fills a gap."""

    def at(self, epoch: str, seq: int) -> frozenset[str]:
        return frozenset(self.places.get((epoch, seq), ()))


def held(session: Session, device_id: str, lines: Sequence[Read]) -> Held:
    """What is stored at the places of these lines and just before them."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        wanted[line.epoch] |= {line.seq, line.seq - 1}
    places: dict[tuple[str, int], dict[str, str | None]] = defaultdict(dict)
    if wanted:
        query = select(LineRow.epoch, LineRow.seq, LineRow.hash, LineRow.code).where(
            LineRow.device_id == device_id,
            or_(*((LineRow.epoch == epoch) & _among(seqs) for epoch, seqs in sorted(wanted.items()))),
        )
        for epoch, seq, line_hash, code in session.execute(query):
            places[epoch, seq][line_hash] = code
    marks = epoch_marks(session, device_id, wanted)
    newest = dict(
        session.execute(
            select(LineRow.epoch, func.max(LineRow.seq))
            .where(LineRow.device_id == device_id, LineRow.epoch.in_(sorted(wanted)))
            .group_by(LineRow.epoch)
        ).all()
    )
    return Held(places, marks, newest)


def _among(seqs: Collection[int]) -> Any:
    low, high = min(seqs), max(seqs)
    if high - low < 2 * len(seqs) + 2:
        return LineRow.seq.between(low, high)
    return LineRow.seq.in_(sorted(seqs))


def epoch_marks(session: Session, device_id: str, epochs: Iterable[str]) -> dict[str, EpochMark]:
    query = select(EpochMark).where(EpochMark.device_id == device_id, EpochMark.epoch.in_(sorted(epochs)))
    return {mark.epoch: mark for mark in session.scalars(query)}


def locked(session: Session, people: Collection[str], *, alone: bool = False) -> dict[str, date | None]:
    """The people who exist among these, and the day up to which each is approved.

    Their rows stay share-locked, so that an approval and a late punch cannot pass each other unseen. `alone` is
    for who is going to settle their hours: two who share would wait for each other.
    """
    if not people:
        return {}
    query = (
        select(Person.id, Person.locked_through_on)
        .where(Person.id.in_(people))
        .order_by(Person.id)
        .with_for_update(read=not alone, key_share=alone)
    )
    return dict(session.execute(query).all())


def punches_known(
    session: Session, people: Collection[str], punch_ids: Collection[str]
) -> dict[str, PunchKnown]:
    """Stored punches with these ids of these people: such an id is taken."""
    if not punch_ids or not people:
        return {}
    query = select(PunchRow).where(PunchRow.employee_id.in_(people), PunchRow.punch_id.in_(punch_ids))
    return {row.punch_id: known_of(row) for row in session.scalars(query)}


def undone_known(session: Session, device_id: str, punch_ids: Collection[str]) -> dict[str, PunchKnown]:
    """This device's punches with these ids."""
    if not punch_ids:
        return {}
    query = select(PunchRow).where(PunchRow.device_id == device_id, PunchRow.punch_id.in_(punch_ids))
    return {row.punch_id: known_of(row) for row in session.scalars(query)}


def known_of(row: PunchRow) -> PunchKnown:
    return PunchKnown(row.employee_id, row.device_id, row.at, row.counted_at, row.zone)


def zones(session: Session, own_site_id: str, site_ids: Collection[str]) -> tuple[dict[str, str], str]:
    """The zone of each site, and that of what names none: the device's own site, or else the company."""
    wanted = {*site_ids, own_site_id}
    known = dict(session.execute(select(Site.id, Site.zone).where(Site.id.in_(wanted))).all())
    return known, known.get(own_site_id) or session.scalar(select(Company.zone)) or "UTC"


def boots(session: Session, device_id: str, boot_ids: Collection[str]) -> dict[str, str]:
    """Epoch -> boot id, for all epochs of these boots."""
    query = select(EpochMark.epoch, EpochMark.boot_id).where(
        EpochMark.device_id == device_id, EpochMark.boot_id.in_(boot_ids)
    )
    return {epoch: boot_id for epoch, boot_id in session.execute(query) if boot_id is not None}


def anchors(session: Session, device_id: str, epochs: Mapping[str, str]) -> dict[str, list[Anchor]]:
    """Boot id -> the comparisons with our clock that these epochs hold."""
    found: dict[str, list[Anchor]] = defaultdict(list)
    query = select(LineRow.epoch, LineRow.raw).where(
        LineRow.device_id == device_id, LineRow.epoch.in_(sorted(epochs)), LineRow.type == "clock"
    )
    for epoch, raw in session.execute(query):
        try:
            line = wire.read_line(raw)
        except wire.WireError:
            continue
        anchor = anchor_of(line) if isinstance(line, wire.ClockLine) else None
        if anchor is not None:
            found[epochs[epoch]].append(anchor)
    return found


def proved_before(session: Session, device_id: str, mark: EpochMark | None) -> datetime | None:
    """The newest proved instant in the epoch before, up to where this one took over."""
    if mark is None or mark.parent_epoch is None:
        return None
    return session.scalar(
        select(func.max(PunchRow.counted_at)).where(
            PunchRow.device_id == device_id,
            PunchRow.epoch == mark.parent_epoch,
            PunchRow.seq <= (mark.parent_seq or 0),
            PunchRow.basis != "unproved",
        )
    )


def unproved(session: Session, device_id: str, epochs: Collection[str]) -> list[tuple[PunchRow, bytes]]:
    """Punches of these epochs whose time is only bounded, with their lines."""
    same = (
        (LineRow.device_id == PunchRow.device_id)
        & (LineRow.epoch == PunchRow.epoch)
        & (LineRow.seq == PunchRow.seq)
        & (LineRow.hash == PunchRow.hash)
    )
    query = (
        select(PunchRow, LineRow.raw)
        .join(LineRow, same)
        .where(
            PunchRow.device_id == device_id, PunchRow.epoch.in_(sorted(epochs)), PunchRow.basis == "unproved"
        )
    )
    return list(session.execute(query))


def undo_lines(session: Session, device_id: str, epochs: Collection[str]) -> list[bytes]:
    """Undo lines that are stored already, in epochs where a gap is being filled."""
    query = select(LineRow.raw).where(
        LineRow.device_id == device_id, LineRow.epoch.in_(sorted(epochs)), LineRow.type == "undo",
        LineRow.outcome == "accepted",
    )  # fmt: skip
    return list(session.scalars(query))


def lines_after(session: Session, device_id: str, epoch: str, seq: int, limit: int) -> list[tuple[int, str]]:
    """The next lines of an epoch, by place."""
    query = (
        select(LineRow.seq, LineRow.hash)
        .where(LineRow.device_id == device_id, LineRow.epoch == epoch, LineRow.seq > seq)
        .order_by(LineRow.seq, LineRow.hash)
        .limit(limit)
    )
    return list(session.execute(query))


def lost_ranges(session: Session, device_id: str, epochs: Iterable[str]) -> dict[str, list[LostRange]]:
    found: dict[str, list[LostRange]] = defaultdict(list)
    query = select(LostRange).where(LostRange.device_id == device_id, LostRange.epoch.in_(sorted(epochs)))
    for row in session.scalars(query.order_by(LostRange.from_seq)):
        found[row.epoch].append(row)
    return found


def epochs_from(session: Session, device_id: str, parents: Collection[tuple[str, int]]) -> list[EpochMark]:
    """Epochs that name one of these places as their parent."""
    if not parents:
        return []
    query = select(EpochMark).where(
        EpochMark.device_id == device_id,
        tuple_(EpochMark.parent_epoch, EpochMark.parent_seq).in_(sorted(parents)),
    )
    return list(session.scalars(query))


def hashes_at(
    session: Session, device_id: str, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], set[str]]:
    """The hashes that are stored at these places."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    if places:
        query = select(LineRow.epoch, LineRow.seq, LineRow.hash).where(
            LineRow.device_id == device_id, tuple_(LineRow.epoch, LineRow.seq).in_(sorted(places))
        )
        for epoch, seq, line_hash in session.execute(query):
            found[epoch, seq].add(line_hash)
    return found


def links_after(
    session: Session, device_id: str, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], set[str | None]]:
    """What the lines right after these places name as the line before them."""
    found: dict[tuple[str, int], set[str | None]] = defaultdict(set)
    if places:
        following = sorted((epoch, seq + 1) for epoch, seq in places)
        query = select(LineRow.epoch, LineRow.seq, LineRow.prev).where(
            LineRow.device_id == device_id, tuple_(LineRow.epoch, LineRow.seq).in_(following)
        )
        for epoch, seq, prev in session.execute(query):
            found[epoch, seq - 1].add(prev)
    return found


def insert_rows(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows in one statement."""
    if rows:
        session.execute(insert(table), list(rows))


def known_beside(session: Session, device_id: str, hashes: Collection[str]) -> set[str]:
    query = select(BesideRow.hash).where(BesideRow.device_id == device_id, BesideRow.hash.in_(hashes))
    return set(session.scalars(query))


def known_checkpoints(session: Session, device_id: str, epochs: Collection[str]) -> set[tuple[str, int, str]]:
    query = select(CheckpointRow.epoch, CheckpointRow.seq, CheckpointRow.hash).where(
        CheckpointRow.device_id == device_id, CheckpointRow.epoch.in_(sorted(epochs))
    )
    return set(session.execute(query))


def last_states(session: Session, people: Collection[str]) -> dict[str, LastState]:
    query = select(LastState).where(LastState.employee_id.in_(people))
    return {state.employee_id: state for state in session.scalars(query)}


def newest_punch(session: Session, employee_id: str) -> PunchRow | None:
    """The newest punch that stands."""
    return session.scalar(
        select(PunchRow)
        .where(PunchRow.employee_id == employee_id, ~PunchRow.undone)
        .order_by(PunchRow.counted_at.desc(), PunchRow.position.desc())
        .limit(1)
    )


def jobs_at_work(session: Session, people: Collection[str], since: datetime) -> dict[str, Work]:
    """The job and task that each person's newest clock-in, transfer or choice named; a break does not end them."""
    newest = func.row_number().over(
        partition_by=PunchRow.employee_id, order_by=(PunchRow.counted_at.desc(), PunchRow.position.desc())
    )
    named = (
        select(PunchRow.employee_id, PunchRow.job_id, PunchRow.task_id, newest.label("place"))
        .where(
            PunchRow.employee_id.in_(people),
            ~PunchRow.undone,
            PunchRow.counted_at >= since,
            or_(PunchRow.kind.in_(("in", "transfer")), PunchRow.job_id.is_not(None)),
        )
        .subquery()
    )
    rows = session.execute(select(named).where(named.c.place == 1))
    return {row.employee_id: (row.job_id, row.task_id) for row in rows}


def open_alarm(session: Session, device_id: str, code: str) -> list[Alarm]:
    """Alarms of a kind that nobody has looked at yet."""
    query = select(Alarm).where(Alarm.device_id == device_id, Alarm.code == code, Alarm.settled_at.is_(None))
    return list(session.scalars(query))


def any_punch(session: Session) -> bool:
    """Whether anybody has punched yet."""
    return session.scalar(select(PunchRow.punch_id).limit(1)) is not None
