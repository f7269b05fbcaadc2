"""The company, sites, people and badges below /api/v1/."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.describing import CSV_IN
from clockhouse_server.errors import NotFound
from clockhouse_server.people import credentials, imports, sheets, store
from clockhouse_server.people.models import Credential, Person

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["people"])

CompanyRead = Annotated[Actor, Depends(requires("company.read"))]
CompanyWrite = Annotated[Actor, Depends(requires("company.write"))]
SitesRead = Annotated[Actor, Depends(requires("sites.read"))]
SitesWrite = Annotated[Actor, Depends(requires("sites.write"))]
PeopleRead = Annotated[Actor, Depends(requires("people.read"))]
PeopleWrite = Annotated[Actor, Depends(requires("people.write"))]
BadgesWrite = Annotated[Actor, Depends(requires("badges.write"))]


async def csv_body(request: Request) -> str:
    """The request's body as CSV text."""
    return sheets.decode(await request.body())


CsvBody = Annotated[str, Depends(csv_body)]


class CompanyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    street: str
    postcode: str
    city: str
    country: str
    tax_id: str
    email: str
    iban: str
    currency: str
    zone: str
    weeks_start: int
    day_starts: int
    period_days: int
    period_from_on: date
    invoice_prefix: str


class SiteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    name: str
    zone: str
    language: str
    hour_cycle: int
    general_job_id: str | None
    active: bool


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    number: str
    name: str
    short_name: str
    site_ids: list[str]
    language: str | None
    default_job_id: str | None
    payroll_number: str | None
    agency: str | None
    cost_rate: Decimal | None
    supervisor: bool
    administrator: bool
    favourite_job_ids: list[str]
    pin_with: list[str] | None
    provisional: bool
    merged_into_id: str | None
    active: bool
    locked_through_on: date | None


class BadgeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    person_id: str
    kind: str
    value: str
    weak: bool
    active: bool
    made_at: datetime
    revoked_at: datetime | None


class BadgeIn(BaseModel):
    badge: str
    weak: bool = False


class PinIn(BaseModel):
    pin: str


class ProblemOut(BaseModel):
    line: int
    field: str | None
    says: str


class ImportOut(BaseModel):
    """With problems, nothing was changed."""

    model_config = ConfigDict(from_attributes=True)
    created: int
    changed: int
    unchanged: int
    dry_run: bool
    problems: list[ProblemOut]


def import_out(result: sheets.ImportResult) -> ImportOut:
    problems = [ProblemOut(line=row.line, field=row.field, says=row.says) for row in result.problems]
    return ImportOut(
        created=result.created, changed=result.changed, unchanged=result.unchanged,
        dry_run=result.dry_run, problems=problems,
    )  # fmt: skip


@router.get("/company")
def company(session: Db, actor: CompanyRead) -> CompanyOut:
    found = store.company(session)
    if found is None:
        raise NotFound("The company is not set up yet.")
    return CompanyOut.model_validate(found)


@router.put("/company")
def save_company(
    session: Db, actor: CompanyWrite, server: ServerParts, given: Annotated[store.CompanyIn, Body()]
) -> CompanyOut:
    return CompanyOut.model_validate(store.save_company(session, actor, given, now=server.now()))


@router.get("/sites")
def sites(session: Db, actor: SitesRead) -> list[SiteOut]:
    return [SiteOut.model_validate(site) for site in store.sites(session, actor)]


@router.post("/sites", status_code=201)
def create_site(
    session: Db, actor: SitesWrite, server: ServerParts, given: Annotated[store.SiteIn, Body()]
) -> SiteOut:
    made = store.create_site(session, actor, given, now=server.now(), new_id=server.new_id)
    return SiteOut.model_validate(made)


@router.get("/sites/{site_id}")
def site(session: Db, actor: SitesRead, site_id: str) -> SiteOut:
    return SiteOut.model_validate(store.site(session, actor, "sites.read", site_id))


