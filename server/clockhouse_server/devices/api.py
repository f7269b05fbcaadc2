"""Kiosks: enrolment by the device protocol, and the office's view below /api/v1/."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce, show_once
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, Server, ServerParts, client_address, requires
from clockhouse_server.db import transaction
from clockhouse_server.devices import store, wiping
from clockhouse_server.devices.models import Device
from clockhouse_server.devices.offers import pepper_for, server_keys
from clockhouse_server.devices.signed import BadSignature, FromDevice, SignedRoute, answer, in_session
from clockhouse_server.people import store as people
from clockhouse_sync import signing, wire

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["kiosks"])
device_router = APIRouter(prefix="/api/device/v1", route_class=SignedRoute, include_in_schema=False)

KiosksRead = Annotated[Actor, Depends(requires("kiosks.read"))]
KiosksWrite = Annotated[Actor, Depends(requires("kiosks.write"))]


class KioskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    site_id: str
    name: str
    status: str
    hardware: str
    software: str
    replaces: str | None
    enrolled_at: datetime
    confirmed_at: datetime | None
    revoked_at: datetime | None
    seen_at: datetime | None
    complete_through_at: datetime | None
    waiting: int
    clock_synced: bool | None
    health: dict[str, Any] | None


class PendingKiosk(KioskOut):
    """`words` are what the kiosk must show before anybody confirms it."""

    words: list[str]


class KioskChange(BaseModel):
    name: str
    site_id: str


class ReasonIn(BaseModel):
    reason: str


class WipeIn(BaseModel):
    """`kind` is lost or stolen."""

    kind: str
    reason: str


class WipeOut(BaseModel):
    """`delivered`: lines that came since the order; `kept`: lines that wait there still, with the kiosk's key."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    told_at: datetime | None
    withdrawn_at: datetime | None
    confirmed_at: datetime | None
    delivered: int | None
    kept: int | None


class CodeIn(BaseModel):
    site_id: str
    name: str
    replaces: str | None = None


class CodeOut(BaseModel):
    code: str
    expires_at: datetime


@device_router.post("/enroll")
def enroll(request: Request, signed: FromDevice) -> Response:
    """Join by a one-time code, or join again by a known key; signed by the new key itself."""
    server = signed.server
    server.enroll_limit.take(client_address(request), server.now())
    asked = signed.read(wire.EnrollRequest)
    checked = signed.verify(asked.public_key)
    public = signing.public_bytes(signing.read_public(asked.public_key))
    if checked.key_id != signing.key_id(public):
        raise BadSignature("keyid: must be made from public_key")
    with transaction(server.engine) as session:
        device = store.enroll(session, asked, checked.key_id, now=server.now())
        company = people.company(session)
    return answer(
        wire.EnrollAnswer(
            status="active" if device.status == "active" else "pending",
            device_id=device.id,
            server_keys=server_keys(server),
            server_time=wire.format_instant(server.now()),
            company="" if company is None else company.name,
            words=store.words(device, server.keys),
            pepper=pepper_for(device, server),
        )
    )


@device_router.post("/wiped")
def wiped(signed: FromDevice) -> Response:
    """A kiosk's signed word that it carried out the order to it."""
    server = signed.server
    with transaction(server.engine) as session:
        device = in_session(session, signed, server.now(), lock=True)
        row = wiping.confirm(session, device, signed.read(wire.WipedRequest), now=server.now())
        said = wire.WipedAnswer(order_id=row.id, kept=row.kept or 0)
    return answer(said)


def _pending(device: Device, server: Server) -> PendingKiosk:
    shown = KioskOut.model_validate(device).model_dump()
    words = store.words(device, server.keys) if device.status == "pending" else []
    return PendingKiosk(**shown, words=words)


@router.get("/kiosks")
def kiosks(
    session: Db, actor: KiosksRead, server: ServerParts, cursor: Cursor = None, limit: Limit = 100
) -> Page[PendingKiosk]:
    rows = store.devices(session, actor, after=after(cursor), limit=limit + 1)
    return page(rows, limit, lambda row: row.id, lambda row: _pending(row, server))


@router.get("/kiosks/{device_id}")
def kiosk(session: Db, actor: KiosksRead, server: ServerParts, device_id: str) -> PendingKiosk:
    return _pending(store.device(session, actor, "kiosks.read", device_id), server)


@router.put("/kiosks/{device_id}")
def change_kiosk(
    session: Db, actor: KiosksWrite, server: ServerParts, device_id: str, given: KioskChange
) -> KioskOut:
    changed = store.rename(
        session, actor, device_id, name=given.name, site_id=given.site_id, now=server.now()
    )
    return KioskOut.model_validate(changed)


@router.post("/kiosks/{device_id}/confirm")
def confirm(session: Db, actor: KiosksWrite, server: ServerParts, device_id: str) -> KioskOut:
    """Somebody has seen that the words are the same on both ends."""
    return KioskOut.model_validate(store.confirm(session, actor, device_id, now=server.now()))


@router.post("/kiosks/{device_id}/revoke")
def revoke(session: Db, actor: KiosksWrite, server: ServerParts, device_id: str, given: ReasonIn) -> KioskOut:
    return KioskOut.model_validate(store.revoke(session, actor, device_id, given.reason, now=server.now()))


@router.get("/kiosks/{device_id}/wipe")
def wipe(session: Db, actor: KiosksRead, device_id: str) -> WipeOut | None:
    """The order that holds for this kiosk, and what came back of it."""
    store.device(session, actor, "kiosks.read", device_id)
    row = wiping.standing(session, device_id)
    return None if row is None else WipeOut.model_validate(row)


@router.post("/kiosks/{device_id}/wipe")
def order_wipe(
    session: Db, actor: KiosksWrite, server: ServerParts, device_id: str, given: WipeIn
) -> WipeOut:
    """Out of service, and wiped at its next word; what it has recorded is delivered first."""
    row = wiping.order(
        session,
        actor,
        device_id,
        kind=given.kind,
        reason=given.reason,
        now=server.now(),
        new_id=server.new_id,
    )
    return WipeOut.model_validate(row)


@router.post("/kiosks/{device_id}/wipe/withdraw")
def withdraw_wipe(session: Db, actor: KiosksWrite, server: ServerParts, device_id: str) -> WipeOut:
    return WipeOut.model_validate(wiping.withdraw(session, actor, device_id, now=server.now()))


@router.post("/enroll-codes", status_code=201, dependencies=[Depends(show_once)])
def create_code(session: Db, actor: KiosksWrite, server: ServerParts, given: CodeIn) -> CodeOut:
    """The code's text is in this answer and nowhere else."""
    made = store.create_code(
        session, actor, site_id=given.site_id, name=given.name, replaces=given.replaces,
        minutes=server.settings.enroll_minutes, now=server.now(), new_token=server.new_token,
    )  # fmt: skip
    return CodeOut(code=made.code, expires_at=made.expires_at)
