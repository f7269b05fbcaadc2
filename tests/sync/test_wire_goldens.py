"""What stands on the wire stays as it is: kiosks in the field are older than their server."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import wire
from sync.samples import LINES

GOLDEN = Path(__file__).parents[1] / "golden/wire/v1/lines"
quickly = settings(deadline=None, database=None, max_examples=80)


def canonical(value) -> str:
    """RFC 8785 written a second time, from its text: sorted by UTF-16 units, the short escapes, no space."""
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case int():
            return str(value)
        case str():
            return '"' + "".join(map(_escaped, value)) + '"'
        case list():
            return "[" + ",".join(map(canonical, value)) + "]"
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"


def _escaped(character: str) -> str:
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    if character in short:
        return short[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 else character


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_written_as_it_always_was(name):
    assert wire.encode_line(LINES[name]) == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_read_as_it_always_was(name):
    assert wire.read_line((GOLDEN / f"{name}.json").read_bytes()) == LINES[name]


@pytest.mark.parametrize("name", LINES)
def test_a_golden_is_its_own_rfc_8785_form(name):
    raw = (GOLDEN / f"{name}.json").read_bytes()
    assert canonical(json.loads(raw)).encode() == raw


def test_every_typed_line_has_a_golden_and_every_golden_a_line():
    assert {line.type for line in LINES.values()} == set(wire.LINES)
    assert {path.stem for path in GOLDEN.iterdir()} == set(LINES)


text = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(st.characters(max_codepoint=127), min_size=1)
integers = st.integers(-wire.MAX_INTEGER, wire.MAX_INTEGER)
values = st.recursive(
    st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@quickly
@given(st.dictionaries(names, values))
def test_whatever_can_stand_on_the_wire_stands_in_its_canonical_form(fields):
    raw = wire.encode(fields)
    assert raw.decode() == canonical(json.loads(raw))
    assert raw == wire.encode(json.loads(raw))
    assert unicodedata.is_normalized("NFC", raw.decode())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"note": 1.5}, "note"),
        ({"note": None}, "note"),
        ({"a": {"b": [1, 2**53]}}, "a.b[1]"),
        ({"größe": 1}, "größe"),
        ({"note": "\ud800"}, "note"),
        ({"note": b"bytes"}, "note"),
        ({"at": datetime(2026, 3, 2, tzinfo=UTC)}, "at"),
    ],
)
def test_what_cannot_stand_on_the_wire_is_named(fields, named):
    with pytest.raises(wire.WireError) as refused:
        wire.encode(fields)
    assert named in str(refused.value)


instants = st.integers(0, 250_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds * 1000 + 7)
)


@quickly
@given(instants)
def test_an_instant_comes_back_to_the_millisecond(at):
    back = wire.parse_instant(wire.format_instant(at))
    assert timedelta(0) <= at - back < timedelta(milliseconds=1)
    assert wire.format_instant(back) == wire.format_instant(at)


some = st.none() | text


@quickly
@given(
    seq=st.integers(1, wire.MAX_INTEGER), at=instants, zone=some, employee=some, job=some,
    kind=st.sampled_from(["in", "out", "break_start", "break_end", "transfer"]), quantity=some,
)  # fmt: skip
def test_a_punch_comes_back_as_it_was_written(seq, at, zone, employee, job, kind, quantity):
    normal = [None if value is None else unicodedata.normalize("NFC", value) for value in (zone, employee)]
    line = wire.PunchLine(
        v=1, type="punch", device_id="D", epoch="E", seq=seq, at=wire.format_instant(at), zone=normal[0],
        punch_id="p", kind=kind, kind_from="chosen", method="pin", employee_id=normal[1],
        job_id=None if job is None else unicodedata.normalize("NFC", job), quantity="1.5" if quantity else None,
    )  # fmt: skip
    assert wire.read_line(wire.encode_line(line)) == line


@quickly
@given(st.binary())
def test_no_bytes_crash_a_reader(raw):
    with pytest.raises(wire.WireError):
        wire.read_line(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"v":1}',
        b'{"v":1,"type":"x","device_id":"D","epoch":"E","seq":0,"at":"2026-03-02T07:58:00.000Z"}',
        b'{"v":1,"type":"x","device_id":"","epoch":"E","seq":1,"at":"2026-03-02T07:58:00.000Z"}',
        b'{"v":1,"type":"x","device_id":"D","epoch":"E","seq":1,"at":"2026-03-02 07:58"}',
        b'{"v":1,"type":"x","device_id":"D","epoch":"E","seq":1,"at":"2026-13-02T07:58:00.000Z"}',
        b'{"v":1,"type":"punch","device_id":"D","epoch":"E","seq":1,"at":"2026-03-02T07:58:00.000Z"}',
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_malformed_line_is_refused(raw):
    with pytest.raises(wire.WireError):
        wire.read_line(raw)


def test_a_newer_kiosks_fields_and_types_are_passed_over():
    raw = (GOLDEN / "punch.json").read_bytes()
    newer = json.loads(raw) | {"mood": "good"}
    assert wire.read_line(wire.encode(newer)) == LINES["punch"]
    unknown = wire.read_line(wire.encode(json.loads(raw) | {"type": "somersault"}))
    assert (type(unknown), unknown.seq) == (wire.LineHead, 2)


def test_batches_keep_order_and_limits():
    items = list(range(10))
    assert [list(run) for run in wire.batches(items, [4] * 10, most=3, limit=100)] == [
        [0, 1, 2], [3, 4, 5], [6, 7, 8], [9],
    ]  # fmt: skip
    assert [list(run) for run in wire.batches(items[:3], [4, 50, 4], most=9, limit=10)] == [[0], [1], [2]]
