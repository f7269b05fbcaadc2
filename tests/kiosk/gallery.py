"""Draws every screen of the wall into docs/screens: `python -m kiosk.gallery`.

The states are those of the screens' tests; a new screen is a line in `screens.py` alone.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from clockhouse_kiosk import present
from clockhouse_kiosk.app.front import make_application
from kiosk.house import furnish, rows
from kiosk.pictograms import draw_all
from kiosk.screens import AT_WORK, AWAY, CAPTIONS, MONDAY, stage
from kiosk.wallrig import wall

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
ONLINE = present.Delivery(online=True)
MAIN = ("idle", "number", "jobs", "inside", "search", "forgotten", "recorded")
ALSO = (
    ("In German, 800×480", (800, 480), "de", MAIN, {}),
    ("In Arabic, 800×480: mirrored", (800, 480), "ar", MAIN, {}),
    ("Upright, 480×800", (480, 800), "en", MAIN, {}),
    (
        "Large letters, in Spanish, 1024×600",
        (1024, 600),
        "es",
        ("jobs", "inside", "recorded"),
        {"large": True},
    ),
    (
        "High contrast, 800×480",
        (800, 480),
        "en",
        ("number", "jobs", "inside", "recorded"),
        {"contrast": True},
    ),
    ("For hands in gloves, 800×480", (800, 480), "en", ("pin", "all", "inside"), {"gloves": True}),
    ("For the left hand, 800×480", (800, 480), "en", ("jobs", "inside"), {"left": True}),
    (
        "With a numeric pad, 800×480: buttons and tiles show their digit",
        (800, 480),
        "en",
        ("inside", "lead", "lead-claim", "own-settings"),
        {"pad": True},
    ),
)
COLOURS = 96


def main(folder):
    """Every picture, and a page that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    page = [
        "# Every screen of the terminal",
        "",
        "Made by `make gallery` from the states that the tests look at, at six sizes, in every language, for large",
        "letters, high contrast and gloves. Shown here: English, 1280×800, then a choice of the others.",
        "",
    ]
    draw((1280, 800), "en", CAPTIONS, {}, folder, "")
    for name, caption in CAPTIONS.items():
        page += [f"**{name}** · {caption}", "", f"![{name}]({name}.png)", ""]
    for number, (title, size, language, names, comfort) in enumerate(ALSO):
        prefix = f"{number + 1}-{language}-{size[0]}x{size[1]}-"
        draw(size, language, names, comfort, folder, prefix)
        page += [f"## {title}", "", *(f"![{name}]({prefix}{name}.png)" for name in names), ""]
    keep(draw_all(), folder / "pictograms.png")
    page += [
        "## Pictograms for jobs",
        "",
        "[Their names](../pictograms.md)",
        "",
        "![Pictograms](pictograms.png)",
        "",
    ]
    (folder / "README.md").write_text("\n".join(page), encoding="utf-8")


def draw(size, language, names, comfort, folder, prefix):
    with tempfile.TemporaryDirectory() as state_dir:
        furnish(Path(state_dir), rows(extra=AT_WORK))
        with wall(Path(state_dir), start=MONDAY, size=size) as rig, stage(rig, ONLINE) as shown:
            for name in names:
                shown.delivery = AWAY if name == "inside" else ONLINE
                shown.show(name, language, **comfort)
                keep(rig.window.quick.grabWindow(), folder / f"{prefix}{name}.png")


def keep(picture, path):
    """Few colours: a screen has no more, but for the edges of its letters."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    seen = Counter()
    for y in range(picture.height()):
        seen.update(memoryview(picture.constScanLine(y)).cast("I"))
    few = [color for color, _ in seen.most_common(COLOURS)]
    plain = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    picture.convertToFormat(QImage.Format.Format_Indexed8, few, plain).save(str(path), None, 0)


if __name__ == "__main__":
    application = make_application()
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
