"""What a setup code says: the text behind the QR code that the office shows for a new kiosk.

    clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH&ca=MIIB...

`server` and `code` are what one would type; `ca`, where it is there, is the certificate (DER, base64url) of the
authority that signed the server's, for companies with one of their own. Other names are passed over.
"""

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SCHEME: Final = "clockhouse:"
VERSION: Final = "1"
LONGEST: Final = 4096
_DER_SEQUENCE: Final = 0x30


class SetupCodeError(ValueError):
    """The text is no setup code; `code` says what is wrong with it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class SetupCode:
    """Whom to join, and with what. Nothing of the one-time code is ever shown in a log."""

    server: str
    code: str = field(repr=False)
    ca: bytes | None = None


def is_setup_code(text: str) -> bool:
    """Whether somebody meant to give a setup code, right or wrong."""
    return text.strip().lower().startswith(SCHEME)


def read_setup_code(text: str) -> SetupCode:
    """The setup code that a text is. Raises SetupCodeError."""
    text = text.strip()
    if not is_setup_code(text):
        raise SetupCodeError("not_a_setup_code", "this is no setup code of Clockhouse")
    version, question, query = text[len(SCHEME) :].partition("?")
    if version != VERSION:
        raise SetupCodeError(
            "setup_version", f"this setup code is of version {version[:8]!r}; update this kiosk"
        )
    if not question or len(text) > LONGEST:
        raise SetupCodeError("not_a_setup_code", "this setup code is cut off or damaged; scan it again")
    said: dict[str, str] = {}
    # A plus stands for itself: readers and people write texts, not forms.
    for name, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
        if name in said:
            raise SetupCodeError("not_a_setup_code", f"this setup code says {name[:20]} twice; scan it again")
        said[name] = value.strip()
    return SetupCode(
        _server(said.get("server", "")), _one_time(said.get("code", "")), _ca(said.get("ca", ""))
    )


def _server(address: str) -> str:
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise SetupCodeError("bad_address", "this setup code names no server, like https://clock.example.com")
    return address.rstrip("/")


def _one_time(code: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9 -]{4,64}", code) is None:
        raise SetupCodeError(
            "no_code", "this setup code holds no one-time code; ask the office for a new one"
        )
    return code


def _ca(text: str) -> bytes | None:
    if not text:
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raw = b""
    if raw[:1] != bytes([_DER_SEQUENCE]):
        raise SetupCodeError("bad_ca", "the certificate in this setup code is damaged; scan it again")
    return raw
