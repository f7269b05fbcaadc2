"""What /api/v1/openapi.json says beyond the routes themselves: how to sign in, problems, writes that happen once."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

API: Final = "/api/v1/"
WRITES: Final = frozenset({"post", "put", "patch", "delete"})
PROBLEM: Final = "application/problem+json"

_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details. `code` is stable; `detail` is a sentence for people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "field": {"type": "string", "description": "The input that must change, where there is one."},
    },
    "additionalProperties": True,
}
_REFUSED: Final[dict[str, Any]] = {
    "description": "Refused; nothing was changed.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ONCE: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of the caller's, new for each write: sent again, it gets the same answer for 7 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; made once for an application."""
    if app.openapi_schema is None:
        said = get_openapi(title=app.title, version=app.version, routes=app.routes)
        parts = said["components"]
        parts["schemas"]["Problem"] = _PROBLEM_SCHEMA
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for method, operation in _operations(said):
            operation["security"] = [{"token": []}]
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _REFUSED
            if method in WRITES:
                operation.setdefault("parameters", []).append(_ONCE)
        app.openapi_schema = said
    return app.openapi_schema


def _operations(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in said["paths"].items():
        if path.startswith(API):
            yield from methods.items()


CSV_IN: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
}
"""For a route that takes a CSV file as its body."""


def file_out(media_type: str) -> dict[int | str, dict[str, Any]]:
    """For a route that answers a file."""
    return {200: {"description": "The file.", "content": {media_type: {"schema": {"type": "string"}}}}}
