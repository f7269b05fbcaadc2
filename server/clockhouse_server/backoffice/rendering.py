"""From a template and what it shows to an answer: the frame around it, the headers, the static files."""

from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import available_timezones

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor
from clockhouse_server.backoffice import menu, wording
from clockhouse_server.errors import NotFound, Refusal, SignIn
from clockhouse_server.people import store as people

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}
"""No inline script or style, nothing from elsewhere, no page kept where the next person could find it."""

DONE: Final[Mapping[str, str]] = {
    "saved": "Saved.",
    "added": "Added.",
    "imported": "Imported.",
    "badge": "The badge is theirs now. Kiosks of their sites learn it within a minute.",
    "badge_back": "The badge is taken back.",
    "pin": "The new PIN is set. Kiosks of their sites learn it within a minute.",
    "sent": "Sent. The kiosks show it within a minute.",
    "message_back": "Taken back. Who has read it has read it.",
    "answered": "Answered.",
    "merged": "Merged. Every punch counts for that person from now on, by its own line.",
    "confirmed": "The kiosk is let in. It fetches its list of people and jobs now.",
    "refused": "The kiosk was turned away.",
    "revoked": "The kiosk is out of service.",
    "wipe_ordered": "The kiosk is out of service, and is wiped as soon as it is heard.",
    "wipe_withdrawn": "The order is taken back. The kiosk stays out of service until it is enrolled anew.",
    "accepted": "Accepted. The correction is on the ledger.",
    "declined": "Declined. Nothing was changed.",
    "adjusted": "Corrected. The punch itself stays as it was read.",
    "approved": "Approved and locked.",
    "withdrawn": "The approval is taken back; the days are open again.",
    "settled": "Settled.",
    "assigned": "Assigned. It counts for that person from now on.",
    "closed": "The period is closed.",
    "reopened": "The period is open again.",
    "taken_back": "Taken back. The file stays in the list as it was handed out.",
    "rate_withdrawn": "The rate holds no more. What was charged at it stays as it was.",
    "exported": "The file is made and kept below.",
    "drafted": "The draft is made. Nothing is sent yet.",
    "issued": "Issued. The invoice has its number and does not change any more.",
    "credited": "Credited in full. The hours can be billed again.",
    "paid": "Marked as paid.",
    "left_out": "The line is left out.",
    "discarded": "The draft is gone; its hours can be billed again.",
    "signed_out": "You are signed out.",
    "user": "The user is saved.",
}
"""What just happened, by the code that a redirect carries: an address never carries a sentence."""

TITLES: Final[Mapping[int, str]] = {
    401: "Please sign in",
    403: "That is not yours to do",
    404: "Not found",
    409: "Not now",
    422: "Something needs another look",
    429: "A moment, please",
}

_FILES: Final[Mapping[str, str]] = {
    "app.css": "text/css; charset=utf-8",
    "tokens.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
_STATIC: Final = resources.files(__package__) / "static"
_CONTENT: Final = {name: (_STATIC / name).read_bytes() for name in _FILES}
_VERSIONS: Final = {name: sha256(content).hexdigest()[:12] for name, content in _CONTENT.items()}


def _static_path(name: str) -> str:
    return f"/static/{name}?v={_VERSIONS[name]}"


def static_file(name: str) -> Response:
    """A file that pages refer to; its address carries its hash, so a browser may keep it for ever."""
    if name not in _FILES:
        raise NotFound("There is no such file.")
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_CONTENT[name], media_type=_FILES[name], headers=kept)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        age=wording.age, clock=wording.clock, day=wording.day, duration=wording.duration, money=wording.amount,
        full_day=wording.full_day, hours=wording.hours, moment=wording.moment, quantity=wording.quantity, shown=wording.text_of,
        stamp=wording.stamp,
    )  # fmt: skip
    made.globals.update(
        static=_static_path, plain=wording.plain, said=wording.said, span=wording.span,
        role_names=wording.ROLES, language_names=dict(wording.LANGUAGES), languages=wording.LANGUAGES,
        tax_categories=wording.TAX_CATEGORIES, alarm_words=wording.ALARMS,
        zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
    )  # fmt: skip
    return made


_TEMPLATES: Final = _environment()


def page(
    request: Request, session: Session, actor: Actor, template: str, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    """A page in the frame of somebody who is signed in."""
    company = people.company(session)
    frame = {
        "actor": actor,
        "company_name": company.name if company else "",
        "menu": menu.of(actor, request.url.path),
        "done": DONE.get(request.query_params.get("done", "")),
        "here": request.url.path,
        "settings_tabs": menu.settings(actor),
    }
    return _answer(request, template, status, {**frame, **shown})


def alone(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page without the frame, for somebody who is not signed in."""
    done = DONE.get(request.query_params.get("done", ""))
    return _answer(request, template, status, {"done": done, **shown})


def _answer(request: Request, template: str, status: int, shown: Mapping[str, Any]) -> HTMLResponse:
    token = getattr(request.state, "csrf", "")

    def csrf() -> Markup:
        return Markup('<input type="hidden" name="csrf" value="{}">').format(token)

    text = _TEMPLATES.get_template(template).render(**shown, csrf=csrf)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def go(path: str, done: str | None = None) -> RedirectResponse:
    """Send the browser to a page after a write; `done` is a code of DONE."""
    if done is not None:
        path = f"{path}{'&' if '?' in path else '?'}done={done}"
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def own_path(text: str) -> str:
    """A path on this server to go to after sign-in; anything else becomes the start page."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(letter) < 33 for letter in text):
        return "/"
    return text


def download(content: bytes, media_type: str, file_name: str) -> Response:
    """A file to keep, under its own name."""
    headers = {**HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}"}
    return Response(content, media_type=media_type, headers=headers)


def error_page(request: Request, refusal: Refusal) -> Response:
    """The answer no, where it was asked: inside the form, as a page, or by the sign-in page."""
    if request.headers.get("hx-boosted") == "true" and request.method == "POST":
        return _inside_the_form(refusal)
    if isinstance(refusal, SignIn) and refusal.status == 401 and request.method == "GET":
        return _to_sign_in(request)
    title = TITLES.get(refusal.status, "That did not work")
    back = _back(request)
    return alone(
        request, "error.html", status=refusal.status, title=title, sentence=refusal.sentence, back=back
    )


def _inside_the_form(refusal: Refusal) -> Response:
    text = Markup("<span{}>{}</span>").format(
        Markup(' data-field="{}"').format(refusal.field) if refusal.field else "", refusal.sentence
    )
    headers = {**HEADERS, "HX-Retarget": "find .problem", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
    return HTMLResponse(text, status_code=refusal.status, headers=headers)


def _to_sign_in(request: Request) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = "/sign-in" if path == "/" else f"/sign-in?next={quote(path)}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": "/sign-in"})
    return go(target)


def _back(request: Request) -> str | None:
    """The page that the request came from, if it is one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or came_from.path == request.url.path == "":
        return None
    return own_path(came_from.path + (f"?{came_from.query}" if came_from.query else ""))
