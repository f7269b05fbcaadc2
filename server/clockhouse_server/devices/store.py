"""Kiosks: every query. Codes, enrolment, confirming, revoking, and what was last heard of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow, allow_site
from clockhouse_server.auth.keys import Keys
from clockhouse_server.db import roster_version
from clockhouse_server.devices.codes import code_from, code_hash
from clockhouse_server.devices.models import Device, EnrollCode, WipeRow
from clockhouse_server.errors import Conflict, Forbidden, Invalid, NotFound
from clockhouse_server.people import checks
from clockhouse_server.people import store as people
from clockhouse_sync import signing, wire

HARDWARE_LENGTH: Final = 200


class BadCode(Forbidden):
    """The one-time code is unknown, used by another kiosk, or too old: all look the same from outside."""

    code = "bad_code"


@dataclass(frozen=True)
class NewCode:
    """A code's text, shown once."""

    code: str
    expires_at: datetime


def devices(
    session: Session, actor: Actor, *, after: str | None = None, limit: int | None = None
) -> list[Device]:
    """The kiosks of the actor's sites, by id."""
    allow(actor, "kiosks.read")
    query = select(Device).order_by(Device.id)
    if actor.site_ids is not None:
        query = query.where(Device.site_id.in_(actor.site_ids))
    if after is not None:
        query = query.where(Device.id > after)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def device(session: Session, actor: Actor, permission: str, device_id: str) -> Device:
    """One kiosk of the actor's sites; raises NotFound."""
    allow(actor, permission)
    found = session.get(Device, device_id)
    if found is None:
        raise NotFound("There is no such kiosk.", field="device_id")
    allow_site(actor, permission, found.site_id)
    return found


def names(session: Session) -> dict[str, str]:
    """What each kiosk is called, by id: for a punch's origin, which its own employee may see too."""
    return dict(session.execute(select(Device.id, Device.name)).all())


def words(found: Device, keys: Keys) -> list[str]:
    """The words that this kiosk must show, from its key and ours."""
    public = signing.public_bytes(signing.read_public(found.public_key))
    return signing.confirmation_words(public, keys.public)


def create_code(
    session: Session,
    actor: Actor | str,
    *,
    site_id: str,
    name: str,
    replaces: str | None = None,
    minutes: int,
    now: datetime,
    new_token: Callable[[], str],
) -> NewCode:
    """A code for one kiosk at a site; only its hash is kept."""
    if isinstance(actor, Actor):
        people.site(session, actor, "kiosks.write", site_id)
    clean = checks.text(name, "name", most=60)
    if replaces is not None and session.get(Device, replaces) is None:
        raise Invalid("There is no such kiosk to replace.", field="replaces")
    made = NewCode(code_from(new_token()), now + timedelta(minutes=minutes))
    maker = actor if isinstance(actor, str) else actor.user_id
    session.add(
        EnrollCode(
            code_hash=code_hash(made.code), site_id=site_id, name=clean, replaces=replaces, made_by=maker,
            made_at=now, expires_at=made.expires_at,
        )
    )  # fmt: skip
    session.flush()
    facts = {"site_id": site_id, "name": clean, "replaces": replaces, "expires_at": made.expires_at}
    audit.record(session, actor, "kiosk.code", "site", site_id, now=now, after=facts)
    return made


def enroll(session: Session, request: wire.EnrollRequest, device_id: str, *, now: datetime) -> Device:
    """Join a kiosk whose signature was checked: the same code and key find the same device again.

    Raises BadCode. A new key is a new device, pending until its words were compared; so is a revoked one.
    """
    code = session.get(EnrollCode, code_hash(request.code), with_for_update=True)
    if code is None or (code.used_by is None and code.expires_at <= now):
        raise BadCode("This code is not valid. Make a new one in the back office.", field="code")
    if code.used_by not in {None, device_id}:
        raise BadCode("This code is not valid. Make a new one in the back office.", field="code")
    found = session.get(Device, device_id)
    if found is not None and code.used_by == device_id:
        return found
    code.used_by, code.used_at = device_id, now
    facts = {"site_id": code.site_id, "name": code.name, "status": "pending"}
    audit.record(session, "kiosk", "kiosk.enroll", "device", device_id, now=now, after=facts)
    if found is None:
        found = Device(
            id=device_id, site_id=code.site_id, name=code.name, status="pending",
            public_key=request.public_key, hardware=request.hardware[:HARDWARE_LENGTH], enrolled_at=now,
            replaces=code.replaces, version=roster_version(session),
        )  # fmt: skip
        session.add(found)
    else:
        found.site_id, found.name = code.site_id, code.name
        found.generation += 1
        found.version = roster_version(session)
        if found.status == "revoked":
            found.status, found.revoked_at, found.confirmed_at = "pending", None, None
            session.execute(
                update(WipeRow)
                .where(WipeRow.device_id == device_id, WipeRow.withdrawn_at.is_(None))
                .values(withdrawn_at=now)
            )  # whoever holds it and a fresh code has found it
    session.flush()
    return found


def confirm(session: Session, actor: Actor, device_id: str, *, now: datetime) -> Device:
    """The words were the same on both ends: the kiosk becomes active."""
    found = device(session, actor, "kiosks.write", device_id)
    if found.status == "revoked":
        raise Conflict("This kiosk is out of service; enrol it with a new code.", field="device_id")
    if found.status == "pending":
        audit.record(session, actor, "kiosk.confirm", "device", device_id, now=now)
        found.status, found.confirmed_at = "active", now
        found.version = roster_version(session)
        session.flush()
    return found


def revoke(session: Session, actor: Actor, device_id: str, reason: str, *, now: datetime) -> Device:
    """Tell the kiosk nothing any more. What it still sends is stored and parked."""
    found = device(session, actor, "kiosks.write", device_id)
    clean = checks.text(reason, "reason", most=500)
    if found.status != "revoked":
        audit.record(session, actor, "kiosk.revoke", "device", device_id, now=now, reason=clean)
        found.status, found.revoked_at = "revoked", now
        found.version = roster_version(session)
        session.flush()
    return found


def rename(
    session: Session, actor: Actor, device_id: str, *, name: str, site_id: str, now: datetime
) -> Device:
    """Change a kiosk's name or move it to another site, which makes it take its roster anew."""
    found = device(session, actor, "kiosks.write", device_id)
    people.site(session, actor, "kiosks.write", site_id)
    clean = checks.text(name, "name", most=60)
    before = {"name": found.name, "site_id": found.site_id}
    after = {"name": clean, "site_id": site_id}
    if before != after:
        audit.record(session, actor, "kiosk.change", "device", device_id, now=now, before=before, after=after)
        if site_id != found.site_id:
            found.generation += 1
        found.name, found.site_id = clean, site_id
        found.version = roster_version(session)
        session.flush()
    return found


def serving(session: Session, site_id: str) -> list[Device]:
    """The kiosks in service at a site: a period is not final before they have reported past its end."""
    return list(session.scalars(select(Device).where(Device.site_id == site_id, Device.status == "active")))
