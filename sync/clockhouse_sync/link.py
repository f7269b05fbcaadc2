"""The daemon's Unix socket: what kiosk and daemon tell each other, one JSON object on each text line.

The daemon pushes its status on connection and on change. The peer's user decides who may speak (SO_PEERCRED).
"""

import contextlib
import socket
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

import msgspec

_LONGEST: Final = 1 << 20
_PIECE: Final = 65536

ClockCause = Literal["boot", "first_sync", "step", "hello"]


WIPED: Final = "wiped"
"""The notice of a device that has forgotten its people by its server's order; its kiosk stands down."""
ALARMS: Final = frozenset(
    {"revoked", WIPED, "key_unreadable", "server_untrusted", "server_history_shorter", "store_failed"}
)
"""Notices of a status that a person has to look into."""


class Status(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="status"):
    """How delivery stands. `since` is when it came online or went offline; `notices` are codes.

    `others_through`: the server time up to which it held what every other kiosk of the site has; None if it is alone.
    """

    enrolled: bool
    online: bool
    since: str
    device_id: str | None = None
    pending_words: list[str] | None = None
    waiting: int = 0
    parked: int = 0
    others_through: str | None = None
    notices: list[str] = []


class ClockNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="clock"):
    """A comparison of clocks, made just now; the kiosk writes it as a `clock` line."""

    cause: ClockCause
    server_time: str | None = None
    server_epoch: str | None = None
    rtt_ms: int | None = None
    step_ms: int | None = None


class RosterNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="roster"):
    """The roster is complete up to this cursor."""

    cursor: str


class Joined(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="joined"):
    """What `enroll` led to; while `status` is pending, both ends show the words."""

    server: str
    company: str
    status: Literal["active", "pending", "revoked"]
    words: list[str]


class Exported(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="exported"):
    """The evidence file is whole at `path`: so many lines, so many of them `waiting` to be delivered."""

    path: str
    lines: int
    waiting: int


class SignedOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="signed_out"):
    """This device belongs to no server any more, and holds no roster and no secret."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="refused"):
    """What was asked (`do`) could not be done; `text` is for people who administer."""

    do: str
    code: str
    text: str


class Nudge(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="nudge"):
    """A line was appended."""


class Pull(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="pull"):
    """Pull the roster now."""


class AskStatus(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="status"):
    """Answer with the status, changed or not."""


class Enroll(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="enroll"):
    """Join a server with a one-time code; `ca` is the authority to trust, DER in base64, where it is not a public one."""

    server: str
    code: str
    ca: str | None = None


class Export(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="export"):
    """Write all that this device can show to a USB stick."""


class SignOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="sign_out"):
    """Forget server, roster and secrets; refused while a line was not delivered."""


class StoodDown(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="stood_down"):
    """The kiosk of a device that is being wiped has written its last line, and writes none any more."""


Message = Status | ClockNews | RosterNews | Joined | Exported | SignedOut | Refused
Command = Nudge | Pull | AskStatus | Enroll | Export | SignOut | StoodDown

_MESSAGES: Final = msgspec.json.Decoder(Message)
_COMMANDS: Final = msgspec.json.Decoder(Command)


class _Lines:
    """A non-blocking socket that carries whole text lines; sends queue until the other end reads."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.closed = False
        self._in = bytearray()
        self._out = bytearray()

    def send(self, line: bytes) -> None:
        self._out += line + b"\n"
        if len(self._out) > _LONGEST:
            self.close()
        self.flush()

    def flush(self) -> None:
        try:
            while self._out and not self.closed:
                del self._out[: self.socket.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def receive(self) -> list[bytes]:
        self.flush()
        while not self.closed:
            try:
                piece = self.socket.recv(_PIECE)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            self._in += piece
            if not piece or len(self._in) > _LONGEST:
                self.close()
        *whole, rest = bytes(self._in).split(b"\n")
        self._in[:] = rest
        return whole

    def close(self) -> None:
        self.closed = True
        self.socket.close()


class LinkClient:
    """The kiosk's end: never blocks, and joins again by itself when the daemon comes back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: _Lines | None = None

    @property
    def connected(self) -> bool:
        return self._lines is not None and not self._lines.closed

    def fileno(self) -> int:
        """For a readiness notifier; -1 while not connected, and another number after each reconnection."""
        return self._lines.socket.fileno() if self._lines is not None and self.connected else -1

    def receive(self) -> list[Message]:
        """Whatever has arrived since the last call; messages of a newer daemon are passed over."""
        lines = self._joined()
        messages: list[Message] = []
        for raw in lines.receive() if lines is not None else ():
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                messages.append(_MESSAGES.decode(raw))
        return messages

    def send(self, command: Command) -> bool:
        """Whether the command is on its way; while the daemon is away it is not kept."""
        lines = self._joined()
        if lines is None:
            return False
        lines.send(msgspec.json.encode(command))
        return not lines.closed

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()

    def _joined(self) -> _Lines | None:
        if self.connected:
            return self._lines
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(str(self._path))
        except OSError:
            sock.close()
            self._lines = None
        else:
            self._lines = _Lines(sock)
        return self._lines


class LinkServer:
    """The daemon's end. Peers of other users than the allowed ones are hung up on without a word."""

    def __init__(self, path: Path, *, allowed_uids: Collection[int]) -> None:
        """Raises OSError; in particular if another daemon answers at this path."""
        self._path = path
        self._allowed = frozenset(allowed_uids)
        self._peers: list[_Lines] = []
        self._listener = _listen(path)

    def filenos(self) -> list[int]:
        """What to wait for until something can be read."""
        return [self._listener.fileno(), *(peer.socket.fileno() for peer in self._peers)]

    def accept(self) -> int:
        """How many new peers joined."""
        joined = 0
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return joined
            if _peer_uid(sock) in self._allowed:
                self._peers.append(_Lines(sock))
                joined += 1
            else:
                sock.close()

    @property
    def has_peers(self) -> bool:
        return bool(self._peers)

    def receive(self) -> list[Command]:
        """What peers asked since the last call; a peer that says nonsense is hung up on."""
        commands: list[Command] = []
        for peer in self._peers:
            for raw in peer.receive():
                try:
                    commands.append(_COMMANDS.decode(raw))
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    peer.close()
        self._drop_closed()
        return commands

    def push(self, message: Message) -> None:
        """To every peer."""
        raw = msgspec.json.encode(message)
        for peer in self._peers:
            peer.send(raw)
        self._drop_closed()

    def close(self) -> None:
        for peer in self._peers:
            peer.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _drop_closed(self) -> None:
        self._peers = [peer for peer in self._peers if not peer.closed]


def _listen(path: Path) -> socket.socket:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            probe.connect(str(path))
            raise OSError(f"{path}: another sync daemon is running")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    try:
        listener.bind(str(path))
        path.chmod(0o666)  # the peer's user is checked on every connection
        listener.listen(16)
    except OSError:
        listener.close()
        raise
    return listener


def _peer_uid(sock: socket.socket) -> int:
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)
