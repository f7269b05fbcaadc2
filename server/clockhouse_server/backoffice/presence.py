"""Who is in: each site's people at work, and how old that knowledge is."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.names import Names, look_up
from clockhouse_server.backoffice.rendering import page
from clockhouse_server.devices import store as devices
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import store as ingest
from clockhouse_server.ingest.models import LastState
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, Site
from clockhouse_server.timecards.exceptions import STILL_AT_WORK

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("punches.read"))]

STALE_AFTER: Final = timedelta(minutes=10)


@router.get("/in")
def who_is_in(request: Request, server: ServerParts, session: Db, actor: Reads) -> HTMLResponse:
    now = server.now()
    known = {person.id: person for person in people.people(session, actor)}
    states = [state for state in ingest.last_states(session, known).values() if state.kind != "out"]
    names = look_up(session, actor)
    kiosks = [kiosk for kiosk in devices.devices(session, actor) if kiosk.status == "active"]
    sites = [
        _site(site, [state for state in states if state.site_id == site.id], known, kiosks, names, now)
        for site in people.sites(session, actor)
        if site.active
    ]
    shown = {site.id for site in people.sites(session, actor) if site.active}
    if lost := [state for state in states if state.site_id not in shown]:
        nowhere = Site(id="", name="Elsewhere", zone=people.company_zone(session))
        sites.append(_site(nowhere, lost, known, [], names, now))
    return page(
        request, session, actor, "presence.html", sites=sites, now=now, total=sum(site["at_work"] for site in sites),
        cards=allows(actor, "timecards.read"), first=_first_steps(session, actor),
    )  # fmt: skip


def _first_steps(session: Session, actor: Actor) -> bool:
    """Whether somebody who sets things up has not seen a punch yet."""
    return allows(actor, "sites.write") and not ingest.any_punch(session)


def _site(
    site: Site,
    states: list[LastState],
    known: dict[str, Person],
    kiosks: list[Device],
    names: Names,
    now: datetime,
) -> dict[str, Any]:
    here = [kiosk for kiosk in kiosks if kiosk.site_id == site.id]
    today = now.astimezone(ZoneInfo(site.zone)).date()
    rows = [_row(state, known[state.employee_id], site, names, today, now) for state in states]
    rows.sort(key=lambda row: row["name"].casefold())
    return {
        "name": site.name,
        "zone": site.zone,
        "people": rows,
        "at_work": sum(row["state"] == "at work" for row in rows),
        "on_break": sum(row["state"] == "on a break" for row in rows),
        "kiosks": [
            {
                "name": kiosk.name,
                "at": kiosk.complete_through_at,
                "stale": kiosk.complete_through_at is None or now - kiosk.complete_through_at > STALE_AFTER,
            }
            for kiosk in here
        ],
    }


def _row(
    state: LastState, person: Person, site: Site, names: Names, today: Any, now: datetime
) -> dict[str, Any]:
    word, colour = wording.STATES[state.kind]
    on = state.at.astimezone(ZoneInfo(site.zone)).date()
    return {
        "id": person.id,
        "name": person.name,
        "number": person.number,
        "state": word,
        "colour": colour,
        "at": state.at,
        "on": on if on != today else None,
        "job": names.job(state.job_id, state.task_id) if state.job_id else "",
        "old": now - state.at > STILL_AT_WORK,
    }
