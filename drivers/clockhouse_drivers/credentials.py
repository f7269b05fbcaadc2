"""What a badge number looks like in all the ways people print and type it, and how a PIN is checked.

Both ends use this, so that a badge typed in the office is the badge that a reader sees on the wall.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

_QR_BADGE = re.compile(r"CHB1:([0-9A-Fa-f]{32})")
_JOB_CARD = re.compile(r"CHJ1:([\w-]{1,64})(?::([\w-]{1,64}))?", re.ASCII)

Form = Literal["8H10D", "10H13D", "6H8D", "3,5", "5,5", "hex"]


class NotABadge(ValueError):  # noqa: N818 - it is the answer to a question, not a failure
    """The text is no badge number in the form asked for, or in any."""


@dataclass(frozen=True)
class QrBadge:
    """A printed badge: a random token of 128 bits, of which only the hash is ever stored."""

    token: str

    @property
    def value(self) -> str:
        """What a roster holds of it: SHA-256 in lower-case hex."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def text(self) -> str:
        return f"CHB1:{self.token}"


@dataclass(frozen=True)
class JobCard:
    """A job's own card, or one of its tasks'."""

    job_id: str
    task_id: str | None = None

    @property
    def text(self) -> str:
        return ":".join(("CHJ1", self.job_id, *(() if self.task_id is None else (self.task_id,))))


def read_code(text: str) -> QrBadge | JobCard | None:
    """What a scanned text is, if it is one of ours."""
    badge, card = _QR_BADGE.fullmatch(text), _JOB_CARD.fullmatch(text)
    if badge is not None:
        return QrBadge(badge[1].upper())
    return None if card is None else JobCard(card[1], card[2])


@dataclass(frozen=True)
class Badge:
    """One way to read a badge number. `credential` is canonical: the bytes in upper-case hex, first byte first."""

    credential: str
    form: Form

    @property
    def bits(self) -> int:
        """How many bits this form shows; printed forms leave out the upper ones."""
        return len(self.credential) * 4

    @property
    def number(self) -> int:
        return int(self.credential, 16)

    def forms(self) -> dict[str, str]:
        """Every form whose bits this value has, by name; `hex_reversed` is what readers with the other byte order send."""
        shown = {name: write(self.number) for name, (bits, write) in _WRITTEN.items() if bits <= self.bits}
        reverse = bytes.fromhex(self.credential)[::-1].hex().upper()
        return {"hex": self.credential, "hex_reversed": reverse} | shown


def _two_part(first_bits: int, first_digits: int) -> Callable[[int], str]:
    def write(number: int) -> str:
        first = (number >> 16) & ((1 << first_bits) - 1)
        return f"{first:0{first_digits}d},{number & 0xFFFF:05d}"

    return write


def _decimal(bits: int, digits: int) -> Callable[[int], str]:
    return lambda number: f"{number & ((1 << bits) - 1):0{digits}d}"


_WRITTEN: Final[Mapping[Form, tuple[int, Callable[[int], str]]]] = {
    "10H13D": (40, _decimal(40, 13)),
    "8H10D": (32, _decimal(32, 10)),
    "5,5": (32, _two_part(16, 5)),
    "6H8D": (24, _decimal(24, 8)),
    "3,5": (24, _two_part(8, 3)),
}
FORMS: Final[tuple[Form, ...]] = (*_WRITTEN, "hex")
_DECIMAL_DIGITS: Final[Mapping[Form, int]] = {"10H13D": 13, "8H10D": 10, "6H8D": 8}
_PAIR_DIGITS: Final[Mapping[Form, int]] = {"5,5": 5, "3,5": 3}
# Card numbers of 3 to 8 bytes, and the 10 bytes of the longest card serial number there is.
_HEX_LENGTHS: Final = (6, 8, 10, 12, 14, 16, 20)


def _read_decimal(text: str, form: Form, *, exact: bool) -> str | None:
    digits = _DECIMAL_DIGITS[form]
    if re.fullmatch(r"[0-9]+", text) is None or len(text) > digits or (exact and len(text) != digits):
        return None
    return _canonical_of(int(text), form)


def _read_pair(text: str, form: Form, *, exact: bool) -> str | None:
    found = re.fullmatch(r"([0-9]{1,5}) ?, ?([0-9]{1,5})", text)
    if found is None or (exact and len(found[1]) != _PAIR_DIGITS[form]) or int(found[2]) > 0xFFFF:
        return None
    return _canonical_of(int(found[1]) << 16 | int(found[2]), form)


