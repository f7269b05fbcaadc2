"""A Unix socket to drive a simulated kiosk from outside: JSON lines in, JSON lines out. Never on a real wall."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Perform = Callable[[Mapping[str, Any]], dict[str, Any]]


@contextlib.contextmanager
def serve(path: Path, perform: Perform) -> Iterator[None]:
    """Answer requests with `perform`, which is called from another thread, one request at a time."""
    path.unlink(missing_ok=True)
    made = path.with_name(f"{path.name}.new")
    made.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(made))
        made.chmod(0o600)
        listener.listen(4)
        made.rename(path)  # whoever waits for the name finds somebody there
        stop = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, stop, perform), name="control", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(2)
            path.unlink(missing_ok=True)


def _accept(listener: socket.socket, stop: threading.Event, perform: Perform) -> None:
    while not stop.is_set():
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), peer:
            peer.settimeout(0.2)
            _converse(peer, stop, perform)


def _converse(peer: socket.socket, stop: threading.Event, perform: Perform) -> None:
    rest = b""
    while not stop.is_set():
        try:
            piece = peer.recv(65536)
        except TimeoutError:
            continue
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            peer.sendall(json.dumps(_answer(line, perform), ensure_ascii=False).encode() + b"\n")


def _answer(line: bytes, perform: Perform) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError:
        return {"error": "not JSON"}
    if not isinstance(request, dict):
        return {"error": "not an object"}
    return perform(request)
