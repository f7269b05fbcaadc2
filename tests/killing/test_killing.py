"""kill -9 of real kiosks, daemons, server and PostgreSQL under load and on a bad network: what a screen called recorded is stored once."""

import re
from dataclasses import replace

import pytest

from killing.findings import Findings, StoredPunch, wrong
from killing.run import Plan, play

LONG = 600.0
"""Seconds for which the long run kills."""
pytestmark = [pytest.mark.xdist_group("killing"), pytest.mark.timeout(600)]


def long_plan(seed: int, database: str, seconds: float = LONG) -> Plan:
    """Two real kiosks and two writers; something dies every second or so."""
    deck = {"kiosk": 4, "daemon": 4, "server": 2, "writer": 2}
    if database == "postgresql":
        deck |= {"postgres": 2, "backend": 1}
    return Plan(seed, database, kiosks=2, writers=2, deck=deck, seconds=seconds, pause=2.5, patience=400.0)


@pytest.fixture(scope="module")
def outcome():
    """A short run with everything in it, on PostgreSQL."""
    deck = {"kiosk": 3, "daemon": 3, "server": 2, "postgres": 2, "backend": 1, "writer": 2}
    return play(Plan(1, "postgresql", kiosks=1, writers=1, deck=deck, pause=1.0))


def test_what_a_screen_called_recorded_is_stored_exactly_once_whoever_is_killed(outcome):
    assert wrong(outcome.findings) == []
    killed = {
        kind for kind in ("kiosk", "daemon", "server", "postgres") if outcome.figures[f"killed: {kind}"]
    }
    assert killed == {"kiosk", "daemon", "server", "postgres"}
    assert outcome.figures["called recorded by screens"] > 5
    assert outcome.figures["punches stored"] >= len(outcome.findings.recorded) > 50


def test_a_server_on_sqlite_that_is_killed_alone_loses_and_doubles_nothing():
    outcome = play(Plan(1, "sqlite", kiosks=0, writers=1, deck={"server": 3}, pause=2.5))
    assert wrong(outcome.findings) == []
    assert outcome.figures["killed: server"] > 1
    assert len(outcome.findings.recorded) > 20


def without_line(found: Findings) -> Findings:
    return replace(found, stored=replace(found.stored, lines=found.stored.lines[:-1]))


def without_punch(found: Findings) -> Findings:
    return replace(found, stored=replace(found.stored, punches=found.stored.punches[:-1]))


def with_punch_twice(found: Findings) -> Findings:
    again = found.stored.punches[-1]
    moved = StoredPunch((*again.place[:2], again.place[2] + 100_000, again.place[3]), again.punch_id)
    return replace(found, stored=replace(found.stored, punches=[*found.stored.punches, moved]))


def with_line_twice(found: Findings) -> Findings:
    again = found.stored.lines[-1]
    moved = replace(again, place=(*again.place[:2], again.place[2] + 100_000, again.place[3]))
    return replace(found, stored=replace(found.stored, lines=[*found.stored.lines, moved]))


def with_other_bytes(found: Findings) -> Findings:
    *others, last = found.stored.lines
    altered = replace(last, raw=last.raw.replace(b'"v":1', b'"v":1 '))
    return replace(found, stored=replace(found.stored, lines=[*others, altered]))


def with_line_parked(found: Findings) -> Findings:
    *others, last = found.stored.lines
    return replace(found, stored=replace(found.stored, lines=[*others, replace(last, outcome="parked")]))


def with_another_word(found: Findings) -> Findings:
    return replace(found, recorded=[*found.recorded, "never-written"])


def with_alarm(found: Findings) -> Findings:
    return replace(found, stored=replace(found.stored, alarms=["fork"]))


DOCTORED = {
    without_line: "kept and not stored",
    without_punch: "a line, and no punch",
    with_punch_twice: "2 times among the server's punches",
    with_line_twice: "stored and in no outbox",
    with_other_bytes: "other bytes than in the outbox",
    with_line_parked: "parked, linked",
    with_another_word: "0 times in the outboxes",
    with_alarm: "alarm: fork",
}


@pytest.mark.parametrize("doctored", DOCTORED)
def test_whatever_is_lost_doubled_or_altered_is_named(outcome, doctored):
    assert any(DOCTORED[doctored] in each for each in wrong(doctored(outcome.findings)))


EARLY = "says_so_before_it_is_written"
FLEETING = {"fsync": "on", "synchronous_commit": "off", "wal_writer_delay": "5s", "full_page_writes": "on"}
PLANTED = {
    "a kiosk that says so too early": (
        Plan(1, "sqlite", kiosks=1, writers=0, deck={"kiosk": 10}, planted={"kiosk": EARLY}),
        "0 times in the outboxes",
    ),
    "a writer that says so too early": (
        Plan(1, "sqlite", kiosks=0, writers=1, deck={"writer": 5}, planted={"writer": EARLY}),
        "0 times in the outboxes",
    ),
    "a daemon that takes sent for delivered": (
        Plan(
            1, "sqlite", kiosks=0, writers=1, deck={"daemon": 4, "server": 4},
            planted={"daemon": "takes_sent_for_delivered"},
        ),
        "history_shorter",
    ),
    "a server that answers and forgets": (
        Plan(
            1, "sqlite", kiosks=0, writers=1, deck={"daemon": 4, "writer": 4},
            planted={"server": "answers_and_forgets"},
        ),
        "history_shorter|accepted, gap",
    ),
    "a database that does not wait for its disk": (
        Plan(1, "postgresql", kiosks=0, writers=1, deck={"postgres": 6}, postgres=FLEETING, patience=10.0),
        "history_shorter|lines were delivered|0 times among the server's lines",
    ),
}  # fmt: skip


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("named", PLANTED)
def test_a_program_that_breaks_its_word_is_found_out(named):
    """Within three seeds, since a machine with other work may let little happen in one."""
    plan, symptom = PLANTED[named]
    found: list[str] = []
    for seed in (1, 2, 3):
        found += wrong(play(replace(plan, seed=seed)).findings)
        if re.search(symptom, " ".join(found)):
            return
    raise AssertionError(found)


@pytest.mark.soak
@pytest.mark.timeout(LONG + 900)
@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_ten_minutes_of_killing(database):
    outcome = play(long_plan(1, database))
    print("\n".join(f"{figure:8} {name}" for name, figure in outcome.figures.items()))
    assert wrong(outcome.findings) == []
    assert min(outcome.figures[f"killed: {kind}"] for kind in ("kiosk", "daemon", "server")) > 20
