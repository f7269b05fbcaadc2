from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_server.timecards.exceptions import find
from clockhouse_server.timecards.pair import Fix, Punch, counting, folded, pair
from server.timecards.sheets import MONDAY, punches, totals

SHEETS = {
    "a plain day": ("07:58 in weld\n16:31 out", "weld 8:33", ""),
    "changing jobs splits the day": (
        "07:58 in weld\n12:00 transfer paint\n16:31 out", "weld 4:02, paint 4:31", "",
    ),
    "a break is not worked and the job before it goes on": (
        "08:00 in weld\n12:00 break_start\n12:30 break_end\n16:30 out", "weld 8:00, break 0:30", "",
    ),
    "a rest is paid": (
        "08:00 in weld\n10:00 break_start code:rest\n10:15 break_end\n12:00 out", "weld 3:45, rest 0:15", "",
    ),
    "a break may end on another job": (
        "08:00 in weld\n12:00 break_start\n12:30 break_end paint\n16:30 out",
        "weld 4:00, break 0:30, paint 4:00", "",
    ),
    "a transfer ends a break": (
        "08:00 in weld\n12:00 break_start\n12:30 transfer paint\n16:30 out",
        "weld 4:00, break 0:30, paint 4:00", "",
    ),
    "going home from a break": ("08:00 in weld\n12:00 break_start\n12:30 out", "weld 4:00, break 0:30", ""),
    "out was forgotten": (
        "08:00 in weld\n08:00+1 in weld\n16:00+1 out", "weld 8:00 open", "missing_out high p1",
    ),
    "in was forgotten": (
        "16:00 out\n08:00+1 in weld\n16:00+1 out", "weld 8:00", "missing_in high p1",
    ),
    "both were forgotten": (
        "08:00 in weld\n16:00+1 out", "weld 0:00 open", "missing_out high p1, missing_in high p2",
    ),
    "a card held twice": (
        "08:00 in weld\n08:00:20 in weld\n08:01:10 in\n16:00 out", "weld 8:00", "double low p2, double low p3",
    ),
    "another job a moment later": (
        "08:00 in weld\n08:00:30 in paint\n16:00:30 out", "weld 0:00, paint 8:00", "",
    ),
    "back from a break without saying so": (
        "08:00 in weld\n12:00 break_start\n12:30 in weld\n16:00 out",
        "weld 7:30, break 0:00 open", "missing_break_end medium p2",
    ),
    "a break that nobody ended before going home": (
        "08:00 in weld\n12:00 break_start\n16:30 out", "weld 4:00, break 4:30", "long_break high p2 p3",
    ),
    "a break that nobody ended before the next job": (
        "08:00 in weld\n12:00 break_start\n14:30 transfer paint\n16:30 out",
        "weld 4:00, break 2:30, paint 2:00", "long_break high p2 p3",
    ),
    "two breaks and one end": (
        "08:00 in weld\n12:00 break_start\n13:30 break_start\n13:45 break_end\n16:30 out",
        "weld 6:45, break 1:45", "break_twice medium p3",
    ),
    "a break without end and hours later another clock-in": (
        "08:00 in weld\n12:00 break_start\n15:00 in weld\n16:00 out",
        "weld 5:00, break 0:00 open", "long_break high p2 p3",
    ),
    "gone on break and never seen again": (
        "08:00 in weld\n12:00 break_start\n08:00+1 in weld\n16:00+1 out",
        "weld 12:00, break 0:00 open", "missing_out high p2",
    ),
    "clocked in twice": (
        "08:00 in weld\n08:10 in weld\n16:00 out", "weld 7:50 open", "double_in high p1 p2",
    ),
    "clocked in again hours later": (
        "08:00 in weld\n12:30 in weld\n16:00 out", "weld 3:30 open", "missing_out high p1",
    ),
    "one badge at two sites at once": (
        "08:00 in weld @north\n08:00:30 in weld @south\n16:00 out @south",
        "weld 8:00", "two_sites high p1 p2",
    ),
    "a transfer that names no job goes on with the one before": (
        "08:00 in weld\n12:00 transfer\n16:00 out", "weld 8:00", "",
    ),
    "a break that never began": (
        "08:00 in weld\n12:30 break_end\n16:00 out", "weld 8:00", "missing_break_start medium p2",
    ),
    "a break of somebody who is not in": ("12:00 break_start\n12:30 break_end", "",
        "break_outside high p1, break_outside high p2",
    ),
    "a transfer of somebody who is not in": (
        "12:00 transfer paint\n16:00 out", "paint 4:00", "missing_in high p1",
    ),
    "a shift too long to be true": ("08:00 in weld\n01:00+1 out", "weld 17:00", "long_shift high p1 p2"),
    "an answer that nobody gave": (
        "08:00 in weld ?\n16:00 out", "weld 8:00", "unconfirmed medium p1",
    ),
    "no job": ("08:00 in\n16:00 out", "- 8:00", "no_job medium p1"),
    "in two places": (
        "08:00 in weld @north\n08:02 transfer paint @south\n16:00 out @south",
        "weld 0:02, paint 7:58", "two_sites high p1 p2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet(name):
    text, expected, wrong = SHEETS[name]
    paired = pair(punches(text))
    assert totals(paired) == expected
    found = [f"{one.code} {one.severity} {' '.join(one.punches)}" for one in find(paired)]
    assert found == [part for part in wrong.split(", ") if part]


def test_somebody_at_work_is_not_a_mistake_until_too_long_ago():
    paired = pair(punches("08:00 in weld"))
    morning = datetime(2026, 11, 9, 8, tzinfo=UTC)
    assert [] == find(paired, morning + timedelta(hours=13))
    assert ["missing_out"] == [one.code for one in find(paired, morning + timedelta(hours=15))]


def test_a_night_shift_belongs_to_the_day_it_began():
    paired = pair(punches("22:00 in weld\n02:00+1 transfer paint\n06:00+1 out"))
    assert {MONDAY} == {entry.on for entry in paired.entries}


def test_a_day_may_start_at_four():
    paired = pair(punches("02:30+1 in weld\n03:30+1 out"), day_starts=240)
    assert [MONDAY] == [entry.on for entry in paired.entries]


def test_days_are_the_sites_own():
    late = Punch("p1", "in", datetime(2026, 11, 9, 23, 30, tzinfo=UTC), "Asia/Tokyo", job="weld")
    assert [date(2026, 11, 10)] == [entry.on for entry in pair([late]).entries]


def test_the_nights_that_move_the_clock_are_as_long_as_they_were():
    spring = pair(punches("22:00 in weld\n06:00+1 out", zone="Europe/Berlin", on=date(2026, 3, 28)))
    autumn = pair(punches("22:00 in weld\n06:00+1 out", zone="Europe/Berlin", on=date(2026, 10, 24)))
    assert ("weld 7:00", "weld 9:00") == (totals(spring), totals(autumn))


def effective(stored, fixes):
    return counting(folded(stored, fixes))


def fix(number: int, action: str, **fields: object) -> Fix:
    return Fix(f"a{number}", action, datetime(2026, 11, 10, tzinfo=UTC), number, **fields)


def test_corrections_are_folded_in_the_order_they_were_made():
    stored = punches("08:00 in weld\n12:00 transfer paint")
    four = datetime(2026, 11, 9, 16, tzinfo=UTC)
    fixes = [
        fix(1, "add", kind="out", at=four),
        fix(2, "change", punch_id="p1", job="grind"),
        fix(3, "void", punch_id="p2"),
        fix(4, "change", punch_id="a1", at=four + timedelta(minutes=30)),
    ]
    assert "grind 8:30" == totals(pair(effective(stored, fixes)))
    assert "grind 4:00, paint 4:30" == totals(
        pair(effective(stored, [*fixes, fix(5, "restore", punch_id="p2")]))
    )


def test_what_was_undone_at_the_kiosk_does_not_count_until_restored():
    first, last = punches("08:00 in weld\n16:00 out")
    taken_back = Punch(first.id, first.kind, first.at, first.zone, job="weld", undone=True)
    assert [last] == effective([taken_back, last], [])
    assert "weld 8:00" == totals(pair(effective([taken_back, last], [fix(1, "restore", punch_id="p1")])))


def test_an_unknown_badges_punch_given_to_somebody_keeps_its_name():
    given = effective([], [fix(1, "assign", punch_id="p9", kind="in", at=datetime(2026, 11, 9, tzinfo=UTC))])
    assert ["p9"] == [punch.id for punch in given]


@st.composite
def punch_lists(draw):
    count = draw(st.integers(0, 24))
    start = datetime(2026, 3, 27, tzinfo=UTC)
    return [
        Punch(
            f"p{number}",
            draw(st.sampled_from(["in", "out", "break_start", "break_end", "transfer"])),
            start
            + timedelta(seconds=draw(st.integers(0, 4 * 86_400)), milliseconds=draw(st.integers(0, 999))),
            draw(st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"])),
            job=draw(st.sampled_from([None, "weld", "paint"])),
            site=draw(st.sampled_from([None, "north", "south"])),
            break_code=draw(st.sampled_from([None, "rest"])),
        )
        for number in range(count)
    ]


@given(punch_lists())
def test_pairing_neither_loses_nor_invents_a_punch(given_punches):
    paired = pair(given_punches)
    assert Counter(punch.id for punch in given_punches) == Counter(
        punch.id for punch in paired.used
    ) + Counter(loose.punch.id for loose in paired.loose)
    ends = {entry.from_punch for entry in paired.entries} | {
        entry.to_punch for entry in paired.entries if entry.to_punch
    }
    assert ends == {punch.id for punch in paired.used}


@given(punch_lists())
def test_entries_never_overlap_and_never_run_backwards(given_punches):
    paired = pair(given_punches)
    for before, after in pairwise(paired.entries):
        assert (before.to_at or before.from_at) <= after.from_at
    assert all(entry.seconds >= entry.worked_seconds >= 0 for entry in paired.entries)


@given(punch_lists().flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_the_order_of_arrival_does_not_matter(both):
    ordered, shuffled = both
    assert pair(ordered) == pair(shuffled)


@given(punch_lists())
def test_every_open_or_loose_punch_is_spoken_about(given_punches):
    paired = pair(given_punches)
    named = {punch for problem in find(paired) for punch in problem.punches}
    assert {loose.punch.id for loose in paired.loose} <= named
    assert {entry.from_punch for entry in paired.entries if entry.to_at is None} <= named


@st.composite
def histories(draw):
    """Punches, and corrections of them in the order they were made."""
    stored = draw(punch_lists())
    known = [punch.id for punch in stored]
    fixes = []
    for number in range(draw(st.integers(0, 8))):
        action = draw(st.sampled_from(["add", "change", "void", "restore"]))
        at = datetime(2026, 3, 28, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 2880)))
        fields = {"kind": draw(st.sampled_from(["in", "out"])), "at": at}
        if action != "add":
            if not known:
                continue
            fields = {"punch_id": draw(st.sampled_from(known)), **(fields if action == "change" else {})}
        fixes.append(fix(number, action, **fields))
        known += [f"a{number}"] if action == "add" else []
    return stored, fixes


@given(histories())
def test_no_correction_loses_or_invents_a_punch(history):
    stored, fixes = history
    every = folded(stored, fixes)
    added = {one.id for one in fixes if one.action == "add"}
    assert {punch.id for punch in every} == {punch.id for punch in stored} | added
    assert {punch.id for punch in counting(every)} <= {punch.id for punch in every}
    paired = pair(counting(every))
    assert len(paired.used) + len(paired.loose) == len(counting(every))


@given(histories())
def test_voiding_and_restoring_all_of_it_changes_nothing(history):
    stored, fixes = history
    before = counting(folded(stored, fixes))
    back = [
        fix(100 + 2 * number + late, action, punch_id=punch.id)
        for number, punch in enumerate(before)
        for late, action in enumerate(("void", "restore"))
    ]
    assert before == counting(folded(stored, [*fixes, *back]))
