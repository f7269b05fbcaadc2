"""Writes Tokens.qml and Pictograms.qml from the tables of colours, sizes and weights, and of drawings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent


def qml(table: Mapping[str, Any]) -> str:
    """The table as a QML singleton, whose colours all change with `contrast`.

    `in` and the like are no property names in QML, so colours end in Color there.
    """
    rows = ["// Made from tokens.json by clockhouse_kiosk.style.generate; change the table, not this.", ""]
    rows += ["pragma Singleton", "", "import QtQuick", "", "QtObject {"]
    rows += ["    property bool contrast: false"]
    rows += [_colour(name, value, table["contrast"].get(name)) for name, value in table["colors"].items()]
    rows += [
        f"    readonly property int {name}Size: {value}" for name, value in table["sizes"]["kiosk"].items()
    ]
    rows += [f"    readonly property int {name}Weight: {value}" for name, value in table["weights"].items()]
    rows += [f'    readonly property string family: "{table["family"]}"', "}", ""]
    return "\n".join(rows)


def _colour(name: str, value: str, in_contrast: str | None) -> str:
    chosen = f'"{value}"' if in_contrast is None else f'contrast ? "{in_contrast}" : "{value}"'
    return f"    readonly property color {name}Color: {chosen}"


def drawn(paths: Mapping[str, str]) -> str:
    """The pictograms that a job may have, as a QML singleton: each drawn on a grid of 24."""
    rows = [
        "// Made from pictograms.json by clockhouse_kiosk.style.generate; change the table, not this.",
        "",
    ]
    rows += [
        "pragma Singleton",
        "",
        "import QtQuick",
        "",
        "QtObject {",
        "    readonly property var paths: ({",
    ]
    rows += [",\n".join(f'            "{name}": "{path}"' for name, path in paths.items())]
    rows += ["        })", "}", ""]
    return "\n".join(rows)


def made() -> dict[str, str]:
    """What the generated files must hold, by name."""
    table, paths = (
        json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in ("tokens.json", "pictograms.json")
    )
    return {"Tokens.qml": qml(table), "Pictograms.qml": drawn(paths)}


if __name__ == "__main__":
    for name, text in made().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
