"""Every screen at every size in every language: nothing cut off, nothing outside its button, all in reach."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from clockhouse_kiosk import present
from clockhouse_kiosk.app import automation
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Claim, Done, PunchDraft, Read, Stamp, UndoDraft, Way
from kiosk.house import ANA, BERND, LUCIA, furnish, instant, row, rows, state
from kiosk.wallrig import wall

SIZES = [(1280, 800), (1024, 600), (800, 480)]
LANGUAGES = ["en", "de", "es", "ar", "en-XA"]
MONDAY = instant("2026-03-02T07:58:00+00:00")
AT_WORK = [
    state(BERND, "in", MONDAY - timedelta(hours=2)),
    state(LUCIA, "break_start", MONDAY - timedelta(hours=1)),
    row("hours", ANA, week_seconds=120_000, last_week_seconds=139_500, as_of="2026-03-02T06:00:00.000Z"),
]

TEXTS = """function (root) {
    const found = [];
    const walk = (item, button) => {
        if (!item.visible)
            return;
        const here = item.tapped !== undefined && item.label !== undefined ? item : button;
        if (item.truncated !== undefined && item.text !== "" && item.paintedWidth !== undefined) {
            const place = item.mapToItem(null, 0, 0);
            const inside = button ? item.mapToItem(button, 0, 0) : null;
            found.push({text: item.text, truncated: item.truncated, wide: item.paintedWidth - item.width,
                tall: item.paintedHeight - item.height, x: place.x, y: place.y, width: item.width, height: item.height,
                painted: item.paintedWidth, pixels: item.fontInfo.pixelSize,
                out: button ? Math.max(-inside.x, -inside.y, inside.x + item.width - button.width,
                    inside.y + item.height - button.height) : 0});
        }
        for (const child of item.children)
            walk(child, here);
    };
    walk(root, null);
    return found;
}"""
BUTTONS = """function (root) {
    const found = [];
    const walk = item => {
        if (!item.visible)
            return;
        if (item.tapped !== undefined && item.label !== undefined) {
            const place = item.mapToItem(null, 0, 0);
            found.push({name: item.objectName, label: item.label, x: place.x, y: place.y, width: item.width,
                height: item.height});
        }
        for (const child of item.children)
            walk(child);
    };
    walk(root);
    return found;
}"""


def visits(directory, language):
    stamp = Stamp(MONDAY, 10**9)

    def of(person):
        found = directory.visit(person, Read(stamp, "pin"))
        return replace(found, person=replace(found.person, language=language))

    return {"out": of(ANA), "in": of(BERND), "break": of(LUCIA)}


def screens(directory, language, now):
    """Every state in which somebody could stand before it, by name."""
    who = visits(directory, language)
    out, inside = who["out"], who["in"]
    until = now.boottime_ms + 10**7
    choice = directory.jobs.all[4]
    done = Done("p", "transfer", now.at, choice)
    forgotten = replace(
        directory.visit(BERND, Read(Stamp(MONDAY + timedelta(hours=20), 1), "pin")), person=inside.person
    )
    claim = Claim(ANA, language)
    draft = PunchDraft(out.read, "in", "inferred", choice, out)
    return {
        "idle": at.Idle(language, until),
        "languages": at.ChoosingLanguage(until),
        "number": at.EnteringNumber(until, "100", "unknown_number", language),
        "pin": at.EnteringPin(claim, until, "314", "wrong_pin"),
        "checking": at.CheckingPin(claim, out.read, until),
        "jobs": at.Greeting(out, until),
        "all": at.ChoosingJob(out, Way("in", choose=True), until, tab="all"),
        "page": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", page=1),
        "search": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", searching=True, query="in"),
        "nothing": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", searching=True, query="zz"),
        "transfer": at.ChoosingJob(inside, Way("transfer", choose=True), until, tab="today"),
        "inside": at.Greeting(inside, until, before=draft),
        "break": at.Greeting(who["break"], until),
        "already": at.Greeting(replace(inside, recent=replace(done, at=now.at)), until),
        "forgotten": at.AskingForgotten(forgotten, MONDAY + timedelta(hours=6), until),
        "recorded": at.Recorded(replace(draft, kind="in"), replace(done, kind="in"), until),
        "changed": at.Recorded(draft, done, until),
        "unknown": at.Recorded(PunchDraft(out.read, "in", "unconfirmed"), replace(done, choice=None), until),
        "undone": at.Undone(UndoDraft(out, done), until),
        "failed": at.NotRecorded(draft, until),
        "locked": at.Refused("locked", until, language),
        "no_pin": at.Refused("no_pin", until, language),
    }


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(request, tmp_path, qapp):
    furnish(tmp_path, rows(hour_cycle=12, extra=AT_WORK))
    with wall(tmp_path, start=MONDAY, size=request.param) as rig:
        rig.shows("idle")
        yield rig, request.param


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_cut_off(sized, language):
    rig, (width, height) = sized
    bridge, session = rig.window.bridge, rig.window.bridge.session
    wrong = []
    for name, each in screens(session.directory, language, rig.clock_stamp()).items():
        session.state = each
        bridge.refresh()
        rig.settle()
        bridge.refresh()
        rig.settle()
        for text in automation.ask(rig.window, TEXTS):
            left = text["x"] < -1 or text["x"] + text["painted"] > width + 1
            low = text["y"] < -1 or text["y"] + text["height"] > height + 1
            cut = text["truncated"] or text["wide"] > 1.5 or text["tall"] > 1.5 or text["out"] > 1.5
            if left or low or cut or text["pixels"] < 12:
                wrong.append((name, text))
    session.state = at.Idle()
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_everything_to_touch_is_large_enough_and_stands_apart(sized, language):
    rig, (width, height) = sized
    bridge, session = rig.window.bridge, rig.window.bridge.session
    least = min(80, max(64, height * 0.1334))
    wrong = []
    for name, each in screens(session.directory, language, rig.clock_stamp()).items():
        session.state = each
        bridge.refresh()
        rig.settle()
        buttons = automation.ask(rig.window, BUTTONS)
        for button in buttons:
            keyboard = name in {"search", "nothing"} and button["name"].startswith("key-")
            if min(button["width"], button["height"]) < (48 if keyboard else least - 1):
                wrong.append((name, "small", button))
            if button["x"] < -1 or button["x"] + button["width"] > width + 1:
                wrong.append((name, "outside", button))
            if button["y"] < -1 or button["y"] + button["height"] > height + 1:
                wrong.append((name, "outside", button))
        wrong += [
            (name, "touching", one["name"], other["name"])
            for one, other in combinations(buttons, 2)
            if _apart(one, other) < 4
        ]
    session.state = at.Idle()
    assert not wrong, "\n".join(map(str, wrong))


def _apart(one, other):
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return max(across, down)


def test_an_arabic_screen_is_mirrored(sized):
    rig, (width, _) = sized
    bridge, session = rig.window.bridge, rig.window.bridge.session
    places = {}
    for language in ("en", "ar"):
        session.state = screens(session.directory, language, rig.clock_stamp())["all"]
        bridge.refresh()
        rig.settle()
        (primary,) = [each for each in automation.ask(rig.window, BUTTONS) if each["name"] == "primary"]
        places[language] = primary["x"] + primary["width"] / 2
    session.state = at.Idle()
    assert places["en"] < width / 2
    assert places["ar"] == pytest.approx(width - places["en"], abs=2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_kiosk_says_how_to_join(sized, language):
    rig, (width, height) = sized
    site_wall = replace(rig.window.kiosk.wall(), language=language)
    for status in ("new", "no_daemon", "pending", "joined", "broken"):
        view = present.joining(site_wall, status, ["harbour", "lantern", "copper", "meadow"])
        rig.window.bridge._set_view(view)
        rig.settle()
        for text in automation.ask(rig.window, TEXTS):
            assert not text["truncated"], text
            assert text["wide"] <= 1.5, text
            assert text["y"] + text["height"] <= height, text
            assert text["x"] + text["painted"] <= width + 1, text


def test_hands_in_gloves_and_left_hands_find_everything(tmp_path, qapp):
    """The search's keys stay small: gloves pick from tiles."""
    furnish(tmp_path, rows(extra=AT_WORK))
    wrong = []
    for width, height in SIZES:
        with wall(tmp_path, start=MONDAY, size=(width, height), gloves=True, hand="left") as rig:
            rig.shows("idle")
            bridge, session = rig.window.bridge, rig.window.bridge.session
            every = screens(session.directory, "de", rig.clock_stamp())
            for name in (
                "idle",
                "pin",
                "jobs",
                "all",
                "transfer",
                "inside",
                "already",
                "forgotten",
                "recorded",
            ):
                session.state = every[name]
                bridge.refresh()
                rig.settle()
                bridge.refresh()
                rig.settle()
                wrong += [
                    (width, name, button)
                    for button in automation.ask(rig.window, BUTTONS)
                    if min(button["width"], button["height"]) < min(120, max(96, height * 0.2)) - 2
                    or button["y"] + button["height"] > height + 1
                ]
                if name == "inside":
                    (primary,) = [b for b in automation.ask(rig.window, BUTTONS) if b["name"] == "primary"]
                    assert primary["x"] > width / 2
            session.state = at.Idle()
    assert not wrong, "\n".join(map(str, wrong))
