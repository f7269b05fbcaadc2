"""Passwords are kept as argon2id in the PHC text form."""

from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from clockhouse_server.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 200
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
COMMON: Final = frozenset(
    [
        "password1234",
        "passwordpassword",
        "1234567890",
        "12345678910",
        "0987654321",
        "qwertyuiop",
        "qwerty12345",
        "clockhouse1",
        "clockhouse123",
        "1111111111",
        "0000000000",
        "letmein1234",
        "administrator",
        "iloveyou12",
        "abcdefghij",
    ]
)

NOBODYS: Final = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$AAAAAAAAAAAAAAAAAAAAAA${'A' * 43}"
"""A hash that no password has: an unknown address costs the same time as a known one."""


def hash_password(password: str, salt: str) -> str:
    """The PHC text for a new password; `salt` is any fresh random text. Raises Invalid for a weak password."""
    if len(password) < SHORTEST:
        raise Invalid(f"Use at least {SHORTEST} characters.", field="password")
    if len(password) > LONGEST:
        raise Invalid(f"Use at most {LONGEST} characters.", field="password")
    if password.lower() in COMMON or len(set(password)) < 4:
        raise Invalid(
            "This password is among the first that anybody tries; choose another.", field="password"
        )
    salted = sha256(salt.encode()).digest()[:16]
    maker = Argon2id(salt=salted, length=32, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB)
    return maker.derive_phc_encoded(password.encode())


def matches(password: str, phc: str) -> bool:
    """Whether the password gives this hash."""
    if len(password) > LONGEST:
        return False
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except InvalidKey:
        return False
    return True
