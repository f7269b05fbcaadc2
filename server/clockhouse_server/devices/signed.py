"""The envelope of the device protocol: signed requests in, signed answers out, refusals included."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session

from clockhouse_server.auth.store import token_hash
from clockhouse_server.auth.web import Server, server_of
from clockhouse_server.bulk import TEXT, Statement
from clockhouse_server.db import Instant
from clockhouse_server.devices.models import Caller, Device
from clockhouse_server.errors import Forbidden, Invalid, Refusal, SignIn
from clockhouse_sync import signing

log = logging.getLogger("clockhouse.devices")
JSON = "application/json"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_T = TypeVar("_T")


class BadSignature(SignIn):
    """The request is not signed as the protocol asks, or by nobody we know."""

    code = "signature"


class SessionOver(SignIn):
    """The nonce is not the session of this device's last hello: say hello again."""

    code = "session"


class NotActive(Forbidden):
    """The kiosk waits for its words to be compared, or was taken out of service."""

    code = "not_active"


@dataclass(frozen=True)
class DeviceRequest:
    """A request's parts, its signature not checked yet."""

    server: Server
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def read(self, shape: type[_T]) -> _T:
        """The body by its shape; raises Invalid."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise Invalid(f"The body cannot be read: {problem}.", field="body") from None

    def verify(self, public_key: str) -> signing.Signed:
        """The signature's parameters if this key made it; raises BadSignature."""
        try:
            return signing.verify_request(
                signing.read_public(public_key), method=self.method, path=self.path, query=self.query,
                body=self.body, headers=self.headers,
            )  # fmt: skip
        except signing.SignatureError as problem:
            raise BadSignature(str(problem)) from None

    def nonce(self) -> str:
        """The session that a checked request came in."""
        return signing.read_request(self.headers).nonce or ""

    @cached_property
    def claimed_device(self) -> str:
        """The device id that the request claims to come from; raises BadSignature."""
        try:
            return signing.read_request(self.headers).key_id
        except signing.SignatureError as problem:
            raise BadSignature(str(problem)) from None


async def device_request(request: Request) -> DeviceRequest:
    """FastAPI's dependency for a DeviceRequest; the path is the one that was sent, as it was signed."""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return DeviceRequest(
        server=server_of(request),
        method=request.method,
        path=raw_path.decode("ascii", "replace").partition("?")[0],
        query=request.scope["query_string"].decode("ascii", "replace"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
    )


FromDevice = Annotated[DeviceRequest, Depends(device_request)]


def known_device(
    session: Session, request: DeviceRequest, *, lock: bool = False
) -> tuple[Device, str | None]:
    """The device that signed this request, and its nonce; raises BadSignature. Revoked ones are known too."""
    return _signed_by(request, session.get(Device, request.claimed_device, with_for_update=lock))


def in_session(session: Session, request: DeviceRequest, now: datetime, *, lock: bool = False) -> Device:
    """As known_device, and the nonce is the session of its last hello, still running; raises SessionOver."""
    return check_session(request, session.get(Device, request.claimed_device, with_for_update=lock), now)


_CALLERS: Final = Statement(
    "SELECT devices.id, devices.site_id, devices.status, devices.public_key, devices.session_hash, "
    "devices.session_expires_at FROM devices WHERE devices.id IN (SELECT given.id FROM {given}) ORDER BY devices.id",
    {"id": TEXT},
    result={5: Instant()},
    on_postgresql=" FOR UPDATE OF devices",
)


def callers(session: Session, requests: Sequence[DeviceRequest]) -> dict[str, Caller]:
    """The devices that these requests claim to come from, by id, locked; nothing is checked yet."""
    claimed = set()
    for request in requests:
        with suppress(BadSignature):
            claimed.add(request.claimed_device)
    found = _CALLERS(session, [(each,) for each in sorted(claimed)])
    return {device_id: Caller(device_id, *rest) for device_id, *rest in found}


_Known = TypeVar("_Known", Device, Caller)


def check_session(request: DeviceRequest, device: _Known | None, now: datetime) -> _Known:
    """The device, if it is the one that signed this request, in its session; raises BadSignature, SessionOver."""
    found, nonce = _signed_by(request, device)
    held, until = found.session_hash, found.session_expires_at
    if nonce is None or held is None or until is None or token_hash(nonce) != held or until <= now:
        raise SessionOver("Say hello again.")
    return found


def _signed_by(request: DeviceRequest, device: _Known | None) -> tuple[_Known, str | None]:
    if device is None:
        raise BadSignature("Nobody here has this key.")
    return device, request.verify(device.public_key).nonce


class SignedRoute(APIRoute):
    """A device route: see `signing_answers`."""

    def get_route_handler(self) -> Handler:
        return signing_answers(super().get_route_handler())


def signing_answers(handle: Handler) -> Handler:
    """Every answer is signed, bound to the request; a refusal is a problem body."""

    async def handle_signed(request: Request) -> Response:
        try:
            response = await handle(request)
        except Refusal as problem:
            log.info("device.refused", extra={"code": problem.code, "path": request.url.path})
            response = _problem(problem)
        return _signed(request, response)

    return handle_signed


def answer(body: msgspec.Struct) -> Response:
    """A protocol answer, not signed yet."""
    return Response(msgspec.json.encode(body), media_type=JSON)


def _problem(problem: Refusal) -> Response:
    headers = {}
    if "retry_after" in problem.facts:
        headers["Retry-After"] = str(problem.facts["retry_after"])
    body = msgspec.json.encode({"code": problem.code, "title": problem.sentence, "status": problem.status})
    return Response(body, problem.status, headers, "application/problem+json")


def _signed(request: Request, response: Response) -> Response:
    server = server_of(request)
    try:
        fields = signing.sign_answer(
            server.keys.private,
            status=response.status_code,
            body=bytes(response.body),
            request_signature=request.headers.get("signature", ""),
            created=int(server.now().timestamp()),
        )
    except signing.SignatureError:  # an unsigned request has nothing to bind an answer to
        return response
    response.headers.update(fields)
    return response
