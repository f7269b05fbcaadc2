"""The server's secrets, in a file beside the database: its signing key and the peppers of PINs."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_server.errors import Refusal
from clockhouse_sync import signing


class BadSecrets(Refusal):
    """The secrets file cannot be used; nothing is made in its place, since kiosks and PINs depend on it."""

    code, status = "bad_secrets", 500


@dataclass(frozen=True)
class Keys:
    """The Ed25519 seed, and each version of the pepper; the highest version makes new PINs."""

    seed: bytes
    peppers: dict[int, bytes]

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> bytes:
        """The raw public key."""
        return signing.public_bytes(self.private)

    @property
    def key_id(self) -> str:
        return signing.key_id(self.public)

    @property
    def pepper_version(self) -> int:
        return max(self.peppers)


def new_keys(random_bytes: Callable[[int], bytes]) -> Keys:
    return Keys(seed=random_bytes(32), peppers={1: random_bytes(32)})


def dump(keys: Keys) -> bytes:
    """The text of the file."""
    text = {
        "v": 1,
        "server_key": b64encode(keys.seed).decode(),
        "peppers": {str(version): b64encode(value).decode() for version, value in keys.peppers.items()},
    }
    return json.dumps(text, indent=1).encode() + b"\n"


def parse(text: bytes, where: str) -> Keys:
    """The inverse of dump; raises BadSecrets."""
    try:
        written = json.loads(text)
        seed = b64decode(written["server_key"], validate=True)
        peppers = {int(name): b64decode(value, validate=True) for name, value in written["peppers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSecrets(f"{where} cannot be read as secrets; restore it from a backup.") from None
    if len(seed) != 32 or not peppers or any(len(pepper) != 32 for pepper in peppers.values()):
        raise BadSecrets(f"{where} holds keys of a wrong length; restore it from a backup.")
    return Keys(seed, peppers)


def load(path: Path) -> Keys | None:
    """The file's keys, or None where there is no file."""
    try:
        return parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None


def save(path: Path, keys: Keys) -> None:
    """Write the file whole, readable by its owner alone, so that a power cut leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(dump(keys))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
