"""The evidence file: all that a device can show of what it recorded, as JSON Lines that anybody can check."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain as joined
from itertools import islice
from typing import Any, Final

import msgspec

from clockhouse_sync import signing, wire
from clockhouse_sync.ledger import plain_rows
from clockhouse_sync.ledger.chain import UNREAD, Chain, Link, Report, Stored, gives
from clockhouse_sync.ledger.vouching import Expected, Vouchers

BUFFER: Final = 1 << 17
"""How widely an evidence file is best opened: its text lines are read twice as fast."""
PIECE: Final = 256
"""So many text lines are read at once: they fit into a processor's own cache with what is made of them."""


@dataclass
class Export:
    """What an evidence file holds: lines as made, checkpoints, receipts, and the content beside lines.

    `header` holds device_id and, base64, public_key, against which the checkpoints are checked; `server_keys` those
    against which the receipts are.
    """

    header: dict[str, str] = field(default_factory=dict)
    lines: list[Stored] = field(default_factory=list)
    server_keys: list[wire.ServerKey] = field(default_factory=list)
    checkpoints: list[wire.Checkpoint] = field(default_factory=list)
    receipts: list[wire.Receipt] = field(default_factory=list)
    beside: dict[str, wire.Beside] = field(default_factory=dict)
    end: "End | None" = None

    @property
    def speaks_of_lines(self) -> bool:
        """Whether anything but lines is in it: no line comes after that."""
        return bool(self.server_keys or self.checkpoints or self.receipts or self.beside or self.end)


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The last text line: how many lines the file holds, and SHA-256 over its other text lines but this one.

    So that a statement, which no chain holds, cannot fall out of the file or change unseen.
    """

    lines: int
    rest: str


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
    server_key: wire.ServerKey | None = None
    checkpoint: wire.Checkpoint | None = None
    receipt: wire.Receipt | None = None
    beside: _Beside | None = None
    end: End | None = None


_NOBODY: Final[Expected] = {}
_LINK: Final = msgspec.json.Decoder(Link).decode


def write_export(export: Export) -> Iterator[bytes]:
    """JSON Lines: a header, then each line's own bytes verbatim beside its place, then all the rest, and an end."""
    rest = sha256()
    header = wire.encode({"export": {"v": wire.VERSION, **export.header}})
    rest.update(header + b"\n")
    yield header
    for line in export.lines:
        place = {"epoch": line.epoch, "seq": line.seq, "hash": line.hash}
        if line.raw is not None:
            yield msgspec.json.encode({**place, "line": msgspec.Raw(line.raw)})
        else:
            linked = {} if line.prev is None else {"prev": line.prev}
            yield msgspec.json.encode({**place, **linked, "pruned": True})
    statements: Iterator[dict[str, Any]] = joined(
        ({"server_key": key} for key in export.server_keys),
        ({"checkpoint": made} for made in export.checkpoints),
        ({"receipt": given} for given in export.receipts),
        (
            {"beside": {"hash": key, "salt": one.salt, "content": one.content}}
            for key, one in export.beside.items()
        ),
    )
    for statement in statements:
        row = wire.encode(statement)
        rest.update(row + b"\n")
        yield row
    yield wire.encode({"end": {"lines": len(export.lines), "rest": rest.hexdigest()}})


def read_export(rows: Iterable[bytes]) -> Export:
    """The inverse of write_export. Raises WireError naming the text line (from 1) that cannot be read."""
    export = Export()
    for number, row in enumerate(rows, start=1):
        line = _take(export, number, row)
        if line is not None:
            export.lines.append(line)
    return export


def read_damaged_export(rows: Iterable[bytes]) -> tuple[Export, list[wire.WireError]]:
    """As read_export, but a text line that cannot be read is passed over: what is wrong with each such."""
    export, unreadable = Export(), list[wire.WireError]()
    for number, row in enumerate(rows, start=1):
        try:
            line = _take(export, number, row)
        except wire.WireError as problem:
            unreadable.append(problem)
        else:
            export.lines += [] if line is None else [line]
    return export, unreadable


