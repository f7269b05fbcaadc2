"""What is asked before a punch and after it, somebody's own page, practice, and a badge that needs a PIN."""

from dataclasses import replace
from datetime import timedelta

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow import step
from clockhouse_kiosk.flow.drafts import AnswerDraft, Details, ProposalDraft, RequestDraft
from clockhouse_kiosk.flow.words import Done, Folder, Standing, Way
from clockhouse_sync.wire import Preferences
from kiosk.paper import BOOTS, HELMETS, HURT, KM, START, WELDING, badge, forgot, greeting, stamp, visit

PIECES = replace(WELDING, job_id="j9", asks=("quantity",))
ORDERS = replace(WELDING, job_id="j8", asks=("note",))


def play(state, *signals, ms=0):
    """One signal after the other; what came out of the last."""
    effects = []
    for signal in signals:
        state, effects = step(state, signal, stamp(ms))
    return state, effects


def keys(text):
    return [on.Key(char) for char in text]


def appended(effects):
    (effect,) = [each for each in effects if isinstance(each, do.Append)]
    return effect.draft


def test_the_punch_is_recorded_first_and_the_forgotten_clock_out_asked_after_it():
    who = visit(forgotten=forgot(), missing=(forgot(),))
    saving, effects = play(greeting(who), on.TakeDefault())
    assert appended(effects).kind == "in"
    flashed, effects = play(saving, on.Appended("p1"))
    assert (type(flashed), effects) == (at.Recorded, [do.Sound("in")])
    asking, _ = play(flashed, on.Tick(), ms=1800)
    assert (asking.asks, asking.claimed_at) == ((forgot(),), forgot().guess)
    saving, effects = play(asking, on.ShiftClaim(15), on.ConfirmClaim())
    assert appended(effects) == ProposalDraft(who, forgot().guess + timedelta(minutes=15), forgot())
    thanked, _ = play(saving, on.Appended())
    assert (type(thanked), thanked.done.punch_id) == (at.Recorded, "p1")


def test_a_claim_is_bounded_by_what_is_possible():
    asking, _ = play(greeting(visit(forgotten=forgot())), on.TakeDefault(), on.Appended("p1"), on.Back())
    late, _ = play(asking, *[on.ShiftClaim(60)] * 50)
    early, _ = play(asking, *[on.ShiftClaim(-60)] * 50)
    assert (early.claimed_at, late.claimed_at) == (forgot().since, forgot().latest)


def test_the_next_badge_is_served_at_once_while_a_question_nobody_touched_shows():
    asking, _ = play(greeting(visit(questions=(BOOTS,))), on.TakeDefault(), on.Appended("p1"), on.Back())
    state, effects = play(asking, on.BadgeRead(badge("B", 9)))
    assert (state.read, effects) == (badge("B", 9), [do.LookUp(badge("B", 9))])


def test_whoever_is_answering_keeps_the_next_badge_waiting_for_ten_seconds():
    asking, _ = play(
        greeting(visit(questions=(KM,), where="in")), on.TakeDefault(), on.Appended("p1"), on.Back()
    )
    typing, _ = play(asking, on.Key("4"))
    held, effects = play(typing, on.BadgeRead(badge("B")))
    assert (held.waiting, effects) == (badge("B"), [do.Sound("wait")])
    state, _ = play(held, on.Tick(), ms=10_000)
    assert state.read == badge("B")


def test_questions_come_by_kind_and_each_answer_is_a_fact_about_its_punch():
    who = visit(where="in", questions=(BOOTS, HURT, KM))
    asking, _ = play(greeting(who), on.TakeDefault(), on.Appended("p1"), on.Back())
    assert asking.asks == (HURT, KM)
    saving, effects = play(asking, on.Answer("no"))
    assert appended(effects) == AnswerDraft(who, HURT, "p1", "no")
    number, _ = play(saving, on.Appended())
    _, effects = play(number, *keys("1x27"), on.Erase(), on.Enter())
    assert appended(effects) == AnswerDraft(who, KM, "p1", "12")


def test_what_was_put_off_comes_back_at_the_end_of_the_shift():
    owed = replace(BOOTS, punch_id="p-in")
    who = visit(where="in", questions=(BOOTS, HURT), owed=(owed,), forgotten=forgot())
    asking, _ = play(greeting(who), on.TakeDefault(), on.Appended("p2"), on.Back())
    assert asking.asks == (HURT, owed, forgot())
    _, effects = play(asking, on.PutOff(), on.Answer("yes"))
    assert appended(effects) == AnswerDraft(who, owed, "p-in", "yes")


def test_nobody_is_asked_anything_after_a_punch_that_nobody_touched():
    saving, _ = play(greeting(visit(questions=(BOOTS,), forgotten=forgot())), on.Tick(), ms=10_000)
    assert play(saving, on.Appended("p1"))[0].asks == ()


def test_a_punch_can_be_taken_back_while_its_question_shows():
    asking, _ = play(greeting(visit(questions=(BOOTS,))), on.TakeDefault(), on.Appended("p1"), on.Back())
    _, effects = play(asking, on.Undo())
    assert appended(effects).done.punch_id == "p1"


