"""A delivery while it is taken in: what came, what is held around it, and what is new of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.holding import Held
from clockhouse_server.ingest.reading import Delivery, Judged, Read, read
from clockhouse_sync import wire

DEEDS: Final = (wire.ConfirmLine, wire.SiteJobsLine, wire.EnrolmentLine, wire.RequestLine)
"""Lines that change what the office sees of people and sites: they stand in the audit trail."""
SETTLING: Final = (*DEEDS, wire.UndoLine)
"""And those after which the books may have to be settled."""


@dataclass
class Batch:
    """One device's delivery; `held`, `verdicts` and `fresh` fill as it is judged."""

    device: Device
    delivery: Delivery
    lines: list[Read]
    held: Held = field(default_factory=Held)
    verdicts: list[wire.Verdict] = field(default_factory=list)
    fresh: list[Judged] = field(default_factory=list)
    """Those that were not here before."""

    @classmethod
    def of(cls, device: Device, delivery: Delivery) -> "Batch":
        """A delivery with its lines read."""
        return cls(device, delivery, [read(raw, device.id) for raw in delivery.lines])

    @cached_property
    def shapes(self) -> set[type[wire.LineHead | None]]:
        """What kinds of lines came."""
        return {type(one.line) for one in self.lines}

    @property
    def settles(self) -> bool:
        """Whether the books may have to be settled after these lines."""
        return not self.shapes.isdisjoint(SETTLING)

    def accepted(self) -> list[Judged]:
        """The new ones that nothing speaks against."""
        return [one for one in self.fresh if one.verdict.outcome == "accepted"]
