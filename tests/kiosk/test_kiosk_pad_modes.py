"""Everything beyond a punch by the pad alone: a supervisor's morning, corrections, what is taken back."""

from datetime import timedelta

import pytest

from clockhouse_kiosk.flow import pad
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.lead import Crew, Finding, Leading, Muster, Newcomer, Offer, Proposals
from clockhouse_kiosk.flow.words import Look, Proposal
from kiosk.house import ANA, BADGE, BERND, PIN, furnish, pin_row, row, rows, state
from kiosk.paper import visit
from kiosk.test_kiosk_leading import ADA, ADAS, LEADERS
from kiosk.test_kiosk_pad import MONDAY, padded
from kiosk.wallrig import wall


def chief():
    """Ada leads here; Ana and Bernd are at work, and Bernd says when he left."""
    return [
        *LEADERS, pin_row(ADA),
        state(ANA, "in", MONDAY - timedelta(hours=1), punch_id="in-ana"),
        state(BERND, "in", MONDAY - timedelta(hours=2), punch_id="in-bernd"),
        row("proposal", "claim-1", employee_id=BERND, kind="out", punch_id="in-bernd",
            claimed_at="2026-03-01T17:00:00.000Z", made_at="2026-03-02T06:00:00.000Z"),
    ]  # fmt: skip


def enter(rig):
    rig.badge(ADAS)
    rig.until(lambda: rig.view["screen"] in {"person", "jobs"})
    rig.press("*")
    assert [mode["title"] for mode in rig.shows("own")["modes"]] == ["1 · Supervisor"]
    rig.press("1")
    rig.shows("entry", entry="pin")
    rig.press(PIN)
    rig.shows("lead", home=True)


def press(rig, words):
    """The digit that the tile or button of these words shows."""
    shown = [title for title in rig.titles if title.endswith(words)]
    assert shown, f"{words}: {rig.titles}"
    rig.press(shown[0].split(" · ")[0])


def test_a_supervisor_s_morning_by_the_pad_alone(tmp_path, qapp):
    with padded(tmp_path, chief()) as rig:
        enter(rig)
        press(rig, "Crew")
        rig.until(lambda: rig.view["tab"] == "today")
        assert [each["title"] for each in rig.view["actions"]] == [". · Without a job"]
        rig.press("+")
        rig.until(lambda: rig.view["tab"] == "recent")
        rig.press("0040")
        rig.until(lambda: rig.titles == ["0040 Stores"])
        rig.press("\r")
        rig.until(lambda: rig.view["tab"] == "in")
        rig.press("--")
        rig.until(lambda: rig.view["tab"] == "out")
        rig.press("+")
        rig.until(lambda: rig.view["tab"] == "transfer")
        rig.press("1001")
        rig.until(lambda: rig.titles == ["Ana Ortiz"])
        rig.press("\r")
        rig.until(lambda: rig.view["primary"] and not rig.view["searching"])
        rig.press("\r")  # the same Enter, pressed twice
        rig.press("9999\r")
        rig.until(lambda: rig.view["query"] == "9999")
        assert rig.view["screen"] == "lead", "nobody was found, and nothing was recorded"
        assert rig.punches() == []
        rig.clock.later(1)
        rig.press("\b\b\b\b/\r")
        rig.shows("lead", home=True, well=True)
        (punch,) = rig.lines("punch")
        assert (punch.employee_id, punch.kind, punch.job_id) == (ANA, "transfer", "j-0040")
        press(rig, "Claimed times")
        rig.until(lambda: rig.titles == ["1 · Maximilian Oberstleutnant-Krüger"])
        rig.press("1")
        assert rig.shows("forgotten")["refuse"].startswith("0 · ")
        rig.press("28+\r")
        rig.until(lambda: [each.claimed_at for each in rig.lines("confirm")] == ["2026-03-01T17:15:00.000Z"])
        rig.press("/")
        rig.shows("lead", home=True)
        press(rig, "Today's jobs")
        rig.until(lambda: rig.view["tab"] == "chosen")
        rig.press("0012")
        rig.until(lambda: rig.titles == ["0012 Training"])
        rig.press("\r")
        rig.until(lambda: len(rig.titles) == 3)
        rig.clock.later(1)
        rig.press("\r")
        rig.shows("lead", home=True, well=True)
        assert [line.job_ids for line in rig.lines("site_jobs")] == [["j-1042", "j-0031", "j-0012"]]
        press(rig, "Badge forgotten")
        rig.press("1001")
        rig.until(lambda: rig.titles == ["Ana Ortiz"])
        rig.press("\r")
        rig.shows("person", name="Ana Ortiz")
        rig.press("-")
        rig.shows("answer", tone="out")
        rig.later(5)
        rig.shows("lead", searching=True, query="")
        rig.press("//")
        rig.shows("idle")
        rig.until(lambda: rig.lines("access")[-1].what == "mode_left")


