"""How instants, durations, money and codes read in the office, in English."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from clockhouse_server import money

ROLES: Final[Mapping[str, str]] = {
    "employee": "Employee",
    "supervisor": "Site supervisor",
    "administrator": "Administrator",
    "back_office": "Back office",
}

KINDS: Final[Mapping[str, str]] = {
    "in": "In",
    "out": "Out",
    "break_start": "Break begins",
    "break_end": "Break ends",
    "transfer": "Changes job",
}

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "in": ("at work", "good"),
    "break_end": ("at work", "good"),
    "transfer": ("at work", "good"),
    "break_start": ("on a break", "wait"),
    "out": ("out", ""),
}
"""Newest punch -> how somebody is, and the colour that goes with the word."""

METHODS: Final[Mapping[str, str]] = {
    "pin": "PIN",
    "qr": "QR badge",
    "rfid": "badge",
    "face": "face",
    "supervisor": "by a supervisor",
}

PIN_WITH: Final[Mapping[str, str]] = {"rfid": "a badge", "qr": "a QR badge", "face": "a face"}

ANSWERS: Final[Mapping[str, str]] = {"yes_no": "Yes or no", "number": "A number", "text": "Words"}

LANGUAGES: Final[tuple[tuple[str, str], ...]] = (
    ("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français"), ("it", "Italiano"),
    ("pl", "Polski"), ("pt", "Português"), ("ro", "Română"), ("tr", "Türkçe"), ("uk", "Українська"),
    ("ar", "العربية"), ("zh", "中文"), ("hi", "हिन्दी"), ("vi", "Tiếng Việt"),
)  # fmt: skip

TAX_CATEGORIES: Final[tuple[tuple[str, str], ...]] = (
    ("S", "Standard rate"),
    ("Z", "Zero rate"),
    ("E", "Exempt"),
    ("AE", "Reverse charge: the customer accounts for it"),
    ("O", "Not subject to tax"),
)

EXCEPTIONS: Final[Mapping[str, str]] = {
    "missing_out": "No clock-out",
    "missing_in": "No clock-in",
    "double_in": "Clocked in twice",
    "missing_break_end": "The break was never ended",
    "missing_break_start": "A break ended that never began",
    "break_outside": "A break outside of work",
    "break_twice": "Two breaks began and one ended",
    "long_break": "A very long break, maybe never ended",
    "no_job": "No job was chosen",
    "unconfirmed": "The kiosk assumed what was meant",
    "unproved_time": "The kiosk's clock was not proved",
    "two_sites": "At two sites within minutes",
    "overlap": "Runs into hours that are approved already",
    "long_shift": "A very long shift",
    "double": "The same punch twice within a minute, counted once",
}

PARKED: Final[Mapping[str, str]] = {
    "conflict": "Two different punches claim the same place in this kiosk's ledger",
    "revoked_key": "Sent by a kiosk after it was taken out of service",
    "unknown_employee": "A badge or person that nobody knows here",
    "unknown_job": "A job that nobody knows here",
    "locked_period": "Arrived after these days were approved",
    "future": "Dated in the future",
    "not_supervisor": "Done at the kiosk by somebody who may not do this at that site",
    "own_time": "A supervisor confirmed their own claim",
    "unknown_proposal": "Confirms a claim that is not here",
    "settled": "Confirms a claim that was settled before",
    "refused": "The timecard has no place for it",
    "merged_person": "A temporary worker who has become somebody else meanwhile",
    "badge_taken": "A badge that somebody else has",
    "incomplete": "A badge whose number did not come along",
    "unreadable": "The line cannot be read",
}

ALARMS: Final[Mapping[str, str]] = {
    "fork": "Two histories from one kiosk: its card may have been copied or restored",
    "two_epochs": "Two starts after one line: the kiosk's card may have been copied or restored",
    "shorter_history": "A kiosk shows a shorter history than it did before",
    "checkpoint_differs": "A kiosk signed for a line that is not the one held here",
    "unreadable": "A kiosk sent something that cannot be read as a line of its own",
}


def name(text: str) -> str:
    """A name within a sentence, set apart so that its writing direction does not turn the sentence around."""
    return f"\u2068{text}\u2069"


def count(number: int, one: str, many: str = "") -> str:
    """1 mistake, 2 mistakes."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def said(table: Mapping[str, str], code: str) -> str:
    """The words for a code; a code without words yet is shown readable rather than hidden."""
    return table.get(code, code.replace("_", " "))


def clock(at: datetime | None, zone: str) -> str:
    """16:30, on the wall of that zone."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment(at: datetime | None, zone: str) -> str:
    """2026-11-23 16:30, on the wall of that zone."""
    return "never" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def stamp(at: datetime | None, zone: str) -> str:
    """2026-11-23 16:30:05 CET, for evidence."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def day(on: date | None) -> str:
    """Mon 9 Nov."""
    return "" if on is None else f"{on:%a} {on.day} {on:%b}"


def full_day(on: date | None) -> str:
    """9 November 2026."""
    return "" if on is None else f"{on.day} {on:%B} {on.year}"


def span(first: date, last: date) -> str:
    """9 – 22 November 2026, without saying twice what is the same."""
    if first == last:
        return full_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {full_day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {full_day(last)}"
    return f"{full_day(first)} – {full_day(last)}"


def duration(seconds: int | None) -> str:
    """8:03, in hours and minutes; part minutes are dropped as a wall clock drops them."""
    if seconds is None:
        return "–"
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def hours(seconds: int | None) -> str:
    """8.05: decimal hours, as payroll and invoices count them."""
    return "–" if seconds is None else str(money.hours(seconds))


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, in the one unit that matters."""
    if at is None:
        return "never"
    seconds = int((now - at).total_seconds())
    if seconds < 60:
        return "just now"
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def amount(value: Decimal | str | None, currency: str) -> str:
    """1,234.50 EUR: grouped, with the currency's digits."""
    if value is None:
        return "–"
    return f"{Decimal(value):,.{money.digits(currency)}f} {currency}"


def quantity(value: Decimal) -> str:
    """12.25: a line's hours, with as many decimals as it was counted in, at least two."""
    text = plain(value)
    return f"{value:.2f}" if len(text.partition(".")[2]) < 2 else text


def plain(value: Decimal | None) -> str:
    """A decimal as one would type it: no trailing zeros, no exponent."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def text_of(value: Any) -> str:
    """Anything from a before-and-after, on one line."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(text_of(item) for item in value) or "–"
        case dict():
            return ", ".join(f"{key}: {text_of(item)}" for key, item in value.items()) or "–"
        case _:
            return str(value)
