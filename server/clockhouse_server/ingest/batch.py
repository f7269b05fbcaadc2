"""A delivery while it is taken in: what came, what is held around it, and what is new of it."""

from dataclasses import dataclass, field

from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.holding import Held
from clockhouse_server.ingest.reading import Delivery, Judged, Read, read
from clockhouse_sync import wire


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

    def accepted(self) -> list[Judged]:
        """The new ones that nothing speaks against."""
        return [one for one in self.fresh if one.verdict.outcome == "accepted"]
