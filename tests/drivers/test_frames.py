"""Bytes of real readers, and every wrong byte that a bad cable can make of them."""

import tracemalloc
from binascii import crc_hqx
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_drivers.readings import PROTOCOLS, Decoder, Misread, Reading

AT: Final = datetime(2026, 11, 23, 7, 58, tzinfo=UTC)

# Frames as the makers' data sheets print them, or as their readers sent them.
FRAMES: Final = {
    "rdm6300": (b"\x022A00B4C3D78A\x03", "2A00B4C3D7"),
    "em18": (b"2A00B4C3D78A", "2A00B4C3D7"),
    "id12la": (b"\x022A00B4C3D78A\r\n\x03", "2A00B4C3D7"),
    "parallax": (b"\n0415148F26\r", "0415148F26"),
    "desk-binary": (bytes.fromhex("02 0A 02 2E 00 B6 D7 B5 F2 03"), "2E00B6D7B5"),
    "hid-serial": (b"0001234ABCDE08\r\n", "01234ABCDE"),
    # Facility 57, card 37513, as a 26-bit reader puts it on the line.
    "wiegand26": (bytes.fromhex("1CC944C0"), "399289"),
    "wiegand34": (bytes.fromhex("0091A2B3C0"), "01234567"),
    # The same 26-bit card, from the reader at address 1 of a two-wire bus.
    "osdp": (bytes.fromhex("53 81 10 00 05 50 00 01 1A 00 1C C9 44 C0 75 D3"), "399289"),
    "wedge": (b"2A00B4C3D7\n", "2A00B4C3D7"),
    "wiegand37": (bytes.fromhex("02692026F8"), "002692026F"),
}


def read(protocol: str, *portions: bytes) -> list[Reading | Misread]:
    decoder = Decoder(protocol)
    return [seen for portion in portions for seen in decoder.feed(portion, AT)] + decoder.silence(AT)


def credentials(seen: list[Reading | Misread]) -> list[str]:
    return [each.credential for each in seen if isinstance(each, Reading)]


def faults(seen: list[Reading | Misread]) -> list[str]:
    return [each.fault for each in seen if isinstance(each, Misread)]


