"""The daemon against a server on a real socket: what a kiosk recorded arrives once and only once."""

import msgspec
import pytest

from clockhouse_sync import delivery, ledger, link, outbox, plan, wire
from clockhouse_sync.store import StoreError
from sync.counterpart import Counterpart, Fault, content
from sync.rig import MOMENT, Bench, later, punch


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    counterpart.pages["c1"] = wire.RosterAnswer(cursor="c1", rows=[])
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    device = Bench()
    device.enrol(server)
    yield device
    device.close()


def test_punches_arrive_as_the_stored_bytes(bench, server):
    lines = bench.punches(3)
    bench.work()
    epoch = bench.outbox.epoch
    assert server.held(epoch)[1:] == [line.raw for line in lines]
    assert wire.read_line(server.held(epoch)[0]).type == "boot"
    assert bench.daemon.settled
    assert bench.device.delivery.marks()[epoch].acknowledged == 4


def test_a_nudge_sends_at_once_and_nothing_is_sent_twice(bench, server):
    bench.punches(1)
    bench.work()
    before = len(server.requests("lines"))
    kiosk = link.LinkClient(bench.settings.socket)
    bench.punches(1)
    kiosk.send(link.Nudge())
    bench.work()
    sent = [msgspec.json.decode(seen.body)["lines"] for seen in server.requests("lines")[before:]]
    kiosk.close()
    assert [len(lines) for lines in sent] == [1]


def test_what_travels_beside_a_line_arrives_with_it(bench, server):
    salt = b"s" * 32
    note = ledger.beside_hash(salt, b"left the gate open")
    bench.kiosk().append(
        "punch", MOMENT, punch(1, beside={"note": note}), beside=[(salt, b"left the gate open")]
    )
    bench.work()
    assert content(server.beside[note]) == (salt, b"left the gate open")


def test_a_lost_answer_makes_duplicates_and_no_doubles(bench, server):
    server.faults.append(Fault("lines", lost=True))
    bench.punches(5)
    bench.work()
    assert not bench.daemon.settled
    bench.work(10)
    assert bench.daemon.settled
    assert [len(kept) for kept in server.lines.values()] == [1] * 6
    assert bench.device.delivery.parked() == []


def test_busy_server_is_left_alone_as_long_as_it_asks(bench, server):
    bench.work()
    server.faults.append(Fault("lines", status=503, headers={"Retry-After": "30"}))
    bench.punches(1)
    bench.work(6)
    before = len(server.seen)
    bench.work(24)
    assert len(server.seen) == before
    bench.work(10)
    assert len(server.held(bench.outbox.epoch)) == 2


def test_too_much_at_once_is_halved_until_it_fits(bench, server):
    server.most_lines = 30
    bench.punches(100)
    bench.work(60)
    sizes = [len(msgspec.json.decode(seen.body)["lines"]) for seen in server.requests("lines")]
    assert len(server.held(bench.outbox.epoch)) == 101
    assert max(sizes) == 101
    assert bench.daemon.settled


def test_an_unknown_session_means_hello_again_once(bench, server):
    bench.work()
    server.session = "session-2"
    bench.punches(1)
    bench.work(6)
    assert len(server.requests("hello")) == 2
    assert len(server.held(bench.outbox.epoch)) == 2


def test_a_server_that_never_knows_its_session_is_not_hammered(bench, server):
    bench.punches(1)
    server.faults.extend(Fault("lines", status=401, code="session") for _ in range(50))
    bench.work(300)
    assert len(server.requests("lines")) < 15
    assert server.held(bench.outbox.epoch) == []


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 302])
def test_a_server_that_does_not_want_us_costs_no_line(bench, server, status):
    bench.punches(2)
    server.faults.append(Fault("lines", status=status, code="unwanted"))
    bench.work()
    assert bench.device.waiting() == 3
    bench.work(120)
    assert len(server.held(bench.outbox.epoch)) == 3


@pytest.mark.parametrize("kind", ["none", "stranger", "replayed", "digest"])
def test_an_answer_that_the_server_did_not_sign_counts_for_nothing(bench, server, kind):
    server.faults.append(Fault("lines", signature=kind))
    bench.punches(1)
    bench.work()
    assert bench.device.delivery.marks() == {}
    assert "server_untrusted" in bench.daemon._status().notices
    bench.work(60)
    assert bench.daemon.settled
    assert bench.daemon._status().notices == []


