"""A supervisor's mode as data: its pages, and what is on its way to the disk."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from clockhouse_kiosk.flow.drafts import (
    BadgeDraft,
    ConfirmDraft,
    EnrolDraft,
    PunchDraft,
    SiteJobsDraft,
    UnlockDraft,
)
from clockhouse_kiosk.flow.words import Choice, Folder, Look, Member, Proposal, Read, Visit

CrewKind = Literal["in", "out", "transfer"]


@dataclass(frozen=True, slots=True)
class Home:
    """Everything that can be done."""

    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Offer:
    """The day's jobs, in order, as they would be set now."""

    chosen: tuple[Folder, ...] = ()
    look: Look = Look("chosen")


@dataclass(frozen=True, slots=True)
class Pick:
    """Somebody of the crew, and what would be recorded for them."""

    member: Member
    kind: CrewKind
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """Whom to record for. The next ones get `choice`; `choosing` is there while it is being chosen."""

    kind: CrewKind = "in"
    choice: Choice | None = None
    picks: tuple[Pick, ...] = ()
    choosing: Look | None = None
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Inside:
    """Who is in, and since when."""

    look: Look = Look("in")


@dataclass(frozen=True, slots=True)
class Muster:
    """Who is accounted for. `kept` were ticked on this page: they keep their place until it is turned."""

    look: Look = Look("open")
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposals:
    """Claims that wait; `chosen` is being decided, and would stand at `claimed_at`."""

    look: Look = Look()
    chosen: Proposal | None = None
    claimed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A temporary worker: name, agency, badge. `read` is the badge that is being looked up."""

    asked: Literal["name", "agency", "badge"] = "name"
    name: str = ""
    agency: str = ""
    read: Read | None = None
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Finding:
    """Somebody who forgot the badge, by number or name."""

    look: Look = Look(searching=True)


@dataclass(frozen=True, slots=True)
class Resting:
    """Whose PIN rests after too many wrong tries."""

    look: Look = Look()


Page = Home | Offer | Crew | Inside | Muster | Proposals | Newcomer | Finding | Resting


def shown(page: Page) -> Look:
    """The list that is shown, and from where it is seen."""
    return page.choosing if isinstance(page, Crew) and page.choosing is not None else page.look


def tabs(page: Page) -> tuple[str, ...]:
    """In the order in which they stand."""
    match page:
        case Crew(choosing=None):
            return get_args(CrewKind)
        case Crew():
            return ("today", "recent", "all")
        case Offer():
            return ("chosen", "all")
        case Inside():
            return ("in", "break")
        case Muster():
            return ("open", "all")
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Said:
    """What became of the last thing: a sentence's code, how many, and who."""

    code: str
    count: int = 0
    names: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leading:
    """A supervisor's mode. `ends` is when it is over, whatever happens; `until` when nobody touches it."""

    visit: Visit
    ends: int
    until: int
    page: Page = field(default_factory=Home)
    said: Said | None = None
    waiting: Read | None = None


LedDraft = PunchDraft | SiteJobsDraft | ConfirmDraft | EnrolDraft | BadgeDraft | UnlockDraft


@dataclass(frozen=True, slots=True)
class Led:
    """What was decided in the mode and is being written: one line after the other, then back to `mode`."""

    mode: Leading
    code: str
    todo: tuple[LedDraft, ...] = ()
    names: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