@router.put("/sites/{site_id}")
def update_site(
    session: Db, actor: SitesWrite, server: ServerParts, site_id: str, given: Annotated[store.SiteIn, Body()]
) -> SiteOut:
    return SiteOut.model_validate(store.update_site(session, actor, site_id, given, now=server.now()))


def _person(row: Person, site_ids: list[str], actor: Actor) -> PersonOut:
    """What an hour costs is for those who see rates."""
    names = PersonOut.model_fields.keys() - {"site_ids", "cost_rate"}
    cost = row.cost_rate if allows(actor, "rates.read") else None
    return PersonOut(site_ids=site_ids, cost_rate=cost, **{name: getattr(row, name) for name in names})


def _one(session: Db, row: Person, actor: Actor) -> PersonOut:
    return _person(row, store.sites_of(session, [row.id])[row.id], actor)


@router.get("/people")
def people(
    session: Db,
    actor: PeopleRead,
    q: str = "",
    site_id: str | None = None,
    active: bool | None = None,
    provisional: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PersonOut]:
    rows = store.people(
        session,
        actor,
        q=q,
        site_id=site_id,
        active=active,
        provisional=provisional,
        after=after(cursor),
        limit=limit + 1,
    )
    held = store.sites_of(session, [row.id for row in rows])
    return page(rows, limit, lambda row: row.number, lambda row: _person(row, held[row.id], actor))


@router.post("/people", status_code=201)
def create_person(
    session: Db, actor: PeopleWrite, server: ServerParts, given: Annotated[store.PersonIn, Body()]
) -> PersonOut:
    made = store.create_person(session, actor, given, now=server.now(), new_id=server.new_id)
    return _one(session, made, actor)


@router.post("/people/import", openapi_extra=CSV_IN)
def import_people(
    session: Db, actor: PeopleWrite, server: ServerParts, text: CsvBody, dry_run: bool = False
) -> ImportOut:
    """CSV in the body; all or nothing."""
    result = imports.people(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    return import_out(result)


@router.get("/people/{person_id}")
def person(session: Db, actor: PeopleRead, person_id: str) -> PersonOut:
    return _one(session, store.person(session, actor, "people.read", person_id), actor)


@router.put("/people/{person_id}")
def update_person(
    session: Db,
    actor: PeopleWrite,
    server: ServerParts,
    person_id: str,
    given: Annotated[store.PersonIn, Body()],
) -> PersonOut:
    return _one(session, store.update_person(session, actor, person_id, given, now=server.now()), actor)


@router.get("/people/{person_id}/badges")
def badges(session: Db, actor: PeopleRead, person_id: str) -> list[BadgeOut]:
    store.person(session, actor, "people.read", person_id)
    return [BadgeOut.model_validate(badge) for badge in credentials.badges(session, person_id)]


@router.post("/people/{person_id}/badges", status_code=201)
def give_badge(
    session: Db, actor: BadgesWrite, server: ServerParts, person_id: str, given: BadgeIn
) -> BadgeOut:
    made: Credential = credentials.give_badge(
        session, actor, person_id, given.badge, weak=given.weak, now=server.now(), new_id=server.new_id
    )
    return BadgeOut.model_validate(made)


@router.post("/badges/import", openapi_extra=CSV_IN)
def import_badges(
    session: Db, actor: BadgesWrite, server: ServerParts, text: CsvBody, dry_run: bool = False
) -> ImportOut:
    """CSV in the body; all or nothing."""
    result = imports.badges(session, actor, text, dry_run=dry_run, now=server.now(), new_id=server.new_id)
    return import_out(result)


@router.delete("/badges/{badge_id}")
def take_badge(session: Db, actor: BadgesWrite, server: ServerParts, badge_id: str) -> BadgeOut:
    return BadgeOut.model_validate(credentials.take_badge(session, actor, badge_id, now=server.now()))


@router.put("/people/{person_id}/pin", status_code=204)
def set_pin(session: Db, actor: BadgesWrite, server: ServerParts, person_id: str, given: PinIn) -> None:
    credentials.set_pin(
        session, actor, person_id, given.pin, keys=server.keys, now=server.now(), new_token=server.new_token
    )