def test_parked_lines_are_kept_shown_and_not_sent_again(bench, server):
    server.parks.add("punch")
    lines = bench.punches(2)
    bench.work()
    parked = bench.device.delivery.parked()
    assert [(line.seq, line.code) for line in parked] == [(2, "unknown_employee"), (3, "unknown_employee")]
    assert bench.daemon._status().parked == 2
    with_reader = bench.reader()
    assert [line.hash for line in with_reader.lines(bench.outbox.epoch, 1, 9)] == [
        line.hash for line in lines
    ]
    with_reader.close()
    before = len(server.requests("lines"))
    bench.work(50)
    assert len(server.requests("lines")) == before


def test_a_line_that_counts_by_now_is_not_shown_as_parked_any_more(bench, server):
    """A restored server did not park it, and had it from a stick before the terminal came to send it again."""
    server.parks.add("punch")
    bench.punches(1)
    bench.work()
    assert len(bench.device.delivery.parked()) == 1
    bench.device.delivery._connection.execute("UPDATE epochs SET sent = 0")
    bench.work(10)
    assert len(bench.device.delivery.parked()) == 1
    server.parks.clear()
    bench.device.delivery._connection.execute("UPDATE epochs SET sent = 0")
    bench.work(10)
    assert bench.device.delivery.parked() == []


def test_a_restored_server_gets_what_it_lost(bench, server):
    bench.punches(20)
    bench.work()
    epoch = bench.outbox.epoch
    server.server_epoch, server.session = "server-epoch-2", "session-9"
    server.lines = {place: kept for place, kept in server.lines.items() if place[1] <= 8}
    bench.work(120)
    assert len(server.held(epoch)) == 21
    assert "server_restored" in bench.daemon._status().notices
    assert bench.daemon.settled


def test_a_restored_server_that_must_let_us_in_again_gets_what_it_lost(bench, server):
    """While it does not know us it cannot say what it lacks, and the first lines are not on the card any more."""
    bench.punches(20)
    bench.work()
    bench.outbox._connection.execute("UPDATE lines SET raw = NULL WHERE seq <= 5")
    server.server_epoch, server.session, server.lines, server.status = "server-epoch-2", "s-9", {}, "pending"
    bench.enrol(server)
    bench.start()
    bench.work(20)
    assert server.lines == {}
    server.status = "active"
    bench.work(120)
    assert sorted(seq for _, seq in server.lines) == list(range(6, 22))
    assert "server_restored" in bench.daemon._status().notices


def test_a_shorter_history_of_the_same_server_is_an_alarm_and_is_filled(bench, server):
    bench.punches(5)
    bench.work()
    server.lines = {place: kept for place, kept in server.lines.items() if place[1] <= 2}
    bench.work(120)
    assert "server_history_shorter" in bench.daemon._status().notices
    assert len(server.held(bench.outbox.epoch)) == 6


def test_a_line_that_the_disk_lost_does_not_keep_the_rest_waiting(bench, server):
    bench.punches(4)
    bench.outbox._connection.execute("UPDATE lines SET raw = x'7b7d' WHERE seq = 3")
    bench.work(600)
    first = bench.outbox.epoch
    assert sorted(seq for epoch, seq in server.lines if epoch == first) == [1, 2, 4, 5]
    assert len(server.requests("lines")) < 20
    bench.kiosk()
    bench.work(10)
    lost = wire.read_line(server.held(bench.outbox.epoch)[1])
    assert lost.lost == wire.LostRange(epoch=first, from_seq=3, to_seq=3)


def test_a_card_restored_from_an_old_copy_collides_with_nothing(bench, server):
    bench.punches(3)
    bench.work()
    bench.stop()
    bench.outbox.close()
    copies = {path.name: path.read_bytes() for path in bench.folder.iterdir()}
    bench.start()
    first = bench.kiosk().epoch
    bench.punches(2)
    bench.work()
    bench.stop()
    bench.outbox.close()
    for path in bench.folder.iterdir():
        path.unlink()
    for name, kept in copies.items():
        (bench.folder / name).write_bytes(kept)
    bench.start()
    second = bench.kiosk().epoch
    bench.punches(2)
    bench.work()
    assert bench.daemon.settled
    assert [len(server.held(epoch)) for epoch in (first, second)] == [3, 3]
    assert {len(kept) for kept in server.lines.values()} == {1}
    parents = [wire.read_line(server.held(epoch)[0]).parent for epoch in (first, second)]
    assert parents[0] == parents[1]


