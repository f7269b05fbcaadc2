"""The port of badge readers: what every driver promises, and how one is opened from settings."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, cast, get_args

from clockhouse_drivers.credentials import FORMS, Form
from clockhouse_drivers.readings import PROTOCOLS, Reading

log = logging.getLogger(__name__)

OnReading = Callable[[Reading], None]
State = Literal["closed", "searching", "ready"]

HOLD_SECONDS: Final = 1.0
"""A card that is seen again within this time was never taken away."""


Kind = Literal["serial", "hid", "simulated"]
KINDS: Final = get_args(Kind)
Role = Literal["badge", "keypad"]
ROLES: Final = get_args(Role)


@dataclass(frozen=True)
class ReaderSettings:
    """One `[[reader]]` of the settings.

    `protocol` and `baud` are a serial reader's; `baud` 0 is the speed at which its maker ships it. `form` is how
    a reader that types (kind "hid") writes badge numbers; without it, each is read the likeliest way. `role` says
    what a device that types is: a badge reader, or a numeric pad for people.
    """

    kind: Kind
    port: str = ""
    protocol: str = "rdm6300"
    baud: int = 0
    form: str = ""
    role: Role = "badge"

    def problem(self) -> str | None:
        """What is wrong with these settings and how to mend it, or None."""
        if self.kind not in KINDS:
            return f"kind {self.kind!r} is unknown: take one of {', '.join(KINDS)}"
        if self.role not in ROLES:
            return f"role {self.role!r} is unknown: take one of {', '.join(ROLES)}"
        if self.role == "keypad" and self.kind != "hid":
            return 'role "keypad" goes with kind "hid": a numeric pad is a device that types'
        if self.kind == "simulated":
            return None
        if not self.port:
            example = "/dev/ttyUSB0" if self.kind == "serial" else "/dev/input/by-id/…-event-kbd"
            return f'port is missing: name the device, for example port = "{example}"'
        spoken = [name for name, protocol in PROTOCOLS.items() if protocol.is_for_listening]
        if self.protocol not in spoken:
            return f"protocol {self.protocol!r} is unknown: take one of {', '.join(spoken)}"
        if self.baud < 0:
            return f"baud {self.baud} is no speed: leave it out for the protocol's own"
        if self.form and self.form not in FORMS:
            return f"form {self.form!r} is unknown: take one of {', '.join(FORMS)}"
        return None


@dataclass(frozen=True)
class Health:
    """How a reader is: `reason` says in its own words what keeps it from being ready."""

    state: State
    reason: str = ""
    readings: int = 0
    misreads: int = 0


class Reader(Protocol):
    """A device that reads badges. Every driver keeps these promises; one suite of tests holds all of them to it.

    open(on_reading)
        Returns at once and never raises for a device that is absent, busy or mute: the reader searches for it
        and reports that as its health. Each reading is delivered from one thread of the reader's own, one at a
        time, in the order in which the cards were seen. A listener that raises is logged and called again for
        the next card.
    close()
        Returns within two seconds. Afterwards nothing is delivered any more. Closing twice does nothing.
        A closed reader can be opened again.
    health()
        Never blocks and never raises. `searching` while there is no device, `ready` once it answers.

    Each key of a pad is a reading of kind "keys", however fast one follows the other.
    A card held on the reader is one reading, however often the device repeats it and whatever other cards
    come between; taken away for longer than a second, it is a new one. Bytes that are no reading are
    counted and dropped. After an unplug the reader finds its device again by itself.
    """

    name: str

    def open(self, on_reading: OnReading) -> None: ...
    def close(self) -> None: ...
    def health(self) -> Health: ...


class Holding:
    """Tells a card that is still there from one that comes; bounded, since cards that left are forgotten."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def is_new(self, credential: str, tick: float) -> bool:
        """`tick` is monotonic seconds. Each sighting extends the stay of its own card alone."""
        self._seen = {card: last for card, last in self._seen.items() if tick - last <= HOLD_SECONDS}
        new = credential not in self._seen
        self._seen[credential] = tick
        return new


def hand_over(reading: Reading, on_reading: OnReading) -> None:
    """Deliver one reading; a listener's mistake must not stop the reader for everybody after it."""
    try:
        on_reading(reading)
    except Exception:
        log.exception("reader.listener_failed", extra={"protocol": reading.protocol})


def make_reader(settings: ReaderSettings, *, now: Callable[[], datetime]) -> Reader:
    """The driver for these settings, not opened yet. Drivers are imported when they are asked for."""
    problem = settings.problem()
    if problem is not None:
        raise ValueError(problem)
    if settings.kind == "simulated":
        from clockhouse_drivers.simulated import SimulatedReader

        return SimulatedReader(now=now)
    if settings.kind == "hid":
        from clockhouse_drivers.rfid_hid import hid_keypad, hid_reader

        if settings.role == "keypad":
            return hid_keypad(settings.port, now=now)
        return hid_reader(settings.port, cast("Form | None", settings.form or None), now=now)
    from clockhouse_drivers.rfid_serial import serial_reader

    return serial_reader(settings.port, settings.protocol, settings.baud, now=now)
