"""A delivery while it is taken in: what came, what is held around it, and what is new of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest.holding import Held
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.reading import Delivery, read
from clockhouse_sync import wire

DEEDS: Final = (wire.ConfirmLine, wire.SiteJobsLine, wire.EnrolmentLine, wire.RequestLine)
"""Lines that change what the office sees of people and sites: they stand in the audit trail."""
SETTLING: Final = (*DEEDS, wire.UndoLine)
"""And those after which the books may have to be settled."""


@dataclass
class Batch:
    """One device's delivery; `held` and `fresh` fill as it is judged."""

    device: Sender
    delivery: Delivery
    lines: list[Arrived]
    held: Held = field(default_factory=Held)
    fresh: list[Arrived] = field(default_factory=list)
    """Those that were not here before."""
    plain: bool = False
    """Whether all of it is plain punches after everything that was here: nothing but punches follows from it."""

    @classmethod
    def of(cls, device: Sender, delivery: Delivery) -> "Batch":
        """A delivery with its lines read."""
        return cls(device, delivery, [read(raw, device.id) for raw in delivery.lines])

    @cached_property
    def shapes(self) -> set[type[wire.LineHead | None]]:
        """What kinds of lines came."""
        return {type(one.line) for one in self.lines}

    @cached_property
    def punches(self) -> list[wire.PunchLine]:
        """The punches among the lines, whatever becomes of them."""
        return [one.line for one in self.lines if isinstance(one.line, wire.PunchLine)]

    @property
    def settles(self) -> bool:
        """Whether the books may have to be settled after these lines."""
        return not self.shapes.isdisjoint(SETTLING)

    def accepted(self) -> list[Arrived]:
        """The new ones that nothing speaks against."""
        return self.fresh if self.plain else [one for one in self.fresh if one.outcome == "accepted"]
