"""CSV in, all or nothing: every problem with its line number, and a dry run that changes nothing."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

from sqlalchemy.orm import Session

from clockhouse_server.errors import Invalid, Refusal

MOST_ROWS: Final = 20_000
MOST_PROBLEMS: Final = 100
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
TRUE: Final = frozenset({"1", "y", "yes", "true", "x", "ja", "oui", "si", "sí"})
FALSE: Final = frozenset({"0", "n", "no", "false", "", "nein", "non"})


@dataclass(frozen=True)
class Row:
    """A data row, by column name in lower case; `line` counts text lines from 1, the header being 1."""

    line: int
    values: Mapping[str, str]

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def yes(self, name: str, *, default: bool) -> bool:
        """A yes or no cell; raises Invalid for anything else."""
        text = self.values.get(name)
        if text is None:
            return default
        if text.lower() in TRUE | FALSE:
            return text.lower() in TRUE
        raise Invalid("Write yes or no.", field=name)


@dataclass(frozen=True)
class Problem:
    line: int
    field: str | None
    says: str


@dataclass
class ImportResult:
    """What an import did, or would do; with problems, nothing was changed."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    dry_run: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def summary(self) -> str:
        return f"{self.created} new, {self.changed} changed, {self.unchanged} as they were."


def read_rows(text: str, required: Sequence[str], known: Sequence[str]) -> list[Row]:
    """Rows of a CSV text with a header, comma or semicolon or tab; raises Invalid with the fix."""
    first = text.removeprefix("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(
            StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True
        )
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in required if name not in header]
        if missing:
            raise Invalid(
                f"The first line must name the columns; {missing[0]} is missing. Known: {', '.join(known)}.",
                field="file",
            )
        if len(set(header)) != len(header):
            raise Invalid("Two columns have the same name.", field="file")
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = {name: _unguarded(cell.strip()) for name, cell in zip(header, cells, strict=False)}
                rows.append(Row(reader.line_num, values))
            if len(rows) > MOST_ROWS:
                raise Invalid(f"Use at most {MOST_ROWS} rows a file.", field="file")
    except csv.Error as problem:
        raise Invalid(f"This is not CSV: {problem}.", field="file") from None
    return rows


def apply(
    session: Session, rows: Sequence[Row], each: Callable[[Row], str], *, dry_run: bool
) -> ImportResult:
    """Run `each` (answering created, changed or unchanged) on all rows, undone on any problem or dry run."""
    result = ImportResult(dry_run=dry_run)
    undo = session.begin_nested()
    for row in rows:
        try:
            match each(row):
                case "created":
                    result.created += 1
                case "changed":
                    result.changed += 1
                case _:
                    result.unchanged += 1
        except Refusal as problem:
            where = f"{problem.field}: " if problem.field else ""
            result.problems.append(Problem(row.line, problem.field, where + problem.sentence))
            if len(result.problems) >= MOST_PROBLEMS:
                break
    if result.problems or dry_run:
        undo.rollback()
        session.expire_all()
    else:
        undo.commit()
    return result


def decode(content: bytes) -> str:
    """Bytes of an uploaded file as text: UTF-8, or the Windows code page that spreadsheets still write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def cell(value: object) -> str:
    """A value as a CSV cell; text that a spreadsheet would run as a formula is guarded by an apostrophe."""
    text = "" if value is None else str(value)
    if text.startswith(FORMULA_STARTS) and not _is_number(text):
        return "'" + text
    return text


def write_rows(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV text with guarded cells and CRLF lines (RFC 4180)."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).isdecimal()


def _unguarded(text: str) -> str:
    """Our own exports come back as they went."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
