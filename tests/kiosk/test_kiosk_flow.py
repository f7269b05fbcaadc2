"""The flow by itself: what follows what."""

import pytest

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow import step
from clockhouse_kiosk.flow.drafts import PunchDraft, UndoDraft
from clockhouse_kiosk.flow.words import Claim, Done, Read, Way
from kiosk.paper import START, WELDING, badge, greeting, stamp, visit


def test_a_badge_is_looked_up_at_once():
    state, effects = step(at.Idle(), on.BadgeRead(badge("A")), stamp())
    assert isinstance(state, at.Identifying)
    assert effects == [do.LookUp(badge("A"))]


def test_the_large_button_records_what_was_inferred_at_the_reading_s_instant():
    state, effects = step(greeting(), on.TakeDefault(), stamp(4000))
    assert effects == [do.Append(PunchDraft(badge("ana"), "in", "inferred", WELDING, visit()))]
    assert isinstance(state, at.Saving)


def test_another_way_counts_as_chosen():
    _, effects = step(greeting(visit(where="in")), on.TakeOther(0), stamp())
    assert [(each.draft.kind, each.draft.kind_from) for each in effects] == [("break_start", "chosen")]


def test_recorded_is_said_only_after_the_disk_answered():
    saving, _ = step(greeting(), on.TakeDefault(), stamp())
    assert isinstance(step(saving, on.TakeDefault(), stamp())[0], at.Saving)
    recorded, effects = step(saving, on.Appended("p1"), stamp())
    assert isinstance(recorded, at.Recorded)
    assert recorded.done == Done("p1", "in", START, WELDING)
    assert effects == [do.Sound("in")]


def test_a_failed_disk_is_said_and_the_next_badge_is_served():
    saving, _ = step(greeting(), on.TakeDefault(), stamp())
    failed, _ = step(saving, on.AppendFailed(), stamp())
    assert isinstance(failed, at.NotRecorded)
    state, effects = step(failed, on.BadgeRead(badge("B", 100)), stamp(100))
    assert isinstance(state, at.Identifying)
    assert effects == [do.LookUp(badge("B", 100))]


def test_an_untouched_greeting_is_recorded_unconfirmed_when_the_next_badge_comes():
    saving, effects = step(greeting(), on.BadgeRead(badge("B", 3000)), stamp(3000))
    assert [(each.draft.kind, each.draft.kind_from) for each in effects] == [("in", "unconfirmed")]
    state, effects = step(saving, on.Appended("p1"), stamp(3001))
    assert isinstance(state, at.Identifying)
    assert state.before is not None
    assert do.LookUp(badge("B", 3000)) in effects


def test_an_untouched_greeting_is_recorded_unconfirmed_when_time_is_up():
    _, effects = step(greeting(), on.Tick(), stamp(10_000))
    assert [each.draft.kind_from for each in effects] == ["unconfirmed"]


FACE = Read(stamp(), "face", "ana")


@pytest.mark.parametrize("signal", [on.Tick(), on.BadgeRead(badge("B", 10_000))])
def test_whoever_only_walked_past_the_camera_is_recorded_by_a_tap_alone(signal):
    seen = visit(read=FACE)
    _, effects = step(greeting(seen), signal, stamp(10_000))
    assert do.NoteSighting(seen, "walked_away") in effects
    assert not any(isinstance(each, do.Append) for each in effects)
    _, effects = step(greeting(seen), on.TakeDefault(), stamp())
    assert [(each.draft.read.method, each.draft.kind_from) for each in effects] == [("face", "inferred")]


def test_a_face_with_the_pin_counts_untouched():
    known = visit(read=FACE, second_factor="pin")
    _, effects = step(greeting(known), on.Tick(), stamp(10_000))
    assert [each.draft.kind_from for each in effects] == ["unconfirmed"]


def test_a_badge_waits_while_a_job_is_chosen_and_ten_quiet_seconds_let_it_in():
    choosing, _ = step(greeting(), on.PickTab("all"), stamp())
    holding, effects = step(choosing, on.BadgeRead(badge("B", 1000)), stamp(1000))
    assert effects == [do.Sound("wait")]
    assert step(holding, on.BadgeRead(badge("C", 1500)), stamp(1500)) == (holding, [do.Sound("again")])
    touched, _ = step(holding, on.TurnPage(1), stamp(9000))
    assert step(touched, on.Tick(), stamp(18_000)) == (touched, [])
    saving, effects = step(touched, on.Tick(), stamp(19_000))
    assert [(each.draft.kind, each.draft.choice) for each in effects] == [("in", None)]
    state, _ = step(saving, on.Appended("p1"), stamp(19_001))
    assert isinstance(state, at.Identifying)
    assert state.read.credential == "B"


def test_the_same_badge_held_on_does_not_count_as_the_next_one():
    assert step(greeting(), on.BadgeRead(badge("ana", 500)), stamp(500)) == (greeting(), [])


def test_a_punch_of_a_moment_ago_leaves_nothing_to_infer():
    again = visit(where="in", recent=Done("p1", "in", START))
    state, effects = step(greeting(again), on.Tick(), stamp(10_000))
    assert (state, effects) == (at.Idle(), [do.NoteSighting(again, "walked_away")])


