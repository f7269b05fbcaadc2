"""Signatures of the device protocol: requests and answers (RFC 9421, one frozen profile), checkpoints, receipts.

Every signed text begins with its purpose, so that a signature made for one thing never fits another. In
HTTP messages the purpose is the `tag` parameter.

Keys are made, kept and used by the cryptography package. Signatures are checked by libsodium, which takes two thirds
of the time that OpenSSL does; nearly all that a server and a verification do with keys is checking.
"""

import re
from base64 import b32encode, b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from clockhouse_sync import wire

REQUEST_TAG: Final = "clockhouse-device-v1"
ANSWER_TAG: Final = "clockhouse-server-v1"
LABEL: Final = "ch"

PublicKey: TypeAlias = VerifyKey

_REQUEST_COVERS: Final = '("@method" "@path" "@query" "content-digest")'
_ANSWER_COVERS: Final = '("@status" "content-digest" "signature";req;key="ch")'
_SAFE: Final = r"[A-Za-z0-9_.:=+/-]{1,128}"
_INPUT = re.compile(
    rf'{LABEL}=(?P<covers>\([^)]*\));created=(?P<created>\d{{1,15}});keyid="(?P<keyid>{_SAFE})";alg="ed25519"'
    rf'(?:;nonce="(?P<nonce>{_SAFE})")?;tag="(?P<tag>{_SAFE})"'
)
_SIGNATURE = re.compile(rf"{LABEL}=:(?P<value>[A-Za-z0-9+/]{{85}}[AQgw]==):")


class SignatureError(ValueError):
    """A message is not signed as the profile asks; `code` is one of digest, malformed, signature."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """What a valid signature says besides the message itself."""

    key_id: str
    created: int
    nonce: str | None


def public_bytes(key: Ed25519PrivateKey | PublicKey) -> bytes:
    """The raw 32 bytes of the public key."""
    return key.public_key().public_bytes_raw() if isinstance(key, Ed25519PrivateKey) else bytes(key)


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """What checks the signatures of a private key."""
    return PublicKey(public_bytes(key))


@lru_cache(maxsize=4096)
def read_public(encoded: str) -> PublicKey:
    """A public key from base64 of its raw bytes; raises SignatureError."""
    try:
        return PublicKey(b64decode(encoded, validate=True))
    except (Base64Error, ValueError):
        raise SignatureError("malformed", "public_key: must be base64 of 32 bytes") from None


@lru_cache(maxsize=4096)
def key_id(public: bytes) -> str:
    """A device's id, and the id of any key: base32 of SHA-256 of the raw public key, first 26 characters."""
    return b32encode(sha256(public).digest()).decode()[:26]


@lru_cache(maxsize=64)
def _identity(key: Ed25519PrivateKey) -> str:
    return key_id(public_bytes(key))


def content_digest(body: bytes) -> str:
    """The Content-Digest field (RFC 9530) of a body, an empty one included."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def sign_request(
    key: Ed25519PrivateKey,
    *,
    method: str,
    path: str,
    query: str,
    body: bytes,
    created: int,
    nonce: str | None = None,
) -> dict[str, str]:
    """The three header fields of a signed request. `query` is without its question mark."""
    digest = content_digest(body)
    identity = _identity(key)
    session = "" if nonce is None else f';nonce="{nonce}"'
    params = (
        f'{_REQUEST_COVERS};created={created};keyid="{identity}";alg="ed25519"{session};tag="{REQUEST_TAG}"'
    )
    base = _request_base(method, path, query, digest, params)
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={params}",
        "Signature": f"{LABEL}=:{b64encode(key.sign(base)).decode()}:",
    }


def read_request(headers: Mapping[str, str]) -> Signed:
    """Who claims to have signed (unchecked): to find the key before verify_request. Names lower-case."""
    _, signed = _parse(headers, _REQUEST_COVERS, REQUEST_TAG)
    return signed


def verify_request(
    key: PublicKey, *, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
) -> Signed:
    """The signature's parameters if it holds; raises SignatureError. Header names are lower-case."""
    params, signed = _parse(headers, _REQUEST_COVERS, REQUEST_TAG)
    digest = _checked_digest(body, headers)
    _verify(key, headers, _request_base(method, path, query, digest, params))
    return signed


def sign_answer(
    key: Ed25519PrivateKey, *, status: int, body: bytes, request_signature: str, created: int
) -> dict[str, str]:
    """The header fields of a signed answer, bound to the request by that request's Signature field."""
    digest = content_digest(body)
    identity = _identity(key)
    params = f'{_ANSWER_COVERS};created={created};keyid="{identity}";alg="ed25519";tag="{ANSWER_TAG}"'
    base = _answer_base(status, digest, request_signature, params)
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={params}",
        "Signature": f"{LABEL}=:{b64encode(key.sign(base)).decode()}:",
    }


