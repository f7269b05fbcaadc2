"""The pictograms and what stands in for them, painted side by side by the screens' own language."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import shiboken6
from PySide6.QtCore import QCoreApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

import clockhouse_kiosk

PACKAGE = Path(clockhouse_kiosk.__file__).parent
PATHS = json.loads((PACKAGE / "style" / "pictograms.json").read_text())
COLOURS = ("#1D4E89", "#0B6E4F", "#8C2F39", "#F2A93B", "#6B4F9E", "#2F8F9D", "#5A6672")
SIDE, STEP, ACROSS, EDGE = 72, 116, 8, 8
_SHEET = """import QtQuick
import QtQuick.Window
import "file://%s"

Window {
    property var marks: []
    width: 936; height: 620
    visible: true
    color: "#F7F6F2"
    Repeater {
        model: marks
        Item {
            required property var modelData
            required property int index
            x: index %% 8 * 116 + 4; y: Math.floor(index / 8) * 116 + 4
            Mark {
                width: 72; height: 72
                sign: modelData.sign; colour: modelData.colour; title: modelData.title
            }
            Label { y: 76; text: modelData.name; font.pixelSize: 18 }
        }
    }
}"""


@contextmanager
def painter():
    """Paints marks as a tile shows them."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "Marks.qml"
        sheet.write_text(_SHEET % (PACKAGE / "qml"))
        engine = QQmlApplicationEngine(str(sheet))
        (window,) = engine.rootObjects()
        assert isinstance(window, QQuickWindow)

        def paint(marks):
            window.setProperty("marks", marks)
            for _ in range(3):
                QCoreApplication.processEvents()
            return window.grabWindow()

        yield paint
        shiboken6.delete(engine)


def mark(sign="", colour="", title="", name=""):
    return {"sign": sign, "colour": colour, "title": title, "name": name}


def place(index):
    """Within the edges of a mark's ground."""
    x, y = index % ACROSS * STEP + 4 + EDGE, index // ACROSS * STEP + 4 + EDGE
    return {"x": x, "y": y, "width": SIDE - 2 * EDGE, "height": SIDE - 2 * EDGE}


def draw_all():
    """Each with its name, as a picture for the office."""
    with painter() as paint:
        named = enumerate(PATHS)
        return paint([mark(sign, COLOURS[index % len(COLOURS)], name=sign) for index, sign in named])
