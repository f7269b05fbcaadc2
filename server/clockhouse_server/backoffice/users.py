"""Users: who signs in here, as what, and for which sites."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth import store as auth
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.models import User
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.fields import Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("users.read"))]
Edits = Annotated[Actor, Depends(requires("users.write"))]


@router.get("/users")
def everybody(request: Request, session: Db, actor: Reads) -> HTMLResponse:
    names = {site.id: site.name for site in people.sites(session, actor)}
    persons = {person.id: person.name for person in people.people(session, actor)}

    def sees(user: User) -> str:
        match user.role:
            case Role.SUPERVISOR:
                return ", ".join(
                    names[site_id] for site_id in auth.site_ids(session, user.id) if site_id in names
                )
            case Role.EMPLOYEE:
                return persons.get(user.person_id or "", "nobody")
            case _:
                return "every site"

    rows = [{"user": user, "sees": sees(user)} for user in auth.users(session)]
    return page(request, session, actor, "users.html", users=rows)


@router.get("/users/new")
def new(request: Request, session: Db, actor: Edits) -> HTMLResponse:
    blank = {"id": None, "name": "", "email": "", "role": Role.BACK_OFFICE.value, "person_id": None}
    return _user_page(request, session, actor, blank, None)


@router.post("/users/new")
def add(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    auth.create_user(
        session, actor, email=form.text("email"), name=form.text("name"), password=form.secret("password"),
        role=form.text("role"), sites=form.all("site_ids"), person_id=form.some("person_id"),
        now=server.now(), new_id=server.new_id, new_token=server.new_token,
    )  # fmt: skip
    return go("/users", "user")


@router.get("/users/{user_id}")
def user(request: Request, session: Db, actor: Edits, user_id: str) -> HTMLResponse:
    return _user_page(request, session, actor, auth.user(session, user_id), user_id)


@router.post("/users/{user_id}")
def save(server: ServerParts, session: Db, actor: Edits, user_id: str, form: Form) -> Response:
    auth.update_user(
        session, actor, user_id, name=form.text("name"), role=form.text("role"), sites=form.all("site_ids"),
        person_id=form.some("person_id"), active=form.ticked("active"), now=server.now(),
    )  # fmt: skip
    if form.secret("password"):
        auth.set_password(
            session, actor, user_id, form.secret("password"), now=server.now(), new_token=server.new_token
        )
    return go("/users", "user")


def _user_page(
    request: Request, session: Session, actor: Actor, shown: Any, user_id: str | None
) -> HTMLResponse:
    return page(
        request, session, actor, "user.html", user=shown, action=f"/users/{user_id or 'new'}",
        roles=list(wording.ROLES.items()),
        sites=people.sites(session, actor),
        site_ids=auth.site_ids(session, user_id) if user_id else [],
        people=pairs(people.people(session, actor, active=True), "number", "name"),
    )  # fmt: skip
