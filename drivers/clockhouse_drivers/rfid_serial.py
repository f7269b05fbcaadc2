"""Badge readers on a serial line: USB sticks, RS-232 boxes, modules on the board's own UART."""

from collections.abc import Callable
from datetime import datetime

import serial

from clockhouse_drivers.listening import SILENCE_SECONDS, PortReader, Session
from clockhouse_drivers.readings import PROTOCOLS, Decoder


def serial_reader(port: str, protocol: str, baud: int = 0, *, now: Callable[[], datetime]) -> PortReader:
    """A reader that speaks this protocol; `baud` 0 is the speed at which its maker ships it."""
    speed = baud or PROTOCOLS[protocol].baud

    def listen(session: Session) -> None:
        decoder = Decoder(protocol)
        with serial.Serial(port, speed, timeout=SILENCE_SECONDS, exclusive=True) as line:
            session.found()
            while session.goes_on:
                data = line.read(max(1, min(line.in_waiting, 4096)))
                session.take(decoder.feed(data, now()) if data else decoder.silence(now()))

    return PortReader(port, listen)
