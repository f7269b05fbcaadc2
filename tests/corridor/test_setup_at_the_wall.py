"""A new kiosk is joined by hands on its own screen: real window, real daemon, real server."""

import tempfile
from pathlib import Path

import pytest

from corridor.test_sync_server import Town
from kiosk.wallrig import wall


@pytest.fixture
def town():
    with tempfile.TemporaryDirectory(prefix="clockhouse-") as folder:
        made = Town(Path(folder))
        try:
            made.furnish()
            yield made
        finally:
            made.close()


def test_address_and_code_are_typed_words_compared_and_people_punch(town, qapp):
    code = town.api("POST", "enroll-codes", site_id=town.site, name="Gate 2")["code"]
    town.sync()
    with wall(town.state) as rig:
        rig.shows("join")
        rig.until(lambda: rig.view.get("note") == "", 40)
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
        (kiosk,) = town.api("GET", "kiosks")["items"]
        assert rig.view["words"].split() == kiosk["words"]
        town.api("POST", f"kiosks/{kiosk['id']}/confirm")
        rig.until(lambda: rig.view["screen"] == "idle", 40)
        rig.tap("pin")
        rig.type("0042")
        rig.tap("key-enter")
        rig.until(lambda: rig.view["screen"] == "answer")
        assert rig.view["title"] == "There is no PIN for you yet"
