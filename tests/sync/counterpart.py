"""A server in miniature on a real loopback socket: holds lines as the protocol says, and fails on request."""

import socket
import ssl
import threading
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import ledger, signing, wire

PREFIX = "/api/device/v1/"
PEPPER = b64encode(b"p" * 32).decode()


@dataclass
class Fault:
    """What goes wrong with one request to `name`. `lost`: it is worked on, but the answer never arrives."""

    name: str
    status: int = 0
    code: str = "trouble"
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    signature: str = "good"


@dataclass
class Seen:
    name: str
    body: bytes
    query: str
    nonce: str | None


class Office:
    """Scripted with `faults`; what it holds is `lines`: (epoch, seq) -> {hash: raw}. No sockets here."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.status = "active"
        self.server_epoch = "server-epoch-1"
        self.session = "session-1"
        self.server_time = "2026-03-02T07:58:00.000Z"
        self.lines: dict[tuple[str, int], dict[str, bytes]] = {}
        self.beside: dict[str, wire.Beside] = {}
        self.checkpoints: list[wire.Checkpoint] = []
        self.parks: set[str] = set()
        self.durable: list[wire.Place] = []
        self.others_through: str | None = None
        self.pages: dict[str, wire.RosterAnswer] = {}
        self.most_lines = wire.MAX_LINES
        self.wipe = None
        """Given (its key, a hello's session), the order that goes with the answer."""
        self.wiped: list[wire.WipedRequest] = []
        self.faults: deque[Fault] = deque()
        self.seen: list[Seen] = []
        self.device_key = None
        self.device_id = ""

    @property
    def words(self) -> list[str]:
        return signing.confirmation_words(
            signing.public_bytes(self.device_key), signing.public_bytes(self.key)
        )

    def requests(self, name: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.name == name]

    def held(self, epoch: str) -> list[bytes]:
        """The lines of an epoch in order; a place with two lines shows both."""
        places = sorted(place for place in self.lines if place[0] == epoch)
        return [raw for place in places for raw in self.lines[place].values()]

    def answer(self, method: str, target: str, body: bytes, headers: dict[str, str]):
        """(status, body, headers, fault) for one request."""
        parts = urlsplit(target)
        name = parts.path.removeprefix(PREFIX)
        if name == "enroll":
            self.device_key = signing.read_public(msgspec.json.decode(body)["public_key"])
            self.device_id = signing.key_id(signing.public_bytes(self.device_key))
        signed = signing.verify_request(
            self.device_key, method=method, path=parts.path, query=parts.query, body=body, headers=headers
        )
        self.seen.append(Seen(name, body, parts.query, signed.nonce))
        fault = next((fault for fault in self.faults if fault.name == name), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault.status:
                return fault.status, msgspec.json.encode({"code": fault.code}), fault.headers, fault
        if name not in {"enroll", "hello"} and signed.nonce != self.session:
            return 401, msgspec.json.encode({"code": "session"}), {}, None
        if name == "roster" and self.status != "active":
            return 403, msgspec.json.encode({"code": "not_active"}), {}, None
        status, said = getattr(self, f"_{name}")(body, parse_qs(parts.query, keep_blank_values=True))
        return status, msgspec.json.encode(said), {}, fault

    def sign(self, status: int, body: bytes, request_signature: str, kind: str) -> dict[str, str]:
        if kind == "none":
            return {}
        key = Ed25519PrivateKey.generate() if kind == "stranger" else self.key
        signature = request_signature
        if kind == "replayed":
            signature = f"ch=:{b64encode(b'x' * 64).decode()}:"
        signed = signing.sign_answer(
            key, status=status, body=body, request_signature=signature, created=1_772_438_280
        )
        if kind == "digest":
            signed["Content-Digest"] = signing.content_digest(b"something else")
        return signed

    def _keys(self) -> list[wire.ServerKey]:
        public = signing.public_bytes(self.key)
        return [wire.ServerKey(key_id=signing.key_id(public), public_key=b64encode(public).decode())]

    def _enroll(self, body, query):
        active = self.status == "active"
        return 200, wire.EnrollAnswer(
            status=self.status, device_id=self.device_id, server_keys=self._keys(),
            server_time=self.server_time, company="Blechwerk", words=self.words,
            pepper=wire.Pepper(version=1, value=PEPPER) if active else None,
        )  # fmt: skip

    def _hello(self, body, query):
        asked = msgspec.json.decode(body, type=wire.HelloRequest)
        want = [
            wire.Want(epoch=head.epoch, after_seq=self._through(head.epoch))
            for head in asked.heads
            if self.status != "pending" and self._through(head.epoch) < head.seq
        ]
        return 200, wire.HelloAnswer(
            status=self.status, session=self.session, server_time=self.server_time,
            server_epoch=self.server_epoch, server_keys=self._keys(), want=want, durable=self.durable,
            complete_through=None if want else self.server_time, others_through=self.others_through,
            pepper=wire.Pepper(version=1, value=PEPPER) if self.status == "active" else None,
            wipe=None if self.wipe is None else self.wipe(self.key, self.session),
        )  # fmt: skip

    def _wiped(self, body, query):
        said = msgspec.json.decode(body, type=wire.WipedRequest)
        assert signing.wiped_holds(self.device_key, said)
        self.wiped.append(said)
        return 200, wire.WipedAnswer(order_id=said.order_id, kept=said.kept)

    _heartbeat = _hello

    def _lines(self, body, query):
        asked = msgspec.json.decode(body, type=wire.LinesRequest)
        if len(asked.lines) > self.most_lines:
            return 413, {"code": "too_large"}
        self.beside.update(asked.beside)
        verdicts = [self._judge(index, bytes(raw)) for index, raw in enumerate(asked.lines)]
        for made in asked.checkpoints:
            assert signing.checkpoint_holds(self.device_key, made)
            here = self.lines.get((made.epoch, made.seq))
            assert here is None or made.hash in here  # a server that was restored may lack the line
            self.checkpoints.append(made)
        epochs = list(dict.fromkeys(verdict.epoch for verdict in verdicts))
        acknowledged = [wire.Place(epoch=epoch, seq=self._through(epoch)) for epoch in epochs]
        receipts = [
            signing.receipt(
                self.key,
                self.device_id,
                wire.Head(
                    epoch=place.epoch, seq=place.seq, hash=next(iter(self.lines[place.epoch, place.seq]))
                ),
                self.server_time,
            )
            for place in acknowledged
            if place.seq
        ]
        return 200, wire.LinesAnswer(verdicts=verdicts, acknowledged=acknowledged, receipts=receipts)

    def _judge(self, index: int, raw: bytes) -> wire.Verdict:
        head = wire.read_head(raw)
        assert head.device_id == self.device_id
        line_hash = ledger.line_hash(raw)
        here = self.lines.setdefault((head.epoch, head.seq), {})
        chain, finding = ledger.link(
            head,
            line_hash,
            ledger.Known(frozenset(here), frozenset(self.lines.get((head.epoch, head.seq - 1), {}))),
        )
        here[line_hash] = raw
        code = "unknown_employee" if head.type in self.parks else None
        outcome = "duplicate" if finding == "same" else "parked" if code else "accepted"
        return wire.Verdict(
            index=index,
            epoch=head.epoch,
            seq=head.seq,
            hash=line_hash,
            chain=chain,
            outcome=outcome,
            code=code,
        )

    def _roster(self, body, query):
        page = self.pages.get(query["cursor"][0])
        if page is None:
            return 410, {"code": "cursor"}
        return 200, page

    def _through(self, epoch: str) -> int:
        seq = 0
        while (epoch, seq + 1) in self.lines:
            seq += 1
        return seq


class Counterpart(Office):
    """The office behind a real socket; with `tls`, a certificate for it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._scheme = "http" if tls is None else "https"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        counterpart = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                names = {name.lower(): value for name, value in self.headers.items()}
                status, said, extra, fault = counterpart.answer(self.command, self.path, body, names)
                if fault is not None and fault.lost:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                kind = "good" if fault is None else fault.signature
                signed = counterpart.sign(status, said, names["signature"], kind)
                self.send_response(status)
                for name, value in {**signed, **extra, "Content-Length": str(len(said))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST  # noqa: N815 - http.server's name

            def log_message(self, *_args) -> None:
                """Silent."""

        return Handler


def content(beside: wire.Beside) -> tuple[bytes, bytes]:
    return b64decode(beside.salt), b64decode(beside.content)
