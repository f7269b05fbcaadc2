"""Ten thousand terminals reconnect at once: the queue is bounded, nothing is lost, and it takes little longer than the work itself."""

import pytest

from clockhouse_server.devices.admission import Admission, room_for
from clockhouse_server.settings import Settings
from simulator.herd import Server, come_back

KIOSKS, LINES, ASKED = 10_000, 3, 3
"""Each says hello, delivers and pulls the roster: so many requests."""
SECONDS = 0.01
"""Of the server for a request: ten times what a single punch costs here, since a hello and a roster cost more."""
ROOM = Settings().device_requests


def test_ten_thousand_terminals_come_back_at_once() -> None:
    found = come_back(Server(ROOM, SECONDS, threads=1), KIOSKS, lines=LINES)
    assert (0, 0) == (found.missing, found.doubled)
    assert KIOSKS * LINES == found.server.stored.total()
    assert ROOM >= found.server.most_inside
    assert 0 == found.server.timed_out
    work = KIOSKS * ASKED * SECONDS
    assert found.all < 1.5 * work, f"{found.all:.0f} s for {work:.0f} s of work"
    assert found.server.turned_away < 10 * KIOSKS


def test_without_a_bound_the_queue_grows_beyond_what_anybody_waits_for() -> None:
    """What the bound is for, and that this model can tell the difference."""
    bounded, open_to_all = (come_back(Server(room, 0.05, threads=1), 1000) for room in (ROOM, 1_000_000))
    assert room_for("hello", ROOM) <= bounded.server.most_inside <= ROOM
    assert open_to_all.server.most_inside > 900
    assert 0 == bounded.server.timed_out < open_to_all.server.timed_out
    assert bounded.all < open_to_all.all


def test_an_admission_that_forgets_who_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admission, "leave", lambda _self, _now: None)
    assert come_back(Server(ROOM, SECONDS, threads=1), 200, longest=3600).missing > 0


def test_an_answer_that_nobody_waited_for_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.herd.client.READ_SECONDS", 0.1)
    found = come_back(Server(ROOM, SECONDS, threads=1), 300)
    assert found.server.timed_out > 0
    assert (0, 0) == (found.missing, found.doubled)


def test_lines_go_before_what_terminals_would_like_to_know() -> None:
    """Where the server cannot keep up with a roster and a heartbeat a minute, delivering takes no longer for it."""
    found = come_back(Server(ROOM, 0.1, threads=1), 400, stay=True, longest=600)
    assert (0, 0) == (found.missing, found.doubled)
    assert found.all < 2 * 400 * ASKED * 0.1


@pytest.mark.soak
def test_ten_thousand_terminals_that_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    found = come_back(Server(ROOM, SECONDS, threads=1), KIOSKS, stay=True, longest=3600)
    assert (0, 0) == (found.missing, found.doubled)
    assert found.all < 1200
