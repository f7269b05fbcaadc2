"""The web application: routers joined, refusals answered, headers and limits on every request."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clockhouse_server import backoffice
from clockhouse_server.approval import api as approval_api
from clockhouse_server.auth import api as auth_api
from clockhouse_server.auth.web import Server, ServerParts
from clockhouse_server.backoffice.rendering import error_page
from clockhouse_server.bare import Bare
from clockhouse_server.billing import api as billing_api
from clockhouse_server.db import transaction
from clockhouse_server.describing import PROBLEM, describe
from clockhouse_server.devices import api as devices_api
from clockhouse_server.devices.admission import DeviceQueue
from clockhouse_server.devices.describing import DESCRIPTION, describe_devices
from clockhouse_server.errors import Conflict, Invalid, Refusal
from clockhouse_server.ingest import api as ingest_api
from clockhouse_server.jobs import api as jobs_api
from clockhouse_server.payroll import api as payroll_api
from clockhouse_server.people import api as people_api
from clockhouse_server.roster import api as roster_api
from clockhouse_server.timecards import api as timecards_api
from clockhouse_server.timecards import device as timecards_device
from clockhouse_server.wall import api as wall_api

log = logging.getLogger("clockhouse.app")

HEADERS: Final[Mapping[bytes, bytes]] = {
    b"content-security-policy": (
        b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        b"form-action 'self'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}
API: Final = "/api/"


def create_app(server: Server) -> FastAPI:
    """The whole application over these parts; nothing is shared between two applications."""
    app = FastAPI(
        title="Clockhouse",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.server = server
    app.state.deliveries = timecards_device.deliveries()
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.router.routes.append(timecards_device.LINES)
    for router in (
        auth_api.router, people_api.router, jobs_api.router, wall_api.router, devices_api.router, devices_api.device_router,
        ingest_api.router, ingest_api.device_router, roster_api.device_router, timecards_api.router,
        approval_api.router, payroll_api.router, billing_api.router, backoffice.router,
    ):  # fmt: skip
        app.include_router(router)
    app.add_api_route(DESCRIPTION, device_protocol, include_in_schema=False)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _overtaken)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(ClientDisconnect, _cut_off)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Bare, route=timecards_device.LINES)
    app.add_middleware(DeviceQueue)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    return app


def healthz(server: ServerParts) -> dict[str, str]:
    """Whether the server runs and reaches its database."""
    with transaction(server.engine, read_only=True) as session:
        session.execute(text("SELECT 1"))
    return {"status": "ok"}


def device_protocol(request: Request) -> dict[str, Any]:
    """The device protocol's requests as OpenAPI, for whoever writes another terminal."""
    return describe_devices(request.app.routes)


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refusal)
    headers = {}
    if "retry_after" in problem.facts:
        headers["Retry-After"] = str(problem.facts["retry_after"])
    return _answer(request, problem, headers)


async def _malformed(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    found = problem.errors()
    errors = [
        {"field": ".".join(str(part) for part in error["loc"][1:]) or "body", "detail": error["msg"]}
        for error in found
    ]
    first = errors[0]
    refusal = Refusal(f"{first['field']}: {first['detail']}", field=first["field"], errors=errors)
    refusal.code, refusal.status = "invalid", 422
    return _answer(request, refusal, {})


async def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    refusal = Refusal(HTTPStatus(problem.status_code).phrase + ".")
    refusal.code = HTTPStatus(problem.status_code).phrase.lower().replace(" ", "_")
    refusal.status = problem.status_code
    return _answer(request, refusal, dict(problem.headers or {}))


async def _overtaken(request: Request, problem: Exception) -> Response:
    """Two writes met: the database kept the first."""
    log.warning("request.overtaken", extra={"path": request.url.path, "why": type(problem).__name__})
    return _answer(request, Conflict("Somebody else changed this at the same moment. Look again."), {})


async def _unstorable(request: Request, _problem: Exception) -> Response:
    """A NUL or a number beyond all bounds: PostgreSQL holds neither."""
    return _answer(request, Invalid("This holds something that cannot be stored."), {})


async def _busy(request: Request, problem: Exception) -> Response:
    """The database is locked, restarting or out of reach: whoever asks shall come again."""
    log.error("request.busy", exc_info=problem, extra={"path": request.url.path})
    refusal = Refusal("The database does not answer just now. Try again in a moment.")
    refusal.code, refusal.status = "busy", 503
    return _answer(request, refusal, {"Retry-After": "5"})


async def _cut_off(request: Request, _problem: Exception) -> Response:
    """The line went dead before the whole request was here, as lines do: nobody is left to read this."""
    log.info("request.cut_off", extra={"path": request.url.path})
    refusal = Refusal("The request ended before it was complete.")
    refusal.code = "cut_off"
    return _answer(request, refusal, {})


async def _broken(request: Request, problem: Exception) -> Response:
    """Our bug: the log has the traceback, the answer has nothing."""
    log.error("request.broken", exc_info=problem, extra={"path": request.url.path})
    refusal = Refusal("Something went wrong on our side; it has been logged. Nothing was saved.")
    refusal.code, refusal.status = "internal", 500
    # This comes from the framework's outermost layer, which no middleware of ours encloses.
    safe = {name.decode(): value.decode() for name, value in HEADERS.items()}
    return _answer(request, refusal, safe | {"cache-control": "no-store"})


def _answer(request: Request, refusal: Refusal, headers: Mapping[str, str]) -> Response:
    if not request.url.path.startswith(API):
        shown = error_page(request, refusal)
        shown.headers.update(headers)
        return shown
    return JSONResponse(problem_of(refusal), refusal.status, headers, media_type=PROBLEM)


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """RFC 9457 problem details of a refusal."""
    body: dict[str, Any] = {
        "type": f"urn:clockhouse:problem:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.sentence,
        "code": refusal.code,
    }
    if refusal.field is not None:
        body["field"] = refusal.field
    return body | {name: value for name, value in refusal.facts.items() if name not in body}


class SafeHeaders:
    """Every answer carries the headers that tell a browser to distrust it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [pair for pair in HEADERS.items() if pair[0] not in present]
                if b"cache-control" not in present:
                    added.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class TooLargeError(Exception):
    """The body passed its limit while it was read."""


class BodyLimit:
    """A body over the limit is answered with 413, whether its length was announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = scope["app"].state.server.settings
        limit = settings.import_limit if "/import" in scope["path"] else settings.body_limit
        length = dict(scope["headers"]).get(b"content-length", b"0")
        started = False
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLargeError
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            # The framework takes our exception for a body that it could not read; its answer is dropped.
            if started or taken <= limit:
                started = True
                await send(message)

        if length.isdigit() and int(length) > limit:
            await self._refuse(scope, receive, send, limit)
            return
        with suppress(TooLargeError):
            await self._app(scope, receive_limited, send_noted)
        if taken > limit and not started:
            await self._refuse(scope, receive, send, limit)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        refusal = Refusal(f"The request is larger than {limit} bytes.")
        refusal.code, refusal.status = "too_large", 413
        await _answer(Request(scope), refusal, {"Connection": "close"})(scope, receive, send)