def test_a_correction_is_asked_for_by_the_pad(tmp_path, qapp):
    with padded(tmp_path, [state(ANA, "in", MONDAY)]) as rig:
        rig.badge(BADGE[ANA])
        rig.shows("person")
        rig.press("***")
        kinds = rig.shows("own", page="request")["kinds"]
        assert [kind["title"][:4] for kind in kinds] == ["1 · ", "2 · ", "3 · ", "4 · "]
        rig.press("1")
        rig.shows("forgotten")
        rig.press("22-\r")
        rig.until(lambda: [each.claimed_at for each in rig.lines("request")] == ["2026-03-02T05:43:00.000Z"])


def test_settings_by_the_pad(tmp_path, qapp):
    with padded(tmp_path, [state(ANA, "in", MONDAY)]) as rig:
        rig.badge(BADGE[ANA])
        rig.shows("person")
        rig.press("****")
        shown = rig.shows("own", page="settings")
        assert shown["languages"][1]["name"] == "2 · Deutsch"
        assert shown["switches"][1]["title"].startswith("6 · ")
        rig.press("6")
        rig.until(lambda: rig.view["contrast"])
        rig.press("2")
        rig.shows("own", language="de")


def test_the_punch_is_taken_back_by_backspace(tmp_path, qapp):
    with padded(tmp_path, [state(ANA, "in", MONDAY)]) as rig:
        rig.badge(BADGE[ANA])
        rig.shows("person")
        rig.press("-")
        rig.shows("answer", tone="out")
        rig.press("\b")
        rig.until(lambda: len(rig.lines("undo")) == 1)


CLAIM = Proposals(chosen=Proposal("c", None, "out", MONDAY, MONDAY, "p"), claimed_at=MONDAY)


def test_a_keyboard_s_first_digit_shows_which_digit_presses_what(tmp_path, qapp):
    furnish(tmp_path, rows(extra=chief()))
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        rig.badge(ADAS)
        rig.until(lambda: rig.view["screen"] in {"person", "jobs"})
        rig.tap("own")
        assert rig.shows("own")["modes"][0]["title"] == "Supervisor"
        rig.window.bridge.pressed(0, "1")
        assert rig.shows("own")["modes"][0]["title"] == "1 · Supervisor"
        rig.window.bridge.pressed(0, "1")
        rig.shows("entry", entry="pin")


def test_a_second_hold_is_undone_by_the_key_that_its_button_shows(tmp_path, qapp):
    with padded(tmp_path) as rig:
        for _ in range(2):
            rig.badge(BADGE[ANA])
            rig.until(lambda: rig.view["screen"] in {"jobs", "person"})
            if rig.view["screen"] == "jobs":
                rig.press("\r")
                rig.shows("answer", tone="in")
                rig.later(8)
                rig.shows("idle")
        assert rig.view["undo"].startswith("0 · ")
        rig.press("0")
        rig.until(lambda: len(rig.lines("undo")) == 1)


def leading(page):
    return Leading(visit("ada"), 1, 1, page)


@pytest.mark.parametrize(
    ("page", "key", "signal"),
    [
        (Crew(choosing=Look("all")), "+", on.PickTab("today")),
        (Crew(choosing=Look("today")), ".", on.TakeDefault()),
        (Crew("in"), ".", on.ChooseJob()),
        (Crew("in"), "-", on.PickTab("transfer")),
        (Crew("in", look=Look(searching=True, query="o")), "-", on.Key("-")),
        (Crew("in", look=Look(searching=True, query="9")), "\r", on.Enter()),
        (Crew("in"), "\r", on.ConfirmClaim()),
        (Offer(), "+", on.PickTab("all")),
        (Muster(), "-", on.PickTab("all")),
        (Newcomer(asked="badge"), "*", on.PutOff()),
        (Newcomer(asked="name"), "*", on.Key("*")),
        (Finding(), "+", None),
        (CLAIM, "0", on.Answer("no")),
        (CLAIM, "2", on.ShiftClaim(-60)),
        (CLAIM, "7", None),
    ],
)
def test_a_key_on_a_supervisor_s_page(page, key, signal):
    assert pad.meant(leading(page), key) == signal
