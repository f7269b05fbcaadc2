"""An administrator at the wall: in by badge and PIN, out by every way there is; each leaves its line."""

from dataclasses import replace

import pytest

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow import step
from clockhouse_kiosk.flow.administer import SECTIONS, Administering, SigningOut
from clockhouse_kiosk.flow.administering import IDLE
from clockhouse_kiosk.flow.drafts import BadgeDraft
from clockhouse_kiosk.flow.words import Claim, Member
from kiosk.paper import badge, stamp, visit

ADA = replace(visit("ada"), person=replace(visit("ada").person, modes=("administrator",)), mode_minutes=10)
IN = do.NoteMode("ada", "administrator", "mode_entered", "rfid")
OUT = do.NoteMode("ada", "administrator", "mode_left", "rfid")


def mode(section="home", **more):
    until = stamp(IDLE).boottime_ms
    return Administering(
        ADA, **{"ends": stamp(600_000).boottime_ms, "until": until, "section": section, **more}
    )


def test_the_right_pin_opens_the_mode_for_the_minutes_that_the_site_allows():
    own = at.OwnPage(ADA, stamp(45_000).boottime_ms)
    asking, _ = step(own, on.OpenMode("administrator"), stamp())
    assert asking.claim == Claim("ada", None, ADA, "administrator")
    checking = at.CheckingPin(asking.claim, ADA.read, stamp(10_000).boottime_ms)
    state, effects = step(checking, on.PinRight(ADA), stamp())
    assert state == mode()
    assert effects == [do.NoteSighting(ADA, "own_page"), IN]


def test_whoever_is_no_administrator_has_no_way_in():
    own = at.OwnPage(visit("ben"), stamp(45_000).boottime_ms)
    state, effects = step(own, on.OpenMode("administrator"), stamp())
    assert state == own
    assert effects == [do.Unexpected("OwnPage", "OpenMode")]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_page_leads_back_home_and_home_leads_out(section):
    state, _ = step(mode(), on.OpenSection(section), stamp())
    assert state.section == section
    state, _ = step(state, on.Back(), stamp())
    assert state == mode()
    assert step(state, on.Back(), stamp()) == (at.Idle(), [OUT])


def test_time_ends_the_mode_untouched_or_not():
    assert step(mode("server"), on.Tick(), stamp(IDLE)) == (at.Idle(), [OUT])
    state = mode()
    for minute in range(10):
        state, _ = step(state, on.OpenSection("sound"), stamp(minute * 60_000))
    assert state.until == state.ends
    assert step(state, on.Tick(), stamp(600_000)) == (at.Idle(), [OUT])


def test_the_next_badge_waits_a_moment_and_then_has_its_turn():
    state, effects = step(mode(), on.BadgeRead(badge("B")), stamp())
    assert effects == [do.Sound("wait")]
    assert state.until == stamp(10_000).boottime_ms
    state, effects = step(state, on.Tick(), stamp(10_000))
    assert effects == [OUT, do.LookUp(badge("B"))]
    assert isinstance(state, at.Identifying)
    same, effects = step(mode(), on.BadgeRead(badge("ada")), stamp())
    assert (same, effects) == (mode(), [])


def test_what_is_asked_goes_to_the_machine():
    assert step(mode(), on.OpenSection("network"), stamp())[1] == [do.Gather("network")]
    assert step(mode("sound"), on.Adjust("volume", 70), stamp())[1] == [do.Adjust("volume", 70)]
    assert step(mode("export"), on.Perform("export"), stamp())[1] == [do.Perform("export")]


def test_the_test_picture_goes_away_at_any_touch():
    state, _ = step(mode("screen"), on.TestPicture(), stamp())
    assert state.picture
    assert step(state, on.Key("5"), stamp())[0] == mode("screen")
    assert step(state, on.Tick(), stamp(IDLE))[0] == at.Idle()


def test_a_restart_leaves_the_mode_first():
    assert step(mode("restart"), on.Perform("restart"), stamp()) == (at.Idle(), [OUT, do.Perform("restart")])


def test_signing_out_waits_for_the_last_lines_and_turns_badges_away():
    state, effects = step(mode("sign_out"), on.Perform("sign_out"), stamp())
    assert effects == [OUT, do.Perform("sign_out")]
    assert isinstance(state, SigningOut)
    assert step(state, on.BadgeRead(badge("B")), stamp()) == (state, [do.Sound("again")])
    refused, _ = step(state, on.Tick(), replace(stamp(), boottime_ms=state.until))
    assert isinstance(refused, at.Refused)
    assert refused.code == "sign_out"


def test_nobody_signs_out_over_a_badge_that_waits():
    waiting = mode("sign_out", waiting=badge("B"))
    assert step(waiting, on.Perform("sign_out"), stamp())[0] == waiting


BEN = Member("ben", "Ben Azar", "Ben", "7", visit("ben").standing)


def test_a_badge_that_nobody_has_is_given_with_who_gave_it():
    state, _ = step(mode("badge"), on.PickMember(BEN), stamp())
    state, effects = step(state, on.BadgeRead(badge("NEW")), stamp())
    assert effects == [do.LookUp(badge("NEW"))]
    saving, effects = step(state, on.UnknownBadge(badge("NEW")), stamp())
    assert effects == [do.Append(BadgeDraft(ADA, "Ben Azar", "NEW", "ben"))]
    state, effects = step(saving, on.Appended(), stamp())
    assert (state.said.code, state.member, effects) == ("badge.given", None, [])


def test_a_badge_that_somebody_else_has_is_refused_by_initials_alone():
    state, _ = step(mode("badge", member=BEN), on.BadgeRead(badge("CAR")), stamp())
    carl = replace(visit("car"), person=replace(visit("car").person, name="Carl Maria Drost"))
    state, effects = step(state, on.Identified(carl), stamp())
    assert effects == [do.Sound("refused")]
    assert (state.said.code, dict(state.said.values)) == ("badge.taken", {"name": "C. M. D."})
    same, effects = step(
        replace(state, read=badge("BEN")), on.Identified(replace(visit("ben"), read=badge("BEN"))), stamp()
    )
    assert (same.said.code, effects) == ("badge.theirs", [])


def test_a_telephone_is_no_badge():
    state, _ = step(mode("badge", member=BEN), on.BadgeRead(badge("08A1B2C3")), stamp())
    state, effects = step(state, on.UnknownBadge(badge("08A1B2C3")), stamp())
    assert (state.said.code, effects) == ("badge.random", [do.Sound("refused")])


@pytest.mark.parametrize("signal", [on.AppendFailed(), on.Tick()])
def test_a_badge_that_could_not_be_written_is_not_given(signal):
    state, _ = step(mode("badge", member=BEN), on.BadgeRead(badge("NEW")), stamp())
    saving, _ = step(state, on.UnknownBadge(badge("NEW")), stamp())
    state, effects = step(saving, signal, replace(stamp(), boottime_ms=saving.until))
    assert (state.said.code, state.member, effects) == ("badge.not_saved", BEN, [do.Sound("refused")])


def test_a_badge_before_anybody_was_chosen_waits_as_everywhere():
    state, effects = step(mode("badge"), on.BadgeRead(badge("NEW")), stamp())
    assert (state.waiting, effects) == (badge("NEW"), [do.Sound("wait")])


def test_a_name_is_typed_and_taken_back():
    state = mode("badge")
    for char in "be":
        state, _ = step(state, on.Key(char), stamp())
    assert state.look.query == "be"
    assert step(state, on.Erase(), stamp())[0].look.query == "b"
    assert step(state, on.Back(), stamp())[0] == mode("home", look=state.look)
