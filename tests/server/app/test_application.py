"""What every request meets: headers, limits, problems that say the fix, and writes that happen once."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, OperationalError

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Role
from clockhouse_server.auth.models import AuditRow, IdempotencyKey
from clockhouse_server.auth.paging import cursor_of
from clockhouse_server.db import Counter, transaction
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, Site
from clockhouse_server.timecards import device as timecards_device
from clockhouse_sync import signing
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


@pytest.mark.parametrize(
    ("problem", "code", "status"),
    [
        (OperationalError("SELECT 1", {}, Exception("no connection")), "busy", 503),
        (IntegrityError("INSERT", {}, Exception("it is there")), "conflict", 409),
        (RuntimeError("a secret in a traceback"), "internal", 500),
    ],
)
def test_trouble_with_a_delivery_is_answered_as_everywhere(
    world: World, monkeypatch: pytest.MonkeyPatch, problem: Exception, code: str, status: int
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise problem

    kiosk = world.kiosk(world.site())
    monkeypatch.setattr(timecards_device, "take", broken)
    body = b'{"lines":[]}'
    headers = signing.sign_request(
        kiosk.key,
        method="POST",
        path="/api/device/v1/lines",
        query="",
        body=body,
        created=0,
        nonce=kiosk.session,
    )
    answer = world.client().post("/api/device/v1/lines", content=body, headers=headers)
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert "secret" not in answer.text
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert 405 == world.client().get("/api/device/v1/lines").status_code


def test_a_body_over_the_limit_is_refused_however_it_is_sent(world: World, live: str) -> None:
    big = b"x" * (world.settings.body_limit + 1)
    with httpx.Client(base_url=live) as client:
        assert 413 == client.post("/api/device/v1/hello", content=big).status_code
        chunks = (big[start : start + 65536] for start in range(0, len(big), 65536))
        assert 413 == client.post("/api/device/v1/hello", content=chunks).status_code
        chunks = (big[start : start + 65536] for start in range(0, len(big), 65536))
        json = {"Content-Type": "application/json"}
        assert 413 == client.post("/api/v1/sites", content=chunks, headers=json).status_code


def test_a_line_that_goes_dead_in_the_middle_of_a_request_is_no_bug_of_ours(
    world: World, live: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "clockhouse.app")
    for path in ("/api/device/v1/lines", "/api/v1/sites"):
        address = (urlsplit(live).hostname, urlsplit(live).port)
        with socket.create_connection(address) as link:
            lines = (f"POST {path} HTTP/1.1", "Host: clock.example", "Content-Length: 5000", "", "half of i")
            link.sendall("\r\n".join(lines).encode())
    until = time.monotonic() + 10
    while "request.cut_off" not in caplog.messages and time.monotonic() < until:
        time.sleep(0.01)
    assert 200 == httpx.get(f"{live}/healthz").status_code
    assert ["request.cut_off"] == caplog.messages


def test_the_api_describes_itself(world: World) -> None:
    described = world.client().get("/api/v1/openapi.json").json()
    assert {"/api/v1/people", "/api/v1/punches", "/api/v1/kiosks", "/api/v1/jobs"} <= described[
        "paths"
    ].keys()
    assert not [path for path in described["paths"] if path.startswith(("/api/device", "/people"))]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert [{"token": []}] == operation["security"], path
            assert ["application/problem+json"] == list(operation["responses"]["default"]["content"]), path
            answers = [said for code, said in operation["responses"].items() if code.startswith("2")]
            assert all(kind.get("schema") for said in answers for kind in said.get("content", {}).values()), (
                path
            )
            named = {one["name"] for one in operation.get("parameters", ())}
            assert (method == "get") is ("Idempotency-Key" not in named), path
    csv = described["paths"]["/api/v1/people/import"]["post"]["requestBody"]["content"]
    assert ["text/csv"] == list(csv)


def test_a_problem_is_what_the_description_says(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    schema = world.client().get("/api/v1/openapi.json").json()["components"]["schemas"]["Problem"]
    for answer in (
        client.post("/api/v1/sites", json={}),
        client.get("/api/v1/people/nobody"),
        world.client().get("/api/v1/people"),
        client.get("/api/v1/rates"),
        client.get("/api/v1/nowhere"),
    ):
        assert set(schema["required"]) <= answer.json().keys()
        assert "application/problem+json" == answer.headers["content-type"]


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


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/api/v1/tokens", {"name": "till", "scopes": ["punches.read"]}),
        ("/api/v1/enroll-codes", {"site_id": "SITE", "name": "Gate 2"}),
    ],
)
def test_an_answer_with_a_secret_is_kept_nowhere(world: World, path: str, given: dict[str, object]) -> None:
    client = world.api(Role.ADMINISTRATOR)
    given = {name: world.site() if value == "SITE" else value for name, value in given.items()}
    key = {"Idempotency-Key": "k"}
    assert 201 == client.post(path, json=given, headers=key).status_code
    assert [b""] == [row.body for row in world.rows(IdempotencyKey)]
    again = client.post(path, json=given, headers=key)
    assert (409, "shown_once") == (again.status_code, again.json()["code"])


def test_a_pin_cannot_be_found_again_from_what_its_key_stands_for(world: World) -> None:
    ann = world.person("1", "Ann Lee", world.site())
    body = b'{"pin":"4718"}'
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    client = world.api(Role.ADMINISTRATOR)
    path = f"/api/v1/people/{ann}/pin"
    assert 204 == client.put(path, content=body, headers=headers).status_code
    guess = sha256(f"PUT {path}?\n".encode() + body).hexdigest()
    assert guess != world.rows(IdempotencyKey)[0].request_hash
    assert 204 == client.put(path, content=body, headers=headers).status_code


def test_a_token_makes_none_that_may_do_more(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR, "users.write")
    more = client.post("/api/v1/tokens", json={"name": "x", "scopes": ["people.write"]})
    assert (403, "scopes") == (more.status_code, more.json()["field"])
    assert 201 == client.post("/api/v1/tokens", json={"name": "x", "scopes": ["users.write"]}).status_code


def test_what_no_database_holds_is_refused_and_not_our_bug(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    for path in (
        "/api/v1/people?q=%00", "/api/v1/people/%00", "/api/v1/jobs?site_id=%00", "/api/v1/kiosks/%00",
        f"/api/v1/audit?cursor={cursor_of('9' * 30)}", f"/api/v1/people?cursor={cursor_of(chr(0))}",
    ):  # fmt: skip
        assert client.get(path).status_code in {200, 404, 422}, path


def test_what_goes_wrong_in_the_database_names_no_values(world: World) -> None:
    with pytest.raises(IntegrityError) as failed, transaction(world.engine) as session:
        session.add_all(
            [Counter(name="a badge's number", value=1), Counter(name="a badge's number", value=2)]
        )
    assert "parameters hidden" in str(failed.value)


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
