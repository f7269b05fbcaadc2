"""Requests to the application byte by byte, past every client that would tidy them up, and what came back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clockhouse_sync import signing
from server.rig import Kiosk, World

API = "/api/device/v1/"
CHUNK = 65_536


@dataclass(frozen=True)
class Call:
    """A request; `says` is what is wrong with it, for whoever reads a failure."""

    says: str
    method: str
    path: str
    body: bytes = b""
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key == name), b"")

    def without(self, name: bytes) -> "Call":
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name))

    def having(self, name: bytes, value: bytes) -> "Call":
        return replace(self.without(name), headers=(*self.without(name).headers, (name, value)))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def signed(
    kiosk: Kiosk, says: str, path: str, body: bytes = b"", *, method: str = "POST", query: bytes = b"",
    nonce: str | None = None,
) -> Call:  # fmt: skip
    """A request as this terminal would sign it; in its session unless told otherwise."""
    fields = signing.sign_request(
        kiosk.key, method=method, path=API + path, query=query.decode("ascii", "replace"), body=body,
        created=int(kiosk.now().timestamp()), nonce=kiosk.session if nonce is None else nonce or None,
    )  # fmt: skip
    headers = tuple((name.lower().encode(), value.encode()) for name, value in fields.items())
    return Call(says, method, API + path, body, query, (*headers, (b"content-type", b"application/json")))


def call(world: World, request: Call) -> Answer:
    """One request through the whole application; what it raises becomes the answer that a server would give."""
    return world._portal.call(_call, world.app, request)


async def _call(app: Callable[..., Any], request: Call) -> Answer:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": request.path, "raw_path": request.path.encode(), "query_string": request.query, "root_path": "",
        "headers": [(b"host", b"clock.example"), *request.headers], "client": ("192.0.2.7", 1), "server": ("x", 80),
    }  # fmt: skip
    parts = [request.body[start : start + CHUNK] for start in range(0, len(request.body), CHUNK)] or [b""]
    messages = [
        {"type": "http.request", "body": part, "more_body": number + 1 < len(parts)}
        for number, part in enumerate(parts)
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    raised: Exception | None = None
    try:
        await app(scope, receive, send)
    except Exception as problem:  # noqa: BLE001 - the answer has been sent before, and says 500
        raised = problem
    starts = [message for message in said if message["type"] == "http.response.start"]
    if len(starts) != 1:
        raise AssertionError(f"{len(starts)} answers to {request.says}") from raised
    headers = {name.decode().lower(): value.decode() for name, value in starts[0]["headers"]}
    return Answer(starts[0]["status"], headers, b"".join(_bodies(said)))


def _bodies(said: Sequence[dict[str, Any]]) -> list[bytes]:
    return [message.get("body", b"") for message in said if message["type"] == "http.response.body"]
