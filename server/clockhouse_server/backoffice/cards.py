"""A timecard as a page shows it: days with their stretches, punches with their origin, figures with their reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from clockhouse_server.approval.models import Approval
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.cases import Case
from clockhouse_server.backoffice.names import Names
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.timecards.answers import Answered
from clockhouse_server.timecards.classify import Classified
from clockhouse_server.timecards.exceptions import BLOCKING, LOST
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.store import Day, PunchView, Timecard

STATUS: Final[Mapping[str, tuple[str, str]]] = {
    "approved": ("approved", "good"),
    "attention": ("to settle", "wait"),
    "at_work": ("at work", ""),
    "ready": ("ready", "good"),
}
"""A timecard's status -> its word and colour."""


@dataclass(frozen=True)
class Figure:
    name: str
    value: str
    says: str = ""


@dataclass(frozen=True)
class Stretch:
    """From, to and what on; `open` has no end yet."""

    text: str
    job: str
    length: str
    lost: bool = False
    rest: bool = False


@dataclass(frozen=True)
class PunchLine:
    """A punch with where it was read, its place in the ledger, and every correction of it."""

    time: str
    kind: str
    job: str
    origin: str
    place: str
    struck: bool
    corrections: tuple[str, ...]
    answers: tuple[Answered, ...]
    correct: str | None


@dataclass(frozen=True)
class DayLine:
    on: date
    stretches: tuple[Stretch, ...]
    worked: int | None
    why: tuple[str, ...]
    trace: tuple[str, ...]
    punches: tuple[PunchLine, ...]
    state: str
    colour: str
    cases: tuple[Case, ...] = field(default=())
    add: str | None = None
    alarming: tuple[Answered, ...] = ()
    """Answers of the day that somebody should look at."""


def figures(card: Timecard) -> list[Figure]:
    """The totals, each with what it is made of."""
    unbilled: Counter[str] = Counter()
    for day in card.days:
        for one in day.entries:
            if one.counted_seconds and one.unbillable_because:
                unbilled[one.unbillable_because] += one.counted_seconds
    not_billed = card.worked_seconds - card.billable_seconds
    reasons = "; ".join(f"{wording.hours(seconds)}: {because}" for because, seconds in unbilled.items())
    return [
        Figure("Worked", wording.duration(card.worked_seconds), "hours and minutes, without unpaid breaks"),
        Figure("Hours", wording.hours(card.worked_seconds), "the same in decimals, not rounded"),
        Figure("Billable", wording.hours(card.billable_seconds), "on jobs that are billed"),
        Figure("Not billed", wording.hours(not_billed), reasons),
    ]


def days(
    card: Timecard, found: Sequence[tuple[date, Case]], names: Names, *, may_adjust: bool
) -> list[DayLine]:
    """The days on which anything happened or waits."""
    lines = []
    for day in card.days:
        here = tuple(case for on, case in found if on == day.on)
        if day.entries or day.punches or here:
            lines.append(_day(card, day, here, names, may_adjust=may_adjust))
    return lines


def _day(card: Timecard, day: Day, here: tuple[Case, ...], names: Names, *, may_adjust: bool) -> DayLine:
    base = f"/timecards/{card.person.id}"
    lost = {problem.punches[0] for problem in day.problems if problem.code in LOST}
    running = any(one.entry.to_at is None and one.entry.from_punch not in lost for one in day.entries)
    state, colour = _state(day, here, running=running)
    editable = may_adjust and not day.locked
    return DayLine(
        on=day.on,
        stretches=tuple(_stretch(one, card.zone, names, lost) for one in day.entries),
        worked=day.worked_seconds if any(one.entry.to_at for one in day.entries) else None,
        why=tuple(_why(day, names)),
        trace=tuple(str(step["says"]) for one in day.entries for step in one.trace),
        punches=tuple(
            _punch(view, names, f"{base}/punches/{view.id}?on={day.on}" if editable else None)
            for view in day.punches
        ),
        state=state,
        colour=colour,
        cases=here,
        add=f"{base}/add?on={day.on}" if editable else None,
        alarming=tuple(one for view in day.punches for one in view.answers if one.alarming),
    )


def _state(day: Day, here: Sequence[Case], *, running: bool) -> tuple[str, str]:
    if day.locked:
        return STATUS["approved"]
    if here or any(problem.severity in BLOCKING for problem in day.problems):
        return STATUS["attention"]
    return STATUS["at_work"] if running else STATUS["ready"]


def _stretch(one: Classified, zone: str, names: Names, lost: set[str]) -> Stretch:
    entry = one.entry
    end = wording.clock(entry.to_at, zone) if entry.to_at else ""
    rest = entry.kind != "work"
    what = {"unpaid_break": "break, unpaid", "paid_break": "break, paid"}.get(entry.kind)
    return Stretch(
        text=f"{wording.clock(entry.from_at, zone)} – {end}".rstrip(),
        job=what or names.job(entry.job, entry.task),
        length=wording.duration(entry.seconds) if entry.to_at else "",
        lost=entry.from_punch in lost,
        rest=rest,
    )


