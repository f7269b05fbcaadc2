"""The doctor names what is wrong and what to do, for each thing that goes wrong on a wall."""

import os
import socket
import ssl
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import serial
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clockhouse_drivers.doctor import (
    Clock,
    Finding,
    check_clock,
    check_disk,
    check_readers,
    check_server,
    check_settings,
)
from clockhouse_drivers.reader import ReaderSettings

NOW = datetime(2026, 11, 23, 7, 58, tzinfo=UTC)


def only(findings: list[Finding], check: str = "") -> Finding:
    (finding,) = [
        each for each in findings if each.check == (check or each.check) and "in no" not in each.says
    ]
    return finding


@contextmanager
def pty_port(folder: Path) -> Iterator[Path]:
    master, slave = os.openpty()
    tty.setraw(slave)
    port = folder / "reader"
    port.symlink_to(os.ttyname(slave))
    yield port
    os.close(slave)
    os.close(master)


def test_a_clock_that_lost_its_time_is_bad_and_one_that_waits_for_the_network_is_a_warning() -> None:
    assert only(check_clock(Clock(datetime(2020, 2, 29, tzinfo=UTC), synchronized=False))).level == "bad"
    assert only(check_clock(Clock(NOW, synchronized=False))).level == "warn"
    assert only(check_clock(Clock(NOW, synchronized=True, error_ms=12))).level == "ok"
    assert "timedatectl" in only(check_clock(Clock(NOW, synchronized=None))).do


def test_a_disk_says_its_room_and_how_long_a_write_takes(tmp_path: Path) -> None:
    finding = only(check_disk(tmp_path))
    assert finding.level in {"ok", "warn"}
    assert "MB free" in finding.says
    assert "ms" in finding.says
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_failing_disk_are_bad(tmp_path: Path) -> None:
    assert only(check_disk(tmp_path / "none")).level == "bad"
    assert only(check_disk(Path("/proc"))).level == "bad"


def test_a_reader_that_opens_is_fine(tmp_path: Path) -> None:
    with pty_port(tmp_path) as port:
        finding = only(check_readers((ReaderSettings("serial", str(port)),), NOW))
    assert (finding.level, finding.subject) == ("ok", str(port))


def test_a_reader_that_the_kiosk_holds_is_fine(tmp_path: Path) -> None:
    with pty_port(tmp_path) as port, serial.Serial(str(port), exclusive=True):
        finding = only(check_readers((ReaderSettings("serial", str(port)),), NOW))
    assert finding.level == "ok"
    assert "kiosk" in finding.do


def test_a_reader_that_is_unplugged_is_bad_with_advice(tmp_path: Path) -> None:
    finding = only(check_readers((ReaderSettings("serial", str(tmp_path / "none")),), NOW))
    assert finding.level == "bad"
    assert "plug it in" in finding.do


def test_settings_that_name_no_reader_are_a_warning() -> None:
    assert only(check_readers((), NOW)).level == "warn"


def test_a_server_that_answers_is_fine_and_one_that_does_not_is_bad() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert only(check_server(address)).level == "ok"
    refused = only(check_server(address))
    assert refused.level == "bad"
    assert "refused" in refused.says
    assert "name" in only(check_server("https://clock..example.com")).do


@pytest.mark.parametrize(
    "address", ["clock.example.com", "ftp://x", "http://x:99999", "http://[", "https://"]
)
def test_an_address_that_is_none_says_how_to_write_it(address: str) -> None:
    assert "https://name" in only(check_server(address)).do


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(made.public_bytes(pem) + plain)
    return path


def test_a_certificate_is_trusted_only_by_its_authority(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                connection, _address = server.accept()
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=answer)
        thread.start()
        address = f"https://localhost:{server.getsockname()[1]}"
        strange = only(check_server(address))
        trusted = only(check_server(address, path))
        thread.join(10)
    assert "certificate" in strange.says
    assert trusted.level == "ok"


def test_mistakes_in_the_settings_are_said_and_so_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    config = tmp_path / "clockhouse.toml"
    assert "--config" in only(check_settings(config, [])).do
    config.touch()
    assert only(check_settings(config, [])).level == "ok"
    said = check_settings(config, ["kiosk.hand: must be left or right", "sync.sever: no such setting"])
    assert [(each.level, each.says.split(":")[0]) for each in said] == [
        ("bad", "kiosk.hand"),
        ("bad", "sync.sever"),
    ]
