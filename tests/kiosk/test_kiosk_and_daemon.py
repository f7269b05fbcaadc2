"""A kiosk and the daemon's own socket: joining, news of the roster, clocks, and how sending stands."""

import os
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clockhouse_drivers.reader import ReaderSettings
from clockhouse_kiosk.texts import load
from clockhouse_sync import wire
from clockhouse_sync.link import (
    WIPED,
    ClockNews,
    Enroll,
    Joined,
    LinkServer,
    Nudge,
    Refused,
    RosterNews,
    SignedOut,
    Status,
    StoodDown,
)
from clockhouse_sync.roster import RosterStore
from drivers.test_reader_promises import spelled
from kiosk.house import ANA, BADGE, BERND, DEVICE, SITE, furnish, instant, row, rows
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")


@pytest.fixture
def daemon(tmp_path):
    server = LinkServer(tmp_path / "sync.sock", allowed_uids={os.geteuid()})
    yield server
    server.close()


def status(**changes):
    fields = {"enrolled": True, "online": True, "since": "2026-03-02T07:41:00.000Z", "device_id": DEVICE}
    return Status(**{**fields, **changes})


def joined(rig, daemon, *messages):
    """The kiosk has found the daemon, which says this."""
    rig.until(lambda: daemon.accept() == 1)
    for message in messages:
        daemon.push(message)


def test_a_new_kiosk_is_joined_at_the_wall_and_goes_on_by_itself(tmp_path, qapp, daemon, caplog):
    with wall(tmp_path, start=MONDAY) as rig:
        assert rig.shows("join")["title"] == "This kiosk is new"
        assert rig.view["note"] == "Waiting for the sync service on this machine"
        joined(rig, daemon, status(enrolled=False, online=False))
        rig.shows("join", note="")
        rig.tap("setup")
        rig.shows("typing", typed="https://")
        for char in "clock.example.com:8443":
            rig.tap(f"key-{char}")
        rig.tap("enter")
        rig.shows("typing", title="The one-time code")
        rig.tap("back")
        rig.shows("typing", typed="https://clock.example.com:8443")
        rig.tap("enter")
        for char in "abcd-efgh":
            rig.tap(f"key-{char}")
        rig.shows("typing", typed="ABCD-EFGH")
        rig.tap("enter")
        rig.shows("join", title="One moment")
        asked = []
        rig.until(lambda: asked.extend(daemon.receive()) or asked)
        assert asked == [Enroll(server="https://clock.example.com:8443", code="abcd-efgh")]
        daemon.push(Refused(do="enroll", code="bad_code", text="This code is not valid."))
        assert rig.shows("typing", typed="")["detail"].startswith("This code is not valid.")
        rig.type("ABCD-EFGJ")
        rig.tap("enter")
        words = ["harbour", "lantern", "copper"]
        rig.until(lambda: len(asked) == 2 or asked.extend(daemon.receive()))
        daemon.push(Joined(server="x", company="Blechwerk", status="pending", words=words))
        daemon.push(status(enrolled=False, pending_words=words))
        rig.shows("join", words="harbour lantern copper")
        daemon.push(status())
        rig.shows("join", title="Joined")
        furnish(tmp_path, rows())
        daemon.push(RosterNews(cursor="c1"))
        rig.shows("idle")
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
    assert "abcd" not in caplog.text.lower()


def scan(rig, text):
    """A reader of codes types what it read, as a keyboard would."""
    for char in text:
        QTest.keyClick(rig.window.quick, char)
    QTest.keyClick(rig.window.quick, Qt.Key.Key_Return)


def test_a_setup_code_that_a_reader_types_says_all_at_once(tmp_path, qapp, daemon):
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("join")
        joined(rig, daemon, status(enrolled=False, online=False))
        rig.shows("join", note="")
        scan(rig, "clockhouse:1?server=https://clock.example.com")
        assert rig.shows("join")["note"].startswith("Please type the code")
        scan(rig, "clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH")
        asked = []
        rig.until(lambda: asked.extend(daemon.receive()) or asked)
        assert asked == [Enroll(server="https://clock.example.com", code="ABCD-EFGH")]
        daemon.push(Refused(do="enroll", code="network", text="no route"))
        rig.shows("typing", typed="https://clock.example.com")


def test_a_setup_code_from_a_reader_that_the_settings_name(tmp_path, qapp, daemon):
    port = tmp_path / "event-scanner"
    os.mkfifo(port)
    pipe = os.open(port, os.O_RDWR)
    try:
        with wall(tmp_path, start=MONDAY, readers=[ReaderSettings(kind="hid", port=str(port))]) as rig:
            rig.shows("join")
            joined(rig, daemon, status(enrolled=False, online=False))
            rig.shows("join", note="")
            os.write(pipe, spelled("clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH"))
            asked = []
            rig.until(lambda: asked.extend(daemon.receive()) or asked)
            assert asked == [Enroll(server="https://clock.example.com", code="ABCD-EFGH")]
    finally:
        os.close(pipe)


