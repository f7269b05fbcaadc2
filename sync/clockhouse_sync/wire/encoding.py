"""The one encoding of a line, and the text form of an instant."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

MAX_INTEGER: Final = 2**53 - 1

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_is_instant: Final = _INSTANT.fullmatch
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class WireError(ValueError):
    """A value cannot stand on the wire; the text names the field and what is wrong with it."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Request and answer bodies: fields left at their default are absent, unknown ones are ignored.

    Nothing that is read from the wire leads back to itself: Python need not look there for cycles.
    """


def encode(fields: Mapping[str, Any]) -> bytes:
    """The one encoding of a line. Raises WireError naming the first field that cannot stand on the wire."""
    return msgspec.json.encode(_canonical_fields(fields, ""), order="deterministic")


def _canonical_fields(fields: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    changed: dict[str, Any] = {}
    for key, value in fields.items():
        if not isinstance(key, str) or not key.isascii():
            raise WireError(f"{path or 'line'}: key {key!r} must be ASCII text")
        kind = type(value)  # nearly all values stand as they are, and cost no more than this look
        if kind is str and value.isascii():
            continue
        if kind is bool or (kind is int and -MAX_INTEGER <= value <= MAX_INTEGER):
            continue
        where = f"{path}.{key}" if path else key
        if value is None:
            raise WireError(f"{where}: leave an optional field out instead of null")
        changed[key] = _canonical(value, where)
    return {**fields, **changed}


def _canonical(value: Any, path: str) -> Any:
    match value:
        case msgspec.Struct():
            return _canonical_fields(fields_of(value), path)
        case bool():
            return value
        case str():
            return _text(value, path)
        case int():
            if abs(value) > MAX_INTEGER:
                raise WireError(f"{path or 'value'}: an integer must be below 2^53")
            return value
        case Mapping():
            return _canonical_fields(value, path)
        case list() | tuple():
            return [_canonical(inner, f"{path}[{index}]") for index, inner in enumerate(value)]
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
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: str, field: str = "instant") -> datetime:
    """The inverse of format_instant; raises WireError naming the field."""
    if not _is_instant(text):
        raise WireError(f"{field}: {text[:40]!r} must look like 2026-03-02T07:58:00.000Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise WireError(f"{field}: {text!r} is not a real instant") from None


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970, for stores."""
    return (at - _EPOCH_START) // _MILLISECOND
