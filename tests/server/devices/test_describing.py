"""What /api/device/v1/openapi.json says is what the application answers to."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Route

from clockhouse_server.app import create_app
from clockhouse_server.devices.describing import API, DESCRIPTION, describe_devices
from clockhouse_server.devices.signed import SignedRoute
from clockhouse_sync import wire


def _missing(app: FastAPI, described: dict[str, Any]) -> set[tuple[str, str]]:
    """Method and path of every device route of the application that the description does not have."""
    there = {
        (method.lower(), context.path)
        for context in iter_route_contexts(app.routes)
        if context.path is not None and context.path.startswith(API) and context.path != DESCRIPTION
        for method in (context.methods or set()) - {"HEAD"}
    }
    return there - {(method, path) for path, methods in described["paths"].items() for method in methods}


def test_every_device_route_is_described(world: Any) -> None:
    described = world.client().get(DESCRIPTION).json()
    assert set() == _missing(world.app, described)
    assert {"enroll", "hello", "heartbeat", "lines", "roster", "wiped"} == {
        path.removeprefix(API) for path in described["paths"]
    }
    text = json.dumps(described)
    schemas = described["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(schemas)
    assert {shape.__name__ for shape in [*wire.LINES.values(), *wire.BODIES.values()]} <= set(schemas)
    assert {"const": "punch"} == schemas["PunchLine"]["properties"]["type"]


def _wipe() -> None:
    """Forgets everything."""


@pytest.mark.parametrize("route_class", [SignedRoute, APIRoute, Route])
def test_a_device_route_without_a_description_does_not_go_unseen(route_class: type[Route]) -> None:
    app = create_app(None)  # type: ignore[arg-type] - no part of it is asked
    app.router.routes.append(route_class(API + "wipe", _wipe, methods=["POST"]))
    with pytest.raises(KeyError, match="wipe"):
        describe_devices(app.routes)
