"""What to send next, and how long to wait after a failure. Pure: numbers in, numbers out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from clockhouse_sync import wire

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
LONGEST_ASKED: Final = 3600.0
CHECKPOINT_LINES: Final = 100
CHECKPOINT_SECONDS: Final = 60.0
_FRAME_BYTES: Final = 1024


@dataclass(frozen=True)
class Limits:
    """How much goes into one request."""

    lines: int = wire.MAX_LINES
    size: int = wire.MAX_BYTES


@dataclass(frozen=True)
class Span:
    """A run of lines to read: at most `count`, after a place."""

    epoch: str
    after_seq: int
    count: int


@dataclass(frozen=True)
class Held:
    """An epoch as the outbox holds it, and how far its lines were sent and answered."""

    epoch: str
    newest: int
    sent: int


def halved(limits: Limits) -> Limits:
    """After a 413; at least one line stays."""
    return replace(limits, lines=max(1, limits.lines // 2), size=max(1, limits.size // 2))


def grown(limits: Limits) -> Limits:
    """After a success: back towards what the protocol allows."""
    return Limits(min(wire.MAX_LINES, limits.lines * 2), min(wire.MAX_BYTES, limits.size * 2))


def waiting(epochs: Iterable[Held]) -> int:
    """How many lines were not sent yet."""
    return sum(max(0, held.newest - held.sent) for held in epochs)


def next_batch(epochs: Sequence[Held], limits: Limits) -> list[Span]:
    """What to read for the next request: the oldest epochs first, each in order."""
    spans: list[Span] = []
    room = limits.lines
    for held in epochs:
        count = min(room, held.newest - held.sent)
        if count > 0:
            spans.append(Span(held.epoch, held.sent, count))
            room -= count
        if room == 0:
            break
    return spans


def fitting(sizes: Sequence[int], limits: Limits) -> int:
    """How many of the first items fit into one request; the first goes whatever its size."""
    return len(wire.batches(sizes, sizes, most=limits.lines, limit=max(1, limits.size - _FRAME_BYTES))[0])


def pause(failures: int, jitter: float, asked: float | None = None) -> float:
    """Seconds until the next try after so many failures in a row; grows to five minutes and goes on for ever.

    `jitter` is in 0..1, so that a hundred kiosks do not come back in the same second. A server's Retry-After
    is a floor, up to an hour.
    """
    own = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 16)) * (0.5 + jitter / 2)
    return own + min(asked or 0.0, LONGEST_ASKED)


def rewinds(
    sent: Mapping[str, int], want: Iterable[wire.Want], readable: Mapping[str, bool], *, restored: bool
) -> dict[str, int]:
    """Epochs to send again, and after which line: the server asked for lines before our mark.

    `readable` says whether the line right after the one asked for can be sent. Where it cannot, sending the rest
    again fills nothing, so it is done only for a server that was restored and may lack the rest too. Such a one
    gets all of the epoch: where it stands it may stand with another history of it, a copied card's.
    """
    return {
        asked.epoch: 0 if restored else asked.after_seq
        for asked in want
        if asked.epoch in sent
        and asked.after_seq < sent[asked.epoch]
        and (restored or readable.get(asked.epoch, False))
    }


def checkpoint_due(head_seq: int, last_seq: int, seconds_since: float) -> bool:
    """A checkpoint stands after each 100 lines, and after a minute if there is anything new."""
    new = head_seq - last_seq
    return new >= CHECKPOINT_LINES or (new > 0 and seconds_since >= CHECKPOINT_SECONDS)


def clock_step(wall_ms: int, boottime_ms: int, last_wall_ms: int, last_boottime_ms: int) -> int:
    """By how many milliseconds the wall clock was moved since the last look."""
    return (wall_ms - last_wall_ms) - (boottime_ms - last_boottime_ms)
