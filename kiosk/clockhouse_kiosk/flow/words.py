"""What the flow talks about: instants, people, jobs, and ways on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clockhouse_sync.wire import Method, PunchKind

Where = Literal["in", "out", "break"]
Mode = Literal["supervisor", "administrator"]
OwnPart = Literal["hours", "messages", "request", "settings"]
"""The parts of somebody's own page, in their order."""
Detail = Literal["quantity", "bad", "note"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant twice: the wall's time, and milliseconds since the board started, which never jump."""

    at: datetime
    boottime_ms: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was presented to the kiosk, and when. `credential` is a badge's canonical value, of a face whose it is."""

    stamp: Stamp
    method: Method
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A job, or a job's task, as a tile shows it; `asks` is what it wants to know besides."""

    job_id: str
    task_id: str | None
    code: str
    name: str
    detail: str
    pictogram: str | None = None
    colour: str | None = None
    asks: tuple[Literal["quantity", "note"], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Folder:
    """A customer's jobs, or a job's tasks: a tile that opens."""

    of: Literal["customer", "job"]
    id: str
    code: str
    name: str
    count: int

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Look:
    """Where in a list one is: its tab, the folders that were opened, the page, and what is searched for."""

    tab: str = ""
    within: tuple[Folder, ...] = ()
    query: str = ""
    searching: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    short_name: str
    language: str | None = None
    large_text: bool = False
    high_contrast: bool = False
    left_hand: bool | None = None
    modes: tuple[Mode, ...] = ()
    photo: str | None = None


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
    """An end of work that nobody punched: what to ask, and the bounds of a sensible answer.

    `punch_id` began the work that has no end.
    """

    since: datetime
    guess: datetime
    latest: datetime
    punch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a site wants to know after a punch; `text` by language. `punch_id` is an earlier punch that owes it."""

    id: str
    on_kind: PunchKind
    text: tuple[tuple[str, str], ...]
    answer: Literal["yes_no", "number", "text"]
    punch_id: str | None = None


Ask = Question | Forgotten


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    text: str
    sender: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Worked seconds as the books had them at `as_of`; None for what they don't say."""

    as_of: datetime
    week: int
    last_week: int
    today: int | None = None
    period: int | None = None
    balance: int | None = None


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
    `unsure`: another kiosk of the site was not heard for a while, so that they may stand elsewhere by now.
    `needs_pin`: this reading alone is not enough here. `actor_id` let them in. `practice` leaves no line behind.
    `opens_modes`: this reading may open a mode, which then lasts `mode_minutes` at most.
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
    favourites: bool = False
    hours: Hours | None = None
    questions: tuple[Question, ...] = ()
    owed: tuple[Question, ...] = ()
    missing: tuple[Forgotten, ...] = ()
    messages: tuple[Message, ...] = ()
    unsure: bool = False
    needs_pin: bool = False
    second_factor: Method | None = None
    actor_id: str | None = None
    practice: bool = False
    shuffle: str | None = None
    mode_minutes: int = 10
    opens_modes: bool = True

    @property
    def is_seen_only(self) -> bool:
        """Whether a camera said who this is, and nothing else did: they may only have walked past."""
        return self.read.method == "face" and self.second_factor is None

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
                enter = (Way("in", self.last),) if self.unsure and self.recent is None else ()
                return (*leave, *enter, Way("break_start", self.last), *transfer)

    def asks_after(self, kind: PunchKind) -> tuple[Ask, ...]:
        """What is asked once a punch is recorded; what was put off comes back at the end of the shift."""
        asked = tuple(question for question in self.questions if question.on_kind == kind)
        missing = () if self.forgotten is None else (self.forgotten,)
        match kind:
            case "in":
                return (*missing, *asked)
            case "out":
                return (*asked, *self.owed, *missing)
            case _:
                return asked


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of this site in a supervisor's lists.

    `told_at` is when the server knew so; None for what this kiosk recorded itself. `here_at` is when they were
    accounted for at the muster point.
    """

    id: str
    name: str
    short_name: str
    number: str
    standing: Standing
    forgotten: bool = False
    told_at: datetime | None = None
    here_at: datetime | None = None

    @property
    def acts_as(self) -> Where:
        """Where they stand for whoever acts on them: who forgot to clock out is not in any more."""
        return "out" if self.forgotten else self.standing.where

    def visit(self, read: Read, actor_id: str) -> Visit:
        """As a supervisor records for them, unasked."""
        person = Person(self.id, self.name, self.short_name)
        return Visit(person, read, self.standing, self.acts_as, actor_id=actor_id)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A claim that waits for a supervisor: since when they were in, and what habit and schedule say."""

    id: str
    member: Member
    kind: PunchKind
    claimed_at: datetime
    made_at: datetime
    punch_id: str | None = None
    since: datetime | None = None
    guess: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody who may try a PIN: by their number, or by a reading that is not enough alone (`visit`).

    `opens` is the mode that the PIN is asked for. `shuffle` mixes the keys of the pad, another text another way.
    """

    person_id: str
    language: str | None = None
    visit: Visit | None = None
    opens: Mode | None = None
    shuffle: str | None = None
