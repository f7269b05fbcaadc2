"""Every screen, at every size, in every language, for eyes and hands of every kind: whole, legible, in reach.

Sizes, languages, comforts and a pad beside the screen are taken pairwise; all of them with each other under
`make soak`.
"""

from itertools import combinations, product

import pytest

from kiosk import looking
from kiosk.house import furnish, rows
from kiosk.screens import AT_WORK, LANGUAGES, MONDAY, NAMES, SIZES, stage
from kiosk.wallrig import wall

COMFORTS = [{}, {"large": True}, {"contrast": True}, {"gloves": True}, {"large": True, "contrast": True}]
PAIRWISE = [
    (size, (language, COMFORTS[(row + column) % len(COMFORTS)], (row + column) % 2 == 0))
    for (row, size), (column, language) in product(enumerate(SIZES), enumerate(LANGUAGES))
]
PADS = {"number", "pin", "checking", "counting", "quantity"}

pytestmark = pytest.mark.xdist_group("screens")


def walk(folder, size, cases):
    """Every screen of one size, as painted: what it is called, and its look."""
    furnish(folder, rows(hour_cycle=12, extra=AT_WORK))
    seen = []
    with wall(folder, start=MONDAY, size=size) as rig, stage(rig) as shown:
        for language, comfort, pad in cases:
            for name in NAMES:
                shown.show(name, language, pad=pad, **comfort)
                seen.append(((name, language, *comfort, *["pad"] * pad), looking.look(rig)))
    return seen


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def seen(request, tmp_path_factory, qapp):
    cases = [case for size, case in PAIRWISE if size == request.param]
    return walk(tmp_path_factory.mktemp("wall"), request.param, cases)


def outside(look, place):
    right, bottom = place["x"] + place["width"], place["y"] + place["height"]
    return min(place["x"], place["y"]) < -1 or right > look.width + 1 or bottom > look.height + 1


def cut_off(look):
    """Texts that are not whole, or stand outside the wall or their button."""
    for text in look.texts:
        cut = text["truncated"] or text["wide"] > 1.5 or text["tall"] > 1.5 or text["out"] > 1.5
        if cut or outside(look, text) or text["pixels"] < 12:
            yield text


def overlapping(look):
    """Texts and buttons that stand in each other's way."""
    for one, other in combinations(look.texts, 2):
        if looking.apart(looking.inked(one), looking.inked(other)) < -1:
            yield one, other
    for one, other in combinations(look.buttons, 2):
        if looking.apart(one, other) < 4:
            yield one, other
    for text, (number, button) in product(look.texts, enumerate(look.buttons)):
        if text["button"] != number and looking.apart(looking.inked(text), button) < -1:
            yield text, button


def faint(look, least):
    return [text for text in look.texts if text["contrast"] < least]


def hard_to_hit(look, *, gloves):
    """Buttons that are small for a finger, or leave the wall."""
    finger = min(80, max(64, min(look.width, look.height) * 0.1334))
    least = finger * 1.5 - 2 if gloves else finger - 1
    letters = sum(button["name"].startswith("key-") for button in look.buttons) > 15
    for button in look.buttons:
        narrow, tall = sorted((button["width"], button["height"]))
        if letters and (button["name"].startswith("key-") or button["name"] in {"back", "enter"}):
            small = narrow < 33 or tall < 48  # letters, as on a telephone
        else:
            small = narrow < least
        if small or outside(look, button):
            yield button


def too_high(look):
    """Buttons whose middle is above the lower 60 % of the wall."""
    return [each for each in look.buttons if each["y"] + each["height"] / 2 < look.height * 0.4 - 1]


def found(seen, check):
    return "\n".join(f"{called}: {what}" for called, look in seen for what in check(called, look))


def test_no_word_is_cut_off(seen):
    assert found(seen, lambda _, look: cut_off(look)) == ""


def test_nothing_stands_in_the_way_of_anything(seen):
    assert found(seen, lambda _, look: overlapping(look)) == ""


def test_every_word_stands_out_from_what_is_painted_behind_it(seen):
    assert found(seen, lambda called, look: faint(look, 7 if "contrast" in called else 4.5)) == ""


def test_everything_to_touch_is_large_enough(seen):
    assert found(seen, lambda called, look: hard_to_hit(look, gloves="gloves" in called)) == ""


def test_everything_to_touch_is_in_the_lower_part_of_the_wall(seen):
    """Where hands are in gloves, the keys for digits may be higher: 18 mm come first."""
    assert (
        found(seen, lambda called, look: [] if called[0] in PADS and "gloves" in called else too_high(look))
        == ""
    )


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_all_of_them_with_each_other(size, tmp_path, qapp):
    everything = walk(tmp_path, size, list(product(LANGUAGES, COMFORTS, [False, True])))
    assert found(everything, lambda _, look: cut_off(look)) == ""
    assert found(everything, lambda _, look: overlapping(look)) == ""
    assert found(everything, lambda called, look: faint(look, 7 if "contrast" in called else 4.5)) == ""
