"""What screens called recorded, what the outboxes keep, what the server stores: all three must be the same, once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clockhouse_sync import wire

Place = tuple[str, str, int, str]
"""Device, epoch, seq, hash."""


@dataclass(frozen=True)
class StoredLine:
    place: Place
    raw: bytes
    outcome: str
    chain: str


@dataclass(frozen=True)
class StoredPunch:
    place: Place
    punch_id: str


@dataclass(frozen=True)
class Stored:
    """The server's tables `lines`, `punches` and `alarms`, as they stand."""

    lines: Sequence[StoredLine]
    punches: Sequence[StoredPunch]
    alarms: Sequence[str]


@dataclass(frozen=True)
class Findings:
    """`recorded` are punch ids as screens said them, `kept` the outboxes' lines; `said` is what a command or log says is wrong."""

    recorded: Sequence[str]
    kept: Mapping[Place, bytes]
    stored: Stored
    said: Sequence[str] = field(default=())


def wrong(found: Findings) -> list[str]:
    """What does not hold, in words; empty is good."""
    return [
        *found.said,
        *(f"alarm: {alarm}" for alarm in found.stored.alarms),
        *_recorded(found),
        *_lines(found),
        *_punches(found),
    ]


def _recorded(found: Findings) -> Iterator[str]:
    """What a screen said is in an outbox, among the server's lines and among its punches: exactly once in each."""
    places = {
        "in the outboxes": Counter(_punch_ids(found.kept.values())),
        "among the server's lines": Counter(_punch_ids(line.raw for line in found.stored.lines)),
        "among the server's punches": Counter(punch.punch_id for punch in found.stored.punches),
    }
    for punch_id, times in Counter(found.recorded).items():
        if times > 1:
            yield f"called recorded {times} times: {punch_id}"
        for where, count in places.items():
            if count[punch_id] != 1:
                yield f"called recorded, and {count[punch_id]} times {where}: {punch_id}"
    for where, count in places.items():
        for punch_id, times in count.items():
            if times > 1:
                yield f"{times} times {where}: {punch_id}"


def _lines(found: Findings) -> Iterator[str]:
    """Line for line and byte for byte the same on both ends, linked, and with nothing that a person must look at."""
    times = Counter(line.place for line in found.stored.lines)
    for place in found.kept.keys() - times.keys():
        yield f"kept and not stored: {place}"
    for place in times.keys() - found.kept.keys():
        yield f"stored and in no outbox: {place}"
    for line in found.stored.lines:
        if times[line.place] > 1:
            yield f"stored {times[line.place]} times: {line.place}"
        if found.kept.get(line.place, line.raw) != line.raw:
            yield f"other bytes than in the outbox: {line.place}"
        if (line.outcome, line.chain) != ("accepted", "linked"):
            yield f"{line.outcome}, {line.chain}: {line.place}"
    for (device_id, epoch, seq), count in Counter(line.place[:3] for line in found.stored.lines).items():
        if count > 1:
            yield f"{count} lines at one place: {device_id} {epoch} {seq}"


def _punches(found: Findings) -> Iterator[str]:
    """Each punch that a line tells counts once, and no other."""
    told = {(line.place, punch_id) for line in found.stored.lines for punch_id in _punch_ids([line.raw])}
    counted = Counter((punch.place, punch.punch_id) for punch in found.stored.punches)
    for each in told - counted.keys():
        yield f"a line, and no punch: {each}"
    for each, times in counted.items():
        if each not in told or times > 1:
            yield f"counted {times} times, told {int(each in told)} times: {each}"


def _punch_ids(lines: Iterable[bytes]) -> Iterator[str]:
    for raw in lines:
        line = wire.read_line(raw)
        if isinstance(line, wire.PunchLine):
            yield line.punch_id