def test_every_epoch_is_delivered_oldest_first(bench, server):
    epochs = []
    for _ in range(3):
        epochs.append(bench.kiosk().epoch)
        bench.punches(2)
    bench.work()
    sent = [wire.read_head(raw).epoch for raw in _sent(server)]
    assert sent == [epoch for epoch in epochs for _ in range(3)]


def _sent(server):
    return [
        bytes(raw)
        for seen in server.requests("lines")
        for raw in msgspec.json.decode(seen.body, type=wire.LinesRequest).lines
    ]


def test_the_daemon_starting_anew_sends_nothing_twice(bench, server):
    bench.punches(3)
    bench.work()
    bench.start()
    bench.punches(1)
    bench.work()
    hashes = [ledger.line_hash(raw) for raw in _sent(server)]
    assert len(hashes) == len(set(hashes)) == 5


def test_a_lost_delivery_state_asks_to_enrol_again_and_keeps_every_line(bench, server):
    bench.punches(3)
    bench.work()
    bench.stop()
    bench.settings.delivery.write_bytes(b"not a database at all" * 100)
    for ending in ("-wal", "-shm"):
        bench.settings.delivery.with_name("delivery.db" + ending).unlink(missing_ok=True)
    bench.start()
    bench.step()
    assert bench.daemon._status().notices == ["delivery_store_lost"]
    assert not bench.daemon._status().enrolled
    bench.enrol(server)
    bench.work()
    assert [len(kept) for kept in server.lines.values()] == [1] * 4


def test_a_delivery_state_that_breaks_while_in_use_ends_the_daemon_and_is_set_aside(bench, server):
    bench.punches(3)
    bench.work()
    connection = bench.device.delivery._connection
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    bench.settings.delivery.write_bytes(b"nothing that anybody could read" * 4000)
    connection.execute("PRAGMA shrink_memory")
    bench.punches(1)
    with pytest.raises(StoreError) as broken:
        bench.work(400)
    assert (broken.value.code, broken.value.store) == ("unreadable", "delivery.db")
    bench.start()
    assert bench.device.notices == ["delivery_store_lost"]
    bench.enrol(server)
    bench.work()
    assert [len(kept) for kept in server.lines.values()] == [1] * 5


def test_an_outbox_that_stays_unreadable_does_not_fill_the_log(bench, server, caplog):
    bench.settings.outbox.mkdir()
    bench.work(600)
    assert 1 <= caplog.text.count("store.failed") <= 12
    assert "store_failed" in bench.daemon._exchange.notices
    bench.settings.outbox.rmdir()
    bench.punches(1)
    bench.work(400)
    assert bench.daemon.settled
    assert "store_failed" not in bench.daemon._exchange.notices


def test_a_key_that_is_none_is_reported_and_nothing_else_stops(bench, server):
    bench.settings.key.write_text("scribble")
    bench.start()
    kiosk = link.LinkClient(bench.settings.socket)
    kiosk.receive()
    bench.work(60)
    (status, *_) = [said for said in kiosk.receive() if isinstance(said, link.Status)]
    kiosk.close()
    assert (status.device_id, status.notices) == (None, ["key_unreadable"])
    assert server.requests("hello") == []


def test_checkpoints_stand_after_a_hundred_lines_and_after_a_minute(bench, server):
    bench.kiosk()
    bench.work()
    assert [made.seq for made in server.checkpoints] == [1]
    bench.punches(3)
    bench.work(50)
    assert [made.seq for made in server.checkpoints] == [1]
    bench.work(15)
    assert [made.seq for made in server.checkpoints] == [1, 4]
    bench.punches(100)
    bench.work(6)
    assert [made.seq for made in server.checkpoints] == [1, 4, 104]


def test_checkpoints_stand_also_while_nobody_can_be_reached(bench, server):
    bench.punches(2)
    bench.work()
    server.close()
    bench.start()
    bench.punches(100)
    bench.work(130)
    bench.punches(1)
    bench.work(130)
    assert not bench.daemon._status().online
    assert [made.seq for made in bench.device.delivery.checkpoints()] == [3, 103, 104]


def test_receipts_are_kept_and_only_the_servers_own_are_taken(bench, server):
    bench.punches(2)
    bench.work()
    assert [receipt.seq for receipt in bench.device.delivery.receipts()] == [3]


def test_a_pending_device_keeps_asking_and_then_delivers(server):
    server.status = "pending"
    device = Bench()
    device.enrol(server)
    device.punches(1)
    device.work(20)
    status = device.daemon._status()
    assert (status.enrolled, status.pending_words) == (False, server.words)
    assert len(server.requests("hello")) >= 4
    assert server.requests("lines") == []
    server.status = "active"
    device.work(20)
    assert device.daemon._status().enrolled
    assert len(server.held(device.outbox.epoch)) == 2
    device.close()