def verify_answer(
    key: PublicKey, *, status: int, body: bytes, request_signature: str, headers: Mapping[str, str]
) -> Signed:
    """As verify_request, for an answer to the request that carried `request_signature`."""
    params, signed = _parse(headers, _ANSWER_COVERS, ANSWER_TAG)
    digest = _checked_digest(body, headers)
    _verify(key, headers, _answer_base(status, digest, request_signature, params))
    return signed


def checkpoint_text(device_id: str, epoch: str, seq: int, line_hash: str, made_at: str) -> bytes:
    """What a device signs each 100 lines or 60 s."""
    return _statement("checkpoint", device_id, epoch, str(seq), line_hash, made_at)


def receipt_text(
    device_id: str, epoch: str, seq: int, line_hash: str, server_time: str, server_key_id: str
) -> bytes:
    """What the server signs when it has committed an epoch up to a line."""
    return _statement("receipt", device_id, epoch, str(seq), line_hash, server_time, server_key_id)


def wipe_order(
    key: Ed25519PrivateKey, device_id: str, *, order_id: str, ordered_at: str, session: str
) -> wire.WipeOrder:
    """The server's signed order to one device to erase what it was told; it holds in one session only."""
    identity = _identity(key)
    text = _statement("wipe", device_id, order_id, ordered_at, session, identity)
    return wire.WipeOrder(
        device_id=device_id, order_id=order_id, ordered_at=ordered_at, session=session, key_id=identity,
        signature=sign(key, text),
    )  # fmt: skip


def wipe_order_holds(key: PublicKey, order: wire.WipeOrder) -> bool:
    """Whether the server with this key gave this order."""
    identity = key_id(public_bytes(key))
    text = _statement("wipe", order.device_id, order.order_id, order.ordered_at, order.session, identity)
    return identity == order.key_id and verify(key, text, order.signature)


def wiped(
    key: Ed25519PrivateKey, *, order_id: str, wiped_at: str, delivered: int, kept: int
) -> wire.WipedRequest:
    """The device's signed word that it has carried out an order."""
    text = _statement("wiped", _identity(key), order_id, wiped_at, str(delivered), str(kept))
    return wire.WipedRequest(
        order_id=order_id, wiped_at=wiped_at, delivered=delivered, kept=kept, signature=sign(key, text)
    )


def wiped_holds(key: PublicKey, said: wire.WipedRequest) -> bool:
    """Whether the device with this key said so."""
    identity = key_id(public_bytes(key))
    text = _statement("wiped", identity, said.order_id, said.wiped_at, str(said.delivered), str(said.kept))
    return verify(key, text, said.signature)


def sign(key: Ed25519PrivateKey, text: bytes) -> str:
    """Base64 of the signature over a text that begins with its purpose."""
    return b64encode(key.sign(text)).decode()


def verify(key: PublicKey, text: bytes, signature: str) -> bool:
    """Whether a signature over a text holds, in base64, of which there is one spelling only."""
    try:
        value = b64decode(signature, validate=True)
        key.verify(text, value)
    except (BadSignatureError, Base64Error, ValueError):
        return False
    return b64encode(value).decode() == signature


def checkpoint(key: Ed25519PrivateKey, head: wire.Head, made_at: str) -> wire.Checkpoint:
    """A signed checkpoint of an epoch's newest line."""
    device_id = _identity(key)
    text = checkpoint_text(device_id, head.epoch, head.seq, head.hash, made_at)
    return wire.Checkpoint(
        epoch=head.epoch, seq=head.seq, hash=head.hash, made_at=made_at, signature=sign(key, text)
    )


def checkpoint_holds(key: PublicKey, statement: wire.Checkpoint) -> bool:
    """Whether the device with this key signed this checkpoint."""
    text = checkpoint_text(
        key_id(public_bytes(key)), statement.epoch, statement.seq, statement.hash, statement.made_at
    )
    return verify(key, text, statement.signature)


def receipt(key: Ed25519PrivateKey, device_id: str, head: wire.Head, server_time: str) -> wire.Receipt:
    """The server's signed statement that it holds an epoch up to this line."""
    identity = _identity(key)
    text = receipt_text(device_id, head.epoch, head.seq, head.hash, server_time, identity)
    return wire.Receipt(
        device_id=device_id, epoch=head.epoch, seq=head.seq, hash=head.hash,
        server_time=server_time, key_id=identity, signature=sign(key, text),
    )  # fmt: skip


def receipt_holds(key: PublicKey, statement: wire.Receipt) -> bool:
    """Whether the server with this key signed this receipt."""
    identity = key_id(public_bytes(key))
    text = receipt_text(
        statement.device_id, statement.epoch, statement.seq, statement.hash, statement.server_time, identity
    )
    return identity == statement.key_id and verify(key, text, statement.signature)


def confirmation_words(device_public: bytes, server_public: bytes) -> list[str]:
    """Six words that both ends show, from both keys; people compare them before a kiosk becomes active."""
    digest = sha256(b"clockhouse words v1\n" + device_public + server_public).digest()
    return [WORDS[byte] for byte in digest[:6]]


