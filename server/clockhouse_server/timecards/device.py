"""`POST lines` of the device protocol: deliveries into the ledger, and at once into the books."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fastapi import Request, Response
from sqlalchemy.exc import IntegrityError
from starlette.routing import Route

from clockhouse_server.db import transaction
from clockhouse_server.devices.models import Caller
from clockhouse_server.devices.signed import (
    DeviceRequest,
    NotActive,
    answer,
    callers,
    check_session,
    device_request,
    signing_answers,
)
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.reading import Delivery, within
from clockhouse_server.timecards.delivered import take
from clockhouse_server.together import Together
from clockhouse_sync import wire

log = logging.getLogger("clockhouse.timecards")

Deliveries = Together[DeviceRequest, wire.LinesAnswer]
MOST: Final = 64
"""Single punches in one transaction, or four full batches: nobody else may write for longer than those take."""
HEAVY: Final = wire.MAX_BYTES // (MOST // 4)


class TooManyLines(Refusal):
    code, status = "too_large", 413


def deliveries() -> Deliveries:
    """What takes in deliveries; one for each application."""
    return Together(take_in, most=MOST, weigh=lambda request: 1 + len(request.body) // HEAVY)


@signing_answers
async def _lines(request: Request) -> Response:
    """A batch; the answer says what was committed."""
    taken_in: Deliveries = request.app.state.deliveries
    return answer(await taken_in(await device_request(request)))


LINES: Final = Route("/api/device/v1/lines", _lines, methods=["POST"])
"""Without the framework's own layers (see `bare`), since every punch comes in here: they would cost a third of it."""


def take_in(requests: Sequence[DeviceRequest]) -> list[wire.LinesAnswer | Exception]:
    """Deliveries in one transaction; a refusal is its own one's alone.

    One that may settle somebody's hours, and a second one of the same device, get a transaction of their own
    afterwards. Nobody is asked beforehand whether the ids of the punches are taken: a database that finds one which
    is refuses the transaction. Then, as where a transaction of several fails for any reason, each is tried in its
    own, and carefully, so that none suffers for another.
    """
    found: list[wire.LinesAnswer | Exception | None] = [None] * len(requests)
    try:
        found = _together(requests, trusting=True)
    except Exception as problem:
        if len(requests) == 1 and not isinstance(problem, IntegrityError):
            return [problem]
        log.warning("deliveries.parted", exc_info=True, extra={"requests": len(requests)})
    return [_alone(request) if each is None else each for request, each in zip(requests, found, strict=True)]


def _alone(request: DeviceRequest) -> wire.LinesAnswer | Exception:
    try:
        [found] = _together([request], trusting=False)
    except Exception as problem:  # noqa: BLE001 - raised where the request waits
        return problem
    assert found is not None
    return found


def _together(
    requests: Sequence[DeviceRequest], *, trusting: bool
) -> list[wire.LinesAnswer | Exception | None]:
    """Answers and refusals, None for what must be taken in alone. `trusting` as in `delivering.accept`."""
    found: list[wire.LinesAnswer | Exception | None] = [None] * len(requests)
    taken: dict[int, Batch] = {}
    here: set[str] = set()
    server = requests[0].server
    with transaction(server.engine) as session:
        now = server.now()
        devices = callers(session, requests)
        for place, request in enumerate(requests):
            try:
                batch = _arrived(request, devices.get(request.claimed_device), now)
            except Refusal as refusal:
                found[place] = refusal
                continue
            if len(requests) == 1 or not (batch.device.id in here or batch.settles):
                taken[place] = batch
                here.add(batch.device.id)
        if taken:
            answers = take(
                session, list(taken.values()), keys=server.keys, now=now, new_id=server.new_id,
                trusting=trusting and not any(batch.settles for batch in taken.values()),
            )  # fmt: skip
            found = [answers.pop(0) if place in taken else each for place, each in enumerate(found)]
    return found


def _arrived(request: DeviceRequest, device: Caller | None, now: datetime) -> Batch:
    known = check_session(request, device, now)
    if known.status == "pending":
        raise NotActive("This kiosk waits for its words to be compared.")
    asked = request.read(wire.LinesRequest)
    if len(asked.lines) > wire.MAX_LINES:
        raise TooManyLines(f"At most {wire.MAX_LINES} lines a request.")
    return Batch.of(known, Delivery(within(request.body, asked.lines), asked.beside, asked.checkpoints))
