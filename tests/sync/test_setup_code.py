"""The text behind a setup code: everything in it or a plain refusal, and never the code in a log."""

import contextlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync.setup_code import SetupCode, SetupCodeError, is_setup_code, read_setup_code

WHOLE = "clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH"
DER = b"\x30\x82\x01\x0a" + bytes(range(256))


def test_a_setup_code_says_server_and_code():
    assert read_setup_code(WHOLE) == SetupCode("https://clock.example.com", "ABCD-EFGH")
    assert read_setup_code(
        " CLOCKHOUSE:1?server=http%3A%2F%2F10.0.0.2%3A8400%2F&code=abcd%20efgh\n"
    ) == SetupCode("http://10.0.0.2:8400", "abcd efgh")


def test_a_company_s_own_authority_comes_along():
    ca = urlsafe_b64encode(DER).decode().rstrip("=")
    assert read_setup_code(f"{WHOLE}&ca={ca}&later=unknown").ca == DER


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_setup_code"),
        ("https://clock.example.com", "not_a_setup_code"),
        ("clockhouse:1", "not_a_setup_code"),
        (f"{WHOLE}&code=ZZZZ-ZZZZ", "not_a_setup_code"),
        (f"{WHOLE}&note={'x' * 5000}", "not_a_setup_code"),
        ("clockhouse:2?server=https://clock.example.com&code=ABCD", "setup_version"),
        ("clockhouse:1?code=ABCD-EFGH", "bad_address"),
        ("clockhouse:1?server=ftp://clock&code=ABCD-EFGH", "bad_address"),
        ("clockhouse:1?server=https://clock:99999999&code=ABCD-EFGH", "bad_address"),
        ("clockhouse:1?server=https://[&code=ABCD-EFGH", "bad_address"),
        ("clockhouse:1?server=https://clock.example.com", "no_code"),
        ("clockhouse:1?server=https://clock.example.com&code=ABCD;rm", "no_code"),
        (f"{WHOLE}&ca=AAAA", "bad_ca"),
        (f"{WHOLE}&ca=M", "bad_ca"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text, code):
    with pytest.raises(SetupCodeError) as refused:
        read_setup_code(text)
    assert refused.value.code == code


def test_the_one_time_code_shows_in_no_log():
    assert "ABCD" not in repr(read_setup_code(WHOLE))


@given(st.one_of(st.text(), st.text().map("clockhouse:1?server=https://a&code=".__add__)))
@settings(max_examples=300, deadline=None, database=None)
def test_whatever_is_scanned_is_read_or_refused(text):
    with contextlib.suppress(SetupCodeError):
        assert read_setup_code(text).server.startswith(("http://", "https://"))
        assert is_setup_code(text)
