"""The same day in every language at every size: by badge, by fingers, by the keys of a pad."""

from datetime import timedelta

import pytest

from kiosk.house import ANA, BADGE, BERND, LAYLA, LUCIA, PIN, SITE, furnish, row, rows
from kiosk.screens import MONDAY, SIZES
from kiosk.wallrig import wall

QUESTION = row(
    "question", "q", site_id=SITE, on_kind="out",
    text={"en": "Hurt?", "de": "Verletzt?", "es": "¿Herido?", "ar": "هل أُصبت؟"},
)  # fmt: skip
PEOPLE = {"en": (ANA, "1001"), "de": (BERND, "1002"), "es": (LUCIA, "1003"), "ar": (LAYLA, "1004")}
PAD = {"\r": 0x01000004, "\b": 0x01000003}
"""Qt's names for Enter and Backspace."""


def press(rig, keys):
    """Keys of a pad or keyboard, one after the other."""
    for char in keys:
        assert rig.window.bridge.pressed(PAD.get(char, 0), "" if char in PAD else char)


def forms(person):
    """The same badge as three readers show it, so that none of them counts as held on."""
    return BADGE[person], BADGE[person][2:], BADGE[person][4:]


def by_badge_and_touch(rig, person):
    rig.badge(forms(person)[0])
    rig.shows("jobs")
    rig.tap("job-0")


def by_number_and_touch(rig, number):
    rig.window.bridge.wake()  # the first touch of a wall at rest lights it up
    rig.tap("pin")
    rig.shows("entry", entry="number")
    for digit in number:
        rig.tap(f"key-{digit}")
    rig.tap("key-enter")
    rig.shows("entry", entry="pin")
    for digit in PIN:
        rig.tap(f"key-{digit}")
    rig.until(lambda: rig.view["screen"] in {"jobs", "person"})
    rig.tap("primary")


def by_pad(rig, number):
    press(rig, f"{number}\r")
    rig.shows("entry", entry="pin")
    press(rig, PIN)
    rig.until(lambda: rig.view["screen"] in {"jobs", "person"})
    press(rig, "\r")


def day(rig, language):
    """In by one way, over to another job, to the break and back, out by another way and one question."""
    person, number = PEOPLE[language]
    by_badge_and_touch(rig, person)
    assert rig.shows("answer", tone="in")["language"] == language
    rig.later(3600)
    rig.shows("idle")
    rig.badge(forms(person)[1])
    rig.shows("person")
    rig.tap("other-transfer")
    rig.shows("jobs", kind="transfer")
    rig.tap("job-1")
    rig.shows("answer", tone="transfer")
    rig.later(3600)
    rig.shows("idle")
    rig.badge(forms(person)[2])
    rig.shows("person")
    rig.tap("other-break_start")
    rig.shows("answer", tone="break_start")
    rig.later(1800)
    rig.shows("idle")
    by_pad(rig, number)
    rig.shows("answer", tone="break_end")
    rig.later(3600)
    rig.shows("idle")
    by_number_and_touch(rig, number)
    rig.shows("answer", tone="out")
    rig.shows("question")
    rig.tap("no")
    rig.shows("answer", tone="out")
    rig.later(10)
    rig.shows("idle")
    kinds = [line.kind for line in rig.lines("punch") if line.employee_id == person]
    assert kinds == ["in", "transfer", "break_start", "break_end", "out"]
    assert [line.employee_id for line in rig.lines("answer")][-1] == person


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_day_in_every_language(size, tmp_path, qapp):
    furnish(tmp_path, rows(extra=[QUESTION]))
    with wall(tmp_path, start=MONDAY - timedelta(hours=2), size=size) as rig:
        rig.shows("idle")
        for language in PEOPLE:
            day(rig, language)
