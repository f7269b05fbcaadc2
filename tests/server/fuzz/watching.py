"""What must hold after any request whatever: no error of ours, nothing stored is changed, and what was accepted is kept."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import text

from clockhouse_server.auth import audit
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_sync import signing, wire
from server.fuzz.calling import API, Answer, Call, call
from server.fuzz.company import Company
from server.fuzz.mutating import FORGED

LINES = "SELECT device_id, epoch, seq, hash, prev, type, at, raw, signed, chain, received_at FROM lines"
PUNCHES = (
    "SELECT device_id, epoch, seq, hash, employee_id, punch_id, kind, kind_from, method, at, zone, site_id, job_id,"
    " task_id, break_code, quantity, quantity_bad, credential_ref, credential, note, job_text, actor_id, position FROM punches"
)
COUNTED = "SELECT device_id, epoch, seq, hash, counted_at, basis, not_before_at, not_after_at FROM punches"
"""What a later comparison of clocks may say of a punch; never of one whose own clock was good."""
MINUTE = timedelta(seconds=60)
UNDONE = "SELECT device_id, epoch, seq, hash, punch_id, at FROM punches WHERE undone"

OFFICE = "emp:"
"""Whose lines the server makes itself: a supervisor's word, or a punch that waited for its person, is a correction."""

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@dataclass
class Tally:
    """What was tried and what became of it."""

    requests: int = 0
    mutations: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.requests += other.requests
        self.mutations += other.mutations
        self.statuses += other.statuses
        self.outcomes += other.outcomes

    def __str__(self) -> str:
        parts = [
            f"{self.requests} requests", f"{sum(self.mutations.values())} mutations {dict(self.mutations)}",
            f"statuses {dict(sorted(self.statuses.items()))}", f"lines {dict(self.outcomes)}",
        ]  # fmt: skip
        return ", ".join(parts)


