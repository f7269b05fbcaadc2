"""What the flow asks the world to do. Each Append of a draft is answered by Appended or AppendFailed."""

from dataclasses import dataclass, field
from typing import Literal

from clockhouse_kiosk.flow.administer import Section, Setting, Task
from clockhouse_kiosk.flow.drafts import Draft
from clockhouse_kiosk.flow.words import Mode, Read, Visit
from clockhouse_sync.wire import Method, Preferences


@dataclass(frozen=True, slots=True)
class LookUp:
    """Who holds this badge? Answered by Identified or UnknownBadge."""

    read: Read


@dataclass(frozen=True, slots=True)
class LookUpNumber:
    """Answered by NumberFound or NumberRefused."""

    number: str


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Answered, off the screen's thread, by PinRight, PinWrong or PinUnchecked.

    `visit` is there where a reading came first; the right PIN is then its second factor.
    """

    person_id: str
    read: Read
    pin: str = field(repr=False)
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """Write the draft; the answer is what the screen waits for."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Rehearse:
    """Somebody practises: answered as Append is, and nothing is written."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class NoteSighting:
    """Write that somebody was here and punched nothing."""

    visit: Visit
    reason: Literal["walked_away", "not_me", "own_page"]


@dataclass(frozen=True, slots=True)
class NoteRead:
    """Write that somebody had a message on the screen."""

    person_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class NotePreferences:
    """Write how somebody likes the wall."""

    visit: Visit
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class NoteMode:
    """Write that a mode was entered or left."""

    person_id: str
    mode: Mode
    what: Literal["mode_entered", "mode_left"]
    method: Method


@dataclass(frozen=True, slots=True)
class LookUpMember:
    """How somebody stands whom a supervisor names, by that reading; answered by Identified or NumberRefused."""

    person_id: str
    read: Read
    actor_id: str


@dataclass(frozen=True, slots=True)
class NoteHere:
    """Write that somebody was accounted for at the muster point."""

    person_id: str
    actor_id: str


@dataclass(frozen=True, slots=True)
class NoteAccess:
    """Write a wrong try or a lock-out."""

    person_id: str
    what: Literal["wrong_pin", "locked"]


@dataclass(frozen=True, slots=True)
class Gather:
    """Ask the machine what it has to say on a page; the answer is for the screen alone."""

    section: Section


@dataclass(frozen=True, slots=True)
class Adjust:
    """Keep a setting of this wall, and use it from now on."""

    name: Setting
    value: int | bool | str


@dataclass(frozen=True, slots=True)
class Perform:
    """Do something with the machine; `sign_out` is answered by StillUndelivered, or ends the session."""

    task: Task


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
    LookUp
    | LookUpNumber
    | CheckPin
    | Append
    | Rehearse
    | NoteSighting
    | NoteRead
    | NotePreferences
    | NoteMode
    | LookUpMember
    | NoteHere
    | NoteAccess
    | Gather
    | Adjust
    | Perform
    | Sound
    | Unexpected
)