def test_quantities_are_asked_of_the_work_that_ends():
    who = replace(visit(where="in"), standing=Standing("in", START, PIECES))
    detail, effects = play(greeting(who), on.TakeDefault())
    assert (detail.asked, effects) == (("quantity", "bad"), [])
    bad, _ = play(detail, *keys("12,5"), on.Enter())
    assert bad.asked == ("bad",)
    _, effects = play(bad, *keys("1."), on.Enter())
    draft = appended(effects)
    assert (draft.kind, draft.details) == ("out", Details(quantity="12.5", bad="1"))
    assert draft.read == who.read


def test_no_quantity_means_no_waste_and_none_of_it_stops_the_punch():
    who = replace(visit(where="in"), standing=Standing("in", START, PIECES))
    detail, _ = play(greeting(who), on.TakeDefault())
    for way in ((on.PutOff(),), (on.Enter(),)):
        assert appended(play(detail, *way)[1]).details == Details()
    halfway, _ = play(detail, *keys("7"))
    left = appended(play(halfway, on.Tick(), ms=30_000)[1])
    assert (left.kind, left.details) == ("out", Details())


def test_a_note_is_asked_of_the_work_that_begins():
    detail, _ = play(greeting(), on.PickJob(ORDERS))
    assert detail.asked == ("note",)
    _, effects = play(detail, *keys(" gate 7 "), on.Enter())
    assert (appended(effects).details.note, appended(effects).choice) == ("gate 7", ORDERS)


def test_a_job_that_is_not_in_the_list_is_recorded_in_words():
    free, _ = play(greeting(), on.NotInList())
    assert play(free, on.Enter())[1] == []
    _, effects = play(free, *keys("roof of hall 3"), on.Enter())
    assert (appended(effects).job_text, appended(effects).choice) == ("roof of hall 3", None)
    _, effects = play(greeting(), *keys("99"), on.NotInList())
    assert appended(effects).job_text == "99"


def test_folders_open_step_by_step_and_close_the_same_way():
    customer, job = Folder("customer", "c", "", "Cranes", 9), Folder("job", "j", "1042", "Hall B", 3)
    deep, _ = play(greeting(), on.PickTab("all"), on.OpenFolder(customer), on.OpenFolder(job))
    assert deep.look.within == (customer, job)
    assert play(deep, on.Back())[0].look.within == (customer,)
    assert isinstance(play(deep, on.Back(), on.Back(), on.Back())[0], at.Greeting)


def test_a_job_s_card_says_what_is_meant():
    for where, kind in (("out", "in"), ("in", "transfer"), ("break", "break_end")):
        draft = appended(play(greeting(visit(where=where)), on.JobCardRead(WELDING))[1])
        assert (draft.kind, draft.choice, draft.kind_from) == (kind, WELDING, "chosen")


def test_where_nobody_knows_for_sure_both_ways_stand_open():
    who = visit(where="in", unsure=True)
    assert (who.default.kind, who.others[0].kind) == ("out", "in")
    assert appended(play(greeting(who), on.TakeOther(0))[1]).kind_from == "chosen"


def test_the_keys_of_a_pad_take_the_ways_on():
    assert appended(play(greeting(visit(where="in")), on.Enter())[1]).kind == "out"
    assert appended(play(greeting(visit(where="in")), on.Key("1"))[1]).kind == "break_start"
    assert play(greeting(), *keys("10"))[0].look.query == "10"


def test_a_badge_that_needs_a_pin_asks_for_it_and_keeps_the_badge_s_instant():
    who = visit(needs_pin=True)
    asked, effects = play(at.Identifying(who.read, 2_000_000), on.Identified(who))
    assert (asked.claim.visit, effects) == (who, [])
    checking, effects = play(asked, *keys("314159"))
    assert effects == [do.CheckPin("ana", who.read, "314159", who)]
    known = replace(who, needs_pin=False, second_factor="pin")
    greeted, _ = play(checking, on.PinRight(known), ms=5000)
    assert appended(play(greeted, on.TakeDefault())[1]).read == who.read
    gone, effects = play(asked, on.Tick(), ms=20_000)
    assert (gone, effects) == (at.Idle(), [do.NoteSighting(who, "walked_away")])


def test_a_pin_that_rests_stops_no_badge():
    who = visit(needs_pin=True)
    checking, _ = play(at.Identifying(who.read, 2_000_000), on.Identified(who), *keys("000000"))
    greeted, _ = play(checking, on.PinWrong("ana", locked=True))
    assert (type(greeted), greeted.visit.second_factor) == (at.Greeting, None)
    assert isinstance(play(checking, on.PinUnchecked("ana"))[0], at.Greeting)


def test_a_look_at_the_own_page_is_no_punch():
    who = visit(messages=(HELMETS,))
    page, _ = play(greeting(who), on.OpenOwn())
    read, effects = play(page, on.PickPage("messages"))
    assert (read.page, effects) == ("messages", [do.NoteRead("ana", "m1")])
    assert play(read, on.Tick(), ms=45_000) == (at.Idle(), [do.NoteSighting(who, "own_page")])
    assert isinstance(play(read, on.Back())[0], at.Greeting)


