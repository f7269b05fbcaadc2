"""Who is at the wall and how they stand: roster and own lines, without a window."""

from datetime import UTC, datetime, timedelta

import pytest

from clockhouse_kiosk.flow.words import Read, Stamp
from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory
from clockhouse_sync import wire
from kiosk.house import ANA, BADGE, BERND, DEVICE, SITE, STRANGER, loaded, row, rows, state

MONDAY = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)


def line(of, at, **fields):
    return of(
        v=1,
        type=of.__name__[:-4].lower(),
        device_id=DEVICE,
        epoch="e",
        seq=1,
        at=wire.format_instant(at),
        **fields,
    )


def punch(kind, at, person=ANA, punch_id=None, job=None, task=None, method="rfid"):
    return line(
        wire.PunchLine, at, punch_id=punch_id or f"{kind}-{at:%H%M}", kind=kind, kind_from="chosen",
        method=method, employee_id=person, job_id=job, task_id=task,
    )  # fmt: skip


def directory(*extra, own=(), **more):
    return Directory(loaded(rows(extra=extra, **more)).rows, History(own), DEVICE)


def read(credential=None, at=MONDAY):
    return Read(Stamp(at, 1), "rfid" if credential else "pin", credential)


def standing(of, at=MONDAY):
    found = of.visit(ANA, read(at=at)).standing
    return (found.where, found.since)


def test_a_badge_leads_to_its_holder_and_names_the_credential():
    visit = directory().badge(read(BADGE[ANA]))
    assert (visit.person.name, visit.credential_ref) == ("Ana Ortiz", "badge-1001")


def test_a_stranger_s_badge_leads_to_nobody():
    assert directory().badge(read(STRANGER)) is None


@pytest.mark.parametrize("shown", ["00B4C3D7", "B4C3D7", "D7C3B4002A"])
def test_a_reader_that_shows_fewer_bits_or_the_other_order_finds_the_same_holder(shown):
    assert directory().badge(read(shown)).person.id == ANA


def test_a_badge_enrolled_by_its_printed_number_is_found_by_its_whole_one():
    short = row("credential", "c-short", person_id=BERND, kind="badge", value="00ABCDEF")
    assert directory(short).badge(read("2A00ABCDEF")).person.id == BERND


def test_bits_that_fit_two_people_fit_nobody():
    twin = row("credential", "c-twin", person_id=BERND, kind="badge", value="FF00B4C3D7")
    assert directory(twin).badge(read("B4C3D7")) is None


def test_the_server_s_word_counts_where_nothing_newer_is_known():
    assert standing(directory(state(ANA, "in", MONDAY))) == ("in", MONDAY)


def test_own_punches_that_the_server_had_not_seen_decide():
    out = MONDAY + timedelta(hours=8)
    known = state(ANA, "in", MONDAY, as_of=MONDAY + timedelta(minutes=1))
    assert standing(directory(known, own=[punch("out", out)]), out) == ("out", out)


def test_what_is_long_past_is_forgotten_and_what_stands_is_not():
    undone = line(wire.UndoLine, MONDAY, punch_id="in-0758", employee_id=BERND)
    claim = line(
        wire.ProposalLine, MONDAY, proposal_id="x", employee_id=ANA, kind="out", punch_id="out-1630",
        claimed_at=wire.format_instant(MONDAY), method="rfid",
    )  # fmt: skip
    old = [punch("in", MONDAY), punch("out", MONDAY.replace(hour=16, minute=30)), claim]
    own = [*old, punch("in", MONDAY, BERND), undone, punch("in", MONDAY + timedelta(days=14, hours=1))]
    history = History(own)
    history.add_unknown(STRANGER, MONDAY)
    history.forget(MONDAY + timedelta(days=14))
    assert [each.at for each in history.punches(ANA)] == [MONDAY + timedelta(days=14, hours=1)]
    assert history.punches(BERND) == []
    assert history.claimed(ANA) == frozenset()
    assert not history.is_undone("in-0758")
    assert not history.unknown_again(STRANGER, MONDAY)


def test_the_server_s_word_of_later_outweighs_an_own_punch():
    known = state(ANA, "out", MONDAY - timedelta(hours=1), as_of=MONDAY + timedelta(hours=1))
    assert standing(directory(known, own=[punch("in", MONDAY)]))[0] == "out"


