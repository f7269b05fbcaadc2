"""Strict JSON for the calculators: unknown keys, floats and malformed decimals are refused by the field's name."""

import re
from decimal import Decimal
from typing import Annotated, Final, TypeVar

import msgspec

from clockhouse_server.errors import Invalid

_T = TypeVar("_T")

Signed = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,8})?\Z")]
Amount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,8})?\Z")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]

PRECISION: Final = 100
"""Digits of every calculation, so that nothing is rounded before the one place where it should be."""

_AT = re.compile(r"^(?P<what>.*) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An input shape: what it doesn't name is an error, since a misspelt key would change a figure unseen."""


def read(raw: bytes, shape: type[_T]) -> _T:
    """The input as its shape. Raises Invalid naming the field and what it must be."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as problem:
        found = _AT.match(str(problem))
        field = found["field"] if found else ""
        raise _invalid(found["what"] if found else str(problem), field) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Invalid(f"not JSON: {problem}", field="input") from None


_HINTS: Final = {
    "Expected `str`, got": 'must be text in quotes, as "12.25"',
    "[A-Z]": 'must be a currency\'s three letters, as "EUR"',
    "-?": 'must be a decimal in quotes, as "12.25" or "-0.01"',
    "[0-9]": 'must be a decimal in quotes, not below 0, as "12.25"',
}
"""What is asked for, by a part of the pattern or of what was said; the first that fits."""


def _invalid(what: str, field: str) -> Invalid:
    where = field or "input"
    asked = what.partition("matching regex")[2] or what
    says = next((hint for part, hint in _HINTS.items() if part in asked), what[:1].lower() + what[1:])
    return Invalid(says, field=where)


def plain(value: Decimal) -> str:
    """A decimal as text without exponent or trailing zeros: 19, 5.5."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
