"""Every query of ingest that a delivery needs, each once for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Date, Row, exists, func, insert, literal_column, or_, select
from sqlalchemy.orm import Session

from clockhouse_server.bulk import TEXT, WHOLE, Statement
from clockhouse_server.db import Instant
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.dating import Anchor, anchor_of
from clockhouse_server.ingest.holding import Mark, Place
from clockhouse_server.ingest.judge import PunchKnown
from clockhouse_server.ingest.models import (
    Alarm,
    BesideRow,
    EpochMark,
    LastState,
    LineRow,
    LostRange,
    PunchRow,
)
from clockhouse_server.people.models import Company
from clockhouse_sync import wire

Work = tuple[str | None, str | None]
"""A job and a task."""


def epoch_marks(session: Session, device_id: str, epochs: Iterable[str]) -> dict[str, EpochMark]:
    query = select(EpochMark).where(EpochMark.device_id == device_id, EpochMark.epoch.in_(sorted(epochs)))
    return {mark.epoch: mark for mark in session.scalars(query)}


class Standing(msgspec.Struct, frozen=True):
    """The day up to which somebody is approved, and whom they turned out to be, if they were provisional."""

    locked_through: date | None
    merged_into: str | None


_PEOPLE: Final = Statement(
    "SELECT people.id, people.locked_through_on, people.merged_into_id FROM people "
    "WHERE people.id IN (SELECT given.id FROM {given}) ORDER BY people.id",
    {"id": TEXT},
    result={1: Date()},
    on_postgresql=" FOR SHARE OF people",
)
_ALONE: Final = _PEOPLE.locking(" FOR NO KEY UPDATE OF people")


def standing(session: Session, people: Collection[str], *, alone: bool = False) -> dict[str, Standing]:
    """The people who exist among these.

    Their rows stay share-locked, so that an approval and a late punch cannot pass each other unseen. `alone` is
    for who is going to settle their hours: two who share would wait for each other.
    """
    found = (_ALONE if alone else _PEOPLE)(session, [(each,) for each in sorted(people)])
    return {person_id: Standing(*stands) for person_id, *stands in found}


class StoredPunch(msgspec.Struct, frozen=True):
    """What `punches_known` finds out about a punch."""

    employee_id: str
    device_id: str
    at: datetime
    counted_at: datetime
    zone: str


_TAKEN: Final = Statement(
    "SELECT punches.punch_id, punches.employee_id, punches.device_id, punches.at, punches.counted_at, "
    "punches.zone FROM {given} JOIN punches "
    "ON punches.employee_id = given.employee_id AND punches.punch_id = given.punch_id",
    {"employee_id": TEXT, "punch_id": TEXT},
    result={3: Instant(), 4: Instant()},
)


def punches_known(session: Session, named: Collection[tuple[str, str]]) -> dict[str, PunchKnown]:
    """The stored ones among these punches, each by its person and id: such an id is taken."""
    return {punch_id: StoredPunch(*known) for punch_id, *known in _TAKEN(session, sorted(named))}


def undone_known(session: Session, device_id: str, punch_ids: Collection[str]) -> dict[str, PunchKnown]:
    """This device's punches with these ids."""
    if not punch_ids:
        return {}
    query = select(PunchRow).where(PunchRow.device_id == device_id, PunchRow.punch_id.in_(punch_ids))
    return {row.punch_id: row for row in session.scalars(query)}


_ZONES: Final = Statement(
    "SELECT sites.id, sites.zone FROM sites WHERE sites.id IN (SELECT given.id FROM {given})", {"id": TEXT}
)
_COMPANY_ZONE: Final = select(Company.zone)


def zones(session: Session, site_ids: Collection[str]) -> dict[str | None, str]:
    """The zone of each of these sites; under None the company's, for what names no site that is known."""
    known: dict[str | None, str] = dict(_ZONES(session, [(each,) for each in sorted(site_ids)]))
    if len(known) < len(site_ids):
        return known | {None: session.scalar(_COMPANY_ZONE) or "UTC"}
    return known | {None: "UTC"}


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


_SAME_LINE: Final = (
    (PunchRow.device_id == LineRow.device_id)
    & (PunchRow.epoch == LineRow.epoch)
    & (PunchRow.seq == LineRow.seq)
    & (PunchRow.hash == LineRow.hash)
)
_UNPROVED: Final = PunchRow.basis == literal_column("'unproved'")
"""As the index of these alone has it: to a parameter neither engine would lend it."""


def proved_before(session: Session, device_id: str, mark: Mark | None) -> datetime | None:
    """When the newest punch was made whose time is proved, in the epoch before, up to where this one took over."""
    if mark is None or mark.parent_epoch is None:
        return None
    through = mark.parent_seq or 0
    rows = (
        select(*runs.COLUMNS)
        .where(
            LineRow.device_id == device_id,
            LineRow.epoch == mark.parent_epoch,
            LineRow.first_seq <= through,
            LineRow.type == "punch",
            LineRow.outcome == "accepted",
            ~exists().where(_SAME_LINE, _UNPROVED),
        )
        .order_by(LineRow.seq.desc(), LineRow.hash)
        .limit(1)
    )
    row = session.execute(rows.where(LineRow.seq <= through + runs.LONGEST)).first()
    while row is not None:
        for line in reversed(list(runs.spread(row))):
            counted_at = _counted_at(session, line) if line.seq <= through else None
            if counted_at is not None:
                return counted_at
        row = session.execute(rows.where(LineRow.seq < row.seq)).first()
    return None


