"""A network as bad as they come, between one daemon and the server: a relay that knows where a request ends."""

import contextlib
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from typing import Final

FATES: Final = {
    "fair": 24, "slow": 4, "request unheard": 1, "request cut": 2, "answer cut": 2, "answer lost": 3,
    "sent twice at once": 4, "sent again later": 4, "away for a while": 1,
}  # fmt: skip
"""What becomes of a request, and how often of so many."""
PATIENCE: Final = 40.0
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that makes of a close a cut: what is on its way is thrown away, the other end hears of a reset."""


class BadNetwork:
    """The daemon's only way to the server. `did` counts what became of requests; it is fair until it is told otherwise.

    The seed turns what is chosen, not when: threads and processes run as the machine lets them.
    """

    def __init__(self, to_port: int, chance: random.Random) -> None:
        self.did: Counter[str] = Counter()
        self.bad = False
        self.delivery = threading.Event()
        """Set whenever lines are on their way to the server."""
        self._to, self._chance = ("127.0.0.1", to_port), chance
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)

    def close(self) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listener.close()

    def _start(self, do, *given) -> None:
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(threading.Thread(target=do, args=given, name="network", daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closing.is_set():
                here, _ = self._listener.accept()
                self._start(self._serve, here)

    @contextlib.contextmanager
    def _watched(self, sock: socket.socket):
        """Closed at the end, and shut from outside when the network closes."""
        with sock:
            sock.settimeout(PATIENCE)
            with self._lock:
                self._open.add(sock)
            try:
                yield sock
            finally:
                with self._lock:
                    self._open.discard(sock)

    def _serve(self, here: socket.socket) -> None:
        """One connection of the daemon's, request by request until something is cut."""
        with contextlib.suppress(OSError), self._watched(here):
            while not self._closing.is_set() and (request := _message(here)):
                if not self._carry(here, request):
                    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    return

    def _carry(self, here: socket.socket, request: bytes) -> bool:
        """Whether the connection outlives what becomes of this request."""
        fate, wait, part = self._fate()
        match fate:
            case "away" | "away for a while" | "request unheard":
                return False
            case "request cut":
                self._send_only(request[: int(len(request) * part)])
                return False
            case "sent twice at once":
                self._start(self._ask, request)
            case "sent again later":
                self._start(self._ask_later, request, wait * 8)
            case "slow":
                self._closing.wait(wait)
        answer = self._ask(request)
        if not answer:
            return False
        match fate:
            case "answer lost":
                return False
            case "answer cut":
                here.sendall(answer[: int(len(answer) * part)])
                return False
            case "slow":
                for start in range(0, len(answer), 1 + len(answer) // 5):
                    here.sendall(answer[start : start + 1 + len(answer) // 5])
                    self._closing.wait(wait / 5)
            case _:
                here.sendall(answer)
        return True

    def _fate(self) -> tuple[str, float, float]:
        """What becomes of the next request, a wait in seconds, and the part that arrives of what is cut."""
        with self._lock:
            fate, wait, part = "fair", self._chance.uniform(0.01, 0.3), self._chance.random()
            if self.bad:
                (fate,) = self._chance.choices([*FATES], [*FATES.values()])
                now = time.monotonic()
                if now < self._away_until:
                    fate = "away"
                elif fate == "away for a while":
                    self._away_until = now + wait * 5
            self.did[fate] += 1
        return fate, wait, part

    def _ask(self, request: bytes) -> bytes:
        """The server's answer; empty where there is none, or no whole one."""
        answer, outcome = b"", "nobody there"
        with contextlib.suppress(OSError), self._watched(socket.create_connection(self._to, 5)) as there:
            outcome = "left without an answer"
            there.sendall(request)
            if request.startswith(b"POST /api/device/v1/lines "):
                self.delivery.set()
            answer = _message(there)
        with self._lock:
            self.did[f"answered {answer[9:12].decode()}" if answer else outcome] += 1
        return answer

    def _ask_later(self, request: bytes, wait: float) -> None:
        if not self._closing.wait(wait):
            self._ask(request)

    def _send_only(self, piece: bytes) -> None:
        with contextlib.suppress(OSError), self._watched(socket.create_connection(self._to, 5)) as there:
            there.sendall(piece)


def _message(sock: socket.socket) -> bytes:
    """One HTTP message, head and body; empty where the other end went before it was whole."""
    got = bytearray()
    needed = None
    while needed is None or len(got) < needed:
        piece = sock.recv(65536)
        if not piece:
            return b""
        got += piece
        end = got.find(b"\r\n\r\n")
        if needed is None and end >= 0:
            length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", got[: end + 2])
            needed = end + 4 + int(length[1] if length else 0)
    return bytes(got)
