"""Shifts that have gone on for too long: nothing was punched, and yet there is something to tell."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.db import roster_version
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import LastState
from clockhouse_server.people.models import PersonSite
from clockhouse_server.timecards.exceptions import STILL_AT_WORK


def any_at(session: Session, device: Device, now: datetime) -> bool:
    """Whether somebody's clock-out is missing at this kiosk's site, and kiosks don't know yet."""
    return session.scalar(_untold(device, now).limit(1)) is not None


def mark(session: Session, device: Device, now: datetime) -> None:
    """Give those people's hours a new version, once; the next pull tells what is missing."""
    states = session.scalars(_untold(device, now)).all()
    version = roster_version(session)
    for state in states:
        state.overdue, state.version = True, version
    session.flush()


def _untold(device: Device, now: datetime) -> Any:
    here = select(PersonSite.person_id).where(PersonSite.site_id == device.site_id)
    return select(LastState).where(
        LastState.at < now - STILL_AT_WORK,
        LastState.kind != "out",
        LastState.overdue.is_(False),
        LastState.employee_id.in_(here),
    )
