"""A bare Qt Quick window: the limit that the kiosk's figures are measured against."""

import os
import sys
import time

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlComponent, QQmlEngine
from PySide6.QtQuick import QQuickWindow

QML = b"""
import QtQuick
Window {
    id: window
    width: 1280; height: 800; visible: true; color: shown ? "#0B6E4F" : "#10181F"
    property bool shown: false
    Text { anchors.centerIn: parent; text: window.shown ? "Hello" : "07:58"; color: "#F7F6F2"; font.pixelSize: 120 }
    MouseArea { anchors.fill: parent; onPressed: window.shown = !window.shown }
}
"""


def main() -> int:
    """Print `frame` at the first frame, then answer each line on stdin with the ms from change to frame."""
    application = QGuiApplication(sys.argv)
    engine = QQmlEngine()
    component = QQmlComponent(engine)
    component.setData(QML, QUrl())
    window = component.create()
    assert isinstance(window, QQuickWindow)
    frames: list[float] = []
    window.frameSwapped.connect(
        lambda: frames.append(time.perf_counter()), Qt.ConnectionType.DirectConnection
    )
    while not frames:
        application.processEvents()
    print("frame", flush=True)
    for _ in sys.stdin:
        application.processEvents()
        frames.clear()
        start = time.perf_counter()
        window.setProperty("shown", not window.property("shown"))
        while not frames:
            application.processEvents()
        print(f"{(frames[0] - start) * 1000:.3f}", flush=True)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_QUICK_BACKEND", "software")
    sys.exit(main())
