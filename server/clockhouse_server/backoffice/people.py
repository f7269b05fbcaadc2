"""People: the list, one person with badges and PIN, and lists from elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.fields import Fields, Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import credentials, imports
from clockhouse_server.people import store as people
from clockhouse_server.people.sheets import ImportResult
from clockhouse_server.timecards import merging

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("people.read"))]
Edits = Annotated[Actor, Depends(requires("people.write"))]
Merges = Annotated[Actor, Depends(requires("people.merge"))]
GivesBadges = Annotated[Actor, Depends(requires("badges.write"))]


@router.get("/people")
def everybody(request: Request, session: Db, actor: Reads, q: str = "", site: str = "") -> HTMLResponse:
    found = people.people(session, actor, q=q, site_id=site or None)
    ids = [person.id for person in found]
    names = {each.id: each.name for each in people.sites(session, actor)}
    at = people.sites_of(session, ids)
    badged, pinned = credentials.badged(session, ids), credentials.pins(session, ids)
    rows = [
        {
            "person": person,
            "sites": [names[site_id] for site_id in at[person.id] if site_id in names],
            "identified": _identified(badge=person.id in badged, pin=person.id in pinned),
        }
        for person in found
    ]
    return page(
        request, session, actor, "people.html", people=rows, q=q, site_id=site,
        everybody=len(people.people(session, actor)), sites=people.sites(session, actor),
        may_edit=allows(actor, "people.write"), may_badge=allows(actor, "badges.write"),
    )  # fmt: skip


def _identified(*, badge: bool, pin: bool) -> str:
    ways = [name for name, held in (("badge", badge), ("PIN", pin)) if held]
    return " and ".join(ways) or "nothing yet"


@router.get("/people/new")
def new(request: Request, session: Db, actor: Edits) -> HTMLResponse:
    sites = people.sites(session, actor)
    blank = people.PersonIn(number="", name="", site_ids=tuple(site.id for site in sites if len(sites) == 1))
    return _person_page(request, session, actor, blank, None, blank.site_ids)


@router.post("/people/new")
def add(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    """A person, with badge and PIN where they were given: all of it or nothing."""
    now = server.now()
    made = people.create_person(session, actor, _person(form, active=True), now=now, new_id=server.new_id)
    if form.text("badge"):
        credentials.give_badge(session, actor, made.id, form.text("badge"), now=now, new_id=server.new_id)
    if form.text("pin"):
        credentials.set_pin(
            session, actor, made.id, form.text("pin"), keys=server.keys, now=now, new_token=server.new_token
        )
    return go(f"/people/{made.id}", "added")


@router.get("/people/import")
def ask_for_list(request: Request, session: Db, actor: Edits) -> HTMLResponse:
    return _import_page(request, session, actor, None, "")


@router.post("/people/import")
def take_list(form: Form, request: Request, server: ServerParts, session: Db, actor: Edits) -> Response:
    """The form comes first: it is read once, and here a field may be as large as a list."""
    text = form.file_text("file", sent_again="text")
    dry_run = form.text("step") != "import"
    result = imports.people(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    if dry_run or result.problems:
        return _import_page(request, session, actor, result, text)
    return go("/people", "imported")


@router.get("/people/badges")
def ask_for_badges(request: Request, session: Db, actor: GivesBadges) -> HTMLResponse:
    return _badges_page(request, session, actor, None, "")


@router.post("/people/badges")
def take_badges(
    form: Form, request: Request, server: ServerParts, session: Db, actor: GivesBadges
) -> Response:
    """As take_list, for badges."""
    text = form.file_text("file", sent_again="text")
    dry_run = form.text("step") != "import"
    result = imports.badges(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    if dry_run or result.problems:
        return _badges_page(request, session, actor, result, text)
    return go("/people", "imported")


def _badges_page(
    request: Request, session: Session, actor: Actor, result: ImportResult | None, text: str
) -> HTMLResponse:
    return page(
        request, session, actor, "import.html", title="Import badges", back=("/people", "People"),
        columns=imports.BADGE_COLUMNS.items(), action="/people/badges", result=result, text=text,
    )  # fmt: skip


def _import_page(
    request: Request, session: Session, actor: Actor, result: ImportResult | None, text: str
) -> HTMLResponse:
    return page(
        request, session, actor, "import.html", title="Import people", back=("/people", "People"),
        columns=imports.PEOPLE_COLUMNS.items(), action="/people/import", result=result, text=text,
    )  # fmt: skip


@router.get("/people/{person_id}")
def person(request: Request, session: Db, actor: Reads, person_id: str) -> HTMLResponse:
    found = people.person(session, actor, "people.read", person_id)
    site_ids = people.sites_of(session, [person_id])[person_id]
    return _person_page(request, session, actor, found, person_id, site_ids)


@router.post("/people/{person_id}")
def save(server: ServerParts, session: Db, actor: Edits, person_id: str, form: Form) -> Response:
    given = _person(form, active=form.ticked("active"))
    people.update_person(session, actor, person_id, given, now=server.now())
    return go(f"/people/{person_id}", "saved")


@router.post("/people/{person_id}/merge")
def merge(server: ServerParts, session: Db, actor: Merges, person_id: str, form: Form) -> Response:
    """A temporary worker turned out to be somebody known."""
    into = merging.merge(
        session, actor, person_id, form.text("into_id"), now=server.now(), new_id=server.new_id
    )
    return go(f"/timecards/{into.id}", "merged")


@router.post("/people/{person_id}/badges")
def give_badge(server: ServerParts, session: Db, actor: GivesBadges, person_id: str, form: Form) -> Response:
    credentials.give_badge(
        session, actor, person_id, form.text("badge"), now=server.now(), new_id=server.new_id
    )
    return go(f"/people/{person_id}", "badge")


@router.post("/people/{person_id}/badges/{credential_id}/take-back")
def take_badge(
    server: ServerParts, session: Db, actor: GivesBadges, person_id: str, credential_id: str
) -> Response:
    credentials.take_badge(session, actor, credential_id, now=server.now())
    return go(f"/people/{person_id}", "badge_back")


@router.post("/people/{person_id}/pin")
def set_pin(server: ServerParts, session: Db, actor: GivesBadges, person_id: str, form: Form) -> Response:
    credentials.set_pin(
        session,
        actor,
        person_id,
        form.text("pin"),
        keys=server.keys,
        now=server.now(),
        new_token=server.new_token,
    )
    return go(f"/people/{person_id}", "pin")


def _person_page(
    request: Request,
    session: Session,
    actor: Actor,
    shown: object,
    person_id: str | None,
    site_ids: list[str] | tuple[str, ...],
) -> HTMLResponse:
    return page(
        request, session, actor, "person.html", person=shown, person_id=person_id, site_ids=site_ids,
        action=f"/people/{person_id or 'new'}",
        sites=people.sites(session, actor),
        jobs=pairs(jobs.jobs(session, actor, active=True), "code", "name"),
        badges=credentials.badges(session, person_id) if person_id else [],
        pin=credentials.pin(session, person_id) if person_id else None,
        zone=people.company_zone(session),
        may_edit=allows(actor, "people.write"), may_badge=allows(actor, "badges.write"),
        ways=wording.PIN_WITH, may_merge=allows(actor, "people.merge"),
        known=pairs(people.people(session, actor, active=True, provisional=False), "number", "name")
        if getattr(shown, "provisional", False) else [],
        sees_cost=allows(actor, "rates.read"), sees_timecard=allows(actor, "timecards.read"),
    )  # fmt: skip


def _person(form: Fields, *, active: bool) -> people.PersonIn:
    return people.PersonIn(
        number=form.text("number"), name=form.text("name"), short_name=form.text("short_name"),
        site_ids=tuple(form.all("site_ids")), language=form.some("language"),
        default_job_id=form.some("default_job_id"), payroll_number=form.some("payroll_number"),
        agency=form.some("agency"), cost_rate=form.decimal("cost_rate"), supervisor=form.ticked("supervisor"),
        administrator=form.ticked("administrator"), favourite_job_ids=tuple(form.all("favourite_job_ids")),
        pin_with=tuple(form.all("pin_with")) if form.text("pin_rule") == "own" else None, active=active,
    )  # fmt: skip
