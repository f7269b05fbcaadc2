"""Alarms: what should never happen to an honest kiosk, kept until a person has looked."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow, allow_site
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import NotFound
from clockhouse_server.ingest.models import Alarm
from clockhouse_server.ingest.store import open_alarm
from clockhouse_server.people import checks


def raise_alarm(
    session: Session,
    device_id: str,
    code: str,
    facts: Mapping[str, Any],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Raise an alarm, once for an epoch, or else for the same facts, while nobody has looked.

    A copied card differs at every line that it sends: one alarm says so, a thousand would hide it.
    """
    mark = {"epoch": facts["epoch"]} if "epoch" in facts else facts
    if any(mark.items() <= alarm.facts.items() for alarm in open_alarm(session, device_id, code)):
        return
    session.add(Alarm(id=new_id(), device_id=device_id, code=code, facts=dict(facts), raised_at=now))
    session.flush()


def alarms(session: Session, actor: Actor, *, waiting: bool = True) -> list[Alarm]:
    """Alarms of the kiosks of the actor's sites, newest first."""
    allow(actor, "kiosks.read")
    query = select(Alarm).order_by(Alarm.raised_at.desc(), Alarm.id)
    if waiting:
        query = query.where(Alarm.settled_at.is_(None))
    if actor.site_ids is not None:
        query = query.where(Alarm.device_id.in_(select(Device.id).where(Device.site_id.in_(actor.site_ids))))
    return list(session.scalars(query))


def settle_alarm(session: Session, actor: Actor, alarm_id: str, reason: str, *, now: datetime) -> Alarm:
    """Somebody has looked, and says what it was."""
    allow(actor, "alarms.settle")
    found = session.get(Alarm, alarm_id)
    device = None if found is None else session.get(Device, found.device_id)
    if found is None or device is None:
        raise NotFound("There is no such alarm.", field="alarm_id")
    allow_site(actor, "alarms.settle", device.site_id)
    clean = checks.text(reason, "reason", most=500)
    if found.settled_at is None:
        audit.record(session, actor, "alarm.settle", "alarm", alarm_id, now=now, reason=clean)
        found.settled_at, found.settled_by, found.reason = now, actor.user_id, clean
        session.flush()
    return found
