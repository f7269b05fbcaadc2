"""People at the real window: real outbox, real roster, real reader threads."""

import os
import pty
import tty
from datetime import timedelta

import pytest

from clockhouse_drivers.reader import ReaderSettings
from clockhouse_sync.ledger import Stored, verify
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.store import StoreError
from kiosk import house
from kiosk.house import ANA, BADGE, BERND, LAYLA, PIN, STRANGER, furnish, instant, rows, state
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")


@pytest.fixture
def at_the_gate(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        yield rig


def test_ana_signs_in_by_number_and_pin_and_picks_a_job(at_the_gate):
    wall_ = at_the_gate
    wall_.tap("pin")
    wall_.shows("entry", entry="number")
    for digit in "1001":
        wall_.tap(f"key-{digit}")
    wall_.tap("key-enter")
    wall_.shows("entry", entry="pin")
    for digit in PIN:
        wall_.tap(f"key-{digit}")
    assert wall_.shows("jobs")["name"] == "Ana Ortiz"
    wall_.tap("job-0")
    assert wall_.shows("answer")["title"] == "Clocked in, Ana"
    (line,) = wall_.lines("punch")
    assert (line.employee_id, line.kind, line.kind_from, line.method) == (ANA, "in", "inferred", "pin")
    assert (line.job_id, line.site_id, line.zone) == ("j-1042", house.SITE, "UTC")
    assert line.clock.sync is True


def test_the_outbox_behind_the_screens_is_one_unbroken_chain(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer")
    reader = OutboxReader(wall_.state_dir / "outbox.db")
    stored = list(reader.stored())
    reader.close()
    assert all(isinstance(line, Stored) for line in stored)
    assert verify(stored).ok


def test_badge_bytes_through_a_real_serial_line_are_a_punch(tmp_path, qapp):
    furnish(tmp_path, rows())
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    try:
        reader = ReaderSettings(kind="serial", port=os.ttyname(theirs), protocol="rdm6300")
        with wall(tmp_path, start=MONDAY, readers=[reader]) as wall_:
            wall_.shows("idle")
            wall_.until(lambda: wall_.strip["condition"] and "reader" not in wall_.strip["condition"])
            os.write(ours, b"\x022A00B4C3D78A\x03")
            assert wall_.shows("jobs")["name"] == "Ana Ortiz"
            wall_.tap("primary")
            wall_.shows("answer", tone="in")
            (line,) = wall_.lines("punch")
            assert (line.employee_id, line.method, line.credential_ref) == (ANA, "rfid", "badge-1001")
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_day_has_all_five_kinds(at_the_gate):
    wall_ = at_the_gate
    steps = [
        ("jobs", "job-0", "in"),
        ("person", "other-break_start", "break_start"),
        ("person", "primary", "break_end"),
        ("person", "other-transfer", "transfer"),
        ("person", "primary", "out"),
    ]
    for screen, way, kind in steps:
        wall_.badge(BADGE[ANA])
        wall_.shows(screen)
        wall_.tap(way)
        if kind == "transfer":
            wall_.shows("jobs", kind="transfer")
            wall_.tap("tab-all")
            wall_.tap("job-1")
        assert wall_.shows("answer")["tone"] == kind
        wall_.later(3600)
        wall_.shows("idle")
    kinds = ["in", "break_start", "break_end", "transfer", "out"]
    assert [line.kind for line in wall_.lines("punch")] == kinds
    assert [line.job_id for line in wall_.lines("punch")][3] == "j-0031"


def test_the_punch_carries_the_instant_of_the_reading_not_of_the_tap(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    read_at = wall_.state.visit.read.stamp.at
    wall_.clock.later(6)
    wall_.tap("primary")
    wall_.shows("answer")
    (line,) = wall_.lines("punch")
    assert abs(instant(line.at) - read_at) < timedelta(milliseconds=1)


def test_the_next_badge_is_welcome_while_the_answer_shows(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer")
    wall_.badge(BADGE[BERND])
    assert wall_.shows("jobs", language="de")["name"].startswith("Maximilian")


def test_whoever_walks_on_is_clocked_in_by_the_next_badge(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs", language="en")
    wall_.badge(BADGE[BERND])
    wall_.shows("jobs", language="de")
    assert wall_.punches() == [(ANA, "in", "unconfirmed")]
    assert wall_.strip["before"].startswith("Ana: gekommen 07:58")


def test_the_next_in_line_waits_while_somebody_looks_for_a_job(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("tab-all")
    wall_.badge(BADGE[BERND])
    wall_.until(lambda: wall_.strip["holding"] == "Next badge seen, one moment")
    wall_.badge(BADGE[LAYLA])
    wall_.until(lambda: wall_.strip["holding"].startswith("One badge is waiting"))
    wall_.later(10)
    wall_.shows("jobs", language="de")
    (line,) = wall_.lines("punch")
    assert (line.employee_id, line.kind_from, line.job_id) == (ANA, "unconfirmed", None)


def test_a_badge_held_twice_counts_once_and_offers_the_way_out(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer")
    wall_.badge(BADGE[ANA])
    assert wall_.shows("person")["already"] == "Already in at 07:58"
    assert [way["kind"] for way in wall_.view["others"]] == ["out", "break_start", "transfer"]
    wall_.later(10)
    wall_.shows("idle")
    assert wall_.punches() == [(ANA, "in", "inferred")]
    wall_.until(lambda: [line.reason for line in wall_.lines("sighting")] == ["walked_away"])


def test_undo_is_a_line_of_its_own_and_the_punch_stays(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer", tone="in")
    wall_.tap("undo")
    wall_.shows("answer", tone="undone")
    (punch,), (undo,) = wall_.lines("punch"), wall_.lines("undo")
    assert undo.punch_id == punch.punch_id
    wall_.later(10)
    wall_.shows("idle")
    wall_.badge(BADGE[ANA])
    assert wall_.shows("jobs")["primary"]["kind"] == "in"


def test_a_stranger_s_badge_is_recorded_with_its_number_beside(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(STRANGER)
    assert wall_.shows("answer", tone="unknown")["title"] == "This badge is new to us"
    (line,) = wall_.lines("punch")
    assert (line.employee_id, line.credential_ref, line.kind_from) == (None, None, "unconfirmed")
    reader = OutboxReader(wall_.state_dir / "outbox.db")
    (depth,) = reader.heads()
    contents = [content for _, content in reader.beside(reader.lines(depth.epoch, 0, 99)).values()]
    reader.close()
    assert contents == [STRANGER.encode()]


def test_a_stranger_s_badge_held_again_is_not_written_twice(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(STRANGER)
    wall_.shows("answer", tone="unknown")
    wall_.badge(STRANGER)
    assert wall_.shows("answer", tone="refused")["title"] == "This badge is written down already"
    assert len(wall_.lines("punch")) == 1


def test_not_you_is_a_sighting_and_no_punch(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("notMe")
    wall_.shows("idle")
    wall_.until(lambda: [line.reason for line in wall_.lines("sighting")] == ["not_me"])
    assert wall_.punches() == []


class Full:
    """An outbox on a full disk."""

    def __init__(self, outbox):
        self._outbox = outbox

    def append(self, *_):
        raise StoreError("disk_full", "outbox.db: database or disk is full")

    def close(self):
        self._outbox.close()


def test_a_punch_that_the_disk_refused_is_never_called_recorded(at_the_gate, caplog):
    wall_ = at_the_gate
    machine = wall_.window.kiosk.machine
    whole, machine._outbox = machine._outbox, Full(machine._outbox)
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    view = wall_.shows("answer", tone="refused")
    assert (view["title"], view["detail"]) == ("Not recorded", "Please tell your supervisor now.")
    assert "Storage trouble" in wall_.strip["condition"]
    machine._outbox = whole
    wall_.badge(BADGE[BERND])
    wall_.shows("jobs", language="de")
    wall_.tap("primary")
    wall_.shows("answer", tone="in")
    assert wall_.punches() == [(BERND, "in", "inferred")]
    assert "outbox.failed" in caplog.text


def test_a_wrong_pin_is_told_kindly_and_five_of_them_rest_it(at_the_gate):
    wall_ = at_the_gate
    for attempt in range(5):
        if attempt == 0:
            wall_.type("1001")
            wall_.tap("key-enter")
        wall_.shows("entry", entry="pin")
        wall_.type("000000")
        tries = attempt + 1
        wall_.until(lambda: len(wall_.lines("access")) >= tries, 5)  # noqa: B023
        if attempt < 4:
            wall_.shows("entry", problem="That was not it. Please try again.")
    assert wall_.shows("answer")["title"] == "Your PIN rests for 15 minutes"
    wanted = ["wrong_pin"] * 5 + ["locked"]
    wall_.until(lambda: [line.what for line in wall_.lines("access")] == wanted)
    wall_.later(10)
    wall_.type("1001")
    wall_.tap("key-enter")
    assert wall_.shows("answer")["title"] == "Your PIN rests for 15 minutes"
    wall_.later(10)
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")


def test_the_lock_is_still_there_after_the_power_was_cut(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        for _ in range(5):
            wall_.window.bridge.session.note(
                "access", {"what": "wrong_pin", "employee_id": ANA, "method": "pin"}
            )
    with wall(tmp_path, start=MONDAY + timedelta(minutes=5)) as wall_:
        wall_.shows("idle")
        wall_.type("1001")
        wall_.tap("key-enter")
        assert wall_.shows("answer")["title"] == "Your PIN rests for 15 minutes"


def test_bob_forgot_to_clock_out_and_is_asked_the_next_morning(tmp_path, qapp):
    friday = MONDAY - timedelta(days=3)
    furnish(tmp_path, rows(extra=[state(ANA, "in", friday)]))
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        assert wall_.shows("jobs")["standing"] == "No clock-out since Fri 07:58"
        wall_.tap("primary")
        wall_.shows("answer", tone="in")
        asked = wall_.shows("forgotten", claimed="Fri 16:15")
        assert asked["recorded"] == "Recorded: in 07:58"
        wall_.tap("shift15")
        wall_.shows("forgotten", claimed="Fri 16:30")
        wall_.tap("confirm")
        wall_.shows("answer", tone="in")
        (claim,) = wall_.lines("proposal")
        assert (claim.kind, claim.claimed_at, claim.punch_id) == ("out", "2026-02-27T16:30:00.000Z", "old")
        assert wall_.punches() == [(ANA, "in", "inferred")]
        assert wall_.lines("punch")[0].credential_ref == "badge-1001"


def test_the_question_can_be_put_off_to_the_end_of_the_shift(tmp_path, qapp):
    furnish(tmp_path, rows(extra=[state(ANA, "in", MONDAY - timedelta(days=3))]))
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        wall_.shows("jobs")
        wall_.tap("primary")
        wall_.shows("forgotten")
        wall_.tap("later")
        wall_.shows("answer", tone="in")
        assert wall_.lines("proposal") == []
        wall_.later(8 * 3600)
        wall_.badge(BADGE[ANA])
        wall_.shows("person")
        wall_.tap("primary")
        assert wall_.shows("forgotten")["recorded"] == "Recorded: out 15:58"
        wall_.tap("confirm")
        wall_.shows("answer", tone="out")
        assert [claim.punch_id for claim in wall_.lines("proposal")] == ["old"]


def test_a_job_is_found_by_its_number_and_by_its_name(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("find")
    wall_.shows("jobs", searching=True)
    for char in "grin":
        wall_.tap(f"key-{char}")
    wall_.shows("jobs", query="grin")
    wall_.tap("job-0")
    assert wall_.shows("answer")["detail"] == "1108 Grinding · Harbour Cranes · Tower 3"


def test_a_kiosk_that_was_killed_remembers_who_is_in(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        wall_.shows("jobs")
        wall_.tap("primary")
        wall_.shows("answer")
    with wall(tmp_path, start=MONDAY + timedelta(hours=8)) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        assert wall_.shows("person")["standing"] == "In since 07:58"


def test_somebody_picks_a_language_before_signing_in(at_the_gate):
    wall_ = at_the_gate
    wall_.tap("languages")
    wall_.shows("languages")
    wall_.tap("language-ar")
    assert wall_.shows("idle", language="ar")["rtl"] is True
    wall_.tap("pin")
    wall_.shows("entry", language="ar")
    wall_.tap("back")
    wall_.shows("idle", language="ar")
    wall_.later(60)
    wall_.shows("idle", language="en")


def test_a_kiosk_that_is_stopped_writes_down_whoever_stands_before_it(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as wall_:
        wall_.shows("idle")
        wall_.badge(BADGE[ANA])
        wall_.shows("jobs")
        wall_.tap("tab-all")
        wall_.badge(BADGE[BERND])
        wall_.until(lambda: wall_.strip["holding"])
        wall_.badge(STRANGER)
        wall_.until(lambda: wall_.strip["holding"].startswith("One badge is waiting"))
    assert wall_.punches() == [(ANA, "in", "unconfirmed"), (BERND, "in", "unconfirmed")]


def test_a_tap_beside_the_buttons_waves_the_answer_away(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer")
    signals = []
    receive = wall_.window.bridge.session.receive
    wall_.window.bridge.session.receive = lambda signal: (
        signals.append(type(signal).__name__),
        receive(signal),
    )
    wall_.tap("undo")
    wall_.shows("answer", tone="undone")
    assert "Back" not in signals
    wall_.tap("answerTitle")
    wall_.shows("idle")
    assert "Back" in signals


def test_a_kiosk_that_runs_for_weeks_keeps_no_more_than_a_start_would_read(at_the_gate):
    wall_ = at_the_gate
    wall_.badge(BADGE[ANA])
    wall_.shows("jobs")
    wall_.tap("primary")
    wall_.shows("answer")
    history = wall_.window.bridge.session.directory.history
    assert len(history.punches(ANA)) == 1
    wall_.later(13 * 86_400)
    wall_.until(lambda: wall_.window.kiosk._prune_at > wall_.clock.boottime_ms())
    assert len(history.punches(ANA)) == 1
    wall_.later(2 * 86_400)
    wall_.until(lambda: history.punches(ANA) == [])