def verify_export(rows: Iterable[bytes], *, quick: bool = True, expected: Expected = _NOBODY) -> Report:
    """Check all that an evidence file says, and that it is whole; stop at the first that does not hold.

    Lines are not kept, only their hashes. Not `quick`, every line is looked at by itself: the same answer.
    `expected` server keys are known from elsewhere; without them, receipts are held against the file's own.
    """
    export, chain, rest = Export(), Chain(whole=True), sha256()
    number = 0
    source = iter(rows)
    while piece := list(islice(source, PIECE)):
        at = 0
        while at < len(piece):
            some, taken = piece[at:], False
            if quick and not export.speaks_of_lines:
                some, taken = plain_rows.take(chain, export.header.get("device_id"), some)
            for place, row in enumerate(some[: 0 if taken else None], start=number + 1):
                bad = _add(chain, export, place, row, rest)
                if bad is not None:
                    return bad
            at += len(some)
            number += len(some)
    if not export.header:
        return Report(False, chain.count, problem="is no whole evidence file: its first text line is missing")
    return (
        _verify_statements(export, chain, expected)
        or _not_whole(export, chain, rest.hexdigest())
        or _good(export, chain, expected)
    )


def verify_evidence(export: Export, *, expected: Expected = _NOBODY) -> Report:
    """As verify_export, of evidence that was not written down."""
    chain = Chain(whole=True)
    for line in export.lines:
        bad = chain.add(line)
        if bad is not None:
            return bad
    return _verify_statements(export, chain, expected) or _good(export, chain, expected)


def _good(export: Export, chain: Chain, expected: Expected) -> Report:
    through: dict[str, int] = {}
    for one in export.receipts:
        through[one.epoch] = max(one.seq, through.get(one.epoch, 0))
    covered = sum(seq for epoch, seq in through.items() if chain.reaches(epoch) is not None)
    says = Vouchers(export.server_keys, expected).says(export.receipts, covered, chain.count)
    return Report(ok=True, lines=chain.count, device_id=export.header.get("device_id"), receipts=says)


def _add(chain: Chain, export: Export, number: int, row: bytes, rest: Any) -> Report | None:
    """Take one text line; what is wrong, if it does not hold."""
    try:
        line = _take(export, number, row)
    except wire.WireError as problem:
        return _report_unreadable(export, chain, row, problem)
    if line is not None:
        return chain.add(line)
    if export.end is None:
        rest.update(row.removesuffix(b"\n") + b"\n")
    return None


def _take(export: Export, number: int, row: bytes) -> Stored | None:
    """A text line's line; anything else that it says is noted in the export."""
    try:
        return _read(export, row.removesuffix(b"\n"), first=number == 1)
    except (*UNREAD, wire.WireError) as problem:
        raise wire.WireError(f"text line {number}: {problem}") from None


def _read(export: Export, raw: bytes, *, first: bool) -> Stored | None:
    if not raw.endswith(b"}"):
        raise wire.WireError("does not end as it was written")
    if export.end is not None:
        raise wire.WireError("comes after the end")
    found = msgspec.json.decode(raw, type=_Row)
    if found.export is not None and not first:
        raise wire.WireError("a header stands first")
    if found.export is not None:
        export.header.update({key: str(value) for key, value in found.export.items()})
    elif found.server_key is not None:
        export.server_keys.append(found.server_key)
    elif found.checkpoint is not None:
        export.checkpoints.append(found.checkpoint)
    elif found.receipt is not None:
        export.receipts.append(found.receipt)
    elif found.beside is not None:
        content = wire.Beside(salt=found.beside.salt, content=found.beside.content)
        export.beside[found.beside.hash] = content
    elif found.end is not None:
        export.end = found.end
    else:
        return _stored(found, export.header, said_of_lines=export.speaks_of_lines)
    return None


def _stored(row: _Row, header: Mapping[str, str], *, said_of_lines: bool) -> Stored:
    raw = bytes(row.line)
    if row.epoch is None or row.seq is None or row.hash is None or bool(raw) is row.pruned:
        raise wire.WireError("is neither a line nor anything else that an export holds")
    if said_of_lines:
        raise wire.WireError("a line stands after what is said of lines")
    if not raw:
        return Stored(header.get("device_id", ""), row.epoch, row.seq, row.hash, row.prev, None)
    try:
        said = _LINK(raw)
    except UNREAD:
        return Stored(header.get("device_id", ""), row.epoch, row.seq, row.hash, None, raw)
    return Stored(header.get("device_id", said.device_id), row.epoch, row.seq, row.hash, said.prev, raw)


