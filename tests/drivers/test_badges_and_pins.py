"""A badge typed in the office is the badge that the reader sees; a PIN is checked and a weak one refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_drivers.credentials import (
    FORMS,
    NotABadge,
    PinParameters,
    badges,
    canonical,
    is_random,
    pin_hash,
    pin_matches,
    pin_weakness,
    same_badge,
)

# One card: what its reader sends, and what stands on it or is typed in the office.
CARD = "2A00B4C3D7"
ON_THE_CARD = {
    "10H13D": "0180400473047",
    "8H10D": "0011846615",
    "5,5": "00180,50135",
    "6H8D": "11846615",
    "3,5": "180,50135",
    "hex": "2A00B4C3D7",
    "hex_reversed": "D7C3B4002A",
}
CHEAP = PinParameters(memory_kib=32, passes=1, lanes=1)


def test_a_read_card_shows_every_form_that_can_be_printed_on_it() -> None:
    (badge,) = badges(CARD)
    assert badge.forms() == ON_THE_CARD


@pytest.mark.parametrize("text", ON_THE_CARD.values())
def test_every_form_of_a_card_is_that_card(text: str) -> None:
    assert same_badge(CARD, text)
    assert same_badge(text, CARD)


@pytest.mark.parametrize("text", ["0011846616", "181,50135", "2A00B4C3D8", "11846614", "2B00B4C3D7"])
def test_another_card_is_another_card(text: str) -> None:
    assert not same_badge(CARD, text)


def test_bits_that_only_one_form_shows_do_not_tell_cards_apart() -> None:
    assert same_badge("FF00B4C3D7", "0011846615")


def test_ten_digits_read_two_ways_list_both_the_printed_number_first() -> None:
    assert [(badge.form, badge.credential) for badge in badges("0011846615")] == [
        ("8H10D", "00B4C3D7"),
        ("hex", "0011846615"),
    ]


def test_a_number_too_large_for_its_form_is_not_of_that_form() -> None:
    assert [badge.form for badge in badges("9999999999")] == ["hex"]
    assert [badge.form for badge in badges("99999999")] == ["hex"]
    with pytest.raises(NotABadge):
        badges("256,00001", "3,5")


def test_a_form_that_is_named_may_lack_its_leading_zeros() -> None:
    assert canonical("11846615", "8H10D") == "00B4C3D7"
    assert canonical("180,50135", "5,5") == "00B4C3D7"


@pytest.mark.parametrize("text", ["04:a1:b2:c3", "04-A1-B2-C3", "04 A1 B2 C3", " 04a1b2c3 "])
def test_hex_is_read_as_people_write_it(text: str) -> None:
    assert canonical(text) == "04A1B2C3"


@pytest.mark.parametrize(
    "text", ["", "  ", "Ana", "12", "1234567", "180,501350", "²³", "٠٠١١٨٤٦٦١٥", "0x2A00B4C3D7"]
)
def test_what_is_no_badge_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotABadge):
        badges(text)


@given(st.binary(min_size=5, max_size=5))
def test_every_card_survives_each_way_of_printing_it(content: bytes) -> None:
    (badge, *_) = badges(content.hex(), "hex")
    for name, text in badge.forms().items():
        form = next((form for form in FORMS if form == name), "hex")
        read = canonical(text, form)
        if name == "hex_reversed":
            read = bytes.fromhex(read)[::-1].hex().upper()
        assert badge.credential.endswith(read)
        assert same_badge(badge.credential, text)


@given(st.text(max_size=24), st.text(max_size=24))
def test_no_text_is_a_surprise(a: str, b: str) -> None:
    try:
        answer = same_badge(a, b)
    except NotABadge:
        return
    assert answer == same_badge(b, a)


def test_a_number_that_changes_each_time_is_no_badge() -> None:
    assert is_random("08A1B2C3")
    assert not is_random("04A1B2C3")
    assert not is_random("08A1B2C3D4")


# --- PIN ---------------------------------------------------------------------------------------------


def hashed(pin: str, *, employee: str = "e1", pepper: bytes = b"p" * 32, salt: bytes = b"s" * 16) -> bytes:
    return pin_hash(pin, employee_id=employee, pepper=pepper, salt=salt, params=CHEAP)


def test_the_right_pin_matches_and_no_other() -> None:
    made = hashed("739164")
    right = {"employee_id": "e1", "pepper": b"p" * 32, "salt": b"s" * 16, "params": CHEAP}
    assert pin_matches("739164", made, **right)
    assert not pin_matches("739165", made, **right)
    assert not pin_matches("", made, **right)


def test_a_hash_belongs_to_its_person_its_company_and_its_salt() -> None:
    others = [
        hashed("739164", employee="e2"),
        hashed("739164", pepper=b"q" * 32),
        hashed("739164", salt=b"t" * 16),
    ]
    assert len({hashed("739164"), *others}) == 4


def test_the_hash_is_argon2id_over_the_keyed_pin() -> None:
    """Frozen: rosters in the field hold hashes made this way."""
    assert hashed("739164").hex() == "a494531fc7ac6fced06c2ccaf2c154f1913baed5ef4cf40213357daafdedacd9"


@pytest.mark.parametrize(
    ("pin", "weakness"),
    [
        ("1111", "repeat"),
        ("1212", "repeat"),
        ("123123", "repeat"),
        ("1177", "repeat"),
        ("1234", "sequence"),
        ("987654", "sequence"),
        ("7890", "sequence"),
        ("2468", "sequence"),
        ("123", "length"),
        ("1234567890123", "length"),
        ("", "length"),
        ("12a4", "digits"),
        ("١٢٣٤", "digits"),
        ("4071", "number"),
        ("2580", None),
        ("739164", None),
    ],
)
def test_a_pin_that_others_try_first_is_refused(pin: str, weakness: str | None) -> None:
    assert pin_weakness(pin, number="A-004071") == weakness
