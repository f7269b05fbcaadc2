"""What must hold at any moment, however much is still on its way."""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from clockhouse_server.auth.opening import SERVER_EPOCH
from clockhouse_server.db import Fact
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import EpochMark, LostRange
from simulator.office import PEOPLE

if TYPE_CHECKING:
    from simulator.company import Company

Held = Mapping[str, set[tuple[str, int, str]]]
"""The places and hashes of what is stored, by device."""


def watch(company: "Company") -> list[str]:
    """What does not hold now, in words."""
    held: dict[str, set[tuple[str, int, str]]] = defaultdict(set)
    with company.office.reading() as session:
        for line in runs.every(session):
            held[line.device_id].add((line.epoch, line.seq, line.hash))
        lost = session.execute(
            select(LostRange.device_id, LostRange.epoch, LostRange.from_seq, LostRange.to_seq)
        ).all()
        marks = session.execute(
            select(EpochMark.device_id, EpochMark.epoch, EpochMark.acknowledged_seq)
        ).all()
        epoch = session.scalars(select(Fact.value).where(Fact.name == SERVER_EPOCH)).one()
    return [*_marks(held, lost, marks), *_answered(company, held, epoch), *_rosters(company)]


def _marks(held: Held, lost: Iterable[Any], marks: Iterable[Any]) -> Iterator[str]:
    """Nothing is acknowledged behind a gap."""
    places = {(device_id, epoch, seq) for device_id, found in held.items() for epoch, seq, _ in found}
    for device_id, epoch, first, last in lost:
        places |= {(device_id, epoch, seq) for seq in range(first, last + 1)}
    for device_id, epoch, acknowledged in marks:
        missing = [seq for seq in range(1, acknowledged + 1) if (device_id, epoch, seq) not in places]
        if missing:
            yield f"acknowledged behind a gap: {epoch} {missing[:5]}"


def _answered(company: "Company", held: Held, epoch: str) -> Iterator[str]:
    """What a terminal was answered is stored, as long as the server is the one that answered."""
    for terminal in company.terminals:
        delivery = terminal.device.delivery
        if delivery.server_epoch != epoch:
            continue
        stored = held[terminal.device_id] | terminal.gone
        acknowledged = {of: mark.acknowledged for of, mark in delivery.marks().items()}
        for (of, seq), found in terminal.recorded.items():
            if seq > acknowledged.get(of, 0) or of in terminal.destroyed or of in terminal.forked:
                continue
            if not any((of, seq, name) in stored for name in found):
                yield f"{terminal.name} was answered, and it is not stored: {of} {seq}"


def _rosters(company: "Company") -> Iterator[str]:
    """A terminal knows a whole roster, or the one before."""
    for terminal in company.terminals:
        with contextlib.closing(sqlite3.connect(terminal.settings.roster)) as roster:
            every, people = roster.execute("SELECT count(*), sum(type = 'person') FROM rows").fetchone()
        if every and (people or 0) < PEOPLE:  # one that was lost begins empty
            yield f"half a roster at {terminal.name}: {people} people"
