"""Cursor pagination: a page's items and an opaque cursor for the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from clockhouse_server.errors import Invalid

T = TypeVar("T")
R = TypeVar("R")

Cursor = Annotated[str | None, Query(description="`next` of the page before; absent for the first page.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Page(BaseModel, Generic[T]):
    """`next` is null on the last page."""

    items: list[T]
    next: str | None = None


def after(cursor: str | None) -> str | None:
    """The key that the cursor stands for."""
    if cursor is None:
        return None
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"==").decode()
    except ValueError:
        raise Invalid(
            "This is not a cursor of ours; take `next` of the page before.", field="cursor"
        ) from None


def cursor_of(key: str) -> str:
    """The inverse of after."""
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def page(rows: Sequence[R], limit: int, key: Callable[[R], str], show: Callable[[R], T]) -> Page[T]:
    """A page out of `limit + 1` rows, of which one too many says that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[show(row) for row in shown], next=cursor_of(key(shown[-1])) if more else None)
