"""Coming and going: the sign-in page, the first page of an empty installation, sign-out, static files."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from clockhouse_server.auth import store as auth
from clockhouse_server.auth import web
from clockhouse_server.auth.web import CurrentActor, Db
from clockhouse_server.backoffice.fields import Form
from clockhouse_server.backoffice.rendering import alone, error_page, go, own_path, static_file
from clockhouse_server.errors import SignIn

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
def static(name: str) -> Response:
    return static_file(name)


@router.get("/sign-in")
def ask(request: Request, session: Db, next: str = "/") -> HTMLResponse:  # noqa: A002 - the address says next
    if not auth.users(session):
        return alone(request, "setup.html")
    return alone(request, "sign_in.html", next=own_path(next), refusal=None)


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Runs in a transaction of its own, so that a wrong try is counted."""
    target = own_path(form.text("next"))
    try:
        made = web.sign_in(request, form.text("email"), form.secret("password"))
    except SignIn as refusal:
        if request.headers.get("hx-boosted") == "true":
            return error_page(request, refusal)
        return alone(request, "sign_in.html", status=refusal.status, next=target, refusal=refusal)
    answer = go(target)
    web.set_cookie(request, answer, made)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: Db, actor: CurrentActor) -> Response:
    del actor  # asked for, because with it comes the proof that our page sent this
    answer = go("/sign-in", "signed_out")
    web.sign_out(request, session, answer)
    return answer
