"""The office's half of the look: CSS custom properties, made from the same table as the kiosk's.

`python -m clockhouse_server.backoffice.tokens TABLE.json` rewrites static/tokens.css.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

STYLESHEET: Final = Path(__file__).parent / "static" / "tokens.css"
ROOT_PIXELS: Final = 16
"""Sizes are in rem, so that somebody who set larger letters in their browser gets them."""


def css(table: Mapping[str, Any]) -> str:
    """The table's colours and the office's letter sizes as custom properties of :root, in the table's order."""
    colours = [f"  --{_kebab(name)}: {value};" for name, value in table["colors"].items()]
    sizes = [
        f"  --size-{name}: {pixels / ROOT_PIXELS:g}rem;" for name, pixels in table["sizes"]["office"].items()
    ]
    head = "/* Generated from the kiosk's style/tokens.json; do not edit. */"
    return "\n".join([head, ":root {", *colours, *sizes, "}", ""])


def _kebab(name: str) -> str:
    """InkLine -> ink-line, ink2 -> ink-2."""
    return re.sub(r"([A-Z]|\d+)", lambda part: f"-{part[0].lower()}", name)


def main(table: Path) -> None:
    """Write the stylesheet anew from the table."""
    STYLESHEET.write_text(css(json.loads(table.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
