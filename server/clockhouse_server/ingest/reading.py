"""Bytes as they arrived, read: each line's hash, place and typed fields, or why it cannot be one."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

import msgspec

from clockhouse_server.ingest.judge import (
    EARLIEST,
    LATEST,
    LONGEST_BOOT_MS,
    UNREADABLE,
    Arrived,
    can_stand,
    sane_instant,
)
from clockhouse_sync import ledger, wire

ESCAPE: Final = b"\\"
NUL: Final = b"\\u0000"
LINE_FEED: Final = b"\n"


Bytes: TypeAlias = bytes | msgspec.Raw
"""A line's bytes. As Raw they lie within a request that holds neither an escape nor a line feed anywhere."""


@dataclass(frozen=True)
class Delivery:
    """What a device sent, or what an export file holds (`signed` False where nothing vouches for the lines)."""

    lines: Sequence[Bytes]
    beside: Mapping[str, wire.Beside] = field(default_factory=dict)
    checkpoints: Sequence[wire.Checkpoint] = ()
    signed: bool = True


def within(body: bytes, lines: Sequence[msgspec.Raw]) -> Sequence[Bytes]:
    """The lines of a request's body as they lie in it, where they may, else each by itself."""
    return [bytes(raw) for raw in lines] if ESCAPE in body or LINE_FEED in body else lines


def read(raw: Bytes, device_id: str) -> Arrived:
    """Never raises: whatever a device signed is kept."""
    digest = ledger.line_hash(raw)
    if isinstance(raw, bytes) and ESCAPE in raw and NUL in raw:  # the database cannot hold it as text
        return Arrived(device_id, raw, digest, UNREADABLE, 0)
    try:
        head, at = wire.read_dated(raw)
        line = head if isinstance(head, wire.PunchLine) or _datable(head) else None
    except (wire.WireError, ValueError):
        line = None
    if line is None:
        try:
            head = wire.read_head(raw)
        except wire.WireError:
            return Arrived(device_id, raw, digest, UNREADABLE, 0)
        at = wire.parse_instant(head.at)
    epoch, boottime = head.epoch, head.boottime_ms
    if head.device_id != device_id or epoch == UNREADABLE:
        return Arrived(device_id, raw, digest, UNREADABLE, 0)
    if not can_stand(at):
        return Arrived(device_id, raw, digest, epoch, head.seq, head)
    if boottime is not None and not 0 <= boottime <= LONGEST_BOOT_MS:
        line = None
    return Arrived(device_id, raw, digest, epoch, head.seq, head, line, at)


def _datable(line: wire.LineHead) -> bool:
    """Whether the other times and places that a line names can be kept; raises where a time is none."""
    if isinstance(line, wire.BootLine) and line.parent is not None:
        return 0 <= line.parent.seq <= wire.MAX_INTEGER
    claimed_at = getattr(line, "claimed_at", None)
    on = getattr(line, "on", None)
    return (claimed_at is None or sane_instant(claimed_at)) and (
        on is None or EARLIEST <= date.fromisoformat(on).year <= LATEST
    )


def content(beside: wire.Beside, named: str) -> tuple[bytes, bytes] | None:
    """Salt and content, if they give the hash under which they travel."""
    try:
        salt, text = b64decode(beside.salt, validate=True), b64decode(beside.content, validate=True)
        return (salt, text) if ledger.beside_hash(salt, text) == named else None
    except (Base64Error, ValueError):
        return None


def text_beside(name: str | None, contents: Mapping[str, tuple[bytes, bytes]]) -> str | None:
    """The text that a line names by hash, if it travelled along and can be shown."""
    found = contents.get(name) if name is not None else None
    if found is None:
        return None
    return found[1].decode("utf-8", "replace").replace("\x00", "")[:500]
