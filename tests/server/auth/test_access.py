"""Who may do what: the table, and every route of the application against it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from clockhouse_server.auth.access import PERMISSIONS, Actor, Role, allow, allow_person, allow_site
from clockhouse_server.auth.web import permission_of
from clockhouse_server.errors import Forbidden, NotFound
from server.rig import PASSWORD, World

OPEN = {"/healthz", "/sign-in", "/static/{name}"}
"""Whoever asks may have these."""
SIGNED_IN = {"/", "/sign-out"}
"""Anybody who is signed in, whatever their role."""


def _routes(app: FastAPI) -> Iterator[tuple[str, str, str | None]]:
    """(method, path, permission) of every route but the device protocol's."""
    from fastapi.routing import iter_route_contexts

    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not context.path.startswith("/api/device/"):
            for method in sorted(route.methods or ()):
                yield method, context.path, _permission(route.dependant)


def _permission(dependant: Any) -> str | None:
    own = permission_of(dependant.call)
    if own is not None:
        return own
    found = {_permission(inner) for inner in dependant.dependencies} - {None}
    assert len(found) <= 1, f"{dependant.path} asks for {found}"
    return next(iter(found), None)


def _ask(client: httpx.Client, method: str, path: str) -> httpx.Response:
    return client.request(
        method,
        re.sub(r"\{[^}]*\}", "no-such", path),
        content=b"{}",
        headers={"content-type": "application/json"},
    )


def test_every_route_names_its_permission(world: World) -> None:
    routes = list(_routes(world.app))
    assert len(routes) > 60
    bare = {path for _, path, permission in routes if permission is None}
    assert set() == bare - OPEN - SIGNED_IN
    assert {permission for _, _, permission in routes if permission} <= PERMISSIONS.keys()


def test_every_route_refuses_whoever_is_not_signed_in(world: World) -> None:
    nobody = world.client()
    for method, path, permission in _routes(world.app):
        if permission is None:
            continue
        answer = _ask(nobody, method, path)
        assert answer.status_code in {401, 303}, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("role", list(Role))
def test_every_route_refuses_the_roles_that_may_not(world: World, role: Role) -> None:
    site = world.site()
    person = world.person("1", "Ann Lee", site)
    client = world.api(role, sites=[site], person_id=person)
    for method, path, permission in _routes(world.app):
        if permission is None:
            continue
        answer = _ask(client, method, path)
        if role in PERMISSIONS[permission]:
            assert answer.status_code not in {401, 500}, f"{role} {method} {path}: {answer.status_code}"
            assert answer.status_code != 403 or "own" in answer.text, f"{role} {method} {path}"
        elif answer.status_code != 403:
            # A body that cannot be read is refused before anybody is asked; nothing else may be.
            assert answer.status_code == 422, f"{role} {method} {path}: {answer.status_code}"


def test_a_token_can_do_no_more_than_its_scopes(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR, "people.read")
    assert 200 == client.get("/api/v1/people").status_code
    assert 403 == client.get("/api/v1/kiosks").status_code


def test_a_supervisor_sees_their_sites_and_nothing_else(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    ann, bob = world.person("1", "Ann Lee", hall), world.person("2", "Bob Ray", yard)
    kiosk = world.kiosk(yard)
    client = world.api(Role.SUPERVISOR, sites=[hall])
    assert [ann] == [one["id"] for one in client.get("/api/v1/people").json()["items"]]
    assert [hall] == [one["id"] for one in client.get("/api/v1/sites").json()]
    assert [] == client.get("/api/v1/kiosks").json()["items"]
    for path in (f"people/{bob}", f"sites/{yard}", f"sites/{yard}/offer", f"kiosks/{kiosk.device_id}"):
        assert 404 == client.get(f"/api/v1/{path}").status_code, path
    assert 404 == client.put(f"/api/v1/sites/{yard}/offer", json={"job_ids": []}).status_code


def test_an_employee_reaches_themselves_only() -> None:
    ann = Actor("u", "Ann", Role.EMPLOYEE, frozenset(), "ann")
    allow_person(ann, "timecards.read", "ann", ["hall"])
    with pytest.raises(NotFound):
        allow_person(ann, "timecards.read", "bob", ["hall"])
    with pytest.raises(Forbidden):
        allow(ann, "people.read")
    with pytest.raises(Forbidden):
        allow_site(ann, "sites.read", "hall")


def test_a_permission_that_nobody_defined_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        allow(Actor("u", "Ada", Role.ADMINISTRATOR), "people.reed")


def test_permissions_of_oneself(world: World) -> None:
    client = world.api(Role.SUPERVISOR, "own.read", "people.read", "people.write", sites=[world.site()])
    assert ["own.read", "people.read"] == client.get("/api/v1/me").json()["permissions"]
    assert PASSWORD not in json.dumps(client.get("/api/v1/me").json())
