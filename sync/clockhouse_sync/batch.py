"""One `lines` request, put together from what the outbox and the delivery state hold."""

import logging
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from clockhouse_sync import plan, wire
from clockhouse_sync.delivery import DeliveryStore, Mark
from clockhouse_sync.outbox import Line
from clockhouse_sync.outbox_reader import OutboxReader

log = logging.getLogger("clockhouse.sync")


@dataclass(frozen=True)
class Batch:
    """Lines to send, what travels beside them, and checkpoints that speak of lines sent by then."""

    lines: list[Line]
    beside: dict[str, wire.Beside]
    checkpoints: list[wire.Checkpoint]

    @property
    def sent(self) -> dict[str, int]:
        """How far each epoch got, once this is answered."""
        return {line.epoch: line.seq for line in self.lines}

    @property
    def body(self) -> bytes:
        """The request's body: each line's stored bytes verbatim, never encoded again."""
        lines = b",".join(line.raw for line in self.lines)
        rest = msgspec.json.encode({"beside": self.beside, "checkpoints": self.checkpoints})
        return b'{"lines":[' + lines + b"]," + rest[1:]


def held(reader: OutboxReader, delivery: DeliveryStore) -> list[plan.Held]:
    """Every epoch that still has bytes here, oldest first, and how far it was sent."""
    marks = delivery.marks()
    return [plan.Held(head.epoch, head.seq, marks.get(head.epoch, Mark()).sent) for head in reader.heads()]


def next_batch(
    reader: OutboxReader, delivery: DeliveryStore, epochs: Sequence[plan.Held], limits: plan.Limits
) -> Batch:
    """What goes out next within the limits; empty if nothing waits. Unreadable stretches are passed over."""
    lines: list[Line] = []
    for span in plan.next_batch(epochs, limits):
        found = reader.lines(span.epoch, span.after_seq, span.count)
        if not found:
            log.error("lines.unreadable", extra={"epoch": span.epoch, "after": span.after_seq})
            delivery.pass_over(span.epoch, span.after_seq + span.count)
        lines += found
    contents = {line.hash: _beside(reader, line) for line in lines}
    if lines:
        sizes = [len(line.raw) + 1 + _size(contents[line.hash]) for line in lines]
        lines = lines[: plan.fitting(sizes, limits)]
    sent = {epoch.epoch: epoch.sent for epoch in epochs} | {line.epoch: line.seq for line in lines}
    made = [one for one in delivery.unsent_checkpoints() if one.seq <= sent.get(one.epoch, 0)]
    beside = {key: one for line in lines for key, one in contents[line.hash].items()}
    return Batch(lines, beside, made[: limits.lines])


def _beside(reader: OutboxReader, line: Line) -> dict[str, wire.Beside]:
    return {
        key: wire.Beside(salt=b64encode(salt).decode(), content=b64encode(content).decode())
        for key, (salt, content) in reader.beside([line]).items()
    }


def _size(beside: Mapping[str, wire.Beside]) -> int:
    """Bytes that this content adds to a request."""
    return sum(len(key) + len(one.salt) + len(one.content) + 32 for key, one in beside.items())
