"""Supervisors at the real window: every page of their mode by taps and badges, and the lines that come of it."""

from datetime import timedelta

import pytest

from clockhouse_kiosk.texts import END_ISOLATE, ISOLATE, LEFT_TO_RIGHT
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.store import StoreError
from kiosk.house import (
    ANA,
    BADGE,
    BERND,
    LAYLA,
    LUCIA,
    PIN,
    STRANGER,
    furnish,
    instant,
    pin_row,
    row,
    rows,
    state,
)
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
ADA, CEM = "p-ada", "p-cem"
ADAS = "2A00B4C3F0"
LEADERS = [
    row("person", ADA, number="2001", name="Ada Vogt", short_name="Ada", language="en", supervisor=True),
    row("credential", "badge-2001", person_id=ADA, kind="badge", value=ADAS),
    row("person", CEM, number="2002", name="Cem Aydin", short_name="Cem", language="en", supervisor=True),
]


def furnished(folder, *extra, **more):
    furnish(folder, rows(extra=[*LEADERS, pin_row(ADA), pin_row(CEM), *extra], **more))


def lead(wall_):
    """Ada opens her mode."""
    wall_.shows("idle")
    wall_.badge(ADAS)
    wall_.until(lambda: wall_.view["screen"] in {"jobs", "person"})
    wall_.tap("own")
    wall_.shows("own")
    wall_.tap("mode-supervisor")
    wall_.shows("entry", entry="pin")
    wall_.type(PIN)
    wall_.shows("lead", home=True)


def details(wall_):
    return {each.title: each.detail for each in wall_.window.bridge.tiles._rows}


def seen(text):
    """Without the marks that keep each part in its own direction of writing."""
    return text.translate(dict.fromkeys(map(ord, (ISOLATE, END_ISOLATE, LEFT_TO_RIGHT))))


def access(wall_):
    return [(line.what, line.mode, line.actor_id) for line in wall_.lines("access")]


@pytest.fixture
def at_the_gate(tmp_path, qapp):
    furnished(
        tmp_path,
        state(BERND, "in", MONDAY - timedelta(hours=2), as_of=MONDAY - timedelta(hours=1)),
        state(LUCIA, "break_start", MONDAY - timedelta(hours=1), as_of=MONDAY - timedelta(minutes=30)),
    )
    with wall(tmp_path, start=MONDAY) as rig:
        yield rig


def test_the_mode_is_entered_with_badge_and_pin_and_left_by_hand(at_the_gate):
    wall_ = at_the_gate
    lead(wall_)
    assert wall_.view["detail"] == "This mode ends at 08:08"
    wall_.tap("back")
    wall_.shows("idle")
    wall_.until(lambda: len(wall_.lines("access")) == 2)
    assert access(wall_) == [("mode_entered", "supervisor", ADA), ("mode_left", "supervisor", ADA)]
    assert [line.reason for line in wall_.lines("sighting")] == ["own_page"]


def test_the_mode_ends_by_itself_and_the_badge_that_waits_is_served(at_the_gate):
    wall_ = at_the_gate
    lead(wall_)
    wall_.badge(BADGE[ANA])
    wall_.until(lambda: wall_.strip["holding"])
    wall_.later(10)
    assert wall_.shows("jobs")["name"] == "Ana Ortiz"
    wall_.until(lambda: [what for what, *_ in access(wall_)] == ["mode_entered", "mode_left"])
    wall_.tap("primary")
    wall_.shows("answer", tone="in")
    wall_.later(10)
    lead(wall_)
    wall_.later(60)
    wall_.shows("idle")
    wall_.until(lambda: [what for what, *_ in access(wall_)] == ["mode_entered", "mode_left"] * 2)


def test_a_kiosk_that_is_stopped_writes_that_the_mode_was_left(tmp_path, qapp):
    furnished(tmp_path)
    with wall(tmp_path, start=MONDAY) as wall_:
        lead(wall_)
    assert [what for what, *_ in access(wall_)] == ["mode_entered", "mode_left"]


def test_a_number_and_pin_lead_only_where_there_is_no_badge(at_the_gate):
    wall_ = at_the_gate
    for number, opens in (("2001", False), ("2002", True)):
        wall_.shows("idle")
        wall_.type(number)
        wall_.tap("key-enter")
        wall_.shows("entry", entry="pin")
        wall_.type(PIN)
        wall_.until(lambda: wall_.view["screen"] in {"jobs", "person"})
        wall_.tap("own")
        wall_.shows("own")
        wall_.tap("mode-supervisor")
        if opens:
            wall_.shows("entry", entry="pin")
            wall_.type(PIN)
            wall_.shows("lead")
        else:
            wall_.shows("own", said="Come with your badge for this")
            wall_.later(60)


