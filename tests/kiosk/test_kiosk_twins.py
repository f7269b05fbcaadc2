"""What a sound tells, the wall shows as well: nobody needs ears; and nothing moves where motion is unwanted."""

import pytest

from clockhouse_kiosk.sounds import MELODIES
from kiosk import looking
from kiosk.house import ANA, BADGE, BERND, LAYLA, LUCIA, STRANGER, furnish, instant, rows
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")


class Eyes:
    """Somebody who sees what there is to hear."""

    def __init__(self, rig, monkeypatch):
        self.rig, self.heard = rig, []
        heard = rig.window.bridge.heard

        def note(name):
            self.heard.append(name)
            heard(name)

        monkeypatch.setattr(rig.window.bridge, "heard", note)

    def after(self, sound):
        """Wait for a sound; the texts that the wall shows then."""
        self.rig.until(lambda: self.heard[-1:] == [sound])
        self.rig.settle()
        return {text["text"] for text in looking.look(self.rig, contrast=False).texts}

    def sees(self, sound, said):
        self.rig.until(lambda: said in self.after(sound))


@pytest.fixture
def eyes(tmp_path, qapp, monkeypatch):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        yield Eyes(rig, monkeypatch)


def test_every_sound_has_a_visual_twin(eyes):
    rig = eyes.rig
    steps = [
        ("in", "primary", "Clocked in, Ana"),
        ("break", "other-break_start", "On break, Ana"),
        ("break", "primary", "Back at work, Ana"),
        ("transfer", "other-transfer", "Job changed, Ana"),
        ("out", "primary", "Clocked out, Ana"),
    ]
    for sound, way, said in steps:
        rig.badge(BADGE[ANA])
        rig.until(lambda: rig.view["screen"] in {"jobs", "person"})
        rig.tap(way)
        if sound == "transfer":
            rig.shows("jobs", kind="transfer")
            rig.tap("tab-today")
            rig.tap("job-0")
        eyes.sees(sound, said)
        rig.later(3600)
        rig.shows("idle")
    rig.badge(STRANGER)
    eyes.sees("unknown", "This badge is new to us")
    rig.later(60)
    rig.shows("idle")
    rig.badge(BADGE[BERND])
    rig.shows("jobs")
    rig.tap("tab-all")
    rig.badge(BADGE[LUCIA])
    eyes.sees("wait", "Nächster Ausweis gesehen, einen Moment")
    rig.badge(BADGE[LAYLA])
    eyes.sees("again", "Ein Ausweis wartet. Bitte Ihren gleich noch einmal vorhalten")
    assert set(eyes.heard) | {"refused"} == set(MELODIES)


def test_a_refusal_is_seen(eyes):
    rig = eyes.rig
    rig.tap("pin")
    for digit in "1001":
        rig.tap(f"key-{digit}")
    rig.tap("key-enter")
    rig.shows("entry", entry="pin")
    for digit in "000000":
        rig.tap(f"key-{digit}")
    eyes.sees("refused", "That was not it. Please try again.")


@pytest.mark.parametrize("motion", [True, False])
def test_nothing_moves_where_motion_is_unwanted(tmp_path, qapp, motion):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY, motion=motion) as rig:
        rig.shows("idle")
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.window.bridge._second.stop()
        rig.settle()
        before = rig.window.quick.grabWindow()
        for _ in range(40):
            rig.settle()
        assert (rig.window.quick.grabWindow() != before) == motion
