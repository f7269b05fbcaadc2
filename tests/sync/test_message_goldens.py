"""Requests, answers, roster rows and signatures stay as they are, byte for byte."""

from pathlib import Path

import msgspec
import pytest

from clockhouse_sync import signing, wire
from sync.messages import BODIES, DEVICE, SERVER, STRUCTS, goldens, signatures

GOLDEN = Path(__file__).parents[1] / "golden/wire/v1/messages"


@pytest.mark.parametrize("name", goldens())
def test_a_message_is_written_as_it_always_was(name):
    assert goldens()[name] == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", STRUCTS)
def test_a_message_is_read_as_it_always_was(name):
    raw = (GOLDEN / f"{name}.json").read_bytes()
    assert msgspec.json.decode(raw, type=type(STRUCTS[name])) == STRUCTS[name]


def test_every_roster_row_is_read_as_it_always_was():
    raw = (GOLDEN / "roster-answer.json").read_bytes()
    answer = msgspec.json.decode(raw, type=wire.RosterAnswer)
    assert {row.type: wire.body_of(row) for row in answer.rows if row.body is not None} == BODIES
    assert wire.body_of(answer.rows[-1]) is None
    assert set(BODIES) == set(wire.BODIES)


def test_lines_are_cut_out_of_a_request_as_they_were_stored():
    raw = (GOLDEN / "lines.json").read_bytes()
    request = msgspec.json.decode(raw, type=wire.LinesRequest)
    lines = Path(__file__).parents[1] / "golden/wire/v1/lines"
    assert [bytes(line) for line in request.lines] == [
        (lines / f"{name}.json").read_bytes() for name in ("punch", "punch-plain")
    ]
    assert signing.checkpoint_holds(signing.public_key(DEVICE), request.checkpoints[0])


def test_signatures_that_were_made_once_hold_for_ever():
    kept = msgspec.json.decode((GOLDEN / "signatures.json").read_bytes())
    assert kept == signatures()
    headers = {name.lower(): value for name, value in kept["answer"].items()}
    signing.verify_answer(
        signing.public_key(SERVER),
        status=200,
        body=b"{}",
        request_signature=kept["lines"]["Signature"],
        headers=headers,
    )


def test_every_golden_is_somebodys():
    assert {path.stem for path in GOLDEN.iterdir()} == set(goldens())
