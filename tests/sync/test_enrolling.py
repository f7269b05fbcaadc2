"""Joining a server: one code, one key, the same six words on both ends."""

import os
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
from argparse import Namespace
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from clockhouse_sync import enrolling, signing
from clockhouse_sync.client import ClientError
from clockhouse_sync.device import EnrolmentError
from clockhouse_sync.keys import load_key, load_or_make_key
from clockhouse_sync.store import StoreError
from sync.counterpart import Counterpart, Fault
from sync.rig import Bench


@pytest.fixture
def server():
    counterpart = Counterpart()
    yield counterpart
    counterpart.close()


@pytest.fixture
def other():
    counterpart = Counterpart()
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench():
    device = Bench()
    yield device
    device.close()


def test_a_device_joins_and_knows_its_server(bench, server):
    joined = bench.device.join(server.url, " CODE-1 ")
    assert (joined.company, joined.status, joined.device_id) == ("Blechwerk", "active", server.device_id)
    assert bench.device.delivery.enrolment() == joined
    assert list(bench.device.delivery.server_keys()) == [signing.key_id(signing.public_bytes(server.key))]
    assert b'"code":"CODE-1"' in server.requests("enroll")[0].body


def test_the_authority_of_a_setup_code_is_trusted_from_then_on(bench, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Counterpart(context)
    pem = certificate.read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE") :])
    try:
        for given in (None, b64encode(b"0 no certificate").decode()):
            with pytest.raises((ClientError, EnrolmentError)) as refused:
                bench.device.join(server.url, "CODE-1", given)
            assert refused.value.code == ("tls" if given is None else "bad_ca")
        server.faults.append(Fault("enroll", status=409, code="bad_code"))
        with pytest.raises(EnrolmentError):
            bench.device.join(server.url, "CODE-1", b64encode(der).decode())
        assert not bench.settings.kept_ca.exists()
        bench.device.join(server.url, "CODE-1", b64encode(der).decode())
        assert bench.settings.trusted == bench.settings.kept_ca
        bench.start()
        assert bench.device.join(server.url, "CODE-1").status == "active"
    finally:
        server.close()


def test_the_same_code_and_key_get_the_same_answer(bench, server):
    server.faults.append(Fault("enroll", lost=True))
    with pytest.raises(ClientError):
        bench.device.join(server.url, "CODE-1")
    first, second = (bench.device.join(server.url, "CODE-1") for _ in range(2))
    assert first == second
    assert len({seen.body for seen in server.requests("enroll")}) == 1


def test_joining_the_same_server_again_keeps_what_was_delivered(bench, server):
    bench.enrol(server)
    bench.punches(2)
    bench.work()
    device_id = bench.device.device_id
    bench.enrol(server)
    assert (bench.device.device_id, bench.device.waiting()) == (device_id, 0)


def test_no_other_server_while_lines_wait(bench, server, other):
    bench.enrol(server)
    bench.punches(2)
    with pytest.raises(EnrolmentError) as refused:
        bench.device.join(other.url, "CODE-2")
    assert refused.value.code == "undelivered"
    assert other.seen == []
    assert bench.device.delivery.enrolment().server == server.url


def test_another_server_makes_it_another_device(bench, server, other):
    bench.enrol(server)
    bench.punches(2)
    bench.work()
    before = bench.device.device_id
    bench.enrol(other)
    bench.start()
    bench.work()
    assert bench.device.device_id == other.device_id != before
    assert other.lines == {}
    kept = load_key(bench.settings.key.with_name(f"device.key.{before}"))
    assert signing.key_id(signing.public_bytes(kept)) == before
    bench.kiosk()
    bench.punches(1)
    bench.work(6)
    assert len(other.lines) == 2


def test_a_used_code_is_refused_with_the_servers_word(bench, server):
    server.faults.append(Fault("enroll", status=409, code="code_used"))
    with pytest.raises(EnrolmentError) as refused:
        bench.device.join(server.url, "CODE-1")
    assert refused.value.code == "code_used"
    assert bench.device.delivery.enrolment() is None


@pytest.mark.parametrize("kind", ["none", "stranger", "replayed", "digest"])
def test_an_unsigned_welcome_is_refused(bench, server, kind):
    server.faults.append(Fault("enroll", signature=kind))
    with pytest.raises(ClientError) as refused:
        bench.device.join(server.url, "CODE-1")
    assert refused.value.trouble == "untrusted"
    assert bench.device.delivery.enrolment() is None


def test_a_welcome_made_for_another_key_is_refused(bench, server, monkeypatch):
    monkeypatch.setattr(Counterpart, "words", property(lambda _: ["acorn"] * 6))
    with pytest.raises(EnrolmentError) as refused:
        bench.device.join(server.url, "CODE-1")
    assert refused.value.code == "keys_differ"


@pytest.mark.parametrize(
    "address",
    ["clock.example.com", "ftp://clock.example.com", "http://clock.example.com", "https://", "http://[::"],
)
def test_an_address_that_cannot_be_right_is_refused_before_anything_is_sent(bench, address):
    with pytest.raises(EnrolmentError) as refused:
        bench.device.join(address, "CODE-1")
    assert refused.value.code == "bad_address"
    assert not bench.settings.key.exists()


def test_the_key_is_for_its_own_user_alone_and_stays(tmp_path):
    path = tmp_path / "device.key"
    key = load_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing.public_bytes(load_or_make_key(path)) == signing.public_bytes(key)
    assert [left.name for left in tmp_path.iterdir()] == ["device.key"]


def test_a_file_that_is_no_key_is_not_overwritten(tmp_path):
    path = tmp_path / "device.key"
    path.write_text("something a person put there")
    with pytest.raises(StoreError):
        load_or_make_key(path)
    assert path.read_text() == "something a person put there"


def config(bench) -> Namespace:
    file = bench.folder / "clockhouse.toml"
    file.write_text(f'state_dir = "{bench.folder}"\n')
    return file


def test_the_command_joins_on_its_own_where_no_daemon_runs(bench, server, capsys):
    bench.stop()
    arguments = Namespace(config=config(bench), server=server.url, code="CODE-1", setup=None)
    assert enrolling.main(arguments) == 0
    assert "active at Blechwerk" in capsys.readouterr().out
    bench.start()
    assert bench.device.delivery.enrolment().device_id == server.device_id


def test_the_command_takes_a_setup_code(bench, server, capsys):
    bench.stop()
    given = Namespace(
        config=config(bench), server=None, code=None, setup=f"clockhouse:1?server={server.url}&code=CODE-1"
    )
    assert enrolling.main(given) == 0
    assert "active at Blechwerk" in capsys.readouterr().out
    given.setup = "clockhouse:1?server=https://clock.example.com"
    assert enrolling.main(given) == 2
    assert "no one-time code" in capsys.readouterr().err


def test_the_command_shows_the_words_and_waits_until_they_are_confirmed(bench, server, capsys):
    bench.stop()
    server.status = "pending"
    greet = server._hello

    def confirmed_on_second_hello(body, query):
        server.status = "active" if len(server.requests("hello")) > 1 else "pending"
        return greet(body, query)

    server._hello = confirmed_on_second_hello
    arguments = Namespace(config=config(bench), server=server.url, code="CODE-1", setup=None)
    assert enrolling.main(arguments) == 0
    out = capsys.readouterr().out
    assert " ".join(server.words) in out
    assert "Confirmed" in out


def others_may_enter(folder):
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
@pytest.mark.skipif(not others_may_enter(Path(sys.prefix)), reason="this checkout is closed to other users")
def test_what_root_makes_belongs_to_the_folders_user(server):
    folder = Path(tempfile.mkdtemp(prefix="clockhouse-"))
    (folder / "clockhouse.toml").write_text(f'state_dir = "{folder}"\n')
    os.chown(folder, 65_534, 65_534)
    command = [Path(sys.executable).with_name("clockhouse"), "enroll", "--server", server.url, "CODE-1"]
    subprocess.run(
        [*command, "--config", folder / "clockhouse.toml"], check=True, capture_output=True, timeout=30
    )
    made = {path.name: path.stat().st_uid for path in folder.iterdir() if path.suffix != ".toml"}
    assert {"device.key", "delivery.db", "roster.db"} <= set(made)
    assert set(made.values()) == {65_534}
    shutil.rmtree(folder)


def test_the_command_says_what_is_wrong_in_one_line(bench, server, capsys):
    bench.stop()
    server.faults.append(Fault("enroll", status=404, code="code_unknown"))
    arguments = Namespace(config=config(bench), server=server.url, code="WRONG", setup=None)
    assert enrolling.main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1
    server.close()
    assert enrolling.main(arguments) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_a_moved_server_is_reached_at_its_new_address(bench, server, other):
    bench.enrol(server)
    other.key, other.device_key, other.device_id = server.key, server.device_key, server.device_id
    bench.settings = replace(bench.settings, server=other.url)
    bench.start()
    bench.punches(1)
    bench.work()
    assert (len(server.lines), len(other.lines)) == (0, 2)
