"""The one encoding of a line, and the text form of an instant."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

MAX_INTEGER: Final = 2**53 - 1

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


class WireError(ValueError):
    """A value cannot stand on the wire; the text names the field and what is wrong with it."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Request and answer bodies: fields left at their default are absent, unknown ones are ignored."""


def encode(fields: Mapping[str, Any]) -> bytes:
    """The one encoding of a line. Raises WireError naming the first field that cannot stand on the wire."""
    return msgspec.json.encode(_canonical(fields, ""), order="deterministic")


def _canonical(value: Any, path: str) -> Any:
    match value:
        case bool():
            return value
        case str():
            return _text(value, path)
        case int():
            if abs(value) > MAX_INTEGER:
                raise WireError(f"{path or 'value'}: an integer must be below 2^53")
            return value
        case Mapping():
            clean = {}
            for key, inner in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise WireError(f"{path or 'line'}: key {key!r} must be ASCII text")
                where = f"{path}.{key}" if path else key
                if inner is None:
                    raise WireError(f"{where}: leave an optional field out instead of null")
                clean[key] = _canonical(inner, where)
            return clean
        case list() | tuple():
            return [_canonical(inner, f"{path}[{index}]") for index, inner in enumerate(value)]
        case msgspec.Struct():
            return _canonical(fields_of(value), path)
        case _:
            raise WireError(f"{path or 'value'}: {type(value).__name__} does not stand on the wire")


def _text(value: str, path: str) -> str:
    if value.isascii():  # as nearly all of it is: nothing to compose, and no half of a pair
        return value
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise WireError(f"{path or 'value'}: holds half of a surrogate pair, which UTF-8 cannot carry")
    return unicodedata.normalize("NFC", value)


def fields_of(line: msgspec.Struct) -> dict[str, Any]:
    """A struct's present fields as plain values, nested structs included; unset optional ones are left out."""
    plain: dict[str, Any] = {}
    for name, wire_name in zip(line.__struct_fields__, line.__struct_encode_fields__, strict=True):
        value = getattr(line, name)
        if value is not None:
            plain[wire_name] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return fields_of(value) if isinstance(value, msgspec.Struct) else value


def format_instant(at: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, cut (not rounded) to the millisecond."""
    if at.tzinfo is None:
        raise WireError("instant: must be aware")
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_instant(text: str, field: str = "instant") -> datetime:
    """The inverse of format_instant; raises WireError naming the field."""
    if not _INSTANT.fullmatch(text):
        raise WireError(f"{field}: {text[:40]!r} must look like 2026-03-02T07:58:00.000Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise WireError(f"{field}: {text!r} is not a real instant") from None


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970, for stores."""
    return (at - _EPOCH_START) // timedelta(milliseconds=1)
