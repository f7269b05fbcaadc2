"""A supervisor's mode by itself: how it is entered and left, and what each page decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import lead, step
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.drafts import (
    BadgeDraft,
    ConfirmDraft,
    EnrolDraft,
    PunchDraft,
    SiteJobsDraft,
    UnlockDraft,
)
from clockhouse_kiosk.flow.leading import IDLE, closing
from clockhouse_kiosk.flow.words import Claim, Folder, Look, Proposal, Way
from kiosk.paper import START, WELDING, badge, greeting, member, stamp, visit

PAINTING = replace(WELDING, job_id="j2", task_id=None, code="0977", name="Painting")
HALL, DOORS = Folder("job", "j1", "1042", "Hall B", 3), Folder("job", "j2", "0977", "Doors", 1)
ANN, BOB, CEM = member("ann"), member("bob"), member("cem")
CLAIM = Proposal("c1", BOB, "out", START - timedelta(hours=1), START, "p1", START - timedelta(hours=9))


def boss(**more):
    who = visit("boss", **more)
    return replace(who, person=replace(who.person, modes=("supervisor",)))


def mode(page=None, **more):
    until = stamp(IDLE).boottime_ms
    return lead.Leading(boss(), stamp(600_000).boottime_ms, until, page or lead.Home(), **more)


def play(state, *signals, ms=0):
    """One signal after the other; what came out of the last."""
    effects = []
    for signal in signals:
        state, effects = step(state, signal, stamp(ms))
    return state, effects


def drafts_of(state, effects):
    """The disk takes everything: every draft in turn, and where that ends."""
    drafts = []
    while isinstance(state, at.Saving):
        (effect,) = effects
        drafts.append(effect.draft)
        state, effects = play(state, on.Appended(f"id-{len(drafts)}"))
    return drafts, state


def entered():
    who = boss()
    claim = Claim("boss", visit=who, opens="supervisor")
    return play(at.CheckingPin(claim, who.read, stamp(9_000).boottime_ms), on.PinRight(who))


def test_badge_and_pin_open_the_mode_for_the_site_s_time_and_say_so_in_a_line():
    state, effects = entered()
    assert effects == [
        do.NoteSighting(state.visit, "own_page"),
        do.NoteMode("boss", "supervisor", "mode_entered", "rfid"),
    ]
    assert (state.page, state.ends) == (lead.Home(), stamp(600_000).boottime_ms)


def test_a_number_opens_no_mode_for_somebody_who_has_a_badge():
    page, _ = play(greeting(boss(opens_modes=False)), on.OpenOwn())
    state, effects = play(page, on.OpenMode("supervisor"))
    assert (state.said, effects) == ("badge_first", [])


def test_the_mode_ends_untouched_and_at_its_own_end_however_often_it_is_touched():
    state, _ = entered()
    assert state.until == stamp(IDLE).boottime_ms
    late, _ = play(state, on.OpenLead(lead.Inside()), ms=590_000)
    assert late.until == state.ends
    gone, effects = play(late, on.Tick(), ms=600_000)
    assert gone == at.Idle()
    assert effects == [do.NoteMode("boss", "supervisor", "mode_left", "rfid")]


def test_done_leaves_the_mode():
    state, effects = play(mode(), on.Back())
    assert (state, [each.what for each in effects]) == (at.Idle(), ["mode_left"])


def test_the_next_badge_waits_and_has_its_turn_after_ten_seconds_without_a_touch():
    held, effects = play(mode(lead.Inside()), on.BadgeRead(badge("B")))
    assert (held.waiting, effects) == (badge("B"), [do.Sound("wait")])
    assert play(held, on.BadgeRead(badge("C")))[1] == [do.Sound("again")]
    served, effects = play(held, on.Tick(), ms=10_000)
    assert served.read == badge("B")
    assert effects == [do.NoteMode("boss", "supervisor", "mode_left", "rfid"), do.LookUp(badge("B"))]


def test_a_crew_on_two_jobs_is_one_punch_each_in_one_group():
    crew = mode(lead.Crew(choosing=Look("today")))
    picked, effects = play(
        crew, on.PickJob(WELDING), on.PickMember(ANN), on.PickMember(BOB),
        on.ChooseJob(), on.PickJob(PAINTING), on.PickMember(CEM),
    )  # fmt: skip
    assert effects == []
    saving, effects = play(picked, on.ConfirmClaim(), ms=5)
    drafts, state = drafts_of(saving, effects)
    assert [(each.visit.person.id, each.choice) for each in drafts] == [
        ("ann", WELDING), ("bob", WELDING), ("cem", PAINTING),
    ]  # fmt: skip
    assert [each.group_id for each in drafts] == [None, "id-1", "id-1"]
    assert {(each.read, each.kind, each.kind_from) for each in drafts} == {
        (replace(badge(None, 5), method="supervisor"), "in", "chosen")
    }
    assert {each.visit.actor_id for each in drafts} == {"boss"}
    assert (state.page, state.said.code, state.said.count) == (lead.Home(), "crew", 3)


def test_one_crew_may_come_go_and_change_at_once():
    crew = lead.Crew("out")
    inside = member("dee", "in")
    picked, _ = play(
        mode(crew), on.PickMember(inside), on.PickTab("in"), on.PickJob(WELDING), on.PickMember(ANN)
    )
    drafts, _ = drafts_of(*play(picked, on.ConfirmClaim()))
    assert [(each.visit.person.id, each.kind, each.choice) for each in drafts] == [
        ("dee", "out", None), ("ann", "in", WELDING),
    ]  # fmt: skip


def test_a_second_tap_takes_somebody_out_of_the_crew_or_gives_them_the_job_that_is_set_now():
    crew = mode(lead.Crew("in", WELDING))
    twice, _ = play(crew, on.PickMember(ANN), on.PickMember(ANN))
    assert twice.page.picks == ()
    other, _ = play(crew, on.PickMember(ANN), on.ChooseJob(), on.PickJob(PAINTING), on.PickMember(ANN))
    assert other.page.picks == (lead.Pick(ANN, "in", PAINTING),)


def test_nothing_is_called_recorded_before_all_of_it_is_and_whoever_failed_is_named():
    crew = lead.Crew("out", None, tuple(lead.Pick(each, "out") for each in (ANN, BOB, CEM)))
    saving, _ = play(mode(crew), on.ConfirmClaim())
    second, effects = play(saving, on.Appended("p1"))
    assert isinstance(second, at.Saving)
    third, _ = play(second, on.AppendFailed())
    assert isinstance(third, at.Saving)
    done, effects = play(third, on.Appended("p3"))
    assert (done.said.names, done.said.failed) == (("Ann", "Cem"), ("Bob",))
    assert effects == [do.Sound("refused")]


def test_a_disk_that_is_silent_is_given_nothing_more():
    crew = lead.Crew("out", None, tuple(lead.Pick(each, "out") for each in (ANN, BOB, CEM)))
    saving, _ = play(mode(crew), on.ConfirmClaim(), on.Appended("p1"))
    done, effects = play(saving, on.Tick(), ms=15_000)
    assert (done.said.names, done.said.failed) == (("Ann",), ("Bob", "Cem"))
    assert effects == [do.Sound("refused")]


def test_the_day_s_jobs_are_picked_and_put_in_order():
    page = mode(lead.Offer((HALL,), Look("all")))
    picked, _ = play(page, on.PickOffer(DOORS), on.PickTab("chosen"), on.PickOffer(DOORS, first=True))
    assert picked.page.chosen == (DOORS, HALL)
    drafts, _ = drafts_of(*play(picked, on.PickTab("all"), on.PickOffer(HALL), on.ConfirmClaim()))
    assert drafts == [SiteJobsDraft(boss(), (DOORS,))]


def test_a_tick_at_the_muster_point_is_a_line_at_once():
    state, effects = play(mode(lead.Muster()), on.PickMember(ANN))
    assert effects == [do.NoteHere("ann", "boss")]
    assert state.page.kept == {"ann"}
    assert play(state, on.PickMember(replace(ANN, here_at=START)))[1][0].signal == "PickMember"
    assert play(state, on.TurnPage(1))[0].page.kept == frozenset()


@pytest.mark.parametrize(
    ("word", "accepted", "at_"), [(on.ConfirmClaim(), True, 15), (on.Answer("no"), False, 15)]
)
def test_a_claim_is_settled_at_the_supervisor_s_time(word, accepted, at_):
    deciding, _ = play(mode(lead.Proposals()), on.PickProposal(CLAIM), on.ShiftClaim(15))
    drafts, state = drafts_of(*play(deciding, word))
    assert drafts == [ConfirmDraft(boss(), CLAIM, accepted, CLAIM.claimed_at + timedelta(minutes=at_))]
    assert (state.page, state.said.names) == (lead.Proposals(), ("Bob",))


def test_a_claim_cannot_be_moved_before_it_began_nor_into_the_future():
    deciding, _ = play(mode(lead.Proposals()), on.PickProposal(CLAIM))
    assert play(deciding, *[on.ShiftClaim(-60)] * 20)[0].page.claimed_at == CLAIM.since
    assert play(deciding, *[on.ShiftClaim(60)] * 20)[0].page.claimed_at == START


def test_a_temporary_worker_is_two_lines_the_second_names_the_first():
    named, _ = play(mode(lead.Newcomer()), *[on.Key(char) for char in "max o-neil"], on.Enter())
    asked, _ = play(named, *[on.Key(char) for char in "handy"], on.Enter())
    held, effects = play(asked, on.BadgeRead(badge("new")))
    assert effects == [do.LookUp(badge("new"))]
    taken, effects = play(held, on.Identified(visit("ana")))
    assert (taken.said.code, effects) == ("badge_taken", [])
    drafts, state = drafts_of(*play(held, on.UnknownBadge(badge("new"))))
    assert drafts == [
        EnrolDraft(boss(), "Max O-Neil", "Handy"),
        BadgeDraft(boss(), "Max O-Neil", "new", "id-1"),
    ]
    assert state.said.names[0] == "Max O-Neil"


def test_a_temporary_worker_needs_no_badge_and_no_agency():
    asked, _ = play(mode(lead.Newcomer()), on.Key("m"), on.Enter(), on.PutOff())
    drafts, _ = drafts_of(*play(asked, on.PutOff()))
    assert drafts == [EnrolDraft(boss(), "M", "")]


def test_a_badge_is_not_given_to_somebody_who_is_not_on_the_disk():
    held, _ = play(mode(lead.Newcomer("badge", "Max")), on.BadgeRead(badge("new")))
    saving, _ = play(held, on.UnknownBadge(badge("new")))
    state, _ = play(saving, on.AppendFailed())
    assert (state.said.names, state.said.failed) == ((), ("Max",))


def test_a_pin_that_rests_works_again():
    drafts, _ = drafts_of(*play(mode(lead.Resting()), on.PickMember(ANN)))
    assert drafts == [UnlockDraft(boss(), ANN)]


def let_in(**more):
    asked, (look_up,) = play(mode(lead.Finding()), on.PickMember(ANN))
    found = visit("ann", read=look_up.read, actor_id="boss", **more)
    return play(asked, on.Identified(found))[0]


def test_somebody_without_their_badge_is_greeted_and_the_mode_goes_on_afterwards():
    greeted = let_in()
    assert at.shown(greeted).visit.read.method == "supervisor"
    saving, (append,) = play(greeted, on.PickJob(WELDING))
    assert (append.draft.kind, append.draft.visit.actor_id) == ("in", "boss")
    recorded, _ = play(saving, on.Appended("p1"))
    assert isinstance(at.shown(recorded), at.Recorded)
    back, effects = play(recorded, on.Tick(), ms=6_000)
    assert (back.page, effects) == (lead.Finding(), [])


def test_whoever_is_let_in_and_touches_nothing_is_not_recorded():
    for state in (let_in(), play(let_in(where="in"), on.TakeOther(1))[0]):
        back, effects = play(state, on.Tick(), ms=30_000)
        assert isinstance(back, lead.Leading)
        assert [type(each) for each in effects] == [do.NoteSighting]


def test_a_badge_that_waits_behind_somebody_who_is_let_in_waits_for_the_mode_then():
    held, effects = play(let_in(), on.BadgeRead(badge("B")))
    assert (held.waiting, effects) == (badge("B"), [do.Sound("wait")])
    saving, _ = play(held, on.TakeDefault())
    back, effects = play(play(saving, on.Appended("p1"))[0], on.Tick(), ms=1_500)
    assert (type(back), back.waiting, effects) == (lead.Leading, badge("B"), [])


def test_a_badge_held_to_the_page_of_the_forgotten_ones_greets_its_holder():
    asked, effects = play(mode(lead.Finding()), on.BadgeRead(badge("ann")))
    assert effects == [do.LookUp(badge("ann"))]
    who = visit("ann", read=badge("ann"))
    who = replace(who, person=replace(who.person, modes=("administrator",)))
    greeted, _ = play(asked, on.Identified(who))
    assert at.shown(greeted).visit.person.modes == ()
    back, effects = play(greeted, on.Tick(), ms=10_000)
    assert isinstance(effects[0].draft, PunchDraft)
    assert (back.mode.visit, effects[0].draft.kind) == (boss(), Way("in").kind)


def test_a_kiosk_that_is_stopped_writes_what_was_decided_and_that_the_mode_is_over():
    crew = lead.Crew("out", None, tuple(lead.Pick(each, "out") for each in (ANN, BOB)))
    saving, _ = play(mode(crew), on.ConfirmClaim())
    written = [type(each) for each in closing(saving)]
    assert written == [do.Append, do.NoteMode]
    assert [each.what for each in closing(mode())] == ["mode_left"]
    assert [each.what for each in closing(let_in())] == ["mode_left"]
    assert closing(at.Idle()) == []
