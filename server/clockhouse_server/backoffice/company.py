"""Settings: the company and its sites."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice.fields import Fields, Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

ManagesCompany = Annotated[Actor, Depends(requires("company.write"))]
ManagesSites = Annotated[Actor, Depends(requires("sites.write"))]

WEEKDAYS: Final = tuple(
    enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
)


@router.get("/settings")
def company(request: Request, session: Db, actor: ManagesCompany) -> HTMLResponse:
    found = people.company(session) or people.CompanyIn(name="")
    return page(
        request, session, actor, "settings.html", company=found, weekdays=WEEKDAYS,
        day_starts=f"{found.day_starts // 60:02}:{found.day_starts % 60:02}",
    )  # fmt: skip


@router.post("/settings")
def save_company(server: ServerParts, session: Db, actor: ManagesCompany, form: Form) -> Response:
    first = people.company(session) is None
    given = people.CompanyIn(
        name=form.text("name"), street=form.text("street"), postcode=form.text("postcode"), city=form.text("city"),
        country=form.text("country"), tax_id=form.text("tax_id"), email=form.text("email"), iban=form.text("iban"),
        currency=form.text("currency"), zone=form.text("zone"), weeks_start=form.whole("weeks_start"),
        day_starts=form.minutes("day_starts"), period_days=form.whole("period_days"),
        period_from_on=form.day("period_from_on") if form.text("period_from_on") else None,
        invoice_prefix=form.text("invoice_prefix"),
    )  # fmt: skip
    people.save_company(session, actor, given, now=server.now())
    return go("/start" if first else "/settings", "saved")


@router.get("/sites")
def sites(request: Request, session: Db, actor: ManagesSites) -> HTMLResponse:
    return page(request, session, actor, "sites.html", sites=people.sites(session, actor))


@router.get("/sites/new")
def new_site(request: Request, session: Db, actor: ManagesSites) -> HTMLResponse:
    site = people.SiteIn(name="", zone=people.company_zone(session))
    return _site_page(request, session, actor, site, None)


@router.post("/sites/new")
def add_site(server: ServerParts, session: Db, actor: ManagesSites, form: Form) -> Response:
    first = not people.sites(session, actor)
    people.create_site(session, actor, _site(form, active=True), now=server.now(), new_id=server.new_id)
    return go("/start" if first else "/sites", "added")


@router.get("/sites/{site_id}")
def site(request: Request, session: Db, actor: ManagesSites, site_id: str) -> HTMLResponse:
    found = people.site(session, actor, "sites.write", site_id)
    return _site_page(request, session, actor, found, found.id)


@router.post("/sites/{site_id}")
def save_site(server: ServerParts, session: Db, actor: ManagesSites, site_id: str, form: Form) -> Response:
    given = _site(form, active=form.ticked("active"))
    people.update_site(session, actor, site_id, given, now=server.now())
    return go("/sites", "saved")


def _site_page(
    request: Request, session: Db, actor: Actor, shown: object, site_id: str | None
) -> HTMLResponse:
    here = jobs.jobs(session, actor, site_id=site_id, active=True)
    return page(
        request, session, actor, "site.html", site=shown, site_id=site_id,
        action=f"/sites/{site_id or 'new'}", jobs=pairs(here, "code", "name"),
    )  # fmt: skip


def _site(form: Fields, *, active: bool) -> people.SiteIn:
    return people.SiteIn(
        name=form.text("name"), zone=form.text("zone"), language=form.text("language"),
        hour_cycle=form.whole("hour_cycle"), general_job_id=form.some("general_job_id"), active=active,
    )  # fmt: skip
