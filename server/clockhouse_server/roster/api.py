"""`GET roster` of the device protocol."""

from datetime import datetime

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from clockhouse_server.db import transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.devices.signed import (
    DeviceRequest,
    FromDevice,
    NotActive,
    SignedRoute,
    answer,
    in_session,
)
from clockhouse_server.roster import overdue, store

device_router = APIRouter(prefix="/api/device/v1", route_class=SignedRoute, include_in_schema=False)


@device_router.get("/roster")
def roster(signed: FromDevice, cursor: str = "") -> Response:
    """What changed since the cursor; kiosks that are not in service are told nothing."""
    now = signed.server.now()
    with transaction(signed.server.engine, read_only=True) as session:
        device = _in_service(session, signed, now)
        found = None if overdue.any_at(session, device, now) else store.pull(session, device, cursor, now=now)
    if found is None:
        with transaction(signed.server.engine) as session:
            device = _in_service(session, signed, now)
            overdue.mark(session, device, now)
            found = store.pull(session, device, cursor, now=now)
    return answer(found)


def _in_service(session: Session, signed: DeviceRequest, now: datetime) -> Device:
    device = in_session(session, signed, now)
    if device.status != "active":
        raise NotActive("This kiosk is not in service.")
    return device
