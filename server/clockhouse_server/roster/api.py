"""`GET roster` of the device protocol."""

from fastapi import APIRouter, Response

from clockhouse_server.db import transaction
from clockhouse_server.devices.signed import FromDevice, NotActive, SignedRoute, answer, in_session
from clockhouse_server.roster import store

device_router = APIRouter(prefix="/api/device/v1", route_class=SignedRoute, include_in_schema=False)


@device_router.get("/roster")
def roster(signed: FromDevice, cursor: str = "") -> Response:
    """What changed since the cursor; kiosks that are not in service are told nothing."""
    now = signed.server.now()
    with transaction(signed.server.engine, read_only=True) as session:
        device = in_session(session, signed, now)
        if device.status != "active":
            raise NotActive("This kiosk is not in service.")
        found = store.pull(session, device, cursor, now=now)
    return answer(found)
