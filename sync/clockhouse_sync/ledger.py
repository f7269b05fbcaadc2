"""The chain: each line names the SHA-256 of the line before it in its epoch.

What it proves: this key said this, in this order, before that receipt. It does not prove that a rooted
terminal told the truth, nor that an unsent tail was not cut off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import msgspec

from clockhouse_sync import wire


def line_hash(raw: bytes | memoryview) -> str:
    """SHA-256 of a line's bytes, lower-case hex."""
    return sha256(raw).hexdigest()


def beside_hash(salt: bytes, content: bytes) -> str:
    """What a line holds for content beside it: SHA-256(32-byte salt + content)."""
    if len(salt) != 32:
        raise wire.WireError("salt: must be 32 bytes")
    return sha256(salt + content).hexdigest()


@dataclass(frozen=True)
class Stored:
    """A line as a store holds it: its place and hash beside its bytes, which are None once pruned."""

    device_id: str
    epoch: str
    seq: int
    hash: str
    prev: str | None
    raw: bytes | None


@dataclass(frozen=True)
class Report:
    """The outcome of a verification; `problem` names what is wrong at the first bad line."""

    ok: bool
    lines: int = 0
    device_id: str | None = None
    epoch: str | None = None
    seq: int | None = None
    problem: str | None = None


def verify(lines: Iterable[Stored]) -> Report:
    """Walk stored lines, each epoch's in order of seq, and stop at the first that does not hold.

    Epochs may be interleaved. Gaps are bad here: a store that lacks lines on purpose hands over pruned ones.
    """
    newest: dict[tuple[str, str], Stored] = {}
    count = 0
    for line in lines:
        before = newest.get((line.device_id, line.epoch))
        problem = _problem(line, before)
        if problem is not None:
            return Report(False, count, line.device_id, line.epoch, line.seq, problem)
        newest[line.device_id, line.epoch] = line
        count += 1
    return Report(ok=True, lines=count)


def _problem(line: Stored, before: Stored | None) -> str | None:
    expected = 1 if before is None else before.seq + 1
    if line.seq != expected:
        return (
            f"line {expected} is missing"
            if line.seq > expected
            else f"line {line.seq} stands twice or out of order"
        )
    if before is not None and line.prev != before.hash:
        return "does not follow the line before it"
    if before is None and line.prev is not None:
        return "the first line of an epoch names a line before it"
    if line.raw is None:
        return None
    if line_hash(line.raw) != line.hash:
        return "its bytes do not give its hash"
    try:
        head = wire.read_head(line.raw)
    except wire.WireError as problem:
        return str(problem)
    if (head.device_id, head.epoch, head.seq, head.prev) != (line.device_id, line.epoch, line.seq, line.prev):
        return "its place does not agree with its bytes"
    return None


@dataclass(frozen=True)
class Export:
    """An evidence file: lines as made, checkpoints, and the content beside lines."""

    lines: list[Stored] = field(default_factory=list)
    checkpoints: list[wire.Checkpoint] = field(default_factory=list)
    beside: dict[str, wire.Beside] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)


def write_export(export: Export) -> Iterable[bytes]:
    """JSON Lines: a header, then each line's own bytes verbatim, then checkpoints and content beside."""
    yield wire.encode({"export": {"v": wire.VERSION, **export.header}})
    for line in export.lines:
        if line.raw is None:
            yield wire.encode({"pruned": wire.fields_of(_pruned(line))})
        else:
            yield line.raw
    for checkpoint in export.checkpoints:
        yield wire.encode({"checkpoint": wire.fields_of(checkpoint)})
    for key, beside in export.beside.items():
        yield wire.encode({"beside": {"hash": key, "salt": beside.salt, "content": beside.content}})


class _Pruned(wire.Head, frozen=True, kw_only=True):
    device_id: str
    prev: str | None = None


def _pruned(line: Stored) -> _Pruned:
    return _Pruned(device_id=line.device_id, epoch=line.epoch, seq=line.seq, hash=line.hash, prev=line.prev)


class _Wrapped(msgspec.Struct, kw_only=True):
    """Exactly one field is present on each text line of an export that is not a line itself."""

    export: dict[str, str | int] | None = None
    checkpoint: wire.Checkpoint | None = None
    beside: dict[str, str] | None = None
    pruned: _Pruned | None = None
    device_id: str | None = None


def read_export(rows: Iterable[bytes]) -> Export:
    """The inverse of write_export. Raises WireError naming the text line (from 1) that cannot be read."""
    export = Export()
    header: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        raw = row.rstrip(b"\r\n")
        if not raw:
            continue
        try:
            wrapped = msgspec.json.decode(raw, type=_Wrapped)
            if wrapped.export is not None:
                header = {key: str(value) for key, value in wrapped.export.items()}
            elif wrapped.checkpoint is not None:
                export.checkpoints.append(wrapped.checkpoint)
            elif wrapped.beside is not None:
                content = wire.Beside(salt=wrapped.beside["salt"], content=wrapped.beside["content"])
                export.beside[wrapped.beside["hash"]] = content
            elif wrapped.pruned is not None:
                gone = wrapped.pruned
                export.lines.append(Stored(gone.device_id, gone.epoch, gone.seq, gone.hash, gone.prev, None))
            else:
                head = wire.read_head(raw)
                stored = Stored(head.device_id, head.epoch, head.seq, line_hash(raw), head.prev, raw)
                export.lines.append(stored)
        except (msgspec.MsgspecError, wire.WireError, KeyError, UnicodeDecodeError) as problem:
            raise wire.WireError(f"text line {number}: {problem}") from None
    return Export(export.lines, export.checkpoints, export.beside, header)


@dataclass(frozen=True)
class Known:
    """What a server holds around an incoming line: the hash at its own place, and at the place before."""

    here: frozenset[str]
    before: frozenset[str]


Finding = Literal["new", "same", "other"]


def link(head: wire.LineHead, raw_hash: str, known: Known) -> tuple[wire.Chain, Finding]:
    """How a line joins what is held: linked, after a gap, or beside another line at its place (fork)."""
    finding: Finding = "same" if raw_hash in known.here else "other" if known.here else "new"
    if finding == "other":
        return "fork", finding
    if head.seq == 1:
        return ("linked" if head.prev is None else "fork"), finding
    if not known.before:
        return "gap", finding
    return ("linked" if head.prev in known.before else "fork"), finding
