"""Whatever people do, from wherever the wall stands: what must hold all the same."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_kiosk.flow import deadline, lead, step
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import SECTIONS, Administering
from clockhouse_kiosk.flow.drafts import PunchDraft, SiteJobsDraft, UndoDraft
from clockhouse_kiosk.flow.words import Claim, Done, Folder, Look, Proposal, Way
from clockhouse_sync.wire import Preferences
from kiosk.paper import BOOTS, HELMETS, HURT, KM, START, WELDING, badge, forgot, member, stamp, visit

GRINDING = replace(WELDING, job_id="j2", task_id=None, name="Grinding", asks=("quantity", "note"))
quickly = settings(max_examples=300, deadline=None, database=None)

credentials = st.sampled_from(["A", "B", "C", "ana", "zed"])
taps = st.sampled_from(
    [
        on.OpenNumber(), on.OpenLanguages(), on.PickLanguage("de"), on.Key("1"), on.Key("a"), on.Key("."),
        on.Erase(), on.Enter(), on.Back(), on.TakeDefault(), on.TakeOther(0), on.TakeOther(1), on.TakeOther(2),
        on.PickTab("all"), on.OpenSearch(), on.TurnPage(1), on.TurnPage(-3), on.PickJob(WELDING), on.PickJob(GRINDING),
        on.NotMe(), on.Undo(), on.ShiftClaim(-15), on.ConfirmClaim(), on.PutOff(), on.NotInList(),
        on.OpenFolder(Folder("customer", "c", "", "Cranes", 3)), on.JobCardRead(GRINDING), on.CodeRefused("foreign_code"), on.Answer("yes"),
        on.OpenOwn(), on.PickPage("messages"), on.PickPage("settings"), on.PickMissing(0), on.PickRequest("in"),
        on.PickRequest(None), on.Prefer(Preferences(large_text=True)), on.Practise(), on.OpenMode("supervisor"), on.OpenMode("administrator"), on.OpenSection("network"), on.OpenSection("screen"),
        on.Adjust("volume", 50), on.TestPicture(), on.Perform("export"), on.Perform("restart"), on.Perform("sign_out"),
        on.StillUndelivered(),
    ]
)  # fmt: skip
HALL = Folder("job", "j1", "1042", "Hall B", 3)
CLAIM = Proposal("c1", member("bob", "in"), "out", START, START)
PAGES = (
    lead.Home(), lead.Offer((HALL,)), lead.Crew(choosing=Look("today")),
    lead.Crew("out", WELDING, (lead.Pick(member("bob", "in"), "out"),)), lead.Inside(), lead.Muster(),
    lead.Proposals(), lead.Proposals(chosen=CLAIM, claimed_at=START), lead.Newcomer(),
    lead.Newcomer("agency", "Max"), lead.Newcomer("badge", "Max"), lead.Finding(), lead.Resting(),
)  # fmt: skip
led = st.sampled_from(
    [
        *[on.OpenLead(page) for page in PAGES], on.ChooseJob(), on.PickOffer(HALL), on.PickOffer(HALL, first=True),
        *[on.PickMember(member(name, "in")) for name in ("bob", "cem", "dee")], on.PickProposal(CLAIM),
        on.PickTab("in"), on.PickTab("out"), on.PickJob(WELDING), on.ConfirmClaim(), on.Answer("no"), on.Back(),
        on.ShiftClaim(15), on.Key("m"), on.Enter(), on.PutOff(), on.TakeDefault(), on.TakeOther(0), on.TurnPage(1),
    ]
)  # fmt: skip
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("badge"), credentials),
        st.tuples(st.just("tap"), taps),
        st.tuples(st.just("tap"), led),
        st.tuples(st.just("wait"), st.integers(0, 40_000)),
    ),
    max_size=40,
)
answers = st.lists(st.integers(0, 999), min_size=1, max_size=60)


def people(name, read, pick):
    """Somebody in any of the situations in which people come to a wall."""
    who = visit(name, pick("in", "out", "break"), read=read, questions=(HURT, BOOTS, KM), messages=(HELMETS,))
    who = replace(who, standing=replace(who.standing, choice=pick(WELDING, GRINDING)))
    return pick(
        who,
        replace(who, forgotten=forgot(), missing=(forgot(),), acts_as="out"),
        replace(who, recent=Done("p", "in", START)),
        replace(who, needs_pin=True),
        replace(who, unsure=True, owed=(replace(BOOTS, punch_id="p0"),)),
        replace(
            who, person=replace(who.person, modes=("supervisor", "administrator")), mode_minutes=pick(10, 0)
        ),
        replace(who, person=replace(who.person, modes=("supervisor",)), opens_modes=False),
    )


class Play:
    """A world of paper: answers what the flow asks, and keeps account of what became of everything."""

    def __init__(self, answers_):
        self.state, self.ms, self.answers = at.Idle(), 0, list(answers_)
        self.held, self.looked_up = [], []
        self.drafts, self.left, self.identified = [], [], []
        self.modes = []

    def pick(self, *options):
        number = self.answers.pop(0) if self.answers else 0
        return options[number % len(options)]

    def receive(self, signal):
        before = self.state
        self.state, effects = step(before, signal, stamp(self.ms))
        now, was = at.shown(self.state), at.shown(before)
        if isinstance(now, at.Recorded | at.Asking) and not isinstance(was, at.Recorded | at.Asking):
            assert isinstance(signal, on.Appended)
        if isinstance(signal, on.BadgeRead):
            self._account(before, signal, effects)
        kept, keeps = getattr(before, "waiting", None), getattr(self.state, "waiting", None)
        if kept is not None and kept != keeps:
            assert kept in [each.read for each in effects if isinstance(each, do.LookUp)], (
                "a badge was dropped"
            )
        for effect in effects:
            self._run(effect)

    def _account(self, before, signal, effects):
        """Every badge is looked up, kept waiting, turned away with a sound, or already in hand."""
        looked = any(isinstance(each, do.LookUp) for each in effects)
        waiting = getattr(self.state, "waiting", None)
        sounded = any(isinstance(each, do.Sound) for each in effects)
        before = at.shown(before)
        draft = getattr(before, "draft", None)
        claim = getattr(before, "claim", None)
        visits = [getattr(each, "visit", None) for each in (before, draft, claim)]
        mode = getattr(getattr(before, "then", None), "mode", None)
        visits.append(getattr(mode, "visit", None))
        known = [getattr(each, "read", None) for each in (*visits, before, draft)]
        known.append(getattr(before, "waiting", None))
        same = signal.read.credential in {each.credential for each in known if each is not None}
        assert looked or waiting == signal.read or sounded or same
        if waiting == signal.read:
            self.held.append(signal.read)

    def _run(self, effect):
        match effect:
            case do.LookUp(read):
                self.looked_up.append(read)
                self.receive(self._who(read))
            case do.LookUpNumber():
                self.receive(self.pick(on.NumberFound(Claim("ana")), on.NumberRefused("unknown_number")))
            case do.CheckPin(person, read, visit=known):
                if known is None:
                    right = on.PinRight(people("ana", read, self.pick))
                    right = replace(right, visit=replace(right.visit, needs_pin=False))
                else:
                    right = on.PinRight(replace(known, second_factor="pin", needs_pin=False))
                wrong = on.PinWrong(person, locked=self.pick(True, False))
                answer = self.pick(right, wrong, on.PinUnchecked(person), on.PinUnchecked(person, "locked"))
                if answer is right and known is None:
                    self.identified.append(read)
                self.receive(answer)
            case do.Append(draft):
                assert draft.visit is None or not draft.visit.practice
                self.drafts.append(draft)
                self.receive(self.pick(on.Appended(f"p{len(self.drafts)}"), on.AppendFailed()))
            case do.Rehearse(draft):
                assert draft.visit.practice
                self.receive(on.Appended("practice"))
            case do.NoteSighting(who):
                assert not who.practice
                self.left.append(who.read)
            case do.LookUpMember(person, read, actor_id=actor):
                self._find(person, read, actor)
            case do.NoteMode(mode=mode, what=what):
                self.modes.append((mode, what))
            case _:
                pass

    def _find(self, person, read, actor):
        if self.pick(True, True, False):
            self.identified.append(read)
            found = replace(people(person, read, self.pick), actor_id=actor, needs_pin=False)
            self.receive(on.Identified(found))
        else:
            self.receive(on.NumberRefused("unknown_number"))

    def _who(self, read):
        if read.credential == "zed":
            return on.UnknownBadge(read, again=self.pick(True, False))
        self.identified.append(read)
        return on.Identified(people(read.credential, read, self.pick))

    def do(self, deed, what):
        self.ms += 50
        match deed:
            case "badge":
                self.receive(on.BadgeRead(badge(what, self.ms)))
            case "tap":
                self.receive(what)
            case "wait":
                self.ms += what
                self.receive(on.Tick())

    def rest(self):
        """Nobody touches anything any more."""
        for _ in range(40):
            due = deadline(self.state)
            if due is None:
                return
            self.ms = max(self.ms, due - 1_000_000)
            self.receive(on.Tick())


def played(done, given_, state=None):
    play = Play(given_)
    if state is not None:
        play.state = state
    for deed, what in done:
        play.do(deed, what)
    play.rest()
    return play


@st.composite
def states(draw):
    """Any state at all, with or without a badge that waits."""
    number = iter(draw(st.lists(st.integers(0, 99), min_size=12, max_size=12)))
    pick = lambda *options: options[next(number, 0) % len(options)]  # noqa: E731 - a hand of cards
    who = people("ana", badge("ana"), pick)
    waiting = pick(None, badge("B"))
    until = stamp(draw(st.integers(-5_000, 50_000))).boottime_ms
    way = pick(Way("in", WELDING), Way("out"), Way("transfer", GRINDING), Way("break_end", choose=True))
    punch = PunchDraft(who.read, way.kind, "chosen", way.choice, who)
    done = Done("p", way.kind, START, way.choice)
    page = at.OwnPage(who, until, waiting=waiting)
    mode = lead.Leading(who, until + pick(0, 60_000), until, pick(*PAGES), waiting=waiting)
    leave = SiteJobsDraft(who, (HALL,))
    return draw(
        st.sampled_from(
            [
                at.Idle(), at.Idle("de", until), at.ChoosingLanguage(until), at.Refused("locked", until),
                at.Identifying(who.read, until, waiting=waiting),
                at.EnteringNumber(until, pick("10", ""), waiting=waiting),
                at.EnteringPin(Claim("ana", visit=pick(None, who)), until, pick("31", ""), waiting=waiting),
                at.CheckingPin(Claim("ana", visit=pick(None, who)), who.read, until, waiting=waiting),
                at.Greeting(who, until, waiting=waiting), at.ChoosingJob(who, way, until, waiting=waiting),
                at.ChoosingJob(who, way, until, Look("all", query="roof", searching=True), free=True, waiting=waiting),
                at.Detailing(who, way, "chosen", ("quantity", "bad", "note"), until, waiting=waiting),
                at.Asking(punch, done, (HURT, KM), until, waiting=waiting),
                at.Asking(punch, done, (forgot(),), until, START, waiting=waiting),
                page, replace(page, settled=True), at.Requesting(page, until, "in", START, waiting=waiting),
                at.Requesting(page, until, typed="no", waiting=waiting),
                at.Saving(punch, until, waiting), at.Saving(UndoDraft(who, done), until, waiting),
                at.Saving(punch, until, waiting, at.After(punch, done, (KM,))), at.Recorded(punch, done, until, waiting),
                at.Undone(UndoDraft(who, done), until, waiting), at.NotRecorded(punch, until, waiting),
                *[replace(mode, page=each) for each in PAGES], at.Saving(leave, until, waiting, lead.Led(mode, "crew", (leave,))),
                at.LettingIn(mode, at.Greeting(who, until, touched=True, waiting=waiting)),
                at.LettingIn(mode, at.Saving(punch, until, waiting)), at.LettingIn(mode, at.Recorded(punch, done, until, waiting)),
            ]
        )
    )  # fmt: skip


modes_ = st.builds(
    lambda section, until, waiting: Administering(
        people("ana", badge("ana"), lambda *all_: all_[0]), until + 600_000, until, section, waiting=waiting
    ),
    st.sampled_from(["home", *SECTIONS]),
    st.integers(0, 60_000).map(lambda ms: stamp(ms).boottime_ms),
    st.sampled_from([None, badge("B")]),
)


@given(st.one_of(states(), modes_), deeds, answers)
@quickly
def test_time_alone_leads_back_to_the_clock_from_anywhere(state, done, given_):
    assert played(done, given_, state).state == at.Idle()


@given(st.one_of(states(), modes_), deeds, answers)
@quickly
def test_every_badge_that_was_kept_waiting_has_its_turn(state, done, given_):
    play = played(done, given_, state)
    assert [read for read in play.held if read not in play.looked_up] == []


@given(deeds, answers)
@quickly
def test_whoever_was_identified_leaves_exactly_one_fact_per_visit(done, given_):
    """A punch, an undo or a sighting; claims, answers and requests only beside one of them."""
    play = played(done, given_)
    facts = [draft.read for draft in play.drafts if isinstance(draft, PunchDraft) and draft.visit]
    facts += play.left
    undone = [draft.visit.read for draft in play.drafts if isinstance(draft, UndoDraft)]
    for read in play.identified:
        assert facts.count(read) <= 1
        assert read in facts or read in undone


@given(st.one_of(st.just(None), modes_), deeds, answers)
@quickly
def test_every_mode_that_was_entered_is_left(mode, done, given_):
    play = played(done, given_, mode)
    before = [] if mode is None else [("administrator", "mode_entered")]
    said = [*before, *play.modes]
    assert len(said) % 2 == 0
    for entered, left in zip(said[::2], said[1::2], strict=True):
        assert (entered[1], left[1]) == ("mode_entered", "mode_left")
        assert entered[0] == left[0]


@given(deeds, answers)
@quickly
def test_every_punch_is_stamped_with_its_own_reading(done, given_):
    for draft in played(done, given_).drafts:
        if isinstance(draft, PunchDraft) and draft.visit is not None:
            assert draft.read == draft.visit.read


@given(states(), st.one_of(taps, st.just(on.Tick())), st.integers(0, 60_000))
@quickly
def test_one_signal_appends_one_punch_at_most(state, signal, ms):
    _, effects = step(state, signal, stamp(ms))
    assert sum(isinstance(each, do.Append | do.Rehearse) for each in effects) <= 1


@given(deeds, answers)
@quickly
def test_every_mode_that_was_entered_is_left_once(done, given_):
    """However it ends: by hand, by time, by the next badge, or in the middle of letting somebody in."""
    who = visit("boss", read=badge("boss"), mode_minutes=2)
    play = Play(given_)
    claim = Claim("boss", visit=who, opens="supervisor")
    play.state = at.CheckingPin(claim, who.read, stamp(9_000).boottime_ms)
    play.receive(on.PinRight(who))
    assert (play.modes, play.left) == ([("supervisor", "mode_entered")], [who.read])
    for deed, what in done:
        play.do(deed, what)
    play.rest()
    assert play.state == at.Idle()
    assert [what for _, what in play.modes] == ["mode_entered", "mode_left"] * (len(play.modes) // 2)


@given(
    st.lists(
        st.one_of(st.tuples(st.just("tap"), led), st.tuples(st.just("badge"), credentials)), max_size=40
    ),
    answers,
)
@quickly
def test_a_crew_gets_one_punch_each_for_each_confirmation(done, given_):
    """Inside the mode nothing is recorded but what was confirmed, and nobody twice."""
    who = visit("boss", read=badge("boss"))
    play = Play(given_)
    play.state = lead.Leading(who, stamp(10**9).boottime_ms, stamp(10**8).boottime_ms)
    confirmed = []
    for deed, what in done:
        page = getattr(play.state, "page", None)
        if what == on.ConfirmClaim() and isinstance(page, lead.Crew) and page.choosing is None:
            assert len({pick.member.id for pick in page.picks}) == len(page.picks)
            confirmed += [(pick.member.id, pick.kind) for pick in page.picks]
        play.do(deed, what)
    crew = [draft for draft in play.drafts if isinstance(draft, PunchDraft) and draft.crew]
    assert [(draft.visit.person.id, draft.kind) for draft in crew] == confirmed
    assert all(draft.visit.actor_id == "boss" for draft in crew)