def test_a_punch_that_was_still_on_its_way_when_the_server_spoke_stands():
    out = MONDAY + timedelta(hours=8)
    known = state(ANA, "in", MONDAY, as_of=out + timedelta(seconds=20))
    assert standing(directory(known, own=[punch("in", MONDAY), punch("out", out)]), out) == ("out", out)


def test_an_undone_punch_does_not_stand():
    undone = line(wire.UndoLine, MONDAY, punch_id="in-0758", employee_id=ANA)
    assert standing(directory(own=[punch("in", MONDAY), undone])) == ("out", None)


def test_an_undo_that_the_server_has_not_seen_takes_its_word_back():
    undone = line(wire.UndoLine, MONDAY, punch_id="p9", employee_id=ANA)
    assert standing(directory(state(ANA, "in", MONDAY, punch_id="p9"), own=[undone]))[0] == "out"


def test_the_job_goes_on_after_a_break():
    own = [
        punch("in", MONDAY, job="j-0977", task="t-0977-0"),
        punch("break_start", MONDAY + timedelta(hours=4)),
        punch("break_end", MONDAY + timedelta(hours=5)),
    ]
    assert directory(own=own).visit(ANA, read()).standing.choice.title == "0977 Painting"


def test_the_last_job_is_what_coming_in_infers():
    own = [
        punch("in", MONDAY - timedelta(days=1), job="j-1042", task="t-1042-1"),
        punch("out", MONDAY - timedelta(hours=14)),
    ]
    visit = directory(own=own).visit(ANA, read())
    assert (visit.default.kind, visit.default.choice.title) == ("in", "1042 Fitting")


def test_somebody_never_seen_starts_on_the_site_s_general_job():
    site = row("site", SITE, name="North Yard", zone="UTC", general_job_id="j-0031")
    visit = directory(site).visit(ANA, read())
    assert visit.default.choice.title == "0031 Maintenance"


def test_recent_jobs_are_newest_first_and_each_once():
    own = [
        punch("in", MONDAY - timedelta(days=3), job="j-0031"),
        punch("transfer", MONDAY - timedelta(days=2), job="j-0012"),
        punch("transfer", MONDAY - timedelta(days=1), job="j-0031"),
    ]
    found = directory(own=own).choices("recent", "", ANA, MONDAY)
    assert [choice.title for choice in found] == ["0031 Maintenance", "0012 Training"]


def test_today_s_jobs_are_those_of_the_site_s_own_day():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    tokyo = directory(today="2026-03-03", zone="Asia/Tokyo")
    assert [choice.title for choice in tokyo.choices("today", "", ANA, late)][-1] == "0031 Maintenance"
    assert directory(today="2026-03-03").choices("today", "", ANA, late) == []


@pytest.mark.parametrize(
    ("came", "at", "asked"),
    [
        ("2026-03-01T08:00", "2026-03-02T07:58", True),
        ("2026-03-01T22:00", "2026-03-02T06:00", False),  # a night shift
        ("2026-03-02T06:00", "2026-03-02T18:30", False),  # a long day
        ("2026-03-01T18:00", "2026-03-02T06:00", False),  # a long night
        ("2026-03-01T17:00", "2026-03-02T06:30", True),
        ("2026-03-02T05:00", "2026-03-02T19:30", True),
    ],
)
def test_a_clock_out_is_forgotten_after_a_night_or_fourteen_hours(came, at, asked):
    since, now = datetime.fromisoformat(f"{came}+00:00"), datetime.fromisoformat(f"{at}+00:00")
    visit = directory(state(ANA, "in", since)).visit(ANA, read(at=now))
    assert (visit.forgotten is not None) is asked
    if asked:
        assert since <= visit.forgotten.guess <= visit.forgotten.latest == now
        assert visit.default.kind == "in"


def test_the_question_suggests_when_they_usually_leave():
    friday = MONDAY - timedelta(days=3)
    earlier = friday - timedelta(days=1)
    own = [
        punch("out", earlier.replace(hour=16, minute=37)),
        punch("transfer", friday.replace(hour=11, minute=39)),
    ]
    visit = directory(own=own).visit(ANA, read())
    assert visit.forgotten.guess == friday.replace(hour=16, minute=30)


