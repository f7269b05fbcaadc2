"""The company, its sites and its people: every query. Writes are validated, audited, and told to kiosks."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, column, delete, or_, select, table
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, Role, allow, allow_person, allow_site, allows
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.people import checks
from clockhouse_server.people.models import Company, Person, PersonSite, Site

COMPANY: Final = "company"
LOCKED: Final[dict[str, Any]] = {"key_share": True}
"""How a person's row is locked by who settles their hours: rows that only name the person can still be added."""


@dataclass(frozen=True)
class CompanyIn:
    """What the company's settings hold; field by field as in the table."""

    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    tax_id: str = ""
    email: str = ""
    iban: str = ""
    currency: str = "EUR"
    zone: str = "UTC"
    weeks_start: int = 0
    day_starts: int = 0
    period_days: int = 14
    period_from_on: date | None = None
    invoice_prefix: str = "INV"


@dataclass(frozen=True)
class SiteIn:
    name: str
    zone: str
    language: str = "en"
    hour_cycle: int = 24
    general_job_id: str | None = None
    active: bool = True


@dataclass(frozen=True)
class PersonIn:
    """`short_name` empty: made from the name. `site_ids` are where the person may clock in.

    `supervisor` and `administrator` count at the wall; `pin_with` None leaves it to the site's policy.
    """

    number: str
    name: str
    short_name: str = ""
    site_ids: tuple[str, ...] = ()
    language: str | None = None
    default_job_id: str | None = None
    payroll_number: str | None = None
    agency: str | None = None
    cost_rate: Decimal | None = None
    supervisor: bool = False
    administrator: bool = False
    favourite_job_ids: tuple[str, ...] = ()
    pin_with: tuple[str, ...] | None = None
    active: bool = True


PIN_WITH: Final = ("rfid", "qr", "face")
"""The ways of being known to which a PIN can be added; a personnel number has one anyway."""
MOST_FAVOURITES: Final = 20


def company(session: Session) -> Company | None:
    """The company's row; None until it is set up."""
    return session.get(Company, COMPANY)


def company_zone(session: Session) -> str:
    """The zone for what has no site."""
    found = company(session)
    return "UTC" if found is None else found.zone


def save_company(session: Session, actor: Actor, given: CompanyIn, *, now: datetime) -> Company:
    """Set the company up, or change it."""
    allow(actor, "company.write")
    found = company(session)
    values = asdict(given) | {
        "name": checks.text(given.name, "name"),
        "country": checks.country(given.country),
        "currency": checks.currency(given.currency),
        "zone": checks.zone(given.zone),
        "invoice_prefix": checks.code(given.invoice_prefix),
        "period_from_on": given.period_from_on or (found.period_from_on if found else _first_monday(now)),
    }
    for name in ("street", "postcode", "city", "tax_id", "email", "iban"):
        values[name] = checks.text(values[name], name, most=200, empty=True)
    if given.weeks_start not in range(7):
        raise Invalid("Choose a day from 0 (Monday) to 6 (Sunday).", field="weeks_start")
    if given.day_starts not in range(24 * 60):
        raise Invalid("Give minutes after midnight, 0 to 1439.", field="day_starts")
    if given.period_days not in range(1, 63):
        raise Invalid("A pay period has 1 to 62 days.", field="period_days")
    if found is None:
        found = Company(id=COMPANY, **values)
        session.add(found)
        session.flush()
        audit.record(session, actor, "company.create", "company", COMPANY, now=now, after=values)
    else:
        _change(session, actor, found, values, "company", now)
    return found


def sites(session: Session, actor: Actor) -> list[Site]:
    """The sites in the actor's scope, by name."""
    query = select(Site).order_by(Site.name)
    if actor.site_ids is not None:
        query = query.where(Site.id.in_(actor.site_ids))
    return list(session.scalars(query))


def site(session: Session, actor: Actor, permission: str, site_id: str) -> Site:
    """One site within the actor's scope; raises NotFound."""
    allow_site(actor, permission, site_id)
    found = session.get(Site, site_id)
    if found is None:
        raise NotFound("There is no such site.", field="site_id")
    return found