def _counted_at(session: Session, line: runs.Stored) -> datetime | None:
    """When a line's punch counts; None where either was damaged since."""
    try:
        punch = wire.read_line(line.raw)
    except wire.WireError:
        return None
    if not isinstance(punch, wire.PunchLine):
        return None
    same = (
        PunchRow.punch_id == punch.punch_id,
        PunchRow.device_id == line.device_id,
        PunchRow.hash == line.hash,
    )
    return session.scalar(select(PunchRow.counted_at).where(*same))


def unproved(session: Session, device_id: str, epochs: Collection[str]) -> list[tuple[PunchRow, bytes]]:
    """Punches of these epochs whose time is only bounded, with their lines."""
    query = (
        select(PunchRow, LineRow.raw)
        .join(LineRow, _SAME_LINE)
        .where(PunchRow.device_id == device_id, PunchRow.epoch.in_(sorted(epochs)), _UNPROVED)
    )
    return list(session.execute(query))


def undo_lines(session: Session, device_id: str, epochs: Collection[str]) -> list[bytes]:
    """Undo lines that are stored already, in epochs where a gap is being filled."""
    query = select(LineRow.raw).where(
        LineRow.device_id == device_id, LineRow.epoch.in_(sorted(epochs)), LineRow.type == "undo",
        LineRow.outcome == "accepted",
    )  # fmt: skip
    return list(session.scalars(query))


def rows_after(
    session: Session, device_id: str, epoch: str, seq: int, limit: int
) -> list[Row[int, int, str, str]]:
    """The next rows of lines of an epoch, in order of their last places: first and last place, last hash, chain."""
    query = (
        select(LineRow.first_seq, LineRow.seq, LineRow.hash, LineRow.chain)
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


_PLACES: Final = {"device_id": TEXT, "epoch": TEXT, "seq": WHOLE}
_EPOCHS_FROM: Final = Statement(
    "SELECT given.epoch, given.seq, marks.epoch FROM {given} JOIN epoch_marks AS marks "
    "ON marks.device_id = given.device_id AND marks.parent_epoch = given.epoch AND marks.parent_seq = given.seq",
    _PLACES,
)


def _at(device_id: str, places: Iterable[Place]) -> list[tuple[str, str, int]]:
    return [(device_id, epoch, seq) for epoch, seq in sorted(places)]


def epochs_from(session: Session, device_id: str, parents: Collection[Place]) -> dict[Place, set[str]]:
    """The epochs that name each of these places as their parent."""
    found: dict[Place, set[str]] = defaultdict(set)
    for epoch, seq, child in _EPOCHS_FROM(session, _at(device_id, parents)):
        found[epoch, seq].add(child)
    return found


def hashes_at(session: Session, device_id: str, places: Collection[Place]) -> dict[Place, set[str]]:
    """The hashes that are stored at these places."""
    found = runs.at(session, _at(device_id, places))
    return {(epoch, seq): {line.hash for line in lines} for (_, epoch, seq), lines in found.items()}


def links_after(session: Session, device_id: str, places: Collection[Place]) -> dict[Place, set[str | None]]:
    """What the lines right after these places name as the line before them."""
    found = runs.at(session, _at(device_id, [(epoch, seq + 1) for epoch, seq in places]))
    return {(epoch, seq - 1): {line.prev for line in lines} for (_, epoch, seq), lines in found.items()}


def insert_rows(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows in one statement."""
    if rows:
        session.execute(insert(table), list(rows))


def known_beside(session: Session, device_id: str, hashes: Collection[str]) -> set[str]:
    query = select(BesideRow.hash).where(BesideRow.device_id == device_id, BesideRow.hash.in_(hashes))
    return set(session.scalars(query))


_CHECKPOINTS: Final = Statement(
    "SELECT known.device_id, known.epoch, known.seq, known.hash FROM {given} JOIN checkpoints AS known "
    "ON known.device_id = given.device_id AND known.epoch = given.epoch AND known.seq = given.seq "
    "AND known.hash = given.hash",
    {"device_id": TEXT, "epoch": TEXT, "seq": WHOLE, "hash": TEXT},
)


def known_checkpoints(
    session: Session, named: Mapping[str, Collection[tuple[str, int, str]]]
) -> dict[str, set[tuple[str, int, str]]]:
    """Those among these checkpoints that are stored, by device."""
    rows = [(device_id, *place) for device_id, places in named.items() for place in sorted(places)]
    found: dict[str, set[tuple[str, int, str]]] = defaultdict(set)
    for device_id, epoch, seq, line_hash in _CHECKPOINTS(session, rows):
        found[device_id].add((epoch, seq, line_hash))
    return found


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
