"""The network as it is: certificates, proxies, answers that are none."""

import ssl
import time
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import signing, wire
from clockhouse_sync.client import Client, ClientError, HttpTransport, Reply
from sync.counterpart import Counterpart, Fault
from sync.rig import MONDAY

KEY = Ed25519PrivateKey.generate()
HELLO = wire.HelloRequest(protocols=[1], heads=[])


@pytest.fixture
def transport():
    opened = HttpTransport(time.monotonic)
    yield opened
    opened.close()


def client(server, transport) -> Client:
    server.device_key = signing.public_key(KEY)
    server.device_id = signing.key_id(signing.public_bytes(KEY))
    keys = {signing.key_id(signing.public_bytes(server.key)): signing.public_key(server.key)}
    return Client(transport, server=server.url, key=KEY, wall=lambda: MONDAY, server_keys=lambda: keys)


@pytest.fixture
def server():
    counterpart = Counterpart()
    yield counterpart
    counterpart.close()


def test_a_company_s_own_certificate_is_trusted_where_it_was_given(certificate, transport):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Counterpart(context)
    try:
        with pytest.raises(ClientError) as refused:
            client(server, transport).hello(HELLO)
        assert (refused.value.trouble, refused.value.code) == ("offline", "tls")
        trusting = HttpTransport(time.monotonic, certificate)
        assert client(server, trusting).hello(HELLO).status == "active"
        trusting.close()
    finally:
        server.close()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(server, transport, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert client(server, transport).hello(HELLO).status == "active"


def test_an_answer_that_takes_for_ever_is_given_up(server):
    clock = iter(range(0, 100_000, 1000))
    slow = HttpTransport(lambda: float(next(clock)))
    with pytest.raises(ClientError) as refused:
        client(server, slow).hello(HELLO)
    assert refused.value.code == "too_slow"
    slow.close()


@pytest.mark.parametrize(
    ("fault", "trouble", "after"),
    [
        (Fault("hello", status=401, code="session"), "session", None),
        (Fault("hello", status=401, code="signature"), "offline", None),
        (Fault("hello", status=403), "offline", None),
        (Fault("hello", status=404), "offline", None),
        (Fault("hello", status=410), "offline", None),
        (Fault("hello", status=413), "halve", None),
        (Fault("hello", status=429, headers={"Retry-After": "7"}), "later", 7),
        (Fault("hello", status=503), "later", None),
        (Fault("hello", status=503, headers={"Retry-After": "Mon, 02 Mar 2026 07:58:30 GMT"}), "later", 30),
        (Fault("hello", status=503, headers={"Retry-After": "soon"}), "later", None),
        (Fault("hello", status=500), "server", None),
        (Fault("hello", status=302, headers={"Location": "http://127.0.0.1:9/"}), "server", None),
        (Fault("hello", signature="none"), "untrusted", None),
    ],
)
def test_every_failure_has_one_of_a_few_names(server, transport, fault, trouble, after):
    server.faults.append(fault)
    with pytest.raises(ClientError) as refused:
        client(server, transport).hello(HELLO)
    assert (refused.value.trouble, refused.value.after) == (trouble, after)


class Says:
    """A server that signs whatever it is told to say."""

    url = "https://clock.example.com"

    def __init__(self, body: bytes) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.body = body

    def send(self, _method, _url, headers, _body):
        signed = signing.sign_answer(
            self.key, status=200, body=self.body, request_signature=headers["Signature"], created=1
        )
        return Reply(200, {name.lower(): value for name, value in signed.items()}, self.body)


def hello(**changes) -> bytes:
    public = b64encode(signing.public_bytes(KEY)).decode()
    key = {"key_id": signing.key_id(signing.public_bytes(KEY)), "public_key": public}
    fields = {
        "status": "active", "session": "s", "server_time": "2026-03-02T07:58:00.000Z", "server_epoch": "e", "server_keys": [key],
        "want": [], "durable": [],
    }  # fmt: skip
    return wire.encode(fields | changes)


def test_a_good_signature_over_nonsense_is_the_servers_fault():
    for body in (
        b"", b"[]", b"\xff", b"[" * 100_000, hello(status="odd"), hello(server_time="noon"), hello(server_keys=[]),
        hello(server_keys=[{"key_id": "k", "public_key": "AAAA"}]),
        hello(pepper={"version": 1, "value": "c2hvcnQ="}),
        hello(server_keys=[{"key_id": "another", "public_key": b64encode(b"k" * 32).decode()}]),
    ):  # fmt: skip
        says = Says(body)
        with pytest.raises(ClientError) as refused:
            client(says, says).hello(HELLO)
        assert refused.value.trouble == "server"
    says = Says(hello())
    assert client(says, says).hello(HELLO).session == "s"
