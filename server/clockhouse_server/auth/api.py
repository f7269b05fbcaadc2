"""Users, tokens and the audit trail below /api/v1/."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from clockhouse_server.auth import store
from clockhouse_server.auth.access import PERMISSIONS, Actor, allows
from clockhouse_server.auth.models import AuditRow, Token, User
from clockhouse_server.auth.once import WriteOnce, show_once
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.errors import Invalid

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["users"])

Own = Annotated[Actor, Depends(requires("own.read"))]
UsersRead = Annotated[Actor, Depends(requires("users.read"))]
UsersWrite = Annotated[Actor, Depends(requires("users.write"))]
AuditRead = Annotated[Actor, Depends(requires("audit.read"))]


class Me(BaseModel):
    user_id: str
    name: str
    role: str
    site_ids: list[str] | None
    person_id: str | None
    permissions: list[str]


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    email: str
    name: str
    role: str
    person_id: str | None
    active: bool
    site_ids: list[str]


class UserIn(BaseModel):
    email: str
    name: str
    password: str
    role: str
    site_ids: list[str] = []
    person_id: str | None = None


class UserChange(BaseModel):
    name: str | None = None
    role: str | None = None
    site_ids: list[str] | None = None
    person_id: str | None = None
    active: bool | None = None
    password: str | None = None


class TokenIn(BaseModel):
    name: str
    scopes: list[str]
    user_id: str | None = None


class TokenOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    user_id: str
    name: str
    scopes: list[str]
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class NewToken(TokenOut):
    token: str


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    seq: int
    at: datetime
    actor_id: str
    action: str
    subject_type: str
    subject_id: str
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str


def _shown(session: Db, user: User) -> UserOut:
    return UserOut(
        id=user.id, email=user.email, name=user.name, role=user.role, person_id=user.person_id,
        active=user.active, site_ids=store.site_ids(session, user.id),
    )  # fmt: skip


@router.get("/me")
def me(actor: Own) -> Me:
    return Me(
        user_id=actor.user_id, name=actor.name, role=actor.role, person_id=actor.person_id,
        site_ids=None if actor.site_ids is None else sorted(actor.site_ids),
        permissions=[name for name in PERMISSIONS if allows(actor, name)],
    )  # fmt: skip


@router.get("/users")
def users(session: Db, actor: UsersRead) -> list[UserOut]:
    return [_shown(session, user) for user in store.users(session)]


@router.post("/users", status_code=201)
def create_user(session: Db, actor: UsersWrite, server: ServerParts, given: UserIn) -> UserOut:
    made = store.create_user(
        session, actor, email=given.email, name=given.name, password=given.password, role=given.role,
        sites=given.site_ids, person_id=given.person_id, now=server.now(), new_id=server.new_id,
        new_token=server.new_token,
    )  # fmt: skip
    return _shown(session, made)


@router.patch("/users/{user_id}")
def update_user(
    session: Db, actor: UsersWrite, server: ServerParts, user_id: str, given: UserChange
) -> UserOut:
    changed = store.update_user(
        session, actor, user_id, name=given.name, role=given.role, sites=given.site_ids,
        person_id=given.person_id, active=given.active, now=server.now(),
    )  # fmt: skip
    if given.password is not None:
        store.set_password(
            session, actor, user_id, given.password, now=server.now(), new_token=server.new_token
        )
    return _shown(session, changed)


@router.get("/tokens")
def tokens(session: Db, actor: UsersRead) -> list[TokenOut]:
    return [TokenOut.model_validate(token) for token in store.tokens(session)]


@router.post("/tokens", status_code=201, dependencies=[Depends(show_once)])
def create_token(session: Db, actor: UsersWrite, server: ServerParts, given: TokenIn) -> NewToken:
    """The token's text is in this answer and nowhere else."""
    made, text = store.create_token(
        session, actor, given.user_id or actor.user_id, name=given.name, scopes=given.scopes,
        now=server.now(), new_id=server.new_id, new_token=server.new_token,
    )  # fmt: skip
    return NewToken(**TokenOut.model_validate(made).model_dump(), token=text)


@router.delete("/tokens/{token_id}")
def revoke_token(session: Db, actor: UsersWrite, server: ServerParts, token_id: str) -> TokenOut:
    found: Token = store.revoke_token(session, actor, token_id, now=server.now())
    return TokenOut.model_validate(found)


@router.get("/audit")
def audit_trail(
    session: Db,
    actor: AuditRead,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AuditOut]:
    """Oldest first; each row holds the hash of the row before."""
    since = after(cursor) or "0"
    if not since.isdecimal() or len(since) > 15:
        raise Invalid("This is not a cursor of ours; take `next` of the page before.", field="cursor")
    query = select(AuditRow).where(AuditRow.seq > int(since)).order_by(AuditRow.seq).limit(limit + 1)
    rows = list(session.scalars(query))
    return page(rows, limit, lambda row: str(row.seq), AuditOut.model_validate)