def test_an_answered_question_is_not_asked_again():
    since = MONDAY - timedelta(days=1)
    said = line(
        wire.ProposalLine, MONDAY, proposal_id="q", employee_id=ANA, kind="out",
        claimed_at=wire.format_instant(since + timedelta(hours=8)), punch_id="old",
    )  # fmt: skip
    visit = directory(state(ANA, "in", since), own=[said]).visit(ANA, read())
    assert (visit.forgotten, visit.standing.where) == (None, "out")
    after = directory(state(ANA, "in", since), own=[said, punch("in", MONDAY)]).visit(ANA, read())
    assert after.standing.where == "in"


def test_five_wrong_pins_in_a_quarter_of_an_hour_lock_and_a_right_one_forgives():
    wrong = [
        line(wire.AccessLine, MONDAY + timedelta(minutes=n), what="wrong_pin", employee_id=ANA)
        for n in range(5)
    ]
    soon, late = MONDAY + timedelta(minutes=5), MONDAY + timedelta(minutes=17)
    assert directory(own=wrong).number("1001", soon) == "locked"
    assert directory(own=wrong).number("1001", late).person_id == ANA
    assert directory(own=[*wrong, punch("in", soon, method="pin")]).number("1001", soon).person_id == ANA
    set_right = MONDAY - timedelta(days=365)  # the clock had run ahead
    assert directory(own=wrong).number("1001", set_right).person_id == ANA
    unlocked = line(wire.AccessLine, soon, what="unlocked", employee_id=ANA)
    assert directory(own=[*wrong, unlocked]).number("1001", soon).person_id == ANA


def test_a_number_that_nobody_has_and_one_without_a_pin_are_told_apart():
    newcomer = row("person", "p-new", number="1099", name="New", short_name="New")
    house = directory(newcomer)
    assert (house.number("7", MONDAY), house.number("1099", MONDAY)) == ("unknown_number", "no_pin")
    assert house.number("01001", MONDAY) == "unknown_number"


def many_jobs():
    return [
        row("job", f"m{n}", code=f"{n:05d}", name=f"Überholung Halle {n % 97}", customer_id="c")
        for n in range(5000)
    ]


def test_a_job_among_five_thousand_is_found_while_typing():
    house = directory(*many_jobs())
    house.prepare()
    assert house.choices("all", "04321", ANA, MONDAY)[0].code == "04321"
    assert house.choices("all", "uberhol 96", ANA, MONDAY)[0].name == "Überholung Halle 96"
    assert house.choices("all", "432 halle", ANA, MONDAY)[0].code.startswith("432") is False
    assert house.choices("all", "no such thing", ANA, MONDAY) == []


def test_what_is_made_ready_ahead_answers_as_before():
    early, late = directory(*many_jobs()), directory(*many_jobs())
    late.prepare()
    for each in (early, late):
        assert each.number("1001", MONDAY) == early.number("1001", MONDAY)
        assert each.badge(read("B4C3D7")).person.id == ANA
        assert each.choices("all", "halle 12", ANA, MONDAY) == early.choices("all", "halle 12", ANA, MONDAY)
        assert each.jobs.find("j-1042", "t-1042-1").title == "1042 Fitting"
        assert each.jobs.find("j-1042") is None


def test_a_newer_roster_takes_over_what_did_not_change():
    before = directory(*many_jobs())
    rows_ = {**before._rows, "state": loaded([state(ANA, "in", MONDAY)]).rows["state"]}
    same = Directory(rows_, before.history, DEVICE, before)
    assert same.jobs is before.jobs
    assert same.badges is before.badges
    assert standing(same) == ("in", MONDAY)
    moved = {**rows_, "job": loaded(rows()).rows["job"], "credential": {}}
    other = Directory(moved, before.history, DEVICE, before)
    assert len(other.jobs.all) < len(before.jobs.all)
    assert other.badge(read(BADGE[ANA])) is None


def test_jobs_of_other_sites_are_not_offered():
    house = directory(
        row("job", "here", code="1", name="Here", customer_id="c", sites=[SITE]),
        row("job", "there", code="2", name="There", customer_id="c", sites=["elsewhere"]),
    )
    names = {choice.name for choice in house.jobs.all}
    assert "Here" in names
    assert "There" not in names


def test_an_unknown_zone_shows_utc_rather_than_nothing():
    assert directory(zone="Mars/Olympus").site.zone_name is None
