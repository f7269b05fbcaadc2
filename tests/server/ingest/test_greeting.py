"""Hello: what a kiosk holds against what the server holds, on both sides of a restored backup."""

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, update

from clockhouse_server.devices import store as devices
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import Alarm, EpochMark, LineRow
from clockhouse_sync import wire
from server.rig import ADMIN, Kiosk, World


def test_the_server_asks_for_what_it_lacks_and_says_when_it_has_all(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.line("clock", cause="hello")
    said = kiosk.hello().json()
    assert [{"epoch": kiosk.epoch, "after_seq": 0}] == said["want"]
    assert 2 == world.rows(Device)[0].waiting
    assert "complete_through" not in said
    kiosk.deliver()
    said = kiosk.hello().json()
    assert [] == said["want"]
    assert wire.format_instant(world.now()) == said["complete_through"]
    assert "epoch-of-the-tests" == said["server_epoch"]
    assert 0 == world.rows(Device)[0].waiting


def test_complete_through_never_reaches_past_when_the_heads_were_read(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    said = kiosk.hello(sync=False).json()
    assert wire.format_instant(world.now() - timedelta(minutes=2)) == said["complete_through"]


def test_a_late_heartbeat_vouches_for_nothing_that_was_made_after_it(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    read = world.now()
    late = partial(kiosk.send, "POST", "heartbeat", kiosk.heartbeat_body(), nonce=kiosk.session)
    kiosk.line("clock", cause="hello")
    world.now.forward(hours=3)
    assert 200 == late().status_code
    assert read == world.rows(Device)[0].complete_through_at


def test_a_server_that_went_back_in_time_asks_again(world: World) -> None:
    kiosk = world.kiosk(world.site())
    for _ in range(4):
        kiosk.line("clock", cause="hello")
    kiosk.deliver()
    with world.write() as session:  # as a restored backup looks
        session.execute(delete(LineRow).where(LineRow.seq > 2))
        session.execute(update(EpochMark).values(acknowledged_seq=2))
    assert [{"epoch": kiosk.epoch, "after_seq": 2}] == kiosk.hello().json()["want"]
    kiosk.deliver(kiosk.lines[2:])
    assert [] == kiosk.hello().json()["want"]


def test_a_card_that_went_back_in_time_is_alarmed(world: World) -> None:
    kiosk = world.kiosk(world.site())
    early = kiosk.head()
    kiosk.line("clock", cause="hello")
    kiosk.deliver()
    world.now.forward(minutes=2)
    kiosk.hello(early)
    kiosk.hello(early)
    assert ["shorter_history"] == [alarm.code for alarm in world.rows(Alarm)]


def test_a_heartbeat_that_comes_late_or_twice_is_no_alarm(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    late = partial(kiosk.send, "POST", "heartbeat", kiosk.heartbeat_body(), nonce=kiosk.session)
    kiosk.line("clock", cause="hello")
    kiosk.deliver()
    assert 200 == late().status_code
    world.now.forward(hours=3)
    assert 200 == late().status_code
    assert [] == world.rows(Alarm)


def test_another_history_under_the_same_epoch_is_asked_for_whole(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    said = kiosk.hello(wire.Head(epoch=kiosk.epoch, seq=1, hash="0" * 64)).json()
    assert [{"epoch": kiosk.epoch, "after_seq": 0}] == said["want"]
    assert ["fork"] == [alarm.code for alarm in world.rows(Alarm)]


def test_each_hello_ends_the_session_before(world: World) -> None:
    kiosk = world.kiosk(world.site())
    old = kiosk.session
    kiosk.hello()
    kiosk.session, fresh = old, kiosk.session
    answer = kiosk.deliver()
    assert (401, "session") == (answer.status_code, answer.json()["code"])
    kiosk.session = fresh
    assert 200 == kiosk.deliver().status_code
    world.now.forward(hours=24)
    assert "session" == kiosk.heartbeat().json()["code"]


def test_a_heartbeat_reports_health_within_the_session(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    world.now.forward(minutes=5)
    said = kiosk.heartbeat(disk_free_mb=900, fan="on").json()
    assert kiosk.session == said["session"]
    assert {"disk_free_mb": 900, "fan": "on"} == world.rows(Device)[0].health
    assert world.now() == world.rows(Device)[0].complete_through_at


def test_a_kiosk_that_speaks_another_protocol_is_told_so(world: World) -> None:
    kiosk = world.kiosk(world.site())
    answer = kiosk.send("POST", "hello", b'{"protocols":[7],"heads":[]}')
    assert (400, "protocol") == (answer.status_code, answer.json()["code"])


def test_nobody_else_can_speak_for_a_kiosk(world: World) -> None:
    kiosk = world.kiosk(world.site())
    stranger = Kiosk(world.client(), world.now, site_id=kiosk.site_id, seed="stranger")
    assert (401, "signature") == (stranger.hello().status_code, stranger.hello().json()["code"])
    headers = {"Content-Digest": "x", "Signature-Input": "y", "Signature": "z"}
    answer = kiosk.http.post("/api/device/v1/lines", content=b"{}", headers=headers)
    assert 401 == answer.status_code
    assert 401 == kiosk.http.post("/api/device/v1/hello", content=b"{}").status_code


def test_a_body_that_was_changed_on_the_way_is_refused(world: World) -> None:
    from clockhouse_sync import signing

    kiosk = world.kiosk(world.site())
    path = "/api/device/v1/lines"
    headers = signing.sign_request(
        kiosk.key, method="POST", path=path, query="", body=b'{"lines":[]}', created=1, nonce=kiosk.session
    )
    assert 401 == kiosk.http.post(path, content=b'{"lines":[1]}', headers=headers).status_code
    assert 401 == kiosk.http.post(f"{path}?x=1", content=b'{"lines":[]}', headers=headers).status_code
    assert 200 == kiosk.http.post(path, content=b'{"lines":[]}', headers=headers).status_code
    assert [] == world.rows(LineRow)


def test_a_kiosk_learns_how_long_another_one_of_its_site_has_been_silent(world: World) -> None:
    hall = world.site("Hall")
    gate = world.kiosk(hall, name="Gate")
    world.kiosk(world.site("Yard"))
    assert "others_through" not in gate.hello().json()
    joined = world.now.forward(minutes=1)
    door, dock = world.kiosk(hall, name="Door"), world.kiosk(hall, name="Dock")
    world.now.forward(minutes=1)
    door.deliver(), dock.deliver()
    dock.hello()
    assert wire.format_instant(joined) == gate.heartbeat().json()["others_through"]
    heard = world.now.forward(minutes=1)
    door.hello()
    world.now.forward(minutes=1)
    dock.hello()
    assert wire.format_instant(heard) == gate.hello().json()["others_through"]
    with world.write() as session:
        devices.revoke(session, ADMIN, door.device_id, "broken", now=world.now())
    assert wire.format_instant(world.now()) == gate.heartbeat().json()["others_through"]


def test_a_kiosk_that_started_ten_thousand_times_is_heard(world: World) -> None:
    kiosk = world.kiosk(world.site())
    heads = [wire.Head(epoch=f"{number:x}", seq=1, hash="0") for number in range(15_000)]
    said = kiosk.hello(*heads)
    assert 200 == said.status_code, said.text
    assert len(heads) == len(said.json()["want"])
