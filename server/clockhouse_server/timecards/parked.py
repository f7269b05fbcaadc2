"""Parked lines: what the server kept but would not count until somebody says what it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.errors import Conflict, NotFound
from clockhouse_server.ingest.models import NOBODY, BesideRow, LineRow, ParkedLine
from clockhouse_server.ingest.parked import reading
from clockhouse_server.people.models import Person
from clockhouse_server.timecards.pair import work_day
from clockhouse_server.timecards.sheets import Setting
from clockhouse_sync import wire


@dataclass(frozen=True)
class Place:
    """A stored line's key."""

    device_id: str
    epoch: str
    seq: int
    hash: str


@dataclass(frozen=True)
class Parked:
    """A line that waits for a decision, read; `punch` is None where `line` is something else than a punch."""

    place: Place
    code: str
    at: datetime
    zone: str
    on: date
    site_id: str | None
    employee_id: str
    line: wire.LineHead
    punch: wire.PunchLine | None
    parked_at: datetime


def waiting(session: Session, person_ids: Collection[str], known: Setting) -> list[Parked]:
    """The open ones of these people, oldest first; "" stands for lines that name nobody whom we know."""
    found = session.execute(
        select(ParkedLine, LineRow)
        .join(
            LineRow,
            (LineRow.device_id == ParkedLine.device_id)
            & (LineRow.epoch == ParkedLine.epoch)
            & (LineRow.seq == ParkedLine.seq)
            & (LineRow.hash == ParkedLine.hash),
        )
        .where(ParkedLine.settled_at.is_(None))
        .order_by(LineRow.at, LineRow.device_id, LineRow.seq)
    )
    people = set(session.scalars(select(Person.id)))
    read = [_read(row, line, known, people) for row, line in found]
    return [one for one in read if one.employee_id in person_ids]


def one(session: Session, place: Place, known: Setting) -> tuple[ParkedLine, Parked]:
    """A line that still waits; raises NotFound, or Conflict where it was settled already."""
    key = (place.device_id, place.epoch, place.seq, place.hash)
    row, line = session.get(ParkedLine, key, with_for_update=True), session.get(LineRow, key)
    if row is None or line is None:
        raise NotFound("There is no such parked line.")
    if row.settled_at is not None:
        raise Conflict("Somebody has settled this line already.")
    return row, _read(row, line, known, set(session.scalars(select(Person.id))))


def badge_of(session: Session, one: Parked) -> str:
    """The number of the badge that a line is about, as it travelled beside it; empty where there is none."""
    beside: wire.Evidence | None = getattr(one.line, "beside", None)
    named = beside.credential if beside else None
    row = session.get(BesideRow, (one.place.device_id, named)) if named else None
    return row.content.decode(errors="replace") if row is not None and row.content is not None else ""


def _read(row: ParkedLine, line: LineRow, known: Setting, people: Collection[str]) -> Parked:
    read = reading(line)
    if read is None:  # its place is all there is
        read = wire.LineHead(
            v=wire.VERSION, type=line.type, device_id=line.device_id, epoch=line.epoch, seq=line.seq,
            at=wire.format_instant(line.at),
        )  # fmt: skip
    zone = known.zone_of(read.site_id)
    at = wire.parse_instant(read.at)
    named: str | None = getattr(read, "employee_id", None)
    return Parked(
        place=Place(line.device_id, line.epoch, line.seq, line.hash),
        code=row.code,
        at=at,
        zone=zone,
        on=work_day(at, zone, known.day_starts),
        site_id=read.site_id,
        employee_id=named if named is not None and named in people else NOBODY,
        line=read,
        punch=read if isinstance(read, wire.PunchLine) else None,
        parked_at=row.parked_at,
    )