def create_site(
    session: Session, actor: Actor, given: SiteIn, *, now: datetime, new_id: Callable[[], str]
) -> Site:
    allow(actor, "sites.write")
    values = _site_values(session, given, None)
    made_id = new_id()
    audit.record(session, actor, "site.create", "site", made_id, now=now, after=values)
    made = Site(id=made_id, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    return made


def update_site(session: Session, actor: Actor, site_id: str, given: SiteIn, *, now: datetime) -> Site:
    found = site(session, actor, "sites.write", site_id)
    if _change(session, actor, found, _site_values(session, given, site_id), "site", now):
        found.version = roster_version(session)
    return found


def _site_values(session: Session, given: SiteIn, site_id: str | None) -> dict[str, Any]:
    values = asdict(given) | {
        "name": checks.text(given.name, "name"),
        "zone": checks.zone(given.zone),
        "language": checks.language(given.language),
        "general_job_id": _known_job(session, given.general_job_id, "general_job_id"),
    }
    if given.hour_cycle not in {12, 24}:
        raise Invalid("Choose 12 or 24.", field="hour_cycle")
    taken = session.scalar(select(Site.id).where(Site.name == values["name"]))
    if taken not in {None, site_id}:
        raise Conflict("There is a site of this name already.", field="name")
    return values


def people(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    site_id: str | None = None,
    active: bool | None = None,
    provisional: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Person]:
    """People in the actor's scope by number; `q` is part of a name or number, `after` the last number seen."""
    query = _in_scope(select(Person), actor).order_by(Person.number)
    if q.strip():
        query = query.where(or_(Person.name.icontains(q.strip(), autoescape=True),
                                Person.number.icontains(q.strip(), autoescape=True)))  # fmt: skip
    if site_id is not None:
        query = query.where(Person.id.in_(select(PersonSite.person_id).where(PersonSite.site_id == site_id)))
    if active is not None:
        query = query.where(Person.active.is_(active))
    if provisional is not None:
        query = query.where(Person.provisional.is_(provisional))
    if after is not None:
        query = query.where(Person.number > after)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def _in_scope(query: Select[Any], actor: Actor) -> Select[Any]:
    if actor.role is Role.EMPLOYEE:
        return query.where(Person.id == actor.person_id)
    if actor.site_ids is None:
        return query
    theirs = select(PersonSite.person_id).where(PersonSite.site_id.in_(actor.site_ids))
    return query.where(Person.id.in_(theirs))


def person(session: Session, actor: Actor, permission: str, person_id: str) -> Person:
    """One person whom the actor may reach with this permission; raises Forbidden or NotFound."""
    allow(actor, permission)
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is no such person.", field="person_id")
    allow_person(actor, permission, person_id, sites_of(session, [person_id])[person_id])
    return found


def sites_of(session: Session, person_ids: Iterable[str]) -> dict[str, list[str]]:
    """The site ids of each person, an empty list for somebody without."""
    found: dict[str, list[str]] = defaultdict(list)
    wanted = list(person_ids)
    query = select(PersonSite).where(PersonSite.person_id.in_(wanted)).order_by(PersonSite.site_id)
    for row in session.scalars(query):
        found[row.person_id].append(row.site_id)
    return {person_id: found[person_id] for person_id in wanted}


def names(session: Session) -> dict[str, str]:
    """What everybody is called, by id, whoever asks: they stand behind what they did."""
    return dict(session.execute(select(Person.id, Person.name)).all())


def by_number(session: Session, number: str) -> Person | None:
    return session.scalar(select(Person).where(Person.number == number))


def create_person(
    session: Session, actor: Actor, given: PersonIn, *, now: datetime, new_id: Callable[[], str]
) -> Person:
    allow(actor, "people.write")
    values = _person_values(session, given, None)
    wanted = _known_sites(session, given.site_ids)
    made_id = new_id()
    facts = values | {"site_ids": wanted}
    audit.record(session, actor, "person.create", "person", made_id, now=now, after=facts)
    made = Person(id=made_id, made_at=now, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    session.add_all(PersonSite(person_id=made.id, site_id=site_id) for site_id in wanted)
    session.flush()
    return made


def update_person(
    session: Session, actor: Actor, person_id: str, given: PersonIn, *, now: datetime
) -> Person:
    """Replace what the form holds. A change of sites or of `active` reaches kiosks with badges, PIN and state."""
    found = person(session, actor, "people.write", person_id)
    if found.merged_into_id is not None:
        raise Conflict("This was a temporary worker who is known by now. Change that person instead.")
    values = _person_values(session, given, person_id)
    if given.cost_rate is None and not allows(actor, "rates.read"):
        values["cost_rate"] = found.cost_rate  # whoever cannot see it does not clear it either
    wanted = _known_sites(session, given.site_ids)
    held = sites_of(session, [person_id])[person_id]
    moved = set(wanted) != set(held)
    if values["language"] != found.language:
        found.preferences_at = now  # what they chose at a wall before today counts no more
    if values["number"] != found.number:
        found.provisional = False  # whoever gives them a number knows who they are
    changed = _change(
        session, actor, found, values, "person", now,
        beside=({"site_ids": held}, {"site_ids": wanted}) if moved else None,
    )  # fmt: skip
    if moved:
        session.execute(delete(PersonSite).where(PersonSite.person_id == person_id))
        session.add_all(PersonSite(person_id=person_id, site_id=site_id) for site_id in wanted)
        session.flush()
    if changed or moved:
        found.version = roster_version(session)
        session.flush()
    return found


def _person_values(session: Session, given: PersonIn, person_id: str | None) -> dict[str, Any]:
    name = checks.text(given.name, "name")
    values: dict[str, Any] = {
        "number": checks.number(given.number),
        "name": name,
        "short_name": checks.text(given.short_name, "short_name", most=40, empty=True) or short_name(name),
        "language": checks.language(given.language) if given.language else None,
        "default_job_id": _known_job(session, given.default_job_id, "default_job_id"),
        "payroll_number": _optional(given.payroll_number, "payroll_number"),
        "agency": _optional(given.agency, "agency"),
        "cost_rate": given.cost_rate,
        "supervisor": given.supervisor,
        "administrator": given.administrator,
        "favourite_job_ids": _favourites(session, given.favourite_job_ids),
        "pin_with": None if given.pin_with is None else ways(given.pin_with, "pin_with"),
        "active": given.active,
    }
    if given.cost_rate is not None and not 0 <= given.cost_rate < 1_000_000:
        raise Invalid("Give an amount of 0 or more.", field="cost_rate")
    taken = by_number(session, values["number"])
    if taken is not None and taken.id != person_id:
        raise Conflict(f"{taken.name} has this personnel number already.", field="number")
    return values


def short_name(name: str) -> str:
    """What a kiosk greets with: the first name and an initial; one word stays as it is."""
    first, *rest = name.split()
    return f"{first} {rest[-1][0]}."[:40] if rest else first[:40]


def _known_job(session: Session, job_id: str | None, field: str) -> str | None:
    # Jobs belong to a later stage, so they are asked for by name of the table alone.
    jobs = table("jobs", column("id"))
    if job_id and session.scalar(select(jobs.c.id).where(jobs.c.id == job_id)) is None:
        raise Invalid(f"There is no job {job_id}.", field=field)
    return job_id or None


def _favourites(session: Session, job_ids: Collection[str]) -> list[str]:
    wanted = list(dict.fromkeys(job_ids))
    if len(wanted) > MOST_FAVOURITES:
        raise Invalid(f"Choose at most {MOST_FAVOURITES} jobs.", field="favourite_job_ids")
    for job_id in wanted:
        _known_job(session, job_id, "favourite_job_ids")
    return wanted


def ways(given: Collection[str], field: str) -> list[str]:
    """The ways of being known that a PIN is added to, in the order of the protocol."""
    if unknown := sorted(set(given) - set(PIN_WITH)):
        raise Invalid(f"A PIN cannot be asked for with {unknown[0]}.", field=field)
    return [way for way in PIN_WITH if way in given]


def _optional(value: str | None, field: str) -> str | None:
    return checks.text(value, field, empty=True) or None if value else None


def _known_sites(session: Session, site_ids: Collection[str]) -> list[str]:
    wanted = sorted(set(site_ids))
    known = set(session.scalars(select(Site.id).where(Site.id.in_(wanted))))
    if missing := [site_id for site_id in wanted if site_id not in known]:
        raise Invalid(f"There is no site {missing[0]}.", field="site_ids")
    return wanted


def lock_through(session: Session, person_id: str, through_on: date | None) -> None:
    """Set the day up to which late punches park. Approval's word, written here so that ingest need not look up."""
    found = session.get(Person, person_id, with_for_update=LOCKED)
    if found is None:
        raise NotFound("There is no such person.", field="person_id")
    found.locked_through_on = through_on
    session.flush()


def _change(
    session: Session,
    actor: Actor,
    found: Any,
    values: dict[str, Any],
    subject: str,
    now: datetime,
    beside: tuple[dict[str, Any], dict[str, Any]] | None = None,
) -> bool:
    """Apply values and audit what differs; False where nothing does."""
    old, new = audit.changes({name: getattr(found, name) for name in values}, values)
    if beside is not None:
        old, new = old | beside[0], new | beside[1]
    if not new:
        return False
    for name, value in values.items():
        setattr(found, name, value)
    session.flush()
    audit.record(session, actor, f"{subject}.change", subject, found.id, now=now, before=old, after=new)
    return True


def _first_monday(now: datetime) -> date:
    return date.fromordinal(now.date().toordinal() - now.weekday())
