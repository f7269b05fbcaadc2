"""Our small signing module against a full implementation of RFC 9421."""

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import signing, wire

DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SERVER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
IDS = {key: signing.key_id(signing.public_bytes(key)) for key in (DEVICE, SERVER)}
RESOLVER = MappingKeyResolver(
    public_keys={IDS[key]: key.public_key() for key in IDS}, private_keys={IDS[key]: key for key in IDS}
)
CREATED = int(datetime(2026, 3, 2, 7, 58, tzinfo=UTC).timestamp())
HOST = "https://clock.example.com"
PATH = "/api/device/v1/lines"


@dataclass
class Request:
    method: str
    url: str
    headers: dict


@dataclass
class Answer:
    status_code: int
    headers: dict
    request: Request
    url: str = HOST
    extra: dict = field(default_factory=dict)


def signed_request(body: bytes = b"{}", query: str = "", nonce: str | None = "session-1") -> dict[str, str]:
    return signing.sign_request(
        DEVICE, method="POST", path=PATH, query=query, body=body, created=CREATED, nonce=nonce
    )


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def oracle() -> HTTPMessageVerifier:
    return HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER)


@pytest.mark.parametrize("query", ["", "cursor=", "cursor=a%2Fb%20c"])
@pytest.mark.parametrize("body", [b"", b'{"lines":[]}'])
@pytest.mark.parametrize("nonce", [None, "session-1"])
def test_the_full_implementation_accepts_our_requests(query, body, nonce):
    headers = signed_request(body, query, nonce)
    request = Request("POST", f"{HOST}{PATH}{'?' if query else ''}{query}", headers)
    (result,) = oracle().verify(request, body=body, max_age=None, expect_tag=signing.REQUEST_TAG)
    assert result.parameters["keyid"] == IDS[DEVICE]
    assert result.parameters.get("nonce") == nonce


def test_the_full_implementation_names_the_same_parts_of_a_request():
    request = Request("POST", f"{HOST}{PATH}", {"Content-Digest": signing.content_digest(b"{}")})
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER).sign(
        request, key_id=IDS[DEVICE], created=datetime.fromtimestamp(CREATED, UTC), nonce="session-1",
        label="ch", tag=signing.REQUEST_TAG,
        covered_component_ids=("@method", "@path", "@query", "content-digest"), use_existing_digest=True,
    )  # fmt: skip
    theirs, ours = request.headers["Signature-Input"], signed_request()["Signature-Input"]
    assert sorted(theirs.split(";")) == sorted(ours.split(";"))


def signer() -> HTTPMessageSigner:
    return HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER)


token = st.text(st.sampled_from("ABCabc012-_"), min_size=1, max_size=20)
path = st.lists(token, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
query = st.lists(st.tuples(token, token), max_size=3).map(
    lambda pairs: "&".join(f"{k}={v}%2F" for k, v in pairs)
)


@settings(deadline=None, database=None, max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]), path=path, query=query,
    body=st.binary(max_size=200), nonce=st.none() | token,
)  # fmt: skip
def test_both_implementations_read_any_request_alike(method, path, query, body, nonce):
    headers = signing.sign_request(
        DEVICE, method=method, path=path, query=query, body=body, created=CREATED, nonce=nonce
    )
    url = f"{HOST}{path}{'?' if query else ''}{query}"
    (result,) = oracle().verify(Request(method, url, headers), body=body, max_age=None)
    assert result.parameters["keyid"] == IDS[DEVICE]
    for changed in (
        Request("PATCH", url, headers),
        Request(method, url + "x", headers),
        Request(method, url, headers | {"Content-Digest": signing.content_digest(body + b"x")}),
    ):
        with pytest.raises(InvalidSignature):
            oracle().verify(changed, body=None, max_age=None)

    theirs = Request(method, url, {"Content-Digest": signing.content_digest(body)})
    signer().sign(
        theirs, key_id=IDS[DEVICE], created=datetime.fromtimestamp(CREATED, UTC), nonce=nonce, label="ch",
        tag=signing.REQUEST_TAG, covered_component_ids=("@method", "@path", "@query", "content-digest"),
        use_existing_digest=True,
    )  # fmt: skip
    signed = signing.verify_request(
        signing.public_key(DEVICE),
        method=method,
        path=path,
        query=query,
        body=body,
        headers=lower(theirs.headers),
    )
    assert signed == signing.Signed(IDS[DEVICE], CREATED, nonce)


