"""`POST lines` of the device protocol: a delivery into the ledger, and at once into the books."""

from fastapi import APIRouter, Response

from clockhouse_server.db import transaction
from clockhouse_server.devices.signed import (
    DeviceRequest,
    FromDevice,
    NotActive,
    SignedRoute,
    answer,
    in_session,
)
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.timecards.delivered import take
from clockhouse_sync import wire

device_router = APIRouter(prefix="/api/device/v1", route_class=SignedRoute, include_in_schema=False)


class TooManyLines(Refusal):
    code, status = "too_large", 413


@device_router.post("/lines")
def lines(signed: FromDevice) -> Response:
    """A batch, one transaction; the answer says what was committed."""
    server = signed.server
    with transaction(server.engine) as session:
        device = in_session(session, signed, server.now(), lock=True)
        if device.status == "pending":
            raise NotActive("This kiosk waits for its words to be compared.")
        delivery = _delivery(signed)
        taken = take(session, device, delivery, keys=server.keys, now=server.now(), new_id=server.new_id)
    return answer(taken)


def _delivery(signed: DeviceRequest) -> Delivery:
    asked = signed.read(wire.LinesRequest)
    if len(asked.lines) > wire.MAX_LINES:
        raise TooManyLines(f"At most {wire.MAX_LINES} lines a request.")
    return Delivery([bytes(raw) for raw in asked.lines], asked.beside, asked.checkpoints)
