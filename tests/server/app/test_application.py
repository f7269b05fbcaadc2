"""What every request meets: headers, limits, problems that say the fix, and writes that happen once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import update

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Role
from clockhouse_server.auth.models import AuditRow, IdempotencyKey
from clockhouse_server.db import transaction
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, Site
from server.rig import ADMIN, World

HALL = {"name": "Hall", "zone": "Europe/Berlin"}


def test_health(world: World) -> None:
    assert {"status": "ok"} == world.client().get("/healthz").json()


def test_every_answer_tells_a_browser_to_distrust_it(world: World) -> None:
    for path in ("/healthz", "/sign-in", "/api/v1/people", "/nowhere"):
        headers = world.client().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src" in policy
        assert "unsafe" not in policy
        assert "nosniff" == headers["x-content-type-options"]
        assert "frame-ancestors 'none'" in policy


def test_a_problem_names_the_field_and_the_fix(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    answer = client.post("/api/v1/sites", json={"name": "Hall", "zone": "Mars/Base"})
    assert "application/problem+json" == answer.headers["content-type"]
    body = answer.json()
    assert (422, "zone", "invalid") == (body["status"], body["field"], body["code"])
    assert "Europe/Berlin" in body["detail"]
    assert "name" == client.post("/api/v1/sites", json={"zone": "UTC"}).json()["field"]
    assert 404 == client.get("/api/v1/nowhere").status_code
    assert 405 == client.patch("/api/v1/sites").status_code


def test_our_own_bug_shows_nothing_and_saves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret in a traceback")

    client = world.api(Role.ADMINISTRATOR)
    monkeypatch.setattr(people, "roster_version", broken)
    answer = client.post("/api/v1/sites", json=HALL)
    assert 500 == answer.status_code
    assert "secret" not in answer.text
    assert [] == world.rows(Site)
    assert not world.rows(AuditRow, action="site.create")


def test_a_body_over_the_limit_is_refused_however_it_is_sent(world: World, live: str) -> None:
    big = b"x" * (world.settings.body_limit + 1)
    with httpx.Client(base_url=live) as client:
        assert 413 == client.post("/api/device/v1/hello", content=big).status_code
        chunks = (big[start : start + 65536] for start in range(0, len(big), 65536))
        assert 413 == client.post("/api/device/v1/hello", content=chunks).status_code


def test_the_api_describes_itself(world: World) -> None:
    described = world.client().get("/api/v1/openapi.json").json()
    assert {"/api/v1/people", "/api/v1/punches", "/api/v1/kiosks", "/api/v1/jobs"} <= described[
        "paths"
    ].keys()
    assert not [path for path in described["paths"] if path.startswith(("/api/device", "/people"))]


def test_the_same_key_gets_the_same_answer_and_one_row(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    key = {"Idempotency-Key": "order 66"}
    first = client.post("/api/v1/sites", json=HALL, headers=key)
    again = client.post("/api/v1/sites", json=HALL, headers=key)
    assert (201, 201) == (first.status_code, again.status_code)
    assert first.json() == again.json()
    assert "true" == again.headers["idempotency-replayed"]
    assert 1 == len(world.rows(Site))
    other = client.post("/api/v1/sites", json={**HALL, "name": "Yard"}, headers=key)
    assert "Idempotency-Key" == other.json()["field"]


def test_a_refused_write_may_be_tried_again_with_its_key(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    key = {"Idempotency-Key": "k"}
    assert 422 == client.post("/api/v1/sites", json={**HALL, "zone": ""}, headers=key).status_code
    assert [] == world.rows(IdempotencyKey)
    assert 201 == client.post("/api/v1/sites", json=HALL, headers=key).status_code


def test_two_requests_with_one_key_at_once_write_once(world: World, live: str) -> None:
    program = world.api(Role.ADMINISTRATOR)
    headers = {"Authorization": program.headers["authorization"], "Idempotency-Key": "at once"}

    def post(_: int) -> int:
        with httpx.Client(base_url=live, headers=headers) as client:
            return client.post("/api/v1/sites", json=HALL).status_code

    with ThreadPoolExecutor(4) as pool:
        assert {201} == set(pool.map(post, range(4)))
    assert 1 == len(world.rows(Site))


def test_a_cursor_walks_all_pages(world: World) -> None:
    site = world.site()
    for number in range(7):
        world.person(f"{number:03}", f"Person {number}", site)
    client = world.api(Role.ADMINISTRATOR)
    seen, cursor = [], None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        body = client.get("/api/v1/people", params=params).json()
        seen += [one["number"] for one in body["items"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert [f"{number:03}" for number in range(7)] == seen
    assert "cursor" == client.get("/api/v1/punches?cursor=%F0").json()["field"]


def test_the_audit_trail_is_a_chain_that_shows_any_change(world: World) -> None:
    world.site()
    world.person("1", "Ann Lee")
    with world.read() as session:
        assert audit.verify(session) is None
    with world.write() as session:
        session.execute(update(AuditRow).where(AuditRow.seq == 1).values(actor_id="somebody else"))
    with world.read() as session:
        assert "audit row 1 does not give its hash" == audit.verify(session)


def test_the_newest_audit_row_cannot_be_cut_off_unseen(world: World) -> None:
    world.site()
    world.person("1", "Ann Lee")
    with world.write() as session:
        session.query(AuditRow).filter_by(seq=2).delete()
    with world.read() as session:
        assert "audit row 2 is missing" == audit.verify(session)


def test_writers_at_once_leave_one_unbroken_trail(world: World) -> None:
    def write(number: int) -> None:
        with transaction(world.engine) as session:
            given = people.PersonIn(number=str(number), name=f"Person {number}")
            people.create_person(session, ADMIN, given, now=world.now(), new_id=lambda: f"person-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    with world.read() as session:
        assert audit.verify(session) is None
    versions = sorted(person.version for person in world.rows(Person))
    assert list(range(1, 13)) == versions
