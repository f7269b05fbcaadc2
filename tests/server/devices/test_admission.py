"""Kiosks that all come at once: so many are served as there is room for, the others later, and the office all the time."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest

from clockhouse_server.devices import admission
from clockhouse_server.devices.admission import LONGEST, Admission, room_for
from clockhouse_sync import signing, wire
from server.rig import MONDAY, World, in_a_loop

ROOM, BURST = 14, 200


def test_whoever_is_turned_away_comes_one_after_the_other() -> None:
    queue = Admission()
    assert [None] * 3 == [queue.enter(100.0, 3) for _ in range(3)]
    promised = [queue.enter(100.0, 3) for _ in range(1000)]
    assert promised == sorted(set(promised))
    assert promised[-1] > 10 * promised[10] > 0
    queue.leave(100.5)
    assert queue.enter(100.5, 3) is None
    assert queue.enter(100.5, 3) is not None
    assert 3 == queue.inside


def test_the_longer_each_takes_the_later_the_others_come() -> None:
    waits = {}
    for seconds in (0.01, 1.0):
        queue, now = Admission(), 0.0
        queue.enter(now, 1)
        for _ in range(200):
            now += seconds
            queue.leave(now)
            queue.enter(now, 1)
        waits[seconds] = [queue.enter(now, 1) for _ in range(10)]
    assert pytest.approx([0.01 * number for number in range(1, 11)], rel=0.1) == waits[0.01]
    assert pytest.approx([1.0 * number for number in range(1, 11)], rel=0.1) == waits[1.0]


def test_nobody_is_sent_away_for_longer_than_kiosks_wait_by_themselves() -> None:
    queue = Admission()
    queue.enter(0.0, 1)
    promised = [queue.enter(0.0, 1) or 0.0 for _ in range(100_000)]
    assert LONGEST + 1 > max(promised) > LONGEST - 1
    each_second = Counter(int(one) for one in promised)
    assert max(each_second.values()) < 2 * len(promised) / LONGEST


@pytest.fixture
def narrow(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A server with little room and a clock that runs; how many were inside whenever somebody came."""
    inside: list[int] = []
    enter = Admission.enter

    def noted(queue: Admission, now: float, room: int) -> float | None:
        after = enter(queue, now, room)
        inside.append(queue.inside)
        return after

    monkeypatch.setattr(Admission, "enter", noted)
    began = time.monotonic()
    world.app.state.server = replace(
        world.server, settings=replace(world.settings, device_requests=ROOM),
        now=lambda: MONDAY + timedelta(seconds=time.monotonic() - began),
    )  # fmt: skip
    yield inside
    world.app.state.server = world.server


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_hundred_connections_and_little_room(world: World, live: str, narrow: list[int]) -> None:
    kiosk = world.kiosk(world.site())
    body = msgspec.json.encode(
        wire.HelloRequest(
            protocols=[1], heads=[kiosk.head()], clock=wire.ClockState(sync=True, error_ms=3),
            at=wire.format_instant(world.now()), software="x" * 100_000,
        )
    )  # fmt: skip
    path = "/api/device/v1/hello"
    headers = signing.sign_request(
        kiosk.key, method="POST", path=path, query="", body=body, created=1, nonce=None
    )
    answers: Counter[int] = Counter()
    pages: list[float] = []

    async def deliver(http: httpx.AsyncClient) -> None:
        for _ in range(60):
            answer = await http.post(path, content=body, headers=headers)
            answers[answer.status_code] += 1
            if answer.status_code == 200:
                return
            assert ("busy", 503) == (answer.json()["code"], answer.status_code)
            await asyncio.sleep(int(answer.headers["retry-after"]) / 4)
        raise AssertionError("never let in")

    async def look(http: httpx.AsyncClient) -> None:
        while answers[200] < BURST:
            began = time.monotonic()
            assert 200 == (await http.get("/sign-in")).status_code
            pages.append(time.monotonic() - began)
            await asyncio.sleep(0.05)

    async def everybody() -> None:
        limits = httpx.Limits(max_connections=BURST + 1)  # one for each of them
        async with httpx.AsyncClient(base_url=live, timeout=60, limits=limits) as http:
            await asyncio.gather(look(http), *(deliver(http) for _ in range(BURST)))

    in_a_loop(everybody())
    assert BURST == answers[200]
    assert answers[503] > 0
    assert room_for("hello", ROOM) == max(narrow)
    assert len(pages) > 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_body_that_never_comes_gives_its_place_up(
    world: World, live: str, narrow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "BODY_SECONDS", 0.2)
    address = live.removeprefix("http://").split(":")
    hung = [socket.create_connection((address[0], int(address[1])), 10) for _ in range(ROOM)]
    for one in hung:
        one.sendall(b"POST /api/device/v1/lines HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
    for one in hung:
        assert b" 413 " in one.recv(1000).splitlines()[0]
        one.close()
    assert 401 == httpx.post(f"{live}/api/device/v1/lines", content=b"{}").status_code
    assert len(narrow) > ROOM
