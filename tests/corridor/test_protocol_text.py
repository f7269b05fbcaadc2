"""What docs/protocol.md says of the protocol is what the code has: every type, field and code, in its own row."""

import re
from pathlib import Path

import pytest

from clockhouse_server.backoffice.wording import PARKED
from clockhouse_sync import wire
from clockhouse_sync.wire import requests as shapes

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
COMMON = set(wire.LineHead.__struct_encode_fields__)


def row(name: str) -> str:
    """The row of a line's type."""
    section = TEXT.split("\n### Types\n")[1].split("\n### ")[0]
    found = re.search(rf"^\| `{name}` \|.*$", section, re.MULTILINE)
    assert found is not None, f"{name} has no row"
    return found.group()


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


def types(heading: str, until: str) -> set[str]:
    section = TEXT.split(f"\n{heading}\n")[1].split(f"\n{until}\n")[0]
    return set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))


@pytest.mark.parametrize("name", wire.LINES)
def test_every_line_type_is_described_with_its_own_fields(name):
    own = set(wire.LINES[name].__struct_encode_fields__) - COMMON
    assert own <= named(row(name))


def test_no_line_type_is_described_that_does_not_exist():
    assert set(wire.LINES) == types("### Types", "### What the screen does, as lines")


def test_the_common_fields_are_described():
    section = TEXT.split("\n## Lines\n")[1].split("\n### Types\n")[0]
    assert named(section) >= COMMON


def test_what_travels_beside_a_line_is_described_by_its_names():
    beside = set(wire.Evidence.__struct_encode_fields__)
    assert named(TEXT.split("\n### Types\n")[1]) >= beside


@pytest.mark.parametrize("name", wire.BODIES)
def test_every_roster_row_is_described_with_its_fields(name):
    section = TEXT.split("\n### `GET roster?cursor=`\n")[1].split("\n## ")[0]
    (described,) = re.findall(rf"^\| `{name}` \|.*$", section, re.MULTILINE)
    assert set(wire.BODIES[name].__struct_encode_fields__) <= named(described)


def test_no_roster_row_is_described_that_does_not_exist():
    assert set(wire.BODIES) == types("### `GET roster?cursor=`", "## Limits and failures")


@pytest.mark.parametrize(
    "shape",
    [
        shapes.EnrollRequest, shapes.EnrollAnswer, shapes.HelloRequest, shapes.HelloAnswer,
        shapes.HeartbeatRequest, shapes.LinesRequest, shapes.LinesAnswer, shapes.Verdict, shapes.RosterAnswer,
        shapes.Checkpoint, shapes.Beside, shapes.Pepper, shapes.ServerKey, shapes.WipeOrder, shapes.WipedRequest, shapes.WipedAnswer, wire.Preferences,
    ],
    ids=lambda shape: shape.__name__,
)  # fmt: skip
def test_every_field_of_requests_and_answers_is_named(shape):
    assert set(shape.__struct_encode_fields__) <= named(TEXT)


def test_every_reason_for_parking_is_explained_and_has_words_in_the_office():
    section = TEXT.split("| code | parked because |")[1].split("\n\n")[0]
    described = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    assert set(PARKED) == described
    judged = (Path(__file__).parents[2] / "server/clockhouse_server/ingest/judge.py").read_text()
    given = set(re.findall(r'return "([a-z_]+)"', judged)) | set(re.findall(r'else "([a-z_]+)"', judged))
    given |= set(re.findall(r'return "([a-z_]+)" if', judged)) - {"duplicate", "accepted"}
    assert given - {"duplicate", "accepted"} <= described