def _statement(purpose: str, *parts: str) -> bytes:
    return "\n".join((f"clockhouse {purpose} v1", *parts)).encode()


def _request_base(method: str, path: str, query: str, digest: str, params: str) -> bytes:
    return (
        f'"@method": {method}\n"@path": {path}\n"@query": ?{query}\n'
        f'"content-digest": {digest}\n"@signature-params": {params}'
    ).encode()


def _answer_base(status: int, digest: str, request_signature: str, params: str) -> bytes:
    value = _signature_value(request_signature)
    return (
        f'"@status": {status}\n"content-digest": {digest}\n'
        f'"signature";req;key="{LABEL}": :{value}:\n"@signature-params": {params}'
    ).encode()


def _parse(headers: Mapping[str, str], covers: str, tag: str) -> tuple[str, Signed]:
    text = headers.get("signature-input", "")
    found = _INPUT.fullmatch(text)
    if found is None or found["covers"] != covers or found["tag"] != tag:
        raise SignatureError("malformed", "Signature-Input: is missing or not of this protocol's profile")
    return text.removeprefix(f"{LABEL}="), Signed(found["keyid"], int(found["created"]), found["nonce"])


def _checked_digest(body: bytes, headers: Mapping[str, str]) -> str:
    digest = content_digest(body)
    if headers.get("content-digest") != digest:
        raise SignatureError("digest", "Content-Digest: does not match the body")
    return digest


def _signature_value(field: str) -> str:
    found = _SIGNATURE.fullmatch(field)
    if found is None:
        raise SignatureError("malformed", "Signature: is missing or not of this protocol's profile")
    return found["value"]


def _verify(key: PublicKey, headers: Mapping[str, str], base: bytes) -> None:
    value = _signature_value(headers.get("signature", ""))
    try:
        key.verify(base, b64decode(value))
    except BadSignatureError:
        raise SignatureError("signature", "Signature: does not hold") from None


# fmt: off
WORDS: Final = [
    "acorn", "actor", "adult", "agent", "alarm", "album", "alley", "amber", "angle", "ankle",
    "apple", "apron", "arena", "armor", "arrow", "aspen", "atlas", "attic", "award", "bacon",
    "badge", "baker", "banjo", "baron", "basil", "basin", "beach", "beard", "berry", "birch",
    "bison", "blade", "bloom", "board", "bonus", "boots", "brake", "brass", "bread", "brick",
    "bride", "brook", "broom", "brush", "bugle", "bunny", "cabin", "cable", "camel", "canal",
    "candy", "canoe", "canon", "cargo", "cedar", "chain", "chair", "chalk", "charm", "chess",
    "chief", "chili", "cider", "cigar", "civic", "claim", "clamp", "cliff", "clock", "cloud",
    "clove", "coach", "coast", "cobra", "cocoa", "comet", "coral", "couch", "crane", "crate",
    "crown", "curry", "cycle", "daily", "dairy", "daisy", "dance", "delta", "depot", "diary",
    "diver", "dozen", "draft", "drama", "dress", "drill", "drone", "eagle", "earth", "easel",
    "elbow", "elder", "elite", "ember", "epoch", "equal", "fable", "fairy", "falcon", "fancy",
    "fence", "ferry", "fiber", "field", "flame", "flask", "fleet", "flint", "flora", "flour",
    "flute", "focus", "forge", "forum", "frame", "frost", "fruit", "funnel", "giant", "glass",
    "globe", "glove", "grain", "grape", "grass", "gravel", "green", "guard", "guest", "guide",
    "habit", "hammer", "harbor", "hazel", "heart", "hedge", "helmet", "honey", "horse", "hotel",
    "house", "humor", "igloo", "index", "inlet", "ivory", "jacket", "jelly", "jewel", "jolly",
    "judge", "juice", "jumbo", "kayak", "kettle", "kiosk", "knife", "koala", "label", "ladder",
    "lagoon", "lance", "laser", "latch", "lemon", "lever", "light", "lilac", "linen", "lobby",
    "lodge", "lotus", "lucky", "lunar", "magic", "mango", "maple", "march", "marsh", "medal",
    "melon", "merit", "metal", "minor", "model", "money", "motor", "mount", "mouse", "music",
    "nickel", "night", "noble", "north", "novel", "nurse", "nylon", "oasis", "ocean", "olive",
    "onion", "opera", "orbit", "otter", "oxide", "paint", "panda", "paper", "patio", "peach",
    "pearl", "pedal", "penny", "piano", "pilot", "pixel", "plaza", "plume", "polar", "pouch",
    "prism", "quail", "queen", "quilt", "radar", "radio", "raven", "ridge", "river", "robin",
    "royal", "salad", "scarf", "shelf", "sugar", "table", "tiger", "tulip", "umbra", "valve",
    "vapor", "velvet", "violin", "wagon", "walnut", "zebra",
]
# fmt: on