def test_after_a_punch_the_own_page_adds_nothing():
    recorded = at.Recorded(None, Done("p", "in", START), 2_000_000)
    draft = appended(play(greeting(), on.TakeDefault())[1])
    page, _ = play(replace(recorded, draft=draft), on.OpenOwn())
    assert play(page, on.Tick(), ms=45_000) == (at.Idle(), [])


def test_a_missing_clock_out_can_be_claimed_from_the_own_page():
    who = visit(missing=(forgot(),))
    page, _ = play(greeting(who), on.OpenOwn())
    saving, effects = play(page, on.PickMissing(0), on.ShiftClaim(-60), on.ConfirmClaim())
    assert appended(effects).claimed_at == forgot().guess - timedelta(hours=1)
    back, _ = play(saving, on.Appended())
    assert (back.said, back.visit.missing) == ("sent", ())


def test_a_correction_is_asked_for_by_time_or_in_words():
    page, _ = play(greeting(), on.OpenOwn())
    _, effects = play(page, on.PickRequest("in"), on.ShiftClaim(-1440), on.ConfirmClaim())
    assert appended(effects) == RequestDraft(visit(), "in", START - timedelta(days=1), "")
    _, effects = play(page, on.PickRequest(None), *keys("wrong job"), on.Enter())
    assert appended(effects) == RequestDraft(visit(), None, None, "wrong job")
    asking, _ = play(page, on.PickRequest("in"))
    far, _ = play(asking, *[on.ShiftClaim(-1440)] * 30)
    assert far.claimed_at == START - timedelta(days=14)
    assert play(far, *[on.ShiftClaim(1440)] * 30)[0].claimed_at == START


def test_how_somebody_likes_the_wall_holds_at_once_and_is_written():
    page, _ = play(greeting(), on.OpenOwn())
    chosen = Preferences(language="de", large_text=True)
    page, effects = play(page, on.Prefer(chosen))
    assert (page.visit.person.language, page.visit.person.large_text) == ("de", True)
    assert effects == [do.NotePreferences(visit(), chosen)]


def test_practice_goes_all_the_way_and_leaves_only_the_visit_behind():
    page, _ = play(greeting(), on.OpenOwn())
    practising, effects = play(page, on.Practise())
    assert effects == [do.NoteSighting(visit(), "own_page")]
    saving, effects = play(practising, on.TakeDefault())
    assert [type(each) for each in effects] == [do.Rehearse]
    recorded, _ = play(saving, on.Appended("practice"))
    assert recorded.draft.visit.practice
    assert play(practising, on.NotMe()) == (at.Idle(), [])
    _, effects = play(practising, on.BadgeRead(badge("B")))
    assert effects == [do.LookUp(badge("B"))]


def test_the_job_screen_takes_what_was_typed_as_a_search():
    searching, _ = play(greeting(), on.OpenSearch(), *keys("104"))
    assert (searching.look.searching, searching.look.query, searching.way) == (
        True,
        "104",
        Way("in", choose=True),
    )


def test_whoever_only_looked_and_walks_off_is_not_clocked_out():
    who = visit(where="in")
    back, _ = play(greeting(who), on.OpenOwn(), on.Back())
    assert play(back, on.Tick(), ms=30_000) == (at.Idle(), [do.NoteSighting(who, "walked_away")])
    assert appended(play(back, on.TakeDefault())[1]).kind == "out"


def test_whoever_leaves_a_change_of_job_undecided_stays_on_theirs():
    who = visit(where="in")
    choosing, _ = play(greeting(who), on.TakeOther(1))
    assert play(choosing, on.Tick(), ms=30_000) == (at.Idle(), [do.NoteSighting(who, "walked_away")])


def test_a_missing_clock_out_that_was_claimed_is_not_asked_again():
    who = visit(forgotten=forgot(), missing=(forgot(),))
    page, _ = play(greeting(who), on.OpenOwn(), on.PickMissing(0), on.ConfirmClaim(), on.Appended())
    assert (page.visit.missing, page.visit.forgotten) == ((), None)
    asking, _ = play(greeting(who), on.TakeDefault(), on.Appended("p1"), on.Back())
    thanked, _ = play(asking, on.ConfirmClaim(), on.Appended())
    assert thanked.draft.visit.missing == ()


def test_messages_that_were_not_on_the_screen_stay_unread():
    many = tuple(replace(HELMETS, id=f"m{number}") for number in range(5))
    page, _ = play(greeting(visit(messages=many)), on.OpenOwn())
    _, effects = play(page, on.PickPage("messages"))
    assert [each.message_id for each in effects] == ["m0", "m1", "m2"]


def test_a_job_s_card_where_it_means_nothing_is_heard():
    page, _ = play(greeting(), on.OpenOwn())
    assert play(page, on.JobCardRead(WELDING)) == (page, [do.Sound("refused")])