def _why(day: Day, names: Names) -> list[str]:
    """How the day's figure came about, and what is remarkable."""
    worked = [one for one in day.entries if one.counted_seconds]
    said = []
    if len(worked) > 1:
        said.append(" + ".join(wording.duration(one.counted_seconds) for one in worked))
    unpaid = sum(one.entry.seconds for one in day.entries if one.entry.kind == "unpaid_break")
    if unpaid:
        said.append(f"{wording.duration(unpaid)} break not counted")
    kept: Counter[str] = Counter()
    for one in worked:
        if one.unbillable_because:
            kept[one.unbillable_because] += one.counted_seconds
    said += [f"{wording.duration(seconds)} not billed: {because}" for because, seconds in kept.items()]
    corrected = {fix.adjustment_id: fix for view in day.punches for fix in view.corrections}
    said += [_correction(fix, names) for fix in corrected.values()]
    said += [
        wording.said(wording.EXCEPTIONS, problem.code)
        for problem in day.problems
        if problem.severity == "low"
    ]
    return said


def _punch(view: PunchView, names: Names, correct: str | None) -> PunchLine:
    read = view.read
    if read is None:
        origin, place = "added by the office", ""
    else:
        method = wording.said(wording.METHODS, read.method)
        origin = f"{method} at {names.kiosk(read.device_id)}"
        if read.counted_at != view.at or read.at != read.counted_at:
            origin += f", read {wording.stamp(read.at, view.zone)}"
        place = f"line {read.seq} of {read.epoch[:8]}, hash {read.hash[:12]}…"
    return PunchLine(
        time=wording.clock(view.at, view.zone),
        kind=wording.KINDS[view.kind].lower(),
        job=names.job(view.job_id, view.task_id) if view.job_id else "",
        origin=origin,
        place=place,
        struck=view.state in {"void", "undone"},
        corrections=(
            *(["taken back at the kiosk within a minute"] if view.state == "undone" else []),
            *([_quantity(read)] if read and read.quantity else []),
            *([f"note: {read.note or read.job_text}"] if read and (read.note or read.job_text) else []),
            *(_correction(fix, names) for fix in view.corrections),
        ),
        answers=view.answers,
        correct=correct,
    )


def _quantity(read: PunchRow) -> str:
    bad = f", {read.quantity_bad} of them bad" if read.quantity_bad else ""
    return f"quantity: {read.quantity}{bad}"


def _correction(fix: Adjustment, names: Names) -> str:
    at = f" {wording.clock(fix.counted_at, fix.zone)}" if fix.counted_at else ""
    did = {
        "add": f"{wording.KINDS.get(fix.kind or '', 'punch').lower()}{at} added",
        "assign": f"{wording.KINDS.get(fix.kind or '', 'punch').lower()}{at} assigned",
        "change": f"corrected to{at}" if at else "corrected",
        "void": "not counted",
        "restore": "counted again",
    }.get(fix.action, fix.action)
    job = f", {names.job(fix.job_id, fix.task_id)}" if fix.job_id else ""
    return f"{did}{job} by {names.user(fix.author_id)}: {fix.reason}"


def approve_through(card: Timecard, waiting: Sequence[tuple[date, Case]], today: date) -> date | None:
    """The last day that is over and in order, or None where there is none to approve."""
    blocked = [on for on, _ in waiting]
    blocked += [problem.on for problem in card.problems if problem.severity in BLOCKING]
    blocked += [day.on for day in card.days if any(one.entry.to_at is None for one in day.entries)]
    last = min(card.through_on, today - timedelta(days=1), *(on - timedelta(days=1) for on in blocked))
    locked = card.person.locked_through_on
    worked = any(day.entries for day in card.days if day.on <= last and not day.locked)
    return last if worked and last >= card.from_on and (locked is None or last > locked) else None


def ledger(card: Timecard) -> str:
    """What the ledger says of the punches shown."""
    proof = card.ledger
    if not proof.total:
        return "No punch of these days came from a kiosk."
    if proof.verified == proof.total:
        return f"Every punch of this card is on the ledger: {proof.verified} of {proof.total} verified."
    return (
        f"Only {proof.verified} of {proof.total} punches could be verified on the ledger. Look at the alarms."
    )


def approval_says(approval: Approval, names: Names, zone: str) -> str:
    """One approval in a sentence."""
    text = (
        f"{wording.span(approval.from_on, approval.through_on)} approved by {names.user(approval.approved_by)}, "
        f"{wording.moment(approval.approved_at, zone)}"
    )
    if approval.open_kiosks:
        text += f", although {approval.open_kiosks} had not reported past the end"
    if approval.withdrawn_at:
        by = names.user(approval.withdrawn_by)
        text += f"; taken back by {by}, {wording.moment(approval.withdrawn_at, zone)}: {approval.reason}"
    return f"{text}."
