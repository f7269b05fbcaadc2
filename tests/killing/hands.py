"""People at a real kiosk, one after the other, and what its screen tells them. Whenever it dies they wait for it."""

import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

HOLD_AGAIN: Final = 4.0
"""Seconds after which somebody whom the wall does not answer holds their badge again."""


class Hands:
    """Badges and taps over a simulated kiosk's control socket; `recorded` are the ids of punches that it showed as such."""

    def __init__(self, control: Path, badges: Sequence[str], chance: random.Random) -> None:
        self.recorded: list[str] = []
        self.said = threading.Event()
        """Set whenever the screen says so."""
        self.interrupted = 0
        """How often a kiosk died under somebody's hands."""
        self._control, self._badges, self._chance = control, badges, chance

    def work(self, stop: threading.Event) -> None:
        """Punch until told to stop."""
        while not stop.is_set():
            try:
                with _line(self._control) as line:
                    self._punch_on(line, stop)
            except OSError:  # it is not up yet
                stop.wait(0.05)

    def _punch_on(self, line: "_Line", stop: threading.Event) -> None:
        line.ask(do="state")  # one that is just dying may still take a call, and answers nothing any more
        try:
            while not stop.is_set():
                self._punch(line, stop)
        except OSError:  # it was killed
            self.interrupted += 1

    def _punch(self, line: "_Line", stop: threading.Event) -> None:
        before = line.ask(do="state")["recorded"]
        line.ask(do="badge", credential=self._chance.choice(self._badges))
        end = time.monotonic() + HOLD_AGAIN
        while time.monotonic() < end and not stop.is_set():
            shown = line.ask(do="state")
            if shown["screen"] == "answer" and shown["recorded"] not in {None, before}:
                self.recorded.append(shown["recorded"])
                self.said.set()
                return
            if shown["screen"] == "person":
                line.ask(do="tap", name=_way(shown["view"]))


def _way(view: Mapping[str, Any]) -> str:
    """The big button; where it offers nothing, since they punched a moment ago, the first of the others."""
    return "primary" if view["primary"] else f"other-{view['others'][0]['kind']}"


class _Line:
    """One connection to the control socket; raises OSError once the kiosk is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._rest = b""

    def ask(self, **request: Any) -> dict[str, Any]:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while b"\n" not in self._rest:
            piece = self._socket.recv(65536)
            if not piece:
                raise ConnectionResetError("the kiosk is gone")
            self._rest += piece
        answer, _, self._rest = self._rest.partition(b"\n")
        return json.loads(answer)


@contextlib.contextmanager
def _line(control: Path) -> Iterator[_Line]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(str(control))
        yield _Line(sock)


@contextlib.contextmanager
def working(hands: Sequence[Hands]) -> Iterator[None]:
    """People stand before these kiosks while the block runs; what goes wrong with one of them is raised at its end."""
    stop = threading.Event()
    with ThreadPoolExecutor(max(1, len(hands)), "hands") as pool:
        try:
            working = [pool.submit(each.work, stop) for each in hands]
            yield
        finally:
            stop.set()
        for each in working:
            each.result()
