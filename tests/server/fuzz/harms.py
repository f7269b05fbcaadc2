"""What is put where it does not belong, and how: values for fields, contents, bytes, queries."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]


class Json(bytes):
    """JSON as it shall stand there, or what only looks like it."""


ABSENT: Final = Json()
DEEP: Final = 5_000
HARMS: Final[Mapping[str, Any]] = {
    "absent": ABSENT, "null": None, "true": True, "false": False, "zero": 0, "minus": -1, "one": 1, "two": 2,
    "2^31": 2**31, "2^53": 2**53, "2^53-1": 2**53 - 1, "2^63-1": 2**63 - 1, "2^63": 2**63, "-2^63": -(2**63),
    "2^64": 2**64, "a number without end": Json(b"9" * 5000), "float": 1.5, "whole float": Json(b"1.0"),
    "1e400": Json(b"1e400"), "-0.0": Json(b"-0.0"), "NaN": Json(b"NaN"), "Infinity": Json(b"-Infinity"),
    "nothing": "", "blank": " ", "long": "x" * 201, "very long": "x" * 100_000, "nul": "a\0b",
    "nul in hex": Json(rb'"\u0000"'), "backslash u0000": "\\u0000", "control": Json(b'"a\x01b"'),
    "surrogate": Json(rb'"\ud800"'), "surrogates turned round": Json(rb'"\udc00\ud800"'), "pair": "\U0001f4a5",
    "not UTF-8": Json(b'"\xff\xfe"'), "overlong": Json(b'"\xc0\xaf"'), "not NFC": "a\u0301", "right to left": "\u202etfel",
    "list": [], "object": {}, "list of nulls": [None] * 1000, "deep": Json(b"[" * DEEP + b"]" * DEEP),
    "deep object": Json(b'{"a":' * DEEP + b"1" + b"}" * DEEP), "never closed": Json(b"[" * 50),
    "no such day": "2026-02-30T07:58:00.000Z", "no such hour": "2026-03-02T25:61:61.000Z", "hour 24": "2026-03-02T24:00:00.000Z",
    "leap second": "2026-06-30T23:59:60.000Z", "year 1": "0001-01-01T00:00:00.000Z", "year 9999": "9999-12-31T23:59:59.999Z",
    "before 1970": "1969-12-31T23:59:59.999Z", "tomorrow": "2026-03-03T20:00:00.000Z", "in a zone": "2026-03-02T07:58:00.000+01:00",
    "other digits": "\u0662\u0660\u0662\u0666-03-02T07:58:00.000Z", "with a line feed": "2026-03-02T07:58:00.000Z\n",
    "a day": "2026-03-02", "a week": "2026-W10-1", "day 0": "2026-03-00", "year 0": "0000-01-01",
    "not base64": "====", "base64 of nothing": "AAAA", "a hash": "0" * 64, "a path": "../../etc/passwd", "sql": "' OR 1=1 --",
    "unreadable": "unreadable", "number as text": "12", "long decimal": "9" * 200, "exponent": "1e9", "zone": "Mars/Base",
}  # fmt: skip
"""What any field may be made into."""

CONTENTS: Final[Mapping[str, bytes]] = {
    "nothing": b"", "not UTF-8": b"\xff\xfe\x00", "nul": b"a\0b", "long": b"x" * 100_000, "deep": b"[" * 200_000,
    "deep object": b'{"a":' * 50_000, "a list": b"[1]", "a number": b"1" * 5000, "null": b"null",
    "numbers for names": b'{"name": 1, "agency": []}', "surrogate": rb'{"name": "\ud800", "agency": "\udfff"}',
    "nul in JSON": rb'{"name": "a\u0000b", "agency": "\u0000"}', "control": rb'{"name": "\u0007\u202e"}',
    "long name": b'{"name": "' + b"x" * 50_000 + b'"}', "twice": b'{"name": "A", "name": "B"}', "odd hex": b"2A0",
    "long hex": b"AB" * 5000, "other digits": "\u0662\u0660".encode(), "spaces": b" \n\t", "yes": b"yes", "no number": b"NaN",
}  # fmt: skip
"""What may travel beside a line under its true hash."""

TOKENS: Final = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"\0", b"\xff", b"\xed\xa0\x80", rb"\u0000", rb"\ud800",
    b"1e999", b"-", b"9" * 400, b"[" * 3000, b'{"a":', b"\xef\xbb\xbf", b"\r\n",
)  # fmt: skip
"""What is put into bytes where it does not belong."""

QUERIES: Final = (
    b"", b"cursor=", b"cursor=1.0", b"cursor=1.1", b"cursor=1.999999999999999", b"cursor=1.9999999999999999999",
    b"cursor=-1", b"cursor=1.-1", b"cursor=0.0", b"cursor=%00", b"cursor=%FF", b"cursor=1.%D9%A1", b"cursor=1.1&cursor=2.1",
    b"cursor", b"&&&&", b"cursor=" + b"9" * 8000, b"x=" + b"%41" * 1000, b"cursor=1.%C2%B2", b"cursor=a+b", b"cursor[]=1",
)  # fmt: skip


def render(value: Any) -> bytes:
    """JSON of a value in which some parts are given as bytes already."""
    match value:
        case Json():
            return value
        case dict():
            pairs = (
                json.dumps(name).encode() + b":" + render(one)
                for name, one in value.items()
                if one is not ABSENT
            )
            return b"{" + b",".join(pairs) + b"}"
        case list():
            return b"[" + b",".join(render(one) for one in value) + b"]"
        case _:
            return json.dumps(value, ensure_ascii=False).encode()


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """Every field of a structure, and every item of its lists."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*before, name)
        yield from paths(inner, (*before, name))


def put(value: Any, path: Path, new: Any) -> Any:
    """The structure with another value at a path."""
    name, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[name] = put(copied[name], tuple(rest), new) if rest else new
    return copied
