"""Requests to the server: every one signed, every answer checked, every failure given one of a few names."""

import re
import ssl
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from requests.utils import get_environ_proxies

from clockhouse_sync import signing, wire
from clockhouse_sync.settings import LOOPBACK

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
TOTAL_SECONDS: Final = 120.0
LARGEST_ANSWER: Final = 64 << 20
_PIECE: Final = 65536
_PREFIX: Final = "/api/device/v1/"
_SYSTEM_CAS: Final = Path("/etc/ssl/certs/ca-certificates.crt")

Trouble = Literal["offline", "session", "later", "halve", "gone", "refused", "server", "untrusted"]
_T = TypeVar("_T")


class ClientError(Exception):
    """A request that was not answered as hoped.

    `trouble`: offline (nobody there, or nobody who wants us; keep everything), session (hello again), later (after
    `after` seconds), halve (send less), gone (start again), refused (a person must do something), server (its
    fault), untrusted (an answer without a good signature).
    """

    def __init__(self, trouble: Trouble, code: str, *, text: str = "", after: float | None = None) -> None:
        super().__init__(text or code)
        self.trouble = trouble
        self.code = code
        self.after = after


@dataclass(frozen=True)
class Reply:
    """What came back over the wire; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """The network, so that a simulator can stand in for it."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One exchange, without following redirects. Raises ClientError `offline`."""

    def trust(self, ca_file: Path | None) -> None:
        """From now on these authorities alone; the system's, where there are none."""


@dataclass
class HttpTransport:
    """The real network. Trusts the system's CAs, or the ones in `ca_file` alone."""

    monotonic: Callable[[], float]
    ca_file: Path | None = None
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False
        self.trust(self.ca_file)

    def trust(self, ca_file: Path | None) -> None:
        self._session.verify = str(ca_file or _system_cas())
        self._session.close()  # connections that are open were trusted for other reasons

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        deadline = self.monotonic() + TOTAL_SECONDS
        try:
            with self._session.request(
                method, url, headers=dict(headers), data=body, stream=True, allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS), proxies=_proxies(url),
            ) as response:  # fmt: skip
                names = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, names, self._read(response, deadline))
        except requests.exceptions.SSLError as problem:
            raise ClientError("offline", "tls", text=str(problem)) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            raise ClientError("offline", "network", text=str(problem)) from None

    def close(self) -> None:
        self._session.close()

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        while piece := response.raw.read(_PIECE, decode_content=False):
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise ClientError("server", "too_large")
            if self.monotonic() > deadline:
                raise ClientError("offline", "too_slow")
        return bytes(body)


def _proxies(url: str) -> dict[str, str]:
    """As the environment says, but never to this machine itself."""
    return {} if urlsplit(url).hostname in LOOPBACK else get_environ_proxies(url)


def _system_cas() -> Path:
    return _SYSTEM_CAS if _SYSTEM_CAS.exists() else Path(ssl.get_default_verify_paths().cafile or _SYSTEM_CAS)


