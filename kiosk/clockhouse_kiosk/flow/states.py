"""What the wall can be showing. `until` is in milliseconds since the board started: then time moves it on.

`waiting` is the badge that was read while somebody was still busy: it goes on as soon as they are done.
"""

from dataclasses import dataclass, field
from datetime import datetime

from clockhouse_kiosk.flow.administer import Administering, SigningOut
from clockhouse_kiosk.flow.drafts import Details, Draft, PunchDraft, UndoDraft
from clockhouse_kiosk.flow.lead import Leading, Led
from clockhouse_kiosk.flow.words import Ask, Claim, Detail, Done, Look, OwnPart, Read, Visit, Way
from clockhouse_sync.wire import KindFrom, PunchKind


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
    """`before` is the punch that was just recorded for the one in front, if they never touched the screen."""

    read: Read
    until: int
    before: PunchDraft | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class EnteringNumber:
    until: int
    digits: str = ""
    problem: str | None = None
    language: str | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class EnteringPin:
    claim: Claim
    until: int
    digits: str = field(default="", repr=False)
    problem: str | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class CheckingPin:
    claim: Claim
    read: Read
    until: int
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Greeting:
    """`looked`: they come back from a page that is no punch; walking off from here is none either."""

    visit: Visit
    until: int
    touched: bool = False
    looked: bool = False
    before: PunchDraft | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class ChoosingJob:
    """`free`: the job is being written in words."""

    visit: Visit
    way: Way
    until: int
    look: Look = Look("recent")
    free: bool = False
    waiting: Read | None = None

    @property
    def tabs(self) -> tuple[str, ...]:
        """Where jobs can be looked for; favourites only for those who have some."""
        return (
            ("recent", "favourites", "today", "all") if self.visit.favourites else ("recent", "today", "all")
        )


@dataclass(frozen=True, slots=True)
class Detailing:
    """A job wants to know something before the punch is recorded; `asked` is still to come, the first one now."""

    visit: Visit
    way: Way
    kind_from: KindFrom
    asked: tuple[Detail, ...]
    until: int
    job_text: str = ""
    typed: str = ""
    given: Details = field(default_factory=Details)
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """The punch is recorded; the site wants to know something, or an end of work is missing."""

    draft: PunchDraft
    done: Done
    asks: tuple[Ask, ...]
    until: int
    claimed_at: datetime | None = None
    typed: str = ""
    touched: bool = False
    waiting: Read | None = None

    @property
    def visit(self) -> Visit:
        assert self.draft.visit is not None
        return self.draft.visit


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Somebody's own page. `settled`: their visit has left its line already. `said` is a sentence's code."""

    visit: Visit
    until: int
    page: OwnPart = "hours"
    settled: bool = False
    said: str | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class Requesting:
    """A correction is being put into words: `kind` at `claimed_at`, or free words where it is None.

    `missing` is the place among the visit's missing ends of work that this is about.
    """

    page: OwnPage
    until: int
    kind: PunchKind | None = None
    claimed_at: datetime | None = None
    missing: int | None = None
    typed: str = ""
    waiting: Read | None = None

    @property
    def visit(self) -> Visit:
        return self.page.visit


@dataclass(frozen=True, slots=True)
class After:
    """What follows the answer that is being saved."""

    draft: PunchDraft
    done: Done
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Saving:
    """Between the decision and the disk's answer; nothing is said before it comes."""

    draft: Draft
    until: int
    waiting: Read | None = None
    then: After | OwnPage | Led | Administering | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer; `asks` come after it, unless somebody else does."""

    draft: PunchDraft
    done: Done
    until: int
    waiting: Read | None = None
    asks: tuple[Ask, ...] = ()


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


@dataclass(frozen=True, slots=True)
class LettingIn:
    """A supervisor lets somebody in: `inner` is their visit; when it is over, the mode goes on."""

    mode: Leading
    inner: "State"

    @property
    def until(self) -> int | None:
        return self.inner.until

    @property
    def waiting(self) -> Read | None:
        return getattr(self.inner, "waiting", None)


Busy = (
    Identifying
    | EnteringNumber
    | EnteringPin
    | CheckingPin
    | Greeting
    | ChoosingJob
    | Detailing
    | Asking
    | OwnPage
    | Requesting
    | Saving
    | Recorded
    | Undone
    | NotRecorded
    | Leading
    | Administering
)
"""States in which somebody is served; they can keep one badge waiting."""

State = Idle | ChoosingLanguage | Busy | Refused | LettingIn | SigningOut


def shown(state: State) -> State:
    """What stands on the screen: of somebody who is let in, their own visit."""
    return state.inner if isinstance(state, LettingIn) else state
