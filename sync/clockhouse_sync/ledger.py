"""The chain: each line names the SHA-256 of the line before it in its epoch.

What it proves: this key said this, in this order, before that receipt. It does not prove that a rooted
terminal told the truth, nor that an unsent tail was not cut off.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, Literal

import msgspec

from clockhouse_sync import signing, wire


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
        bad = _bad(line, before)
        if bad is not None:
            place, problem = bad
            return Report(False, count, line.device_id, place.epoch, place.seq, problem)
        newest[line.device_id, line.epoch] = line
        count += 1
    return Report(ok=True, lines=count)


def _bad(line: Stored, before: Stored | None) -> tuple[wire.Place, str] | None:
    """The bytes speak first: where they hold, they say better than anything beside them which line this is."""
    place = wire.Place(epoch=line.epoch, seq=line.seq)
    if line.raw is not None:
        if line_hash(line.raw) != line.hash:
            return place, "its bytes do not give its hash"
        try:
            head = wire.read_head(line.raw)
        except wire.WireError as problem:
            return place, str(problem)
        if (head.device_id, head.epoch, head.seq, head.prev) != (
            line.device_id,
            line.epoch,
            line.seq,
            line.prev,
        ):
            return wire.Place(epoch=head.epoch, seq=head.seq), "its place does not agree with its bytes"
    expected = 1 if before is None else before.seq + 1
    if line.seq > expected:
        return wire.Place(epoch=line.epoch, seq=expected), f"line {expected} is missing"
    if line.seq < expected:
        return place, f"line {line.seq} stands twice or out of order"
    if line.prev != (None if before is None else before.hash):
        return place, "does not follow the line before it"
    return None


@dataclass
class Export:
    """An evidence file: lines as made, checkpoints, receipts, and the content beside lines.

    `header` holds device_id and, base64, public_key, against which the checkpoints are checked.
    """

    header: dict[str, str] = field(default_factory=dict)
    lines: list[Stored] = field(default_factory=list)
    checkpoints: list[wire.Checkpoint] = field(default_factory=list)
    receipts: list[wire.Receipt] = field(default_factory=list)
    beside: dict[str, wire.Beside] = field(default_factory=dict)


class _Beside(wire.Beside, frozen=True, kw_only=True):
    hash: str


_NOTHING: Final = msgspec.Raw(b"")


class _Row(msgspec.Struct, kw_only=True):
    """One text line of an export: a header, a line (with its place and hash beside its bytes), or one more."""

    export: dict[str, str | int] | None = None
    epoch: str | None = None
    seq: int | None = None
    hash: str | None = None
    prev: str | None = None
    pruned: bool = False
    line: msgspec.Raw = _NOTHING
    checkpoint: wire.Checkpoint | None = None
    receipt: wire.Receipt | None = None
    beside: _Beside | None = None


def write_export(export: Export) -> Iterable[bytes]:
    """JSON Lines: a header, then each line's own bytes verbatim beside its place, then all the rest."""
    yield wire.encode({"export": {"v": wire.VERSION, **export.header}})
    for line in export.lines:
        place = {"epoch": line.epoch, "seq": line.seq, "hash": line.hash}
        if line.raw is not None:
            yield msgspec.json.encode({**place, "line": msgspec.Raw(line.raw)})
        else:
            linked = {} if line.prev is None else {"prev": line.prev}
            yield msgspec.json.encode({**place, **linked, "pruned": True})
    for checkpoint in export.checkpoints:
        yield wire.encode({"checkpoint": checkpoint})
    for receipt in export.receipts:
        yield wire.encode({"receipt": receipt})
    for key, beside in export.beside.items():
        yield wire.encode({"beside": {"hash": key, "salt": beside.salt, "content": beside.content}})


def read_export(rows: Iterable[bytes]) -> Export:
    """The inverse of write_export. Raises WireError naming the text line (from 1) that cannot be read."""
    export = Export()
    for number, row in enumerate(rows, start=1):
        _take(export, number, row)
    return export


def read_damaged_export(rows: Iterable[bytes]) -> tuple[Export, list[wire.WireError]]:
    """As read_export, but a text line that cannot be read is passed over: what is wrong with each such."""
    export, unreadable = Export(), list[wire.WireError]()
    for number, row in enumerate(rows, start=1):
        try:
            _take(export, number, row)
        except wire.WireError as problem:
            unreadable.append(problem)
    return export, unreadable


def verify_export(rows: Iterable[bytes]) -> Report:
    """Check all that an evidence file says: chain, checkpoints, content beside lines; stop at the first bad."""
    export = Export()
    unreadable: tuple[bytes, wire.WireError] | None = None
    for number, row in enumerate(rows, start=1):
        try:
            _take(export, number, row)
        except wire.WireError as problem:
            unreadable = row, problem
            break
    report = verify(export.lines)
    if not report.ok:
        return report
    if unreadable is not None:
        return _report_unreadable(export, *unreadable)
    if not export.header:
        return replace(report, ok=False, problem="is no whole evidence file: its first text line is missing")
    return _verify_statements(export, report.lines) or _good(export, report)


