"""One-time codes for enrolling a kiosk: short, and easy to type on a keypad."""

from hashlib import sha256
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which look alike."""
LENGTH: Final = 8


def code_from(token: str) -> str:
    """An eight-character code, shown as XXXX-XXXX, out of a random token."""
    number = int.from_bytes(sha256(token.encode()).digest())
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    text = "".join(letters)
    return f"{text[:4]}-{text[4:]}"


def code_hash(typed: str) -> str:
    """What the table holds; case, spaces and dashes as typed make no difference."""
    clean = "".join(character for character in typed.upper() if character.isalnum())
    return sha256(f"clockhouse enroll code v1\n{clean}".encode()).hexdigest()
