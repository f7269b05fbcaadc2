"""Supervisors at the real window: every page of their mode by taps and badges, and the lines that come of it."""

from datetime import timedelta

import pytest

from kiosk.house import (
    BERND,
    LUCIA,
    PIN,
    furnish,
    instant,
    row,
    rows,
    state,
)
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
ADA, CEM = "p-ada", "p-cem"
ADAS = "2A00B4C3F0"
LEADERS = [
    row("person", ADA, number="2001", name="Ada Vogt", short_name="Ada", language="en", supervisor=True),
    row("credential", "badge-2001", person_id=ADA, kind="badge", value=ADAS),
    row("person", CEM, number="2002", name="Cem Aydin", short_name="Cem", language="en", supervisor=True),
]


def furnished(folder, *extra, **more):
    from kiosk.house import pin_row

    furnish(folder, rows(extra=[*LEADERS, pin_row(ADA), pin_row(CEM), *extra], **more))


def lead(wall_):
    """Ada opens her mode."""
    wall_.shows("idle")
    wall_.badge(ADAS)
    wall_.until(lambda: wall_.view["screen"] in {"jobs", "person"})
    wall_.tap("own")
    wall_.shows("own")
    wall_.tap("mode-supervisor")
    wall_.shows("entry", entry="pin")
    wall_.type(PIN)
    wall_.shows("lead", home=True)


def tiles(wall_):
    return [each.title for each in wall_.window.bridge.tiles._rows]


def details(wall_):
    return {each.title: each.detail for each in wall_.window.bridge.tiles._rows}


def pick(wall_, title):
    """Tap the tile of this title."""
    wall_.until(lambda: title in tiles(wall_))
    wall_.settle()
    wall_.tap(f"job-{tiles(wall_).index(title)}")


def access(wall_):
    return [(line.what, line.mode, line.actor_id) for line in wall_.lines("access")]


@pytest.fixture
def at_the_gate(tmp_path, qapp):
    furnished(
        tmp_path,
        state(BERND, "in", MONDAY - timedelta(hours=2), as_of=MONDAY - timedelta(hours=1)),
        state(LUCIA, "break_start", MONDAY - timedelta(hours=1), as_of=MONDAY - timedelta(minutes=30)),
    )
    with wall(tmp_path, start=MONDAY) as rig:
        yield rig


def test_the_mode_is_entered_with_badge_and_pin_and_left_by_hand(at_the_gate):
    wall_ = at_the_gate
    lead(wall_)
    assert wall_.view["detail"] == "This mode ends at 08:08"
    wall_.tap("back")
    wall_.shows("idle")
    wall_.until(lambda: len(wall_.lines("access")) == 2)
    assert access(wall_) == [("mode_entered", "supervisor", ADA), ("mode_left", "supervisor", ADA)]
    assert [line.reason for line in wall_.lines("sighting")] == ["own_page"]
