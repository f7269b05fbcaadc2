"""A lost device is wiped by a signed order of its server's, and by nothing else; no line is lost by it."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import delivery, ledger, link, outbox, signing, wire
from clockhouse_sync.roster import RosterReader
from clockhouse_sync.store import StoreError
from sync.counterpart import Counterpart, Fault, Office
from sync.rig import MOMENT, Bench, punch, stored
from sync.test_whatever_happens import SERVER, Wire

NAME = "Ana Petrovic of Novi Sad"
ORDERED = "2026-03-02T07:58:00.000Z"


def orders(device_id, **changed):
    """As a server orders it: to this device, in each session anew."""

    def make(key, session):
        fields = {"order_id": "order-1", "ordered_at": ORDERED, "session": session, **changed}
        return signing.wipe_order(key, device_id, **fields)

    return make


def people(office):
    body = {"number": "42", "name": NAME, "short_name": "Ana"}
    office.pages = {
        "": wire.RosterAnswer(
            cursor="c1", rows=[wire.RosterRow(type="person", id="ana", version=1, body=body)]
        ),
        "c1": wire.RosterAnswer(cursor="c1", rows=[]),
    }


@pytest.fixture
def server():
    counterpart = Counterpart()
    people(counterpart)
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    device = Bench()
    device.enrol(server)
    device.punches(3)
    device.work()
    yield device
    device.close()


def lose(bench, server, order=None):
    server.status = "revoked"
    server.wipe = order or orders(bench.device.device_id)


def remains(bench) -> bytes:
    """Every byte of what the daemon keeps."""
    kept = [path for path in bench.folder.iterdir() if path.name.startswith(("roster", "device"))]
    return b"".join(path.read_bytes() for path in sorted(kept))


def is_wiped(bench) -> bool:
    """All of it: roster, peppers, keys, and whom it belonged to."""
    reader = RosterReader(bench.settings.roster)
    gone = (reader.cursor(), reader.pepper(1), dict(reader.load().rows)) == ("", None, {})
    assert not gone or (NAME.encode() not in remains(bench) and b"p" * 32 not in remains(bench))
    return gone and bench.device.device_id is None and bench.device.delivery.enrolment() is None


def held_once(bench, server) -> bool:
    lines = stored(bench.settings.outbox)
    assert ledger.verify(lines).ok
    return {(line.epoch, line.seq): {line.hash: line.raw} for line in lines} == server.lines


def test_what_waits_is_delivered_then_all_else_is_erased_and_the_office_is_told(bench, server):
    assert NAME.encode() in remains(bench)
    for name in ("device.key.EARLIER", ".device.key.new", "roster.db.aside-1", "roster.db.aside-1-wal"):
        (bench.folder / name).write_bytes(NAME.encode())  # of an earlier server, or left by a power cut
    lose(bench, server)
    bench.punches(4)
    bench.start()  # which says hello first
    bench.work(120)
    (said,) = server.wiped
    assert (said.order_id, said.delivered, said.kept) == ("order-1", 4, 0)
    assert is_wiped(bench)
    assert held_once(bench, server)
    assert not [path for path in bench.folder.iterdir() if "device.key" in path.name or "aside" in path.name]
    assert bench.reader().device_id  # the lines are still here, and say whose they are


def test_a_device_that_runs_hears_of_it_within_a_minute(bench, server):
    """It is refused a roster first, and asks what it is."""
    bench.work(200)
    lose(bench, server)
    bench.work(90)
    assert is_wiped(bench)
    assert held_once(bench, server)


def test_the_key_stays_until_the_kiosk_has_written_its_last_line(bench, server):
    """Whoever stands there is recorded still; that line has to be signed for."""
    kiosk = link.LinkClient(bench.settings.socket)
    try:
        kiosk.send(link.AskStatus())
        bench.step()
        lose(bench, server)
        bench.work(120)
        heard = list(kiosk.receive())
        assert link.RosterNews(cursor="") in heard
        assert link.WIPED in [said for said in heard if isinstance(said, link.Status)][-1].notices
        assert link.SignedOut() not in heard
        assert bench.device.device_id is not None
        bench.punches(1)
        kiosk.send(link.StoodDown())
        for _ in range(6):
            bench.step()
            assert bench.settings.key.exists() or bench.device.waiting() == 0
            bench.pass_time(5)
        bench.work(30)
        assert link.SignedOut() in kiosk.receive()
    finally:
        kiosk.close()
    assert is_wiped(bench)
    assert held_once(bench, server)


@pytest.mark.parametrize(
    "trouble", [{"status": 403}, {"status": 500}, {"lost": True}, {"signature": "stranger"}]
)
def test_lines_that_are_refused_are_kept_with_their_key_until_they_are_taken(bench, server, trouble):
    lose(bench, server)
    bench.punches(2)
    server.faults.extend(Fault("lines", **trouble) for _ in range(30))
    bench.start()
    bench.work(120)
    key = bench.device.device_id
    assert key is not None
    assert dict(RosterReader(bench.settings.roster).load().rows) == {}
    assert NAME.encode() not in remains(bench)
    assert "wiped" in bench.daemon._status().notices
    assert {said.kept for said in server.wiped} <= {2}
    server.faults.clear()
    bench.start()
    bench.work(700)
    assert server.wiped[-1].kept == 0
    assert is_wiped(bench)
    assert held_once(bench, server)


def stranger(_key, session):
    return signing.wipe_order(
        Ed25519PrivateKey.generate(), "", order_id="o", ordered_at=ORDERED, session=session
    )


@pytest.mark.parametrize(
    "forge",
    [
        lambda order: replace_order(order, signature=signing.b64encode(bytes(64)).decode()),
        lambda order: replace_order(order, order_id="another"),
        lambda order: replace_order(order, ordered_at="2027-03-02T07:58:00.000Z"),
        lambda order: replace_order(order, session="an earlier one"),
        lambda order: replace_order(order, device_id="ANOTHER"),
        lambda order: replace_order(order, key_id="ANOTHER"),
    ],
    ids=["signature", "id", "time", "session", "device", "key"],
)
def test_a_forged_order_does_nothing(bench, server, forge):
    good = orders(bench.device.device_id)
    lose(bench, server, lambda key, session: forge(good(key, session)))
    untouched(bench, server)


def replace_order(order, **changed):
    return wire.WipeOrder(**({name: getattr(order, name) for name in order.__struct_fields__} | changed))


def untouched(bench, server):
    bench.punches(1)
    bench.work(700)
    assert server.requests("hello")
    assert bench.device.device_id is not None
    assert "ana" in RosterReader(bench.settings.roster).load().rows["person"]
    assert server.wiped == []
    assert held_once(bench, server)


def test_an_order_to_another_device_or_by_another_server_or_of_an_earlier_session_does_nothing(bench, server):
    other = Ed25519PrivateKey.generate()
    early = orders(bench.device.device_id)(server.key, "an earlier session")
    for order in (
        orders("ANOTHER"),
        lambda _key, session: orders(bench.device.device_id)(other, session),
        lambda _key, _session: early,
    ):
        lose(bench, server, order)
        untouched(bench, server)


def test_an_order_that_is_withdrawn_before_anything_was_erased_is_forgotten(bench, server):
    bench.punches(1)
    lose(bench, server)
    server.faults.append(Fault("lines", status=401, code="session"))  # so that it says hello again first
    bench.start()
    for _ in range(2):
        bench.step()
    assert bench.device.delivery.wipe() is not None
    server.wipe, server.status = None, "active"
    bench.work(30)
    assert bench.device.delivery.wipe() is None
    assert "ana" in RosterReader(bench.settings.roster).load().rows["person"]


def test_a_device_that_a_person_lets_in_again_keeps_nothing_of_the_order(bench, server):
    lose(bench, server)
    server.faults.extend(Fault("lines", status=403) for _ in range(99))
    bench.punches(1)
    bench.start()
    bench.work(60)
    assert bench.device.delivery.wipe() is not None
    server.faults.clear()
    server.wipe, server.status = None, "active"
    bench.enrol(server)
    bench.start()
    bench.work(60)
    assert bench.device.delivery.wipe() is None
    assert "ana" in RosterReader(bench.settings.roster).load().rows["person"]


def test_an_order_that_was_given_anew_is_the_one_that_is_confirmed(bench, server):
    lose(bench, server)
    bench.punches(1)
    server.faults.extend(Fault("lines", status=403) for _ in range(20))
    bench.start()
    bench.work(60)
    assert {said.order_id for said in server.wiped} <= {"order-1"}
    server.faults.clear()
    server.wipe = orders(bench.device.device_id, order_id="order-2")
    bench.start()
    bench.work(120)
    assert (server.wiped[-1].order_id, server.wiped[-1].delivered, server.wiped[-1].kept) == ("order-2", 1, 0)
    assert is_wiped(bench)


cuts = st.lists(
    st.one_of(
        st.tuples(st.just("punch"), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.just("steps"), st.integers(1, 4)),
        st.tuples(
            st.just("fault"),
            st.builds(
                Fault,
                name=st.sampled_from(["hello", "lines", "wiped", "heartbeat"]),
                status=st.sampled_from([0, 401, 403, 413, 500, 503]),
                lost=st.booleans(),
            ),
        ),
        st.tuples(st.sampled_from(["daemon dies", "kiosk dies", "session ends"]), st.none()),
    ),
    max_size=12,
)


@settings(deadline=None, database=None, max_examples=40)
@given(cuts)
def test_whatever_happens_meanwhile_no_line_is_lost_and_nothing_else_is_left(events):
    office = Office()
    people(office)
    bench = Bench(Wire(office))
    try:
        bench.device.join(SERVER, "CODE-1")
        bench.kiosk()
        bench.punches(2)
        bench.work(10)
        lose(bench, office)
        for what, how in events:
            if bench.device.device_id is None:
                break  # it belongs to nobody any more, and its wall says so
            happen(bench, office, what, how)
        office.faults.clear()
        bench.start()
        bench.work(1500)
        assert is_wiped(bench)
        assert held_once(bench, office)
        assert office.wiped[-1].kept == 0
        assert {said.order_id for said in office.wiped} == {"order-1"}
    finally:
        bench.close()


def happen(bench, office, what, how):
    match what:
        case "punch":
            bench.punches(how)
        case "wait":
            bench.work(how)
        case "steps":
            for _ in range(how):
                bench.step()
        case "fault":
            office.faults.append(how)
        case "daemon dies":
            bench.start()
        case "kiosk dies":
            bench.kiosk()
        case _:
            office.session += "x"


def test_a_power_cut_between_key_and_rest_leaves_nothing_behind(bench, server, monkeypatch):
    lose(bench, server)
    synced = os.fsync
    bench.work(0)

    def cut(descriptor):
        if not bench.settings.key.exists():
            raise OSError(5, "the power is gone")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", cut)
    bench.work(120)
    assert not bench.settings.key.exists()
    assert bench.device.delivery.enrolment() is not None
    monkeypatch.undo()
    bench.start()
    bench.work(10)
    assert is_wiped(bench)


def test_what_lay_beside_delivered_lines_is_erased_and_the_lines_hold(bench, server):
    kiosk = bench.outbox
    note = b"badge 0011846615 of nobody known"
    kiosk.append("punch", MOMENT, punch(40), [(b"s" * 32, note)])
    bench.work(10)
    kiosk.append("punch", MOMENT, punch(41), [(b"t" * 32, b"waits")])
    kiosk.forget_beside(delivery.delivered(bench.settings.delivery))
    reader = bench.reader()
    assert [content for _, content in reader.all_beside().values()] == [b"waits"]
    reader.close()
    kiosk.close()
    assert note not in bench.settings.outbox.read_bytes()
    assert ledger.verify(stored(bench.settings.outbox)).ok


def test_who_stood_there_in_a_power_cut_is_not_wiped_with_the_key(bench, server):
    """Their line is not made yet: it waits like any other."""
    bench.kiosk().keep([outbox.Draft("punch", MOMENT, punch(7, kind_from="unconfirmed"))])
    bench.outbox.close()
    bench.outbox = None
    lose(bench, server)
    bench.start()
    bench.work(700)
    assert {1} == {said.kept for said in server.wiped}
    assert bench.settings.key.exists()
    before = len(server.lines)
    bench.kiosk()  # opening the store makes its line
    bench.work(700)
    assert len(server.lines) == before + 2
    assert is_wiped(bench)
    assert held_once(bench, server)


def test_a_word_that_came_before_the_order_does_not_count_for_it(bench, server):
    kiosk = link.LinkClient(bench.settings.socket)
    try:
        kiosk.send(link.StoodDown())
        bench.step()
        lose(bench, server)
        bench.work(300)
        assert bench.settings.key.exists()
        assert link.SignedOut() not in kiosk.receive()
        kiosk.send(link.StoodDown())
        bench.step()
        bench.work(60)
        assert is_wiped(bench)
    finally:
        kiosk.close()


def test_an_order_that_a_person_has_overruled_is_not_obeyed_again(bench, server):
    """A server that was restored from a backup may still give it."""
    standing = delivery.Wipe(order_id="order-1", sent=0)
    bench.device.delivery.keep_wipe(standing)
    server.status, server.wipe = "active", None
    bench.enrol(server)
    bench.start()
    bench.work()
    lose(bench, server)
    bench.start()
    bench.work(120)
    assert NAME.encode() in remains(bench)
    assert [] == server.wiped
    server.wipe = orders(bench.device.device_id, order_id="order-2")
    bench.start()
    bench.work(120)
    assert is_wiped(bench)


def test_what_cannot_be_erased_holds_up_no_line(bench, server, monkeypatch):
    def stuck(_roster):
        raise StoreError("failed", "it is somebody else's", store="roster.db")

    monkeypatch.setattr("clockhouse_sync.roster.RosterStore.erase", stuck)
    lose(bench, server)
    bench.start()
    bench.work(60)
    bench.punches(2)
    bench.work(120)
    assert held_once(bench, server)
    assert "store_failed" in bench.daemon._status().notices


def test_lines_of_a_device_before_do_not_hold_up_the_next_one(bench, server):
    """The outbox is the earlier one's still, until the kiosk begins its own."""
    lose(bench, server)
    bench.start()
    bench.work(120)
    assert is_wiped(bench)
    server.status, server.wipe = "active", None
    bench.enrol(server)
    lose(bench, server, orders(bench.device.device_id, order_id="order-2"))
    bench.start()
    bench.work(120)
    assert is_wiped(bench)