def wiegand(content: int, bits: int) -> bytes:
    """A reader's side of the line: parity around the content, filled up to whole bytes."""
    half = -(-bits // 2)
    number = content << 1
    number |= (number >> (bits - half)).bit_count() % 2 << (bits - 1)
    number |= (number & ((1 << half) - 1)).bit_count() % 2 ^ 1
    return (number << (-bits % 8)).to_bytes(-(-bits // 8), "big")


def test_every_protocol_has_a_frame_here() -> None:
    assert FRAMES.keys() == PROTOCOLS.keys()


@pytest.mark.parametrize("protocol", FRAMES)
def test_a_frame_is_one_badge(protocol: str) -> None:
    frame, credential = FRAMES[protocol]
    (seen,) = read(protocol, frame)
    assert isinstance(seen, Reading)
    assert (seen.credential, seen.kind, seen.protocol, seen.at) == (credential, "badge", protocol, AT)
    assert seen.raw == frame.rstrip(b"\r\n") or seen.raw == frame


@pytest.mark.parametrize("protocol", FRAMES)
def test_frames_one_after_the_other_are_all_read(protocol: str) -> None:
    frame, credential = FRAMES[protocol]
    assert credentials(read(protocol, frame * 5)) == [credential] * 5


@pytest.mark.parametrize("protocol", FRAMES)
def test_byte_by_byte_reads_the_same(protocol: str) -> None:
    frame, credential = FRAMES[protocol]
    assert credentials(read(protocol, *(bytes([byte]) for byte in frame * 2))) == [credential] * 2


@pytest.mark.parametrize("protocol", sorted(FRAMES.keys() - {"wedge"}))
def test_a_frame_cut_short_is_a_wrong_length_once_the_reader_is_silent(protocol: str) -> None:
    frame = FRAMES[protocol][0].rstrip(b"\r\n")
    assert faults(read(protocol, frame[:-1])) == ["length"]


@pytest.mark.parametrize("protocol", ["rdm6300", "em18", "id12la", "desk-binary", "hid-serial", "osdp"])
def test_a_changed_digit_is_a_wrong_checksum_and_never_a_badge(protocol: str) -> None:
    frame = bytearray(FRAMES[protocol][0])
    frame[5] = ord("7")
    seen = read(protocol, bytes(frame))
    assert faults(seen) == ["checksum"]
    assert credentials(seen) == []


@pytest.mark.parametrize("protocol", ["wiegand26", "wiegand34", "wiegand37"])
def test_each_single_bit_that_flips_is_noticed(protocol: str) -> None:
    frame = FRAMES[protocol][0]
    for bit in range(len(frame) * 8):
        flipped = int.from_bytes(frame, "big") ^ (1 << bit)
        assert credentials(read(protocol, flipped.to_bytes(len(frame), "big"))) == []


@pytest.mark.parametrize("protocol", ["rdm6300", "id12la", "parallax", "desk-binary", "osdp"])
def test_noise_before_a_frame_is_reported_and_the_frame_is_read(protocol: str) -> None:
    frame, credential = FRAMES[protocol]
    seen = read(protocol, b"\xfe\xfd" + frame)
    assert faults(seen) == ["noise"]
    assert credentials(seen) == [credential]


@pytest.mark.parametrize("protocol", ["rdm6300", "id12la", "parallax"])
def test_a_frame_that_starts_inside_another_is_the_one_that_counts(protocol: str) -> None:
    frame, credential = FRAMES[protocol]
    seen = read(protocol, frame[:6] + frame)
    assert faults(seen) == ["length"]
    assert credentials(seen) == [credential]


def test_after_a_pause_a_bare_frame_starts_anew() -> None:
    frame, credential = FRAMES["em18"]
    decoder = Decoder("em18")
    assert decoder.feed(frame[:5], AT) == []
    assert faults(decoder.silence(AT)) == ["length"]
    assert credentials(decoder.feed(frame, AT)) == [credential]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\t", b""])
def test_a_reader_that_types_ends_with_a_key_or_a_pause(end: bytes) -> None:
    (seen,) = read("wedge", b"0011846615" + end)
    assert isinstance(seen, Reading)
    assert (seen.credential, seen.raw) == ("00B4C3D7", b"0011846615")


def test_a_form_that_is_known_settles_what_ten_digits_mean() -> None:
    decoder = Decoder("wedge", "hex")
    assert credentials(decoder.feed(b"0011846615\n", AT)) == ["0011846615"]


@pytest.mark.parametrize("text", [b"Ana\n", b"12\n", b"\xff\n", b"9" * 60 + b"0011846615\n", b"9" * 999])
def test_typing_that_is_no_badge_number_is_none(text: bytes) -> None:
    for size in (1, 7, 2000):
        seen = read("wedge", *(text[start : start + size] for start in range(0, len(text), size)))
        assert credentials(seen) == []
        assert set(faults(seen)) == {"noise"}


def test_line_ends_between_frames_are_nobodys_fault() -> None:
    frame, credential = FRAMES["em18"]
    assert read("em18", frame + b"\r\n" + frame + b"\n") == read("em18", frame, frame)
    assert credentials(read("rdm6300", FRAMES["rdm6300"][0] + b"\n")) == [credential]


def test_lower_case_digits_are_the_same_badge() -> None:
    assert credentials(read("rdm6300", b"\x022a00b4c3d78a\x03")) == ["2A00B4C3D7"]


def test_leading_zeros_stay() -> None:
    assert credentials(read("em18", b"000000000000")) == ["0000000000"]


def test_an_answer_without_a_card_is_a_frame_without_a_credential() -> None:
    (seen,) = read("desk-binary", bytes.fromhex("02 05 15 10 03"))
    assert isinstance(seen, Reading)
    assert (seen.kind, seen.credential) == ("frame", "")


def osdp(message: str, *, address: int = 0x81, with_crc: bool = True) -> bytes:
    """A frame as a reader makes it: message code and data in hex."""
    content = bytes.fromhex(message)
    size = 5 + len(content) + (2 if with_crc else 1)
    whole = bytes([0x53, address, size & 0xFF, size >> 8, 0x04 if with_crc else 0]) + content
    return whole + (crc_hqx(whole, 0x1D0F).to_bytes(2, "little") if with_crc else bytes([-sum(whole) & 0xFF]))


@pytest.mark.parametrize("text", ["53 65 08 00 04 60 60 90", "FF 53 65 09 00 05 61 00 E9 4D"])
def test_talk_on_the_bus_is_a_frame_without_a_credential(text: str) -> None:
    """A poll and a question for the reader's name, as other people's programs put them on the bus."""
    (seen,) = read("osdp", bytes.fromhex(text))
    assert isinstance(seen, Reading)
    assert (seen.kind, seen.credential) == ("frame", "")


def test_a_reader_on_the_bus_sends_cards_of_any_length() -> None:
    cards = {
        "50 00 00 20 00 04 A1 B2 C3": "04A1B2C3",
        "50 00 00 38 00 04 A1 B2 C3 D4 E5 F6": "04A1B2C3D4E5F6",
    }
    for message, credential in cards.items():
        assert credentials(read("osdp", osdp(message))) == [credential]
        assert credentials(read("osdp", osdp(message, with_crc=False))) == [credential]
    assert credentials(read("osdp", osdp("51 00 00 04 31 32 33 34"))) == ["31323334"]


def test_26_bits_with_other_parity_are_another_card_format() -> None:
    assert credentials(read("osdp", osdp("50 00 00 1A 00 9C C9 44 C0"))) == ["02732513"]


def test_keys_pressed_on_a_reader_are_keys() -> None:
    (seen,) = read("osdp", osdp("53 00 04 31 32 33 0D"))
    assert isinstance(seen, Reading)
    assert (seen.kind, seen.credential) == ("keys", "3132330D")


def test_encrypted_talk_is_a_frame_and_what_the_panel_says_is_no_card() -> None:
    content = bytes.fromhex("53 81 14 00 0D 02 18 50 AA BB CC DD EE FF 01 02 03 04")
    encrypted = content + crc_hqx(content, 0x1D0F).to_bytes(2, "little")
    for frame in (encrypted, osdp("50 00 00 20 00 04 A1 B2 C3", address=0x01)):
        (seen,) = read("osdp", frame)
        assert isinstance(seen, Reading)
        assert seen.kind == "frame"


@pytest.mark.parametrize(
    "message", ["50 00 00", "50 00 00 20 00 04", "50 00 00 00 00", "53 00 04 31", "51 00 00", "53 00 00"]
)
def test_a_reply_that_promises_more_than_it_holds_is_a_wrong_length(message: str) -> None:
    assert faults(read("osdp", osdp(message))) == ["length"]


def test_card_serials_of_four_and_seven_bytes() -> None:
    four = bytes.fromhex("02 09 01 04 A1 B2 C3 DC 03")
    seven = bytes.fromhex("02 0C 01 04 A1 B2 C3 D4 E5 F6 1E 03")
    assert credentials(read("desk-binary", four + seven)) == ["04A1B2C3", "04A1B2C3D4E5F6"]


@given(st.integers(min_value=0, max_value=2**24 - 1))
def test_every_26_bit_card_is_read(content: int) -> None:
    assert credentials(read("wiegand26", wiegand(content, 26))) == [f"{content:06X}"]


@given(st.integers(min_value=0, max_value=2**35 - 1))
def test_every_37_bit_card_is_read(content: int) -> None:
    assert credentials(read("wiegand37", wiegand(content, 37))) == [f"{content:010X}"]


anything = st.sampled_from(list(PROTOCOLS))
pieces = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([frame for frame, _ in FRAMES.values()])), max_size=12
)


@given(anything, pieces)
def test_no_input_breaks_a_decoder_and_no_byte_is_counted_twice(protocol: str, portions: list[bytes]) -> None:
    seen = read(protocol, *portions)
    whole = b"".join(portions)
    assert sum(len(each.raw) for each in seen) <= len(whole)
    position = 0
    for each in seen:
        position = whole.index(each.raw, position) + len(each.raw)


@given(anything, pieces, st.integers(min_value=1, max_value=50))
def test_the_portions_in_which_bytes_arrive_change_no_reading(
    protocol: str, portions: list[bytes], size: int
) -> None:
    whole = b"".join(portions)
    again = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert credentials(read(protocol, whole)) == credentials(read(protocol, *again))


@pytest.mark.parametrize("protocol", FRAMES)
@pytest.mark.parametrize("byte", [b"\x02", b"A", b"\n", b"\x00", b"\xff"])
def test_a_reader_gone_mad_costs_no_memory(protocol: str, byte: bytes) -> None:
    decoder = Decoder(protocol)
    decoder.feed(byte * 2000, AT)
    tracemalloc.start()
    for _ in range(5):
        decoder.feed(byte * 2000, AT)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20_000
