"""At the real window: questions after a punch, quantities before it, the own page, practice, a badge with a PIN."""

from datetime import timedelta

import pytest

from clockhouse_drivers.credentials import JobCard, QrBadge
from clockhouse_sync.outbox_reader import OutboxReader
from kiosk.house import ANA, BADGE, BERND, PIN, SITE, furnish, instant, row, rows, state
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
HURT = row(
    "question", "q-hurt", site_id=SITE, on_kind="out", text={"en": "Were you hurt?", "de": "Verletzt?"}
)
KM = row(
    "question", "q-km", site_id=SITE, on_kind="out", text={"en": "Kilometres?"}, answer="number", position=1
)
PIECES = row("job", "j-0031", code="0031", name="Maintenance", customer_id="c", asks=["quantity", "note"])


@pytest.fixture
def at_the_gate(request, tmp_path, qapp):
    furnish(tmp_path, rows(extra=request.param))
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        yield rig


def house(*extra):
    return pytest.mark.parametrize("at_the_gate", [extra], indirect=True, ids=["house"])


def beside(rig, line, name):
    """The words that travel beside a line, as they lie on the disk."""
    reader = OutboxReader(rig.state_dir / "outbox.db")
    try:
        return reader.all_beside()[getattr(line.beside, name)][1].decode()
    finally:
        reader.close()


