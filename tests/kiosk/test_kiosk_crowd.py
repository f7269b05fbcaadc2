"""Thirty people at 06:00: whoever touches and whoever does not, everybody is greeted, and each punch is kept once."""

import os
from collections import Counter

import pytest

from kiosk.crowd import Crowd, queue, roster, terminal, wall
from kiosk.house import furnish, instant

MONDAY = instant("2026-03-02T05:58:00+00:00")


def morning(folder, comers):
    """Everybody once; what they met, and what is on the disk afterwards."""
    furnish(folder, roster(comers, "2026-03-02"))
    bytes_in, other, reader = terminal()
    try:
        with wall(folder, start=MONDAY, readers=[reader]) as rig:
            rig.shows("idle")
            crowd = Crowd(rig, bytes_in)
            crowd.play(comers)
            return crowd.seen, rig.lines("punch")
    finally:
        os.close(bytes_in)
        os.close(other)


def told(lines):
    return Counter((line.employee_id, line.kind_from) for line in lines)


def expected(comers):
    ways = {"untouched": "unconfirmed", "primary": "inferred", "tile": "inferred", "tab": "inferred"}
    return Counter((each.person_id, ways[each.manner]) for each in comers)


def test_a_queue_is_served_person_by_person(tmp_path, qapp):
    comers = queue(24, every=0.5, seed=6)
    seen, lines = morning(tmp_path, comers)
    assert told(lines) == expected(comers)
    assert seen.turned_away == 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_morning_of_two_hundred(tmp_path, qapp):
    """One every three and a half seconds; how fast that goes is measured by bench/bench_crowd.py."""
    comers = queue(200, every=3.5, seed=200)
    seen, lines = morning(tmp_path, comers)
    assert told(lines) == expected(comers)
    assert seen.turned_away == 0
    assert max(seen.memory) <= 200 * 2**20
