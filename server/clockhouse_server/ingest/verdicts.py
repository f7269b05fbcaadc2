"""What becomes of each line of a delivery: linked, dated and judged, in its order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from clockhouse_server.ingest import runs
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.dating import Dated, clock_is_good, clock_was_good, date
from clockhouse_server.ingest.following import Times
from clockhouse_server.ingest.holding import Held
from clockhouse_server.ingest.judge import (
    FUTURE,
    Arrived,
    Books,
    ClaimKnown,
    PunchKnown,
    badge_of,
    judge,
)
from clockhouse_sync import ledger, wire

_OPEN: Final = datetime.min.replace(tzinfo=UTC)
_SURELY: Final = timedelta(days=3)
"""So long after a date's midnight in UTC, that day is over in every zone, whenever a company's days begin."""


class Seen:
    """What the lines so far have made known: ids are taken, undos find their punch, new people may punch."""

    def __init__(self, known: Books) -> None:
        self.punches: dict[str, PunchKnown] = dict(known.punches)
        self._claims: dict[str, ClaimKnown] = dict(known.claims)
        self._requests: set[str] = set(known.requests)
        self._locked = dict(known.locked)
        self._holders = dict(known.holders)
        self._badge_ids = dict(known.badge_ids)
        self.books = replace(
            known, punches=self.punches, claims=self._claims, requests=self._requests, locked=self._locked,
            holders=self._holders, badge_ids=self._badge_ids,
        )  # fmt: skip

    def take(self, one: Arrived) -> None:
        """Note what an accepted line says."""
        match one.line:
            case wire.PunchLine() as punch:
                self.take_punch(punch, one)
            case wire.ProposalLine() as claim:
                at = wire.parse_instant(claim.claimed_at)
                self._claims[claim.proposal_id] = ClaimKnown(claim.employee_id, at, open=True)
            case wire.ConfirmLine() as confirm:
                claimed = self._claims[confirm.proposal_id]
                self._claims[confirm.proposal_id] = replace(claimed, open=False)
            case wire.RequestLine() as asked:
                self._requests.add(asked.request_id)
            case wire.EnrolmentLine(what="person", action="given") as person:
                self._locked[person.employee_id] = None
            case wire.EnrolmentLine(what="badge") as badge:
                self._take_badge(badge)
            case _:
                pass

    def take_punch(self, punch: wire.PunchLine, one: Arrived) -> None:
        """Note a punch that counts."""
        self.punches[punch.punch_id] = one

    def _take_badge(self, line: wire.EnrolmentLine) -> None:
        value = badge_of(line, self.books)
        if value is None:
            return
        if line.action == "given":
            self._holders[value] = line.employee_id
            self._badge_ids[line.credential_ref or ""] = value
        elif self._holders.get(value) == line.employee_id:
            del self._holders[value]


def judge_lines(
    batch: Batch, seen: Seen, times: Times, zones: Mapping[str | None, str], now: datetime
) -> None:
    """Find out what becomes of every line; `fresh` and `plain` of the batch follow from it.

    Most lines are plain punches, each after the one before it in the delivery, and nothing can speak against them:
    those take a short way (`goes_on`) to the verdict that the long one (`_tried`) would come to.
    """
    held, fresh = batch.held, batch.fresh
    known = replace(seen.books, revoked=batch.device.status == "revoked")
    own = zones.get(batch.device.site_id, zones[None])
    goes_on = ShortWay(known, now, seen).goes_on
    before: Arrived | None = None
    batch.plain = True
    for index, one in enumerate(batch.lines):
        one.index = index
        site_id = None if one.head is None else one.head.site_id
        one.zone = own if site_id is None else zones.get(site_id, own)
        here = held.places[one.epoch]
        if before is not None and one.seq not in here and goes_on(one, before):
            here[one.seq] = one.hash
            fresh.append(one)
            before = one
            continue
        known_here = _tried(one, known, held, times, now)
        before = one if not known_here and runs.is_plain(one) else None
        if before is None or one.epoch not in held.marks or one.seq <= held.newest.get(one.epoch, 0):
            batch.plain = False
        if known_here:
            continue
        held.add(one.epoch, one.seq, one.hash, one.code)
        fresh.append(one)
        if one.outcome == "accepted":
            seen.take(one)


def _tried(one: Arrived, known: Books, held: Held, times: Times, now: datetime) -> bool:
    """Find out what becomes of a line; whether it was here before."""
    here = held.at(one.epoch, one.seq)
    if one.head is None:
        one.chain, same = "gap", one.hash in here
    else:
        one.chain, finding = ledger.link(
            one.head, one.hash, ledger.Known(here, held.at(one.epoch, one.seq - 1))
        )
        same = finding == "same"
    one.date(_dated(one, times, now))
    one.outcome, one.code = ("duplicate", here[one.hash]) if same else judge(one, known, now)
    return same


def _dated(one: Arrived, times: Times, now: datetime) -> Dated:
    if one.line is None or one.at is None:
        return Dated(now, "unproved", None, now)
    if clock_was_good(one.line):
        return Dated(one.at, "device")
    anchors = times.anchors.get(times.boots.get(one.epoch, ""), ())
    return date(one.line, one.at, anchors, times.before.get(one.epoch), now)


class ShortWay:
    """The short way: of a plain punch after a plain punch, where nothing speaks against it."""

    def __init__(self, books: Books, now: datetime, seen: Seen) -> None:
        self._jobs, self._tasks = books.jobs, books.tasks
        self._seen = seen
        self._latest = now + FUTURE
        self._open = {} if books.revoked else {
            person_id: _OPEN if through is None else datetime.combine(through, time(), UTC) + _SURELY
            for person_id, through in books.locked.items()
            if person_id not in books.merged
        }  # fmt: skip

    def goes_on(self, one: Arrived, before: Arrived) -> bool:
        """Whether it is plain and follows on `before`, and so is accepted, as it then is. False says nothing.

        Whoever asks has seen that nothing else stands at its place.
        """
        line, at = one.line, one.at
        if not isinstance(line, wire.PunchLine) or at is None or line.employee_id is None:
            return False
        opens, job_id, task_id = self._open.get(line.employee_id), line.job_id, line.task_id
        if (
            line.prev != before.hash
            or one.seq != before.seq + 1
            or one.epoch != before.epoch
            or opens is None
            or not opens <= at <= self._latest
            or not clock_is_good(line.clock)
            or line.beside is not None
            or (job_id is not None and job_id not in self._jobs)
            or (task_id is not None and self._tasks.get(task_id) != job_id)
            or line.punch_id in self._seen.punches
            or runs.has_break(one.raw)
        ):
            return False
        one.counted_at, one.joins = (
            at,
            True,
        )  # linked and accepted are what a line is unless it is found otherwise
        self._seen.take_punch(line, one)
        return True