def test_the_jobs_of_the_day_are_set_here_and_hold_here_at_once_and_after_a_restart(tmp_path, qapp):
    furnished(tmp_path)
    with wall(tmp_path, start=MONDAY) as wall_:
        lead(wall_)
        wall_.pick("Today's jobs")
        wall_.shows("lead", tab="chosen")
        assert wall_.titles == ["1042 Hall B", "0031 Maintenance"]
        wall_.pick("0031 Maintenance")
        wall_.until(lambda: wall_.titles == ["0031 Maintenance", "1042 Hall B"])
        wall_.tap("tab-all")
        wall_.pick("1042 Hall B")
        wall_.pick("0040 Stores")
        wall_.until(lambda: details(wall_)["0040 Stores"] == "No. 2 today")
        wall_.tap("confirm")
        wall_.shows("lead", said="Today's jobs are set")
        (line,) = wall_.lines("site_jobs")
        assert (line.on, line.job_ids, line.actor_id) == ("2026-03-02", ["j-0031", "j-0040"], ADA)
        wall_.tap("back")
        wall_.badge(BADGE[ANA])
        wall_.shows("jobs")
        wall_.until(lambda: wall_.titles == ["0031 Maintenance", "0040 Stores"])
    with wall(tmp_path, start=MONDAY + timedelta(hours=1)) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[BERND])
        wall_.shows("jobs")
        wall_.until(lambda: wall_.titles == ["0031 Maintenance", "0040 Stores"])


def test_a_crew_comes_in_on_two_jobs_with_one_confirmation(at_the_gate):
    wall_ = at_the_gate
    lead(wall_)
    wall_.pick("Crew")
    wall_.shows("lead", title="Clock in: on which job?")
    wall_.tap("tab-all")
    wall_.pick("0040 Stores")
    wall_.pick("Ana Ortiz")
    wall_.tap("choose_job")
    wall_.tap("tab-all")
    wall_.pick("0012 Training")
    wall_.pick("ليلى عبد الرحمن حداد")
    told = "Clock in, 0040 Stores: Ana · Clock in, 0012 Training: ليلى"
    wall_.until(lambda: seen(wall_.view["detail"]) == told)
    wall_.clock.later(20)
    wall_.tap("confirm")
    assert wall_.shows("lead", said="Recorded: 2")["home"] is True
    ana, layla = wall_.lines("punch")
    assert [(line.employee_id, line.job_id) for line in (ana, layla)] == [(ANA, "j-0040"), (LAYLA, "j-0012")]
    assert {line.group_id for line in (ana, layla)} == {ana.punch_id}
    assert {(line.method, line.actor_id, line.kind, line.kind_from) for line in (ana, layla)} == {
        ("supervisor", ADA, "in", "chosen")
    }
    assert ana.at == layla.at
    assert instant(ana.at) >= MONDAY + timedelta(seconds=20)


def test_a_crew_s_line_that_failed_is_named_and_the_others_are_recorded(at_the_gate, caplog):
    wall_ = at_the_gate
    lead(wall_)
    wall_.pick("Crew")
    wall_.shows("lead")
    wall_.tap("default")
    for name in ("Ada Vogt", "Ana Ortiz", "Cem Aydin"):
        wall_.pick(name)
    machine = wall_.window.kiosk.machine
    whole = machine._outbox
    machine._outbox = FailsFor(whole, ANA)
    wall_.tap("confirm")
    wall_.shows("lead", said="Recorded: 2 · Not recorded: Ana Ortiz", well=False)
    machine._outbox = whole
    assert [line.employee_id for line in wall_.lines("punch")] == [ADA, CEM]
    assert "outbox.failed" in caplog.text


class FailsFor:
    """An outbox that cannot take the lines of one person."""

    def __init__(self, outbox, person):
        self._outbox, self._person = outbox, person

    def append(self, kind, moment, fields, beside=()):
        if fields.get("employee_id") == self._person:
            raise StoreError("disk_full", "outbox.db: database or disk is full")
        return self._outbox.append(kind, moment, fields, beside)

    def close(self):
        self._outbox.close()


