"""What the flow talks about: instants, people, jobs, ways on, and what is to be written down."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from clockhouse_sync.wire import KindFrom, Method, PunchKind

Where = Literal["in", "out", "break"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant twice: the wall's time, and milliseconds since the board started, which never jump."""

    at: datetime
    boottime_ms: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was presented to the kiosk, and when. `credential` is a badge's canonical value."""

    stamp: Stamp
    method: Method
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A job, or a job's task, as a tile shows it."""

    job_id: str
    task_id: str | None
    code: str
    name: str
    detail: str

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    short_name: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody is, as far as this kiosk knows; `since` is None for somebody never seen."""

    where: Where
    since: datetime | None = None
    choice: Choice | None = None
    punch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way on from the greeting. `choose` asks for the job first."""

    kind: PunchKind
    choice: Choice | None = None
    choose: bool = False


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An end of work that nobody punched: what to ask, and the bounds of a sensible answer."""

    since: datetime
    guess: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A punch that reached the disk."""

    punch_id: str
    kind: PunchKind
    at: datetime
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the wall: who, by which reading, where they stand and what they may do.

    `acts_as` is the standing that the ways on follow; it differs from `standing` after a forgotten clock-out.
    `recent` is their punch of a moment ago: then nothing is inferred, so that a badge held twice counts once.
    `tab` is where their job choice opens; None where there is no job to choose.
    """

    person: Person
    read: Read
    standing: Standing
    acts_as: Where
    last: Choice | None = None
    credential_ref: str | None = None
    forgotten: Forgotten | None = None
    recent: Done | None = None
    tab: str | None = None
    week_seconds: int | None = None
    last_week_seconds: int | None = None

    @property
    def default(self) -> Way | None:
        """What an untouched greeting records."""
        if self.recent is not None:
            return None
        match self.acts_as:
            case "out":
                return Way("in", self.last)
            case "break":
                return Way("break_end", self.last)
            case "in":
                return Way("out")

    @property
    def others(self) -> tuple[Way, ...]:
        """The other ways on, most likely first."""
        match self.acts_as:
            case "out":
                return (Way("out"),) if self.recent is None else (Way("in", self.last), Way("out"))
            case "break":
                other_job = (Way("break_end", choose=True),) if self.tab else ()
                resume = () if self.recent is None else (Way("break_end", self.last),)
                return (*resume, *other_job, Way("out"))
            case "in":
                transfer = (Way("transfer", choose=True),) if self.tab else ()
                leave = () if self.recent is None else (Way("out"),)
                return (*leave, Way("break_start", self.last), *transfer)


@dataclass(frozen=True, slots=True)
class PunchDraft:
    """A punch on its way to the disk; `visit` is None for a badge that nobody is known by."""

    read: Read
    kind: PunchKind
    kind_from: KindFrom
    choice: Choice | None = None
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class UndoDraft:
    visit: Visit
    done: Done


@dataclass(frozen=True, slots=True)
class ProposalDraft:
    """Somebody's own word on when they left; a supervisor decides."""

    visit: Visit
    claimed_at: datetime


Draft = PunchDraft | UndoDraft | ProposalDraft


@dataclass(frozen=True, slots=True)
class Claim:
    """A personnel number that exists and may try a PIN."""

    person_id: str
    language: str | None = None
    digits: str = field(default="", repr=False)
