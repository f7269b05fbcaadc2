"""What every page stands on: colours from one table, a known htmx, a content policy, small readings."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib import resources

import pytest

from clockhouse_server.backoffice import pictograms, tokens, wording
from clockhouse_server.backoffice.rendering import HEADERS, own_path
from clockhouse_server.timecards.exceptions import SEVERITY

HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
OFFICE = resources.files("clockhouse_server.backoffice")


def test_the_office_and_the_kiosk_have_their_colours_from_one_table():
    table = json.loads((resources.files("clockhouse_kiosk") / "style" / "tokens.json").read_text("utf-8"))
    assert tokens.css(table) == tokens.STYLESHEET.read_text("utf-8")


def test_the_office_offers_the_pictograms_that_a_kiosk_draws():
    drawn = json.loads((resources.files("clockhouse_kiosk") / "style" / "pictograms.json").read_text("utf-8"))
    assert tuple(drawn) == pictograms.NAMES


def test_every_colour_that_the_stylesheet_asks_for_is_there():
    sheet = (OFFICE / "static" / "app.css").read_text("utf-8")
    defined = set(re.findall(r"(--[\w-]+):", sheet + tokens.STYLESHEET.read_text("utf-8")))
    assert set(re.findall(r"var\((--[\w-]+)\)", sheet)) <= defined


def test_htmx_is_the_one_that_was_looked_at():
    assert HTMX == sha256((OFFICE / "static" / "htmx.min.js").read_bytes()).hexdigest()
    assert HTMX in (OFFICE / "static" / "NOTICE").read_text("utf-8")


def test_the_content_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_templates_hold_no_script_no_style_and_nothing_unescaped():
    for template in (OFFICE / "templates").iterdir():
        text = template.read_text("utf-8")
        assert not re.search(r"<style|\bstyle=|\bon\w+=|javascript:|\|\s*safe\b|autoescape", text), (
            template.name
        )
        assert set(re.findall(r"<script[^>]*>", text)) <= {
            "<script src=\"{{ static('htmx.min.js') }}\" defer>", "<script src=\"{{ static('app.js') }}\" defer>"
        }  # fmt: skip


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\tx", ""]
)
def test_signing_in_never_leads_away_from_this_server(path):
    assert "/" == own_path(path)


def test_signing_in_leads_back_to_the_page_that_was_asked_for():
    assert "/timecards/x?from=2026-11-09" == own_path("/timecards/x?from=2026-11-09")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.span(date(2026, 11, 9), date(2026, 11, 22)), "9 – 22 November 2026"),
        (wording.span(date(2026, 10, 26), date(2026, 11, 1)), "26 October – 1 November 2026"),
        (wording.span(date(2026, 12, 28), date(2027, 1, 3)), "28 December 2026 – 3 January 2027"),
        (wording.span(date(2026, 11, 9), date(2026, 11, 9)), "9 November 2026"),
        (wording.duration(8 * 3600 + 3 * 60 + 59), "8:03"),
        (wording.duration(None), "–"),
        (wording.hours(8 * 3600 + 3 * 60), "8.05"),
        (wording.amount(Decimal("1234.5"), "EUR"), "1,234.50 EUR"),
        (wording.amount(Decimal(1234), "JPY"), "1,234 JPY"),
        (wording.quantity(Decimal(80)), "80.00"),
        (wording.quantity(Decimal("12.3333")), "12.3333"),
        (wording.plain(Decimal("19.000000")), "19"),
        (wording.count(1, "mistake"), "1 mistake"),
        (wording.count(2, "mistake"), "2 mistakes"),
        (wording.clock(datetime(2026, 11, 9, 6, 58, tzinfo=UTC), "Europe/Berlin"), "07:58"),
        (wording.said(wording.PARKED, "never_heard_of"), "never heard of"),
    ],
)
def test_figures_read_as_people_write_them(said, expected):
    assert expected == said


def test_everything_that_can_wait_for_a_decision_has_words():
    assert SEVERITY.keys() == wording.EXCEPTIONS.keys()
    codes = "conflict revoked_key unknown_employee unknown_job locked_period future unreadable"
    assert set(codes.split()) <= wording.PARKED.keys()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(5, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (3 * 86400, "3 days ago")],
)
def test_ages_are_told_in_the_one_unit_that_matters(seconds, expected):
    now = datetime(2026, 11, 9, tzinfo=UTC)
    assert expected == wording.age(now - timedelta(seconds=seconds), now)
