"""Requests and answers below `/api/device/v1/`."""

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import msgspec

from clockhouse_sync.wire.encoding import Body
from clockhouse_sync.wire.lines import ClockState, Head, Place
from clockhouse_sync.wire.roster import RosterRow

MAX_LINES: Final = 1000
MAX_BYTES: Final = 1_000_000

Chain = Literal["linked", "gap", "fork"]
Outcome = Literal["accepted", "duplicate", "parked"]
_T = TypeVar("_T")


class Beside(Body, frozen=True, kw_only=True):
    """Content beside a line: base64 of a 32-byte salt, and base64 of the content's bytes."""

    salt: str
    content: str


class Checkpoint(Head, frozen=True, kw_only=True):
    """The device's lasting statement about its ledger, signed (base64) over `signing.checkpoint_text`."""

    made_at: str
    signature: str


class EnrollRequest(Body, frozen=True, kw_only=True):
    code: str
    public_key: str
    name: str
    hardware: str


class ServerKey(Body, frozen=True, kw_only=True):
    """Base64 of a raw Ed25519 public key and its id (`signing.key_id`)."""

    key_id: str
    public_key: str


class Pepper(Body, frozen=True, kw_only=True):
    """The company's PIN pepper: base64 of 32 bytes. Delivered to active devices only."""

    version: int
    value: str


class EnrollAnswer(Body, frozen=True, kw_only=True):
    status: Literal["active", "pending"]
    device_id: str
    server_keys: list[ServerKey]
    server_time: str
    company: str
    words: list[str]
    pepper: Pepper | None = None


class HelloRequest(Body, frozen=True, kw_only=True):
    protocols: list[int]
    heads: list[Head]
    clock: ClockState | None = None
    at: str | None = None
    software: str | None = None


class Want(Body, frozen=True, kw_only=True):
    epoch: str
    after_seq: int


class WipeOrder(Body, frozen=True, kw_only=True):
    """The server's signed order to erase roster, templates and secrets; good for one device in one session."""

    device_id: str
    order_id: str
    ordered_at: str
    session: str
    key_id: str
    signature: str


class WipedRequest(Body, frozen=True, kw_only=True):
    """The device's signed word that it is done: lines `delivered` since the order, and `kept`, undelivered, until they are."""

    order_id: str
    wiped_at: str
    delivered: int
    kept: int
    signature: str


class WipedAnswer(Body, frozen=True, kw_only=True):
    """The server has noted it. Where nothing is `kept`, the device now destroys its key."""

    order_id: str
    kept: int


class HelloAnswer(Body, frozen=True, kw_only=True):
    """`others_through`: the earliest server time at which another kiosk of the site last gave everything it held."""

    status: Literal["active", "pending", "revoked"]
    session: str
    server_time: str
    server_epoch: str
    server_keys: list[ServerKey]
    want: list[Want]
    durable: list[Place]
    complete_through: str | None = None
    others_through: str | None = None
    pepper: Pepper | None = None
    notices: list[str] = []
    wipe: WipeOrder | None = None


class LinesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Lines stay `Raw`: the server hashes and stores exactly the bytes that arrived."""

    lines: list[msgspec.Raw]
    beside: dict[str, Beside] = {}
    checkpoints: list[Checkpoint] = []


class Verdict(Body, frozen=True, kw_only=True):
    """What became of the line at `index` of the request. `code` says why it was parked."""

    index: int
    epoch: str
    seq: int
    hash: str
    chain: Chain
    outcome: Outcome
    code: str | None = None


class Receipt(Head, frozen=True, kw_only=True):
    """The server's signed statement that it holds an epoch's line, and so all before it."""

    device_id: str
    server_time: str
    key_id: str
    signature: str


class LinesAnswer(Body, frozen=True, kw_only=True):
    verdicts: list[Verdict]
    acknowledged: list[Place]
    receipts: list[Receipt]


class RosterAnswer(Body, frozen=True, kw_only=True):
    """Rows after the request's cursor. `more` asks for another pull; apply all pulls up to it as one."""

    cursor: str
    rows: list[RosterRow]
    more: bool = False


class HeartbeatRequest(HelloRequest, frozen=True, kw_only=True):
    """Health, as numbers and short codes only: no names, no badges."""

    health: dict[str, int | str | bool | None] = {}


class Problem(Body, frozen=True, kw_only=True):
    """An RFC 9457 problem as the device reads it."""

    code: str
    title: str = ""
    status: int = 0


def batches(
    items: Sequence[_T], sizes: Sequence[int], *, most: int = MAX_LINES, limit: int = MAX_BYTES
) -> list[Sequence[_T]]:
    """Cut items into runs of at most `most` items and `limit` bytes; an item over the limit goes alone."""
    runs: list[Sequence[_T]] = []
    start, total = 0, 0
    for index, size in enumerate(sizes):
        if index > start and (index - start >= most or total + size > limit):
            runs.append(items[start:index])
            start, total = index, 0
        total += size
    if start < len(items):
        runs.append(items[start:])
    return runs
