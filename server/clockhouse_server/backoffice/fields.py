"""What a browser's form sent, read field by field; what cannot be read is refused by the field's name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from clockhouse_server.errors import Invalid
from clockhouse_server.people import sheets

LARGEST_FIELD: Final = 20_000_000
"""Bytes; a list that was checked is sent along in a field. Whole requests have their own limit."""


class Fields:
    """A form's fields. A field that is absent reads as empty, as an unticked box does."""

    def __init__(self, form: FormData, files: Mapping[str, bytes]) -> None:
        self._form = form
        self._files = files

    def text(self, name: str) -> str:
        """The text, without space around it."""
        value = self._form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def secret(self, name: str) -> str:
        """The text exactly as typed."""
        value = self._form.get(name)
        return value if isinstance(value, str) else ""

    def some(self, name: str) -> str | None:
        """The text, or None where nothing was written."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Every value of boxes that share a name."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        return name in self._form

    def whole(self, name: str) -> int:
        text = self.text(name)
        if not text.isdecimal():
            raise Invalid("Write a whole number.", field=name)
        return int(text)

    def decimal(self, name: str) -> Decimal | None:
        """A number with a point or a comma before its decimals; None where nothing was written."""
        text = self.text(name)
        if not text:
            return None
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            raise Invalid("Write a number such as 95.00.", field=name) from None
        if not number.is_finite():
            raise Invalid("Write a number such as 95.00.", field=name)
        return number

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise Invalid("Write a date such as 2026-11-23.", field=name) from None

    def instant(self, day: str, clock: str, zone: str) -> datetime:
        """A day and a time in two fields, as a wall clock in that zone shows it."""
        on = self.day(day)
        try:
            at = time.fromisoformat(self.text(clock))
        except ValueError:
            raise Invalid("Write a time such as 16:30.", field=clock) from None
        return datetime.combine(on, at, ZoneInfo(zone))

    def minutes(self, name: str) -> int:
        """04:30 as minutes after midnight."""
        hours, colon, minutes = self.text(name).partition(":")
        if not (
            colon and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60
        ):
            raise Invalid("Write a time such as 04:00.", field=name)
        return int(hours) * 60 + int(minutes)

    def file_text(self, name: str, sent_again: str) -> str:
        """An uploaded file's text, or the text that an earlier step sent along."""
        return sheets.decode(self._files[name]) if name in self._files else self.secret(sent_again)


async def read_fields(request: Request) -> AsyncIterator[Fields]:
    """The form, closed with its uploads when the request is answered."""
    async with request.form(max_part_size=LARGEST_FIELD) as form:
        files = {name: await part.read() for name, part in form.items() if isinstance(part, UploadFile)}
        yield Fields(form, files)


Form = Annotated[Fields, Depends(read_fields)]


def pairs(rows: Sequence[object], *names: str) -> list[tuple[str, str]]:
    """(id, text) of each row for a choice; the text is the named attributes, one after the other."""
    return [(str(row.id), " ".join(str(getattr(row, name)) for name in names)) for row in rows]  # type: ignore[attr-defined]
