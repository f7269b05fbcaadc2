"""A kiosk without hardware: a reader whose badges are keys, and a furnished house where there is none."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clockhouse_drivers.credentials import PinParameters
from clockhouse_drivers.simulated import SimulatedReader
from clockhouse_kiosk import demo_roster
from clockhouse_kiosk.settings import Settings

KEYS: Final = (*demo_roster.BADGES, demo_roster.UNKNOWN_BADGE)


class Simulation:
    """What stands in for the hardware."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.reader = SimulatedReader(now=now)
        self.hint = ""
        self.card = demo_roster.CARD.text
        self.face = demo_roster.FACE
        self._now = now

    def furnish(self, settings: Settings, folder: Path) -> Settings:
        """A temporary house with a few people, as if this kiosk had joined it."""
        public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        device_id = base64.b32encode(hashlib.sha256(public).digest()).decode()[:26]
        demo_roster.write(
            folder,
            device_id=device_id,
            zone=_zone(),
            today=self._now().astimezone().date(),
            params=PinParameters(memory_kib=1024, passes=1),
        )
        self.hint = f"F1 to F4 hold a badge, F5 an unknown one, F6 a job's card, F7 shows a face · PIN: 1001, {demo_roster.PIN}"
        return replace(settings, state_dir=folder, socket=None)

    def hold(self, number: int) -> bool:
        """Key number so-and-so holds its badge to the reader."""
        if not 0 <= number < len(KEYS):
            return False
        self.reader.present(KEYS[number])
        return True


def _zone() -> str:
    """This machine's zone, so that the demonstration shows the time on one's watch."""
    try:
        parts = Path("/etc/localtime").resolve().parts
        return "/".join(parts[parts.index("zoneinfo") + 1 :])
    except (OSError, ValueError):
        return "UTC"
