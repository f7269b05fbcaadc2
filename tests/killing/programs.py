"""Real processes that can be killed at any moment, each by its own id, and that never outlive whoever started them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
PLANTED = Path(__file__).with_name("planted.py")


class Program:
    """One program of the product and its log. Start it from the main thread: with that thread the kernel ends it."""

    def __init__(
        self,
        kind: str,
        name: str,
        script: Sequence[object],
        log: Path,
        environment: Mapping[str, str],
        planted: str = "",
    ) -> None:
        """`script` is one of Python's, with its arguments; `planted` a fault of `planted.py` that it starts with."""
        self.kind, self.name, self.log = kind, name, log
        self._command = [sys.executable, *((PLANTED, planted) if planted else ()), *script]
        self._environment = {**os.environ, **environment}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, self._command)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment,
            )  # fmt: skip

    def kill(self) -> bool:
        """SIGKILL, and wait until it is gone; whether it was there."""
        was_alive = self.alive
        if self._running is not None:
            self._running.kill()
            self._running.wait()
        return was_alive

    def end(self, seconds: float = 30.0) -> int:
        """As a person stops it; its exit code."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(seconds)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def run(*command: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command of the product's, to its end."""
    return subprocess.run(
        [str(BIN / str(command[0])), *map(str, command[1:])],
        env={**os.environ, **(environment or {})},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def seen(look: Callable[[], Any], seconds: float) -> Any:
    """What there is to see, within so many seconds; else what there is at their end."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def awaited(what: str, look: Callable[[], Any], seconds: float = 40.0) -> Any:
    """What there is to see; it has to be there within so many seconds."""
    found = seen(look, seconds)
    assert found, f"waited {seconds:.0f} s for {what}"
    return found


def free_port() -> int:
    """A port that the kernel gives to nobody's outgoing connection while its owner is dead."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
