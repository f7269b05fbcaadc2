"""What /api/device/v1/openapi.json says: each request of the device protocol, in the shapes that both ends read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Route

from clockhouse_server.describing import PROBLEM
from clockhouse_sync import wire

API: Final = "/api/device/v1/"
DESCRIPTION: Final = f"{API}openapi.json"
JSON: Final = "application/json"
REF: Final = "#/components/schemas/{name}"


@dataclass(frozen=True)
class Shape:
    """What a request is for, asks and is answered; `query` are its parameters, each with what it means."""

    says: str
    asks: type[msgspec.Struct] | None
    answers: type[msgspec.Struct]
    query: Mapping[str, str] = field(default_factory=dict)


SHAPES: Final[Mapping[str, Shape]] = {
    "enroll": Shape("Join by a one-time code, or again by a known key.", wire.EnrollRequest, wire.EnrollAnswer),
    "hello": Shape("Begin a session, and compare what both ends hold.", wire.HelloRequest, wire.HelloAnswer),
    "heartbeat": Shape("Health, and the same within the session.", wire.HeartbeatRequest, wire.HelloAnswer),
    "wiped": Shape("A lost terminal has carried out its order.", wire.WipedRequest, wire.WipedAnswer),
    "lines": Shape("Deliver lines; the answer says what was committed.", wire.LinesRequest, wire.LinesAnswer),
    "roster": Shape(
        "What changed since the cursor.", None, wire.RosterAnswer,
        {"cursor": "That of the newest answer; none for the whole roster."},
    ),
}  # fmt: skip

_SIGNED: Final[dict[str, Any]] = {
    "type": "apiKey",
    "in": "header",
    "name": "Signature",
    "description": (
        "RFC 9421 with `Signature-Input` and `Content-Digest`, in the one profile of the protocol's text. "
        "All but `enroll` and `hello` carry the session of the last hello as `nonce`. Answers are signed too."
    ),
}


def describe_devices(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI document of the device protocol's routes among these. Raises KeyError for one without a shape."""
    found = [one.original_route for one in iter_route_contexts(routes)]
    ours = [one for one in found if isinstance(one, Route) and one.path.startswith(API)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clockhouse, the device protocol", "version": "1"},
        "paths": {route.path: _methods(route) for route in ours if route.path != DESCRIPTION},
        "components": {"schemas": _schemas(), "securitySchemes": {"signed": _SIGNED}},
    }


def _methods(route: Route) -> dict[str, Any]:
    shape = SHAPES[route.path.removeprefix(API)]
    said: dict[str, Any] = {
        "summary": shape.says,
        "security": [{"signed": []}],
        "responses": {
            "200": {"description": "Done, and signed.", "content": {JSON: {"schema": _ref(shape.answers)}}},
            "default": {
                "description": "Refused; nothing was changed.",
                "content": {PROBLEM: {"schema": _ref(wire.Problem)}},
            },
        },
    }
    if shape.asks is not None:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(shape.asks)}}}
    if shape.query:
        said["parameters"] = [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in shape.query.items()
        ]
    return {method.lower(): said for method in sorted((route.methods or set()) - {"HEAD"})}


def _ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REF.format(name=shape.__name__)}


def _schemas() -> dict[str, Any]:
    """Every struct's schema; lines and the bodies of roster rows, which are read by their type, are named."""
    asked = [one for shape in SHAPES.values() for one in (shape.asks, shape.answers) if one is not None]
    wanted = [*asked, *wire.LINES.values(), *wire.BODIES.values(), wire.Problem]
    _, schemas = msgspec.json.schema_components(wanted, ref_template=REF)
    for name, shape in wire.LINES.items():
        schemas[shape.__name__]["properties"]["type"] = {"const": name}
    lines = {"anyOf": [_ref(shape) for shape in wire.LINES.values()]}
    schemas["LinesRequest"]["properties"]["lines"] |= {"items": lines, "maxItems": wire.MAX_LINES}
    bodies = {"anyOf": [*(_ref(shape) for shape in wire.BODIES.values()), {"type": "null"}]}
    schemas["RosterRow"]["properties"]["body"] = bodies
    return schemas
