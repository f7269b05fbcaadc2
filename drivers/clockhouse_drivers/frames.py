"""The frames of badge readers, one rule for each way of speaking: where a frame ends and what stands in it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final, Literal

from clockhouse_drivers.credentials import Form, NotABadge, canonical

Kind = Literal["badge", "keys", "code", "frame"]
Fault = Literal["checksum", "length", "noise"]

STX: Final = 0x02
ETX: Final = 0x03
HEX_DIGITS: Final = frozenset(b"0123456789ABCDEFabcdef")
LINE_ENDS: Final = frozenset(b"\r\n")
TYPED_ENDS: Final = frozenset(b"\r\n\t")
LONGEST_TYPED: Final = 40


@dataclass(frozen=True)
class Cut:
    """The first `size` bytes of a buffer are dealt with: `found` says what they were, None that they mean nothing."""

    size: int
    found: tuple[Kind, str] | Fault | None


Rule = Callable[[bytes], Cut | None]
"""Looks at the start of a non-empty buffer; None asks for more bytes, which no rule does beyond one frame."""


def exclusive_or(data: bytes) -> int:
    return reduce(xor, data, 0)


def sum_of(data: bytes) -> int:
    return sum(data) & 0xFF


def noise_before(buffer: bytes, is_start: Callable[[int], bool]) -> Cut | None:
    """The bytes before the next start mark; line ends between frames mean nothing and are not held against anybody."""
    stop = next((index for index, byte in enumerate(buffer) if is_start(byte)), len(buffer))
    if stop == 0:
        return None
    return Cut(stop, None if LINE_ENDS.issuperset(buffer[:stop]) else "noise")


def _digits(
    text: bytes, checksum: Callable[[bytes], int] | None, leading: int = 0
) -> tuple[Literal["badge"], str] | Fault:
    """Hex digits, the last two of which check the others where there is a checksum; `leading` bytes name no badge."""
    if not HEX_DIGITS.issuperset(text):
        return "noise"
    content = bytes.fromhex(text.decode("ascii"))
    if checksum is not None:
        content, check = content[:-1], content[-1]
        if checksum(content) != check:
            return "checksum"
    return "badge", content[leading:].hex().upper()


def marked(
    buffer: bytes, *, start: int, digits: int, end: bytes, checksum: Callable[[bytes], int] | None
) -> Cut | None:
    """A start mark, so many hex digits, an end mark. A start mark inside cuts the frame before it short."""
    if noise := noise_before(buffer, lambda byte: byte == start):
        return noise
    size = 1 + digits + len(end)
    frame = buffer[:size]
    restart = frame.find(start, 1)
    early = frame.find(end[-1], 1, size - 1)
    if restart != -1 and (early == -1 or restart < early):
        return Cut(restart, "length")
    if early != -1:
        return Cut(early + 1, "length")
    if len(frame) < size:
        return None
    if not frame.endswith(end):
        return Cut(size, "length")
    return Cut(size, _digits(frame[1 : 1 + digits], checksum))


def bare(buffer: bytes, *, digits: int, checksum: Callable[[bytes], int], leading: int) -> Cut | None:
    """So many hex digits and nothing around them: where a frame begins is told by the pause before it alone.

    A frame that does not check is dropped whole: trying every offset would find badges that nobody holds.
    """
    if noise := noise_before(buffer, HEX_DIGITS.__contains__):
        return noise
    frame = buffer[:digits]
    short = next((index for index, byte in enumerate(frame) if byte not in HEX_DIGITS), None)
    if short is not None:
        return Cut(short, "length")
    return None if len(frame) < digits else Cut(digits, _digits(frame, checksum, leading))


def counted(buffer: bytes) -> Cut | None:
    """STX, length of the whole frame, card type, serial number, exclusive or of all from the length on, ETX."""
    if noise := noise_before(buffer, lambda byte: byte == STX):
        return noise
    if len(buffer) < 2:
        return None
    size = buffer[1]
    # A serial number has 0 (the reader answers a question) to 10 bytes (the longest card number there is).
    if not 5 <= size <= 15:
        return Cut(1, "noise")
    if len(buffer) < size:
        return None
    if buffer[size - 1] != ETX:
        again = buffer.find(STX, 1, size)
        return Cut(size if again == -1 else again, "length")
    content = buffer[1 : size - 2]
    if exclusive_or(content) != buffer[size - 2]:
        return Cut(size, "checksum")
    serial = content[2:].hex().upper()
    return Cut(size, ("badge" if serial else "frame", serial))


def wiegand(buffer: bytes, *, bits: int) -> Cut | None:
    """One reading's bits, first bit first, filled up with zeros to whole bytes, as converters pass them on."""
    size = -(-bits // 8)
    if len(buffer) < size:
        return None
    number, spare = divmod(int.from_bytes(buffer[:size], "big"), 1 << (size * 8 - bits))
    return Cut(size, "length" if spare else wiegand_badge(number, bits))


def wiegand_badge(number: int, bits: int) -> tuple[Literal["badge"], str] | Fault:
    """The first bit makes the first half even, the last one the second half odd; the bits between are the badge.

    Where the number of bits is odd, the halves share the bit in the middle.
    """
    half = -(-bits // 2)
    even, odd = number >> (bits - half), number & ((1 << half) - 1)
    if even.bit_count() % 2 != 0 or odd.bit_count() % 2 != 1:
        return "checksum"
    return "badge", hex_of((number >> 1) & ((1 << (bits - 2)) - 1), bits - 2)


def hex_of(number: int, bits: int) -> str:
    """A number of so many bits in whole bytes, leading zeros kept."""
    return number.to_bytes(-(-bits // 8), "big").hex().upper()


def typed(buffer: bytes, *, form: Form | None = None) -> Cut | None:
    """A badge number as a keyboard would type it, up to Enter or Tab."""
    if buffer[0] in TYPED_ENDS:
        return Cut(1, None)
    end = next((index for index, byte in enumerate(buffer) if byte in TYPED_ENDS), None)
    if end is None:
        # What is too long already stays too long: its tail alone must never pass for a badge.
        return None if len(buffer) <= LONGEST_TYPED else Cut(len(buffer) - LONGEST_TYPED, "noise")
    try:
        return Cut(end, ("badge", canonical(buffer[:end].decode("ascii"), form)))
    except (UnicodeDecodeError, NotABadge):
        return Cut(end, "noise")
