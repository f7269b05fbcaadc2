"""At the wall: what a site's kiosks say and ask, and how people are known there."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.fields import Fields, Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.errors import Invalid
from clockhouse_server.people import store as people
from clockhouse_server.timecards.answers import words_of
from clockhouse_server.wall import store as wall

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("wall.read"))]
Edits = Annotated[Actor, Depends(requires("wall.write"))]
Sends = Annotated[Actor, Depends(requires("messages.write"))]

LANGUAGES: Final = (("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("ar", "العربية"))
"""The languages of the kiosk's own screens."""
EVERYBODY: Final = "everybody"


@router.get("/wall")
def overview(request: Request, session: Db, actor: Reads, site_id: str = "") -> HTMLResponse:
    sites = [site for site in people.sites(session, actor) if site.active]
    site = next((each for each in sites if each.id == site_id), sites[0] if sites else None)
    shown: dict[str, Any] = {"messages": [], "questions": [], "policy": None, "people": []}
    if site is not None:
        here = people.people(session, actor, site_id=site.id, active=True)
        shown = {
            "messages": wall.messages(session, actor, site_id=site.id),
            "questions": [
                {"question": each, "words": words_of(each), "languages": _languages(each.text)}
                for each in wall.questions(session, actor, site.id)
            ],
            "policy": wall.policy(session, actor, site.id),
            "people": [(EVERYBODY, f"Everybody at {site.name}"), *pairs(here, "number", "name")],
        }
    return page(
        request, session, actor, "wall.html", sites=sites, site=site, kinds=wording.KINDS,
        ways=wording.PIN_WITH, answers=wording.ANSWERS, zone=people.company_zone(session),
        may_edit=allows(actor, "wall.write"), may_send=allows(actor, "messages.write"), **shown,
    )  # fmt: skip


def _languages(text: dict[str, Any]) -> str:
    names = dict(wording.LANGUAGES)
    return ", ".join(names.get(language, language) for language in text)


@router.post("/wall/messages")
def send(server: ServerParts, session: Db, actor: Sends, form: Form) -> Response:
    site_id, to = form.text("site_id"), form.text("to")
    given = wall.MessageIn(form.text("text"), person_id=None if to == EVERYBODY else to, site_id=site_id)
    if not to:
        raise Invalid("Choose who shall read it.", field="to")
    wall.send(session, actor, given, now=server.now(), new_id=server.new_id)
    return go(f"/wall?site_id={site_id}", "sent")


@router.post("/wall/messages/{message_id}/withdraw")
def withdraw(server: ServerParts, session: Db, actor: Sends, message_id: str, form: Form) -> Response:
    wall.withdraw(session, actor, message_id, now=server.now())
    return go(f"/wall?site_id={form.text('site_id')}", "message_back")


@router.post("/wall/policy")
def save_policy(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    site_id = form.text("site_id")
    given = wall.PolicyIn(tuple(form.all("pin_with")), form.ticked("shuffle_pad"), form.whole("mode_minutes"))
    wall.save_policy(session, actor, site_id, given, now=server.now())
    return go(f"/wall?site_id={site_id}", "saved")


@router.get("/wall/questions/new")
def new_question(request: Request, session: Db, actor: Edits, site_id: str = "") -> HTMLResponse:
    site = people.site(session, actor, "wall.write", site_id)
    return _question_page(request, session, actor, wall.QuestionIn(text={}), site.id, None)


@router.post("/wall/questions/new")
def add_question(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    site_id = form.text("site_id")
    given = _question(form, active=True)
    wall.add_question(session, actor, site_id, given, now=server.now(), new_id=server.new_id)
    return go(f"/wall?site_id={site_id}", "added")


@router.get("/wall/questions/{question_id}")
def question(request: Request, session: Db, actor: Edits, question_id: str) -> HTMLResponse:
    found = wall.question(session, actor, "wall.write", question_id)
    return _question_page(request, session, actor, found, found.site_id, found.id)


@router.post("/wall/questions/{question_id}")
def save_question(server: ServerParts, session: Db, actor: Edits, question_id: str, form: Form) -> Response:
    given = _question(form, active=form.ticked("active"))
    changed = wall.update_question(session, actor, question_id, given, now=server.now())
    return go(f"/wall?site_id={changed.site_id}", "saved")


def _question_page(
    request: Request, session: Session, actor: Actor, shown: Any, site_id: str, question_id: str | None
) -> HTMLResponse:
    others = [(language, language) for language in shown.text if language not in dict(LANGUAGES)]
    return page(
        request, session, actor, "question.html", question=shown, question_id=question_id, site_id=site_id,
        site=people.site(session, actor, "wall.write", site_id), languages=[*LANGUAGES, *others],
        action=f"/wall/questions/{question_id or 'new'}", kinds=list(wording.KINDS.items()),
        answers=list(wording.ANSWERS.items()),
    )  # fmt: skip


def _question(form: Fields, *, active: bool) -> wall.QuestionIn:
    languages = form.all("languages")
    return wall.QuestionIn(
        text={language: form.text(f"text-{language}") for language in languages},
        on_kind=form.text("on_kind"), answer=form.text("answer"),
        alarming=form.some("alarming") if form.text("answer") == "yes_no" else None,
        position=form.whole("position"), active=active,
    )  # fmt: skip
