"""Signing in: passwords that hold, slow wrong tries, sessions that rotate, writes that prove where they come from."""

from datetime import timedelta

import httpx
import pytest

from clockhouse_server.auth import passwords, store
from clockhouse_server.auth.access import Role
from clockhouse_server.auth.limits import RateLimit, TooOften
from clockhouse_server.auth.models import User, WebSession
from clockhouse_server.errors import Conflict, Invalid
from server.rig import MONDAY, PASSWORD, World


def _sign_in(client: httpx.Client, email: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    return client.post("/sign-in", data={"email": email, "password": password}, headers=headers)


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(world: World) -> None:
    client = world.client()
    answer = _sign_in(client, world.user(Role.ADMINISTRATOR))
    assert 303 == answer.status_code
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert 200 == client.get("/api/v1/me").status_code
    assert client.cookies["clockhouse"] not in {row.token_hash for row in world.rows(WebSession)}


def test_over_https_the_cookie_belongs_to_this_host_alone(world: World) -> None:
    client = world.client()
    client.base_url = httpx.URL("https://clock.example")
    cookie = _sign_in(client, world.user(Role.ADMINISTRATOR)).headers["set-cookie"]
    assert cookie.startswith("__Host-clockhouse=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_signing_in_again_ends_the_session_before(world: World) -> None:
    client = world.client()
    email = world.user(Role.ADMINISTRATOR)
    _sign_in(client, email)
    old = client.cookies["clockhouse"]
    _sign_in(client, email)
    assert old != client.cookies["clockhouse"]
    assert 401 == world.client(Cookie=f"clockhouse={old}").get("/api/v1/me").status_code


def test_a_session_ends_by_itself(world: World) -> None:
    client = world.client()
    _sign_in(client, world.user(Role.ADMINISTRATOR))
    world.now.forward(hours=12)
    assert 401 == client.get("/api/v1/me").status_code


def test_wrong_tries_are_slowed_and_then_blocked_for_a_while_whoever_asks(world: World) -> None:
    email = world.user(Role.ADMINISTRATOR)
    client = world.client()
    for _ in range(8):
        assert _sign_in(client, email, "wrong password").status_code in {401, 429}
        world.now.forward(seconds=20)
    assert 8 == world.rows(User, email=email)[0].failures
    _sign_in(client, email, "wrong password")
    assert 429 == _sign_in(client, email).status_code
    world.now.forward(minutes=15)
    assert 303 == _sign_in(client, email).status_code
    assert 0 == world.rows(User, email=email)[0].failures


def test_an_unknown_address_is_answered_as_a_wrong_password(world: World) -> None:
    email = world.user(Role.ADMINISTRATOR)
    unknown, wrong = _sign_in(world.client(), "no@body.de"), _sign_in(world.client(), email, "wrong password")
    assert unknown.status_code == wrong.status_code == 401
    assert not passwords.matches("", passwords.NOBODYS)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(2, 0), (3, 1), (5, 4), (10, 128), (30, 900), (10_000, 900)]
)
def test_blocks_grow_and_stay_bearable(failures: int, seconds: int) -> None:
    assert timedelta(seconds=seconds) == store.block_after(failures)


def test_a_write_by_cookie_needs_our_own_page_s_proof(world: World) -> None:
    client = world.client()
    _sign_in(client, world.user(Role.ADMINISTRATOR))
    site = {"name": "Hall", "zone": "Europe/Berlin"}
    assert "bad_origin" == client.post("/api/v1/sites", json=site).json()["code"]
    token = world.rows(WebSession)[-1].csrf_token
    proof = {"X-CSRF-Token": token}
    assert 201 == client.post("/api/v1/sites", json=site, headers=proof).status_code
    other = {**site, "name": "Yard"}
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert 403 == client.post("/api/v1/sites", json=other, headers=proof | foreign).status_code
    same = {"Sec-Fetch-Site": "same-origin"}
    assert 201 == client.post("/api/v1/sites", json=other, headers=proof | same).status_code


def test_another_site_cannot_sign_anybody_in(world: World) -> None:
    answer = _sign_in(world.client(), world.user(Role.ADMINISTRATOR), **{"Sec-Fetch-Site": "cross-site"})
    assert 403 == answer.status_code


def test_signing_out_ends_the_session_on_the_server_too(world: World) -> None:
    client = world.client()
    _sign_in(client, world.user(Role.ADMINISTRATOR))
    cookie = client.cookies["clockhouse"]
    token = world.rows(WebSession)[-1].csrf_token
    assert 303 == client.post("/sign-out", data={"csrf": token}).status_code
    assert 401 == world.client(Cookie=f"clockhouse={cookie}").get("/api/v1/me").status_code


@pytest.mark.parametrize("password", ["short", "x" * 201, "passwordpassword", "aaaaaaaaaaaa", "abababababab"])
def test_passwords_that_anybody_would_try_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.hash_password(password, "salt")


def test_a_user_who_loses_a_right_loses_their_sessions(world: World) -> None:
    site = world.site()
    email = world.user(Role.SUPERVISOR, sites=[site])
    client = world.client()
    _sign_in(client, email)
    with world.write() as session:
        user = next(one for one in store.users(session) if one.email == email)
        store.update_user(session, "tests", user.id, active=False, now=world.now())
    assert 401 == client.get("/api/v1/me").status_code
    assert 401 == _sign_in(client, email).status_code


def test_the_last_administrator_stays(world: World) -> None:
    email = world.user(Role.ADMINISTRATOR)
    with world.write() as session:
        user = next(one for one in store.users(session) if one.email == email)
        with pytest.raises(Conflict):
            store.update_user(session, "tests", user.id, active=False, now=world.now())
        with pytest.raises(Conflict):
            store.update_user(session, "tests", user.id, role="back_office", now=world.now())


def test_a_revoked_token_is_nobody(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    token = client.get("/api/v1/tokens").json()[0]["id"]
    assert 200 == client.delete(f"/api/v1/tokens/{token}").status_code
    assert 401 == client.get("/api/v1/me").status_code


def test_a_rate_limit_refills() -> None:
    limit = RateLimit(burst=2, seconds=10)
    limit.take("a", MONDAY)
    limit.take("a", MONDAY)
    limit.take("b", MONDAY)
    with pytest.raises(TooOften):
        limit.take("a", MONDAY + timedelta(seconds=9))
    limit.take("a", MONDAY + timedelta(seconds=10))
