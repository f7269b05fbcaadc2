"""A parked line looked at once more, when what it lacked has arrived. The line and its first verdict stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import following, store
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.books import books
from clockhouse_server.ingest.judge import judge
from clockhouse_server.ingest.models import LineRow
from clockhouse_server.ingest.reading import Delivery, read
from clockhouse_sync import wire


def again(session: Session, row: LineRow, *, now: datetime, new_id: Callable[[], str]) -> bool:
    """Carry out what the line says if nothing speaks against it any more; False where something does.

    A punch is not carried out here: what counts from now on is a correction, with an author.
    """
    device = session.get_one(Device, row.device_id)
    one = read(row.raw, row.device_id)
    if one.line is None or isinstance(one.line, wire.PunchLine):
        return False
    known = books(session, [Batch(device, Delivery([row.raw]), [one])])
    zones = store.zones(session, {device.site_id, one.line.site_id or device.site_id})
    zone = zones.get(one.line.site_id) or zones.get(device.site_id) or zones[None]
    one.counted_at, one.zone = wire.parse_instant(one.line.at), zone
    one.chain = cast("wire.Chain", row.chain)
    one.outcome, _ = judge(one, replace(known, revoked=device.status == "revoked"), now)
    if one.outcome != "accepted":
        return False
    following.say(session, device, [one], now=now, new_id=new_id)
    return True
