"""The chain: each line names the SHA-256 of the line before it in its epoch.

What it proves: this key said this, in this order, before that receipt. It does not prove that a rooted
terminal told the truth, nor that an unsent tail was not cut off.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

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


def gives(name: object, salt: object, content: object) -> bool:
    """Whether salt and content give the hash under which they are kept, whatever a store made of them."""
    whole = isinstance(salt, bytes) and isinstance(content, bytes) and len(salt) == 32
    return whole and sha256(salt + content).hexdigest() == name  # type: ignore[operator]


@dataclass(frozen=True)
class Stored:
    """A line as a store holds it: its place and hash beside its bytes, which are None once pruned.

    `kind` and `at_ms` are there where the store keeps them beside the bytes too.
    """

    device_id: str
    epoch: str
    seq: int
    hash: str
    prev: str | None
    raw: bytes | None
    kind: str | None = None
    at_ms: int | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of a verification; `problem` names what is wrong at the first bad line.

    `receipts` is a sentence on what the server's receipts in an evidence file show, if all of it holds.
    """

    ok: bool
    lines: int = 0
    device_id: str | None = None
    epoch: str | None = None
    seq: int | None = None
    problem: str | None = None
    receipts: str | None = None


def verify(lines: Iterable[Stored], ends: Iterable[wire.Head] = (), *, whole: bool = False) -> Report:
    """Walk stored lines, each epoch's in order of seq, and stop at the first that does not hold.

    Epochs may be interleaved. Gaps are bad here: a store that lacks lines on purpose hands over pruned ones.
    `ends` are each epoch's newest line as the store keeps it apart. Of a `whole` store, the line that a `boot`
    line names as the newest before it must be there.
    """
    chain = Chain(whole=whole)
    for line in lines:
        bad = chain.add(line)
        if bad is not None:
            return bad
    for end in ends:
        bad = chain.end(end)
        if bad is not None:
            return bad
    return Report(ok=True, lines=chain.count)


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a line's bytes say of its place in the chain."""

    device_id: str
    epoch: str
    seq: int
    prev: str | None = None


