"""What somebody finds at the wall: what is missing, what is asked, what they like, and how sure the wall is."""

from datetime import timedelta

import pytest

from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory
from clockhouse_sync import wire
from kiosk.house import ANA, BADGE, BERND, DEVICE, SITE, loaded, row, rows, state
from kiosk.test_kiosk_identify import MONDAY, directory, line, punch, read

FRIDAY = MONDAY - timedelta(days=3)


def ana(*extra, own=(), credential=None, at=MONDAY, others_through=None):
    of = directory(*extra, own=own)
    found = read(credential, at)
    return of.badge(found, others_through) if credential else of.visit(ANA, found, others_through)


def question(question_id, on_kind, position=0):
    return row(
        "question", question_id, site_id=SITE, on_kind=on_kind, text={"en": question_id}, position=position
    )


def answered(punch_id, question_id):
    return line(wire.AnswerLine, MONDAY, punch_id=punch_id, employee_id=ANA, question_id=question_id)


def test_a_shift_that_another_followed_still_lacks_its_end():
    own = [punch("in", FRIDAY, punch_id="p1"), punch("in", MONDAY - timedelta(minutes=1), punch_id="p2")]
    (missing,) = ana(own=own, at=MONDAY + timedelta(hours=1)).missing
    assert (missing.punch_id, missing.since, missing.latest) == ("p1", FRIDAY, MONDAY - timedelta(minutes=1))


def test_two_shifts_on_one_day_lack_nothing():
    own = [punch("in", MONDAY - timedelta(hours=6)), punch("in", MONDAY)]
    assert ana(own=own, at=MONDAY + timedelta(hours=1)).missing == ()


def test_what_the_books_miss_is_offered_until_somebody_said():
    told = row("hours", ANA, week_seconds=0, last_week_seconds=0, as_of="2026-03-02T06:00:00.000Z",
               missing=[{"punch_id": "p9", "since": wire.format_instant(FRIDAY)}])  # fmt: skip
    assert [each.punch_id for each in ana(told).missing] == ["p9"]
    said = line(wire.ProposalLine, MONDAY, proposal_id="q", employee_id=ANA, kind="out", punch_id="p9",
                claimed_at=wire.format_instant(FRIDAY + timedelta(hours=8)))  # fmt: skip
    assert ana(told, own=[said]).missing == ()
    elsewhere = row("proposal", "q2", employee_id=ANA, kind="out", punch_id="p9",
                    claimed_at=wire.format_instant(FRIDAY), made_at=wire.format_instant(FRIDAY))  # fmt: skip
    assert ana(told, elsewhere).missing == ()


def test_a_planned_shift_says_when_it_was_over_before_habit_does():
    shifts = [{"from": wire.format_instant(FRIDAY), "to": wire.format_instant(FRIDAY + timedelta(hours=6))}]
    own = [punch("out", FRIDAY - timedelta(days=1, hours=-9))]
    visit = ana(state(ANA, "in", FRIDAY), row("schedule", ANA, shifts=shifts), own=own)
    assert visit.forgotten.guess == FRIDAY.replace(hour=13, minute=45)


def test_questions_come_in_their_order_and_what_was_put_off_is_owed():
    asked = (question("boots", "in", 2), question("sober", "in", 1), question("hurt", "out"))
    visit = ana(*asked)
    assert [each.id for each in visit.asks_after("in")] == ["sober", "boots"]
    own = [punch("in", MONDAY - timedelta(hours=2), punch_id="p1"), answered("p1", "boots")]
    visit = ana(*asked, own=own)
    assert [(each.id, each.punch_id) for each in visit.asks_after("out")] == [("hurt", None), ("sober", "p1")]


def test_another_site_s_questions_are_not_asked_here():
    elsewhere = row("question", "q", site_id="site-south", on_kind="in", text={"en": "?"})
    assert ana(elsewhere).questions == ()


def test_a_silent_kiosk_elsewhere_makes_this_one_unsure():
    at_work = state(ANA, "in", MONDAY - timedelta(hours=2))
    assert not ana(at_work).unsure
    assert not ana(at_work, others_through=MONDAY - timedelta(minutes=10)).unsure
    visit = ana(at_work, others_through=MONDAY - timedelta(minutes=20))
    assert (visit.unsure, visit.others[0].kind) == (True, "in")


def test_after_a_punch_of_a_moment_ago_nobody_is_unsure():
    own = [punch("in", MONDAY - timedelta(seconds=20))]
    assert not ana(own=own, others_through=MONDAY - timedelta(hours=1)).unsure