def verify_evidence(export: Export) -> Report:
    """As verify_export, of evidence that was not written down."""
    report = verify(export.lines)
    return report if not report.ok else _verify_statements(export, report.lines) or _good(export, report)


def _good(export: Export, report: Report) -> Report:
    return replace(report, device_id=export.header.get("device_id"))


def _take(export: Export, number: int, row: bytes) -> None:
    raw = row.rstrip(b"\r\n")
    if not raw:
        return
    try:
        found = msgspec.json.decode(raw, type=_Row)
        if found.export is not None:
            export.header.update({key: str(value) for key, value in found.export.items()})
        elif found.checkpoint is not None:
            export.checkpoints.append(found.checkpoint)
        elif found.receipt is not None:
            export.receipts.append(found.receipt)
        elif found.beside is not None:
            content = wire.Beside(salt=found.beside.salt, content=found.beside.content)
            export.beside[found.beside.hash] = content
        else:
            export.lines.append(_stored(found, export.header))
    except (msgspec.MsgspecError, wire.WireError, UnicodeDecodeError, RecursionError) as problem:
        raise wire.WireError(f"text line {number}: {problem}") from None


def _stored(row: _Row, header: Mapping[str, str]) -> Stored:
    raw = bytes(row.line)
    if row.epoch is None or row.seq is None or row.hash is None or bool(raw) is row.pruned:
        raise wire.WireError("is neither a line nor anything else that an export holds")
    if not raw:
        return Stored(header.get("device_id", ""), row.epoch, row.seq, row.hash, row.prev, None)
    try:
        head = wire.read_head(raw)
    except wire.WireError:
        return Stored(header.get("device_id", ""), row.epoch, row.seq, row.hash, None, raw)
    return Stored(header.get("device_id", head.device_id), row.epoch, row.seq, row.hash, head.prev, raw)


_EPOCH = re.compile(rb'"epoch":"([^"]+)"')
_SEQ = re.compile(rb'"seq":(\d{1,15})\b')


def _report_unreadable(export: Export, row: bytes, problem: wire.WireError) -> Report:
    """A broken row still shows which line it was, or else it is the one after the last good one."""
    last = export.lines[-1] if export.lines else None
    epoch, seqs = _EPOCH.search(row), _SEQ.findall(row)
    if epoch is not None and seqs:
        named = wire.Place(epoch=epoch[1].decode(errors="replace"), seq=int(seqs[-1]))
    elif last is not None:
        named = wire.Place(epoch=last.epoch, seq=last.seq + 1)
    else:
        return Report(False, 0, export.header.get("device_id"), problem=str(problem))
    device_id = export.header.get("device_id") or (last.device_id if last else None)
    return Report(False, len(export.lines), device_id, named.epoch, named.seq, str(problem))


def _verify_statements(export: Export, count: int) -> Report | None:
    device_id = export.header.get("device_id")
    hashes = {(line.epoch, line.seq): line.hash for line in export.lines}
    newest = {line.epoch: line.seq for line in export.lines}
    public_key = export.header.get("public_key")
    for said in (*export.checkpoints, *export.receipts):
        held = newest.get(said.epoch, said.seq)
        if held < said.seq:
            missing = f"line {held + 1} is missing; line {said.seq} was signed for"
            return Report(False, count, device_id, said.epoch, held + 1, missing)
    for made in export.checkpoints:
        problem = None
        if hashes.get((made.epoch, made.seq), made.hash) != made.hash:
            problem = "a checkpoint names another hash"
        elif public_key is not None and not _signed_by(public_key, device_id, made):
            problem = "a checkpoint's signature does not hold"
        if problem is not None:
            return Report(False, count, device_id, made.epoch, made.seq, problem)
    for receipt in export.receipts:
        if hashes.get((receipt.epoch, receipt.seq), receipt.hash) != receipt.hash:
            return Report(False, count, device_id, receipt.epoch, receipt.seq, "a receipt names another hash")
    for key, beside in export.beside.items():
        if not _beside_holds(key, beside):
            return Report(
                False, count, device_id, problem=f"content beside a line does not give its hash {key}"
            )
    return None


def _signed_by(public_key: str, device_id: str | None, made: wire.Checkpoint) -> bool:
    try:
        key = signing.read_public(public_key)
    except signing.SignatureError:
        return False
    return device_id == signing.key_id(signing.public_bytes(key)) and signing.checkpoint_holds(key, made)


def _beside_holds(key: str, beside: wire.Beside) -> bool:
    try:
        salt, content = (b64decode(text, validate=True) for text in (beside.salt, beside.content))
        return beside_hash(salt, content) == key
    except (Base64Error, ValueError):
        return False


class Known(msgspec.Struct, frozen=True):
    """What a server holds around an incoming line: the hashes at its own place, and at the place before."""

    here: Collection[str]
    before: Collection[str]


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