class _Boot(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    parent: wire.Head | None = None


class _Read(Link, frozen=True, kw_only=True):
    type: str
    at: str


UNREAD: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Chain:
    """The lines met so far: the hashes of each epoch, from its first place on."""

    def __init__(self, *, whole: bool) -> None:
        self.count = 0
        self.hashes: dict[tuple[str, str], list[str]] = {}
        self._of_epoch: dict[str, list[list[str]]] = {}
        """The same, of whichever device."""
        self.newest: wire.Place | None = None
        self.device_id: str | None = None
        self._whole = whole

    def add(self, line: Stored) -> Report | None:
        """Take one line; what is wrong, if it does not hold."""
        if not _sound(line):
            last = self.newest or wire.Place(epoch="", seq=0)
            return Report(
                False, self.count, self.device_id, last.epoch, last.seq + 1, "what is kept of it is no line"
            )
        hashes = self.hashes.get((line.device_id, line.epoch))
        if hashes is None:
            hashes = self.hashes[line.device_id, line.epoch] = []
            self._of_epoch.setdefault(line.epoch, []).append(hashes)
        bad = _bad(line, hashes) or (self._parent(line) if line.seq == 1 and self._whole else None)
        if bad is not None:
            place, problem = bad
            return Report(False, self.count, line.device_id, place.epoch, place.seq, problem)
        hashes.append(line.hash)
        self.device_id = line.device_id
        self.newest = wire.Place(epoch=line.epoch, seq=line.seq)
        self.count += 1
        return None

    def add_plain(
        self,
        device_id: str,
        epoch: str,
        said: Sequence[Link],
        hashes: Sequence[str],
    ) -> bool:
        """Take many lines if they go on with a begun epoch, each with the one before; `said` is what their bytes say.

        False says only that somebody must look closer, and takes none.
        """
        known = self.hashes.get((device_id, epoch))
        if not known:
            return False
        first = len(known) + 1
        plain = (
            [one.prev for one in said] == [known[-1], *hashes[:-1]]
            and [one.seq for one in said] == list(range(first, first + len(said)))
            and [one.epoch for one in said].count(epoch) == len(said)
            and [one.device_id for one in said].count(device_id) == len(said)
        )
        if plain:
            known.extend(hashes)
            self.device_id = device_id
            self.newest = wire.Place(epoch=epoch, seq=len(known))
            self.count += len(said)
        return plain

    def reaches(self, epoch: str) -> int | None:
        """The newest place that is here of an epoch; None for one that is not here at all."""
        return max(map(len, self._of_epoch.get(epoch, ())), default=None)

    def agrees(self, said: wire.Head) -> bool:
        """Whether no other line than this one is at its place."""
        return all(
            hashes[said.seq - 1] == said.hash
            for hashes in self._of_epoch.get(said.epoch, ())
            if 1 <= said.seq <= len(hashes)
        )

    def end(self, said: wire.Head, device_id: str | None = None) -> Report | None:
        """Whether an epoch's newest line is the one that was said; without a device, of whichever has it."""
        for (device, epoch), hashes in self.hashes.items():
            if epoch != said.epoch or device_id not in {None, device}:
                continue
            if not isinstance(said.seq, int) or not 1 <= said.seq <= wire.MAX_INTEGER:
                return Report(
                    False, self.count, device, epoch, len(hashes), "is not the newest line that was kept"
                )
            if len(hashes) < said.seq:
                missing = len(hashes) + 1
                return Report(False, self.count, device, epoch, missing, f"line {missing} is missing")
            if len(hashes) > said.seq or hashes[-1] != said.hash:
                seq = min(said.seq + 1, len(hashes))
                return Report(False, self.count, device, epoch, seq, "is not the newest line that was kept")
            return None
        return Report(False, self.count, device_id, said.epoch, 1, "line 1 is missing")

    def _parent(self, line: Stored) -> tuple[wire.Place, str] | None:
        """What is wrong with the newest line before a `boot` line: a run of the kiosk cannot be taken out whole."""
        boot = None if line.raw is None else msgspec.json.decode(line.raw, type=_Boot)
        if boot is None or boot.type != "boot" or boot.parent is None:
            return None
        said = boot.parent
        hashes = self.hashes.get((line.device_id, said.epoch), [])
        if len(hashes) < said.seq:
            missing = len(hashes) + 1
            return wire.Place(epoch=said.epoch, seq=missing), f"line {missing} is missing"
        if said.seq < 1 or hashes[said.seq - 1] != said.hash:
            return wire.Place(epoch=line.epoch, seq=1), "does not follow the newest line before it"
        return None


def _sound(line: Stored) -> bool:
    """Whether the columns are of their types; a damaged store may give anything."""
    texts: tuple[object, ...] = (
        line.device_id,
        line.epoch,
        line.hash,
        "" if line.prev is None else line.prev,
    )
    seq: object = line.seq
    raw: object = line.raw
    return (
        all(isinstance(one, str) for one in texts) and isinstance(seq, int) and isinstance(raw, bytes | None)
    )


def _bad(line: Stored, hashes: Sequence[str]) -> tuple[wire.Place, str] | None:
    """The bytes speak first: where they hold, they say better than anything beside them which line this is."""
    place = wire.Place(epoch=line.epoch, seq=line.seq)
    if line.raw is not None:
        if line_hash(line.raw) != line.hash:
            return place, "its bytes do not give its hash"
        try:
            said = msgspec.json.decode(line.raw, type=Link if line.kind is None else _Read)
            beside = _beside_problem(line, said)
        except (*UNREAD, wire.WireError) as problem:
            return place, f"line: {problem}"
        if (said.device_id, said.epoch, said.seq, said.prev) != (
            line.device_id,
            line.epoch,
            line.seq,
            line.prev,
        ):
            return wire.Place(epoch=said.epoch, seq=said.seq), "its place does not agree with its bytes"
        if beside is not None:
            return place, beside
    expected = len(hashes) + 1
    if line.seq > expected:
        return wire.Place(epoch=line.epoch, seq=expected), f"line {expected} is missing"
    if line.seq < expected:
        return place, f"line {line.seq} stands twice or out of order"
    if line.prev != (hashes[-1] if hashes else None):
        return place, "does not follow the line before it"
    return None


def _beside_problem(line: Stored, said: Link) -> str | None:
    if not isinstance(said, _Read):
        return None
    kept = (line.kind, line.at_ms)
    read = (said.type, wire.milliseconds(wire.parse_instant(said.at, "at")))
    return None if kept == read else "what is kept beside its bytes does not agree with them"


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
