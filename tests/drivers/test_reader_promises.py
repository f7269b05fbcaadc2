"""Every driver keeps the promises of the port; the serial one does it over a real terminal line."""

import os
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clockhouse_drivers.listening import PortReader, Session
from clockhouse_drivers.reader import Reader, ReaderSettings, make_reader
from clockhouse_drivers.readings import Reading
from clockhouse_drivers.rfid_hid import EVENT, KEYS, LETTERS
from clockhouse_drivers.simulated import SimulatedReader

ANA, BEN = "2A00B4C3D7", "2A00FFEE01"


def now() -> datetime:
    return datetime.now(UTC)


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    stop = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < stop, "waited too long"
        time.sleep(0.005)


def rdm6300(credential: str) -> bytes:
    check = 0
    for byte in bytes.fromhex(credential):
        check ^= byte
    return b"\x02" + f"{credential}{check:02X}".encode() + b"\x03"


class SimulatedRig:
    """The reader that ships for demonstrations."""

    def __init__(self, folder: Path) -> None:
        self.reader = SimulatedReader(now=now)

    def show(self, credential: str) -> None:
        self.reader.present(credential)

    def unplug(self) -> None:
        self.reader.unplug()

    def plug(self) -> None:
        self.reader.plug()

    def dispose(self) -> None:
        self.reader.close()


