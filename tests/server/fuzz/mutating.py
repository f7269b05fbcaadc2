"""Mutations of a genuine delivery: single fields, what travels beside, whole requests, headers and bytes. All from a seed."""

import gzip
import json
import random
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

import msgspec

from clockhouse_sync import signing, wire
from server.fuzz.calling import API, Call, signed
from server.fuzz.company import Company
from server.fuzz.harms import ABSENT, CONTENTS, HARMS, QUERIES, TOKENS, Json, Path, paths, put, render
from server.rig import Kiosk

ROOM: Final = 900_000
"""Bytes of lines in one request: below the limit, so that it is not the limit that refuses them."""
TOGETHER: Final = 100

FORGED: Final = "forged"
"""What is said of a request that is not what was signed: it is never granted."""

FRESH: Final = ("punch_id", "proposal_id", "request_id", "adjustment_id", "credential_ref", "employee_id")
"""Ids that a line may take a new one of, so that it is judged for itself."""


def said_in(lines: Sequence[bytes]) -> dict[str, list[Any]]:
    """Everything that genuine lines say under each name, wherever it stands."""
    found: dict[str, list[Any]] = defaultdict(list)

    def note(value: Any) -> None:
        for name, inner in value.items() if isinstance(value, dict) else ():
            if inner not in found[name]:
                found[name].append(inner)
            note(inner)

    for raw in lines:
        note(json.loads(raw))
    return found


