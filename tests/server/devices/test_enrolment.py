"""A kiosk joins by a one-time code, and is let in only after somebody compared the words."""

import pytest

from clockhouse_server.devices import store
from clockhouse_server.devices.codes import ALPHABET, code_from, code_hash
from clockhouse_server.devices.models import Device, EnrollCode
from clockhouse_server.errors import Forbidden
from clockhouse_sync import signing
from server.rig import ADMIN, OFFICE, Kiosk, World


def test_from_a_code_to_an_active_kiosk(world: World) -> None:
    site = world.site()
    kiosk = Kiosk(world.client(), world.now, site_id=site)
    said = kiosk.enroll(world.code(site, "Gate 2")).json()
    assert ("pending", kiosk.device_id) == (said["status"], said["device_id"])
    assert "pepper" not in said
    public = signing.public_bytes(kiosk.key)
    assert signing.confirmation_words(public, world.server.keys.public) == said["words"]
    hello = kiosk.hello().json()
    assert ("pending", []) == (hello["status"], hello["want"])
    assert "not_active" == kiosk.deliver(kiosk.lines).json()["code"]
    assert "not_active" == kiosk.roster().json()["code"]
    world.confirm(kiosk)
    hello = kiosk.hello().json()
    assert "active" == hello["status"]
    assert 1 == hello["pepper"]["version"]
    assert "Gate 2" == next(iter(kiosk.known()["device"].values()))["name"]


def test_the_same_code_and_key_get_the_same_answer(world: World) -> None:
    site = world.site()
    kiosk = Kiosk(world.client(), world.now, site_id=site)
    code = world.code(site)
    first = kiosk.enroll(code)
    world.now.forward(hours=2)  # the code is too old by now; its kiosk may still ask
    again = kiosk.enroll(f" {code.lower().replace('-', ' ')} ")
    assert 200 == again.status_code
    assert first.json() | {"server_time": ""} == again.json() | {"server_time": ""}
    assert 1 == len(world.rows(Device))


def test_a_code_serves_one_kiosk_and_not_for_ever(world: World) -> None:
    site = world.site()
    code = world.code(site)
    Kiosk(world.client(), world.now, site_id=site, seed="one").enroll(code)
    two = Kiosk(world.client(), world.now, site_id=site, seed="two")
    assert "bad_code" == two.enroll(code).json()["code"]
    fresh = world.code(site)
    world.now.forward(minutes=61)
    assert "bad_code" == two.enroll(fresh).json()["code"]
    assert "bad_code" == two.enroll("AAAA-AAAA").json()["code"]


def test_a_known_key_joins_again_as_the_same_kiosk(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    said = kiosk.enroll(world.code(world.site("Hall 2"), "Moved")).json()
    assert "active" == said["status"]
    device = world.rows(Device)[0]
    assert ("Moved", 2) == (device.name, device.generation)


def test_a_revoked_kiosk_needs_its_words_compared_again(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    with world.write() as session:
        store.revoke(session, ADMIN, kiosk.device_id, "lost", now=world.now())
    assert "pending" == kiosk.enroll(world.code(site)).json()["status"]


def test_a_new_key_is_a_new_kiosk_that_says_whom_it_replaces(world: World) -> None:
    site = world.site()
    old = world.kiosk(site)
    new = Kiosk(world.client(), world.now, site_id=site, seed="new card")
    new.enroll(world.code(site, "Gate", replaces=old.device_id))
    assert old.device_id == world.rows(Device, id=new.device_id)[0].replaces


def test_guessing_codes_is_slowed_down(world: World) -> None:
    kiosk = Kiosk(world.client(), world.now, site_id=world.site())
    answers = [kiosk.enroll(f"AAAA-AAA{digit}").status_code for digit in range(2, 10)]
    answers += [kiosk.enroll(f"AAAA-AAB{digit}").status_code for digit in range(2, 10)]
    assert 429 == answers[-1]
    assert kiosk.enroll("AAAA-AAAA").headers["retry-after"]
    world.now.forward(minutes=5)
    assert 403 == kiosk.enroll("AAAA-AAAA").status_code


def test_codes_are_easy_to_type_and_only_their_hash_is_kept(world: World) -> None:
    code = code_from("random")
    assert 9 == len(code)
    assert set(code) - {"-"} <= set(ALPHABET)
    assert code_hash(code) == code_hash(f" {code.lower()} ")
    world.code(world.site())
    assert 64 == len(world.rows(EnrollCode)[0].code_hash)


def test_only_an_administrator_lets_kiosks_in(world: World) -> None:
    kiosk = world.kiosk(world.site())
    with world.write() as session, pytest.raises(Forbidden):
        store.confirm(session, OFFICE, kiosk.device_id, now=world.now())


def test_a_cursor_of_another_generation_means_start_again(world: World) -> None:
    site = world.site()
    kiosk = world.kiosk(site)
    kiosk.known()
    hall = world.site("Hall 2")
    with world.write() as session:
        store.rename(session, ADMIN, kiosk.device_id, name="Gate", site_id=hall, now=world.now())
    answer = kiosk.roster(kiosk.cursor)
    assert (410, "roster_gone") == (answer.status_code, answer.json()["code"])
    assert [hall] == list(kiosk.known()["site"])