def test_undo_is_possible_for_a_minute():
    recent = visit(where="in", recent=Done("p1", "in", START))
    saving, effects = step(greeting(recent), on.Undo(), stamp(59_000))
    assert effects == [do.Append(UndoDraft(recent, Done("p1", "in", START)))]
    assert isinstance(step(saving, on.Appended(), stamp(59_001))[0], at.Undone)
    late, effects = step(greeting(recent), on.Undo(), stamp(61_000))
    assert (late.code, effects) == (
        "undo_late",
        [do.NoteSighting(recent, "walked_away"), do.Sound("refused")],
    )


def test_whoever_is_on_break_comes_back_or_goes_home():
    back = visit(where="break")
    assert (back.default.kind, [way.kind for way in back.others]) == ("break_end", ["break_end", "out"])


def test_the_pin_is_tried_when_its_last_digit_is_typed_and_stands_in_no_trace():
    state, _ = step(at.EnteringPin(Claim("ana"), 2_000_000, "31415"), on.Key("9"), stamp())
    assert isinstance(state, at.CheckingPin)
    typed, effects = step(at.EnteringPin(Claim("ana"), 2_000_000, "3141"), on.Enter(), stamp())
    assert "3141" not in repr((typed, effects, at.EnteringPin(Claim("ana"), 1, "3141"), on.Key("3141")))


def test_a_wrong_pin_is_written_down_wherever_the_screen_has_gone():
    assert step(at.Idle(), on.PinWrong("ana", locked=True), stamp())[1] == [
        do.NoteAccess("ana", "wrong_pin"),
        do.NoteAccess("ana", "locked"),
    ]


def test_back_leaves_the_search_first_and_then_the_choice():
    searching, _ = step(greeting(), on.OpenSearch(), stamp())
    typed, _ = step(searching, on.Key("4"), stamp())
    erased, _ = step(typed, on.Erase(), stamp())
    assert (typed.look.query, erased.look.query) == ("4", "")
    tabs, _ = step(typed, on.Back(), stamp())
    assert (tabs.look.searching, tabs.look.query) == (False, "")
    back, _ = step(tabs, on.Back(), stamp())
    assert (type(back), back.touched) == (at.Greeting, True)


def test_who_says_not_me_while_choosing_lets_the_next_one_in():
    choosing, _ = step(greeting(), on.PickTab("all"), stamp())
    holding, _ = step(choosing, on.BadgeRead(badge("B")), stamp())
    state, effects = step(holding, on.NotMe(), stamp())
    assert state.read == badge("B")
    assert effects == [do.NoteSighting(visit(), "not_me"), do.LookUp(badge("B"))]


def test_somebody_thought_to_be_out_may_clock_out_from_among_the_jobs():
    choosing, _ = step(greeting(), on.PickTab("all"), stamp())
    _, effects = step(choosing, on.TakeOther(0), stamp())
    assert [(each.draft.kind, each.draft.kind_from) for each in effects] == [("out", "chosen")]


def test_a_badge_held_on_while_its_punch_is_saved_adds_nothing():
    saving, _ = step(greeting(), on.TakeDefault(), stamp())
    assert step(saving, on.BadgeRead(badge("ana", 5)), stamp(5)) == (saving, [])


def test_a_stranger_s_second_try_does_not_hold_up_the_one_behind():
    identifying = at.Identifying(badge("zed"), 2_000_000, waiting=badge("B"))
    state, effects = step(identifying, on.UnknownBadge(badge("zed"), again=True), stamp())
    assert (state.read, effects) == (badge("B"), [do.Sound("unknown"), do.LookUp(badge("B"))])


def test_a_wrong_pin_gives_way_to_the_badge_that_waits():
    checking = at.CheckingPin(Claim("ana"), badge(None), 2_000_000, waiting=badge("B"))
    state, effects = step(checking, on.PinWrong("ana", locked=False), stamp())
    assert state.read == badge("B")
    assert effects == [do.NoteAccess("ana", "wrong_pin"), do.Sound("refused"), do.LookUp(badge("B"))]


def test_digits_can_be_taken_back_and_only_digits_are_taken():
    typing, _ = step(at.EnteringNumber(2_000_000, "10"), on.Erase(), stamp())
    assert typing.digits == "1"
    assert step(typing, on.Key("x"), stamp())[0].digits == "1"
    assert step(typing, on.Key("٣"), stamp())[0].digits == "1"
    again, _ = step(at.EnteringPin(Claim("ana"), 2_000_000, "31"), on.Erase(), stamp())
    assert again.digits == "3"
    assert isinstance(step(again, on.Back(), stamp())[0], at.EnteringNumber)
    assert step(again, on.Enter(), stamp()) == (again, [])


def test_a_badge_that_could_not_be_looked_up_is_kept_as_an_unknown_one():
    identifying = at.Identifying(badge("A"), 1_000_000)
    _, effects = step(identifying, on.Tick(), stamp())
    assert effects == [do.Append(PunchDraft(badge("A"), "in", "unconfirmed"))]


def test_what_makes_no_sense_here_changes_nothing_and_is_noted():
    state = at.Recorded(PunchDraft(badge("A"), "in", "inferred"), Done("p", "in", START), 2_000_000)
    assert step(state, on.PickTab("all"), stamp()) == (state, [do.Unexpected("Recorded", "PickTab")])


def test_ways_that_need_a_job_ask_for_it():
    choosing, effects = step(greeting(visit(where="in")), on.TakeOther(1), stamp())
    assert (choosing.way, effects) == (Way("transfer", choose=True), [])