class Client:
    """One device's conversation with one server."""

    def __init__(
        self,
        transport: Transport,
        *,
        server: str,
        key: Ed25519PrivateKey,
        wall: Callable[[], datetime],
        server_keys: Callable[[], Mapping[str, signing.PublicKey]],
    ) -> None:
        self._transport = transport
        self._key = key
        self._wall = wall
        self._server_keys = server_keys
        parts = urlsplit(server)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._base = parts.path.rstrip("/") + _PREFIX

    def enroll(self, request: wire.EnrollRequest) -> tuple[wire.EnrollAnswer, signing.PublicKey]:
        """The answer, and the server's key that signed it: one of those it names, which people confirm by words.

        The answer is the only one that is not checked against pinned keys.
        """
        reply, signature = self._exchange("POST", "enroll", msgspec.json.encode(request), None, "")
        if reply.status >= 400:
            problem = _problem(reply)
            if reply.status < 500 and reply.status != 429:
                raise ClientError("refused", problem.code, text=problem.title)
        self._raise_for_status(reply, "enroll")
        answer = _decode(reply.body, wire.EnrollAnswer)
        _check_pepper(answer.pepper)
        offered = {}
        for offer in answer.server_keys:
            try:
                offered[offer.key_id] = signing.read_public(offer.public_key)
            except signing.SignatureError as problem_with_key:
                raise ClientError("untrusted", problem_with_key.code) from None
        return answer, _signer(reply, signature, offered)

    def hello(self, request: wire.HelloRequest) -> wire.HelloAnswer:
        answer = self._ask("POST", "hello", msgspec.json.encode(request), wire.HelloAnswer)
        return _checked(answer)

    def heartbeat(self, request: wire.HeartbeatRequest, session: str | None) -> wire.HelloAnswer:
        body = msgspec.json.encode(request)
        return _checked(self._ask("POST", "heartbeat", body, wire.HelloAnswer, session))

    def lines(self, body: bytes, session: str | None) -> wire.LinesAnswer:
        return self._ask("POST", "lines", body, wire.LinesAnswer, session)

    def wiped(self, said: wire.WipedRequest, session: str | None) -> wire.WipedAnswer:
        return self._ask("POST", "wiped", msgspec.json.encode(said), wire.WipedAnswer, session)

    def roster(self, cursor: str, session: str | None) -> wire.RosterAnswer:
        query = f"cursor={quote(cursor, safe='')}"
        return self._ask("GET", "roster", b"", wire.RosterAnswer, session, query)

    def _ask(
        self,
        method: str,
        name: str,
        body: bytes,
        shape: type[_T],
        session: str | None = None,
        query: str = "",
    ) -> _T:
        reply, signature = self._exchange(method, name, body, session, query)
        self._raise_for_status(reply, name)
        _signer(reply, signature, self._server_keys())
        return _decode(reply.body, shape)

    def _exchange(
        self, method: str, name: str, body: bytes, session: str | None, query: str
    ) -> tuple[Reply, str]:
        path = self._base + name
        headers = signing.sign_request(
            self._key,
            method=method, path=path, query=query, body=body,
            created=int(self._wall().timestamp()), nonce=session,
        )  # fmt: skip
        signature = headers["Signature"]
        headers |= {"Accept": "application/json", "Accept-Encoding": "identity"}
        if body:
            headers["Content-Type"] = "application/json"
        url = self._origin + path + (f"?{query}" if query else "")
        return self._transport.send(method, url, headers, body), signature

    def _raise_for_status(self, reply: Reply, name: str) -> None:
        """Failures need no signature: whatever they say, everything is kept and tried again."""
        if reply.status == 200:
            return
        code = _problem(reply).code
        match reply.status:
            case 401 if code == "session":
                raise ClientError("session", code)
            case 410 if name == "roster":
                raise ClientError("gone", code)
            case 401 | 403 | 404 | 410:
                raise ClientError("offline", code)
            case 413:
                raise ClientError("halve", code)
            case 429 | 503:
                raise ClientError("later", code, after=_retry_after(reply, self._wall()))
            case _:
                raise ClientError("server", code)


def _signer(reply: Reply, request_signature: str, keys: Mapping[str, signing.PublicKey]) -> signing.PublicKey:
    """The key out of `keys` that signed this answer to that request; raises ClientError `untrusted`."""
    code = "signature"
    for key in keys.values():
        try:
            signing.verify_answer(
                key, status=reply.status, body=reply.body, request_signature=request_signature,
                headers=reply.headers,
            )  # fmt: skip
        except signing.SignatureError as problem:
            code = problem.code
        else:
            return key
    raise ClientError("untrusted", code)


def _decode(body: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ClientError("server", "malformed", text=str(problem)) from None


def _checked(answer: wire.HelloAnswer) -> wire.HelloAnswer:
    """An answer whose time, keys and pepper can be used; a good signature over nonsense is the server's fault."""
    _check_pepper(answer.pepper)
    try:
        wire.parse_instant(answer.server_time, "server_time")
        offered = {offer.key_id: signing.read_public(offer.public_key) for offer in answer.server_keys}
    except (signing.SignatureError, wire.WireError) as problem:
        raise ClientError("server", "malformed", text=str(problem)) from None
    if not offered or any(signing.key_id(signing.public_bytes(key)) != name for name, key in offered.items()):
        raise ClientError("server", "server_keys")
    return answer


def _check_pepper(pepper: wire.Pepper | None) -> None:
    try:
        good = pepper is None or len(b64decode(pepper.value, validate=True)) == 32
    except (Base64Error, ValueError):
        good = False
    if not good:
        raise ClientError("server", "pepper")


def _problem(reply: Reply) -> wire.Problem:
    try:
        return msgspec.json.decode(reply.body, type=wire.Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return wire.Problem(code=f"http_{reply.status}")


def _retry_after(reply: Reply, now: datetime) -> float | None:
    text = reply.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
