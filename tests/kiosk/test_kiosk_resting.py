"""A wall that nobody is at goes dark, wakes with whoever comes, and loses no badge by it; nothing burns in."""

from datetime import time

import pytest

from clockhouse_kiosk.resting import Rest
from kiosk import looking
from kiosk.house import ANA, BADGE, furnish, instant, rows
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
MINUTE = 60_000
NIGHT = (time(21, 30), time(5, 0))


@pytest.mark.parametrize(
    ("rest", "alone", "at", "dark"),
    [
        (Rest(10), 10 * MINUTE - 1, time(12), False),
        (Rest(10), 10 * MINUTE, time(12), True),
        (Rest(0), 10**9, time(12), False),
        (Rest(10, NIGHT), MINUTE, time(21, 30), True),
        (Rest(10, NIGHT), MINUTE, time(4, 59), True),
        (Rest(10, NIGHT), MINUTE, time(5, 0), False),
        (Rest(0, NIGHT), MINUTE, time(23), True),
        (Rest(10, (time(1), time(4))), MINUTE, time(0, 59), False),
        (Rest(10, (time(1), time(4))), MINUTE, time(3, 59), True),
    ],
)
def test_when_it_goes_dark(rest, alone, at, dark):
    assert rest.due(alone, at) == dark


@pytest.fixture
def alone(tmp_path, qapp):
    """A wall at which nobody was for ten minutes."""
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        rig.later(599)
        rig.window.bridge.refresh()
        assert not rig.window.bridge.resting
        rig.later(1)
        rig.window.bridge.refresh()
        assert rig.window.bridge.resting
        yield rig


def brightness(picture):
    """How much light the whole screen gives, of 1."""
    small = picture.scaled(64, 40)
    pixels = [looking.channels(small.pixel(x, y)) for x in range(64) for y in range(40)]
    return sum(sum(each) for each in pixels) / len(pixels) / 3 / 255


def test_it_is_dark_but_tells_the_time(alone):
    alone.settle()
    look = looking.look(alone)
    (clock,) = [text for text in look.texts if text["name"] == "restingClock"]
    assert clock["text"] == "08:08"
    assert clock["contrast"] >= 4.5
    assert brightness(alone.window.quick.grabWindow()) < 0.02


def test_the_first_touch_only_wakes_it(alone):
    alone.tap("pin")
    assert not alone.window.bridge.resting
    assert alone.view["screen"] == "idle"
    alone.tap("pin")
    alone.shows("entry", entry="number")


def test_a_badge_wakes_it_and_counts(alone):
    alone.badge(BADGE[ANA])
    alone.shows("jobs", name="Ana Ortiz")
    assert not alone.window.bridge.resting
    alone.later(30)
    alone.shows("answer", tone="in")
    assert alone.punches() == [(ANA, "in", "unconfirmed")]


def test_a_digit_on_a_keypad_wakes_it_and_counts(alone):
    assert alone.window.bridge.pressed(ord("7"), "7")
    alone.shows("entry", shown="7")
    assert not alone.window.bridge.resting


def test_it_stays_awake_while_somebody_is_served(alone):
    alone.badge(BADGE[ANA])
    alone.shows("jobs")
    for _ in range(3):
        alone.tap("tab-all")
        alone.tap("tab-recent")
        alone.later(5)
    alone.later(60)
    alone.shows("answer")
    alone.later(60)
    alone.shows("idle")
    alone.later(539)
    alone.window.bridge.refresh()
    assert not alone.window.bridge.resting
    alone.later(62)
    alone.window.bridge.refresh()
    assert alone.window.bridge.resting


@pytest.mark.parametrize("resting", [False, True])
def test_nothing_stands_in_one_place_for_hours(tmp_path, qapp, resting):
    """Each minute what is shown moves by some pixels; while the wall rests, across the whole of it."""
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY, dim_after=1) as rig:
        rig.shows("idle")
        if resting:
            rig.later(61)
            rig.window.bridge.refresh()
        places = {}
        for minute in range(9):
            rig.window.quick.setProperty("minute", minute)
            rig.settle()
            for text in looking.look(rig, contrast=False).texts:
                places.setdefault(text["name"] or text["text"], set()).add((text["x"], text["y"]))
        if resting:
            moved = places["restingClock"]
            assert len(moved) == 9
            assert max(x for x, _ in moved) - min(x for x, _ in moved) > 300
        else:
            assert all(len(seen) >= 7 for seen in places.values()), places
