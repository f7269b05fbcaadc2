"""The inbox: everything that waits for a decision, and the decisions on lines that were kept aside."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import cases
from clockhouse_server.backoffice.cases import Case
from clockhouse_server.backoffice.fields import Fields, Form, pairs
from clockhouse_server.backoffice.names import Names, look_up
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.errors import Invalid
from clockhouse_server.ingest import alarms
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import provisional
from clockhouse_server.people import store as people
from clockhouse_server.timecards import decisions, parked, sheets
from clockhouse_server.timecards import store as timecards
from clockhouse_server.timecards.pair import work_day
from clockhouse_server.timecards.parked import Place
from clockhouse_server.timecards.store import Waiting

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("parked.read"))]
Settles = Annotated[Actor, Depends(requires("parked.settle"))]
SeesKiosks = Annotated[Actor, Depends(requires("kiosks.read"))]
SettlesAlarms = Annotated[Actor, Depends(requires("alarms.settle"))]


@router.get("/exceptions")
def inbox(
    request: Request, server: ServerParts, session: Db, actor: Reads, site_id: str = ""
) -> HTMLResponse:
    waiting = timecards.inbox(session, actor, site_id=site_id or None, now=server.now())
    names = look_up(session, actor)
    known = sheets.setting(session)
    claimed = {(one.person.id, one.on, one.proposal.kind) for one in waiting if one.proposal and one.person}
    found = [
        _case(session, one, names, known)
        for one in waiting
        if not (one.problem and one.person)
        or (one.person.id, one.on, cases.MISSING.get(one.problem.code)) not in claimed
    ]
    found += [
        cases.of_temporary(
            person, work_day(person.made_at, known.zone, known.day_starts),
            may_edit=allows(actor, "people.write"), may_merge=allows(actor, "people.merge"),
        )
        for person in provisional.waiting(session, actor, site_id=site_id or None)
    ]  # fmt: skip
    groups = [
        {"name": name, "says": says, "cases": [case for case in found if case.group == group]}
        for group, name, says in cases.GROUPS
    ]
    return page(
        request, session, actor, "exceptions.html", groups=groups, total=len(found),
        people=pairs(people.people(session, actor, active=True), "number", "name"),
        known=pairs(people.people(session, actor, active=True, provisional=False), "number", "name"),
        jobs=pairs(jobs.jobs(session, actor, active=True), "code", "name"),
        alarms=len(alarms.alarms(session, actor)),
        may_adjust=allows(actor, "timecards.adjust"), may_settle=allows(actor, "parked.settle"),
        sites=people.sites(session, actor), site_id=site_id, own=actor.person_id,
    )  # fmt: skip


def _case(session: Session, one: Waiting, names: Names, known: sheets.Setting) -> Case:
    """One thing of the inbox; the inbox holds a person for each problem and each claim."""
    if one.parked is not None:
        return cases.of_parked(one.parked, one.person, names, parked.badge_of(session, one.parked))
    assert one.person is not None
    if one.request is not None:
        return cases.of_request(one.request, one.person, names, about=one.on)
    if one.proposal is not None:
        zone = timecards.zone_of(session, one.person, known)
        site_ids = people.sites_of(session, [one.person.id])[one.person.id]
        left = timecards.others_left(session, site_ids, one.person.id, one.proposal.claimed_at)
        crew = cases.crew_says(left, zone) if one.proposal.kind == "out" else ""
        return cases.of_proposal(one.proposal, one.person, zone, names, about=one.on, crew=crew)
    assert one.problem is not None
    return cases.of_problem(one.problem, one.person, {view.id: view for view in one.punches}, names)


@router.post("/exceptions/accept")
def accept(server: ServerParts, session: Db, actor: Settles, form: Form) -> Response:
    decisions.settle(
        session, actor, _place(form), "accept", reason=form.text("reason"), job_id=form.some("job_id"), now=server.now(),
        new_id=server.new_id,
    )  # fmt: skip
    return go("/exceptions", "settled")


@router.post("/exceptions/assign")
def assign(server: ServerParts, session: Db, actor: Settles, form: Form) -> Response:
    decisions.settle(
        session, actor, _place(form), "assign", reason=form.text("reason"), person_id=form.some("person_id"),
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return go("/exceptions", "assigned")


@router.post("/exceptions/set-aside")
def set_aside(server: ServerParts, session: Db, actor: Settles, form: Form) -> Response:
    decisions.settle(
        session, actor, _place(form), "set_aside", reason=form.text("reason"), now=server.now(),
        new_id=server.new_id,
    )  # fmt: skip
    return go("/exceptions", "settled")


def _place(form: Fields) -> Place:
    return Place(form.text("device_id"), form.text("epoch"), form.whole("seq"), form.text("hash"))


@router.get("/alarms")
def all_alarms(request: Request, session: Db, actor: SeesKiosks) -> HTMLResponse:
    names = look_up(session, actor)
    rows = [
        {"alarm": alarm, "device_name": names.kiosk(alarm.device_id)}
        for alarm in alarms.alarms(session, actor, waiting=False)
    ]
    return page(
        request, session, actor, "alarms.html", alarms=rows, zone=people.company_zone(session),
        may_settle=allows(actor, "alarms.settle"),
    )  # fmt: skip


@router.post("/alarms/{alarm_id}")
def settle_alarm(
    server: ServerParts, session: Db, actor: SettlesAlarms, alarm_id: str, form: Form
) -> Response:
    if not form.text("reason"):
        raise Invalid("Say what was found.", field="reason")
    alarms.settle_alarm(session, actor, alarm_id, form.text("reason"), now=server.now())
    return go("/alarms", "settled")
