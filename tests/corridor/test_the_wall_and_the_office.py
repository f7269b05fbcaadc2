"""What a supervisor does at a real screen, carried by a real daemon, counts on a real server; and comes back."""

import tempfile
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from clockhouse_sync import wire
from clockhouse_sync.roster import RosterReader
from corridor.test_sync_server import Town, awaited
from kiosk.wallrig import wall

BOSS, NEW = "2A00B4C3F0", "0F00123456"
PIN = "314159"


@pytest.fixture
def town():
    with tempfile.TemporaryDirectory(prefix="clockhouse-") as folder:
        made = Town(Path(folder))
        try:
            made.furnish()
            made.enrol()
            yield made
        finally:
            made.close()


def _led(town: Town) -> str:
    """Sven leads here, with a badge and a PIN."""
    town.api("PUT", "company", name="Haven", zone="Europe/Berlin")
    sven = town.api("POST", "people", number="1", name="Sven Boss", site_ids=[town.site], supervisor=True)[
        "id"
    ]
    town.api("POST", f"people/{sven}/badges", badge=BOSS)
    town.write("PUT", f"people/{sven}/pin", pin=PIN)
    return sven


def _forgot(town: Town) -> set[str]:
    """Ana's badge was at home yesterday; this morning she said when she came and left."""
    kiosk, now, claims = town.kiosk(), town.moment(), set()
    for kind, hours in (("in", 20), ("out", 12)):
        claim = {
            "proposal_id": str(uuid.uuid4()), "employee_id": town.person, "kind": kind,
            "claimed_at": wire.format_instant(now.at - timedelta(hours=hours)),
        }  # fmt: skip
        kiosk.append("proposal", now, claim)
        claims.add(claim["proposal_id"])
    kiosk.close()
    return claims


def _pick(rig, title: str) -> None:
    def titles() -> list[str]:
        return [each.title for each in rig.window.bridge.tiles._rows]

    rig.until(lambda: title in titles(), 20)
    rig.settle()
    rig.tap(f"job-{titles().index(title)}")


def test_claims_are_settled_and_a_temporary_worker_clocks_in(town, qapp):
    _led(town)
    claims = _forgot(town)
    daemon = town.sync()
    roster = RosterReader(town.state / "roster.db")
    awaited(lambda: claims == roster.load().rows.get("proposal", {}).keys())
    with wall(town.state) as rig:
        rig.until(lambda: rig.view["screen"] == "idle", 40)
        rig.badge(BOSS)
        rig.until(lambda: rig.view["screen"] in {"jobs", "person"}, 20)
        rig.tap("own")
        rig.shows("own")
        rig.tap("mode-supervisor")
        rig.shows("entry", entry="pin")
        rig.type(PIN)
        rig.until(lambda: rig.view["screen"] == "lead", 20)
        _pick(rig, "Claimed times")
        for _ in range(2):
            _pick(rig, "Ana Petrović")
            rig.shows("forgotten")
            rig.tap("confirm")
            rig.shows("lead", said="Ana Petrović: confirmed")
        rig.tap("back")
        _pick(rig, "Temporary worker")
        rig.type("rosa")
        rig.tap("enter")
        rig.type("quick")
        rig.tap("enter")
        rig.shows("lead", title="Hold the badge for Rosa to the reader")
        rig.badge(NEW)
        rig.shows("lead", said="Rosa can clock in now", home=True)
        rig.tap("back")
        rig.later(10)
        rig.badge(NEW)
        rig.until(lambda: rig.view["screen"] in {"jobs", "person"}, 20)
        rig.tap("primary")
        rig.shows("answer", tone="in")
    awaited(lambda: town.told("status")[1]["waiting"] == 0)
    assert town.told("status")[1]["parked"] == []

    awaited(lambda: not roster.load().rows.get("proposal"))
    known = roster.load().rows
    assert known["state"][town.person].kind == "out"
    assert (
        known["hours"][town.person].week_seconds + known["hours"][town.person].last_week_seconds == 8 * 3600
    )
    (temp,) = [one for one in known["person"].values() if one.agency == "Quick"]
    assert (temp.name, temp.number) == ("Rosa", "T0001")
    (punch,) = town.punches()
    assert (punch["kind"], punch["employee_number"]) == ("in", "T0001")
    assert daemon.end() == 0
