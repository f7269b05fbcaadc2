"""The flow by itself: what follows what, and what holds whatever people do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_kiosk.flow import deadline, step
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import (
    Choice,
    Claim,
    Done,
    Forgotten,
    Person,
    PunchDraft,
    Read,
    Stamp,
    Standing,
    UndoDraft,
    Visit,
    Way,
)

START = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)
WELDING = Choice("j1", "t1", "1042", "Welding", "Harbour Cranes · Hall B")


def stamp(milliseconds=0):
    return Stamp(START + timedelta(milliseconds=milliseconds), 1_000_000 + milliseconds)


def badge(credential, milliseconds=0):
    return Read(stamp(milliseconds), "rfid", credential)


def visit(name="ana", where="out", **more):
    read = more.pop("read", badge(name))
    last = more.pop("last", WELDING)
    standing = Standing(where, START - timedelta(hours=1), last)
    return Visit(Person(name, name.title(), name.title()), read, standing, where, last, tab="recent", **more)


def greeting(who=None, **more):
    return at.Greeting(who or visit(), stamp().boottime_ms + 10_000, **more)


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


def test_a_forgotten_clock_out_is_asked_bounded_by_what_is_possible():
    asked = Forgotten(START - timedelta(hours=20), START - timedelta(hours=12), START)
    who = visit(forgotten=asked)
    identifying = at.Identifying(who.read, 2_000_000)
    state, _ = step(identifying, on.Identified(who), stamp())
    assert state.claimed_at == asked.guess
    for _ in range(50):
        state, _ = step(state, on.ShiftClaim(60), stamp())
    assert state.claimed_at == asked.latest


def test_back_leaves_the_search_first_and_then_the_choice():
    searching, _ = step(greeting(), on.OpenSearch(), stamp())
    typed, _ = step(searching, on.Key("4"), stamp())
    erased, _ = step(typed, on.Erase(), stamp())
    assert (typed.query, erased.query) == ("4", "")
    tabs, _ = step(typed, on.Back(), stamp())
    assert (tabs.searching, tabs.query) == (False, "")
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


def test_whoever_has_not_left_since_is_at_work_and_not_asked_again():
    asked = Forgotten(START - timedelta(hours=20), START - timedelta(hours=12), START)
    who = replace(visit(where="in"), acts_as="out", forgotten=asked)
    state, _ = step(at.AskingForgotten(who, asked.guess, 2_000_000), on.StillAtWork(), stamp())
    assert (state.visit.default.kind, state.visit.forgotten) == ("out", None)


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


# --- Whatever people do -------------------------------------------------------------------------------

credentials = st.sampled_from(["A", "B", "C", "ana", "zed"])
taps = st.sampled_from(
    [
        on.OpenNumber(), on.OpenLanguages(), on.PickLanguage("de"), on.Key("1"), on.Key("a"), on.Erase(),
        on.Enter(), on.Back(), on.TakeDefault(), on.TakeOther(0), on.TakeOther(1), on.TakeOther(2),
        on.PickTab("all"), on.OpenSearch(), on.TurnPage(1), on.TurnPage(-3), on.PickJob(WELDING), on.NotMe(),
        on.Undo(), on.ShiftClaim(-15), on.ConfirmClaim(), on.PutOff(), on.StillAtWork(),
    ]
)  # fmt: skip
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("badge"), credentials),
        st.tuples(st.just("tap"), taps),
        st.tuples(st.just("wait"), st.integers(0, 40_000)),
    ),
    max_size=40,
)
answers = st.lists(st.integers(0, 999), min_size=1, max_size=60)


class Play:
    """A world of paper: answers what the flow asks, and keeps account of what became of everything."""

    def __init__(self, answers_):
        self.state, self.ms, self.answers = at.Idle(), 0, list(answers_)
        self.held, self.looked_up = [], []
        self.drafts, self.settled, self.left = [], 0, []
        self.identified = []

    def pick(self, *options):
        number = self.answers.pop(0) if self.answers else 0
        return options[number % len(options)]

    def receive(self, signal):
        before = self.state
        self.state, effects = step(before, signal, stamp(self.ms))
        if isinstance(self.state, at.Recorded) and not isinstance(before, at.Recorded):
            assert isinstance(signal, on.Appended)
        if isinstance(signal, on.BadgeRead):
            self._account(before, signal, effects)
        for effect in effects:
            self._run(effect)

    def _account(self, before, signal, effects):
        """Every badge is looked up, kept waiting, turned away with a sound, or already in hand."""
        looked = any(isinstance(each, do.LookUp) for each in effects)
        waiting = getattr(self.state, "waiting", None)
        sounded = any(isinstance(each, do.Sound) for each in effects)
        known = {getattr(getattr(before, "visit", None), "read", None), getattr(before, "waiting", None)}
        known |= {getattr(before, "read", None), getattr(getattr(before, "draft", None), "read", None)}
        draft_visit = getattr(getattr(before, "draft", None), "visit", None)
        known.add(getattr(draft_visit, "read", None))
        same = signal.read.credential in {each.credential for each in known if each is not None}
        assert looked or waiting == signal.read or sounded or same
        if waiting == signal.read:
            self.held.append(signal.read)

    def _run(self, effect):
        match effect:
            case do.LookUp(read):
                self.looked_up.append(read)
                self.receive(self._who(read))
            case do.LookUpAgain(who):
                self.receive(on.Identified(replace(who, forgotten=None)))
            case do.LookUpNumber():
                self.receive(self.pick(on.NumberFound(Claim("ana")), on.NumberRefused("unknown_number")))
            case do.CheckPin(person, read):
                who = visit("ana", read=read)
                right, wrong = on.PinRight(who), on.PinWrong(person, locked=self.pick(True, False))
                answer = self.pick(right, wrong, on.PinUnchecked(person))
                if answer is right:
                    self.identified.append(read)
                self.receive(answer)
            case do.Append(draft):
                self.drafts.append(draft)
                self.receive(self.pick(on.Appended(f"p{len(self.drafts)}"), on.AppendFailed()))
            case do.NoteSighting(who):
                self.left.append(who.read)
            case _:
                pass

    def _who(self, read):
        if read.credential == "zed":
            return on.UnknownBadge(read, again=self.pick(True, False))
        asked = Forgotten(START - timedelta(hours=20), START - timedelta(hours=12), START)
        who = visit(read.credential, self.pick("in", "out", "break"), read=read)
        who = self.pick(
            who, replace(who, forgotten=asked, acts_as="out"), replace(who, recent=Done("p", "in", START))
        )
        self.identified.append(read)
        return on.Identified(who)

    def rest(self):
        """Nobody touches anything any more."""
        for _ in range(30):
            due = deadline(self.state)
            if due is None:
                return
            self.ms = max(self.ms, due - 1_000_000)
            self.receive(on.Tick())


@given(deeds, answers)
@settings(max_examples=400)
def test_time_alone_leads_back_to_the_clock(done, given_):
    play = Play(given_)
    for deed, what in done:
        _do(play, deed, what)
    play.rest()
    assert play.state == at.Idle()


@given(deeds, answers)
@settings(max_examples=400)
def test_every_badge_that_was_kept_waiting_has_its_turn(done, given_):
    play = Play(given_)
    for deed, what in done:
        _do(play, deed, what)
    play.rest()
    assert [read for read in play.held if read not in play.looked_up] == []


@given(deeds, answers)
@settings(max_examples=400)
def test_whoever_was_identified_leaves_exactly_one_fact_per_visit(done, given_):
    """A punch, an undo or a sighting; a proposal only with a punch or a sighting after it."""
    play = Play(given_)
    for deed, what in done:
        _do(play, deed, what)
    play.rest()
    facts = [_read_of(draft) for draft in play.drafts if isinstance(draft, PunchDraft) and draft.visit]
    facts += play.left
    undone = [_read_of(draft) for draft in play.drafts if isinstance(draft, UndoDraft)]
    failed_claims = [
        _read_of(draft) for draft in play.drafts if not isinstance(draft, PunchDraft | UndoDraft)
    ]
    for read in play.identified:
        assert facts.count(read) <= 1
        assert read in facts or read in undone or read in failed_claims


@given(deeds, answers)
@settings(max_examples=200)
def test_every_punch_is_stamped_with_its_own_reading(done, given_):
    play = Play(given_)
    for deed, what in done:
        _do(play, deed, what)
    play.rest()
    for draft in play.drafts:
        if isinstance(draft, PunchDraft) and draft.visit is not None:
            assert draft.read == draft.visit.read


def _do(play, deed, what):
    play.ms += 50
    match deed:
        case "badge":
            play.receive(on.BadgeRead(badge(what, play.ms)))
        case "tap":
            play.receive(what)
        case "wait":
            play.ms += what
            play.receive(on.Tick())


def _read_of(draft):
    return draft.read if isinstance(draft, PunchDraft) else draft.visit.read


def test_ways_that_need_a_job_ask_for_it():
    choosing, effects = step(greeting(visit(where="in")), on.TakeOther(1), stamp())
    assert (choosing.way, effects) == (Way("transfer", choose=True), [])