def test_who_is_in_is_told_with_the_age_of_the_knowledge(at_the_gate):
    wall_ = at_the_gate
    wall_.window.bridge.session.others_through = MONDAY - timedelta(minutes=40)
    lead(wall_)
    assert details(wall_)["Who is in"] == "2 on site"
    wall_.pick("Who is in")
    view = wall_.shows("lead", title="On site: 2")
    assert view["detail"] == (
        "This terminal: up to now · Office: as of 07:28 · Other terminals: heard up to 07:18"
    )
    assert [tab["title"] for tab in view["tabs"]] == ["At work: 1", "On break: 1"]
    assert details(wall_) == {"Maximilian Oberstleutnant-Krüger": "05:58 · 1042 Welding · office 06:58"}
    wall_.tap("tab-break")
    wall_.until(lambda: details(wall_) == {
        "María Lucía Fernández de la Vega": "06:58 · 1042 Welding · office 07:28"
    })  # fmt: skip


def test_the_muster_list_is_ticked_line_by_line_and_survives_a_crash(tmp_path, qapp):
    at_work = [state(person, "in", MONDAY - timedelta(hours=1)) for person in (ANA, BERND, LUCIA)]
    furnished(tmp_path, *at_work)
    with wall(tmp_path, start=MONDAY) as wall_:
        lead(wall_)
        wall_.pick("Muster list")
        wall_.shows("lead", title="0 of 3 accounted for")
        wall_.pick("Ana Ortiz")
        wall_.shows("lead", title="1 of 3 accounted for")
        assert details(wall_)["Ana Ortiz"] == "Here, 07:58"
        (line,) = [line for line in wall_.lines("sighting") if line.reason == "accounted_for"]
        assert (line.employee_id, line.actor_id, line.method) == (ANA, ADA, "supervisor")
    with wall(tmp_path, start=MONDAY + timedelta(minutes=5)) as wall_:
        lead(wall_)
        wall_.pick("Muster list")
        view = wall_.shows("lead", title="1 of 3 accounted for")
        assert [tab["title"] for tab in view["tabs"]] == ["Not yet: 2", "All"]
        assert "Ana Ortiz" not in wall_.titles


def test_bob_s_claim_is_confirmed_by_his_supervisor_the_next_morning(tmp_path, qapp):
    furnished(tmp_path, state(ANA, "in", MONDAY - timedelta(days=3)))
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        wall_.shows("jobs")
        wall_.tap("primary")
        wall_.shows("forgotten")
        wall_.tap("confirm")
        wall_.shows("answer", tone="in")
        wall_.later(10)
        lead(wall_)
        assert details(wall_)["Claimed times"] == "1 waiting"
        wall_.pick("Claimed times")
        wall_.pick("Ana Ortiz")
        asked = wall_.shows("forgotten", claimed="Fri 16:15")
        assert asked["detail"] == "In since Fri 07:58 · Says Fri 16:15 · Usually Fri 16:15"
        wall_.tap("shift15")
        wall_.tap("confirm")
        wall_.shows("lead", said="Ana Ortiz: confirmed", empty="Nothing waits for your word")
        (claim,), (word,) = wall_.lines("proposal"), wall_.lines("confirm")
        assert (word.proposal_id, word.employee_id, word.actor_id) == (claim.proposal_id, ANA, ADA)
        assert (word.accepted, word.claimed_at) == (True, "2026-02-27T16:30:00.000Z")


def test_a_claim_that_the_office_told_of_can_be_refused(tmp_path, qapp):
    claimed = row(
        "proposal", "c-7", employee_id=BERND, kind="out", claimed_at="2026-03-01T17:00:00.000Z",
        made_at="2026-03-02T06:00:00.000Z", punch_id="p-7",
    )  # fmt: skip
    furnished(tmp_path, claimed)
    with wall(tmp_path, start=MONDAY) as wall_:
        lead(wall_)
        wall_.pick("Claimed times")
        wall_.pick("Maximilian Oberstleutnant-Krüger")
        wall_.shows("forgotten")
        wall_.tap("no")
        wall_.shows("lead", said="Maximilian Oberstleutnant-Krüger: not confirmed")
        (word,) = wall_.lines("confirm")
        assert (word.proposal_id, word.accepted, word.claimed_at) == ("c-7", False, None)


