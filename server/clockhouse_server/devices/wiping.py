"""Lost and stolen kiosks: the order to erase what they were told, what goes out of it, and what came back."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.keys import Keys
from clockhouse_server.db import roster_version
from clockhouse_server.devices import store
from clockhouse_server.devices.models import Device, WipeRow
from clockhouse_server.errors import Conflict, Invalid
from clockhouse_server.people import checks
from clockhouse_sync import signing, wire

KINDS: Final = ("lost", "stolen")


def order(
    session: Session,
    actor: Actor,
    device_id: str,
    *,
    kind: str,
    reason: str,
    now: datetime,
    new_id: Callable[[], str],
) -> WipeRow:
    """Order a kiosk wiped; it goes out with the answer to its next word. It is out of service from now on."""
    found = store.device(session, actor, "kiosks.write", device_id)
    if kind not in KINDS:
        raise Invalid("must be lost or stolen", field="kind")
    clean = checks.text(reason, "reason", most=500)
    if standing(session, device_id) is not None:
        raise Conflict("This kiosk was reported already.", field="device_id")
    facts = {"kind": kind, "status": found.status}
    audit.record(session, actor, "kiosk.wipe", "device", device_id, now=now, reason=clean, after=facts)
    if found.status != "revoked":
        found.status, found.revoked_at = "revoked", now
        found.version = roster_version(session)
    row = WipeRow(
        id=new_id(), device_id=device_id, kind=kind, reason=clean, ordered_by=actor.user_id, ordered_at=now
    )
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, actor: Actor, device_id: str, *, now: datetime) -> WipeRow:
    """The kiosk was found, and has not said yet that it is wiped: it is told so no more. It stays out of service."""
    store.device(session, actor, "kiosks.write", device_id)
    row = standing(session, device_id)
    if row is None:
        raise Conflict("There is no order to take back.", field="device_id")
    if row.confirmed_at is not None:
        raise Conflict("This kiosk is wiped already.", field="device_id")
    audit.record(session, actor, "kiosk.wipe_withdrawn", "device", device_id, now=now)
    row.withdrawn_at = now
    session.flush()
    return row


def standing(session: Session, device_id: str) -> WipeRow | None:
    """The order that holds for a kiosk, carried out or not; None where none was given or it was taken back."""
    return session.scalars(
        select(WipeRow)
        .where(WipeRow.device_id == device_id, WipeRow.withdrawn_at.is_(None))
        .order_by(WipeRow.ordered_at.desc())
    ).first()


def all_standing(session: Session) -> dict[str, WipeRow]:
    """Such orders by kiosk."""
    rows = session.scalars(select(WipeRow).where(WipeRow.withdrawn_at.is_(None)).order_by(WipeRow.ordered_at))
    return {row.device_id: row for row in rows}


def order_for(
    session: Session, device: Device, keys: Keys, token: str, *, now: datetime
) -> wire.WipeOrder | None:
    """What this kiosk must be told in this session: its order, for as long as it speaks.

    One that has carried it out whole has no key any more: whoever still speaks for it is its card from before.
    """
    row = standing(session, device.id) if device.status == "revoked" else None
    if row is None:
        return None
    if row.told_at is None:
        row.told_at = now
        session.flush()
    ordered_at = wire.format_instant(row.ordered_at)
    return signing.wipe_order(keys.private, device.id, order_id=row.id, ordered_at=ordered_at, session=token)


def confirm(session: Session, device: Device, said: wire.WipedRequest, *, now: datetime) -> WipeRow:
    """Note a kiosk's signed word that it was wiped; said again, it is noted again, and changes nothing.

    An order that was taken back too late counts as it was carried out. Raises Invalid.
    """
    row = session.get(WipeRow, said.order_id)
    if row is None or row.device_id != device.id:
        raise Invalid("There is no such order to this kiosk.", field="order_id")
    if not signing.wiped_holds(signing.read_public(device.public_key), said):
        raise Invalid("does not hold", field="signature")
    if not all(0 <= number <= wire.MAX_INTEGER for number in (said.delivered, said.kept)):
        raise Invalid("must be a count of lines", field="delivered")
    try:
        wire.parse_instant(said.wiped_at, "wiped_at")
    except wire.WireError as problem:
        raise Invalid(str(problem), field="wiped_at") from None
    if (row.delivered, row.kept) != (said.delivered, said.kept):
        facts = {"order_id": row.id, "delivered": said.delivered, "kept": said.kept}
        audit.record(session, "kiosk", "kiosk.wiped", "device", device.id, now=now, after=facts)
    row.confirmed_at = row.confirmed_at or now
    if device.status == "revoked":  # one that was let in again since is under no order
        row.withdrawn_at = None
    row.wiped_at, row.signature = said.wiped_at, said.signature
    row.delivered, row.kept = said.delivered, said.kept
    session.flush()
    return row
