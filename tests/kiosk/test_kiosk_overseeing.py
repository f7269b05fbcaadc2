"""What a supervisor sees of a site: roster and own lines, without a window."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clockhouse_kiosk.flow.words import Read, Stamp
from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory
from clockhouse_sync import wire
from clockhouse_sync.ledger import beside_hash
from clockhouse_sync.outbox import Moment, open_outbox
from kiosk.house import ANA, BADGE, BERND, DEVICE, LUCIA, SITE, STRANGER, loaded, pin_row, row, rows, state

MONDAY = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ["access", "confirm", "enrolment", "proposal", "punch", "sighting", "site_jobs"]
SHAPES = {name: wire.LINES[name] for name in NAMES}


def line(of, at, **fields):
    return SHAPES[of](
        v=1, type=of, device_id=DEVICE, epoch="e", seq=1, at=wire.format_instant(at), **fields
    )  # fmt: skip


def directory(*extra, own=(), **more):
    return Directory(loaded(rows(extra=extra, **more)).rows, History(own), DEVICE)


def punch(kind, at, person=ANA, punch_id="own"):
    return line(
        "punch", at, punch_id=punch_id, kind=kind, kind_from="chosen", method="rfid", employee_id=person
    )  # fmt: skip


def read(method="rfid", credential=None, at=MONDAY):
    return Read(Stamp(at, 1), method, credential)


def boss(house, method="rfid"):
    return house.visit(BERND, read(method))


def test_everybody_is_listed_by_name_with_where_they_stand_and_who_says_so():
    house = directory(
        state(BERND, "in", MONDAY - HOUR, as_of=MONDAY - HOUR / 2), own=[punch("in", MONDAY - HOUR / 4)]
    )
    ana, bernd = (each for each in house.crowd.inside(MONDAY))
    assert (ana.id, ana.told_at) == (ANA, None)
    assert (bernd.id, bernd.told_at) == (BERND, MONDAY - HOUR / 2)
    assert [each.id for each in house.crowd.standing("out", MONDAY)] == [LUCIA, "p-layla"]
    assert house.crowd.as_of == MONDAY - HOUR / 2


def test_the_list_follows_every_own_line():
    house = directory()
    assert house.crowd.inside(MONDAY) == []
    house.history.add(punch("in", MONDAY))
    assert [each.id for each in house.crowd.inside(MONDAY)] == [ANA]


def test_time_alone_moves_those_who_are_here():
    house = directory(own=[punch("in", MONDAY)])
    assert not house.crowd.inside(MONDAY)[0].forgotten
    assert house.crowd.inside(MONDAY + 20 * HOUR)[0].forgotten


def test_whoever_forgot_to_clock_out_is_on_the_list_but_can_come_in():
    house = directory(state(BERND, "in", MONDAY - timedelta(days=3)))
    (bernd,) = house.crowd.inside(MONDAY)
    assert (bernd.standing.where, bernd.acts_as) == ("in", "out")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("1003", [LUCIA]),
        ("fern mar", [LUCIA]),
        ("KRUG", [BERND]),
        ("rtiz", []),
        ("", []),
        ("oberst-kr", [BERND]),
    ],
)
def test_people_are_found_by_number_and_by_how_their_names_begin(query, found):
    crowd = directory().crowd
    assert [each.id for each in crowd.named(query, crowd.everybody(MONDAY))] == found


def test_a_tick_holds_for_one_muster():
    here = line(
        "sighting", MONDAY, reason="accounted_for", method="supervisor", employee_id=ANA, actor_id=BERND
    )
    house = directory(own=[punch("in", MONDAY - HOUR), here])
    assert house.crowd.inside(MONDAY + HOUR)[0].here_at == MONDAY
    assert house.crowd.inside(MONDAY + 3 * HOUR)[0].here_at is None


def test_the_jobs_of_the_day_are_those_that_were_set_last():
    own = line("site_jobs", MONDAY, on="2026-03-02", job_ids=["j-0040"], actor_id=BERND)
    earlier, later = (wire.format_instant(MONDAY + each) for each in (-HOUR, HOUR))
    told = {"on": "2026-03-02", "job_ids": ["j-0012"]}
    for set_at, job in ((None, "0040"), (earlier, "0040"), (later, "0012")):
        house = directory(row("site_jobs", SITE, **told, **({"set_at": set_at} if set_at else {})), own=[own])
        assert [each.code for each in house.choices("today", "", ANA, MONDAY)] == [job], set_at
        assert [each.code for each in house.offer(MONDAY)] == [job]
    assert house.jobs.offer(date(2026, 3, 3), house.history.offer) == ()


def claim(proposal_id, *, kind="out", punch_id="old", at=MONDAY):
    return line(
        "proposal", at, proposal_id=proposal_id, employee_id=ANA, kind=kind, punch_id=punch_id,
        claimed_at=wire.format_instant(at - HOUR),
    )  # fmt: skip


def settled(proposal_id, *, accepted, claimed_at=None):
    return line(
        "confirm", MONDAY, proposal_id=proposal_id, employee_id=ANA, actor_id=BERND, accepted=accepted,
        claimed_at=claimed_at,
    )  # fmt: skip


def test_claims_of_here_and_elsewhere_wait_until_a_word_settles_them():
    told = row(
        "proposal", "c-1", employee_id=ANA, kind="in", claimed_at=wire.format_instant(MONDAY - HOUR),
        made_at=wire.format_instant(MONDAY - 2 * HOUR),
    )  # fmt: skip
    house = directory(told, state(ANA, "in", MONDAY - 20 * HOUR), own=[claim("c-2")])
    first, second = house.crowd.proposals(boss(house), MONDAY)
    assert (first.id, second.id, second.since) == ("c-1", "c-2", MONDAY - 20 * HOUR)
    assert second.guess is not None
    for each in ("c-1", "c-2"):
        house.history.add(settled(each, accepted=True))
    assert house.crowd.proposals(boss(house), MONDAY) == []


def test_nobody_decides_their_own_claim():
    house = directory(own=[claim("c-1")])
    assert house.crowd.proposals(house.visit(ANA, read()), MONDAY) == []


def test_a_refused_claim_is_asked_again_and_an_accepted_one_stands_at_the_supervisor_s_time():
    worked = state(ANA, "in", MONDAY - 20 * HOUR)
    assert directory(worked, own=[claim("c")]).visit(ANA, read()).missing == ()
    refused = directory(worked, own=[claim("c"), settled("c", accepted=False)])
    assert [each.punch_id for each in refused.visit(ANA, read()).missing] == ["old"]
    later = MONDAY - HOUR / 2
    accepted = settled("c", accepted=True, claimed_at=wire.format_instant(later))
    standing = directory(worked, own=[claim("c"), accepted]).standing(ANA)
    assert (standing.where, standing.since) == ("out", later)


def test_a_refused_claim_of_another_kiosk_is_asked_again():
    told = row(
        "proposal", "c-1", employee_id=ANA, kind="out", claimed_at=wire.format_instant(MONDAY - HOUR),
        made_at=wire.format_instant(MONDAY), punch_id="old",
    )  # fmt: skip
    lacking = row(
        "hours", ANA, week_seconds=0, last_week_seconds=0, as_of=wire.format_instant(MONDAY),
        missing=[{"punch_id": "old", "since": wire.format_instant(MONDAY - 20 * HOUR)}],
    )  # fmt: skip
    house = directory(told, lacking)
    assert house.visit(ANA, read()).missing == ()
    house.history.add(settled("c-1", accepted=False))
    assert [each.punch_id for each in house.visit(ANA, read()).missing] == ["old"]


def test_a_number_leads_only_where_there_is_no_badge():
    house = directory(
        row("person", "p-x", number="1", name="X", short_name="X", supervisor=True), pin_row("p-x")
    )
    assert not house.visit(ANA, read("pin")).opens_modes
    assert house.visit(ANA, read("rfid", BADGE[ANA])).opens_modes
    assert house.visit("p-x", read("pin")).opens_modes


def enrolled(folder):
    """A temporary worker and their badge, in a real outbox; the lines and contents that a restart reads."""
    opened = {
        "device_id": DEVICE, "boot_id": "b", "software": "s", "moment": Moment(MONDAY), "new_id": lambda: "e",
    }  # fmt: skip
    outbox = open_outbox(folder / "outbox.db", **opened)
    for what, name, content in (
        ("person", "person", b'{"agency":"Handy","name":"Max Muster"}'),
        ("badge", "credential", STRANGER.encode()),
    ):
        salted = (bytes(32), content)
        fields = {"what": what, "action": "given", "employee_id": "p-new", "actor_id": BERND, "credential_ref": "c-new",
                  "beside": {name: beside_hash(*salted)}}  # fmt: skip
        outbox.append("enrolment", Moment(MONDAY), fields, [salted])
    lines, contents = outbox.lines_since(MONDAY - HOUR), outbox.contents_since(MONDAY - HOUR, "enrolment")
    none = outbox.contents_since(MONDAY + HOUR, "enrolment")
    outbox.close()
    assert none == {}
    return [wire.read_line(raw) for raw in lines], contents


def remembered(folder, *extra):
    house = directory(*extra)
    lines, contents = enrolled(folder)
    for each in lines:
        house.history.add(each, contents)
    return house


def test_a_temporary_worker_is_known_here_until_the_roster_knows_them(tmp_path):
    house = remembered(tmp_path)
    visit = house.badge(read("rfid", STRANGER))
    assert (visit.person.name, visit.person.short_name, visit.credential_ref) == (
        "Max Muster",
        "Max",
        "c-new",
    )
    assert "Max Muster" in [each.name for each in house.crowd.everybody(MONDAY)]
    renamed = row("person", "p-new", number="T1", name="Maximilian Muster", short_name="Max")
    house = Directory(loaded(rows(extra=[renamed])).rows, house.history, DEVICE)
    assert house.badge(read("rfid", STRANGER)).person.name == "Maximilian Muster"


def test_a_temporary_worker_who_turned_out_to_be_somebody_else_is_gone(tmp_path):
    house = remembered(tmp_path)
    heard = {"e": 99}  # the epoch of `enrolled`
    merged = Directory(loaded(rows()).rows, house.history, DEVICE, heard=heard)
    merged.hear()
    assert merged.visit("p-new", read()) is None
    assert "Max Muster" not in [each.name for each in merged.crowd.everybody(MONDAY)]


def test_a_badge_that_the_roster_gives_to_somebody_else_is_theirs(tmp_path):
    taken = row("credential", "c-x", person_id=LUCIA, kind="badge", value=STRANGER)
    assert remembered(tmp_path, taken).badge(read("rfid", STRANGER)).person.id == LUCIA


def test_a_badge_that_was_taken_back_is_nobody_s(tmp_path):
    house = remembered(tmp_path)
    house.history.add(
        line(
            "enrolment", MONDAY, what="badge", action="withdrawn", employee_id="p-new", credential_ref="c-new"
        )
    )
    assert house.badge(read("rfid", STRANGER)) is None


def test_words_that_were_erased_leave_a_person_without_a_name(tmp_path):
    lines, _ = enrolled(tmp_path)
    house = directory()
    for each in lines:
        house.history.add(each)
    assert house.visit("p-new", read()).person.name == ""
    assert house.badge(read("rfid", STRANGER)) is None
