"""`clockhouse read` on any input: readings out, or one line that says what is wrong."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_drivers.commands import BadInput, read
from clockhouse_drivers.readings import PROTOCOLS


def read_all(protocol: str, data: bytes, *, is_hex: bool = False) -> list[dict[str, str]]:
    out = io.StringIO()
    assert read(protocol, io.BytesIO(data), out, is_hex=is_hex, now=lambda: datetime.now(UTC)) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_frame_becomes_one_json_line() -> None:
    assert read_all("rdm6300", b"\x022A00B4C3D78A\x03") == [
        {
            "credential": "2A00B4C3D7",
            "kind": "badge",
            "protocol": "rdm6300",
            "raw_hex": "0232413030423443334437384103",
        }
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"0232413030423443334437384103",
        b"02 32 41 30 30 42 34 43 33 44 37 38 41 03\n",
        b"023 2413 0 30423443334437384103",
        b"\t02324130304234433344\r\n37384103\r\n",
    ],
)
def test_hex_text_may_be_spaced_in_any_way(text: bytes) -> None:
    assert [line["credential"] for line in read_all("rdm6300", text, is_hex=True)] == ["2A00B4C3D7"]


def test_a_wrong_checksum_is_a_line_too() -> None:
    assert read_all("rdm6300", b"\x022A00B4C3D78B\x03") == [
        {"error": "checksum", "raw_hex": "0232413030423443334437384203"}
    ]


@pytest.mark.parametrize(
    ("text", "remedy"), [(b"02 zz", "hex digits"), (b"024", "two for each"), ("०२".encode(), "hex digits")]
)
def test_what_is_not_hex_is_said_in_one_line(text: bytes, remedy: str) -> None:
    with pytest.raises(BadInput, match=remedy):
        read_all("rdm6300", text, is_hex=True)


@given(st.sampled_from(list(PROTOCOLS)), st.binary(max_size=400))
def test_any_bytes_give_lines_of_the_promised_shape(protocol: str, data: bytes) -> None:
    for line in read_all(protocol, data):
        assert bytes.fromhex(line["raw_hex"]) in data
        if "error" in line:
            assert line.keys() == {"error", "raw_hex"}
            assert line["error"] in {"checksum", "length", "noise"}
        else:
            assert line.keys() == {"credential", "kind", "protocol", "raw_hex"}
            assert line["credential"] == line["credential"].upper()


@given(st.sampled_from(list(PROTOCOLS)), st.one_of(st.binary(max_size=60), st.text().map(str.encode)))
def test_any_text_as_hex_is_read_or_refused(protocol: str, text: bytes) -> None:
    try:
        lines = read_all(protocol, text, is_hex=True)
    except BadInput:
        return
    assert lines == read_all(protocol, bytes.fromhex(text.decode("ascii")))
