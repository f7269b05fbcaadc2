"""Plain punches take a short way to their verdicts: to the very ones that the long way comes to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import delivering, runs, verdicts
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.models import Alarm, EpochMark, LastState, LineRow, ParkedLine, PunchRow
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.people.models import Person
from clockhouse_server.timecards.delivered import take
from clockhouse_sync import ledger
from server.rig import Kiosk, World

APPROVED = date(2026, 2, 20)
OFTEN, NOW_AND_THEN, SELDOM = 30, 4, 1


@dataclass
class Company:
    """A kiosk that has said nothing yet, and what its lines may name."""

    kiosk: Kiosk
    plain: str
    approved: str
    merged: str
    job: str
    task: str
    other_site: str


@pytest.fixture
def company(world: World) -> Company:
    site, other = world.site(), world.site("Hall 2", "Pacific/Kiritimati")
    plain, approved, merged = (world.person(name, name, site) for name in ("plain", "approved", "merged"))
    job = world.job("J1", "Weld", world.customer(), site)
    with world.write() as session:
        session.get_one(Person, approved).locked_through_on = APPROVED
        session.get_one(Person, merged).merged_into_id = plain
    kiosk = world.kiosk(site)
    kiosk.deliver()
    return Company(kiosk, plain, approved, merged, job, world.task(job, "T1", "Cut"), other)


def _weighed(**often: int) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, times in often.items() for _ in range(times)])


what_is_odd = st.lists(
    _weighed(
        nothing=OFTEN, approved_day=NOW_AND_THEN, approved_later=NOW_AND_THEN, nobody=SELDOM, no_person=SELDOM,
        merged=SELDOM, job=NOW_AND_THEN, task=NOW_AND_THEN, no_job=SELDOM, task_alone=SELDOM, future=SELDOM,
        far=SELDOM, no_clock=SELDOM, lost_clock=SELDOM, id_again=NOW_AND_THEN, note=NOW_AND_THEN, broken_line=SELDOM,
        other_site=NOW_AND_THEN, gap=NOW_AND_THEN, fork=SELDOM, clock_line=SELDOM, nul=SELDOM, boot=SELDOM,
        first_again=NOW_AND_THEN, undo=NOW_AND_THEN, other_epoch=SELDOM, other_prev=NOW_AND_THEN,
    ),
    min_size=2, max_size=14,
)  # fmt: skip


def _line(company: Company, kiosk: Kiosk, at: datetime, odd: str, names: Iterator[int]) -> None:
    """One more line of the ledger, with that about it which is odd."""
    said: dict[str, Any] = {"punch_id": f"punch {next(names)}", "at": at}
    changes: dict[str, Callable[[], Any]] = {
        "job": lambda: said.update(job_id=company.job),
        "task": lambda: said.update(job_id=company.job, task_id=company.task),
        "no_job": lambda: said.update(job_id="no such job"),
        "task_alone": lambda: said.update(task_id=company.task),
        "future": lambda: said.update(at=at + timedelta(days=60)),
        "far": lambda: said.update(at=at.replace(year=2200)),
        "no_clock": lambda: said.update(sync=None),
        "lost_clock": lambda: said.update(sync=False),
        "id_again": lambda: said.update(punch_id="punch 1"),
        "note": lambda: said.update(beside={"note": kiosk.note("left early")}),
        "other_site": lambda: said.update(site_id=company.other_site),
        "nul": lambda: said.update(job_id="\x00"),
        "approved_day": lambda: said.update(at=datetime.combine(APPROVED, at.timetz())),
        "boot": kiosk.boot,
        "other_epoch": lambda: setattr(kiosk, "epoch", f"{kiosk.epoch}x"),
        "other_prev": lambda: setattr(kiosk, "prev", "0" * 64),
        "undo": lambda: kiosk.line("undo", at=at, punch_id=f"punch {int(said['punch_id'].split()[1]) - 1}"),
        "clock_line": lambda: kiosk.line("clock", at=at, cause="hello"),
        "gap": lambda: setattr(kiosk, "seq", kiosk.seq + 2),
        "fork": lambda: setattr(kiosk, "seq", max(kiosk.seq - 2, 0)),
    }
    people = {
        "approved_day": company.approved, "approved_later": company.approved, "nobody": "nobody",
        "no_person": None, "merged": company.merged,
    }  # fmt: skip
    if odd in changes:
        changes[odd]()
    kiosk.punch("in", people.get(odd, company.plain), **said)
    if odd == "broken_line":  # as another maker's kiosk might write it
        kiosk.lines[-1] = kiosk.lines[-1].replace(b'{"', b'{\n"', 1)
        kiosk.prev = ledger.line_hash(kiosk.lines[-1])
    if odd == "first_again":
        kiosk.lines.append(kiosk.lines[0])


@contextmanager
def _undone(world: World) -> Iterator[Session]:
    with Session(world.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


def _books(session: Session) -> list[Any]:
    """All that is stored; in whatever pieces lines are."""
    session.expire_all()
    tables = (PunchRow, LastState, EpochMark, ParkedLine, Alarm)
    stored = [
        sorted((tuple(row) for row in session.execute(select(table.__table__))), key=str) for table in tables
    ]
    lines = [
        (line.device_id, line.epoch, line.seq, line.hash, line.prev, line.type, line.raw, line.chain, line.outcome, line.code)
        for line in runs.every(session)
    ]  # fmt: skip
    return [*stored, sorted(lines, key=str)]


def _delivered(
    world: World, kiosk: Kiosk, parts: Sequence[Sequence[bytes]], *, trusting: bool
) -> tuple[list[Any], list[Any], int]:
    """What a kiosk is answered, what is stored then, and how many lines went the short way."""
    short = []
    names = count(1)
    real = verdicts.ShortWay.goes_on

    def noted(self: verdicts.ShortWay, *given: Any) -> bool:
        went = real(self, *given)
        short.append(went)
        return went

    with _undone(world) as session, patch.object(verdicts.ShortWay, "goes_on", noted):
        answers = []
        for part in parts:
            batch = Batch.of(session.get_one(Device, kiosk.device_id), Delivery(part, kiosk.beside))
            [answer] = take(
                session,
                [batch],
                keys=world.server.keys,
                now=world.now(),
                new_id=lambda: f"id {next(names)}",
                trusting=trusting and not batch.settles,
            )
            answers.append((answer.verdicts, answer.acknowledged))
        return answers, _books(session), sum(short)


def _long(batch: Batch, *given: Any) -> None:
    verdicts.judge_lines(batch, *given)
    batch.plain = False


@settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(odd=what_is_odd, cut=st.integers(0, 14), mixed=st.lists(st.integers(0, 9), max_size=12))
def test_the_short_way_comes_to_what_the_long_way_does(
    world: World, company: Company, odd: list[str], cut: int, mixed: list[int]
) -> None:
    kiosk = copy(company.kiosk)
    kiosk.lines = []
    names = count(1)
    at = world.now() - timedelta(hours=1)
    for each in odd:
        at += timedelta(seconds=20)
        _line(company, kiosk, at, each, names)
    jumbled = [kiosk.lines[index % len(kiosk.lines)] for index in mixed]
    parts = [part for part in (jumbled, kiosk.lines[:cut], kiosk.lines[cut:], kiosk.lines) if part]
    with patch.object(runs, "FEWEST", 2):
        *short, went = _delivered(world, kiosk, parts, trusting="id_again" not in odd)
    with (
        patch.object(verdicts.ShortWay, "goes_on", lambda *_: False),
        patch.object(delivering, "judge_lines", _long),
    ):
        *long, none = _delivered(world, kiosk, parts, trusting=False)
    assert none == 0
    assert long == short
    if set(odd) <= {"nothing", "job", "task", "approved_later", "other_site"} and not mixed:
        assert went == len(odd) - sum(bool(part) for part in (odd[:cut], odd[cut:]))


def test_many_plain_punches_become_one_row_and_their_ids_are_seen(world: World, company: Company) -> None:
    kiosk = company.kiosk
    for number in range(40):
        world.now.forward(seconds=1)
        kiosk.punch("in" if number % 2 else "out", company.plain, punch_id=f"punch {min(number, 38)}")
    assert [("accepted", None)] * 39 + [("parked", "conflict")] == kiosk.outcomes()
    assert [1, 39] == sorted(
        row.seq - row.first_seq + 1 for row in world.rows(LineRow) if row.type == "punch"
    )


def _plain(company: Company, world: World, punches: int) -> list[str]:
    ids = []
    for number in range(punches):
        world.now.forward(seconds=1)
        ids.append(company.kiosk.punch("out" if number % 2 else "in", company.plain))
    return ids


def test_what_was_said_beside_one_of_many_is_kept(world: World, company: Company) -> None:
    _plain(company, world, 3)
    noted = company.kiosk.punch("in", company.plain, beside={"note": company.kiosk.note("left early")})
    _plain(company, world, 3)
    company.kiosk.deliver()
    assert {noted: "left early"} == {row.punch_id: row.note for row in world.rows(PunchRow) if row.note}


def test_many_that_fill_a_gap_find_the_undo_that_came_before_them(world: World, company: Company) -> None:
    *_, mistake = _plain(company, world, 6)
    company.kiosk.line("undo", punch_id=mistake)
    *before, undo = company.kiosk.lines[company.kiosk.sent :]
    company.kiosk.deliver([undo])
    company.kiosk.deliver(before)
    assert [mistake] == [row.punch_id for row in world.rows(PunchRow) if row.undone]
    assert ["out"] == [row.kind for row in world.rows(PunchRow, punch_id=mistake)]
    assert ["in"] == [row.kind for row in world.rows(LastState)]


def test_an_epoch_that_begins_with_punches_has_its_mark(world: World, company: Company) -> None:
    kiosk = company.kiosk
    kiosk.epoch, kiosk.seq, kiosk.prev = "without a boot", 0, None
    _plain(company, world, 4)
    answer = kiosk.deliver().json()
    assert {"epoch": "without a boot", "seq": 4} in answer["acknowledged"]
    assert 4 == next(mark.acknowledged_seq for mark in world.rows(EpochMark) if mark.epoch == kiosk.epoch)