class SerialRig:
    """A serial reader on a pseudo-terminal, whose name stays the same as under /dev/serial/by-id."""

    def __init__(self, folder: Path) -> None:
        self.port = folder / "reader"
        self.plug()
        settings = ReaderSettings(kind="serial", port=str(self.port), protocol="rdm6300")
        self.reader = make_reader(settings, now=now)

    def show(self, credential: str) -> None:
        os.write(self.master, rdm6300(credential))

    def unplug(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.port.unlink()

    def plug(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.port.symlink_to(os.ttyname(self.slave))

    def dispose(self) -> None:
        self.reader.close()
        if self.port.is_symlink():
            self.unplug()


class KeyboardRig:
    """A reader that types, with a pipe in the place of the kernel's device: the same events, but no grabbing."""

    def __init__(self, folder: Path) -> None:
        self.port = folder / "event-kbd"
        self.plug()
        self.reader = make_reader(ReaderSettings(kind="hid", port=str(self.port), form="hex"), now=now)

    def show(self, credential: str) -> None:
        codes = {text: code for code, text in KEYS.items() if code < 79}
        for text in f"{credential}\n":
            shifted = text.isalpha()
            presses = (
                [(42, 1)] * shifted
                + [(codes[text], 1), (codes[text], 2), (codes[text], 0)]
                + [(42, 0)] * shifted
            )
            os.write(
                self.pipe,
                b"".join(self._event(1, code, value) + self._event(0, 0, 0) for code, value in presses),
            )

    @staticmethod
    def _event(kind: int, code: int, value: int) -> bytes:
        return EVENT.pack(1_763_884_680, 0, kind, code, value)

    def unplug(self) -> None:
        os.close(self.pipe)
        self.port.unlink()

    def plug(self) -> None:
        os.mkfifo(self.port)
        # Open for both, so that neither end waits for the other.
        self.pipe = os.open(self.port, os.O_RDWR)

    def dispose(self) -> None:
        self.reader.close()
        if self.port.exists():
            self.unplug()


Rig = SimulatedRig | SerialRig | KeyboardRig


@pytest.fixture(params=[SimulatedRig, SerialRig, KeyboardRig])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig = request.param(tmp_path)
    yield rig
    rig.dispose()


class Seen(list[Reading]):
    def credentials(self) -> list[str]:
        return [reading.credential for reading in self]


@pytest.fixture
def seen(rig: Rig) -> Seen:
    seen = Seen()
    rig.reader.open(seen.append)
    until(lambda: rig.reader.health().state == "ready")
    return seen


def test_a_card_is_one_reading_with_the_instant_it_was_seen(rig: Rig, seen: Seen) -> None:
    before = now()
    rig.show(ANA)
    until(lambda: len(seen) == 1)
    assert seen[0].credential == ANA
    assert seen[0].kind == "badge"
    assert before <= seen[0].at <= now()


def test_a_card_held_on_the_reader_is_one_reading(rig: Rig, seen: Seen) -> None:
    for _ in range(14):
        rig.show(ANA)
        time.sleep(0.1)
    rig.show(BEN)
    until(lambda: BEN in seen.credentials())
    assert seen.credentials() == [ANA, BEN]


def test_a_card_that_comes_back_is_a_new_reading(rig: Rig, seen: Seen) -> None:
    rig.show(ANA)
    time.sleep(1.1)
    rig.show(ANA)
    until(lambda: len(seen) == 2)
    assert seen.credentials() == [ANA, ANA]


def test_two_people_at_once_are_two_readings_in_their_order(rig: Rig, seen: Seen) -> None:
    rig.show(ANA)
    rig.show(BEN)
    rig.show(ANA)
    rig.show(BEN)
    until(lambda: len(seen) == 2)
    time.sleep(0.05)
    assert seen.credentials() == [ANA, BEN]


def test_readings_come_one_at_a_time_from_one_thread_of_the_readers_own(rig: Rig) -> None:
    threads, busy, overlapped = set(), threading.Lock(), []

    def listen(reading: Reading) -> None:
        overlapped.append(not busy.acquire(blocking=False))
        threads.add(threading.current_thread())
        time.sleep(0.01)
        busy.release()

    rig.reader.open(listen)
    until(lambda: rig.reader.health().state == "ready")
    for number in range(10):
        rig.show(f"2A000000{number:02X}")
    until(lambda: len(overlapped) == 10)
    assert not any(overlapped)
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_a_listener_that_fails_gets_the_next_card_all_the_same(rig: Rig) -> None:
    seen = Seen()

    def listen(reading: Reading) -> None:
        seen.append(reading)
        raise RuntimeError("the screen is broken")

    rig.reader.open(listen)
    until(lambda: rig.reader.health().state == "ready")
    rig.show(ANA)
    rig.show(BEN)
    until(lambda: len(seen) == 2)


def test_unplugged_it_says_so_and_plugged_in_again_it_reads(rig: Rig, seen: Seen) -> None:
    rig.unplug()
    until(lambda: rig.reader.health().state == "searching")
    assert rig.reader.health().reason
    rig.plug()
    until(lambda: rig.reader.health().state == "ready")
    rig.show(ANA)
    until(lambda: seen.credentials() == [ANA])


def test_closed_it_delivers_nothing_and_opens_again(rig: Rig, seen: Seen) -> None:
    rig.reader.close()
    rig.reader.close()
    assert rig.reader.health().state == "closed"
    rig.show(ANA)
    time.sleep(0.2)
    assert seen == []
    rig.reader.open(seen.append)
    until(lambda: rig.reader.health().state == "ready")
    rig.show(BEN)
    until(lambda: seen != [])
    assert seen.credentials() == [BEN], "a card shown to a closed reader must not be read later"


def test_a_listener_may_close_the_reader(rig: Rig) -> None:
    seen = Seen()

    def listen(reading: Reading) -> None:
        seen.append(reading)
        rig.reader.close()

    rig.reader.open(listen)
    until(lambda: rig.reader.health().state == "ready")
    rig.show(ANA)
    until(lambda: rig.reader.health().state == "closed")
    assert seen.credentials() == [ANA]


# --- what a serial line adds ---------------------------------------------------------------------------


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialRig]:
    rig = SerialRig(tmp_path)
    yield rig
    rig.dispose()


def opened(line: SerialRig) -> tuple[Reader, Seen]:
    seen = Seen()
    line.reader.open(seen.append)
    until(lambda: line.reader.health().state == "ready")
    return line.reader, seen


def test_a_frame_that_arrives_in_pieces_is_a_reading(line: SerialRig) -> None:
    _, seen = opened(line)
    for byte in rdm6300(ANA):
        os.write(line.master, bytes([byte]))
        time.sleep(0.002)
    until(lambda: seen.credentials() == [ANA])


def test_noise_and_half_frames_are_counted_and_the_next_card_is_read(line: SerialRig) -> None:
    reader, seen = opened(line)
    os.write(line.master, b"\xff\x00garbage" + rdm6300(ANA)[:9])
    until(lambda: reader.health().misreads == 2)
    line.show(BEN)
    until(lambda: seen.credentials() == [BEN])
    assert reader.health().readings == 1


def test_a_reader_that_is_not_there_yet_is_searched_for(tmp_path: Path) -> None:
    settings = ReaderSettings(kind="serial", port=str(tmp_path / "reader"), protocol="rdm6300")
    seen = Seen()
    reader = make_reader(settings, now=now)
    reader.open(seen.append)
    until(lambda: "reader" in reader.health().reason)
    assert reader.health().state == "searching"
    rig = SerialRig(tmp_path)
    until(lambda: reader.health().state == "ready")
    rig.show(ANA)
    until(lambda: seen.credentials() == [ANA])
    reader.close()
    rig.dispose()


def test_a_reader_that_is_unplugged_while_it_is_set_up_is_searched_for() -> None:
    tries: list[int] = []

    def listen(session: Session) -> None:
        tries.append(session.tries)
        if len(tries) < 3:
            raise termios.error(5, "Input/output error")
        session.found()
        while session.goes_on:
            time.sleep(0.005)

    reader = PortReader("/dev/ttyUSB0", listen)
    reader.open(lambda reading: None)
    until(lambda: reader.health().state == "ready")
    reader.close()
    assert tries == [0, 1, 2]


def test_a_port_that_another_program_holds_is_named_as_the_reason(line: SerialRig) -> None:
    opened(line)
    second = make_reader(ReaderSettings(kind="serial", port=str(line.port)), now=now)
    second.open(lambda reading: None)
    until(lambda: "lock" in second.health().reason)
    second.close()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (ReaderSettings(kind="serial"), "port"),
        (ReaderSettings(kind="serial", port="/dev/ttyUSB0", protocol="rdm"), "rdm6300"),
        (ReaderSettings(kind="serial", port="/dev/ttyUSB0", baud=-1), "baud"),
        (ReaderSettings(kind="hid"), "event-kbd"),
        (ReaderSettings(kind="hid", port="/dev/input/event0", form="8H"), "8H10D"),
        (ReaderSettings(kind="hid", port="/dev/input/event0", role="pad"), "keypad"),  # type: ignore[arg-type]
        (ReaderSettings(kind="serial", port="/dev/ttyUSB0", role="keypad"), "hid"),
        (ReaderSettings(kind="usb"), "hid"),  # type: ignore[arg-type]
    ],
)
def test_wrong_settings_are_named_with_their_remedy(settings: ReaderSettings, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        make_reader(settings, now=now)


def test_a_pad_gives_every_press_of_a_key_and_no_held_one(tmp_path: Path) -> None:
    port = tmp_path / "event-pad"
    os.mkfifo(port)
    pipe = os.open(port, os.O_RDWR)
    pad = make_reader(ReaderSettings(kind="hid", port=str(port), role="keypad"), now=now)
    seen = Seen()
    pad.open(seen.append)
    try:
        until(lambda: pad.health().state == "ready")
        # 1 on the pad twice, 1 in a row held down, num lock, enter, backspace
        presses = [
            (79, 1),
            (79, 0),
            (79, 1),
            (79, 0),
            (2, 1),
            (2, 2),
            (2, 2),
            (2, 0),
            (69, 1),
            (69, 0),
            (96, 1),
            (14, 1),
        ]
        events = b"".join(EVENT.pack(1_763_884_680, 0, 1, code, value) for code, value in presses)
        os.write(pipe, events[:37])  # half an event
        os.write(pipe, events[37:])
        until(lambda: len(seen) == 5)
        assert seen.credentials() == ["31", "31", "31", "0D", "08"]
        assert {reading.kind for reading in seen} == {"keys"}
        assert pad.health().misreads == 0
    finally:
        pad.close()
        os.close(pipe)


def test_a_reader_of_codes_gives_our_own_texts_as_they_stand(tmp_path: Path) -> None:
    port = tmp_path / "event-scanner"
    os.mkfifo(port)
    pipe = os.open(port, os.O_RDWR)
    scanner = make_reader(ReaderSettings(kind="hid", port=str(port)), now=now)
    seen = Seen()
    scanner.open(seen.append)
    try:
        until(lambda: scanner.health().state == "ready")
        setup = "clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH&ca=MIIB_x-9"
        for text in (setup, "https://example.com/?q=1", "CHB1:0123456789ABCDEFGHJKMNPQRS", "0012345678"):
            os.write(pipe, spelled(text))
        until(lambda: len(seen) == 3)
        assert seen.credentials() == [setup, "CHB1:0123456789ABCDEFGHJKMNPQRS", "00BC614E"]
        assert [reading.kind for reading in seen] == ["code", "code", "badge"]
        assert scanner.health().misreads  # the foreign code, which nobody is told of
    finally:
        scanner.close()
        os.close(pipe)


def spelled(text: str) -> bytes:
    """The events of a keyboard that types this, and Enter."""
    keys = {char: (code, shift) for code, chars in LETTERS.items() for shift, char in enumerate(chars)}
    presses: list[tuple[int, int]] = []
    for char in text:
        code, shift = keys[char]
        presses += [(42, 1)] * shift + [(code, 1), (code, 0)] + [(42, 0)] * shift
    presses += [(28, 1), (28, 0)]
    return b"".join(EVENT.pack(1_763_884_680, 0, 1, code, value) for code, value in presses)
