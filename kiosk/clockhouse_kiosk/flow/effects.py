"""What the flow asks the world to do. Each Append of a draft is answered by Appended or AppendFailed."""

from dataclasses import dataclass, field
from typing import Literal

from clockhouse_kiosk.flow.words import Draft, Read, Visit


@dataclass(frozen=True, slots=True)
class LookUp:
    """Who holds this badge? Answered by Identified or UnknownBadge."""

    read: Read


@dataclass(frozen=True, slots=True)
class LookUpAgain:
    """How does the visitor stand now? Answered by Identified with the same reading."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class LookUpNumber:
    """Answered by NumberFound or NumberRefused."""

    number: str


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Answered, off the screen's thread, by PinRight, PinWrong or PinUnchecked."""

    person_id: str
    read: Read
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Append:
    """Write the draft; the answer is what the screen waits for."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class NoteSighting:
    """Write that somebody was here and punched nothing."""

    visit: Visit
    reason: Literal["walked_away", "not_me"]


@dataclass(frozen=True, slots=True)
class NoteAccess:
    """Write a wrong try or a lock-out."""

    person_id: str
    what: Literal["wrong_pin", "locked"]


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound for each answer; `wait` says that a badge was seen and waits, `again` that it must come back."""

    name: Literal["in", "out", "break", "transfer", "wait", "again", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Unexpected:
    """For the log: a signal that the state has no use for, by name."""

    state: str
    signal: str


Effect = (
    LookUp | LookUpAgain | LookUpNumber | CheckPin | Append | NoteSighting | NoteAccess | Sound | Unexpected
)
