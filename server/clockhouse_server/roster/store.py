"""What a kiosk is told: every row that changed since its cursor, as its site may see it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.db import Counter
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Refusal
from clockhouse_server.roster import people, site
from clockhouse_server.roster.asking import Pull
from clockhouse_sync import wire

PAGE: Final = 2000
SOURCES: Final[tuple[Callable[[Pull], Iterator[wire.RosterRow]], ...]] = (
    site.device, site.site, site.policy, people.persons, people.credentials, people.pins, site.customers,
    site.jobs, site.tasks, site.site_jobs, site.questions, people.states, people.hours, people.proposals,
    people.messages,
)  # fmt: skip


class StartAgain(Refusal):
    """The cursor belongs to another generation of this kiosk's roster; pull without one."""

    code, status = "roster_gone", 410


def read_cursor(cursor: str | None, generation: int) -> int:
    """The version that the device has; 0 for nothing. Raises StartAgain."""
    if not cursor:
        return 0
    own, _, version = cursor.partition(".")
    if own != str(generation) or not version.isdecimal() or len(version) > 15:
        raise StartAgain("This roster has begun anew.")
    return int(version)


def pull(
    session: Session, device: Device, cursor: str | None, *, now: datetime, limit: int = PAGE
) -> wire.RosterAnswer:
    """The next rows after the cursor, oldest change first; a version is never split over two pulls.

    Nothing newer than the version read first is taken, so that rows read later cannot outrun rows read earlier.
    """
    since = read_cursor(cursor, device.generation)
    top = session.scalar(select(Counter.value).where(Counter.name == "roster")) or 0
    if since > top:
        raise StartAgain("This roster has begun anew.")
    if since == top > 0:  # as nearly always, and a thousand kiosks ask every minute
        return wire.RosterAnswer(cursor=f"{device.generation}.{top}", rows=[], more=False)
    asked = Pull(session, device, now, since, top)
    rows = sorted(_rows(asked), key=lambda row: row.version)
    taken: list[wire.RosterRow] = []
    more = False
    for _, together in groupby(rows, key=lambda row: row.version):
        if len(taken) >= limit:
            more = True
            break
        taken.extend(together)
    reached = taken[-1].version if more else top
    return wire.RosterAnswer(cursor=f"{device.generation}.{reached}", rows=taken, more=more)


def _rows(asked: Pull) -> Iterator[wire.RosterRow]:
    for source in SOURCES:
        for row in source(asked):
            if row.body is not None or not asked.first:
                yield row
