"""Lines: the facts that a device or the office states, each encoded once and hashed as those bytes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from clockhouse_sync.wire.encoding import (
    MAX_INTEGER,
    Body,
    WireError,
    encode,
    fields_of,
    parse_instant,
)

VERSION: Final = 1

PunchKind = Literal["in", "out", "break_start", "break_end", "transfer"]
KindFrom = Literal["chosen", "inferred", "unconfirmed"]
Method = Literal["pin", "qr", "rfid", "face", "supervisor"]
LineType = Literal[
    "boot", "punch", "clock", "enrolment", "undo", "sighting", "proposal", "confirm", "request", "answer",
    "message_read", "site_jobs", "access", "lost", "adjustment",
]  # fmt: skip
LINE_TYPES: Final[tuple[LineType, ...]] = LineType.__args__  # type: ignore[attr-defined]

LONGEST_TEXT: Final = 200
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
"""Ids, codes and names: short enough for any index. What people write travels beside a line."""

_T = TypeVar("_T")
_LineT = TypeVar("_LineT", bound="LineHead")


class ClockState(Body, frozen=True, kw_only=True):
    """Whether the system clock was synchronised at the line's making, and its estimated error in ms."""

    sync: bool
    error_ms: int


class Place(Body, frozen=True, kw_only=True):
    """A position in a device's ledger."""

    epoch: str
    seq: int


class Head(Place, frozen=True, kw_only=True):
    """A position and the SHA-256 (lower-case hex) of the line's bytes there."""

    hash: str


class LineHead(Body, frozen=True, kw_only=True):
    """The fields common to all lines, read typed by both ends; the rest of a line depends on its type."""

    v: int
    type: Text
    device_id: Text
    epoch: Text
    seq: int
    at: str
    prev: Text | None = None
    zone: Text | None = None
    utc_offset_minutes: int | None = None
    boottime_ms: int | None = None
    clock: ClockState | None = None
    site_id: Text | None = None
    roster_version: Text | None = None


class Evidence(Body, frozen=True, kw_only=True):
    """Salted hashes of what travels beside a line: hash -> what it is, by field of the line."""

    note: Text | None = None
    job_text: Text | None = None
    evidence: Text | None = None
    credential: Text | None = None
    answer: Text | None = None
    text: Text | None = None
    person: Text | None = None


class PunchLine(LineHead, frozen=True, kw_only=True):
    """A punch; `at` is the instant of the reading. Its contents beside the line are in `beside`."""

    punch_id: Text
    kind: PunchKind
    kind_from: KindFrom
    method: Method
    employee_id: Text | None = None
    credential_ref: Text | None = None
    break_code: Text | None = None
    job_id: Text | None = None
    task_id: Text | None = None
    quantity: Text | None = None
    quantity_bad: Text | None = None
    second_factor: Method | None = None
    actor_id: Text | None = None
    group_id: Text | None = None
    beside: Evidence | None = None


class BootParent(Head, frozen=True, kw_only=True):
    """The newest line of the store before this epoch."""

    epoch: Text
    hash: Text


class BootLine(LineHead, frozen=True, kw_only=True):
    """seq 1 of every epoch."""

    boot_id: Text
    software: Text
    parent: BootParent | None = None
    reason: Text | None = None


class ClockLine(LineHead, frozen=True, kw_only=True):
    """A comparison with the server's clock; `cause` says what prompted it.

    `server_epoch` changes when the server was restored from a backup.
    """

    cause: Literal["boot", "first_sync", "step", "hello"]
    server_time: Text | None = None
    server_epoch: Text | None = None
    rtt_ms: int | None = None
    step_ms: int | None = None


class UndoLine(LineHead, frozen=True, kw_only=True):
    """Takes back a punch of this device within a minute; deletes nothing."""

    punch_id: Text
    employee_id: Text | None = None


class SightingLine(LineHead, frozen=True, kw_only=True):
    """Somebody was identified and punched nothing, or was counted at the muster point by `actor_id`."""

    reason: Literal["walked_away", "not_me", "own_page", "accounted_for"]
    method: Method
    employee_id: Text | None = None
    credential_ref: Text | None = None
    actor_id: Text | None = None


class ProposalLine(LineHead, frozen=True, kw_only=True):
    """A claim about another time: "I left at 16:30". Never a punch until somebody confirms it."""

    proposal_id: Text
    employee_id: Text
    kind: PunchKind
    claimed_at: Text
    punch_id: Text | None = None
    job_id: Text | None = None
    method: Method | None = None


class ConfirmLine(LineHead, frozen=True, kw_only=True):
    """A supervisor's word on a proposal; `claimed_at` is the time that they let stand."""

    proposal_id: Text
    employee_id: Text
    actor_id: Text
    accepted: bool
    claimed_at: Text | None = None


class Preferences(Body, frozen=True, kw_only=True):
    """How somebody likes the wall; what is absent stays as it was."""

    language: Text | None = None
    large_text: bool | None = None
    high_contrast: bool | None = None
    left_hand: bool | None = None


class RequestLine(LineHead, frozen=True, kw_only=True):
    """Somebody asks the office: for a correction of the local date `on`, in words beside, or for other preferences."""

    request_id: Text
    employee_id: Text
    what: Literal["correction", "preferences"]
    method: Method | None = None
    on: Text | None = None
    kind: PunchKind | None = None
    claimed_at: Text | None = None
    punch_id: Text | None = None
    preferences: Preferences | None = None
    beside: Evidence | None = None


class AnswerLine(LineHead, frozen=True, kw_only=True):
    """The answer to one of a site's questions, asked after that punch; its content is beside."""

    punch_id: Text
    employee_id: Text
    question_id: Text
    beside: Evidence | None = None


