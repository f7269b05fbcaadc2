"""timetagger, a time tracker with an API of its own, as the peer: installed beside the project for the measurement alone."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "26.1.3"
API = "/timetagger/api/v2/"
PATIENCE = 30.0


@contextmanager
def running(folder: Path) -> Iterator["Peer"]:
    """A real one over a folder; raises CalledProcessError where it cannot be installed."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "-q",
        f"timetagger=={VERSION}",
        "uvicorn",
        "uvloop",
        "httptools",
    ]
    subprocess.run(install, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        "-m",
        "timetagger",
        f"--bind=127.0.0.1:{port}",
        f"--datadir={folder / 'data'}",
        "--log_level=error",
    ]
    process = subprocess.Popen(
        [python, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
    )
    try:
        yield Peer(process.pid, port)
    finally:
        process.terminate()
        process.wait()


class Peer:
    """One user's records over one connection."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        wanted = b64encode(json.dumps({"method": "localhost"}).encode())
        self._connection = _connected(port)
        self._token = json.loads(self._send("POST", "bootstrap_authentication", wanted, {}))["token"]

    def put(self, batches: list[bytes]) -> None:
        """Each of these batches of records; all must be accepted."""
        for batch in batches:
            answer = json.loads(self._send("PUT", "records", batch, {"authtoken": self._token}))
            assert not answer["failed"], answer["failed"][:3]

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self._connection.request(method, API + path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content


def _connected(port: int) -> http.client.HTTPConnection:
    until = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.connect()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return connection


def batch(number: int, size: int, now: int) -> bytes:
    """So many records as its own client would send them."""
    records = [
        {
            "key": f"b{number:05d}{each:05d}", "mt": now, "t1": now - 3600 * (each + 1), "t2": now - 3600 * each,
            "ds": f"Job {each % 40} in hall 3 #welding",
        }
        for each in range(size)
    ]  # fmt: skip
    return json.dumps(records).encode()
