"""An invoice's PDF, made from its snapshot alone: the same snapshot gives the same bytes."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal

import typst

TEMPLATE: Final = Path(__file__).with_name("invoice.typ")
STANDARD: Final = "a-3b"


def render(snapshot: Mapping[str, Any]) -> bytes:
    """A4, PDF/A-3b. The data travels as JSON and is never read as markup."""
    try:
        return _compiled(snapshot, STANDARD)
    except typst.TypstError as problem:
        # PDF/A forbids glyphs that no installed font has; a name in such a script must not stop an invoice.
        if "could not be displayed" not in str(problem):
            raise
        return _compiled(snapshot, None)


def _compiled(snapshot: Mapping[str, Any], standard: Literal["a-3b"] | None) -> bytes:
    made = datetime.combine(date.fromisoformat(snapshot["issue_on"]), time(), UTC)
    rendered = typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"invoice": json.dumps(snapshot, ensure_ascii=False, sort_keys=True)},
        pdf_standards=standard,
        timestamp=int(made.timestamp()),
    )
    return bytes(rendered)
