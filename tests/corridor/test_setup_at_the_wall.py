"""A kiosk is joined and let go of by hands on its own screen: real window, real daemon, real server."""

import tempfile
from pathlib import Path

import pytest

from clockhouse_sync.commands import verify_file
from corridor.test_sync_server import Town
from kiosk.wallrig import wall

PIN = "271828"


@pytest.fixture
def town():
    with tempfile.TemporaryDirectory(prefix="clockhouse-") as folder:
        made = Town(Path(folder))
        try:
            made.furnish()
            yield made
        finally:
            made.close()


def joined(rig, town):
    """Address and code are typed; the words are those of the office, which lets this kiosk in."""
    code = town.api("POST", "enroll-codes", site_id=town.site, name="Gate 2")["code"]
    rig.shows("join")
    rig.until(lambda: rig.view.get("note") == "" and rig.view.get("setup"), 40)
    rig.tap("setup")
    for _ in "https://":
        rig.tap("key-erase")
    for char in town.url:
        rig.tap(f"key-{char}")
    rig.tap("enter")
    rig.type("2222-2222")
    rig.tap("enter")
    rig.until(lambda: "not valid" in rig.view.get("detail", ""), 40)
    for char in code.lower():
        rig.tap(f"key-{char}")
    rig.tap("enter")
    rig.until(lambda: rig.view.get("words"), 40)
    (kiosk,) = [each for each in town.api("GET", "kiosks")["items"] if each["status"] == "pending"]
    assert rig.view["words"].split() == kiosk["words"]
    town.api("POST", f"kiosks/{kiosk['id']}/confirm")
    rig.until(lambda: rig.view["screen"] == "idle", 40)
    return kiosk["id"]


def test_a_kiosk_is_joined_exported_and_let_go_of_at_the_wall(town, qapp):
    stick = town.folder / "stick"
    stick.mkdir()
    town.config.write_text(town.config.read_text() + f'export_dir = "{stick}"\n')
    ada = town.api("POST", "people", number="0050", name="Ada", site_ids=[town.site], administrator=True)
    town.write("PUT", f"people/{ada['id']}/pin", pin=PIN)
    town.sync()
    with wall(town.state) as rig:
        first = joined(rig, town)
        rig.tap("pin")
        rig.type("0050")
        rig.tap("key-enter")
        rig.shows("entry", entry="pin")
        rig.type(PIN)
        rig.until(lambda: rig.view["screen"] in {"person", "jobs"}, 10)
        rig.tap("own")
        rig.tap("mode-administrator")
        rig.shows("entry", entry="pin")
        rig.type(PIN)
        rig.until(lambda: rig.view["screen"] == "administer", 10)

        rig.tap("section-server")
        rig.until(lambda: any(each["value"] == town.url for each in rig.view["rows"]))
        rig.tap("back")
        rig.tap("section-export")
        rig.tap("export")
        rig.until(lambda: str(stick) in rig.view["said"], 20)
        (file,) = stick.iterdir()
        assert (verify_file(file).ok, verify_file(file).device_id) == (True, first)
        rig.tap("back")

        rig.tap("section-sign_out")
        rig.until(lambda: any(each["name"] == "sign_out" for each in rig.view["buttons"]), 40)
        rig.tap("sign_out")
        rig.until(lambda: rig.view.get("title") == "This kiosk is new", 40)
        assert not (town.state / "device.key").exists()
        modes = [line.what for line in rig.lines("access")]
        assert modes == ["mode_entered", "mode_left"]
        second = joined(rig, town)
        assert second != first
    assert list(town.state.glob("outbox.db.aside-*"))


def test_a_stolen_kiosk_records_who_stands_there_and_its_last_line_is_on_the_server(town, qapp):
    ada = town.api("POST", "people", number="0050", name="Ada", site_ids=[town.site])
    town.write("PUT", f"people/{ada['id']}/pin", pin=PIN)
    town.sync()
    with wall(town.state) as rig:
        kiosk = joined(rig, town)
        rig.tap("pin")
        rig.type("0050")
        rig.tap("key-enter")
        rig.shows("entry", entry="pin")
        rig.type(PIN)
        rig.until(lambda: rig.view["screen"] in {"person", "jobs"}, 10)
        town.api("POST", f"kiosks/{kiosk}/wipe", kind="stolen", reason="gone from the gate")
        rig.until(lambda: rig.view.get("title") == "This kiosk is new", 40)
        assert not (town.state / "device.key").exists()
        wipe = town.api("GET", f"kiosks/{kiosk}/wipe")
        assert (wipe["kept"], wipe["confirmed_at"] is None) == (0, False)
        (punch,) = rig.lines("punch")
        assert (punch.employee_id, punch.kind_from) == (ada["id"], "unconfirmed")
        parked = town.api("GET", "parked")["items"]
        assert {(line["seq"], line["code"]) for line in parked} == {(punch.seq, "revoked_key")}
        assert b"Ada" not in (town.state / "roster.db").read_bytes()
