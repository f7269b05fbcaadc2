"""What a source of the roster is asked for, and how it finds what changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_
from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.people.models import Person, PersonSite
from clockhouse_sync import wire


@dataclass(frozen=True)
class Pull:
    """One pull: rows with a version in (since, top] for a device's site; `first` leaves out what isn't there."""

    session: Session
    device: Device
    now: datetime
    since: int
    top: int

    @property
    def first(self) -> bool:
        return self.since == 0

    def holds(self, version: int) -> bool:
        return self.since < version <= self.top


def row(kind: str, row_id: str, version: int, body: wire.Body | None) -> wire.RosterRow:
    """A row as it travels; a body of None takes it away."""
    return wire.RosterRow(
        type=kind, id=row_id, version=version, body=None if body is None else wire.fields_of(body)
    )


def changed(asked: Pull, query: Select[Any], *versions: Any) -> Any:
    """Rows of which any version lies after the cursor, together with the newest of these versions."""
    after = or_(*(version > asked.since for version in versions))
    upto = [version <= asked.top for version in versions]
    return asked.session.execute(query.where(after, *upto)).all()


def here(asked: Pull) -> Any:
    """Whether a person may clock in at this device's site."""
    return exists().where(PersonSite.person_id == Person.id, PersonSite.site_id == asked.device.site_id)