def test_a_temporary_worker_is_greeted_by_name_at_once_and_after_a_restart(tmp_path, qapp):
    furnished(tmp_path)
    with wall(tmp_path, start=MONDAY) as wall_:
        lead(wall_)
        wall_.pick("Temporary worker")
        wall_.shows("detail", title="Name of the temporary worker")
        for char in "max muster":
            wall_.tap("key-space" if char == " " else f"key-{char}")
        wall_.shows("detail", typed="Max Muster")
        wall_.tap("enter")
        wall_.shows("detail", title="Max Muster: from which agency?")
        wall_.type("handy")
        wall_.tap("enter")
        wall_.shows("lead", title="Hold the badge for Max Muster to the reader")
        wall_.badge(BADGE[ANA])
        wall_.shows("lead", said="This badge is somebody's already")
        wall_.badge(STRANGER)
        wall_.shows("lead", said="Max Muster can clock in now", home=True)
        person, held = wall_.lines("enrolment")
        assert (person.what, person.action, person.actor_id) == ("person", "given", ADA)
        assert (held.what, held.employee_id) == ("badge", person.employee_id)
        assert beside(wall_) == {b'{"agency": "Handy", "name": "Max Muster"}', STRANGER.encode()}
        wall_.tap("back")
        wall_.later(5)
        wall_.badge(STRANGER)
        assert wall_.shows("jobs")["name"] == "Max Muster"
        wall_.tap("tab-all")
        wall_.tap("job-0")
        wall_.shows("answer", title="Clocked in, Max")
        (punch,) = wall_.lines("punch")
        assert (punch.employee_id, punch.credential_ref) == (person.employee_id, held.credential_ref)
    with wall(tmp_path, start=MONDAY + timedelta(hours=8)) as wall_:
        wall_.shows("idle")
        wall_.badge(STRANGER)
        assert wall_.shows("person")["name"] == "Max Muster"


def beside(wall_):
    reader = OutboxReader(wall_.state_dir / "outbox.db")
    try:
        return {content for _, content in reader.all_beside().values()}
    finally:
        reader.close()


def test_somebody_who_forgot_the_badge_is_let_in_and_the_mode_goes_on(at_the_gate):
    wall_ = at_the_gate
    lead(wall_)
    wall_.pick("Badge forgotten")
    wall_.shows("lead", searching=True, empty="Type a number or a name")
    assert wall_.titles == []
    for char in "orti":
        wall_.tap(f"key-{char}")
    wall_.pick("Ana Ortiz")
    assert wall_.shows("jobs")["name"] == "Ana Ortiz"
    wall_.tap("job-0")
    wall_.shows("answer", title="Clocked in, Ana")
    (line,) = wall_.lines("punch")
    assert (line.employee_id, line.method, line.actor_id) == (ANA, "supervisor", ADA)
    wall_.later(10)
    wall_.shows("lead", searching=True)
    wall_.tap("back")
    wall_.shows("lead", home=True)
    assert [what for what, *_ in access(wall_)] == ["mode_entered"]


def test_a_pin_that_rests_is_given_back(at_the_gate):
    wall_ = at_the_gate
    wall_.shows("idle")
    for _ in range(5):
        wall_.window.bridge.session.note("access", {"what": "wrong_pin", "employee_id": ANA, "method": "pin"})
    lead(wall_)
    assert details(wall_)["PINs that rest"] == "1 resting"
    wall_.pick("PINs that rest")
    wall_.pick("Ana Ortiz")
    wall_.shows("lead", said="The PIN of Ana Ortiz works again", empty="No PIN rests")
    line = wall_.lines("access")[-1]
    assert (line.what, line.employee_id, line.actor_id) == ("unlocked", ANA, ADA)
    wall_.tap("back")
    wall_.tap("back")
    wall_.shows("idle")
    wall_.type("1001")
    wall_.tap("key-enter")
    wall_.shows("entry", entry="pin")


def test_three_hundred_people_are_paged_and_found(tmp_path, qapp):
    many = [
        row("person", f"p-{number:03}", number=f"5{number:03}", name=f"Worker {number:03}", short_name=f"W{number}")
        for number in range(300)
    ]  # fmt: skip
    furnished(tmp_path, *many, today="2026-03-02")
    with wall(tmp_path, start=MONDAY, size=(800, 480)) as wall_:
        lead(wall_)
        wall_.pick("Crew")
        wall_.shows("lead")
        wall_.tap("default")
        wall_.until(lambda: wall_.window.bridge.tiles._rows[-1].more)
        first = wall_.titles
        wall_.tap("more")
        wall_.until(lambda: wall_.titles[0] != first[0])
        wall_.tap("find")
        for char in "217":
            wall_.tap(f"key-{char}")
        wall_.pick("Worker 217")
        wall_.shows("lead", searching=False, detail="Clock in: W217")
