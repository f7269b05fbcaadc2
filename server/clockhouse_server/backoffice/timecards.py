"""Timecards: everybody's for a period, one person's with its evidence, and approving."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.approval import periods
from clockhouse_server.approval import store as approvals
from clockhouse_server.approval.periods import PayPeriod
from clockhouse_server.auth.access import Actor, Role, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import cards, cases, wording
from clockhouse_server.backoffice.cases import Case
from clockhouse_server.backoffice.fields import Form
from clockhouse_server.backoffice.names import Names, look_up
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.devices import store as devices
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Invalid, Refusal
from clockhouse_server.people import store as people
from clockhouse_server.timecards import asked, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.pair import work_day
from clockhouse_server.timecards.store import Timecard

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("timecards.read"))]
Approves = Annotated[Actor, Depends(requires("timecards.approve"))]


def period_of(session: Session, text: str, now: datetime) -> PayPeriod:
    """The pay period that a date given in an address falls into; today's without one."""
    if not text:
        return periods.newest(session, now=now, count=1)[0]
    try:
        return periods.containing(session, date.fromisoformat(text))
    except ValueError:
        raise Invalid("Write a date such as 2026-11-23.", field="from") from None


def around(period: PayPeriod) -> dict[str, Any]:
    """A period as pages show it, with a day of the one before and of the one after."""
    return {
        "from_on": period.from_on,
        "through_on": period.through_on,
        "before": period.from_on - timedelta(days=1),
        "after": period.through_on + timedelta(days=1),
    }


def today_of(session: Session, now: datetime) -> date:
    known = sheets.setting(session)
    return work_day(now, known.zone, known.day_starts)


@router.get("/timecards")
def everybody(
    request: Request, server: ServerParts, session: Db, actor: Reads, site_id: str = ""
) -> Response:
    if actor.role is Role.EMPLOYEE:
        return go(f"/timecards/{actor.person_id}")
    return _list(request, session, actor, server.now(), site_id)


def _list(request: Request, session: Session, actor: Actor, now: datetime, site_id: str) -> HTMLResponse:
    period = period_of(session, request.query_params.get("from", ""), now)
    found = timecards.rows(
        session, actor, period.from_on, period.through_on, site_id=site_id or None, now=now
    )
    rows = [
        _row(row, actor)
        for row in found
        if row.worked_seconds or row.problems or row.proposals or row.requests or row.parked
    ]
    may_approve = allows(actor, "timecards.approve") and period.closed_at is None
    return page(
        request, session, actor, "timecards.html", period=around(period), rows=rows,
        suggest=min(period.through_on, today_of(session, now) - timedelta(days=1)),
        idle=len(found) - len(rows), total=sum(row["worked"] for row in rows),
        may_approve=may_approve and period.from_on < today_of(session, now), closed=period.closed_at is not None,
        sites=people.sites(session, actor), site_id=site_id, zone=people.company_zone(session),
        kiosks=[each for each in devices.devices(session, actor) if each.status == "active"],
    )  # fmt: skip


def _row(row: timecards.Row, actor: Actor) -> dict[str, Any]:
    state, colour = cards.STATUS[row.status]
    mistakes = sum(count for severity, count in row.problems.items() if severity != "low")
    waiting = [
        *([wording.count(mistakes, "mistake")] if mistakes else []),
        *([wording.count(row.proposals, "claim")] if row.proposals else []),
        *([wording.count(row.requests, "request")] if row.requests else []),
        *([f"{row.parked} kept aside"] if row.parked else []),
    ]
    return {
        "person": row.person, "worked": row.worked_seconds, "billable": row.billable_seconds,
        "to_settle": waiting,
        "approved_through": row.person.locked_through_on, "state": state, "colour": colour,
        "ready": row.status == "ready", "own": row.person.id == actor.person_id,
    }  # fmt: skip


@router.post("/timecards/approve")
def approve_many(
    request: Request, server: ServerParts, session: Db, actor: Approves, form: Form
) -> HTMLResponse:
    """Approve each of the ticked; who cannot be approved yet is shown with the reason."""
    through_on = form.day("through_on")
    ticked = form.all("person_ids")
    if not ticked:
        raise Invalid("Tick at least one person.", field="person_ids")
    outcomes = approvals.approve_ready(
        session,
        actor,
        through_on,
        only=ticked,
        anyway=form.all("anyway"),
        now=server.now(),
        new_id=server.new_id,
    )
    return page(
        request, session, actor, "approved.html", through_on=through_on, since=form.text("from"),
        approved=[outcome for outcome in outcomes if outcome.approval],
        refused=[(outcome.person, _why_not(outcome.refusal)) for outcome in outcomes if outcome.refusal],
        kiosks=_silent(outcomes),
    )  # fmt: skip