@pytest.mark.parametrize(
    ("person", "credential", "needed"),
    [({}, BADGE[ANA], True), ({}, None, False), ({"pin_with": []}, BADGE[ANA], False)],
)
def test_a_badge_needs_a_pin_where_the_site_or_the_person_says_so(person, credential, needed):
    policy = row("policy", SITE, pin_with=["rfid"])
    row_ = row("person", ANA, number="1001", name="Ana Ortiz", short_name="Ana", **person)
    assert ana(policy, row_, credential=credential).needs_pin is needed


def test_a_pin_that_rests_or_does_not_exist_stops_no_badge():
    policy = row("policy", SITE, pin_with=["rfid"])
    wrong = [line(wire.AccessLine, MONDAY, what="wrong_pin", employee_id=ANA)] * 5
    assert not ana(policy, own=wrong, credential=BADGE[ANA]).needs_pin
    unknown = row("credential", "c9", person_id="p-new", kind="badge", value="AA00000001")
    new = row("person", "p-new", number="77", name="New", short_name="New")
    assert not ana(policy, unknown, new, credential="AA00000001").needs_pin


def test_what_was_chosen_at_the_wall_holds_until_the_office_says_otherwise():
    chosen = wire.Preferences(language="de", large_text=True)
    own = [
        line(
            wire.RequestLine, MONDAY, request_id="r", employee_id=ANA, what="preferences", preferences=chosen
        )
    ]
    own.append(
        line(wire.RequestLine, MONDAY, request_id="r2", employee_id=ANA, what="preferences",
             preferences=wire.Preferences(left_hand=True))
    )  # fmt: skip
    person = ana(own=own).person
    assert (person.language, person.large_text, person.left_hand) == ("de", True, True)
    later = row("person", ANA, number="1001", name="Ana Ortiz", short_name="Ana", language="es",
                preferences_at=wire.format_instant(MONDAY + timedelta(hours=1)))  # fmt: skip
    assert (ana(later, own=own).person.language, ana(later, own=own).person.large_text) == ("es", False)


def test_favourites_have_a_tab_of_their_own():
    fond = row(
        "person", ANA, number="1001", name="Ana", short_name="Ana", favourite_job_ids=["j-0012", "gone"]
    )
    of = directory(fond)
    assert of.visit(ANA, read()).favourites
    assert [each.code for each in of.choices("favourites", "", ANA, MONDAY)] == ["0012"]
    assert not of.visit(BERND, read()).favourites


def test_messages_are_shown_until_they_were_read():
    sent = (row("message", "m1", text="Helmets", sender="Ada"),
            row("message", "m2", text="To Bernd", sender="Ada", person_id=BERND))  # fmt: skip
    assert [each.text for each in ana(*sent).messages] == ["Helmets"]
    seen = line(wire.MessageReadLine, MONDAY, message_id="m1", employee_id=ANA)
    assert ana(*sent, own=[seen]).messages == ()


def test_many_jobs_are_filed_by_customer_and_by_job():
    more = [row("customer", "c2", name="Alpha Works")]
    more += [row("job", f"x{n}", code=f"20{n:02d}", name=f"Order {n}", customer_id="c2") for n in range(9)]
    of = directory(*more)
    customers = of.choices("all", "", ANA, MONDAY)
    assert [(each.name, each.count) for each in customers] == [("Alpha Works", 9), ("Harbour Cranes", 6)]
    jobs = of.choices("all", "", ANA, MONDAY, [customers[1]])
    assert [each.code for each in jobs] == ["0012", "0031", "0040", "0977", "1042", "1108"]
    tasks = of.choices("all", "", ANA, MONDAY, [customers[1], jobs[4]])
    assert [each.name for each in tasks] == ["Welding", "Fitting", "Crane 7, night"]


def test_an_empty_list_offers_the_general_job():
    general = row("site", SITE, name="North Yard", zone="UTC", general_job_id="j-0031")
    of = directory(general, today="2026-01-01")
    assert [each.code for each in of.choices("today", "", ANA, MONDAY)] == ["0031"]


def test_one_s_own_badge_that_waited_does_not_count_after_the_punch():
    own = [punch("in", MONDAY + timedelta(seconds=2))]
    assert ana(own=own).recent.kind == "in"


