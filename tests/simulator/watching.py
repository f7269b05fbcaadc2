"""What must hold at any moment, however much is still on its way."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import select

from clockhouse_server.ingest.models import EpochMark, LineRow, LostRange
from simulator.office import PEOPLE

if TYPE_CHECKING:
    from simulator.company import Company


def watch(company: "Company") -> list[str]:
    """What does not hold now, in words."""
    return [*_marks(company), *_answered(company), *_rosters(company)]


def _marks(company: "Company") -> Iterator[str]:
    """Nothing is acknowledged behind a gap."""
    with company.office.reading() as session:
        places = set(session.execute(select(LineRow.device_id, LineRow.epoch, LineRow.seq)))
        for row in session.scalars(select(LostRange)):
            places |= {(row.device_id, row.epoch, seq) for seq in range(row.from_seq, row.to_seq + 1)}
        for mark in session.scalars(select(EpochMark)):
            numbers = range(1, mark.acknowledged_seq + 1)
            missing = [seq for seq in numbers if (mark.device_id, mark.epoch, seq) not in places]
            if missing:
                yield f"acknowledged behind a gap: {mark.epoch} {missing[:5]}"


def _answered(company: "Company") -> Iterator[str]:
    """What a terminal was answered is stored, as long as the server is the one that answered."""
    epoch = company.office.server_epoch
    for terminal in company.terminals:
        delivery = terminal.device.delivery
        if delivery.server_epoch != epoch:
            continue
        held = company.office.places(terminal.device_id)
        marks = delivery.marks()
        for (of, seq), found in terminal.recorded.items():
            if of not in marks or seq > marks[of].acknowledged or of in terminal.destroyed | terminal.forked:
                continue
            if not any((of, seq, name) in held or (of, seq, name) in terminal.gone for name in found):
                yield f"{terminal.name} was answered, and it is not stored: {of} {seq}"


def _rosters(company: "Company") -> Iterator[str]:
    """A terminal knows a whole roster, or the one before."""
    for terminal in company.terminals:
        with contextlib.closing(sqlite3.connect(terminal.settings.roster)) as roster:
            every, people = roster.execute("SELECT count(*), sum(type = 'person') FROM rows").fetchone()
        if every and (people or 0) < PEOPLE:  # one that was lost begins empty
            yield f"half a roster at {terminal.name}: {people} people"