_PLACE = re.compile(rb'\{"epoch":"([^"]+)","seq":(\d{1,15}),')
_EPOCH = re.compile(rb'"epoch":"([^"]+)"')
_SEQ = re.compile(rb'"seq":(\d{1,15})\b')


def _report_unreadable(export: Export, chain: Chain, row: bytes, problem: wire.WireError) -> Report:
    """A broken row still shows which line it was, or else it is the one after the last good one."""
    last = chain.newest
    place, epoch, seqs = _PLACE.match(row), _EPOCH.search(row), _SEQ.findall(row)
    if place is not None:
        named = wire.Place(epoch=place[1].decode(errors="replace"), seq=int(place[2]))
    elif epoch is not None and seqs:
        named = wire.Place(epoch=epoch[1].decode(errors="replace"), seq=int(seqs[-1]))
    elif last is not None:
        named = wire.Place(epoch=last.epoch, seq=last.seq + 1)
    else:
        return Report(False, 0, export.header.get("device_id"), problem=str(problem))
    return Report(False, chain.count, chain.device_id, named.epoch, named.seq, str(problem))


def _not_whole(export: Export, chain: Chain, rest: str) -> Report | None:
    """Whether something fell out of the file, or changed in it, that nothing else speaks of."""
    report = Report(False, chain.count, export.header.get("device_id"))
    last = chain.newest
    if export.end is None and last is not None and not export.speaks_of_lines:
        problem = f"is no whole evidence file: it ends after line {last.seq}"
        return replace(report, epoch=last.epoch, seq=last.seq + 1, problem=problem)
    if export.end is None:
        return replace(report, problem="is no whole evidence file: its last text line is missing")
    if export.end.lines != chain.count:
        problem = f"holds {chain.count} lines, and was written with {export.end.lines}"
        if last is None or export.end.lines < chain.count:
            return replace(report, problem=problem)
        return replace(report, epoch=last.epoch, seq=last.seq + 1, problem=problem)
    if export.end.rest != rest:
        return replace(report, problem="a statement about its lines was changed after it was written")
    return None


def _verify_statements(export: Export, chain: Chain, expected: Expected) -> Report | None:
    device_id, count = export.header.get("device_id"), chain.count
    public_key = export.header.get("public_key")
    for said in (*export.checkpoints, *export.receipts):
        held = chain.reaches(said.epoch)
        if held is not None and held < said.seq:
            missing = f"line {held + 1} is missing; line {said.seq} was signed for"
            return Report(False, count, device_id, said.epoch, held + 1, missing)
    key = _key(public_key, device_id)
    for made in export.checkpoints:
        problem = None
        if not chain.agrees(made):
            problem = "a checkpoint names another hash"
        elif public_key is not None and (key is None or not signing.checkpoint_holds(key, made)):
            problem = "a checkpoint's signature does not hold"
        if problem is not None:
            return Report(False, count, device_id, made.epoch, made.seq, problem)
    vouchers = Vouchers(export.server_keys, expected)
    unusable = vouchers.bad_key()
    if unusable is not None:
        return Report(False, count, device_id, problem=unusable)
    for receipt in export.receipts:
        false = (
            vouchers.problem(receipt, device_id) if chain.agrees(receipt) else "a receipt names another hash"
        )
        if false is not None:
            return Report(False, count, device_id, receipt.epoch, receipt.seq, false)
    for name, beside in export.beside.items():
        if not _beside_holds(name, beside):
            return Report(
                False, count, device_id, problem=f"content beside a line does not give its hash {name}"
            )
    return None


def _key(public_key: str | None, device_id: str | None) -> signing.PublicKey | None:
    """The key against which the checkpoints are checked; None where it is not this device's."""
    try:
        key = None if public_key is None else signing.read_public(public_key)
    except signing.SignatureError:
        return None
    return key if key is not None and device_id == signing.key_id(signing.public_bytes(key)) else None


def _beside_holds(key: str, beside: wire.Beside) -> bool:
    try:
        salt, content = (b64decode(text, validate=True) for text in (beside.salt, beside.content))
    except (Base64Error, ValueError):
        return False
    return gives(key, salt, content)
