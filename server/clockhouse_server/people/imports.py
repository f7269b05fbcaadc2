"""Lists of people and badges, from a payroll system or a spreadsheet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy.orm import Session

from clockhouse_drivers import credentials as badge_numbers
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.errors import Invalid
from clockhouse_server.people import credentials, store
from clockhouse_server.people.models import Person
from clockhouse_server.people.sheets import ImportResult, Row, apply, read_rows

PEOPLE_COLUMNS: Final[Mapping[str, str]] = {
    "number": "Personnel number, with its leading zeros. Required.",
    "name": "Full name. Required.",
    "short_name": "What kiosks show.",
    "sites": "Names of the sites where they clock in, with | between them.",
    "language": "Language code such as en or pt-BR.",
    "payroll_number": "Their number in payroll, if another one.",
    "agency": "Agency, for temporary staff.",
    "cost_rate": "What an hour costs the company, e.g. 23.50.",
    "supervisor": "yes or no: leads at the kiosk.",
    "administrator": "yes or no: sets up the kiosk on site.",
    "active": "yes or no: works here.",
}
BADGE_COLUMNS: Final[Mapping[str, str]] = {
    "number": "Personnel number. Required.",
    "badge": "Badge number as printed or as a reader shows it. Required.",
}


def people(
    session: Session, actor: Actor, text: str, *, dry_run: bool, now: datetime, new_id: Callable[[], str]
) -> ImportResult:
    """Create people, or change those whose number is known; columns that are absent keep their values."""
    allow(actor, "people.write")
    rows = read_rows(text, ("number", "name"), tuple(PEOPLE_COLUMNS))
    sites = {site.name.casefold(): site.id for site in store.sites(session, actor)}
    seen: set[str] = set()

    def each(row: Row) -> str:
        number = row.get("number")
        if number in seen:
            raise Invalid("This number stands twice in the file.", field="number")
        seen.add(number)
        found = store.by_number(session, number)
        given = _person(session, row, found, sites)
        if found is None:
            store.create_person(session, actor, given, now=now, new_id=new_id)
            return "created"
        version = found.version
        changed = store.update_person(session, actor, found.id, given, now=now)
        return "unchanged" if changed.version == version else "changed"

    return apply(session, rows, each, dry_run=dry_run)


def _person(session: Session, row: Row, found: Person | None, sites: Mapping[str, str]) -> store.PersonIn:
    def kept(name: str) -> str | None:
        if name in row.values:
            return row.get(name) or None
        return None if found is None else getattr(found, name)

    if "sites" in row.values:
        named = [part.strip() for part in row.get("sites").split("|") if part.strip()]
        if unknown := [name for name in named if name.casefold() not in sites]:
            raise Invalid(f"There is no site {unknown[0]}.", field="sites")
        site_ids = tuple(sites[name.casefold()] for name in named)
    elif found is not None:
        site_ids = tuple(store.sites_of(session, [found.id])[found.id])
    else:
        site_ids = tuple(sites.values()) if len(sites) == 1 else ()
    return store.PersonIn(
        number=row.get("number"),
        name=row.get("name"),
        short_name=kept("short_name") or "",
        site_ids=site_ids,
        language=kept("language"),
        default_job_id=None if found is None else found.default_job_id,
        payroll_number=kept("payroll_number"),
        agency=kept("agency"),
        cost_rate=_amount(row) if "cost_rate" in row.values else found.cost_rate if found else None,
        supervisor=row.yes("supervisor", default=found.supervisor if found else False),
        administrator=row.yes("administrator", default=found.administrator if found else False),
        favourite_job_ids=tuple(found.favourite_job_ids) if found else (),
        pin_with=tuple(found.pin_with) if found and found.pin_with is not None else None,
        active=row.yes("active", default=found.active if found else True),
    )


def _amount(row: Row) -> Decimal | None:
    text = row.get("cost_rate")
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Invalid("Write an amount such as 23.50.", field="cost_rate") from None


def badges(
    session: Session, actor: Actor, text: str, *, dry_run: bool, now: datetime, new_id: Callable[[], str]
) -> ImportResult:
    """Give badges to people by their numbers; a badge that its owner has already is left as it is."""
    allow(actor, "badges.write")
    rows = read_rows(text, ("number", "badge"), tuple(BADGE_COLUMNS))

    def each(row: Row) -> str:
        person = store.by_number(session, row.get("number"))
        if person is None:
            raise Invalid(f"Nobody has the number {row.get('number')}.", field="number")
        try:
            having = credentials.holder(session, badge_numbers.canonical(row.get("badge")))
        except badge_numbers.NotABadge:
            having = None
        if having is not None and having.id == person.id:
            return "unchanged"
        credentials.give_badge(session, actor, person.id, row.get("badge"), now=now, new_id=new_id)
        return "created"

    return apply(session, rows, each, dry_run=dry_run)
