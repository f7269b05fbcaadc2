"""`clockhouse read` and `clockhouse badge`: the decoders and the badge forms, for pipes and people."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Final, TextIO

from clockhouse_drivers.credentials import Badge, Form, badges, same_badge
from clockhouse_drivers.readings import Decoder, Misread, Reading

CHUNK: Final = 4096


class BadInput(ValueError):  # noqa: N818 - it says what the person gave, like argparse's own errors
    """The input cannot be read; the text is the line for standard error."""


def read(protocol: str, source: BinaryIO, out: TextIO, *, is_hex: bool, now: Callable[[], datetime]) -> int:
    """One JSON line for each reading and each misread of the input, written as they come."""
    decoder = Decoder(protocol)
    chunks = _chunks(source)
    for data in _from_hex(chunks) if is_hex else chunks:
        _print(decoder.feed(data, now()), out)
    _print(decoder.silence(now()), out)
    return 0


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    # read1 hands over what is there, so that a reader piped in shows each card at once.
    read1 = getattr(source, "read1", source.read)
    while data := read1(CHUNK):
        yield data


def _from_hex(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Bytes of hex text; white space may stand anywhere."""
    half = b""
    for chunk in chunks:
        digits = half + b"".join(chunk.split())
        try:
            whole = len(digits) // 2 * 2
            data, half = bytes.fromhex(digits[:whole].decode("ascii")), digits[whole:]
        except ValueError:
            raise BadInput("standard input: not hex text; give hex digits, or leave out --hex") from None
        yield data
    if half:
        raise BadInput("standard input: an odd number of hex digits; give two for each byte")


def _print(found: Iterable[Reading | Misread], out: TextIO) -> None:
    out.writelines(json.dumps(_as_json(each)) + "\n" for each in found)
    out.flush()


def _as_json(found: Reading | Misread) -> dict[str, str]:
    raw = found.raw.hex().upper()
    if isinstance(found, Misread):
        return {"error": found.fault, "raw_hex": raw}
    return {
        "credential": found.credential,
        "kind": found.kind,
        "protocol": found.protocol,
        "raw_hex": raw,
    }


def badge(value: str, form: Form | None, out: TextIO) -> int:
    """The canonical credential with every form of it; other ways to read the same text stand in `also`."""
    first, *others = badges(value, form)
    out.write(json.dumps(_describe(first) | {"also": [_describe(other) for other in others]}) + "\n")
    return 0


def _describe(found: Badge) -> dict[str, object]:
    return {"credential": found.credential, "form": found.form, "bits": found.bits, "forms": found.forms()}


def same(a: str, b: str, out: TextIO) -> int:
    """0 if both are one badge in the bits that both show, else 1."""
    answer = same_badge(a, b)
    out.write(json.dumps({"same": answer}) + "\n")
    return 0 if answer else 1
