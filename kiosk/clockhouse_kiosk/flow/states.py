"""What the wall can be showing. `until` is in milliseconds since the board started: then time moves it on.

`waiting` is the badge that was read while somebody was still choosing: it goes on as soon as they are done.
"""

from dataclasses import dataclass, field
from datetime import datetime

from clockhouse_kiosk.flow.words import Claim, Done, Draft, PunchDraft, Read, UndoDraft, Visit, Way


@dataclass(frozen=True, slots=True)
class Idle:
    """The clock. A language picked by hand falls back to the site's after a while."""

    language: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ChoosingLanguage:
    until: int


@dataclass(frozen=True, slots=True)
class Identifying:
    """`before` is the punch that was just recorded for the one in front, if they never touched the screen.

    `visit` is set when somebody already identified is looked up again.
    """

    read: Read
    until: int
    visit: Visit | None = None
    before: PunchDraft | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class EnteringNumber:
    until: int
    digits: str = ""
    problem: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class EnteringPin:
    claim: Claim
    until: int
    digits: str = field(default="", repr=False)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CheckingPin:
    claim: Claim
    read: Read
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Greeting:
    visit: Visit
    until: int
    touched: bool = False
    before: PunchDraft | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class ChoosingJob:
    visit: Visit
    way: Way
    until: int
    tab: str = "recent"
    query: str = ""
    searching: bool = False
    page: int = 0
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class AskingForgotten:
    visit: Visit
    claimed_at: datetime
    until: int
    touched: bool = False
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Saving:
    """Between the decision and the disk's answer; nothing is said before it comes."""

    draft: Draft
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    draft: PunchDraft
    done: Done
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    draft: UndoDraft
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class NotRecorded:
    draft: Draft
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A kind no: `code` names the sentence."""

    code: str
    until: int
    language: str | None = None


State = (
    Idle
    | ChoosingLanguage
    | Identifying
    | EnteringNumber
    | EnteringPin
    | CheckingPin
    | Greeting
    | ChoosingJob
    | AskingForgotten
    | Saving
    | Recorded
    | Undone
    | NotRecorded
    | Refused
)
