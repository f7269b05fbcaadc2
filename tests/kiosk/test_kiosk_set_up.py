"""An administrator's mode at the real window: what is set is kept, what is asked is done, nothing is lost."""

import json
import os

import pytest

from clockhouse_kiosk.local import FILE, laid_over
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.writing import Writing
from clockhouse_sync.link import AskStatus, Export, Exported, LinkServer, Refused, SignedOut, SignOut
from clockhouse_sync.roster import RosterStore
from kiosk.house import ANA, BADGE, BERND, LUCIA, PIN, STRANGER, furnish, instant, row, rows
from kiosk.test_kiosk_and_daemon import status
from kiosk.wallrig import wall

MONDAY = instant("2026-03-02T07:58:00+00:00")
ADA = row("person", ANA, number="1001", name="Ana Ortiz", short_name="Ana", language="en", administrator=True)


@pytest.fixture
def daemon(tmp_path):
    server = LinkServer(tmp_path / "sync.sock", allowed_uids={os.geteuid()})
    yield server
    server.close()


@pytest.fixture
def set_up(tmp_path, qapp, daemon):
    """A wall whose administrator stands before the first page of the mode."""
    furnish(tmp_path, rows(extra=[ADA]))
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        rig.until(lambda: daemon.accept() == 1)
        daemon.push(status())
        rig.until(lambda: rig.strip["condition"] == "Online")
        let_in(rig)
        yield rig


def let_in(rig):
    rig.badge(BADGE[ANA])
    rig.until(lambda: rig.view["screen"] in {"jobs", "person"})
    rig.tap("own")
    rig.shows("own")
    rig.tap("mode-administrator")
    rig.shows("entry", entry="pin")
    rig.type(PIN)
    rig.shows("administer", section="home")


def opened(rig, section):
    rig.tap(f"section-{section}")
    return rig.shows("administer", section=section)


def modes(rig):
    return [(line.what, line.actor_id) for line in rig.lines("access")]


def listened(rig, daemon, wanted):
    heard = []
    rig.until(lambda: heard.extend(daemon.receive()) or wanted in heard)


def test_in_and_out_are_lines_and_so_is_whoever_went_in(set_up):
    set_up.tap("back")
    set_up.shows("idle")
    set_up.until(lambda: modes(set_up) == [("mode_entered", ANA), ("mode_left", ANA)])
    set_up.until(lambda: [line.reason for line in set_up.lines("sighting")] == ["own_page"])
    assert set_up.punches() == []


def test_a_kiosk_that_is_stopped_in_the_mode_leaves_it(tmp_path, qapp):
    furnish(tmp_path, rows(extra=[ADA]))
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        let_in(rig)
    assert modes(rig) == [("mode_entered", ANA), ("mode_left", ANA)]


def test_volume_is_set_heard_and_kept(set_up):
    opened(set_up, "sound")
    assert set_up.view["rows"][0]["value"] == "80 %"
    set_up.tap("louder")
    set_up.until(lambda: set_up.view["rows"][0]["value"] == "90 %")
    set_up.tap("off")
    set_up.until(lambda: set_up.view["rows"][0]["value"] == "Off")
    set_up.tap("test_sound")
    set_up.until((set_up.state_dir / FILE).exists)
    set_up.until(lambda: json.loads((set_up.state_dir / FILE).read_text()) == {"volume": 0})
    assert laid_over(Settings(state_dir=set_up.state_dir)).volume == 0


def test_hands_are_this_wall_s_from_now_on_and_after_a_restart(tmp_path, set_up):
    opened(set_up, "comfort")
    set_up.tap("gloves")
    set_up.until(lambda: set_up.view["gloves"])
    set_up.tap("hand-left")
    set_up.until(lambda: set_up.view["left"])
    set_up.tap("back")
    set_up.tap("back")
    assert set_up.shows("idle", left=True, gloves=True)
    set_up.until(lambda: json.loads((tmp_path / FILE).read_text()) == {"gloves": True, "hand": "left"})


def test_what_makes_no_sense_in_the_wall_s_own_file_is_passed_over(tmp_path, caplog):
    (tmp_path / FILE).write_text('{"volume": 400, "gloves": true, "pin_digits": 4}')
    settings = Settings(state_dir=tmp_path)
    found = laid_over(settings)
    assert (found.volume, found.gloves, found.pin_digits) == (settings.volume, True, settings.pin_digits)
    assert "wall.setting_ignored" in caplog.text
    (tmp_path / FILE).write_text("{")
    assert laid_over(settings) == settings


def test_a_setting_that_cannot_be_kept_says_so(set_up, caplog):
    (set_up.state_dir / f".{FILE}.new").mkdir()
    opened(set_up, "sound")
    set_up.tap("quieter")
    set_up.until(lambda: set_up.view["said"].startswith("That holds until"))
    assert set_up.view["rows"][0]["value"] == "70 %"
    assert "wall.settings_not_kept" in caplog.text


