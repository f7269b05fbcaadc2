"""The device's Ed25519 key: made once, readable by its own user alone."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from clockhouse_sync import signing, store
from clockhouse_sync.store import StoreError


def load_key(path: Path) -> Ed25519PrivateKey | None:
    """The key, or None where none was made yet. Raises StoreError for a file that is no key."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise StoreError("cannot_open", str(problem.strerror), store=path.name) from None
    try:
        key = load_pem_private_key(content, password=None)
    except ValueError:
        raise StoreError("not_a_key", "is not a private key", store=path.name) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError("not_a_key", "is not an Ed25519 key", store=path.name)
    return key


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """The key, made now if there was none; it is on disk, whole, when this returns."""
    key = load_key(path)
    if key is not None:
        return key
    key = Ed25519PrivateKey.generate()
    try:
        store.write_whole(path, [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())])
    except OSError as problem:
        raise StoreError("failed", str(problem.strerror), store=path.name) from None
    return key


def next_key(path: Path) -> Path:
    """Where the key of the next identity waits until a server has taken it."""
    return path.with_name(f"{path.name}.next")


def replace_key(path: Path) -> None:
    """Take the next key into use. The one before stays beside it under its device's id, for its evidence."""
    before = load_key(path)
    try:
        if before is not None:
            path.rename(path.with_name(f"{path.name}.{signing.key_id(signing.public_bytes(before))}"))
        next_key(path).rename(path)
        store.sync_directory(path.parent)
    except OSError as problem:
        raise StoreError("failed", str(problem.strerror), store=path.name) from None