def _canonical_of(number: int, form: Form) -> str | None:
    bits = _WRITTEN[form][0]
    return None if number >> bits else f"{number:0{bits // 4}X}"


def _read_hex(text: str) -> str | None:
    if re.fullmatch(r"[0-9A-Fa-f]{2}([ :-]?[0-9A-Fa-f]{2})*", text) is None:
        return None
    digits = re.sub(r"[ :-]", "", text).upper()
    return digits if len(digits) in _HEX_LENGTHS else None


def _read(text: str, form: Form, *, exact: bool) -> str | None:
    if form == "hex":
        return _read_hex(text)
    return (_read_decimal if form in _DECIMAL_DIGITS else _read_pair)(text, form, exact=exact)


def badges(text: str, form: Form | None = None) -> list[Badge]:
    """Every way to read this text, the likeliest first; a form that is named may lack its leading zeros.

    Ten digits are likelier the decimal number that most badges carry in print than hex without a letter.
    """
    text = text.strip()
    forms = FORMS if form is None else (form,)
    read = [(_read(text, each, exact=form is None), each) for each in forms]
    found = [Badge(credential, each) for credential, each in read if credential is not None]
    if not found:
        raise NotABadge(text)
    return found


def canonical(text: str, form: Form | None = None) -> str:
    """The canonical credential of a printed or typed badge number, read the likeliest way."""
    return badges(text, form)[0].credential


def same_badge(a: str, b: str) -> bool:
    """Whether two badge numbers agree in all the bits that both show, in either byte order of hex."""
    return any(
        _agree(one, other, min(len(one), len(other)))
        for one in _possible_digits(a)
        for other in _possible_digits(b)
    )


def _agree(one: str, other: str, digits: int) -> bool:
    return one[-digits:] == other[-digits:]


def _possible_digits(text: str) -> set[str]:
    found = badges(text)
    return {badge.credential for badge in found} | {
        badge.forms()["hex_reversed"] for badge in found if badge.form == "hex"
    }


def is_random(credential: str) -> bool:
    """Phones and some bank cards show another number each time: four bytes that start with 08. No badge."""
    return len(credential) == 8 and credential.startswith("08")


# --- PIN ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PinParameters:
    """The cost of one try; each roster row carries its own, so that the cost can rise without new PINs."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


PIN_HASH_BYTES: Final = 32
SHORTEST_PIN: Final = 4
LONGEST_PIN: Final = 6
"""The kiosk tries a PIN after so many digits, so that nobody has to press OK: a longer one could never be typed."""


def pin_hash(pin: str, *, employee_id: str, pepper: bytes, salt: bytes, params: PinParameters) -> bytes:
    """argon2id over HMAC-SHA256(pepper, employee_id ‖ PIN): worth nothing without the company's pepper."""
    # Imported here, since the first screen and the badge forms do without it.
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    keyed = hmac.digest(pepper, (employee_id + pin).encode(), "sha256")
    return Argon2id(
        salt=salt,
        length=PIN_HASH_BYTES,
        iterations=params.passes,
        lanes=params.lanes,
        memory_cost=params.memory_kib,
    ).derive(keyed)


def pin_matches(
    pin: str, expected: bytes, *, employee_id: str, pepper: bytes, salt: bytes, params: PinParameters
) -> bool:
    """Whether this is the PIN behind `expected`, in a time that does not depend on how wrong it is."""
    made = pin_hash(pin, employee_id=employee_id, pepper=pepper, salt=salt, params=params)
    return hmac.compare_digest(made, expected)


PinWeakness = Literal["digits", "length", "repeat", "sequence", "number"]


def pin_weakness(pin: str, number: str | None = None) -> PinWeakness | None:
    """Why this PIN is refused, or None: others try the personnel number, repeats and runs of digits first."""
    if re.fullmatch(r"[0-9]*", pin) is None:
        return "digits"
    if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
        return "length"
    if _repeats(pin):
        return "repeat"
    if _runs(pin):
        return "sequence"
    if number is not None and pin.lstrip("0") == re.sub(r"[^0-9]", "", number).lstrip("0"):
        return "number"
    return None


def _repeats(pin: str) -> bool:
    """1111, 1212, 123123; and pairs such as 1177."""
    blocks = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    return blocks or pin[::2] == pin[1::2]


def _runs(pin: str) -> bool:
    """1234, 9876, 2468, also past the end: 7890."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {1, 2, 8, 9}
