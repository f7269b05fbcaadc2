"""The roster arrives complete or not at all, whatever happens between its pages."""

import pytest

from clockhouse_sync import wire
from clockhouse_sync.roster import RosterReader
from sync.counterpart import Counterpart, Fault
from sync.rig import Bench


def person(row_id: str) -> wire.RosterRow:
    return wire.RosterRow(
        type="person", id=row_id, version=1, body={"number": "1", "name": row_id, "short_name": row_id}
    )


def page(cursor: str, *people: str, more: bool = False) -> wire.RosterAnswer:
    return wire.RosterAnswer(cursor=cursor, rows=[person(row_id) for row_id in people], more=more)


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages = {"": page("c1", "ana", more=True), "c1": page("c2", "bob"), "c2": page("c2")}
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    device = Bench()
    device.enrol(server)
    yield device
    device.close()


def people(bench) -> list[str]:
    return list(RosterReader(bench.settings.roster).load().rows.get("person", {}))


def test_all_pages_are_applied_as_one(bench):
    bench.work()
    assert people(bench) == ["ana", "bob"]
    assert RosterReader(bench.settings.roster).cursor() == "c2"


def test_a_pull_that_breaks_off_leaves_the_roster_as_it_was(bench, server):
    server.faults.append(Fault("roster"))
    server.faults.append(Fault("roster", lost=True))
    bench.work()
    assert people(bench) == []
    bench.work(30)
    assert people(bench) == ["ana", "bob"]


def test_a_cursor_that_is_gone_starts_again_and_replaces(bench, server):
    bench.work()
    server.pages = {"": page("d1", "eve"), "d1": page("d1")}
    bench.work(90)
    assert people(bench) == ["eve"]


def test_a_pull_that_would_never_end_is_given_up(bench, server):
    server.pages = {"": page("c1", "ana", more=True), "c1": page("c1", "bob", more=True)}
    bench.work()
    assert people(bench) == []


def test_news_reach_the_roster_within_a_minute(bench, server):
    bench.work()
    server.pages |= {"c2": page("c3", "zoe"), "c3": page("c3")}
    bench.work(61)
    assert people(bench) == ["ana", "bob", "zoe"]


def test_the_pepper_arrives_with_the_enrolment(bench):
    assert RosterReader(bench.settings.roster).pepper(1) == b"p" * 32


def test_a_pull_covers_what_was_acknowledged_when_it_began(bench):
    delivered = bench.punches(3)[-1]
    bench.work(90)
    bench.punches(1)
    assert RosterReader(bench.settings.roster).load().heard == {delivered.epoch: delivered.seq}
