"""What the texts of a form may hold; each function returns the clean value or names the field and the fix."""

import re
import unicodedata
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from clockhouse_server.errors import Invalid

_NUMBER: Final = re.compile(r"[0-9A-Za-z._/-]{1,20}")
_CODE: Final = re.compile(r"[0-9A-Za-z._/-]{1,30}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def text(value: str, field: str, *, most: int = 100, empty: bool = False) -> str:
    """One line of text without control characters, spaces tidied."""
    clean = unicodedata.normalize("NFC", " ".join(value.split()))
    if not clean and not empty:
        raise Invalid("Write something here.", field=field)
    if len(clean) > most:
        raise Invalid(f"Use at most {most} characters.", field=field)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in clean):
        raise Invalid("This holds characters that cannot be shown.", field=field)
    return clean


def number(value: str) -> str:
    """A personnel number as typed on a keypad or printed: text that keeps its leading zeros."""
    if not _NUMBER.fullmatch(clean := value.strip()):
        raise Invalid("Use 1 to 20 digits or letters, e.g. 0417.", field="number")
    return clean


def code(value: str) -> str:
    if not _CODE.fullmatch(clean := value.strip()):
        raise Invalid("Use 1 to 30 letters, digits, dots, dashes or slashes, e.g. 1042.", field="code")
    return clean


def zone(value: str) -> str:
    """An IANA time zone that this machine knows."""
    clean = value.strip()
    if clean not in available_timezones():
        raise Invalid("Choose a time zone such as Europe/Berlin.", field="zone")
    return ZoneInfo(clean).key


def language(value: str, field: str = "language") -> str:
    if not _LANGUAGE.fullmatch(clean := value.strip()):
        raise Invalid("Write a language code such as en or pt-BR.", field=field)
    return clean


def currency(value: str) -> str:
    clean = value.strip().upper()
    if not re.fullmatch("[A-Z]{3}", clean):
        raise Invalid("Write a currency code such as EUR.", field="currency")
    return clean


def country(value: str) -> str:
    clean = value.strip().upper()
    if clean and not re.fullmatch("[A-Z]{2}", clean):
        raise Invalid("Write a two-letter country code such as DE.", field="country")
    return clean
