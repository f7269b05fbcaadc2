"""Deliveries that share a transaction: each comes out as it would alone, and none suffers for another."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from clockhouse_server.db import Base
from clockhouse_server.devices.models import Device
from clockhouse_server.devices.signed import DeviceRequest
from clockhouse_server.errors import Refusal
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.models import (
    Alarm,
    CheckpointRow,
    EpochMark,
    LastState,
    LineRow,
    LostRange,
    ParkedLine,
    PunchRow,
)
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.timecards import device as route
from clockhouse_server.timecards.delivered import take
from clockhouse_sync import signing, wire
from server.rig import Kiosk, World, running

KIOSKS, LINES = 3, 10
TABLES: tuple[type[Base], ...] = (
    LineRow, PunchRow, LastState, EpochMark, ParkedLine, LostRange, CheckpointRow, Alarm,
)  # fmt: skip
WHEN_IT_CAME = {"version", "id"}
"""What counts deliveries rather than what they say."""

parts = st.lists(
    st.lists(st.integers(0, LINES - 1), min_size=1, max_size=LINES), min_size=KIOSKS, max_size=KIOSKS
)


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "FEWEST", 2)


@pytest.fixture(scope="module")
def ledgers() -> dict[int, list[Kiosk]]:
    return {}


def _kiosks(world: World, ledgers: dict[int, list[Kiosk]]) -> list[Kiosk]:
    """Three walls of one yard: the same people at all, one punch said at two, a job nobody knows, a gap declared."""
    if id(world) not in ledgers:
        ledgers.clear()
        site = world.site()
        people = [world.person(str(number), f"Person {number}", site) for number in range(3)]
        made = [world.kiosk(site, name=f"Gate {number}") for number in range(KIOSKS)]
        for step in range(LINES - 3):
            world.now.forward(minutes=1)
            for number, kiosk in enumerate(made):
                person = people[(step + number) % 3]
                if step == 2:
                    kiosk.punch("in", people[0], punch_id="said twice")
                elif step == 4:
                    kiosk.punch("in", person, job_id="no such job" if number == 1 else None)
                else:
                    kiosk.punch(("in", "break_start", "break_end", "out")[step % 4], person, sync=step != 5)
        for kiosk in made:
            kiosk.line("clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=10)
            kiosk.line("lost", lost={"epoch": kiosk.epoch, "from": 50, "to": 60})
            assert len(kiosk.lines) == LINES
        ledgers[id(world)] = made
    return ledgers[id(world)]


@contextmanager
def _undone(world: World) -> Iterator[Session]:
    with Session(world.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


def _take(session: Session, world: World, kiosks: Sequence[Kiosk], given: Sequence[list[int]]) -> list[Any]:
    batches = [
        Batch.of(
            session.get_one(Device, kiosk.device_id),
            Delivery([kiosk.lines[index] for index in indexes], {}, [kiosk.checkpoint()]),
        )
        for kiosk, indexes in zip(kiosks, given, strict=True)
    ]
    server = world.server
    return take(session, batches, keys=server.keys, now=world.now(), new_id=server.new_id)


def _stored(session: Session) -> dict[str, list[dict[str, Any]]]:
    session.expire_all()
    return {
        table.__tablename__: sorted(
            (
                {name: value for name, value in row._mapping.items() if name not in WHEN_IT_CAME}
                for row in session.execute(select(table.__table__))
            ),
            key=str,
        )
        for table in TABLES
    }


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(before=parts, after=parts)
def test_taken_together_each_comes_out_as_it_would_alone(
    world: World, ledgers: dict[int, list[Kiosk]], before: list[list[int]], after: list[list[int]]
) -> None:
    kiosks = _kiosks(world, ledgers)
    with _undone(world) as session:
        for given_ in (before, after):
            alone = [
                _take(session, world, [kiosk], [each])[0] for kiosk, each in zip(kiosks, given_, strict=True)
            ]
        expected = _stored(session)
        assert verify_stored(session).ok
    with _undone(world) as session:
        for given_ in (before, after):
            together = _take(session, world, kiosks, given_)
        assert expected == _stored(session)
        assert verify_stored(session).ok
    assert alone == together


def _request(
    world: World, kiosk: Kiosk, lines: Sequence[bytes], *, nonce: str | None = None
) -> DeviceRequest:
    body = b'{"lines":[' + b",".join(lines) + b"]}"
    return _signed(world, kiosk, body, nonce)


def _signed(world: World, kiosk: Kiosk, body: bytes, nonce: str | None = None) -> DeviceRequest:
    headers = signing.sign_request(
        kiosk.key, method="POST", path="/api/device/v1/lines", query="", body=body, created=0,
        nonce=nonce or kiosk.session,
    )  # fmt: skip
    lowered = {name.lower(): value for name, value in headers.items()}
    return DeviceRequest(world.server, "POST", "/api/device/v1/lines", "", lowered, body)


def _told(found: Sequence[wire.LinesAnswer | Exception]) -> list[Any]:
    return [
        each.code if isinstance(each, Refusal) else [verdict.outcome for verdict in each.verdicts]
        if isinstance(each, wire.LinesAnswer) else type(each)
        for each in found
    ]  # fmt: skip


def test_a_refusal_is_its_own_one_s_alone(world: World) -> None:
    site = world.site()
    ann = world.person("1", "Ann", site)
    good, other, unsure, waiting = (world.kiosk(site, name=name) for name in ("a", "b", "c", "d"))
    stranger = Kiosk(world.client(), world.now, site_id=site, seed="stranger")
    stranger.session = "s"
    for kiosk in (good, other, unsure, waiting):
        mistake = kiosk.punch("in", ann)
    waiting.line("undo", punch_id=mistake)
    with world.write() as session:
        session.get_one(Device, unsure.device_id).status = "pending"
    altered = _request(world, other, other.lines)
    altered = DeviceRequest(altered.server, "POST", altered.path, "", altered.headers, altered.body + b" ")
    found = route.take_in(
        [
            _request(world, good, good.lines[:1]),
            altered,
            _request(world, stranger, stranger.lines),
            _request(world, unsure, unsure.lines),
            _request(world, other, other.lines, nonce="another-session"),
            _signed(world, other, b'{"lines":'),
            _signed(world, other, b'{"lines":[' + b",".join([b"{}"] * 1001) + b"]}"),
            _request(world, good, good.lines),
            _request(world, waiting, waiting.lines),
            _request(world, other, other.lines),
        ]
    )
    assert _told(found) == [
        ["accepted"], "signature", "signature", "not_active", "session", "invalid", "too_large",
        ["duplicate", "accepted"], ["accepted"] * 3, ["accepted"] * 2,
    ]  # fmt: skip
    assert [True] == [row.undone for row in world.rows(PunchRow) if row.punch_id == mistake]


def test_where_a_transaction_of_several_fails_each_is_tried_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = world.site()
    ann = world.person("1", "Ann", site)
    kiosks = [world.kiosk(site, name=name) for name in ("a", "b", "c")]
    for kiosk in kiosks:
        kiosk.punch("in", ann)
    real, bad = route.take, kiosks[1].device_id

    def choosy(session: Session, batches: Sequence[Batch], **more: Any) -> Any:
        answers = real(session, batches, **more)
        if any(batch.device.id == bad for batch in batches):
            raise ZeroDivisionError
        return answers

    monkeypatch.setattr(route, "take", choosy)
    found = route.take_in([_request(world, kiosk, kiosk.lines) for kiosk in kiosks])
    assert [["accepted"] * 2, ZeroDivisionError, ["accepted"] * 2] == _told(found)
    assert {kiosks[0].device_id, kiosks[2].device_id} == {row.device_id for row in world.rows(LineRow)}


def test_a_punch_whose_id_is_taken_is_found_in_a_crowd_too(world: World) -> None:
    site = world.site()
    ann = world.person("1", "Ann", site)
    first, again, other = (world.kiosk(site, name=name) for name in ("a", "b", "c"))
    taken = first.punch("in", ann)
    assert [["accepted"] * 2] == _told(route.take_in([_request(world, first, first.lines)]))
    again.punch("out", ann, punch_id=taken)
    other.punch("out", ann)
    crowd = [_request(world, kiosk, kiosk.lines) for kiosk in (again, other)]
    assert [["accepted", "parked"], ["accepted"] * 2] == _told(route.take_in(crowd))
    assert ["conflict"] == [row.code for row in world.rows(ParkedLine)]
    assert {"in", "out"} == {row.kind for row in world.rows(PunchRow)}
    assert first.device_id == next(row.device_id for row in world.rows(PunchRow) if row.punch_id == taken)


def test_a_crowd_shares_its_commits(world: World) -> None:
    site = world.site()
    people = [world.person(str(number), f"Person {number}", site) for number in range(12)]
    commits: list[object] = []
    with running(world.app) as address, httpx.Client(base_url=address) as http:
        kiosks = []
        for number in range(12):
            world.now.forward(minutes=1)  # nobody enrols a dozen in one
            kiosks.append(world.kiosk(site, http=http, name=f"Gate {number}"))
        event.listen(world.engine, "commit", commits.append)

        def morning(number: int) -> list[str]:
            kiosk = kiosks[number]
            kiosk.http = httpx.Client(base_url=address)
            found = []
            with kiosk.http:
                for kind in ("in", "break_start", "break_end", "out"):
                    kiosk.punch(kind, people[number])
                    found += [outcome for outcome, _ in kiosk.outcomes()]
            return found

        with ThreadPoolExecutor(12) as threads:
            outcomes = [outcome for found in threads.map(morning, range(12)) for outcome in found]
    shared = len(commits)
    assert ["accepted"] * (12 * 5) == outcomes
    assert 12 * 4 == len(world.rows(PunchRow))
    assert sorted(row.position for row in world.rows(PunchRow)) == list(range(1, 12 * 4 + 1))
    assert 4 <= shared < 12 * 4
