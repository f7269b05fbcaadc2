"""Badge readers that pose as keyboards and type the number of each badge; and numeric pads, which are keyboards.

The device is taken away from everybody else, or its digits would land in whatever the screen shows. Events
are read as the kernel gives them, so that no library has to be compiled for the board.
"""

import fcntl
import os
import select
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from clockhouse_drivers.credentials import Form
from clockhouse_drivers.listening import SILENCE_SECONDS, PortReader, Session
from clockhouse_drivers.readings import Decoder, Misread, Reading

EVENT: Final = struct.Struct("llHHi")
"""struct input_event of <linux/input.h>: seconds, microseconds, type, code, value."""
KEY_EVENT: Final = 1
PRESSED: Final = 1
GRAB: Final = 0x40044590

# Codes of <linux/input-event-codes.h>; readers type as a US keyboard does.
KEYS: Final = {
    **dict(zip((2, 3, 4, 5, 6, 7, 8, 9, 10, 11), "1234567890", strict=True)),
    **dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True)),
    **dict(zip((30, 48, 46, 32, 18, 33), "ABCDEF", strict=True)),
    51: ",",
    39: ":",
    12: "-",
    57: " ",
    28: "\n",
    96: "\n",
    15: "\n",
}
PAD: Final = {
    **{code: text for code, text in KEYS.items() if text.isdecimal()},
    28: "\r", 96: "\r",
    14: "\b", 111: "\b",
    52: ".", 83: ".", 51: ".", 121: ".",
    98: "/", 53: "/", 1: "/",
    55: "*", 78: "+", 74: "-", 12: "-",
}  # fmt: skip
"""What the keys of a numeric pad mean, with or without a row of digits; Escape is the way back."""
_PLAIN: Final = "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./ "
_SHIFTED: Final = '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"~|ZXCVBNM<>? '
_PLACES: Final = (*range(2, 14), *range(16, 28), *range(30, 42), *range(43, 54), 57)
LETTERS: Final = dict(zip(_PLACES, zip(_PLAIN, _SHIFTED, strict=True), strict=True))
"""Every key that types, without and with shift."""
ENDS: Final = frozenset({28, 96, 15})
CODES: Final = ("chb1:", "chj1:", "clockhouse:")
"""How the texts of our own codes begin: printed badges, jobs' cards, and what a new kiosk is set up with."""
LONGEST_CODE: Final = 4096
SHIFTS: Final = frozenset({42, 54})
STRANGE: Final = "?"
"""Any other key: no badge number holds it."""


def typed(events: bytes) -> bytes:
    """The text of whole events; held and released keys type nothing."""
    pressed = (
        code for _, _, kind, code, value in EVENT.iter_unpack(events) if (kind, value) == (KEY_EVENT, PRESSED)
    )
    return "".join(KEYS.get(code, STRANGE) for code in pressed if code not in SHIFTS).encode("ascii")


class Spelling:
    """What a reader of codes types, letter by letter, up to Enter or Tab; only our own codes come out."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._line = ""

    def feed(self, events: bytes) -> list[str]:
        codes = []
        for _, _, kind, code, value in EVENT.iter_unpack(events):
            if kind != KEY_EVENT:
                continue
            if code in SHIFTS:
                (self._held.add if value else self._held.discard)(code)
            elif value == PRESSED and code in ENDS:
                line, self._line = self._line, ""
                codes += [line] if line.lower().startswith(CODES) else []
            elif value == PRESSED and code in LETTERS:
                self._line = (self._line + LETTERS[code][bool(self._held)])[-LONGEST_CODE:]
        return codes

    def silence(self) -> None:
        """Whoever pauses began something else."""
        self._line = ""


def pressed(events: bytes) -> str:
    """The keys of a pad that went down, in order; others mean nothing."""
    return "".join(
        PAD.get(code, "")
        for _, _, kind, code, value in EVENT.iter_unpack(events)
        if (kind, value) == (KEY_EVENT, PRESSED)
    )


def hid_keypad(port: str, *, now: Callable[[], datetime]) -> PortReader:
    """A numeric pad: each key is a reading of kind "keys", as pads on readers give them."""

    def listen(session: Session) -> None:
        with _device(port) as device:
            session.found()
            for events in _events(device, session):
                keys = pressed(events)
                session.take(
                    Reading(f"{ord(key):02X}", "keys", "keypad", key.encode(), now()) for key in keys
                )

    return PortReader(port, listen)


def hid_reader(port: str, form: Form | None = None, *, now: Callable[[], datetime]) -> PortReader:
    """A reader that types badge numbers in this form; without one, each is read the likeliest way."""

    def listen(session: Session) -> None:
        decoder, spelling = Decoder("wedge", form), Spelling()
        with _device(port) as device:
            session.found()
            for events in _events(device, session):
                if not events:
                    spelling.silence()
                    session.take(decoder.silence(now()))
                    continue
                codes, seen = spelling.feed(events), decoder.feed(typed(events), now())
                session.take(Reading(text, "code", "wedge", text.encode(), now()) for text in codes)
                session.take(each for each in seen if not (codes and isinstance(each, Misread)))

    return PortReader(port, listen)


def _events(device: int, session: Session) -> Iterator[bytes]:
    """Whole events as they come; nothing of them after each pause."""
    rest = b""
    while session.goes_on:
        readable, _, _ = select.select([device], [], [], SILENCE_SECONDS)
        if not readable:
            yield b""
            continue
        found = rest + _read(device)
        whole = len(found) - len(found) % EVENT.size
        rest = found[whole:]
        if whole:
            yield found[:whole]


@contextmanager
def _device(port: str) -> Iterator[int]:
    device = os.open(port, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if stat.S_ISCHR(os.fstat(device).st_mode):
            fcntl.ioctl(device, GRAB, 1)
        # What was typed before is somebody's badge of long ago.
        while select.select([device], [], [], 0)[0]:
            _read(device)
        yield device
    finally:
        os.close(device)


def _read(device: int) -> bytes:
    events = os.read(device, EVENT.size * 64)
    if not events:
        raise OSError("the device has gone")
    return events