def _why_not(refusal: Refusal) -> str:
    """Why somebody cannot be approved yet, in the words that their timecard uses."""
    if not isinstance(refusal, approvals.NotReady):
        return refusal.sentence
    facts = refusal.facts
    said = [
        f"{wording.said(wording.EXCEPTIONS, one['code'])} on {wording.day(date.fromisoformat(one['on']))}"
        for one in facts["problems"]
    ]
    claims = len(facts["proposals"])
    said += [f"{wording.count(claims, 'claim')} to answer"] if claims else []
    wishes = len(facts["requests"])
    said += [f"{wording.count(wishes, 'request')} to answer"] if wishes else []
    said += [f"{wording.count(facts['parked'], 'line')} kept aside"] if facts["parked"] else []
    said += ["Still at work"] if facts["at_work"] else []
    return ". ".join(said) + "."


def _silent(outcomes: list[approvals.Outcome]) -> dict[str, str]:
    """The kiosks whose silence alone stood in the way, by id."""
    found: dict[str, str] = {}
    for outcome in outcomes:
        if isinstance(outcome.refusal, approvals.KiosksOpen):
            found |= {kiosk["id"]: kiosk["name"] for kiosk in outcome.refusal.facts["kiosks"]}
    return found


@router.get("/timecards/{person_id}")
def card(request: Request, server: ServerParts, session: Db, actor: Reads, person_id: str) -> HTMLResponse:
    now = server.now()
    period = period_of(session, request.query_params.get("from", ""), now)
    found = timecards.timecard(session, actor, person_id, period.from_on, period.through_on, now=now)
    names = look_up(session, actor)
    others = actor.person_id != person_id
    may_adjust = allows(actor, "timecards.adjust") and others
    waiting = cases_of(session, found, names)
    may_approve = allows(actor, "timecards.approve") and others
    through_on = cards.approve_through(found, waiting, today_of(session, now)) if may_approve else None
    silent: tuple[Device, ...] = ()
    if through_on:
        silent = timecards.timecard(
            session, actor, person_id, period.from_on, through_on, now=now
        ).open_kiosks
    return page(
        request, session, actor, "timecard.html", person=found.person, period=around(period), zone=found.zone,
        base=f"/timecards/{person_id}", listed=actor.role is not Role.EMPLOYEE, may_adjust=may_adjust,
        figures=cards.figures(found), days=cards.days(found, waiting, names, may_adjust=may_adjust),
        jobs=[(names.job(each.job_id, each.task_id), each) for each in found.totals],
        to_settle=len(waiting), approved=found.status == "approved", ledger=cards.ledger(found),
        open_kiosks=found.open_kiosks, silent=silent, through_on=through_on, now=now,
        history=[
            (cards.approval_says(each, names, found.zone), each.withdrawn_at is None)
            for each in approvals.history(session, actor, person_id)
            if each.through_on >= period.from_on and each.from_on <= period.through_on
        ],
        may_withdraw=may_approve and bool(approvals.approvals(session, person_id)),
    )  # fmt: skip


def cases_of(session: Session, found: Timecard, names: Names) -> list[tuple[date, Case]]:
    """Everything on this card that somebody must decide, with its day."""
    person, known = found.person, sheets.setting(session)
    site_ids = people.sites_of(session, [person.id])[person.id]
    punches = {view.id: view for day in found.days for view in day.punches}
    claims = []
    for claim in found.proposals:
        about = timecards.claimed_on(claim, known)
        crew = cases.crew_says(
            timecards.others_left(session, site_ids, person.id, claim.claimed_at)
            if claim.kind == "out"
            else None,
            found.zone,
        )
        claims.append((about, cases.of_proposal(claim, person, found.zone, names, about=about, crew=crew)))
    requests = [
        (about, cases.of_request(one, person, names, about=about))
        for one in found.requests
        for about in (asked.asked_on(one, known),)
    ]
    claimed = {(on, claim.kind) for (on, _), claim in zip(claims, found.proposals, strict=True)}
    problems = [
        (problem.on, cases.of_problem(problem, person, punches, names))
        for problem in found.problems
        if cases.settles(problem) and (problem.on, cases.MISSING.get(problem.code)) not in claimed
    ]
    parked = [(one.on, cases.of_parked(one, person, names)) for one in found.parked]
    return [*claims, *requests, *problems, *parked]


@router.post("/timecards/{person_id}/approve")
def approve(server: ServerParts, session: Db, actor: Approves, person_id: str, form: Form) -> Response:
    approvals.approve(
        session, actor, person_id, form.day("through_on"), anyway=form.all("anyway"), now=server.now(),
        new_id=server.new_id,
    )  # fmt: skip
    return go(f"/timecards/{person_id}?from={form.text('from')}", "approved")


@router.post("/timecards/{person_id}/withdraw")
def withdraw(server: ServerParts, session: Db, actor: Approves, person_id: str, form: Form) -> Response:
    approvals.withdraw(session, actor, person_id, reason=form.text("reason"), now=server.now())
    return go(f"/timecards/{person_id}?from={form.text('from')}", "withdrawn")
