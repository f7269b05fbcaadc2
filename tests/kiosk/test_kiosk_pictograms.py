"""What a job looks like: every pictogram is drawn, and known from the others by its shape alone."""

from itertools import combinations
from pathlib import Path

import pytest

from kiosk import looking
from kiosk.pictograms import PATHS, mark, painter, place

DOCUMENT = Path(__file__).parents[2] / "docs" / "pictograms.md"


@pytest.fixture
def painted(qapp):
    with painter() as paint:
        yield paint


def test_each_is_known_from_the_others_by_its_shape(painted):
    picture = painted([mark(name, "#1D4E89") for name in PATHS])
    shapes = {name: looking.shape(picture, place(index)) for index, name in enumerate(PATHS)}
    for name, points in shapes.items():
        assert sum(points) > 40, name
    for one, other in combinations(PATHS, 2):
        assert looking.unlike(shapes[one], shapes[other]) > 0.3, (one, other)


@pytest.mark.parametrize(
    "colour", ["", "#1D4E89", "#F2A93B", "#FFFFFF", "#000000", "#808080", "#2F8F9D", "#FF0000"]
)
def test_it_stands_out_from_any_colour(painted, colour):
    picture = painted([mark("crane", colour), mark("", colour, "1042 Welding")])
    for index in range(2):
        found = {looking.contrast_of(looking.channels(one), looking.channels(other)) for one, other in
                 combinations(looking.colours(picture, place(index)), 2)}  # fmt: skip
        assert max(found) >= 4.5, colour


def test_a_job_without_one_shows_its_number_and_else_a_helmet(painted):
    marks = [mark(title="1042 Welding"), mark(title="2042 Welding"), mark(title="Stores"), mark("general"),
             mark("no-such-thing", title="1042 Welding"), mark("no-such-thing", title="Stores")]  # fmt: skip
    picture = painted(marks)
    number, another, helmet, general, unknown, nothing = (
        looking.shape(picture, place(index)) for index in range(len(marks))
    )
    assert number == unknown != another
    assert helmet == general == nothing != number


def test_the_office_can_read_every_name():
    text = DOCUMENT.read_text()
    assert [name for name in PATHS if f"`{name}`" not in text] == []