def test_a_code_that_was_left_on_the_screen_is_gone_after_a_while(tmp_path, qapp, daemon):
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("join")
        joined(rig, daemon, status(enrolled=False, online=False))
        rig.tap("setup")
        rig.tap("back")
        rig.shows("join")
        rig.tap("setup")
        rig.type("clock.example.com")
        rig.tap("enter")
        rig.type("ABCD")
        rig.shows("typing", typed="ABCD")
        rig.clock.later(181)
        rig.shows("join", title="This kiosk is new")
        rig.tap("setup")
        rig.shows("typing", typed="https://")


def test_the_first_start_is_in_the_language_of_whoever_sets_it_up(tmp_path, qapp, daemon):
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("join")
        rig.tap("languages")
        rig.tap("language-ar")
        assert rig.shows("join", rtl=True)["title"] == "هذا الجهاز جديد"
        joined(rig, daemon, status(enrolled=False, pending_words=["harbour"]))
        rig.shows("join", language="ar", words="harbour")


def test_offline_is_told_calmly_with_what_is_kept(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status(online=False, waiting=6))
        rig.until(lambda: rig.strip["condition"] == "Offline since 07:41 · 6 waiting, kept safely")
        assert rig.strip["well"] is False
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.tap("primary")
        assert rig.shows("answer")["note"].endswith("when the network is back.")
        daemon.push(status(waiting=0))
        rig.until(lambda: rig.strip["condition"] == "Online")
        assert rig.strip["well"] is True


def test_what_a_person_must_look_into_is_said_and_news_are_not(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status(notices=["server_restored"]))
        rig.until(lambda: rig.strip["condition"] == "Online")
        daemon.push(status(notices=["server_restored", "revoked"]))
        rig.until(lambda: rig.strip["condition"] == "Sending trouble, please tell your supervisor · Online")
        assert rig.strip["well"] is False


def test_the_daemon_hears_of_each_line_that_is_on_disk(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    heard = []
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status())
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.tap("primary")
        rig.shows("answer")
        rig.until(lambda: heard.extend(daemon.receive()) or Nudge() in heard)


def test_a_comparison_of_clocks_is_a_line_and_proves_the_clock(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        server_time = wire.format_instant(rig.clock.now())
        joined(rig, daemon, status(), ClockNews(cause="hello", server_time=server_time, rtt_ms=12))
        rig.until(lambda: rig.lines("clock"))
        (line,) = rig.lines("clock")
        assert (line.cause, line.server_time, line.rtt_ms, line.step_ms) == ("hello", server_time, 12, None)


def test_a_comparison_that_came_before_the_store_was_open_is_not_lost(tmp_path, qapp, daemon):
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("join")
        joined(
            rig, daemon, status(), ClockNews(cause="hello", server_time="2026-03-02T07:58:00.000Z", rtt_ms=9)
        )
        rig.shows("join", title="Joined")
        furnish(tmp_path, rows())
        daemon.push(RosterNews(cursor="c1"))
        rig.shows("idle")
        rig.until(lambda: [line.rtt_ms for line in rig.lines("clock")] == [9])


def test_a_clock_that_nobody_vouches_for_is_shown_as_not_set(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY, synced=False) as rig:
        rig.shows("idle")
        joined(rig, daemon, status())
        rig.until(lambda: rig.strip["condition"] == "Clock not set · Online")
        far = wire.format_instant(rig.clock.now() + timedelta(hours=1))
        daemon.push(ClockNews(cause="hello", server_time=far, rtt_ms=12))
        rig.until(lambda: rig.lines("clock"))
        assert rig.strip["condition"] == "Clock not set · Online"
        near = wire.format_instant(rig.clock.now())
        daemon.push(ClockNews(cause="hello", server_time=near, rtt_ms=12))
        rig.until(lambda: rig.strip["condition"] == "Online")


def test_news_of_the_roster_reach_the_wall_without_a_restart(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status())
        store = RosterStore(tmp_path / "roster.db")
        newcomer = [
            row("person", "p-new", number="1099", name="Noor Novak", short_name="Noor"),
            row("credential", "c-new", person_id="p-new", kind="badge", value="1122334455"),
        ]
        store.apply(newcomer, since="c1", cursor="c2")
        store.close()
        daemon.push(RosterNews(cursor="c2"))
        rig.until(lambda: rig.window.bridge.session.directory.number("1099", MONDAY) == "no_pin")
        rig.badge("1122334455")
        assert rig.shows("jobs")["name"] == "Noor Novak"
        rig.tap("primary")
        rig.shows("answer")
        (line,) = rig.lines("punch")
        assert line.roster_version == "c2"


def test_a_kiosk_without_a_daemon_still_takes_punches(tmp_path, qapp):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        assert rig.strip["condition"] == "Offline"
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.tap("primary")
        rig.shows("answer", tone="in")


def test_a_kiosk_that_joins_another_server_writes_as_the_new_device(tmp_path, qapp, daemon):
    """Lines of the device before would never be delivered any more."""
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status())
        rig.until(lambda: rig.strip["condition"] == "Online")
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.tap("primary")
        rig.shows("answer")
        store = RosterStore(tmp_path / "roster.db")
        store.clear()
        daemon.push(status(device_id="another", enrolled=False, pending_words=["harbour", "lantern"]))
        rig.shows("join", words="harbour lantern")
        others = [row("device", "another", name="Gate 9", site_id=SITE), *rows()[1:]]
        store.apply(others, since="", cursor="d1")
        store.close()
        daemon.push(status(device_id="another"))
        daemon.push(RosterNews(cursor="d1"))
        rig.shows("idle")
        rig.badge(BADGE[BERND])
        rig.shows("jobs")
        rig.tap("primary")
        rig.shows("answer")
        assert {line.device_id for line in rig.lines()} == {"another"}
        assert rig.punches() == [(BERND, "in", "inferred")]
        assert rig.lines("boot")[0].reason == "other_device"
    (aside,) = [path for path in tmp_path.glob("outbox.db.aside-*") if path.suffix not in {"-wal", "-shm"}]
    assert b'"kind":"in"' in aside.read_bytes()


