"""Hello and heartbeat of the device protocol; punches, parked lines and alarms below /api/v1/."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.opening import SERVER_EPOCH
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, cursor_of, page
from clockhouse_server.auth.web import Db, Server, ServerParts, requires
from clockhouse_server.db import Fact, transaction
from clockhouse_server.describing import file_out
from clockhouse_server.devices import wiping
from clockhouse_server.devices.models import Device
from clockhouse_server.devices.offers import pepper_for, server_keys
from clockhouse_server.devices.signed import (
    FromDevice,
    SignedRoute,
    answer,
    in_session,
    known_device,
)
from clockhouse_server.errors import Invalid
from clockhouse_server.ingest import alarms as alarm_store
from clockhouse_server.ingest import greeting, parked, punches
from clockhouse_server.ingest.models import LineRow, ParkedLine, PunchRow
from clockhouse_server.people.models import Person
from clockhouse_server.people.sheets import write_rows
from clockhouse_sync import wire

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["punches"])
device_router = APIRouter(prefix="/api/device/v1", route_class=SignedRoute, include_in_schema=False)

PunchesRead = Annotated[Actor, Depends(requires("punches.read"))]
ParkedRead = Annotated[Actor, Depends(requires("parked.read"))]
KiosksRead = Annotated[Actor, Depends(requires("kiosks.read"))]
AlarmsSettle = Annotated[Actor, Depends(requires("alarms.settle"))]

CSV_COLUMNS = (
    "position", "punch_id", "number", "name", "kind", "counted_at", "at", "basis", "zone", "site_id", "job_id",
    "task_id", "method", "undone", "note", "device_id", "epoch", "seq",
)  # fmt: skip
CSV_STEP = 1000


@device_router.post("/hello")
def hello(signed: FromDevice) -> Response:
    """Begins a session; also pending and revoked kiosks may say hello, and learn what they are."""
    server = signed.server
    with transaction(server.engine) as session:
        device, _ = known_device(session, signed, lock=True)
        asked = signed.read(wire.HelloRequest)
        compared = greeting.heard(session, device, asked, now=server.now(), new_id=server.new_id)
        token = greeting.begin_session(device, server.now(), server.new_token)
        greeted = _greeted(session, server, device, compared, token)
    return answer(greeted)


@device_router.post("/heartbeat")
def heartbeat(signed: FromDevice) -> Response:
    """Health and heads, within the session."""
    server = signed.server
    with transaction(server.engine) as session:
        device = in_session(session, signed, server.now(), lock=True)
        asked = signed.read(wire.HeartbeatRequest)
        compared = greeting.heard(session, device, asked, now=server.now(), new_id=server.new_id)
        greeted = _greeted(session, server, device, compared, signed.nonce())
    return answer(greeted)


def _greeted(
    session: Session, server: Server, device: Device, compared: greeting.Compared, token: str
) -> wire.HelloAnswer:
    epoch = session.scalars(select(Fact.value).where(Fact.name == SERVER_EPOCH)).one()
    through = device.complete_through_at
    others = greeting.others_through(session, device) if device.status == "active" else None
    status: Any = device.status
    return wire.HelloAnswer(
        status=status,
        session=token,
        server_time=wire.format_instant(server.now()),
        server_epoch=epoch,
        server_keys=server_keys(server),
        want=[] if device.status == "pending" else compared.want,
        durable=greeting.durable(session, device.id),
        complete_through=None if through is None else wire.format_instant(through),
        others_through=None if others is None else wire.format_instant(others),
        pepper=pepper_for(device, server),
        wipe=wiping.order_for(session, device, server.keys, token, now=server.now()),
    )


class PunchOut(BaseModel):
    """`at` is the device's instant, `counted_at` the one that counts, on that `basis`."""

    model_config = ConfigDict(from_attributes=True)
    position: int
    punch_id: str
    employee_id: str
    employee_number: str
    kind: str
    kind_from: str
    method: str
    at: datetime
    counted_at: datetime
    basis: str
    not_before_at: datetime | None
    not_after_at: datetime | None
    zone: str
    site_id: str | None
    job_id: str | None
    task_id: str | None
    break_code: str | None
    quantity: str | None
    quantity_bad: str | None
    note: str | None
    undone: bool
    device_id: str
    epoch: str
    seq: int
    hash: str


class PunchPage(Page[PunchOut]):
    """`resume` is the cursor after the last punch here: ask with it later for what came meanwhile.

    A punch that was read already is not told again when it is taken back at the kiosk or its time is proved
    later: `undone`, `counted_at` and `basis` are as of this answer. After the server was restored from a backup,
    what kiosks send again comes again, under the same `punch_id`.
    """

    resume: str | None


