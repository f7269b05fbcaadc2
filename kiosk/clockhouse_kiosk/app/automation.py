"""Hands for a simulated kiosk: taps, keys, badges and photographs, asked for over the control socket."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtQml import QQmlExpression, qmlContext
from PySide6.QtTest import QTest

from clockhouse_kiosk import control
from clockhouse_kiosk.app.window import Window
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.simulation import Simulation

PATIENCE: Final = 20.0
SETTLE_MS: Final = 40
_MIDDLE_OF: Final = """function (root, name) {
    const find = item => {
        if (!item.visible)
            return null;
        if (item.objectName === name)
            return item;
        for (const child of item.children) {
            const found = find(child);
            if (found !== null)
                return found;
        }
        return null;
    };
    const item = find(root);
    if (item === null)
        return null;
    const middle = item.mapToItem(null, item.width / 2, item.height / 2);
    return [middle.x, middle.y];
}"""


@contextmanager
def automate(path: Path, window: Window, simulation: Simulation) -> Iterator[None]:
    """Answer the control socket in the screen's thread."""

    def perform(request: Mapping[str, Any]) -> dict[str, Any]:
        answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
        doing = partial(_perform, request, window, simulation, answers)
        # As a finger does: first see where things have come to rest.
        window.poster.post(partial(QTimer.singleShot, SETTLE_MS, doing))
        try:
            return answers.get(timeout=PATIENCE)
        except Empty:
            return {"error": "the screens did not answer"}

    with control.serve(path, perform):
        yield


def _perform(
    request: Mapping[str, Any],
    window: Window,
    simulation: Simulation,
    answers: SimpleQueue[dict[str, Any]],
) -> None:
    try:
        match request:
            case {"do": "screenshot", "path": str(path)}:
                done = window.quick.grabWindow().save(path)
                answers.put({"done": done} if done else {"error": f"could not write {path}"})
            case {"do": "tap", "name": str(name)}:
                answers.put({"done": True} if tap(window, name) else {"error": f"nothing to tap: {name}"})
            case {"do": "keys", "text": str(text)}:
                for char in text:
                    window.bridge.key(char)
                answers.put({"done": True})
            case {"do": "badge", "credential": str(credential)}:
                simulation.reader.present(credential)
                answers.put({"done": True})
            case {"do": "scan", "text": str(text)}:
                window.kiosk.scan(text)
                answers.put({"done": True})
            case {"do": "state"}:
                answers.put(state(window))
            case _:
                answers.put({"error": "do is one of screenshot, tap, keys, badge, scan, state"})
    except Exception as problem:
        answers.put({"error": repr(problem)})
        raise


def state(window: Window) -> dict[str, Any]:
    """What the wall shows, as its screens read it; `recorded` is the id of the punch that they say is recorded."""
    view, strip = window.bridge.showing
    session = window.bridge.session
    shown = None if session is None else at.shown(session.state)
    recorded = shown.done.punch_id if isinstance(shown, at.Recorded) else None
    return {"screen": view.get("screen", ""), "view": view, "strip": strip, "recorded": recorded}


def tap(window: Window, name: str) -> bool:
    """Press the visible item of this name in its middle, as a finger would."""
    place = middle(window, name)
    if place is None:
        return False
    QTest.mouseClick(window.quick, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    return True


def middle(window: Window, name: str) -> QPoint | None:
    """Where the visible item of this name is."""
    found = ask(window, _MIDDLE_OF, name)
    return None if found is None else QPoint(*map(round, found))


def ask(window: Window, function: str, *arguments: Any) -> Any:
    """What a JavaScript function says about the window's items.

    Items are looked at in QML alone: a Python wrapper may outlive the item that it stands for, and crash.
    """
    given = ", ".join(json.dumps(each) for each in ("root", *arguments)).replace('"root"', "contentItem", 1)
    context = qmlContext(window.quick)
    assert context is not None, "the window comes from QML"
    expression = QQmlExpression(context, window.quick, f"JSON.stringify(({function})({given}))")
    answer = expression.evaluate()
    if expression.hasError():
        raise RuntimeError(expression.error().toString())
    return json.loads(answer[0] if isinstance(answer, tuple) else answer)
