"""The way from an empty database to the first punch, and the page that signing in leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth import store as auth
from clockhouse_server.auth.access import Actor, Role, allows
from clockhouse_server.auth.web import CurrentActor, Db, requires
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.devices import store as devices
from clockhouse_server.ingest import store as ingest
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import credentials
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

SetsUp = Annotated[Actor, Depends(requires("sites.write"))]


@dataclass(frozen=True)
class Step:
    """One step; `path` leads to the page where it is done, by the button `does`."""

    name: str
    says: str
    does: str
    path: str
    done: bool
    next: bool = False


@router.get("/")
def home(request: Request, session: Db, actor: CurrentActor) -> Response:
    del request
    if actor.role is Role.EMPLOYEE:
        return go(f"/timecards/{actor.person_id}")
    if allows(actor, "sites.write") and not all(step.done for step in steps(session, actor)):
        return go("/start")
    return go("/in")


@router.get("/start")
def start(request: Request, session: Db, actor: SetsUp) -> HTMLResponse:
    found = list(steps(session, actor))
    upcoming = next((index for index, step in enumerate(found) if not step.done), None)
    shown = [
        Step(step.name, step.says, step.does, step.path, step.done, next=index == upcoming)
        for index, step in enumerate(found)
    ]
    return page(
        request, session, actor, "start.html", steps=shown, finished=upcoming is None,
        waiting_for_punch=upcoming is not None and all(step.done for step in found[:4]),
        lonely=upcoming is None and allows(actor, "users.read") and len(auth.users(session)) == 1,
    )  # fmt: skip


def steps(session: Session, actor: Actor) -> Iterator[Step]:
    """Each step, and whether it is done; what is done is read from what is there."""
    yield Step(
        "Your company", "Its name, time zone and currency.", "Company", "/settings",
        people.company(session) is not None,
    )  # fmt: skip
    sites = people.sites(session, actor)
    yield Step(
        "A site", "Where a kiosk hangs and people clock in.", "Sites", "/sites" if sites else "/sites/new",
        bool(sites),
    )  # fmt: skip
    customers = jobs.customers(session, actor)
    yield Step(
        "A job", "What people clock on to. It belongs to a customer; your own work is a customer too.",
        "Jobs", "/jobs" if customers else "/customers/new", bool(jobs.jobs(session, actor, active=True)),
    )  # fmt: skip
    everybody = people.people(session, actor, active=True)
    ids = [person.id for person in everybody]
    known = bool(credentials.badged(session, ids) or credentials.pins(session, ids))
    yield Step(
        "A person", "With a badge or a PIN, and the site ticked." + (
            "" if known or not everybody else " Somebody is here; a badge or PIN is missing."
        ),
        "People", "/people" if everybody else "/people/new", known,
    )  # fmt: skip
    kiosks = devices.devices(session, actor)
    yield Step(
        "A kiosk",
        "Make a one-time code and type the command at the kiosk.",
        "Kiosks",
        "/kiosks/new",
        bool(kiosks),
    )
    yield Step(
        "The same words", "The kiosk and this server show the same words: then it is yours, and you let it in.",
        "Compare", "/kiosks", any(kiosk.status == "active" for kiosk in kiosks),
    )  # fmt: skip
    yield Step(
        "The first punch", "Hold the badge to the reader, or type the personnel number and the PIN.",
        "Who is in", "/in", ingest.any_punch(session),
    )  # fmt: skip
