"""Storms of taps, keys, badges, unplugged readers and clocks that jump: no crash, no stuck screen, no punch twice."""

import gc
import random
import time
from collections import Counter

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from clockhouse_kiosk.app import automation
from clockhouse_kiosk.flow import deadline
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.models import Tiles
from clockhouse_sync import wire
from kiosk.house import ANA, BADGE, BERND, LAYLA, LUCIA, PIN, STRANGER, furnish, instant, row, rows, state
from kiosk.screens import HURT, KILOMETRES
from kiosk.wallrig import turn, wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
SIZES = [(800, 480), (480, 800), (1280, 800)]
KEYS = [Qt.Key.Key_Return, Qt.Key.Key_Backspace, Qt.Key.Key_Tab, Qt.Key.Key_Up, Qt.Key.Key_F7]
TYPED = ["1", "0", "9", "a", "ß", "é", ".", " ", "ش", "\t"]


BUTTONS = """function (root) {
    const found = [];
    const walk = item => {
        if (!item.visible)
            return;
        if (item.tapped !== undefined && item.label !== undefined) {
            const middle = item.mapToItem(null, item.width / 2, item.height / 2);
            found.push([middle.x, middle.y]);
        }
        for (const child of item.children)
            walk(child);
    };
    walk(root);
    return found;
}"""


def house():
    """People in every situation, with everything that can be asked of them."""
    questions = [
        row("question", each.id, site_id="site-north", on_kind=kind, text=dict(each.text), answer=each.answer)
        for each, kind in ((HURT, "in"), (KILOMETRES, "out"))
    ]
    return rows(
        extra=[
            *questions,
            state(BERND, "in", MONDAY.replace(day=1)),
            state(LUCIA, "break_start", MONDAY.replace(hour=7)),
            row("policy", "site-north", pin_with=["rfid"], shuffle_pad=True),
            row("person", LAYLA, number="1004", name="ليلى حداد", short_name="ليلى", language="ar", pin_with=[],
                supervisor=True, administrator=True, favourite_job_ids=["j-0012"]),
            row("person", LUCIA, number="1003", name="Lucía", short_name="Lucía", language="es", pin_with=[]),
            row("message", "m1", text="Helmets from Monday", sender="Ada"),
            row("hours", ANA, week_seconds=1, last_week_seconds=2, as_of="2026-03-02T06:00:00.000Z",
                missing=[{"punch_id": "lost", "since": "2026-02-27T07:00:00.000Z"}]),
        ]
    )  # fmt: skip


class Storm:
    """Deeds by chance, each of them something that hands, cards, cables and clocks can do."""

    def __init__(self, rig, size, seed):
        self.rig, self.size, self.chance = rig, size, random.Random(seed)
        self.deeds = Counter()

    def rage(self, deeds):
        weights = {self.tap: 30, self.button: 30, self.key: 12, self.type: 6, self.pin: 3, self.badge: 10, self.boss: 3,
                   self.plug: 1, self.later: 4, self.step: 1, self.tick: 3}  # fmt: skip
        for _ in range(deeds):
            deed = self.chance.choices([*weights], [*weights.values()])[0]
            self.deeds[deed.__name__] += 1
            deed()
            turn()

    def tap(self):
        self.press(QPoint(self.chance.randrange(self.size[0]), self.chance.randrange(self.size[1])))

    def button(self):
        """Something that is really there to be touched."""
        places = [QPoint(*map(round, place)) for place in automation.ask(self.rig.window, BUTTONS)]
        # What has not been laid out yet may still stand outside.
        inside = [place for place in places if self.rig.window.quick.contentItem().contains(place)]
        if inside:
            self.press(self.chance.choice(inside))

    def press(self, place):
        QTest.mouseClick(
            self.rig.window.quick, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
        )

    def key(self):
        QTest.keyClick(self.rig.window.quick, self.chance.choice(KEYS))

    def type(self):
        for _ in range(self.chance.randrange(1, 8)):
            self.rig.window.bridge.pressed(0, self.chance.choice(TYPED))

    def pin(self):
        for char in f"{self.chance.choice(['1001', '1004', '1002'])}\r{PIN}":
            self.rig.window.bridge.pressed(Qt.Key.Key_Return if char == "\r" else 0, char)

    def badge(self):
        self.rig.simulation.reader.present(self.chance.choice([*BADGE.values(), STRANGER, "0F00999999"]))
        time.sleep(0.002)

    def boss(self):
        """Straight into one of the modes, if nobody else is busy."""
        self.rig.simulation.reader.present(BADGE[LAYLA])
        for _ in range(10):
            time.sleep(0.002)
            turn()
        for name in ("own", self.chance.choice(["mode-supervisor", "mode-administrator"])):
            automation.tap(self.rig.window, name)
        for char in PIN:
            self.rig.window.bridge.pressed(0, char)
        for _ in range(10):
            time.sleep(0.002)
            turn()

    def plug(self):
        reader = self.rig.simulation.reader
        self.chance.choice([reader.unplug, reader.plug])()

    def later(self):
        self.rig.clock.later(self.chance.choice([1, 9, 31, 61, 3600]))

    def step(self):
        """The wall's clock is set, the steady one goes on."""
        self.rig.clock.step(self.chance.choice([-86_400, -90, -2, 5, 7_200]))

    def tick(self):
        self.rig.window.bridge.session.receive(on.Tick())


def calm(rig):
    """Nobody touches anything any more: the wall must come back to its clock by itself."""
    session = rig.window.bridge.session
    for _ in range(60):
        rig.until(lambda: not isinstance(session.state, at.Saving | at.CheckingPin))
        if deadline(session.state) is None:
            break
        rig.clock.later(61)
        session.receive(on.Tick())
    assert session.state == at.Idle()
    rig.shows("idle")


def weather(folder, size, seed, deeds, qapp):
    furnish(folder, house())
    with wall(folder, start=MONDAY, size=size) as rig:
        rig.shows("idle")
        storm = Storm(rig, size, seed)
        storm.rage(deeds)
        calm(rig)
        check_lines(rig)
        return rig.lines("punch"), storm


def check_lines(rig):
    """Each punch has its own id; each undo takes back a punch that is there; modes that were entered were left."""
    punches = rig.lines("punch")
    ids = Counter(line.punch_id for line in punches)
    assert set(ids.values()) <= {1}
    assert {line.punch_id for line in rig.lines("undo")} <= set(ids)
    assert {line.punch_id for line in rig.lines("answer")} <= set(ids)
    modes = Counter(line.what for line in rig.lines("access") if line.what in {"mode_entered", "mode_left"})
    assert modes["mode_entered"] == modes["mode_left"]
    by_reading = Counter((line.employee_id, line.at) for line in punches if line.method == "rfid")
    assert all(count == 1 for (who, _), count in by_reading.items() if who is not None), (
        "one reading, two punches"
    )
    assert all(isinstance(line, wire.LineHead) for line in rig.lines())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_squall_passes(size, tmp_path, qapp):
    punches, storm = weather(tmp_path, size, seed=sum(size), deeds=250, qapp=qapp)
    assert punches, storm.deeds


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_minutes_of_storm_leave_nothing_behind(tmp_path, qapp):
    """Five minutes of processor time, over many kiosks that are opened and closed."""
    began, number = time.process_time(), 0
    while time.process_time() - began < 300:
        folder = tmp_path / str(number)
        folder.mkdir()
        weather(folder, SIZES[number % len(SIZES)], seed=number, deeds=1500, qapp=qapp)
        number += 1
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, QTimer) and each.isActive()] == []
    assert sum(isinstance(each, Tiles) for each in gc.get_objects()) <= 1
