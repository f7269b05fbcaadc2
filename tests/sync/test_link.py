"""Kiosk and daemon on one Unix socket: the kiosk never waits, strangers are not heard."""

import os
import select
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from clockhouse_sync import link, wire
from sync.counterpart import Counterpart
from sync.rig import Bench

STATUS = link.Status(enrolled=True, online=True, since="2026-03-02T07:58:00.000Z", waiting=3, parked=1)


@pytest.fixture
def path():
    folder = Path(tempfile.mkdtemp(prefix="clockhouse-"))
    yield folder / "sync.sock"
    shutil.rmtree(folder)


@pytest.fixture
def daemon(path):
    server = link.LinkServer(path, allowed_uids={os.geteuid()})
    yield server
    server.close()


@pytest.fixture
def kiosk(path):
    client = link.LinkClient(path)
    yield client
    client.close()


def test_messages_go_both_ways(daemon, kiosk):
    assert kiosk.receive() == []
    assert daemon.accept() == 1
    assert kiosk.send(link.Enroll(server="https://clock.example.com", code="AB12"))
    kiosk.send(link.Nudge())
    assert daemon.receive() == [link.Enroll(server="https://clock.example.com", code="AB12"), link.Nudge()]
    daemon.push(STATUS)
    daemon.push(link.ClockNews(cause="hello", server_time="2026-03-02T07:58:00.000Z", rtt_ms=40))
    assert select.select([kiosk], [], [], 5)[0] == [kiosk]
    assert kiosk.receive() == [
        STATUS, link.ClockNews(cause="hello", server_time="2026-03-02T07:58:00.000Z", rtt_ms=40),
    ]  # fmt: skip


def test_messages_stand_on_the_socket_as_plain_json(daemon, path):
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(path))
    daemon.accept()
    raw.sendall(b'{"do":"pull"}\n{"do":"status"}\n{"do":"nud')
    assert daemon.receive() == [link.Pull(), link.AskStatus()]
    raw.sendall(b'ge"}\n')
    assert daemon.receive() == [link.Nudge()]
    daemon.push(link.RosterNews(cursor="c9"))
    assert raw.recv(100) == b'{"is":"roster","cursor":"c9"}\n'
    raw.close()


def test_a_kiosk_without_a_daemon_goes_on(kiosk):
    assert (kiosk.receive(), kiosk.send(link.Nudge()), kiosk.connected, kiosk.fileno()) == (
        [],
        False,
        False,
        -1,
    )


def test_the_kiosk_joins_again_by_itself(path, kiosk):
    first = link.LinkServer(path, allowed_uids={os.geteuid()})
    kiosk.receive()
    first.accept()
    assert kiosk.connected
    first.close()
    assert kiosk.receive() == []
    assert not kiosk.connected
    second = link.LinkServer(path, allowed_uids={os.geteuid()})
    kiosk.receive()
    assert (kiosk.connected, second.accept()) == (True, 1)
    second.close()


def test_other_users_are_hung_up_on(path):
    server = link.LinkServer(path, allowed_uids={os.geteuid() + 1})
    stranger = link.LinkClient(path)
    stranger.send(link.Nudge())
    assert (server.accept(), server.receive()) == (0, [])
    assert stranger.receive() == []
    assert not stranger.connected
    server.close()


def test_nonsense_is_hung_up_on_and_the_others_stay(daemon, kiosk, path):
    kiosk.receive()
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(path))
    assert daemon.accept() == 2
    raw.sendall(b'{"do":"sing"}\n')
    kiosk.send(link.Pull())
    assert daemon.receive() == [link.Pull()]
    assert raw.recv(10) == b""
    raw.close()
    daemon.push(STATUS)
    assert kiosk.receive() == [STATUS]


def test_messages_of_a_newer_daemon_are_passed_over(daemon, kiosk):
    kiosk.receive()
    daemon.accept()
    daemon._peers[0].send(b'{"is":"weather"}')
    daemon.push(STATUS)
    assert kiosk.receive() == [STATUS]


def test_a_peer_that_never_reads_does_not_stop_the_daemon(daemon, kiosk, path):
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(path))
    kiosk.receive()
    daemon.accept()
    loud = link.Refused(do="enroll", code="x", text="y" * 100_000)
    seen = 0
    for _ in range(40):
        daemon.push(loud)
        seen += len(kiosk.receive())
    assert seen >= 39
    raw.close()