class Watch:
    """Fires requests at a company's server and looks at everything after each. Raises AssertionError."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.tally = Tally()
        self._server = signing.read_public(company.world.public_key)
        self._lines, self._punches, self._genuine, self._undone = self._look()

    def fire(self, request: Call, mutations: int = 1) -> Answer:
        """One request, and all that must hold after it."""
        answer = call(self.company.world, request)
        kind = request.says.partition(":")[0]
        self.tally.requests += 1
        self.tally.mutations[kind] += mutations
        self.tally.statuses[answer.status] += 1
        try:
            self._answered(request, answer)
            self._kept(request, answer)
        except (AssertionError, signing.SignatureError) as wrong:
            raise AssertionError(
                f"after {request.says[:300]}: {wrong} ({answer.status} {answer.body[:300]!r})"
            ) from wrong
        if answer.status == 200 and request.path == API + "hello":
            self.company.kiosk.session = json.loads(answer.body)["session"]
        return answer

    def at_the_end(self) -> None:
        """Genuine deliveries still arrive whole, each punch counts once, and the whole ledger holds."""
        world = self.company.world
        self.company.all_again()
        with world.read() as session:
            report = verify_stored(session)
            assert report.ok, report
            assert audit.verify(session) is None
            counted = session.execute(
                text(
                    "SELECT lines.epoch, lines.seq, lines.hash, count(punches.punch_id) FROM lines"
                    " LEFT JOIN punches USING (device_id, epoch, seq, hash)"
                    " WHERE lines.type = 'punch' AND lines.outcome = 'accepted' GROUP BY 1, 2, 3"
                )
            ).all()
            assert {1} == {times for *_, times in counted}, counted
            strays = session.execute(
                text(
                    "SELECT punches.epoch, punches.seq FROM punches LEFT JOIN lines USING (device_id, epoch, seq, hash)"
                    " WHERE lines.outcome IS NULL OR lines.outcome <> 'accepted' OR lines.type <> 'punch'"
                )
            ).all()
            assert not strays
        raws = {sha256(raw).hexdigest(): raw for raw in self.company.lines}
        stored = {key[3]: row for key, row in self._look()[0].items()}
        assert all(bytes(stored[name][3]) == raw for name, raw in raws.items())

    def _look(self) -> tuple[Rows, ...]:
        with self.company.world.read() as session:
            cursor = (
                session.connection().connection.cursor()
            )  # the driver's own: this is done thousands of times
            return tuple(
                {row[:4]: row[4:] for row in cursor.execute(query).fetchall()}
                for query in (LINES, PUNCHES, COUNTED, UNDONE)
            )

    def _answered(self, request: Call, answer: Answer) -> None:
        assert answer.status < 500
        assert answer.status >= 400 or request.says != FORGED
        if answer.status == 200 or "signature" in answer.headers:
            signing.verify_answer(
                self._server, status=answer.status, body=answer.body, headers=answer.headers,
                request_signature=request.header(b"signature").decode("latin-1"),
            )  # fmt: skip
        if answer.status >= 400:
            assert "application/problem+json" == answer.headers["content-type"]
            problem = msgspec.json.decode(answer.body, type=wire.Problem)
            assert problem.code
            assert problem.status == answer.status

    def _kept(self, request: Call, answer: Answer) -> None:
        lines, punches, counted, undone = self._look()
        kept = (
            (self._lines, lines),
            (self._punches, punches),
            (self._genuine, counted),
            (self._undone, undone),
        )
        for before, after in kept:
            if not before.items() <= after.items():
                changed = [key for key, row in before.items() if after.get(key) != row]
                raise AssertionError(f"changed or gone: {changed[:3]}")
        new = lines.keys() - self._lines.keys()
        fresh = Counter(key[3] for key in new if not key[0].startswith(OFFICE))
        if answer.status == 200 and request.path == API + "lines":
            self._told(request, answer, lines, fresh)
        else:
            assert not new, "lines were stored of a request that was not granted"
            assert punches.keys() == self._punches.keys(), "punches came of a request that was not granted"
        self._taken_back(new, lines, undone)
        self._lines, self._punches, self._undone = lines, punches, undone

    def _taken_back(self, new: Collection[tuple[Any, ...]], lines: Rows, undone: Rows) -> None:
        """Nothing is taken back but by a line that says so now, within the minute."""
        undos = [undo_of(bytes(lines[key][3])) for key in new if lines[key][1] == "undo"]
        for key in undone.keys() & self._punches.keys() - self._undone.keys():
            at = wire.parse_instant(wire.read_head(bytes(lines[key][3])).at)
            assert any(
                line.punch_id == undone[key][0] and wire.parse_instant(line.at) - at <= MINUTE
                for line in undos if line is not None
            ), f"changed or gone: taken back by nobody, or too late: {key}"  # fmt: skip

    def _told(self, request: Call, answer: Answer, lines: Rows, fresh: Counter[str]) -> None:
        """Each line has one verdict, lies in the store as it was sent, and nothing else came in."""
        sent = [bytes(raw) for raw in msgspec.json.decode(request.body, type=wire.LinesRequest).lines]
        verdicts = json.loads(answer.body)["verdicts"]
        assert [sha256(raw).hexdigest() for raw in sent] == [one["hash"] for one in verdicts]
        assert list(range(len(sent))) == [one["index"] for one in verdicts]
        stored = Counter(key[3] for key in lines)
        raws = {key[3]: bytes(row[3]) for key, row in lines.items()}
        for raw, verdict in zip(sent, verdicts, strict=True):
            assert verdict["outcome"] in {"accepted", "duplicate", "parked"}
            assert (verdict["outcome"] == "parked") <= ("code" in verdict)
            assert raws.get(verdict["hash"]) == raw, f"not kept as it was sent: {raw[:200]!r}"
            assert stored[verdict["hash"]] == 1, f"kept {stored[verdict['hash']]} times: {raw[:200]!r}"
            self.tally.outcomes[verdict["outcome"]] += 1
        taken = Counter({one["hash"] for one in verdicts if one["outcome"] != "duplicate"})
        assert fresh == taken, (
            f"stored without a verdict, or the other way: {(fresh - taken) or (taken - fresh)}"
        )


def undo_of(raw: bytes) -> wire.UndoLine | None:
    """The undo that a line is, if it can be read as one."""
    try:
        line = wire.read_line(raw)
    except wire.WireError:
        return None
    return line if isinstance(line, wire.UndoLine) else None
