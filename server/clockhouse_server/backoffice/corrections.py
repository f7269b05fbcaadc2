"""Correcting a timecard: adding a punch, changing one, not counting one, and answering what people claim."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.fields import Form, pairs
from clockhouse_server.backoffice.names import look_up
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.errors import Invalid, NotFound
from clockhouse_server.ingest.models import CorrectionRequest
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import asked, corrections, decisions, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.pair import Kind
from clockhouse_server.timecards.store import PunchView

router = APIRouter(include_in_schema=False)

Adjusts = Annotated[Actor, Depends(requires("timecards.adjust"))]


@router.get("/timecards/{person_id}/add")
def ask_for_punch(
    request: Request, session: Db, actor: Adjusts, person_id: str, on: str, kind: str = "out", job: str = ""
) -> HTMLResponse:
    """The form for a missing punch, on its day."""
    person = people.person(session, actor, "timecards.adjust", person_id)
    zone = timecards.zone_of(session, person, sheets.setting(session))
    return _form(
        request, session, actor, person, zone, _day(on), title="Add a punch", does="Add the punch", kind=kind,
        wall=(on, ""), job_id=job, action=f"/timecards/{person_id}/add",
        says="It becomes a line in this person's own ledger, with your name and the reason.",
    )  # fmt: skip


@router.post("/timecards/{person_id}/add")
def add_punch(server: ServerParts, session: Db, actor: Adjusts, person_id: str, form: Form) -> Response:
    corrections.adjust(
        session, actor, person_id, "add", reason=form.text("reason"), kind=_kind(form.text("kind")),
        at=form.instant("day", "clock", form.text("zone")), job_id=form.some("job_id"), now=server.now(),
        new_id=server.new_id,
    )  # fmt: skip
    return _to_card(person_id, form.text("on"))


@router.get("/timecards/{person_id}/punches/{punch_id}")
def ask_for_change(
    request: Request, server: ServerParts, session: Db, actor: Adjusts, person_id: str, punch_id: str, on: str
) -> HTMLResponse:
    person = people.person(session, actor, "timecards.adjust", person_id)
    punch = _punch(session, actor, person_id, punch_id, _day(on), server.now())
    names = look_up(session, actor)
    read = punch.read
    says = (
        "The office added this punch."
        if read is None
        else (
            f"Read {wording.stamp(read.at, punch.zone)} by {wording.said(wording.METHODS, read.method)} at "
            f"{names.kiosk(read.device_id)}, line {read.seq} of {read.epoch}. What was read stays as it is."
        )
    )
    return _form(
        request, session, actor, person, punch.zone, _day(on), title="Correct a punch", does="Correct it",
        kind=punch.kind, wall=_wall(punch.at, punch.zone), job_id=punch.job_id,
        action=f"/timecards/{person_id}/punches/{punch_id}", says=says, struck=punch.state in {"void", "undone"},
        punch_id=punch_id,
    )  # fmt: skip


@router.post("/timecards/{person_id}/punches/{punch_id}")
def change_punch(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, punch_id: str, form: Form
) -> Response:
    """Other time, kind or job; or as it is, which says that somebody looked and found it right."""
    as_it_is = form.ticked("as_it_is")
    corrections.adjust(
        session, actor, person_id, "change", punch_id=punch_id, reason=form.text("reason"),
        kind=_kind(form.text("kind")), at=None if as_it_is else form.instant("day", "clock", form.text("zone")),
        job_id=form.some("job_id"), now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return _to_card(person_id, form.text("on"))


@router.post("/timecards/{person_id}/punches/{punch_id}/{action}")
def strike_punch(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, punch_id: str, action: str, form: Form
) -> Response:
    if action not in {"void", "restore"}:
        raise NotFound("There is no such page.")
    corrections.adjust(
        session, actor, person_id, "void" if action == "void" else "restore", punch_id=punch_id,
        reason=form.text("reason"), now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return _to_card(person_id, form.text("on"))


@router.get("/timecards/{person_id}/claims/{proposal_id}")
def ask_about_claim(
    request: Request, session: Db, actor: Adjusts, person_id: str, proposal_id: str
) -> HTMLResponse:
    """The form for a claim at another time, or for saying no to it."""
    person = people.person(session, actor, "timecards.adjust", person_id)
    known = sheets.setting(session)
    zone = timecards.zone_of(session, person, known)
    claims = timecards.open_proposals(session, [person_id], known)
    claim = next((each for each in claims if each.proposal_id == proposal_id), None)
    if claim is None:
        raise NotFound("This claim has been settled already.")
    return _form(
        request, session, actor, person, zone, timecards.claimed_on(claim, known), title="What they say",
        does="Accept this time", kind=claim.kind, wall=_wall(claim.claimed_at, zone), job_id=claim.job_id,
        action=f"/timecards/{person_id}/claims/{proposal_id}", claim=claim,
        says=f"{wording.name(person.short_name)} says {wording.KINDS[claim.kind].lower()} at {wording.clock(claim.claimed_at, zone)}."
        " Another time needs a reason.",
    )  # fmt: skip


@router.post("/timecards/{person_id}/claims/{proposal_id}")
def confirm_claim(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, proposal_id: str, form: Form
) -> Response:
    at = form.instant("day", "clock", form.text("zone")) if form.text("clock") else None
    made = decisions.confirm(
        session, actor, person_id, proposal_id, at=at, job_id=form.some("job_id"), reason=form.text("reason"),
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    assert made.counted_at is not None
    return _to_card(person_id, wording.stamp(made.counted_at, made.zone)[:10], "accepted")


@router.post("/timecards/{person_id}/claims/{proposal_id}/decline")
def decline_claim(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, proposal_id: str, form: Form
) -> Response:
    decisions.decline(session, actor, person_id, proposal_id, reason=form.text("reason"), now=server.now())
    return _to_card(person_id, form.text("on"), "declined")


@router.get("/timecards/{person_id}/requests/{request_id}")
def ask_about_request(
    request: Request, session: Db, actor: Adjusts, person_id: str, request_id: str
) -> HTMLResponse:
    """The form for what somebody asked for: at a time, done by hand, or no."""
    person = people.person(session, actor, "timecards.adjust", person_id)
    known = sheets.setting(session)
    found = next(
        (one for one in asked.waiting(session, [person_id], known) if one.request_id == request_id), None
    )
    if found is None:
        raise NotFound("This request has been answered already.")
    on = asked.asked_on(found, known)
    wall = _wall(found.claimed_at, found.zone) if found.claimed_at else (on.isoformat(), "")
    words = f" “{wording.name(found.words)}”" if found.words else ""
    return _form(
        request, session, actor, person, found.zone, on, title="What they ask for", does="Accept and correct",
        kind=found.kind or "out", wall=wall, job_id=None, asked=found,
        action=f"/timecards/{person_id}/requests/{request_id}",
        says=f"{wording.name(person.short_name)} at {wording.moment(found.made_at, found.zone)}:{words}"
        if words
        else f"{wording.name(person.short_name)} asked for this at {wording.moment(found.made_at, found.zone)}.",
    )  # fmt: skip


@router.post("/timecards/{person_id}/requests/{request_id}")
def accept_request(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, request_id: str, form: Form
) -> Response:
    """As it was asked for where the form is empty, else at the time that it gives."""
    found = session.get(CorrectionRequest, (person_id, request_id))
    if found is None:
        raise NotFound("There is no such request.")
    typed = form.text("clock")
    at = form.instant("day", "clock", form.text("zone")) if typed else found.claimed_at
    kind = form.text("kind") or found.kind or ""
    made = asked.accept(
        session, actor, person_id, request_id, kind=_kind(kind), at=at, job_id=form.some("job_id"),
        reason=form.text("reason"), now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    on = wording.stamp(made.counted_at, made.zone)[:10] if made and made.counted_at else ""
    return _to_card(person_id, on, "accepted")


@router.post("/timecards/{person_id}/requests/{request_id}/{answer}")
def answer_request(
    server: ServerParts, session: Db, actor: Adjusts, person_id: str, request_id: str, answer: str, form: Form
) -> Response:
    """No, or done by hand; both in words."""
    reason = form.text("reason")
    if answer == "decline":
        asked.decline(session, actor, person_id, request_id, reason=reason, now=server.now())
    elif answer == "done":
        asked.accept(
            session, actor, person_id, request_id, reason=reason, now=server.now(), new_id=server.new_id
        )
    else:
        raise NotFound("There is no such page.")
    return _to_card(person_id, form.text("on"), "answered")


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    person: Person,
    zone: str,
    on: date,
    *,
    punch_id: str | None = None,
    claim: Any = None,
    asked: Any = None,
    struck: bool = False,
    **shown: Any,
) -> HTMLResponse:
    return page(
        request, session, actor, "adjust.html", person=person, zone=zone, on=on, punch_id=punch_id, claim=claim,
        asked=asked, struck=struck, kinds=list(wording.KINDS.items()),
        jobs=pairs(jobs.jobs(session, actor, active=True), "code", "name"), **shown,
    )  # fmt: skip


def _punch(
    session: Session, actor: Actor, person_id: str, punch_id: str, on: date, now: datetime
) -> PunchView:
    """A punch as the person's timecard shows it; its day may have moved by one with a correction."""
    near = timedelta(days=1)
    card = timecards.timecard(session, actor, person_id, on - near, on + near, now=now)
    views = (view for day in card.days for view in day.punches)
    found = next((view for view in views if view.id == punch_id), None)
    if found is None:
        raise NotFound("There is no such punch.")
    return found


def _to_card(person_id: str, on: str, done: str = "adjusted") -> Response:
    return go(f"/timecards/{person_id}?from={on}" if on else f"/timecards/{person_id}", done)


def _kind(text: str) -> Kind:
    found = next((kind for kind in corrections.KINDS if kind == text), None)
    if found is None:
        raise Invalid("Choose what was punched.", field="kind")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Write a date such as 2026-11-23.", field="on") from None


def _wall(at: datetime, zone: str) -> tuple[str, str]:
    """An instant as the values of a day's and a time's input, to the second."""
    day, clock, _ = wording.stamp(at, zone).split()
    return day, clock
