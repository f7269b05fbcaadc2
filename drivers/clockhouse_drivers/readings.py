"""What a badge reader says, byte by byte, made into readings; no device and no clock in here.

Every protocol is one small function that looks at the start of a buffer. A decoder holds the buffer and
never more than one frame of it, whatever arrives. What is wrong with a frame is a value, not an exception.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from clockhouse_drivers import frames, osdp
from clockhouse_drivers.credentials import Form
from clockhouse_drivers.frames import Fault, Kind, Rule

PORTION: Final = 64


@dataclass(frozen=True)
class Reading:
    """What a device saw: `credential` is the upper-case hex of the bytes read, empty for a frame without one.

    Readers that type give a number instead; there it is the canonical form of that. Of a `code` it is the text.
    """

    credential: str
    kind: Kind
    protocol: str
    raw: bytes
    at: datetime


@dataclass(frozen=True)
class Misread:
    """Bytes that were no reading, and why: a wrong checksum, a frame cut short, or no frame at all."""

    fault: Fault
    protocol: str
    raw: bytes
    at: datetime


class Decoder:
    """Readings of one protocol from bytes in any portions."""

    def __init__(self, protocol: str, form: Form | None = None) -> None:
        """`form` is how a reader that types writes its badges, where that is known."""
        self.protocol = protocol
        self._rule = PROTOCOLS[protocol].rule if form is None else partial(frames.typed, form=form)
        self._pending = b""

    def feed(self, data: bytes, at: datetime) -> list[Reading | Misread]:
        """What these bytes complete, oldest first."""
        return list(self._take(data, at))

    def silence(self, at: datetime) -> list[Reading | Misread]:
        """The sender paused, so nothing more of a frame will come: what is left of one is a misread.

        Readers that type may be set up without a key at the end; there the pause is the end.
        """
        seen = self.feed(b"\n", at) if self._pending and PROTOCOLS[self.protocol].ends_in_silence else []
        rest, self._pending = self._pending, b""
        return [*seen, Misread("length", self.protocol, rest, at)] if rest else seen

    def _take(self, data: bytes, at: datetime) -> Iterator[Reading | Misread]:
        # In portions, so that a flood of bytes is not copied over and over for each frame cut off it.
        for start in range(0, len(data), PORTION):
            self._pending += data[start : start + PORTION]
            while self._pending and (cut := self._rule(self._pending)) is not None:
                raw, self._pending = self._pending[: cut.size], self._pending[cut.size :]
                match cut.found:
                    case None:
                        pass
                    case (kind, credential):
                        yield Reading(credential, kind, self.protocol, raw, at)
                    case fault:
                        yield Misread(fault, self.protocol, raw, at)


@dataclass(frozen=True)
class Protocol:
    """A reader's way of speaking, and the speed at which its maker ships it.

    `is_for_listening`: the reader speaks by itself on a serial line, so that opening the port is enough.
    """

    rule: Rule
    baud: int = 9600
    ends_in_silence: bool = False
    is_for_listening: bool = True


PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "rdm6300": Protocol(
        partial(
            frames.marked, start=frames.STX, digits=12, end=bytes([frames.ETX]), checksum=frames.exclusive_or
        )
    ),
    "em18": Protocol(partial(frames.bare, digits=12, checksum=frames.exclusive_or, leading=0)),
    "id12la": Protocol(
        partial(frames.marked, start=frames.STX, digits=12, end=b"\r\n\x03", checksum=frames.exclusive_or)
    ),
    "parallax": Protocol(partial(frames.marked, start=0x0A, digits=10, end=b"\r", checksum=None), baud=2400),
    "desk-binary": Protocol(frames.counted),
    # The first byte is the maker's own and the same on every card.
    "hid-serial": Protocol(partial(frames.bare, digits=14, checksum=frames.sum_of, leading=1)),
    "wiegand26": Protocol(partial(frames.wiegand, bits=26)),
    "wiegand34": Protocol(partial(frames.wiegand, bits=34)),
    "wiegand37": Protocol(partial(frames.wiegand, bits=37)),
    "osdp": Protocol(osdp.frame, is_for_listening=False),
    "wedge": Protocol(frames.typed, ends_in_silence=True, is_for_listening=False),
}
