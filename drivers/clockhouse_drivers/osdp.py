"""Frames of OSDP (IEC 60839-11-5), the two-wire bus of access control readers: what a reader answers a poll with."""

from binascii import crc_hqx
from typing import Final

from clockhouse_drivers.frames import Cut, Fault, Kind, hex_of, noise_before, wiegand_badge

START: Final = 0x53
MARK: Final = 0xFF
"""Readers hold the line with this byte before a frame."""
REPLY: Final = 0x80
WITH_CRC: Final = 0x04
WITH_SECURITY_BLOCK: Final = 0x08
RAW: Final = 0x50
FORMATTED: Final = 0x51
KEYPAD: Final = 0x53
CRC_START: Final = 0x1D0F
HEADER: Final = 5
LONGEST: Final = 1440
ENCRYPTED: Final = (0x17, 0x18)
PARITY_FORMATS: Final = (26, 34, 37)


def frame(buffer: bytes) -> Cut | None:
    """Start, address, length of all, control, message, checksum or CRC. Polls and other talk are frames, too."""
    if buffer[0] == MARK:
        return Cut(1, None)
    if noise := noise_before(buffer, lambda byte: byte in {START, MARK}):
        return noise
    if len(buffer) < HEADER:
        return None
    size, control = int.from_bytes(buffer[2:4], "little"), buffer[4]
    check_size = 2 if control & WITH_CRC else 1
    if not HEADER + 1 + check_size <= size <= LONGEST:
        return Cut(1, "noise")
    if len(buffer) < size:
        return None
    content, check = buffer[: size - check_size], buffer[size - check_size : size]
    if _check(content, check_size) != check:
        return Cut(size, "checksum")
    return Cut(size, _message(content))


def _check(content: bytes, size: int) -> bytes:
    number = crc_hqx(content, CRC_START) if size == 2 else -sum(content) & 0xFF
    return number.to_bytes(size, "little")


def _message(content: bytes) -> tuple[Kind, str] | Fault:
    at = HEADER
    if content[4] & WITH_SECURITY_BLOCK:
        block = content[at : at + content[at]]
        if len(block) < 2 or len(content) <= at + len(block):
            return "length"
        if block[1] in ENCRYPTED:
            return "frame", ""
        at += len(block)
    code, data = content[at], content[at + 1 :]
    if not content[1] & REPLY:
        return "frame", ""
    if code == RAW:
        return _raw(data)
    if code == FORMATTED:
        return _counted(data, "badge", at=2)
    if code == KEYPAD:
        return _counted(data, "keys", at=1)
    return "frame", ""


def _raw(data: bytes) -> tuple[Kind, str] | Fault:
    """Reader, format, number of bits, bits. Parity bits of a format that has them are no part of the badge."""
    if len(data) < 4:
        return "length"
    bits = int.from_bytes(data[2:4], "little")
    size = -(-bits // 8)
    if bits == 0 or len(data) != 4 + size:
        return "length"
    number = int.from_bytes(data[4:], "big") >> (size * 8 - bits)
    found = wiegand_badge(number, bits) if bits in PARITY_FORMATS else None
    # The frame was checked by itself: other parity means another card format of the same length.
    return found if isinstance(found, tuple) else ("badge", hex_of(number, bits))


def _counted(data: bytes, kind: Kind, *, at: int) -> tuple[Kind, str] | Fault:
    """So many bytes as the byte at `at` says: card data as text, or keys as they were pressed."""
    if len(data) <= at or len(data) != at + 1 + data[at]:
        return "length"
    text = data[at + 1 :].hex().upper()
    return (kind, text) if text else "length"
