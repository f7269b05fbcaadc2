"""Money is Decimal with its currency's digits, rounded half away from zero and in one place; hours are seconds."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

DIGITS: Final[Mapping[str, int]] = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0,
    "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""ISO 4217 minor digits where they are not 2."""

HUNDREDTH: Final = Decimal("0.01")
SECONDS_AN_HOUR: Final = 3600


def digits(currency: str) -> int:
    """The currency's minor digits."""
    return DIGITS.get(currency, 2)


def unit(currency: str) -> Decimal:
    """The currency's smallest amount: 0.01, 1 or 0.001."""
    return Decimal(1).scaleb(-digits(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """An amount in the currency's digits, half away from zero (1.005 -> 1.01, -1.005 -> -1.01)."""
    return amount.quantize(unit(currency), ROUND_HALF_UP)


def minor(amount: Decimal, currency: str) -> int:
    """A rounded amount as an integer of minor units; raises ValueError where digits would be lost."""
    scaled = amount.scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency} does")
    return int(scaled)


def major(minor_units: int, currency: str) -> Decimal:
    """The inverse of minor, with the currency's digits."""
    return Decimal(minor_units).scaleb(-digits(currency)).quantize(unit(currency))


def hours(seconds: int, places: int = 2) -> Decimal:
    """Seconds as decimal hours, half away from zero, for display and for invoice quantities."""
    return (Decimal(seconds) / SECONDS_AN_HOUR).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