class MessageReadLine(LineHead, frozen=True, kw_only=True):
    """Somebody had a message on the screen."""

    message_id: Text
    employee_id: Text


class SiteJobsLine(LineHead, frozen=True, kw_only=True):
    """What a supervisor offers at this site on the local date `on`, in order."""

    on: Text
    job_ids: list[Text]
    actor_id: Text


class EnrolmentLine(LineHead, frozen=True, kw_only=True):
    """Something by which people are known was given or withdrawn at the wall, by `actor_id`.

    A `person` is a temporary worker with a provisional id: JSON of name and agency beside, as `person`.
    A `badge` has its canonical value beside, as `credential`.
    """

    what: Literal["person", "badge", "pin", "face", "consent"]
    action: Literal["given", "withdrawn"]
    employee_id: Text
    actor_id: Text | None = None
    credential_ref: Text | None = None
    beside: Evidence | None = None


class AccessLine(LineHead, frozen=True, kw_only=True):
    """Supervisor/administrator mode, wrong tries, lock-outs, used one-time codes; `actor_id` unlocked somebody."""

    what: Literal["wrong_pin", "locked", "unlocked", "mode_entered", "mode_left", "code_used", "tamper"]
    employee_id: Text | None = None
    method: Method | None = None
    mode: Literal["supervisor", "administrator"] | None = None
    actor_id: Text | None = None


class LostLine(LineHead, frozen=True, kw_only=True):
    """The device declares lines of an epoch that it cannot read any more (`from` and `to` inclusive)."""

    lost: "LostRange"


class LostRange(msgspec.Struct, frozen=True, kw_only=True, rename={"from_seq": "from", "to_seq": "to"}):
    epoch: Text
    from_seq: int
    to_seq: int


class AdjustmentLine(LineHead, frozen=True, kw_only=True):
    """A correction by the office, in the employee's own source `emp:<id>`; the punch itself stays as read."""

    adjustment_id: Text
    employee_id: Text
    action: Literal["add", "change", "void", "assign", "restore"]
    author_id: Text
    punch_id: Text | None = None
    kind: PunchKind | None = None
    counted_at: Text | None = None
    job_id: Text | None = None
    task_id: Text | None = None
    proposal_id: Text | None = None
    line: "LineRef | None" = None
    beside: Evidence | None = None


class LineRef(Head, frozen=True, kw_only=True):
    """A stored line of any source."""

    device_id: Text


def encode_line(line: LineHead) -> bytes:
    """A typed line's bytes."""
    return encode(fields_of(line))


def read_head(raw: bytes | msgspec.Raw) -> LineHead:
    """The common fields of a line. Raises WireError with the field's name for anything malformed."""
    return _read(raw, LineHead)[0]


LINES: Final[Mapping[str, type[LineHead]]] = {
    "boot": BootLine,
    "punch": PunchLine,
    "clock": ClockLine,
    "undo": UndoLine,
    "sighting": SightingLine,
    "proposal": ProposalLine,
    "confirm": ConfirmLine,
    "request": RequestLine,
    "answer": AnswerLine,
    "message_read": MessageReadLine,
    "site_jobs": SiteJobsLine,
    "enrolment": EnrolmentLine,
    "access": AccessLine,
    "lost": LostLine,
    "adjustment": AdjustmentLine,
}


def read_line(raw: bytes | msgspec.Raw) -> LineHead:
    """A line by its own type; a type this version does not know comes back as its LineHead."""
    return read_dated(raw)[0]


def read_dated(raw: bytes | msgspec.Raw) -> tuple[LineHead, datetime]:
    """As read_line, and its `at` as an instant."""
    try:
        line = _read_punch(raw)  # what most lines are
        if line.type == "punch":
            return line, _instant(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    return read_typed(raw, _decoded(raw, _TYPE).type)


def read_typed(raw: bytes | msgspec.Raw, kind: str) -> tuple[LineHead, datetime]:
    """As read_dated, of a line whose type is known."""
    return _read(raw, LINES.get(kind, LineHead))


class _Typed(msgspec.Struct):
    type: str


_TYPE: Final = msgspec.json.Decoder(_Typed)
_SHAPES: Final[tuple[type[LineHead], ...]] = (LineHead, *LINES.values())
_DECODERS: Final[Mapping[type[LineHead], "msgspec.json.Decoder[Any]"]] = {
    shape: msgspec.json.Decoder(shape) for shape in _SHAPES
}


_read_punch: Final = msgspec.json.Decoder(PunchLine).decode


def _read(raw: bytes | msgspec.Raw, shape: type[_LineT]) -> tuple[_LineT, datetime]:
    line: _LineT = _decoded(raw, _DECODERS[shape])
    return line, _instant(line)


def _instant(line: LineHead) -> datetime:
    """A line's `at`, once its place is found to be one."""
    if not 1 <= line.seq <= MAX_INTEGER:
        raise WireError("seq: must be between 1 and 2^53 - 1")
    if not line.device_id or not line.epoch:
        raise WireError("device_id, epoch: must not be empty")
    return parse_instant(line.at, "at")


def _decoded(raw: bytes | msgspec.Raw, decoder: "msgspec.json.Decoder[_T]") -> _T:
    try:
        return decoder.decode(raw)
    except msgspec.MsgspecError as problem:
        raise WireError(f"line: {problem}") from None
    except UnicodeDecodeError:
        raise WireError("line: is not UTF-8") from None
    except RecursionError:
        raise WireError("line: is nested too deeply") from None
