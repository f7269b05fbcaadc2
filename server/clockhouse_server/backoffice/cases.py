"""What waits for a decision, as people read it: a sentence, the evidence, and at most two ways on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.names import Names
from clockhouse_server.ingest.models import CorrectionRequest, Proposal
from clockhouse_server.people.models import Person
from clockhouse_server.timecards.exceptions import BLOCKING, Problem
from clockhouse_server.timecards.parked import Parked, Place
from clockhouse_server.timecards.store import PunchView
from clockhouse_sync import wire


@dataclass(frozen=True)
class Way:
    """A way on: a link, or with `fields` a button that sends them."""

    does: str
    path: str
    fields: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True)
class Case:
    """One thing to decide. `assigns` shows a form that asks whose it was, `asks_job` one that asks on which job."""

    group: str
    id: str
    title: str
    evidence: str
    on: date
    person: Person | None = None
    place: str = ""
    accept: Way | None = None
    other: Way | None = None
    settle: Way | None = None
    assigns: Way | None = None
    asks_job: bool = False
    words: str = ""
    """What somebody said themselves."""
    merges: Way | None = None


MISSING: Final[Mapping[str, str]] = {
    "missing_out": "out",
    "missing_in": "in",
    "missing_break_end": "break_end",
    "missing_break_start": "break_start",
    "long_break": "break_end",
    "break_twice": "break_end",
    "break_outside": "in",
}
"""Problem -> the kind of punch that settles it."""

GROUPS: Final = (
    ("claims", "What people say", "Times that people gave at a kiosk for a punch they forgot."),
    ("requests", "Asked for at a kiosk", "What people want corrected, in their own words."),
    (
        "temps",
        "Temporary workers",
        "Added at a kiosk and working already. Give them a number, or say who they are.",
    ),
    ("problems", "In the timecards", "Days that do not add up by themselves."),
    (
        "parked",
        "Kept aside",
        "Lines that the server keeps but does not count until somebody says what they are.",
    ),
)


def of_proposal(claim: Proposal, person: Person, zone: str, names: Names, *, about: date, crew: str) -> Case:
    """A claim; the claimed time is one button away, any other a form."""
    claimed = wording.clock(claim.claimed_at, zone)
    path = f"/timecards/{person.id}/claims/{claim.proposal_id}"
    says = (
        f"{wording.name(person.short_name)} says {wording.KINDS[claim.kind].lower()} at {claimed}, told at "
        f"{names.kiosk(claim.device_id)}, {wording.day(claim.made_at.date())} {wording.clock(claim.made_at, zone)}."
    )
    job = f" On {names.job(claim.job_id)}." if claim.job_id else ""
    return Case(
        group="claims",
        id=claim.proposal_id,
        title=_claim_title(claim.kind, about),
        evidence=f"{says}{job} {crew}".rstrip(),
        on=about,
        person=person,
        place=f"{names.kiosk(claim.device_id)}, line {claim.seq} of {claim.epoch[:8]}",
        accept=Way(f"Accept {claimed}", path, ()),
        other=Way("Other time…", path),
    )


def _claim_title(kind: str, about: date) -> str:
    missing = {"out": "No clock-out", "in": "No clock-in", "break_end": "No end of the break"}
    return f"{missing.get(kind, 'A forgotten punch')} on {about:%A}"


def of_request(asked: CorrectionRequest, person: Person, names: Names, *, about: date) -> Case:
    """A request; with a time of its own it is one button away, any other answer a form."""
    path = f"/timecards/{person.id}/requests/{asked.request_id}"
    wants = wording.KINDS.get(asked.kind or "", "").lower()
    at = wording.clock(asked.claimed_at, asked.zone)
    told = f"{wording.day(asked.made_at.date())} {wording.clock(asked.made_at, asked.zone)}"
    says = f"{wording.name(person.short_name)} wants {wants} at {at}" if wants and at else ""
    return Case(
        group="requests",
        id=asked.request_id,
        title=f"A correction of {about:%A}",
        evidence=f"{says}, told at {names.kiosk(asked.device_id)}, {told}."
        if says
        else f"Told at {names.kiosk(asked.device_id)}, {told}.",
        on=about,
        person=person,
        place=f"{names.kiosk(asked.device_id)}, line {asked.seq} of {asked.epoch[:8]}",
        accept=Way(f"Accept {at}", path, ()) if says else None,
        other=Way("Answer…", path),
        words=asked.words or "",
    )


def of_temporary(person: Person, on: date, *, may_edit: bool, may_merge: bool) -> Case:
    """Somebody added at a kiosk: a number of their own, or somebody whom we know."""
    agency = f" from {wording.name(person.agency)}" if person.agency else ""
    return Case(
        group="temps",
        id=f"temp-{person.id}",
        title=f"Goes by {person.number} for now",
        evidence=f"Added as {wording.name(person.name)}{agency}.",
        on=on,
        person=person,
        other=Way("Give a number…", f"/people/{person.id}") if may_edit else None,
        merges=Way("It is somebody known", f"/people/{person.id}/merge") if may_merge else None,
    )


def of_problem(problem: Problem, person: Person, punches: Mapping[str, PunchView], names: Names) -> Case:
    """A problem of somebody's day, with the form that settles it."""
    about = [punches[punch_id] for punch_id in problem.punches if punch_id in punches]
    evidence = "; ".join(
        f"{wording.KINDS[punch.kind].lower()} {wording.clock(punch.at, punch.zone)}"
        f" at {names.kiosk(punch.read.device_id) if punch.read else 'the office'}"
        for punch in about
    )
    base = f"/timecards/{person.id}"
    first = problem.punches[0] if problem.punches else ""
    accept: Way | None = None
    if problem.code in MISSING:
        asked = {"on": problem.on.isoformat(), "kind": MISSING[problem.code]}
        if about and MISSING[problem.code] == "in":
            asked["job"] = about[0].job_id or ""
        other = Way("Add the punch…", f"{base}/add?{urlencode(asked)}")
    else:
        other = Way("Correct…", f"{base}/punches/{first}?on={problem.on}")
        if problem.code == "double_in":
            again = (("on", problem.on.isoformat()), ("reason", "Clocked in twice"))
            accept = Way("Count the first only", f"{base}/punches/{problem.punches[-1]}/void", again)
        if problem.code in {"unconfirmed", "unproved_time"} and about:
            fields = (
                ("kind", about[0].kind),
                ("reason", "Looked at and right as it is"),
                ("as_it_is", "yes"),
            )
            accept = Way("Right as it is", f"{base}/punches/{first}", fields)
    return Case(
        group="problems",
        id=f"{problem.code}-{first}",
        title=f"{wording.said(wording.EXCEPTIONS, problem.code)} on {problem.on:%A}",
        evidence=f"{evidence[:1].upper()}{evidence[1:]}." if evidence else "",
        on=problem.on,
        person=person,
        accept=accept,
        other=other,
    )


