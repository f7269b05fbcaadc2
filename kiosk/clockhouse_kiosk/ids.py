"""Ids that sort by the time they were made."""

import uuid


def uuid7(milliseconds: int, random: bytes) -> str:
    """A UUID of version 7 (RFC 9562) from milliseconds since 1970 and 10 random bytes."""
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random[:10], "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))