def test_what_the_machine_says_of_itself_is_gathered_aside(set_up):
    for section, label in (("network", "Delivery"), ("diagnostics", "clock")):
        opened(set_up, section)
        set_up.until(lambda: len(set_up.view["rows"]) > 1)
        assert any(each["label"].startswith(label) for each in set_up.view["rows"])
        set_up.tap("back")
        set_up.shows("administer", section="home")
    assert opened(set_up, "network")["rows"][0]["value"].startswith("Online")


def test_the_export_says_how_many_lines_and_where(set_up, daemon):
    opened(set_up, "export")
    set_up.tap("export")
    listened(set_up, daemon, Export())
    daemon.push(Exported(path="/media/STICK/clockhouse-kioskte.jsonl", lines=12, waiting=3))
    set_up.until(lambda: "12 lines, 3 of them" in set_up.view["said"])
    assert set_up.view["good"]
    set_up.tap("export")
    listened(set_up, daemon, Export())
    daemon.push(Refused(do="export", code="disk_full", text="No space left on device"))
    set_up.until(lambda: set_up.view["said"] == "The stick is full. Nothing was written.")
    assert not set_up.view["good"]


def test_nobody_signs_out_over_lines_that_wait(set_up, daemon):
    daemon.push(status(waiting=7))
    opened(set_up, "sign_out")
    set_up.until(lambda: set_up.view["about"].startswith("Not yet: 7 lines"))
    assert [each["name"] for each in set_up.view["buttons"]] == ["back", "export"]


def test_signing_out_writes_all_first_and_then_shows_how_to_join(tmp_path, set_up, daemon):
    opened(set_up, "sign_out")
    set_up.tap("sign_out")
    set_up.shows("join", title="Signing out")
    listened(set_up, daemon, AskStatus())
    daemon.push(status(waiting=2))
    set_up.until(lambda: "2 waiting" in set_up.strip["condition"])
    assert SignOut() not in daemon.receive()
    assert modes(set_up) == [("mode_entered", ANA), ("mode_left", ANA)]
    before = len(set_up.lines())
    daemon.push(status())
    listened(set_up, daemon, SignOut())
    set_up.badge(BADGE[BERND])
    assert len(set_up.lines()) == before
    store = RosterStore(tmp_path / "roster.db")
    store.clear()
    store.close()
    daemon.push(SignedOut())
    daemon.push(status(enrolled=False, online=False, device_id=None))
    set_up.shows("join", title="This kiosk is new")
    answers, machine = [], set_up.window.kiosk.machine
    fields = {"what": "wrong_pin", "employee_id": ANA, "method": "pin"}
    machine.append(Writing("access", machine.stamp(), fields), answers.append)  # a check that took its time
    set_up.until(lambda: answers == [None])
    assert len(set_up.lines()) == before


def test_a_server_that_cannot_be_left_after_all_keeps_everything(set_up, daemon):
    opened(set_up, "sign_out")
    set_up.tap("sign_out")
    set_up.shows("join", title="Signing out")
    listened(set_up, daemon, AskStatus())
    daemon.push(status())
    listened(set_up, daemon, SignOut())
    daemon.push(Refused(do="sign_out", code="undelivered", text="1 lines were not delivered yet"))
    set_up.shows("idle")
    set_up.badge(BADGE[BERND])
    set_up.shows("jobs", language="de")


def test_a_badge_is_given_and_works_here_at_once(set_up):
    set_up.tap("section-badge")
    set_up.shows("lead", searching=True)
    set_up.type("maxi")
    set_up.until(lambda: set_up.window.bridge.tiles.rowCount() == 1)
    set_up.tap("job-0")
    assert "hold the new badge" in set_up.shows("administer", section="badge")["about"]
    set_up.badge(BADGE[LUCIA])
    set_up.until(lambda: "M. L. F. d. l. V." in set_up.view["said"])
    assert "Lucía" not in set_up.view["said"]
    set_up.badge(STRANGER)
    assert set_up.shows("lead", searching=False)["said"].startswith(
        "Maximilian Oberstleutnant-Krüger has a badge"
    )
    (line,) = set_up.lines("enrolment")
    assert (line.what, line.action, line.employee_id, line.actor_id) == ("badge", "given", BERND, ANA)
    set_up.tap("back")
    set_up.tap("back")
    set_up.shows("idle")
    set_up.badge(STRANGER)
    assert set_up.shows("jobs")["name"].startswith("Maximilian")
    set_up.later(60)
    set_up.shows("answer")
    set_up.later(60)
    set_up.shows("idle")
    assert set_up.lines("punch")[-1].credential_ref == line.credential_ref


def test_a_badge_given_here_is_known_after_a_restart(tmp_path, qapp, daemon):
    furnish(tmp_path, rows(extra=[ADA]))
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        let_in(rig)
        rig.tap("section-badge")
        rig.type("1002")
        rig.until(lambda: rig.window.bridge.tiles.rowCount() == 1)
        rig.window.bridge.pad("\r")
        rig.shows("administer", section="badge")
        rig.badge(STRANGER)
        rig.shows("lead", searching=False)
    with wall(tmp_path, start=MONDAY) as rig:
        rig.shows("idle")
        rig.badge(STRANGER)
        assert rig.shows("jobs")["name"].startswith("Maximilian")