@settings(deadline=None, database=None, max_examples=100)
@given(status=st.integers(200, 599), asked=st.binary(max_size=50), body=st.binary(max_size=200))
def test_both_implementations_read_any_answer_alike(status, asked, body):
    request = Request("POST", f"{HOST}{PATH}", signed_request(asked))
    ours = signing.sign_answer(
        SERVER, status=status, body=body, request_signature=request.headers["Signature"], created=CREATED
    )
    (result,) = oracle().verify(Answer(status, ours, request), body=body, max_age=None)
    assert result.parameters["keyid"] == IDS[SERVER]
    with pytest.raises(InvalidSignature):
        oracle().verify(Answer(status + 1, ours, request), body=body, max_age=None)

    theirs = Answer(status, {"Content-Digest": signing.content_digest(body)}, request)
    signer().sign(
        theirs, key_id=IDS[SERVER], created=datetime.fromtimestamp(CREATED, UTC), label="ch", tag=signing.ANSWER_TAG,
        covered_component_ids=('"@status"', '"content-digest"', '"signature";req;key="ch"'),
        use_existing_digest=True,
    )  # fmt: skip
    signed = signing.verify_answer(
        signing.public_key(SERVER), status=status, body=body, request_signature=request.headers["Signature"],
        headers=lower(theirs.headers),
    )  # fmt: skip
    assert signed == signing.Signed(IDS[SERVER], CREATED, None)


@settings(deadline=None, database=None, max_examples=100)
@given(
    epoch=token,
    seq=st.integers(1, wire.MAX_INTEGER),
    line_hash=st.text("0123456789abcdef", min_size=64, max_size=64),
)
def test_both_implementations_read_any_statement_alike(epoch, seq, line_hash):
    head, at = wire.Head(epoch=epoch, seq=seq, hash=line_hash), "2026-03-02T07:59:00.000Z"
    made = signing.checkpoint(DEVICE, head, at)
    given_ = signing.receipt(SERVER, IDS[DEVICE], head, at)
    texts = {
        DEVICE: signing.checkpoint_text(IDS[DEVICE], epoch, seq, line_hash, at),
        SERVER: signing.receipt_text(IDS[DEVICE], epoch, seq, line_hash, at, IDS[SERVER]),
    }
    for key, said in ((DEVICE, made), (SERVER, given_)):
        full = algorithms.ED25519(private_key=key, public_key=key.public_key())
        full.verify(signature=b64decode(said.signature), message=texts[key])
        assert signing.verify(
            signing.public_key(key), texts[key], signing.b64encode(full.sign(texts[key])).decode()
        )
        with pytest.raises(BadSignature):
            full.verify(signature=b64decode(said.signature), message=texts[key] + b"x")


def test_a_statement_s_signature_has_one_spelling_only():
    made = signing.checkpoint(DEVICE, wire.Head(epoch="E", seq=3, hash="0" * 64), "2026-03-02T07:59:00.000Z")
    spelled = {
        made.signature[:-3] + other + "=="
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop0123456789+/"
    }
    for signature in spelled - {made.signature}:
        other = msgspec.structs.replace(made, signature=signature)
        assert not signing.checkpoint_holds(signing.public_key(DEVICE), other)
    assert signing.checkpoint_holds(signing.public_key(DEVICE), made)


def test_the_full_implementation_accepts_our_answers():
    request = Request("POST", f"{HOST}{PATH}", signed_request())
    headers = signing.sign_answer(
        SERVER, status=200, body=b"[]", request_signature=request.headers["Signature"], created=CREATED
    )
    (result,) = oracle().verify(Answer(200, headers, request), body=b"[]", max_age=None)
    assert result.parameters["keyid"] == IDS[SERVER]
    other = Request("POST", f"{HOST}{PATH}", signed_request(b"other"))
    with pytest.raises(InvalidSignature):
        oracle().verify(Answer(200, headers, other), body=b"[]", max_age=None)