class Mutator:
    """Everything that is done to one company's genuine requests; the seed decides."""

    def __init__(self, company: Company, chance: random.Random) -> None:
        self.company, self.chance = company, chance
        self._numbers = 0
        self._said = said_in(company.lines)

    def _new(self, of: str) -> str:
        self._numbers += 1
        return f"{of}-fresh-{self._numbers}"

    # --- lines

    def harmed(self, share: float) -> Iterator[tuple[str, bytes]]:
        """Each field of each genuine line in turn made into each harm; `share` of all these, by chance."""
        for raw in self.company.lines:
            line = json.loads(raw)
            for path in [*paths(line)]:
                for says, harm in HARMS.items():
                    if self.chance.random() < share:
                        moved = self._elsewhere(line)
                        if path == (
                            "epoch",
                        ):  # where it meets others that were moved there: none claims to follow one
                            moved["seq"] = 1
                            moved.pop("prev", None)
                        named = f"{line['type']} {'.'.join(map(str, path))} {says}"
                        yield named, render(put(moved, path, harm))
                for said in self._others(path, share):
                    yield (
                        f"{line['type']} {path[-1]} of another",
                        render(put(self._elsewhere(line), path, said)),
                    )
                if self.chance.random() < share * len(HARMS):
                    yield f"{line['type']} {path[0]} twice", self._twice(line, str(path[0]))

    def _others(self, path: Path, share: float) -> list[Any]:
        """What other lines say under this name: of ids some in any case. Never an epoch, in which it would follow nothing."""
        found = self._said.get(str(path[-1]), [])
        wanted = 3 if str(path[-1]).endswith("_id") else int(self.chance.random() < share * 10)
        return [] if path == ("epoch",) else self.chance.sample(found, min(len(found), wanted))

    def _elsewhere(self, line: Mapping[str, Any], *, surely: bool = False) -> dict[str, Any]:
        """The line at its own place, or in an epoch of its own where it is judged for itself, as `surely` wants it."""
        moved = dict(line)
        if not surely and self.chance.random() < 0.15:
            return moved
        moved["epoch"] = self._new("epoch")
        if surely or self.chance.random() < 0.7:
            moved["seq"] = 1
            moved.pop("prev", None)
        newcomer = line.get("what") == "person"
        for name in FRESH:
            new = newcomer or (not surely and self.chance.random() < 0.2) if name == "employee_id" else True
            if name in moved and new and (surely or self.chance.random() < 0.8):
                moved[name] = self._new(name)
        return moved

    def _twice(self, line: Mapping[str, Any], name: str) -> bytes:
        """A key that stands there twice, first or last with another value."""
        whole = render(self._elsewhere(line))
        pair = json.dumps(name).encode() + b":" + render(self.chance.choice([1, "x", None, line.get(name)]))
        return (
            b"{" + pair + b"," + whole[1:] if self.chance.random() < 0.5 else whole[:-1] + b"," + pair + b"}"
        )

    def of_lines(self, share: float) -> Iterator[tuple[Call, int]]:
        """Requests full of harmed lines; what is no JSON at all goes alone, since it takes the whole body with it."""
        harmed = [*self.harmed(share)]
        whole = [one for one in harmed if _is_json(one[1])]
        sizes = [len(raw) + 1 for _, raw in whole]
        for run in wire.batches(whole, sizes, most=TOGETHER, limit=ROOM):
            says = "lines: " + ", ".join(f"{index} {named}" for index, (named, _) in enumerate(run))
            yield self._deliver(says, [raw for _, raw in run]), len(run)
        broken = [one for one in harmed if not _is_json(one[1])]
        for named, raw in self.chance.sample(broken, min(len(broken), max(20, len(broken) // 10))):
            yield self._deliver(f"broken line: {named}", [self.chance.choice(self.company.lines), raw]), 1

    def _deliver(self, says: str, lines: Sequence[bytes], **more: Any) -> Call:
        beside = more.pop("beside", None) or self.company.contents()
        body = b'{"lines":[' + b",".join(lines) + b'],"beside":' + msgspec.json.encode(beside)
        for name, value in more.items():
            body += b"," + json.dumps(name).encode() + b":" + render(value)
        return signed(self.company.kiosk, says, "lines", body + b"}")

    # --- beside

    def of_contents(self) -> Iterator[tuple[Call, int]]:
        """Lines that name something beside them, which is another thing, under its true hash or a wrong one."""
        for raw in self.company.lines:
            line = json.loads(raw)
            for name in line.get("beside", {}):
                for says, content in CONTENTS.items():
                    good = self.chance.random() < 0.9
                    salt = sha256(content).digest() if good else self.chance.choice([b"", b"x" * 31])
                    true = sha256(salt + content).hexdigest()
                    harmed = render(put(self._elsewhere(line, surely=good), ("beside", name), true))
                    key = true if good or self.chance.random() < 0.5 else "0" * 64
                    along = {
                        key: wire.Beside(salt=b64encode(salt).decode(), content=b64encode(content).decode())
                    }
                    yield self._deliver(f"beside: {line['type']} {name} {says}", [harmed], beside=along), 1

    # --- whole requests

    def of_requests(self, share: float) -> Iterator[tuple[Call, int]]:
        """Each field of each request made into each harm, validly signed."""
        for path, nonce, asked in self._asked():
            for says, body in self._bodies(asked, share):
                yield signed(self.company.kiosk, f"request: {path} {says}", path, body, nonce=nonce), 1

    def of_enrolments(self, share: float) -> Iterator[tuple[Call, int]]:
        """The same for terminals that join: each with a key and a code of its own."""
        world, site = self.company.world, self.company.site
        for name in ("code", "public_key", "name", "hardware"):
            for says, harm in HARMS.items():
                if self.chance.random() < share:
                    newcomer = Kiosk(self.company.kiosk.http, world.now, site_id=site, seed=self._new("key"))
                    key = b64encode(signing.public_bytes(newcomer.key)).decode()
                    asked = {"code": world.code(site), "public_key": key, "name": "Gate", "hardware": "Pi"}
                    body = render(asked | {name: harm})
                    yield signed(newcomer, f"request: enroll {name} {says}", "enroll", body, nonce=""), 1

    def of_plenty(self) -> Iterator[tuple[Call, int]]:
        """As much of one thing as fits into a request, or a little more."""
        kiosk, now = self.company.kiosk, wire.format_instant(self.company.world.now())
        line = {
            "v": 1,
            "type": "boot",
            "device_id": kiosk.device_id,
            "seq": 1,
            "at": now,
            "boot_id": "b",
            "software": "1",
        }
        starts = [line | {"epoch": self._new("epoch")} for _ in range(300)]
        jobs = line | {
            "type": "site_jobs", "epoch": self._new("epoch"), "on": "2026-03-02", "actor_id": self.company.boss,
            "job_ids": [f"{number:x}" for number in range(100_000)],
        }  # fmt: skip
        head = wire.Head(epoch=self._new("epoch"), seq=1, hash="0" * 64)
        marks = [
            signing.checkpoint(kiosk.key, msgspec.structs.replace(head, seq=number + 1), now)
            for number in range(3000)
        ]
        beside = {f"{number:064x}": {"salt": "AAAA", "content": ""} for number in range(9000)}
        heads = [
            {"epoch": f"{number // 900:x}", "seq": number % 900 + 1, "hash": ""} for number in range(25_000)
        ]
        greeting = {"protocols": [1], "heads": []}
        for path, says, asked in (
            ("lines", "epochs", {"lines": starts}),
            ("lines", "empty lines", {"lines": [0] * 1001}),
            ("lines", "nothing", {"lines": []}),
            ("lines", "jobs", {"lines": [jobs]}),
            (
                "lines",
                "checkpoints",
                {"lines": [], "checkpoints": [msgspec.to_builtins(one) for one in marks]},
            ),
            ("lines", "beside", {"lines": [], "beside": beside}),
            ("lines", "one line again and again", {"lines": [Json(self.company.lines[0])] * 1000}),
            ("heartbeat", "heads", greeting | {"heads": heads}),
            (
                "heartbeat",
                "health",
                greeting | {"health": {f"{number:x}": number for number in range(70_000)}},
            ),
            ("heartbeat", "protocols", greeting | {"protocols": [1] * 400_000}),
            ("heartbeat", "brackets", Json(b"[" * 1_000_000)),
            (
                "heartbeat",
                "one key",
                Json(b'{"protocols":[1],"heads":[],"health":{' + b'"a":1,' * 150_000 + b'"b":1}}'),
            ),
        ):
            yield signed(kiosk, f"plenty: {says}", path, render(asked)), 1

    def _bodies(self, asked: Any, share: float) -> Iterator[tuple[str, bytes]]:
        for field in [*paths(asked)]:
            for says, harm in HARMS.items():
                if self.chance.random() < share:
                    yield f"{'.'.join(map(str, field))} {says}", render(put(asked, field, harm))
        for says, harm in HARMS.items():
            if harm is not ABSENT and self.chance.random() < share * 5:
                yield f"is {says}", render(harm)

    def _asked(self) -> Iterator[tuple[str, str | None, Any]]:
        """The requests of a terminal in service, as they are, each with its nonce (None: the session's)."""
        made = self.company.genuine[-1]
        newest = made.lines[-1]
        hello = {
            "protocols": [1], "heads": [{"epoch": newest.epoch, "seq": newest.seq, "hash": newest.hash}],
            "clock": {"sync": True, "error_ms": 3}, "at": wire.format_instant(self.company.world.now()), "software": "0.1",
        }  # fmt: skip
        yield "hello", "", hello
        yield "heartbeat", None, hello | {"health": {"free_mb": 4000, "disk": "ok", "hot": False, "no": None}}
        beside = {name: msgspec.to_builtins(one) for name, one in [*made.beside.items()][:2]}
        marks = [msgspec.to_builtins(one) for one in made.checkpoints[:1]]
        lines = [Json(line.raw) for line in made.lines[:3]]
        yield "lines", None, {"lines": lines, "beside": beside, "checkpoints": marks}

    # --- headers, addresses, bytes

    def of_envelopes(self, rounds: int) -> Iterator[tuple[Call, int]]:
        """Headers, methods, paths and queries that are not what was signed, or signed so; and flipped bytes."""
        for _ in range(rounds):
            made = self._deliver("envelope", self.chance.sample(self.company.lines, 3))
            yield self._envelope(made), 1
            yield self._flipped(made), 1
            yield self._resigned(made), 1
            query = self.chance.choice(QUERIES)
            says = f"roster: {query[:60]!r}"
            yield signed(self.company.kiosk, says, "roster", method="GET", query=query), 1

    def _envelope(self, made: Call) -> Call:
        chance, kiosk = self.chance, self.company.kiosk
        name = chance.choice([b"content-digest", b"signature-input", b"signature"])
        value = made.header(name)
        odd = chance.choice(
            [b"", b"x", b"\xff" * 20, value[:-1], value + value, value.upper(), value * 200, b"sig1=:AAAA:"]
        )
        other = signed(kiosk, "", "lines", b"{}")
        match chance.randrange(9):
            case 0:
                return replace(made.without(name), says=f"envelope: no {name!r}")
            case 1:
                return replace(made.having(name, odd), says=f"envelope: {name!r} {odd[:40]!r}")
            case 2:
                return replace(made, says=f"envelope: {name!r} twice", headers=(*made.headers, (name, odd)))
            case 3:
                return replace(made.having(name, other.header(name)), says=f"envelope: another's {name!r}")
            case 4:
                path = chance.choice(
                    ["lines/", "lines%00", "nowhere", "roster", "../v1/lines", "\u00fc", "x" * 5000]
                )
                return replace(
                    made,
                    says=f"envelope: path {path[:40]}",
                    path=API + path.encode("ascii", "replace").decode(),
                )
            case 5:
                method = chance.choice(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"])
                return replace(made, says=f"envelope: method {method}", method=method)
            case 6:
                nonce = chance.choice(["", "x", "0" * 64, "x" * 128])
                return signed(kiosk, f"envelope: nonce {nonce!r}", "lines", made.body, nonce=nonce)
            case 7:
                kind = chance.choice(
                    [
                        b"",
                        b"text/plain",
                        b"multipart/form-data; boundary=x",
                        b"application/json; charset=utf-7",
                    ]
                )
                return replace(made.having(b"content-type", kind), says=f"envelope: type {kind!r}")
            case _:
                packed = signed(kiosk, "envelope: packed", "lines", gzip.compress(made.body, mtime=0))
                return packed.having(b"content-encoding", b"gzip")

    def _flipped(self, made: Call) -> Call:
        """A byte of the body, of a header or of the query changed on the way."""
        name = self.chance.choice([b"content-digest", b"signature-input", b"signature"])
        match self.chance.choice(["body", "header", "query"]):
            case "body":
                changed = replace(made, body=self._bytes(made.body))
            case "header":
                changed = made.having(name, self._bytes(made.header(name)))
            case _:
                changed = replace(made, query=self.chance.choice(QUERIES))
        return changed if changed == made else replace(changed, says=FORGED)

    def _resigned(self, made: Call) -> Call:
        """The body's bytes changed before they were signed: it passes the door as it is."""
        body = made.body
        for _ in range(self.chance.choice([1, 1, 1, 2, 5, 50])):
            body = self._bytes(body)
        return signed(self.company.kiosk, "resigned bytes", "lines", body)

    def _bytes(self, value: bytes) -> bytes:
        place = self.chance.randrange(len(value) or 1)
        match self.chance.randrange(6):
            case 0:
                return value[:place] + bytes([self.chance.randrange(256)]) + value[place + 1 :]
            case 1:
                return value[:place]
            case 2:
                return value[:place] + value[place + self.chance.randrange(1, 50) :]
            case 3:
                return value[:place] + self.chance.choice(TOKENS) + value[place:]
            case 4:
                end = place + self.chance.randrange(1, 200)
                return value[:end] + value[place:end] + value[end:]
            case _:
                return (
                    value[:place]
                    + bytes([value[place] ^ (1 << self.chance.randrange(8))])
                    + value[place + 1 :]
                    if value
                    else b"x"
                )


def _is_json(raw: bytes) -> bool:
    """Whether a line can be cut out of a request's body."""
    try:
        msgspec.json.decode(b"[" + raw + b"]", type=list[msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return True
