"""A numeric pad beside the screen: number, PIN, the ways on, questions and back, without touching the glass."""

import os
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clockhouse_drivers.reader import ReaderSettings
from clockhouse_drivers.rfid_hid import EVENT
from clockhouse_kiosk.flow import pad
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Way
from kiosk.house import ANA, BADGE, BERND, PIN, SITE, furnish, instant, row, rows, state
from kiosk.paper import BOOTS, HURT, KM, START, WELDING, forgot, greeting, visit
from kiosk.test_kiosk_flow_any import quickly, states
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
CODES = {
    **dict(zip("1234567890", (79, 80, 81, 75, 76, 77, 71, 72, 73, 82), strict=True)),
    "\r": 96, "\b": 14, ".": 83, "/": 98, "*": 55, "-": 74, "+": 78,
}  # fmt: skip
HURTS = row("question", "q1", site_id=SITE, on_kind="out", text={"en": "Were you hurt?"}, answer="yes_no")
KILOMETRES = row(
    "question", "q2", site_id=SITE, on_kind="out", text={"en": "Kilometres?"}, answer="number", position=1
)


class Pad:
    """A pad's events as the kernel gives them, through a pipe."""

    def __init__(self, folder):
        self.port = folder / "event-pad"
        os.mkfifo(self.port)
        self.pipe = os.open(self.port, os.O_RDWR)

    def press(self, keys):
        for key in keys:
            pairs = ((1, CODES[key], 1), (0, 0, 0), (1, CODES[key], 0), (0, 0, 0))
            os.write(self.pipe, b"".join(EVENT.pack(1_763_884_680, 0, *each) for each in pairs))


@contextmanager
def padded(tmp_path, extra=()):
    furnish(tmp_path, rows(extra=extra))
    keys = Pad(tmp_path)
    reader = ReaderSettings(kind="hid", port=str(keys.port), role="keypad")
    try:
        with wall(tmp_path, start=MONDAY, readers=[reader]) as rig:
            rig.shows("idle")
            rig.until(lambda: "not found" not in rig.strip["condition"])
            rig.press = keys.press
            yield rig
    finally:
        os.close(keys.pipe)


def test_a_whole_day_by_the_pad_alone(tmp_path, qapp):
    with padded(tmp_path, [HURTS, KILOMETRES]) as rig:
        rig.press("1001\r")
        rig.shows("entry", entry="pin")
        rig.press(PIN)
        rig.shows("jobs")
        rig.press("1042")
        rig.until(lambda: rig.view["query"] == "1042" and rig.window.bridge.tiles.rowCount())
        rig.press("\r")
        assert rig.shows("answer", tone="in")
        rig.later(120)
        rig.shows("idle")
        rig.press("1001\r" + PIN)
        assert rig.shows("person")["others"][0]["title"] == "1 · Start break"
        rig.press("1")
        rig.shows("answer", tone="break_start")
        rig.later(3600)
        rig.press("1001\r" + PIN)
        rig.shows("person")
        rig.press("+")
        rig.shows("answer", tone="break_end")
        rig.later(3600)
        rig.press("1001\r" + PIN)
        rig.shows("person")
        rig.press("-")
        assert rig.shows("question")["yes"] == "1 · Yes"
        rig.press("2")
        rig.shows("detail", entry="number")
        rig.press("12\b\r")
        rig.shows("answer", tone="out")
        kinds = [(line.kind, line.employee_id) for line in rig.lines("punch")]
        assert kinds == [(kind, ANA) for kind in ("in", "break_start", "break_end", "out")]
        assert len(rig.lines("answer")) == 2


def test_the_own_page_and_back_by_the_pad(tmp_path, qapp):
    with padded(tmp_path, [state(BERND, "in", MONDAY)]) as rig:
        rig.badge(BADGE[BERND])
        rig.shows("person")
        rig.press("*")
        rig.shows("own", page="hours")
        rig.press("*")
        rig.shows("own", page="messages")
        rig.press("*")
        rig.shows("own", page="request")
        rig.press("/")
        rig.shows("person")
        rig.press("/")
        rig.shows("idle")
        rig.until(lambda: [line.reason for line in rig.lines("sighting")] == ["not_me"])


def test_a_language_by_the_pad(tmp_path, qapp):
    with padded(tmp_path) as rig:
        rig.press("*")
        assert rig.shows("languages")["languages"][1]["name"] == "2 · Deutsch"
        rig.press("2")
        assert rig.shows("idle", language="de")
        rig.press("1")
        rig.shows("entry", entry="number", language="de")


def test_the_keys_of_a_pad_never_become_a_badge(tmp_path, qapp):
    with padded(tmp_path) as rig:
        rig.press("0012345678\r")
        rig.until(lambda: "Nobody here" in rig.view.get("problem", ""))
        assert rig.punches() == []


def test_a_pad_that_is_not_there_is_said_by_its_name(tmp_path, qapp):
    furnish(tmp_path, rows())
    reader = ReaderSettings(kind="hid", port=str(tmp_path / "unplugged"), role="keypad")
    with wall(tmp_path, start=MONDAY, readers=[reader]) as rig:
        rig.until(lambda: "Numeric pad not found" in rig.strip.get("condition", ""))
        assert "reader" not in rig.strip["condition"]
        assert not rig.strip["well"]


def test_a_keyboard_means_the_same(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        for char in "1001":
            QTest.keyClick(rig.window.quick, char)
        QTest.keyClick(rig.window.quick, Qt.Key.Key_Enter)
        rig.shows("entry", entry="pin")
        QTest.keyClick(rig.window.quick, Qt.Key.Key_Backspace)
        rig.shows("entry", entry="number")


IN = visit("bernd", "in")


@pytest.mark.parametrize(
    ("shown", "key", "signal"),
    [
        (at.Idle(), "7", on.Key("7")),
        (at.Idle(), "\r", on.OpenNumber()),
        (greeting(IN), "-", on.TakeDefault()),
        (greeting(IN), "+", None),
        (greeting(visit("ana")), "+", on.TakeDefault()),
        (greeting(visit("ana")), "-", on.TakeOther(0)),
        (greeting(IN), "/", on.NotMe()),
        (at.ChoosingJob(visit("ana"), Way("in"), 1), "*", on.TurnPage(1)),
        (at.ChoosingJob(visit("ana"), Way("in"), 1, free=True), "*", on.Key("*")),
        (at.Asking(None, None, (HURT,), 1), "1", on.Answer("yes")),
        (at.Asking(None, None, (HURT,), 1), "3", None),
        (at.Asking(None, None, (KM,), 1), "3", on.Key("3")),
        (at.Asking(None, None, (BOOTS,), 1), "*", on.PutOff()),
        (at.Asking(None, None, (forgot(),), 1, START), "+", on.ShiftClaim(15)),
        (at.Asking(None, None, (forgot(),), 1, START), "\r", on.ConfirmClaim()),
        (at.EnteringNumber(1, "12"), "\b", on.Erase()),
        (at.EnteringNumber(1), "\b", on.Back()),
        (at.Detailing(IN, Way("out"), "chosen", ("quantity",), 1), ".", on.Key(".")),
        (at.Detailing(IN, Way("in", WELDING), "chosen", ("note",), 1), "-", on.Key("-")),
    ],
)
def test_a_key_means_what_the_page_asks(shown, key, signal):
    assert pad.meant(shown, key) == signal


@given(states(), st.sampled_from(pad.KEYS))
@quickly
def test_every_key_has_a_meaning_or_none_wherever_it_is_pressed(shown, key):
    assert pad.meant(shown, key) is None or isinstance(pad.meant(shown, key), on.Signal)