def test_a_request_verifies_and_says_who_signed_it_and_when():
    signed = signing.verify_request(
        signing.public_key(DEVICE),
        method="POST",
        path=PATH,
        query="",
        body=b"{}",
        headers=lower(signed_request()),
    )
    assert signed == signing.Signed(IDS[DEVICE], CREATED, "session-1")
    assert signing.read_request(lower(signed_request())) == signed


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"}, {"path": "/api/device/v1/hello"}, {"query": "cursor=1"}, {"body": b"{ }"},
    ],
)  # fmt: skip
def test_a_request_changed_on_its_way_is_refused(change):
    sent = {"method": "POST", "path": PATH, "query": "", "body": b"{}"} | change
    with pytest.raises(signing.SignatureError):
        signing.verify_request(signing.public_key(DEVICE), **sent, headers=lower(signed_request()))


@settings(deadline=None, database=None, max_examples=200)
@given(name=st.sampled_from(["signature", "signature-input", "content-digest"]), data=st.data())
def test_a_changed_header_is_refused(name, data):
    headers = lower(signed_request())
    position = data.draw(st.integers(0, len(headers[name]) - 1))
    other = data.draw(st.characters(max_codepoint=126, min_codepoint=32))
    changed = headers[name][:position] + other + headers[name][position + 1 :]
    if changed == headers[name]:
        return
    with pytest.raises(signing.SignatureError):
        signing.verify_request(
            signing.public_key(DEVICE), method="POST", path=PATH, query="", body=b"{}",
            headers=headers | {name: changed},
        )  # fmt: skip


def test_a_signature_has_one_spelling_only():
    headers = lower(signed_request())
    last = headers["signature"][-4]
    for other in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") - {last}:
        spelled = f"{headers['signature'][:-4]}{other}==:"
        with pytest.raises(signing.SignatureError):
            signing.verify_request(
                signing.public_key(DEVICE), method="POST", path=PATH, query="", body=b"{}",
                headers=headers | {"signature": spelled},
            )  # fmt: skip


@pytest.mark.parametrize("change", [{"status": 201}, {"body": b"{}"}, {"request_signature": "other"}])
def test_an_answer_holds_for_its_own_request_only(change):
    asked = signed_request()["Signature"]
    headers = lower(
        signing.sign_answer(SERVER, status=200, body=b"[]", request_signature=asked, created=CREATED)
    )
    said = {"status": 200, "body": b"[]", "request_signature": asked}
    signing.verify_answer(signing.public_key(SERVER), **said, headers=headers)
    if "request_signature" in change:
        change = {"request_signature": signed_request(b"other")["Signature"]}
    with pytest.raises(signing.SignatureError):
        signing.verify_answer(signing.public_key(SERVER), **(said | change), headers=headers)


def test_a_signature_for_one_thing_fits_no_other():
    head = wire.Head(epoch="E", seq=3, hash="0" * 64)
    made = signing.checkpoint(SERVER, head, "2026-03-02T07:59:00.000Z")
    given = signing.receipt(SERVER, IDS[DEVICE], head, "2026-03-02T07:59:00.000Z")
    assert signing.checkpoint_holds(signing.public_key(SERVER), made)
    assert signing.receipt_holds(signing.public_key(SERVER), given)
    assert not signing.checkpoint_holds(signing.public_key(DEVICE), made)
    text = signing.checkpoint_text(IDS[SERVER], "E", 3, "0" * 64, "2026-03-02T07:59:00.000Z")
    assert not signing.verify(signing.public_key(SERVER), text, given.signature)
    assert not signing.verify(signing.public_key(SERVER), text, "no base64!")


def test_both_ends_show_the_same_six_words():
    device, server = signing.public_bytes(DEVICE), signing.public_bytes(SERVER)
    words = signing.confirmation_words(device, server)
    assert len(words) == 6
    assert words != signing.confirmation_words(server, device)
    assert len(set(signing.WORDS)) == 256


def test_a_public_key_that_is_none_is_refused():
    for text in ("", "abc", "!!!!", signing.b64encode(b"short").decode()):
        with pytest.raises(signing.SignatureError):
            signing.read_public(text)
