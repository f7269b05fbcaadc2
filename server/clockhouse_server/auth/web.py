"""What a request may rely on: the server's parts, one transaction, who asks, and what they may do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clockhouse_server.auth import store
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.auth.keys import Keys
from clockhouse_server.auth.limits import RateLimit
from clockhouse_server.auth.once import claim
from clockhouse_server.db import transaction
from clockhouse_server.errors import Forbidden, SignIn
from clockhouse_server.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE: Final = "clockhouse"
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class Server:
    """The parts that every request shares; made once by the wiring, kept as `app.state.server`."""

    engine: Engine
    settings: Settings
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    keys: Keys
    sign_in_limit: RateLimit = field(default_factory=lambda: RateLimit(20, 3))
    enroll_limit: RateLimit = field(default_factory=lambda: RateLimit(10, 6))


class BadOrigin(Forbidden):
    """A write came from another site's page, or without this session's proof."""

    code = "bad_origin"


def server_of(request: Request) -> Server:
    found: Server = request.app.state.server
    return found


def session_of(request: Request) -> Iterator[Session]:
    """One transaction for the request: committed before the answer leaves, rolled back by any exception."""
    with transaction(server_of(request).engine, read_only=request.method in SAFE_METHODS) as session:
        request.state.session = session
        yield session


ServerParts = Annotated[Server, Depends(server_of)]
Db = Annotated[Session, Depends(session_of, scope="function")]


async def _csrf_field(request: Request) -> str | None:
    if request.method in SAFE_METHODS:
        return None
    named = request.headers.get("x-csrf-token")
    if named is None and request.headers.get("content-type", "").startswith(FORM_TYPES):
        value = (await request.form()).get("csrf")
        named = value if isinstance(value, str) else None
    return named


async def _request_hash(request: Request) -> str | None:
    """What an Idempotency-Key stands for: method, address and body.

    Keyed, since a PIN or a password in the body could be found again from a plain hash of it.
    """
    if "idempotency-key" not in request.headers or request.method in SAFE_METHODS:
        return None
    named = f"idempotency v1\n{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hmac(server_of(request).keys.seed, named + await request.body(), sha256).hexdigest()


def current_actor(
    request: Request,
    session: Db,
    csrf: Annotated[str | None, Depends(_csrf_field)],
    request_hash: Annotated[str | None, Depends(_request_hash)],
) -> Actor:
    """Who asks, by bearer token or cookie; raises SignIn. A browser's write must prove that our page sent it."""
    server = server_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        actor, used = store.by_token(session, token.strip())
        if request.method not in SAFE_METHODS:
            store.touch_token(session, used.id, server.now())
    else:
        cookie = request.cookies.get(cookie_name(request))
        if cookie is None:
            raise SignIn("Please sign in.")
        actor, held = store.by_session(session, cookie, server.now())
        request.state.csrf = held.csrf_token
        if request.method not in SAFE_METHODS:
            check_origin(request)
            if csrf is None or not compare_digest(csrf.encode(), held.csrf_token.encode()):
                raise BadOrigin("This page is out of date. Reload it and try again.")
            held.seen_at = server.now()
    request.state.actor = actor
    if request_hash is not None:
        request.state.once = claim(
            session, actor.user_id, request.headers["idempotency-key"], request_hash, server.now()
        )
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]


def requires(permission: str) -> Callable[..., Actor]:
    """A dependency: the actor, who has this permission somewhere. The store still checks the scope.

    The permission can be read off the returned function, from which the matrix test is made.
    """

    def permitted(actor: CurrentActor) -> Actor:
        allow(actor, permission)
        return actor

    permitted.permission = permission  # type: ignore[attr-defined]
    return permitted


def check_origin(request: Request) -> None:
    """Refuse a write that a browser sends for another site's page; programs send neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise BadOrigin("This request came from another site.")
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc not in _own_hosts(request):
        raise BadOrigin("This request came from another site.")


def _own_hosts(request: Request) -> set[str]:
    return {request.headers.get("host", ""), urlsplit(server_of(request).settings.public_url).netloc} - {""}


def _secure(request: Request) -> bool:
    return request.url.scheme == "https" or server_of(request).settings.public_url.startswith("https://")


def cookie_name(request: Request) -> str:
    """With the `__Host-` prefix over https, which ties the cookie to this host and to encryption."""
    return f"__Host-{COOKIE}" if _secure(request) else COOKIE


def client_address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def sign_in(request: Request, email: str, password: str) -> store.SignedIn:
    """A fresh session in a transaction of its own, so that a wrong try is counted; raises SignIn or TooOften."""
    server = server_of(request)
    check_origin(request)
    server.sign_in_limit.take(client_address(request), server.now())
    with transaction(server.engine) as session:
        made = store.sign_in(
            session,
            email,
            password,
            now=server.now(),
            hours=server.settings.session_hours,
            new_token=server.new_token,
            replaces=request.cookies.get(cookie_name(request)),
        )
    if made is None:
        raise SignIn("The address or the password is wrong.", field="password")
    return made


def set_cookie(request: Request, response: Response, made: store.SignedIn) -> None:
    """Hand the session to the browser."""
    response.set_cookie(
        cookie_name(request),
        made.token,
        max_age=server_of(request).settings.session_hours * 3600,
        path="/",
        secure=_secure(request),
        httponly=True,
        samesite="lax",
    )


def sign_out(request: Request, session: Session, response: Response) -> None:
    """End the session that the request's cookie names."""
    cookie = request.cookies.get(cookie_name(request))
    if cookie is not None:
        store.sign_out(session, cookie)
    response.delete_cookie(
        cookie_name(request), path="/", secure=_secure(request), httponly=True, samesite="lax"
    )


def permission_of(call: Any) -> str | None:
    """The permission of a dependency made by `requires`."""
    found: str | None = getattr(call, "permission", None)
    return found