def test_what_was_written_after_a_punch_counts_whatever_the_clock_said():
    ahead = MONDAY + timedelta(hours=1)
    own = [punch("in", ahead, punch_id="p1"), punch("out", MONDAY + timedelta(minutes=30))]
    assert (
        ana(state(ANA, "in", ahead, punch_id="p1"), own=own, at=MONDAY + timedelta(hours=2)).acts_as == "out"
    )


def test_a_planned_night_is_not_forgotten_before_it_is_over():
    came, until = MONDAY - timedelta(hours=14), MONDAY
    shifts = row(
        "schedule", ANA, shifts=[{"from": wire.format_instant(came), "to": wire.format_instant(until)}]
    )
    assert ana(state(ANA, "in", came), shifts, at=MONDAY + timedelta(minutes=20)).default.kind == "out"
    assert ana(state(ANA, "in", came), at=MONDAY + timedelta(minutes=20)).default.kind == "in"


def test_a_right_pin_after_a_badge_forgives_the_wrong_ones():
    wrong = [line(wire.AccessLine, MONDAY, what="wrong_pin", employee_id=ANA)] * 4
    right = line(wire.PunchLine, MONDAY, punch_id="p", kind="in", kind_from="chosen", method="rfid",
                 second_factor="pin", employee_id=ANA)  # fmt: skip
    assert directory(own=wrong).history.wrong_tries_here(MONDAY) == 4
    assert directory(own=[*wrong, right]).history.wrong_tries_here(MONDAY) == 0


def roster(history, *extra, heard=0):
    """A roster that covers so many of the lines in `history`."""
    of = Directory(loaded(rows(extra=extra)).rows, history, DEVICE, heard={"e": heard})
    of.hear()
    return of


def test_a_badge_given_here_is_the_office_s_once_it_knows_it():
    """Given at the wall it works at once; withdrawn in the office it does not work here any more."""
    value = "AA00000042"
    given = line(wire.EnrolmentLine, MONDAY, what="badge", action="given", employee_id=ANA, credential_ref="c-42",
                 beside=wire.Evidence(credential="hash"))  # fmt: skip

    def written():
        history = History()
        history.add(given, {"hash": value.encode()})
        return history

    history = written()
    assert roster(history).badge(read(value)).person.id == ANA
    known = row("credential", "c-42", person_id=ANA, kind="badge", value=value)
    assert roster(history, known, heard=1).badge(read(value)).credential_ref == "c-42"
    assert roster(history, heard=1).badge(read(value)) is None
    assert roster(written(), heard=1).badge(read(value)) is None, "after a restart, too"


def claimed():
    return line(wire.ProposalLine, MONDAY, proposal_id="q1", employee_id=ANA, kind="out", punch_id="old",
                claimed_at=wire.format_instant(FRIDAY + timedelta(hours=8)))  # fmt: skip


def test_a_claim_that_was_settled_elsewhere_waits_no_more():
    told = row("proposal", "q1", employee_id=ANA, kind="out", punch_id="old",
               claimed_at=wire.format_instant(FRIDAY), made_at=wire.format_instant(MONDAY))  # fmt: skip
    history = History([claimed()])
    boss = roster(history).visit(BERND, read())
    for heard, extra, waiting in ((0, (), ["q1"]), (1, (told,), ["q1"]), (1, (), [])):
        of = roster(history, *extra, heard=heard)
        assert [each.id for each in of.crowd.proposals(boss, MONDAY)] == waiting
    assert roster(History([claimed()]), heard=1).crowd.proposals(boss, MONDAY) == [], "after a restart, too"


def test_once_a_claim_is_settled_the_office_s_word_holds():
    still = state(ANA, "in", FRIDAY)
    assert roster(History([claimed()]), still).visit(ANA, read()).standing.where == "out"
    refused = roster(History([claimed()]), still, heard=1).visit(ANA, read())
    assert (refused.standing.where, refused.forgotten.punch_id) == ("in", "old")
    accepted = state(ANA, "out", FRIDAY + timedelta(hours=8), punch_id="fix")
    assert roster(History([claimed()]), accepted, heard=1).visit(ANA, read()).missing == ()


def test_of_what_the_books_had_they_say_themselves_what_is_missing():
    own = [punch("in", FRIDAY, punch_id="p1"), punch("in", MONDAY - timedelta(minutes=9), punch_id="p2")]
    hours = row("hours", ANA, week_seconds=0, last_week_seconds=0, as_of=wire.format_instant(MONDAY))
    assert [each.punch_id for each in roster(History(own), hours).visit(ANA, read()).missing] == ["p1"]
    assert roster(History(own), hours, heard=1).visit(ANA, read()).missing == ()
