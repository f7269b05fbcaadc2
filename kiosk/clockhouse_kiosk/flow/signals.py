"""What can happen to the flow: readings, taps, answers of the effects, and time."""

from dataclasses import dataclass, field
from typing import Literal

from clockhouse_kiosk.flow.administer import Section, Setting, Task
from clockhouse_kiosk.flow.lead import Page
from clockhouse_kiosk.flow.words import Choice, Claim, Folder, Member, Mode, OwnPart, Proposal, Read, Visit
from clockhouse_sync.wire import Preferences, PunchKind


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on."""


@dataclass(frozen=True, slots=True)
class BadgeRead:
    read: Read


@dataclass(frozen=True, slots=True)
class Identified:
    visit: Visit


@dataclass(frozen=True, slots=True)
class UnknownBadge:
    """`again`: the same number was written down a moment ago."""

    read: Read
    again: bool = False


@dataclass(frozen=True, slots=True)
class NumberFound:
    claim: Claim


@dataclass(frozen=True, slots=True)
class NumberRefused:
    code: str


@dataclass(frozen=True, slots=True)
class PinRight:
    visit: Visit


@dataclass(frozen=True, slots=True)
class PinWrong:
    person_id: str
    locked: bool


@dataclass(frozen=True, slots=True)
class PinUnchecked:
    """The PIN could not be tried at all, or rests after too many wrong ones; that is no wrong try."""

    person_id: str
    code: Literal["pin_unavailable", "locked"] = "pin_unavailable"


@dataclass(frozen=True, slots=True)
class Appended:
    """The draft that is being saved is on the disk; `punch_id` is the id its line carries."""

    punch_id: str = ""


@dataclass(frozen=True, slots=True)
class AppendFailed:
    """The draft that is being saved did not reach the disk."""


@dataclass(frozen=True, slots=True)
class OpenNumber:
    """Tapped: sign in with number and PIN."""


@dataclass(frozen=True, slots=True)
class OpenLanguages:
    """Tapped: show the languages."""


@dataclass(frozen=True, slots=True)
class PickLanguage:
    language: str


@dataclass(frozen=True, slots=True)
class Key:
    """A digit or letter, on the screen's keys or a keyboard."""

    char: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erase:
    """Tapped: take the last character back."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Tapped: done typing."""


@dataclass(frozen=True, slots=True)
class Back:
    """Tapped: one step back, nothing decided."""


@dataclass(frozen=True, slots=True)
class TakeDefault:
    """Tapped: the large action."""


@dataclass(frozen=True, slots=True)
class TakeOther:
    """Tapped: one of the other ways on."""

    index: int


@dataclass(frozen=True, slots=True)
class PickTab:
    tab: str


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """Tapped: find a job by number or name."""


@dataclass(frozen=True, slots=True)
class TurnPage:
    by: int


@dataclass(frozen=True, slots=True)
class PickJob:
    choice: Choice


@dataclass(frozen=True, slots=True)
class NotMe:
    """Tapped: that is somebody else."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Tapped: take the punch of a moment ago back."""


@dataclass(frozen=True, slots=True)
class ShiftClaim:
    minutes: int


@dataclass(frozen=True, slots=True)
class ConfirmClaim:
    """Tapped: that is how it was; or, in a mode, record it so."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """Tapped: ask me later, or leave that out."""


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """Tapped: a customer, or a job with several tasks."""

    folder: Folder


@dataclass(frozen=True, slots=True)
class NotInList:
    """Tapped: the job is not there; it will be written in words."""


@dataclass(frozen=True, slots=True)
class JobCardRead:
    """A job's own card was held before the camera."""

    choice: Choice


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """Something was held before the camera that is no badge and no job of this site."""

    code: Literal["foreign_code", "unknown_card"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Tapped: yes or no."""

    value: Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class OpenOwn:
    """Tapped: my own page."""


@dataclass(frozen=True, slots=True)
class PickPage:
    """Tapped: a part of the own page."""

    page: OwnPart


@dataclass(frozen=True, slots=True)
class PickMissing:
    """Tapped: one of the ends of work that are missing."""

    index: int


@dataclass(frozen=True, slots=True)
class PickRequest:
    """Tapped: what should be corrected; None for anything else, in words."""

    kind: PunchKind | None


@dataclass(frozen=True, slots=True)
class Prefer:
    """Tapped: show me the wall like this from now on."""

    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Practise:
    """Tapped: let me try without anything being recorded."""


@dataclass(frozen=True, slots=True)
class OpenMode:
    """Tapped: supervisor or administrator mode."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class OpenSection:
    """Tapped: one of the administrator's pages."""

    section: Section


@dataclass(frozen=True, slots=True)
class Adjust:
    """Tapped: this wall like that from now on."""

    name: Setting
    value: int | bool | str


@dataclass(frozen=True, slots=True)
class Perform:
    """Tapped: do that now."""

    task: Task


@dataclass(frozen=True, slots=True)
class TestPicture:
    """Tapped: show what the screen can show; and away with it."""

    __test__ = False


@dataclass(frozen=True, slots=True)
class StillUndelivered:
    """This kiosk cannot leave its server yet."""


@dataclass(frozen=True, slots=True)
class OpenSetup:
    """Tapped: type the server's address and the one-time code."""


@dataclass(frozen=True, slots=True)
class SetupCodeRead:
    """A setup code's text came from a camera or a reader."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """The daemon could not join; `told` is its own sentence."""

    code: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class JoinAnswered:
    """The server took this kiosk in; what follows is the daemon's to say."""


@dataclass(frozen=True, slots=True)
class OpenLead:
    """Tapped: one of the supervisor's pages, as it begins."""

    page: Page


@dataclass(frozen=True, slots=True)
class ChooseJob:
    """Tapped: another job for the next ones of the crew."""


@dataclass(frozen=True, slots=True)
class PickOffer:
    """Tapped: a whole job, for the day's jobs or out of them; or to be their `first`."""

    job: Folder
    first: bool = False


@dataclass(frozen=True, slots=True)
class PickMember:
    member: Member


@dataclass(frozen=True, slots=True)
class PickProposal:
    proposal: Proposal


Signal = (
    Tick
    | BadgeRead
    | Identified
    | UnknownBadge
    | NumberFound
    | NumberRefused
    | PinRight
    | PinWrong
    | PinUnchecked
    | Appended
    | AppendFailed
    | OpenNumber
    | OpenLanguages
    | PickLanguage
    | Key
    | Erase
    | Enter
    | Back
    | TakeDefault
    | TakeOther
    | PickTab
    | OpenSearch
    | TurnPage
    | PickJob
    | NotMe
    | Undo
    | ShiftClaim
    | ConfirmClaim
    | PutOff
    | OpenFolder
    | NotInList
    | JobCardRead
    | CodeRefused
    | Answer
    | OpenOwn
    | PickPage
    | PickMissing
    | PickRequest
    | Prefer
    | Practise
    | OpenMode
    | OpenSection
    | Adjust
    | Perform
    | TestPicture
    | StillUndelivered
    | OpenSetup
    | SetupCodeRead
    | JoinRefused
    | JoinAnswered
    | OpenLead
    | ChooseJob
    | PickOffer
    | PickMember
    | PickProposal
)
