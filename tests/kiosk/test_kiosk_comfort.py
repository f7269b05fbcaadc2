"""For whom the wall is: either hand, eyes that need larger letters, eyes that do not see colours."""

from itertools import combinations

import pytest

from kiosk import looking
from kiosk.house import furnish, rows
from kiosk.screens import AT_WORK, MONDAY, NAMES, SIZES, screens, stage
from kiosk.wallrig import wall

ANSWERS = ("recorded", "gone", "resting", "back", "changed", "unknown", "undone", "failed")


@pytest.fixture(params=[SIZES[0], SIZES[-1]], ids=lambda size: f"{size[0]}x{size[1]}")
def shown(request, tmp_path, qapp):
    furnish(tmp_path, rows(extra=AT_WORK))
    with wall(tmp_path, start=MONDAY, size=request.param) as rig, stage(rig) as found:
        yield found


def middle(place):
    return place["x"] + place["width"] / 2


@pytest.mark.parametrize("name", ["jobs", "inside", "forgotten", "recorded"])
def test_the_large_button_is_under_the_thumb_of_the_hand_that_holds_the_badge(shown, name):
    """Bottom left for the right hand; bottom right for the left one, and where people read from the right."""
    main = {"forgotten": "confirm", "recorded": "undo"}.get(name, "primary")
    places = {}
    for language in ("en", "ar"):
        for left in (False, True):
            shown.show(name, language, left=left)
            look = looking.look(shown.rig, contrast=False)
            places[language, left] = look.button(main)
            lowest = max(look.buttons, key=lambda each: each["y"] + each["height"])
            assert look.button(main)["y"] + look.button(main)["height"] > lowest["y"]
    width = look.width
    if places["en", False]["width"] > width * 0.8:
        return  # it fills its row: under either thumb
    assert middle(places["en", False]) < width / 2 < middle(places["en", True])
    assert middle(places["ar", True]) < width / 2 < middle(places["ar", False])
    for left in (False, True):
        assert middle(places["ar", left]) == pytest.approx(width - middle(places["en", left]), abs=4)


def test_a_persons_hand_goes_before_the_walls(tmp_path, qapp):
    furnish(tmp_path, rows(extra=AT_WORK))
    with wall(tmp_path, start=MONDAY, hand="left") as rig, stage(rig) as shown:
        for own, on_the_left in ({}, False), ({"left": False}, True), ({"left": True}, False):
            shown.show("inside", **own)
            look = looking.look(rig, contrast=False)
            assert (middle(look.button("primary")) < look.width / 2) == on_the_left, own


def test_large_letters_are_larger(shown):
    """What is small grows by a quarter and more, unless its place is too narrow for that; nothing shrinks."""
    for name in ("jobs", "inside", "forgotten", "recorded", "pin"):
        shown.show(name)
        before = {each["text"]: each for each in looking.look(shown.rig, contrast=False).texts}
        shown.show(name, large=True)
        after = {each["text"]: each for each in looking.look(shown.rig, contrast=False).texts}
        both = before.keys() & after.keys()
        assert len(both) > len(before) / 2, name
        grown = {text: after[text]["pixels"] / before[text]["pixels"] for text in both}
        assert min(grown.values()) >= 1, (name, grown)
        small = sorted(grown[text] for text in both if before[text]["pixels"] < 30)
        assert small[len(small) // 2] >= 1.25, (name, grown)


def test_in_and_out_are_equally_large_where_nobody_knows_for_sure(shown):
    for name, others in ("unsure", "other-in"), ("unsure-out", "other-out"):
        shown.show(name)
        look = looking.look(shown.rig, contrast=False)
        likely, other = look.button("primary"), look.button(others)
        assert other["height"] == pytest.approx(likely["height"], abs=2), name
        assert other["width"] >= likely["width"] - 2, name
        (standing,) = [each["text"] for each in look.texts if each["name"] == "standing"]
        assert standing.startswith("Last known: In since") if name == "unsure" else standing == "Welcome"


def test_nothing_of_one_person_is_left_for_the_next(shown):
    shown.show("inside")
    before = shown.rig.window.quick.grabWindow()
    shown.show("inside", large=True, contrast=True, left=True, gloves=True)
    assert shown.rig.window.quick.grabWindow() != before
    shown.show("inside")
    assert shown.rig.window.quick.grabWindow() == before


def test_answers_are_told_apart_without_colours(shown):
    """By their sign's shape and by their words, no two the same."""
    signs, words = {}, {}
    for name in ANSWERS:
        shown.show(name)
        look = looking.look(shown.rig, contrast=False)
        (icon,) = [each for each in look.icons if each["button"] is None]
        signs[name] = looking.shape(shown.rig.window.quick.grabWindow(), icon)
        words[name] = next(each["text"] for each in look.texts if each["name"] == "answerTitle")
    assert len(set(words.values())) == len(ANSWERS)
    for one, other in combinations(ANSWERS, 2):
        assert looking.unlike(signs[one], signs[other]) > 0.3, (one, other)


def test_ways_on_are_told_apart_without_colours(shown):
    """Each has its own sign beside its own word."""
    signs = {}
    ways = [("jobs", "primary"), ("inside", "primary"), ("break", "primary"), ("inside", "other-break_start"),
            ("inside", "other-transfer")]  # fmt: skip
    for name, where in ways:
        shown.show(name)
        look = looking.look(shown.rig, contrast=False)
        number = look.buttons.index(look.button(where))
        (icon,) = [each for each in look.icons if each["button"] == number]
        word = next(each["text"] for each in look.texts if each["button"] == number)
        signs[word] = looking.shape(shown.rig.window.quick.grabWindow(), icon)
    assert len(signs) == len(ways)
    for one, other in combinations(signs, 2):
        assert looking.unlike(signs[one], signs[other]) > 0.3, (one, other)


def test_every_state_that_can_be_shown_is_looked_at(shown):
    every = screens(shown.bridge.session.directory, "en", shown.rig.clock_stamp())
    assert [*every, *(name for name in NAMES if name.startswith("join-"))] == list(NAMES)