def settles(problem: Problem) -> bool:
    """Whether somebody must decide; the rest is only told."""
    return problem.severity in BLOCKING or problem.severity == "medium"


def of_parked(parked: Parked, person: Person | None, names: Names, badge: str = "") -> Case:
    """A parked line: counted, given to somebody, or set aside with a reason."""
    title = wording.said(wording.PARKED, parked.code)
    kind = _what(parked.line, parked.zone, names)
    site = names.sites.get(parked.site_id or "")
    evidence = f"{kind} {wording.clock(parked.at, parked.zone)} at {names.kiosk(parked.place.device_id)}"
    evidence += f", {site}." if site else "."
    if badge:
        evidence += f" Badge {badge}."
    fields = key_of(parked.place)
    punch = parked.punch is not None
    return Case(
        group="parked",
        id=f"{parked.place.seq}-{parked.place.hash[:12]}",
        title=title,
        evidence=f"{evidence[:1].upper()}{evidence[1:]}",
        on=parked.on,
        person=person,
        place=f"{names.kiosk(parked.place.device_id)}, line {parked.place.seq} of {parked.place.epoch[:8]}",
        accept=Way("Count it", "/exceptions/accept", fields) if punch and person else None,
        assigns=Way("Assign", "/exceptions/assign", fields) if punch and not person else None,
        settle=Way("Set aside", "/exceptions/set-aside", fields),
        asks_job=punch and parked.code == "unknown_job",
    )


def _what(line: wire.LineHead, zone: str, names: Names) -> str:
    """What a line says, in a few words."""
    match line:
        case wire.PunchLine():
            return wording.KINDS[line.kind].lower()
        case wire.ConfirmLine():
            said = "confirmed" if line.accepted else "declined"
            return f"claim {said} by {wording.name(names.user(line.actor_id))}"
        case wire.ProposalLine():
            claimed = wording.clock(wire.parse_instant(line.claimed_at), zone)
            return f"claim of {wording.KINDS[line.kind].lower()} {claimed}, told"
        case wire.EnrolmentLine():
            what = {"person": "temporary worker", "badge": "badge"}.get(line.what, line.what)
            did = "added" if line.action == "given" else "taken back"
            return f"{what} {did} by {wording.name(names.user(line.actor_id))}"
        case wire.SiteJobsLine():
            return f"jobs of {line.on} set by {wording.name(names.user(line.actor_id))}"
        case wire.RequestLine():
            return "request"
        case wire.UndoLine():
            return "a punch taken back"
        case _:
            return line.type.replace("_", " ") or "a line"


def key_of(place: Place) -> tuple[tuple[str, str], ...]:
    """A parked line's key as a form sends it."""
    return (
        ("device_id", place.device_id), ("epoch", place.epoch), ("seq", str(place.seq)), ("hash", place.hash),
    )  # fmt: skip


def crew_says(leaving: tuple[datetime, datetime] | None, zone: str) -> str:
    """When the others of that site left that day, as evidence."""
    if leaving is None:
        return ""
    first, last = (wording.clock(at, zone) for at in leaving)
    return f"The others left at {first}." if first == last else f"The others left between {first} and {last}."
