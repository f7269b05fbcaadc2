"""What the demo holds in its hands: processes, a serial line, a network that can be cut, a kiosk's buttons."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")
BIN = Path(sys.executable).parent


class DemoFailed(Exception):  # noqa: N818 - said to people, not a fault of theirs
    """Something did not happen that the day needs; the text says what, and where to look."""


def wait_for(what: str, look: Callable[[], _T | None], seconds: float = 30.0) -> _T:
    """Look until there is something to see; raises DemoFailed naming what never came."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            found = look()
            if found:
                return found
        if time.monotonic() > end:
            raise DemoFailed(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(
    *command: str, given: str | None = None, env: Mapping[str, str] | None = None, fails: bool = False
) -> str:
    """A command of the product's, to its end; its output. `fails` expects exit code 1 instead of 0."""
    result = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        input=given,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )
    if result.returncode != (1 if fails else 0):
        raise DemoFailed(
            f"`{' '.join(command)}` ended with {result.returncode}: {result.stderr.strip()[-600:]}"
        )
    return result.stdout


@dataclass
class Process:
    """A real process of the product, its output kept in a log."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [str(BIN / self.command[0]), *self.command[1:]],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **self.env},
                start_new_session=True,  # Ctrl-C is for the demo, which then stops everything in order
            )  # fmt: skip

    def kill(self) -> None:
        """As a power cut does: no warning, nothing flushed."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()
            self.running = None

    def stop(self) -> None:
        """As a person does."""
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.running = None


class Network:
    """A cable between a daemon and the server: a relay on loopback that can be cut and joined again."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for pair in list(self._pairs):
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                threading.Thread(target=self._relay, args=(here,), daemon=True).start()

    def _relay(self, here: socket.socket) -> None:
        with here:
            if self.is_cut:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                return  # the server is down: to the daemon that looks as it should
            with there:
                self._pairs.add((here, there))
                with contextlib.suppress(OSError):
                    self._copy(here, there)
                self._pairs.discard((here, there))

    @staticmethod
    def _copy(here: socket.socket, there: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(here, selectors.EVENT_READ, there)
            ready.register(there, selectors.EVENT_READ, here)
            while True:
                for key, _ in ready.select():
                    source, target = key.fileobj, key.data
                    if not isinstance(source, socket.socket):
                        continue
                    chunk = source.recv(65536)
                    if not chunk:
                        return
                    target.sendall(chunk)


class SerialLine:
    """A badge reader's cable: a pseudo-terminal whose other end the kiosk opens as its serial port."""

    def __init__(self) -> None:
        self._here, self._there = os.openpty()
        tty.setraw(self._here)
        self.port = os.ttyname(self._there)

    def present(self, badge: str) -> None:
        """Hold a badge to an RDM6300: STX, ten hex digits, two of their XOR, ETX."""
        check = 0
        for byte in bytes.fromhex(badge):
            check ^= byte
        os.write(self._here, b"\x02" + badge.encode() + f"{check:02X}".encode() + b"\x03")

    def close(self) -> None:
        os.close(self._here)
        os.close(self._there)


class Wall:
    """A person in front of a kiosk in simulated mode: looks at the screen and taps on it."""

    def __init__(self, control: Path, pictures: Path) -> None:
        self._control = control
        self._pictures = pictures

    def ask(self, **request: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(20)
            line.connect(str(self._control))
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline() or b"{}")
        if answer.get("error"):
            raise DemoFailed(f"the kiosk says {answer['error']} to {request}")
        return answer

    def state(self) -> dict[str, Any]:
        return self.ask(do="state")

    def see(self, *screens: str, seconds: float = 20.0) -> dict[str, Any]:
        """Wait until one of the screens shows."""
        return wait_for(
            f"the screen {' or '.join(screens)}", lambda: found if (found := self.state())["screen"] in screens else None, seconds
        )  # fmt: skip

    def tap(self, name: str) -> None:
        self.ask(do="tap", name=name)

    def keys(self, text: str) -> None:
        self.ask(do="keys", text=text)

    def picture(self, name: str) -> str:
        """A screenshot below the demo's screens; its file name."""
        self.ask(do="screenshot", path=str(self._pictures / f"{name}.png"))
        return f"{name}.png"


@contextlib.contextmanager
def ending(*things: Callable[[], None]) -> Iterator[None]:
    """Call these at the end, last first, whatever happened."""
    with contextlib.ExitStack() as stack:
        for thing in things:
            stack.callback(thing)
        yield
