"""The office's half of the colour table: CSS custom properties, made from the same file as the kiosk's.

`python -m clockhouse_server.backoffice.tokens TABLE.json` rewrites static/tokens.css.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

STYLESHEET: Final = Path(__file__).parent / "static" / "tokens.css"


def css(colours: Mapping[str, str]) -> str:
    """The table as custom properties of :root, in the table's order."""
    lines = [f"  --{name}: {value};" for name, value in colours.items()]
    return "\n".join(["/* Generated from the kiosk's style/tokens.json; do not edit. */", ":root {", *lines, "}", ""])


def main(table: Path) -> None:
    """Write the stylesheet anew from the table's colours."""
    STYLESHEET.write_text(css(json.loads(table.read_text("utf-8"))["colours"]), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