def test_a_roster_of_the_device_before_opens_nothing(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status(device_id="another"))
        rig.shows("join", title="Joined")
        rig.clock.later(5)
        rig.window.kiosk.look()
        rig.settle()
        assert rig.view["title"] == "Joined"


def test_a_store_that_breaks_while_it_is_written_costs_no_punch(tmp_path, qapp, caplog):
    furnish(tmp_path, rows())
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        connection = rig.window.kiosk.machine._outbox._connection
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (tmp_path / "outbox.db").write_bytes(b"nothing that anybody could read" * 4000)
        connection.execute("PRAGMA shrink_memory")
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        rig.tap("primary")
        rig.shows("answer", tone="in")
        assert rig.punches() == [(ANA, "in", "inferred")]
        assert rig.lines("boot")[0].reason == "unreadable"
        assert "Storage" not in rig.strip["condition"]
    assert "outbox.unreadable" in caplog.text


def test_a_store_that_cannot_be_opened_is_said_and_tried_again(tmp_path, qapp, caplog):
    furnish(tmp_path, rows())
    (tmp_path / "outbox.db").mkdir()
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("join", title="The store cannot be opened")
        for _ in range(2):
            rig.clock.later(5)
            rig.until(lambda: rig.window.kiosk._opening)
            rig.until(lambda: not rig.window.kiosk._opening)
        (tmp_path / "outbox.db").rmdir()
        rig.clock.later(5)
        rig.shows("idle")
    assert caplog.text.count("open.failed") == 1


def test_a_reader_that_is_not_there_is_said(tmp_path, qapp, caplog):
    furnish(tmp_path, rows())
    reader = ReaderSettings(kind="serial", port=str(tmp_path / "no-such-port"))
    with wall(tmp_path, start=MONDAY, readers=[reader]) as rig:
        rig.shows("idle")
        rig.until(lambda: "Badge reader not found" in rig.strip["condition"])


def test_a_wall_that_was_reported_lost_records_whoever_stands_there_and_stands_down(tmp_path, qapp, daemon):
    furnish(tmp_path, rows())
    heard = []
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status())
        rig.badge(BADGE[ANA])
        rig.shows("jobs")
        daemon.push(RosterNews(cursor=""))
        daemon.push(status(notices=["revoked", WIPED]))
        assert rig.shows("join")["title"] == "This kiosk is out of service"
        assert rig.view["detail"].startswith("Reported lost or stolen; it holds no names any more.")
        rig.until(lambda: heard.extend(daemon.receive()) or StoodDown() in heard)
        (line,) = rig.lines("punch")
        assert (line.employee_id, line.kind_from) == (ANA, "unconfirmed")
        before = len(rig.lines())
        rig.badge(BADGE[BERND])
        daemon.push(status(notices=["revoked", WIPED], waiting=1))
        heard.clear()
        rig.until(lambda: heard.extend(daemon.receive()) or StoodDown() in heard)  # to a daemon started anew
        assert len(rig.lines()) == before
        daemon.push(SignedOut())
        daemon.push(status(enrolled=False, online=False, device_id=None))
        rig.shows("join", title="This kiosk is new")


@pytest.mark.parametrize("language", ["de", "es", "ar"])
def test_whoever_finds_a_lost_wall_reads_what_to_do_in_its_language(tmp_path, qapp, daemon, language):
    own = [each for each in rows() if each.type != "site"]
    furnish(tmp_path, [*own, row("site", SITE, name="North", zone="UTC", language=language, hour_cycle=24)])
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        joined(rig, daemon, status(notices=[WIPED]))
        words = load()[language]
        rig.shows("join", title=words("join.wiped"), detail=words("join.wiped.detail"), language=language)