def test_two_daemons_do_not_share_a_socket(daemon, path):
    with pytest.raises(OSError, match="another sync daemon is running"):
        link.LinkServer(path, allowed_uids=set())


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    counterpart.pages["c1"] = wire.RosterAnswer(cursor="c1", rows=[])
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench():
    device = Bench()
    yield device
    device.close()


def talk(bench, client: link.LinkClient, seconds: float = 0.0) -> list[link.Message]:
    messages = client.receive()
    bench.work(seconds)
    return messages + client.receive()


def compared(server, cause: str) -> link.ClockNews:
    return link.ClockNews(
        cause=cause, server_time=server.server_time, server_epoch=server.server_epoch, rtt_ms=0
    )


def test_a_kiosk_hears_how_things_stand_as_soon_as_it_joins(bench, server):
    bench.enrol(server)
    bench.work()
    kiosk = link.LinkClient(bench.settings.socket)
    heard = talk(bench, kiosk)
    assert link.RosterNews(cursor="c1") in heard
    assert compared(server, "boot") in heard
    (status,) = [message for message in heard if isinstance(message, link.Status)]
    assert (status.enrolled, status.online, status.device_id) == (True, True, bench.device.device_id)
    kiosk.close()


def test_a_kiosk_that_begins_after_it_joined_hears_the_time_again(bench, server):
    bench.enrol(server)
    kiosk = link.LinkClient(bench.settings.socket)
    talk(bench, kiosk)
    assert not [said for said in talk(bench, kiosk, 30) if isinstance(said, link.ClockNews)]
    bench.kiosk()
    assert [said.cause for said in talk(bench, kiosk, 30) if isinstance(said, link.ClockNews)] == ["boot"]
    kiosk.close()


def test_a_restored_server_is_told_so_that_it_becomes_a_line(bench, server):
    bench.enrol(server)
    kiosk = link.LinkClient(bench.settings.socket)
    talk(bench, kiosk)
    server.server_epoch = "server-epoch-2"
    assert compared(server, "hello") in talk(bench, kiosk, 90)
    kiosk.close()


def test_a_clock_that_was_set_and_one_that_met_its_time_server_are_told(bench, server):
    bench.synced = False
    bench.start()
    bench.enrol(server)
    kiosk = link.LinkClient(bench.settings.socket)
    talk(bench, kiosk)
    bench.wall += bench.wall - bench.wall.replace(hour=7, minute=57)
    first, second = [said for said in talk(bench, kiosk, 6) if isinstance(said, link.ClockNews)]
    assert first == link.ClockNews(cause="step", step_ms=60_000)
    assert second == compared(server, "hello")
    bench.synced = True
    assert link.ClockNews(cause="first_sync") in talk(bench, kiosk, 6)
    bench.synced = False
    talk(bench, kiosk, 6)
    bench.synced = True
    assert not [heard for heard in talk(bench, kiosk, 6) if isinstance(heard, link.ClockNews)]
    kiosk.close()


def test_a_kiosk_enrols_through_the_daemon(bench, server):
    server.status = "pending"
    kiosk = link.LinkClient(bench.settings.socket)
    (status,) = [said for said in talk(bench, kiosk) if isinstance(said, link.Status)]
    assert (status.enrolled, status.device_id) == (False, None)
    kiosk.send(link.Enroll(server=server.url, code="AB12"))
    heard = talk(bench, kiosk)
    assert [said.words for said in heard if isinstance(said, link.Joined)] == [server.words]
    assert [said.pending_words for said in heard if isinstance(said, link.Status)][-1] == server.words
    server.status = "active"
    assert [said.enrolled for said in talk(bench, kiosk, 10) if isinstance(said, link.Status)][-1]
    kiosk.close()


def test_the_kiosk_hears_why_it_could_not_enrol(bench):
    kiosk = link.LinkClient(bench.settings.socket)
    kiosk.receive()
    bench.step()
    kiosk.send(link.Enroll(server="http://clock.example.com", code="AB12"))
    (refused,) = [said for said in talk(bench, kiosk) if isinstance(said, link.Refused)]
    assert (refused.do, refused.code) == ("enroll", "bad_address")
    kiosk.close()