def test_a_revoked_device_goes_on_delivering(bench, server):
    server.status = "revoked"
    bench.punches(2)
    bench.work(600)
    assert len(server.held(bench.outbox.epoch)) == 3
    assert server.requests("roster") == []
    assert "revoked" in bench.daemon._status().notices


def test_pauses_grow_and_never_end(bench, server):
    server.close()
    bench.start()
    bench.punches(1)
    sleeps = []
    for _ in range(14):
        bench.step()
        sleeps.append(bench.daemon._exchange._retry - bench.now)
        bench.pass_time(sleeps[-1])
    assert sleeps[:3] == [0.75, 1.5, 3.0]
    assert sleeps[-1] == plan.LONGEST_PAUSE * 0.75
    assert bench.device.waiting() == 2


def test_a_device_with_nothing_to_send_does_not_knock_all_day(bench, server):
    server.close()
    bench.start()
    tries = []
    send = bench.device._transport.send
    bench.device._transport.send = lambda *args: (tries.append(bench.now), send(*args))[1]
    bench.work(3600)
    assert 12 < len(tries) < 30


def test_a_roster_that_cannot_be_had_holds_no_punch_up(bench, server):
    server.faults.extend(Fault("roster", status=500) for _ in range(100))
    bench.work(400)
    assert len(server.requests("roster")) < 15
    bench.punches(1)
    bench.work(6)
    assert len(server.held(bench.outbox.epoch)) == 2
    assert bench.daemon._status().online


def test_lines_that_the_server_chokes_on_hold_no_roster_up(bench, server):
    server.faults.extend(Fault("lines", status=500) for _ in range(100))
    bench.punches(1)
    bench.work(400)
    assert len(server.requests("lines")) < 15
    assert len(server.requests("roster")) > 5
    assert not bench.daemon._status().online
    server.faults.clear()
    bench.work(300)
    assert len(server.held(bench.outbox.epoch)) == 2


def test_a_receipt_that_does_not_hold_counts_for_nothing(bench, server):
    whole = server._lines

    def forged(body, query):
        status, said = whole(body, query)
        receipts = [msgspec.structs.replace(receipt, hash="0" * 64) for receipt in said.receipts]
        return status, msgspec.structs.replace(said, receipts=receipts)

    server._lines = forged
    bench.punches(1)
    bench.work()
    assert bench.device.delivery.receipts() == []
    assert bench.device.delivery.marks() == {}


def test_pruning_waits_for_age_and_the_durable_mark(bench, server):
    bench.punches(3)
    bench.work()
    epoch = bench.outbox.epoch
    late = MOMENT.at + outbox.KEEP * 2
    assert bench.outbox.prune(late, delivery.prunable(bench.settings.delivery)) == 0
    server.durable = [wire.Place(epoch=epoch, seq=3)]
    bench.work(120)
    assert bench.outbox.prune(later(60).at, delivery.prunable(bench.settings.delivery)) == 0
    assert bench.outbox.prune(late, delivery.prunable(bench.settings.delivery)) == 3
    reader = bench.reader()
    assert [line.raw is None for line in reader.stored()] == [True, True, True, False]
    assert ledger.verify(reader.stored()).ok
    assert [head.seq for head in reader.heads()] == [4]
    reader.close()


def _others(bench) -> str | None:
    """What a kiosk that joins now is told of the others."""
    kiosk = link.LinkClient(bench.settings.socket)
    kiosk.send(link.AskStatus())
    bench.work()
    (*_, status) = [said for said in kiosk.receive() if isinstance(said, link.Status)]
    kiosk.close()
    return status.others_through


def test_how_long_the_other_kiosks_were_silent_is_passed_on_and_outlives_a_restart(bench, server):
    bench.work()
    assert _others(bench) is None
    server.others_through = "2026-03-02T07:41:00.000Z"
    bench.work(seconds=120)
    assert _others(bench) == "2026-03-02T07:41:00.000Z"
    server.close()
    bench.start()
    assert _others(bench) == "2026-03-02T07:41:00.000Z"


def test_a_kiosk_that_is_alone_now_is_told_so(bench, server):
    server.others_through = "2026-03-02T07:41:00.000Z"
    bench.work()
    server.others_through = None
    bench.work(seconds=120)
    assert _others(bench) is None
