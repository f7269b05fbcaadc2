"""Rows of the roster: what a kiosk is told, type by type.

A row travels as `{type, id, version, body}`; a body of null takes the row away. Ids are random and opaque.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from clockhouse_sync.wire.encoding import Body
from clockhouse_sync.wire.lines import Method, Preferences, PunchKind


class RosterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row; `body` is one of the shapes in BODIES, by `type`."""

    type: str
    id: str
    version: int
    body: dict[str, Any] | None


class DeviceRow(Body, frozen=True, kw_only=True):
    """This kiosk: what the strip at the top shows, and where it hangs."""

    name: str
    site_id: str


class SiteRow(Body, frozen=True, kw_only=True):
    """`zone` is an IANA name; `language` the one shown before anybody is identified; `hour_cycle` 12 or 24."""

    name: str
    zone: str
    language: str = "en"
    hour_cycle: int = 24
    general_job_id: str | None = None


class PersonRow(Body, frozen=True, kw_only=True):
    """`number` is the personnel number as typed, text with its leading zeros.

    `preferences` hold as of `preferences_at`; what somebody chose at a wall later than that goes before them.
    `pin_with` names the ways of being known that need a PIN too; absent, the site's policy says so.
    """

    number: str
    name: str
    short_name: str
    language: str | None = None
    photo: str | None = None
    default_job_id: str | None = None
    supervisor: bool = False
    administrator: bool = False
    agency: str | None = None
    favourite_job_ids: list[str] = []
    preferences: Preferences | None = None
    preferences_at: str | None = None
    pin_with: list[Method] | None = None


class CredentialRow(Body, frozen=True, kw_only=True):
    """A badge's canonical value (`credentials.canonical`), or the SHA-256 of a QR token, in hex."""

    person_id: str
    kind: Literal["badge", "qr"]
    value: str
    weak: bool = False


class PinRow(Body, frozen=True, kw_only=True):
    """id is the person's. Base64 salt and hash of `credentials.pin_hash`, with its parameters."""

    salt: str
    hash: str
    memory_kib: int
    passes: int
    lanes: int
    pepper_version: int


class CustomerRow(Body, frozen=True, kw_only=True):
    name: str


class JobRow(Body, frozen=True, kw_only=True):
    """`sites` absent means every site. `asks` holds quantity and note."""

    code: str
    name: str
    customer_id: str
    pictogram: str | None = None
    colour: str | None = None
    sites: list[str] | None = None
    asks: list[Literal["quantity", "note"]] = []


class TaskRow(Body, frozen=True, kw_only=True):
    job_id: str
    code: str
    name: str


class SiteJobsRow(Body, frozen=True, kw_only=True):
    """id is the site's: what the supervisor offers on that local date, in order, as it was set at `set_at`."""

    on: str
    job_ids: list[str]
    set_at: str | None = None


class StateRow(Body, frozen=True, kw_only=True):
    """id is the person's: their newest punch as the server knows it. Advice, never a reason to refuse."""

    kind: PunchKind
    at: str
    as_of: str
    job_id: str | None = None
    task_id: str | None = None
    punch_id: str | None = None


class MissingOut(Body, frozen=True, kw_only=True):
    """An end of work that the books lack: the punch that began it, and when."""

    punch_id: str
    since: str


class HoursRow(Body, frozen=True, kw_only=True):
    """id is the person's: worked seconds as of an instant; `balance_seconds` is over (or under) what was due."""

    week_seconds: int
    last_week_seconds: int
    as_of: str
    today_seconds: int | None = None
    period_seconds: int | None = None
    balance_seconds: int | None = None
    missing: list[MissingOut] = []


class QuestionRow(Body, frozen=True, kw_only=True):
    """Asked when `on_kind` is punched; `text` by language."""

    site_id: str
    on_kind: PunchKind
    text: dict[str, str]
    answer: Literal["yes_no", "number", "text"] = "yes_no"
    position: int = 0


class MessageRow(Body, frozen=True, kw_only=True):
    """To one person, or to everybody where `person_id` is absent; one that was read is taken away."""

    text: str
    sender: str
    person_id: str | None = None
    sent_at: str | None = None


class PolicyRow(Body, frozen=True, kw_only=True):
    """id is the site's. `pin_with` names the ways of being known that need a PIN too.

    `shuffle_pad` mixes the PIN's keys; `mode_minutes` is how long supervisors stay in their mode at most.
    """

    pin_with: list[Method] = []
    shuffle_pad: bool = False
    mode_minutes: int = 10


class ProposalRow(Body, frozen=True, kw_only=True):
    """id is the proposal's: a claim that waits for a supervisor's word."""

    employee_id: str
    kind: PunchKind
    claimed_at: str
    made_at: str
    punch_id: str | None = None


class Shift(msgspec.Struct, frozen=True, kw_only=True, rename={"from_at": "from", "to_at": "to"}):
    from_at: str
    to_at: str


class ScheduleRow(Body, frozen=True, kw_only=True):
    """id is the person's: planned shifts around now, oldest first."""

    shifts: list[Shift]


BODIES: Final[Mapping[str, type[Body]]] = {
    "device": DeviceRow,
    "site": SiteRow,
    "person": PersonRow,
    "credential": CredentialRow,
    "pin": PinRow,
    "customer": CustomerRow,
    "job": JobRow,
    "task": TaskRow,
    "site_jobs": SiteJobsRow,
    "state": StateRow,
    "hours": HoursRow,
    "question": QuestionRow,
    "message": MessageRow,
    "policy": PolicyRow,
    "proposal": ProposalRow,
    "schedule": ScheduleRow,
}


def body_of(row: RosterRow) -> Body | None:
    """A row's typed body; None for a removal or a type this version does not know."""
    shape = BODIES.get(row.type)
    return None if shape is None or row.body is None else msgspec.convert(row.body, shape)
