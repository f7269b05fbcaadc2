"""What is to be written down, before it has a place in the ledger."""

from dataclasses import dataclass, field
from datetime import datetime

from clockhouse_kiosk.flow.words import (
    Choice,
    Done,
    Folder,
    Forgotten,
    Member,
    Proposal,
    Question,
    Read,
    Visit,
)
from clockhouse_sync.wire import KindFrom, PunchKind


@dataclass(frozen=True, slots=True)
class Details:
    """What a job wants to know besides: decimals as typed, and words."""

    quantity: str = ""
    bad: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PunchDraft:
    """A punch on its way to the disk; `visit` is None for a badge that nobody is known by.

    `crew`: recorded together with others, whose `group_id` is the id of the first punch among them.
    """

    read: Read
    kind: PunchKind
    kind_from: KindFrom
    choice: Choice | None = None
    visit: Visit | None = None
    job_text: str = ""
    details: Details = field(default_factory=Details)
    crew: bool = False
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class UndoDraft:
    visit: Visit
    done: Done


@dataclass(frozen=True, slots=True)
class ProposalDraft:
    """Somebody's own word on when they left; a supervisor decides."""

    visit: Visit
    claimed_at: datetime
    forgotten: Forgotten


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """The answer to a site's question about a punch."""

    visit: Visit
    question: Question
    punch_id: str
    value: str


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """A correction asked for: the kind that is missing at an instant, or anything else in words."""

    visit: Visit
    kind: PunchKind | None
    claimed_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class SiteJobsDraft:
    """The day's jobs, in order. Here and below, `visit` is the supervisor's, who acts."""

    visit: Visit
    jobs: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class ConfirmDraft:
    """A supervisor's word on a claim."""

    visit: Visit
    proposal: Proposal
    accepted: bool
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolDraft:
    """A temporary worker, who gets an id of this kiosk's."""

    visit: Visit
    name: str
    agency: str


@dataclass(frozen=True, slots=True)
class BadgeDraft:
    """A temporary worker's badge; `person_id` is known once they are on the disk."""

    visit: Visit
    name: str
    credential: str
    person_id: str = ""


@dataclass(frozen=True, slots=True)
class UnlockDraft:
    """A PIN that rested may be tried again."""

    visit: Visit
    member: Member


Draft = (
    PunchDraft
    | UndoDraft
    | ProposalDraft
    | AnswerDraft
    | RequestDraft
    | SiteJobsDraft
    | ConfirmDraft
    | EnrolDraft
    | BadgeDraft
    | UnlockDraft
)
