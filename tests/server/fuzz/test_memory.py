"""However much is sent, in whatever way, a real server process never holds more of a request than its limit."""

import gzip
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from server.conftest import NewDatabase
from server.fuzz.calling import API, Call, signed
from server.fuzz.company import Company, company_of
from server.fuzz.mutating import Mutator
from server.rig import World

MIB = 1 << 20
BOUND = 32 * MIB
"""What requests may add to the process at its highest; the flood alone would be six times that."""
DRIPS = 20
PIECE = b"x" * 65_536
FLOOD = 3000 * len(PIECE)
ANNOUNCED, CHUNKED = b"Content-Length: %d" % FLOOD, b"Transfer-Encoding: chunked"
START = "from clockhouse_server.cli import main; raise SystemExit(main())"


pytestmark = pytest.mark.xdist_group("memory")


class Process:
    """A server of its own process, and its memory as the kernel sees it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self._pid = url, pid
        self._address = (urlsplit(url).hostname, urlsplit(url).port)

    @contextmanager
    def grown(self) -> Iterator[list[int]]:
        """How many bytes the process grew at its highest while the block ran."""
        Path(f"/proc/{self._pid}/clear_refs").write_text("5", encoding="ascii")  # the highest is now
        before = self._bytes("VmRSS")
        found: list[int] = []
        yield found
        found.append(self._bytes("VmHWM") - before)

    def _bytes(self, name: str) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        return int(status.partition(f"{name}:")[2].split()[0]) * 1024

    def connect(self) -> socket.socket:
        return socket.create_connection(self._address, timeout=120)

    def send(self, request: Call) -> httpx.Response:
        headers = [(name.decode(), value.decode()) for name, value in request.headers]
        return httpx.request(
            request.method, self.url + request.path, headers=headers, content=request.body, timeout=60
        )


@contextmanager
def served(company: Company, **settings: str) -> Iterator[Process]:
    """The product's own server over this company's database, in another process."""
    world, log = company.world, company.folder / "log"
    environ = os.environ | {"CLOCKHOUSE_SECRETS_FILE": world.settings.secrets_file} | settings
    words = ["serve", "--database", world.settings.database, "--port", "0"]
    with log.open("wb") as said_aside:
        process = subprocess.Popen(
            [sys.executable, "-c", START, *words], env=environ, stdout=subprocess.PIPE, stderr=said_aside
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        assert said.startswith("Clockhouse is at "), log.read_text(encoding="utf-8")
        yield Process(said.split()[-1].rstrip("/"), process.pid)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def flood(server: Process, path: str, framing: bytes, *, pause: float = 0.0) -> tuple[int, int]:
    """Send a body that does not end; the status of the answer (0 where the reset overtook it), and what could be sent."""
    piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if framing == CHUNKED else PIECE
    sent, answer = 0, b""
    with server.connect() as link, suppress(ConnectionError):  # the server closes its end, as it should
        link.sendall(head(path, framing))
        with suppress(ConnectionError):
            while sent < FLOOD:
                link.sendall(piece)
                sent += len(PIECE)
                time.sleep(pause)
        link.settimeout(15)
        with suppress(TimeoutError):  # it waits for more: then too much could be sent
            answer = link.recv(65_536)
    return int(answer.split(b" ", 2)[1]) if answer else 0, sent


def head(path: str, framing: bytes) -> bytes:
    first = b"POST " + API.encode() + path.encode() + b" HTTP/1.1"
    return b"\r\n".join((first, b"Host: clock.example", framing, b"", b""))


@pytest.fixture(scope="module")
def company(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("memory")
    with new_database("sqlite", folder) as url:
        world = World(url, folder / "secrets.json")
        yield company_of(world, folder)
        world.close()


@pytest.fixture(scope="module")
def server(company: Company) -> Iterator[Process]:
    with served(company) as process:
        yield process


def test_what_is_too_large_is_refused_before_it_is_read(company: Company, server: Process) -> None:
    with server.grown() as grown:
        for path in ("lines", "hello", "heartbeat", "enroll"):
            for framing in (ANNOUNCED, CHUNKED):
                status, sent = flood(server, path, framing)
                assert status in {413, 0}
                assert sent < FLOOD / 4
        status, sent = flood(server, "lines", CHUNKED, pause=0.01)  # slowly: the answer comes through
        assert status == 413
        assert sent < 2 * company.world.settings.body_limit
        assert 200 == httpx.get(server.url + "/healthz").status_code
    assert grown[0] < BOUND


def test_bodies_that_never_end_are_held_up_to_the_limit_and_stand_in_nobody_s_way(
    company: Company, server: Process
) -> None:
    with server.grown() as grown, ExitStack() as links:
        for _ in range(DRIPS):
            link = links.enter_context(server.connect())
            link.sendall(head("lines", b"Content-Length: 1050000") + b"x" * 1_000_000)
        for _ in range(5):
            assert 200 == httpx.get(server.url + "/healthz").status_code
            assert 200 == server.send(_hello(company)).status_code
    assert grown[0] < BOUND + DRIPS * company.world.settings.body_limit


def test_what_is_small_and_grows_when_it_is_read_stays_within_bounds(
    company: Company, server: Process
) -> None:
    kiosk = company.kiosk
    kiosk.session = server.send(_hello(company)).json()["session"]
    bomb = signed(kiosk, "bomb", "lines", gzip.compress(b"0" * FLOOD, 9, mtime=0))
    brackets = signed(kiosk, "brackets", "lines", b'{"lines":[' + b"[" * 1_000_000 + b"]}")
    with server.grown() as grown:
        for made in (bomb.having(b"content-encoding", b"gzip"), brackets):
            assert 422 == server.send(made).status_code
    assert grown[0] < BOUND
    for made, _ in Mutator(company, random.Random(1)).of_plenty():
        with server.grown() as grown:
            assert server.send(made).status_code < 500, made.says
        assert grown[0] < BOUND, made.says


def test_without_its_limit_the_server_would_take_it_all_in(company: Company) -> None:
    with served(company, CLOCKHOUSE_BODY_LIMIT=str(2 * FLOOD)) as server, server.grown() as grown:
        assert (401, FLOOD) == flood(server, "lines", ANNOUNCED)
    assert grown[0] > BOUND


def _hello(company: Company) -> Call:
    return signed(company.kiosk, "hello", "hello", b'{"protocols":[1],"heads":[]}', nonce="")