@house(state(ANA, "in", MONDAY - timedelta(hours=8)), HURT, KM)
def test_the_end_of_a_shift_asks_and_each_answer_is_kept(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("person")
    rig.tap("primary")
    rig.shows("answer", tone="out")
    rig.shows("question", title="Were you hurt?", recorded="Recorded: out 07:58")
    rig.tap("no")
    rig.shows("detail", title="Kilometres?")
    for digit in "120":
        rig.tap(f"key-{digit}")
    rig.tap("enter")
    rig.shows("answer", tone="out")
    (punch,) = rig.lines("punch")
    first, second = rig.lines("answer")
    assert {first.punch_id, second.punch_id} == {punch.punch_id}
    assert [(each.question_id, beside(rig, each, "answer")) for each in (first, second)] == [
        ("q-hurt", "no"), ("q-km", "120"),
    ]  # fmt: skip


@house(state(BERND, "in", MONDAY - timedelta(hours=8)), HURT)
def test_the_next_badge_does_not_wait_for_a_question(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[BERND])
    rig.shows("person")
    rig.tap("primary")
    rig.shows("question", title="Verletzt?")
    rig.badge(BADGE[ANA])
    rig.shows("jobs", name="Ana Ortiz")
    assert rig.punches() == [(BERND, "out", "inferred")]


@house(PIECES, state(ANA, "in", MONDAY - timedelta(hours=8), job="j-0031", task=None))
def test_a_job_asks_how_many_were_made_when_its_work_ends(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("person")
    rig.tap("primary")
    rig.shows("detail", title="How many did you make?")
    assert rig.punches() == []
    for key in ("1", "2", ".", "5"):
        rig.tap(f"key-{key}")
    rig.tap("enter")
    rig.shows("detail", title="How many of them were bad?")
    rig.tap("later")
    rig.shows("answer", tone="out")
    (line,) = rig.lines("punch")
    assert (line.quantity, line.quantity_bad, line.kind) == ("12.5", None, "out")


@house(PIECES)
def test_a_job_asks_for_a_note_when_its_work_begins(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("jobs")
    rig.tap("job-3")
    rig.shows("detail", title="A note for this job")
    for char in "tor 7":
        rig.tap("key-space" if char == " " else f"key-{char}")
    rig.tap("enter")
    rig.shows("answer", tone="in")
    (line,) = rig.lines("punch")
    assert (line.job_id, beside(rig, line, "note")) == ("j-0031", "tor 7")


QR = row("credential", "qr-1", person_id=ANA, kind="qr", value=QrBadge("0123456789ABCDEF" * 2).value)


@house(QR)
def test_a_printed_badge_and_a_job_s_card_before_the_camera(at_the_gate):
    rig = at_the_gate
    rig.window.kiosk.scan(QrBadge("0123456789ABCDEF" * 2).text)
    rig.shows("jobs", name="Ana Ortiz")
    rig.window.kiosk.scan(JobCard("j-1108", "t-1108-1").text)
    assert rig.shows("answer", tone="in")["detail"] == "1108 Grinding · Harbour Cranes · Tower 3"
    (line,) = rig.lines("punch")
    assert (line.method, line.credential_ref, line.kind_from) == ("qr", "qr-1", "chosen")


@house()
def test_a_face_is_asked_before_anything_is_recorded(at_the_gate):
    rig = at_the_gate
    rig.window.kiosk.recognise("nobody-here")
    rig.window.kiosk.recognise(ANA)
    assert rig.shows("jobs", name="Ana Ortiz")["standing"].startswith("Is this you? · ")
    rig.later(11)
    rig.shows("idle")
    rig.until(
        lambda: [(each.reason, each.method) for each in rig.lines("sighting")] == [("walked_away", "face")]
    )
    rig.window.kiosk.recognise(ANA)
    rig.shows("jobs")
    rig.window.kiosk.recognise(BERND)  # who walks past
    assert rig.state.waiting is None
    rig.tap("primary")
    rig.shows("answer", tone="in")
    (line,) = rig.lines("punch")
    assert (line.employee_id, line.method, line.kind_from) == (ANA, "face", "inferred")


@house(row("policy", SITE, pin_with=["face"]))
def test_a_face_and_the_pin_where_the_site_wants_both(at_the_gate):
    rig = at_the_gate
    rig.window.kiosk.recognise(ANA)
    rig.shows("entry", entry="pin")
    rig.type(PIN)
    assert "?" not in rig.shows("jobs", name="Ana Ortiz")["standing"]
    rig.tap("primary")
    rig.shows("answer", tone="in")
    (line,) = rig.lines("punch")
    assert (line.method, line.second_factor) == ("face", "pin")


@house()
def test_other_people_s_codes_are_refused_kindly_and_leave_nothing(at_the_gate):
    rig = at_the_gate
    rig.window.kiosk.scan("https://example.com/" + "x" * 2000)
    rig.shows("answer", tone="refused", title="This code is not one of ours")
    rig.window.kiosk.scan(JobCard("elsewhere").text)
    rig.shows("answer", title="This job is not known here")
    rig.later(7)
    rig.window.kiosk.scan(JobCard("j-0031").text)
    rig.shows("answer", title="Your badge first, please")
    assert [each.type for each in rig.lines()] == ["boot"]
    rig.window.kiosk.scan(QrBadge("F" * 32).text)
    rig.shows("answer", tone="unknown")


@house()
def test_work_that_is_in_no_list_is_recorded_in_words(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("jobs")
    rig.tap("find")
    rig.type("roof")
    rig.shows("jobs", query="roof")
    rig.tap("job-0")
    rig.shows("answer", tone="in")
    (line,) = rig.lines("punch")
    assert (line.job_id, beside(rig, line, "job_text")) == (None, "roof")


@house(
    row("message", "m1", text="Helmets from Monday", sender="Ada"),
    row(
        "hours",
        ANA,
        week_seconds=3600,
        last_week_seconds=0,
        as_of="2026-03-02T06:00:00.000Z",
        today_seconds=600,
    ),
)
def test_ana_reads_her_messages_and_hours_and_changes_how_she_likes_it(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("jobs", unread=1)
    rig.tap("own")
    assert rig.shows("own", page="hours")["figures"][0] == {"label": "Today", "value": "0:10"}
    rig.tap("page-messages")
    assert rig.shows("own", page="messages")["messages"][0]["text"] == "Helmets from Monday"
    rig.tap("page-settings")
    rig.shows("own", page="settings")
    rig.tap("switch-large_text")
    rig.shows("own", large=True)
    rig.tap("language-de")
    rig.shows("own", language="de")
    rig.tap("back")
    rig.shows("jobs", language="de", large=True)
    rig.tap("notMe")
    rig.shows("idle")
    assert [(each.message_id, each.employee_id) for each in rig.lines("message_read")] == [("m1", ANA)]
    assert [each.preferences.language for each in rig.lines("request")] == [None, "de"]
    rig.badge(BADGE[ANA])
    rig.shows("jobs", language="de", large=True, unread=0)


@house()
def test_a_correction_is_asked_for_at_the_wall(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("jobs")
    rig.tap("own")
    rig.shows("own")
    rig.tap("page-request")
    rig.shows("own", page="request")
    rig.tap("request-in")
    rig.shows("forgotten", claimed="07:58")
    rig.tap("shift-60")
    rig.shows("forgotten", claimed="06:58")
    rig.tap("confirm")
    rig.shows("own", said="Sent. You hear back from your supervisor or the office.")
    rig.tap("request-other")
    rig.shows("detail")
    rig.type("wrong job")
    rig.tap("enter")
    rig.shows("own", page="request")
    timed, worded = rig.lines("request")
    assert (timed.kind, timed.claimed_at) == ("in", "2026-03-02T06:58:00.000Z")
    assert beside(rig, worded, "text") == "wrong job"


@house()
def test_practice_records_nothing(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    rig.shows("jobs")
    rig.tap("own")
    rig.shows("own")
    rig.tap("page-settings")
    rig.shows("own", page="settings")
    rig.tap("practise")
    rig.shows("jobs", practice="Practice: nothing is recorded")
    rig.tap("primary")
    rig.shows("answer", practice="Practice: nothing is recorded")
    assert rig.punches() == []
    assert [each.reason for each in rig.lines("sighting")] == ["own_page"]


@house(row("policy", SITE, pin_with=["rfid"], shuffle_pad=True))
def test_a_badge_that_needs_a_pin_shuffles_the_pad_and_counts_from_the_reading(at_the_gate):
    rig = at_the_gate
    rig.badge(BADGE[ANA])
    keys = rig.shows("entry", entry="pin")["keys"]
    assert sorted(keys) == list("0123456789") != keys
    for digit in PIN:
        rig.tap(f"key-{digit}")
    rig.shows("jobs")
    rig.tap("primary")
    rig.shows("answer")
    (line,) = rig.lines("punch")
    assert (line.method, line.second_factor, line.credential_ref) == ("rfid", "pin", "badge-1001")
