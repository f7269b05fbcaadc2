"""Idempotency-Key: the answer to a write is kept in the write's own transaction and given again."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from clockhouse_server.auth.models import IdempotencyKey
from clockhouse_server.errors import Conflict, Invalid

LONGEST_KEY: Final = 200
KEPT: Final = timedelta(days=7)


class AlreadyAnsweredError(Exception):
    """Not an error: this key's answer is known, and is given again."""

    def __init__(self, row: IdempotencyKey) -> None:
        super().__init__(row.key)
        self.row = row


class ShownOnce(Conflict):
    """The answer held a secret, so it was not kept for a second one."""

    code = "shown_once"


def show_once(request: Request) -> None:
    """A dependency of routes whose answer holds a secret that nobody may read in a table or a backup."""
    request.state.shown_once = True


def claim(session: Session, user_id: str, key: str, request_hash: str, now: datetime) -> IdempotencyKey:
    """Take the key for this request; a second request with it waits for the first, and gets its answer."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(f"Use 1 to {LONGEST_KEY} characters.", field="Idempotency-Key")
    old = IdempotencyKey.made_at < now - KEPT
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user_id, old))
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    taken = session.execute(
        insert(IdempotencyKey)
        .values(user_id=user_id, key=key, request_hash=request_hash, status=0, body=b"", made_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).first()
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).one()
    if taken is not None:
        return row
    if row.request_hash != request_hash:
        raise Invalid("This key was used for another request; make a new one.", field="Idempotency-Key")
    raise AlreadyAnsweredError(row)


class WriteOnce(APIRoute):
    """A route whose writes honour Idempotency-Key. Only answers of a committed write are kept."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            try:
                response = await handle(request)
            except AlreadyAnsweredError as known:
                if known.row.status == ShownOnce.status:
                    raise ShownOnce("This was done already, and what it showed is kept nowhere.") from None
                return Response(
                    known.row.body,
                    status_code=known.row.status,
                    media_type="application/json" if known.row.body else None,
                    headers={"Idempotency-Replayed": "true"},
                )
            row: IdempotencyKey | None = getattr(request.state, "once", None)
            if row is not None:
                # The request's transaction is still open here; it commits before the answer is sent.
                row.status, row.body = response.status_code, bytes(response.body)
                if getattr(request.state, "shown_once", False):
                    row.status, row.body = ShownOnce.status, b""
            return response

        return handle_once