class ParkedOut(BaseModel):
    device_id: str
    epoch: str
    seq: int
    hash: str
    code: str
    type: str
    at: datetime
    parked_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    decision: str | None
    reason: str | None
    line: str


class AlarmOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    device_id: str
    code: str
    facts: dict[str, Any]
    raised_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


class ReasonIn(BaseModel):
    reason: str


def _punch(found: tuple[PunchRow, Person]) -> PunchOut:
    row, person = found
    names = PunchOut.model_fields.keys() - {"employee_number"}
    return PunchOut(employee_number=person.number, **{name: getattr(row, name) for name in names})


def _position(cursor: str | None) -> int:
    since = after(cursor) or "0"
    if not since.isdecimal() or len(since) > 15:
        raise Invalid("This is not a cursor of ours; take `next` of the page before.", field="cursor")
    return int(since)


@router.get("/punches")
def punch_list(
    session: Db, actor: PunchesRead, employee_id: str | None = None, cursor: Cursor = None, limit: Limit = 100
) -> PunchPage:
    """In order of arrival: whoever keeps the newest `resume` misses none and gets none twice."""
    rows = punches.punches(session, actor, after=_position(cursor), limit=limit + 1, employee_id=employee_id)
    found = page(rows, limit, lambda row: str(row[0].position), _punch)
    resume = cursor_of(str(found.items[-1].position)) if found.items else cursor
    return PunchPage(items=found.items, next=found.next, resume=resume)


@router.get("/punches.csv", response_class=Response, responses=file_out("text/csv"))
def punch_sheet(server: ServerParts, actor: PunchesRead) -> StreamingResponse:
    """All punches in the actor's scope."""

    def parts() -> Iterator[str]:
        # The request's own transaction is over by now; the sheet reads page by page in one of its own.
        with transaction(server.engine, read_only=True) as session:
            yield write_rows(CSV_COLUMNS, [])
            position = 0
            while rows := punches.punches(session, actor, after=position, limit=CSV_STEP):
                position = rows[-1][0].position
                yield "".join(
                    write_rows((), [_cells(row, person) for row, person in rows]).splitlines(True)[1:]
                )
                session.expunge_all()

    headers = {"Content-Disposition": 'attachment; filename="punches.csv"'}
    return StreamingResponse(parts(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: PunchRow, person: Person) -> list[object]:
    known = {"number": person.number, "name": person.name, "undone": "yes" if row.undone else "no"}
    values = (known.get(name, getattr(row, name, None)) for name in CSV_COLUMNS)
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def _parked(found: tuple[ParkedLine, LineRow]) -> ParkedOut:
    row, line = found
    return ParkedOut(
        device_id=row.device_id, epoch=row.epoch, seq=row.seq, hash=row.hash, code=row.code, type=line.type,
        at=line.at, parked_at=row.parked_at, settled_at=row.settled_at, settled_by=row.settled_by,
        decision=row.decision, reason=row.reason, line=line.raw.decode("utf-8", "replace"),
    )  # fmt: skip


@router.get("/parked")
def parked_list(
    session: Db, actor: ParkedRead, waiting: bool = True, cursor: Cursor = None, limit: Limit = 100
) -> Page[ParkedOut]:
    """Lines on which a person must decide."""
    rows = parked.parked(session, actor, waiting=waiting, after=_place(cursor), limit=limit + 1)
    return page(rows, limit, lambda found: "\n".join(map(str, parked.key_of(found[0]))), _parked)


def _place(cursor: str | None) -> parked.Key | None:
    text = after(cursor)
    if text is None:
        return None
    match text.split("\n"):
        case [device_id, epoch, seq, line_hash] if seq.isdecimal():
            return device_id, epoch, int(seq), line_hash
        case _:
            raise Invalid("This is not a cursor of ours; take `next` of the page before.", field="cursor")


@router.get("/alarms")
def alarms(session: Db, actor: KiosksRead, waiting: bool = True) -> list[AlarmOut]:
    return [AlarmOut.model_validate(row) for row in alarm_store.alarms(session, actor, waiting=waiting)]


@router.post("/alarms/{alarm_id}/settle")
def settle_alarm(
    session: Db, actor: AlarmsSettle, server: ServerParts, alarm_id: str, given: ReasonIn
) -> AlarmOut:
    settled = alarm_store.settle_alarm(session, actor, alarm_id, given.reason, now=server.now())
    return AlarmOut.model_validate(settled)
