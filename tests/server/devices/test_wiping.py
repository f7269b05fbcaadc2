"""A kiosk that is lost or stolen is wiped by the office's order, which nobody else can give, and says so signed."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_drivers.credentials import PinParameters
from clockhouse_server.auth.access import Role
from clockhouse_server.auth.models import AuditRow
from clockhouse_server.devices import wiping
from clockhouse_server.devices.models import Device, WipeRow
from clockhouse_server.ingest.models import LineRow, ParkedLine
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.people import credentials
from clockhouse_sync import signing, wire
from clockhouse_sync.client import ClientError, HttpTransport
from clockhouse_sync.roster import RosterReader
from server.rig import ADMIN, Kiosk, World
from sync.rig import Bench, stored


def report(world: World, device_id: str, kind: str = "stolen", reason: str = "Gone since Sunday") -> dict:
    answer = world.api(Role.ADMINISTRATOR).post(
        f"/api/v1/kiosks/{device_id}/wipe", json={"kind": kind, "reason": reason}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(world: World, device_id: str) -> dict | None:
    return world.api(Role.ADMINISTRATOR).get(f"/api/v1/kiosks/{device_id}/wipe").json()


def order_in(answer: dict) -> wire.WipeOrder | None:
    return msgspec.convert(answer["wipe"], wire.WipeOrder) if "wipe" in answer else None


def say(kiosk: Kiosk, order_id: str, *, key=None, **changed):
    said = {"wiped_at": "2026-03-02T08:00:00.000Z", "delivered": 2, "kept": 0} | changed
    made = signing.wiped(key or kiosk.key, order_id=order_id, **said)
    return kiosk.send("POST", "wiped", msgspec.json.encode(made), nonce=kiosk.session)


@pytest.fixture
def bench(live: str, world: World):
    """A real daemon with its stores, let in by this server over HTTP."""
    site = world.site()
    person = world.person("42", "Ana Petrovic", site)
    device = Bench()
    device.device.join(live, world.code(site))
    answer = world.api(Role.ADMINISTRATOR).post(f"/api/v1/kiosks/{device.device.device_id}/confirm")
    assert answer.status_code == 200
    device.punches(3, employee_id=person)
    device.start()
    device.work(10)
    assert person in RosterReader(device.settings.roster).load().rows["person"]
    yield device
    device.close()


def test_a_stolen_kiosk_delivers_is_wiped_and_the_office_sees_it(bench: Bench, world: World) -> None:
    device_id = bench.device.device_id
    bench.punches(4)
    ordered = report(world, device_id)
    assert (ordered["told_at"], ordered["confirmed_at"]) == (None, None)
    bench.start()
    bench.work(120)
    shown = state(world, device_id)
    assert (shown["delivered"], shown["kept"]) == (4, 0)
    assert shown["told_at"] is not None
    assert shown["confirmed_at"] is not None
    assert bench.device.device_id is None
    assert not bench.settings.key.exists()
    reader = RosterReader(bench.settings.roster)
    assert (reader.cursor(), reader.pepper(1), dict(reader.load().rows)) == ("", None, {})
    assert b"Petrovic" not in bench.settings.roster.read_bytes()
    held = {(row.epoch, row.seq, row.hash) for row in world.rows(LineRow) if row.device_id == device_id}
    assert held == {(line.epoch, line.seq, line.hash) for line in stored(bench.settings.outbox)}
    assert {"revoked_key"} <= {row.code for row in world.rows(ParkedLine)}  # what came after the report waits
    with world.read() as session:
        assert verify_stored(session).ok


def test_what_does_not_get_through_stays_at_the_kiosk_until_it_does(
    bench: Bench, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_id, send = bench.device.device_id, HttpTransport.send
    report(world, device_id)
    bench.punches(2)

    def without_lines(transport, method, url, headers, body):
        if url.endswith("/lines"):
            raise ClientError("offline", "network")
        return send(transport, method, url, headers, body)

    with monkeypatch.context() as cut:
        cut.setattr(HttpTransport, "send", without_lines)
        bench.start()
        bench.work(60)
    assert dict(RosterReader(bench.settings.roster).load().rows) == {}
    assert bench.device.device_id == device_id
    bench.start()
    bench.work(700)
    assert state(world, device_id)["kept"] == 0
    assert bench.device.device_id is None
    held = {(row.epoch, row.seq) for row in world.rows(LineRow) if row.device_id == device_id}
    assert held == {(line.epoch, line.seq) for line in stored(bench.settings.outbox)}


def test_the_order_is_signed_for_that_kiosk_in_that_session(world: World) -> None:
    kiosk = world.kiosk(world.site())
    report(world, kiosk.device_id)
    first = order_in(kiosk.hello().json())
    assert first == order_in(kiosk.heartbeat().json())
    assert signing.wipe_order_holds(signing.read_public(world.public_key), first)
    assert (first.device_id, first.session) == (kiosk.device_id, kiosk.session)
    renewed = order_in(kiosk.hello().json())
    assert renewed.session != first.session
    assert renewed.order_id == first.order_id
    assert world.rows(WipeRow)[0].told_at is not None


def test_a_kiosk_that_nobody_reported_is_ordered_nothing(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    assert order_in(kiosk.hello().json()) is None
    world.api(Role.ADMINISTRATOR).post(f"/api/v1/kiosks/{kiosk.device_id}/revoke", json={"reason": "moved"})
    answer = kiosk.hello().json()
    assert answer["status"] == "revoked"
    assert order_in(answer) is None


def test_only_its_own_signed_word_confirms_and_saying_it_twice_changes_nothing(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    ordered = report(world, kiosk.device_id)
    kiosk.hello()
    assert say(kiosk, "another").json()["code"] == "invalid"
    assert say(kiosk, ordered["id"], key=Ed25519PrivateKey.generate()).status_code == 422
    assert say(kiosk, ordered["id"], wiped_at="yesterday").status_code == 422
    assert say(kiosk, ordered["id"], kept=-1).status_code == 422
    assert state(world, kiosk.device_id)["confirmed_at"] is None
    assert {"order_id": ordered["id"], "kept": 3} == say(kiosk, ordered["id"], kept=3).json()
    first = state(world, kiosk.device_id)
    assert order_in(kiosk.hello().json()) is not None  # until all of it is done
    world.now.forward(minutes=9)
    for _ in range(2):
        assert 200 == say(kiosk, ordered["id"], delivered=5).status_code
    last = state(world, kiosk.device_id)
    assert (last["confirmed_at"], last["delivered"], last["kept"]) == (first["confirmed_at"], 5, 0)
    # Its key is gone: whoever speaks for it still is a copy of its card, and is told the same.
    assert order_in(kiosk.hello().json()) is not None
    assert ["kiosk.wipe", "kiosk.wiped", "kiosk.wiped"] == [
        row.action for row in world.rows(AuditRow) if row.action.startswith("kiosk.wipe")
    ]


def test_a_kiosk_that_was_found_is_told_so_no_more_and_joins_by_a_new_code(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    api = world.api(Role.ADMINISTRATOR)
    report(world, kiosk.device_id, "lost")
    assert (
        409
        == api.post(
            f"/api/v1/kiosks/{kiosk.device_id}/wipe", json={"kind": "lost", "reason": "again"}
        ).status_code
    )
    assert 200 == api.post(f"/api/v1/kiosks/{kiosk.device_id}/wipe/withdraw").status_code
    assert 409 == api.post(f"/api/v1/kiosks/{kiosk.device_id}/wipe/withdraw").status_code
    assert order_in(kiosk.hello().json()) is None
    assert "revoked" == world.rows(Device)[0].status
    report(world, kiosk.device_id, "lost")
    assert "pending" == kiosk.enroll(world.code(site)).json()["status"]
    assert state(world, kiosk.device_id) is None
    assert order_in(kiosk.hello().json()) is None


def test_a_wiped_kiosk_s_order_cannot_be_taken_back(world: World) -> None:
    kiosk = world.kiosk(world.site())
    ordered = report(world, kiosk.device_id)
    kiosk.hello()
    say(kiosk, ordered["id"])
    answer = world.api(Role.ADMINISTRATOR).post(f"/api/v1/kiosks/{kiosk.device_id}/wipe/withdraw")
    assert 409 == answer.status_code


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.SUPERVISOR, Role.BACK_OFFICE])
def test_only_an_administrator_reports_a_kiosk(world: World, role: Role) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    person = world.person("7", "Bob", site) if role == Role.EMPLOYEE else None
    sites = [site] if role == Role.SUPERVISOR else []
    answer = world.api(role, sites=sites, person_id=person).post(
        f"/api/v1/kiosks/{kiosk.device_id}/wipe", json={"kind": "lost", "reason": "x"}
    )
    assert 403 == answer.status_code, answer.text
    assert [] == world.rows(WipeRow)


def test_a_report_says_what_happened_and_why(world: World) -> None:
    kiosk = world.kiosk(world.site())
    api = world.api(Role.ADMINISTRATOR)
    for body in ({"kind": "sold", "reason": "x"}, {"kind": "lost", "reason": " "}):
        assert 422 == api.post(f"/api/v1/kiosks/{kiosk.device_id}/wipe", json=body).status_code
    assert 404 == api.post("/api/v1/kiosks/nobody/wipe", json={"kind": "lost", "reason": "x"}).status_code
    assert "active" == world.rows(Device)[0].status


def test_pins_that_the_kiosk_knew_are_counted_until_they_are_replaced(world: World) -> None:
    here, there = world.site(), world.site("Hall 2")
    people = [world.person("1", "Ana", here), world.person("2", "Bob", here), world.person("3", "Eve", there)]
    kiosk = world.kiosk(here)

    def give(person_id: str, digits: str) -> None:
        with world.write() as session:
            credentials.set_pin(
                session, ADMIN, person_id, digits, keys=world.server.keys, now=world.now(),
                new_token=world.server.new_token, params=PinParameters(memory_kib=64, passes=1, lanes=1),
            )  # fmt: skip

    def known() -> int:
        with world.read() as session:
            order = wiping.standing(session, kiosk.device_id)
            return credentials.pins_known_at(session, here, order.ordered_at)

    for person_id in people:
        give(person_id, "8250")
    report(world, kiosk.device_id)
    assert 2 == known()
    world.now.forward(minutes=5)
    give(people[0], "9417")
    assert 1 == known()
