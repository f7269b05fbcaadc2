"""What a badge reader says, byte by byte, made into readings; no device and no clock in here.

Every protocol is one small function that looks at the start of a buffer. A decoder holds the buffer and
never more than one frame of it, whatever arrives. What is wrong with a frame is a value, not an exception.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from operator import xor
from typing import Final, Literal

from clockhouse_drivers.credentials import Form, NotABadge, canonical

Kind = Literal["badge", "keys", "frame"]
Fault = Literal["checksum", "length", "noise"]

STX: Final = 0x02
ETX: Final = 0x03
HEX_DIGITS: Final = frozenset(b"0123456789ABCDEFabcdef")
LINE_ENDS: Final = frozenset(b"\r\n")
TYPED_ENDS: Final = frozenset(b"\r\n\t")
LONGEST_TYPED: Final = 40
NOISE_PIECE: Final = 64


@dataclass(frozen=True)
class Reading:
    """What a device saw: `credential` is the upper-case hex of the bytes read, empty for a frame without one.

    Readers that type give a number instead; there it is the canonical form of that.
    """

    credential: str
    kind: Kind
    protocol: str
    raw: bytes
    at: datetime


@dataclass(frozen=True)
class Misread:
    """Bytes that were no reading, and why: a wrong checksum, a frame cut short, or no frame at all."""

    fault: Fault
    protocol: str
    raw: bytes
    at: datetime


@dataclass(frozen=True)
class Cut:
    """The first `size` bytes of a buffer are dealt with: `found` says what they were, None that they mean nothing."""

    size: int
    found: tuple[Literal["badge", "frame"], str] | Fault | None


Rule = Callable[[bytes], Cut | None]
"""Looks at the start of a non-empty buffer; None asks for more bytes, which no rule does beyond one frame."""


class Decoder:
    """Readings of one protocol from bytes in any portions."""

    def __init__(self, protocol: str, form: Form | None = None) -> None:
        """`form` is how a reader that types writes its badges, where that is known."""
        self.protocol = protocol
        self._rule = PROTOCOLS[protocol].rule if form is None else partial(_typed, form=form)
        self._pending = b""

    def feed(self, data: bytes, at: datetime) -> list[Reading | Misread]:
        """What these bytes complete, oldest first."""
        return list(self._take(data, at))

    def silence(self, at: datetime) -> list[Reading | Misread]:
        """The sender paused, so nothing more of a frame will come: what is left of one is a misread.

        Readers that type may be set up without a key at the end; there the pause is the end.
        """
        seen = self.feed(b"\n", at) if self._pending and PROTOCOLS[self.protocol].ends_in_silence else []
        rest, self._pending = self._pending, b""
        return [*seen, Misread("length", self.protocol, rest, at)] if rest else seen

    def _take(self, data: bytes, at: datetime) -> Iterator[Reading | Misread]:
        # In portions, so that a flood of bytes is not copied over and over for each frame cut off it.
        for start in range(0, len(data), NOISE_PIECE):
            self._pending += data[start : start + NOISE_PIECE]
            while self._pending and (cut := self._rule(self._pending)) is not None:
                raw, self._pending = self._pending[: cut.size], self._pending[cut.size :]
                match cut.found:
                    case None:
                        pass
                    case (kind, credential):
                        yield Reading(credential, kind, self.protocol, raw, at)
                    case fault:
                        yield Misread(fault, self.protocol, raw, at)


def _exclusive_or(data: bytes) -> int:
    return reduce(xor, data, 0)


def _sum(data: bytes) -> int:
    return sum(data) & 0xFF


def _noise_before(buffer: bytes, is_start: Callable[[int], bool]) -> Cut | None:
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


def _marked(
    buffer: bytes, *, start: int, digits: int, end: bytes, checksum: Callable[[bytes], int] | None
) -> Cut | None:
    """A start mark, so many hex digits, an end mark. A start mark inside cuts the frame before it short."""
    if noise := _noise_before(buffer, lambda byte: byte == start):
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


def _bare(buffer: bytes, *, digits: int, checksum: Callable[[bytes], int], leading: int) -> Cut | None:
    """So many hex digits and nothing around them: where a frame begins is told by the pause before it alone.

    A frame that does not check is dropped whole: trying every offset would find badges that nobody holds.
    """
    if noise := _noise_before(buffer, HEX_DIGITS.__contains__):
        return noise
    frame = buffer[:digits]
    short = next((index for index, byte in enumerate(frame) if byte not in HEX_DIGITS), None)
    if short is not None:
        return Cut(short, "length")
    return None if len(frame) < digits else Cut(digits, _digits(frame, checksum, leading))


def _counted(buffer: bytes) -> Cut | None:
    """STX, length of the whole frame, card type, serial number, exclusive or of all from the length on, ETX."""
    if noise := _noise_before(buffer, lambda byte: byte == STX):
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
    if _exclusive_or(content) != buffer[size - 2]:
        return Cut(size, "checksum")
    serial = content[2:].hex().upper()
    return Cut(size, ("badge" if serial else "frame", serial))


def _wiegand(buffer: bytes, *, bits: int) -> Cut | None:
    """One reading's bits, first bit first, filled up with zeros to whole bytes, as converters pass them on.

    The first bit makes the first half even, the last one the second half odd; where the number of bits is
    odd, the halves share the bit in the middle. The bits between the two are the badge.
    """
    size = -(-bits // 8)
    if len(buffer) < size:
        return None
    number = int.from_bytes(buffer[:size], "big")
    spare = size * 8 - bits
    if number & ((1 << spare) - 1):
        return Cut(size, "length")
    number >>= spare
    half = -(-bits // 2)
    even, odd = number >> (bits - half), number & ((1 << half) - 1)
    if even.bit_count() % 2 != 0 or odd.bit_count() % 2 != 1:
        return Cut(size, "checksum")
    content = (number >> 1) & ((1 << (bits - 2)) - 1)
    return Cut(size, ("badge", content.to_bytes(-(-(bits - 2) // 8), "big").hex().upper()))


def _typed(buffer: bytes, *, form: Form | None = None) -> Cut | None:
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


@dataclass(frozen=True)
class Protocol:
    """A reader's way of speaking, and the speed at which its maker ships it."""

    rule: Rule
    baud: int = 9600
    ends_in_silence: bool = False


PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "rdm6300": Protocol(partial(_marked, start=STX, digits=12, end=bytes([ETX]), checksum=_exclusive_or)),
    "em18": Protocol(partial(_bare, digits=12, checksum=_exclusive_or, leading=0)),
    "id12la": Protocol(partial(_marked, start=STX, digits=12, end=b"\r\n\x03", checksum=_exclusive_or)),
    "parallax": Protocol(partial(_marked, start=0x0A, digits=10, end=b"\r", checksum=None), baud=2400),
    "desk-binary": Protocol(_counted),
    # The first byte is the maker's own and the same on every card.
    "hid-serial": Protocol(partial(_bare, digits=14, checksum=_sum, leading=1)),
    "wiegand26": Protocol(partial(_wiegand, bits=26)),
    "wiegand34": Protocol(partial(_wiegand, bits=34)),
    "wiegand37": Protocol(partial(_wiegand, bits=37)),
    "wedge": Protocol(_typed, ends_in_silence=True),
}
