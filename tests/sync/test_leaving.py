"""Taking lines away on a stick, and leaving a server: whole or not at all, and nothing undelivered is lost."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from clockhouse_sync import link, media, wire
from clockhouse_sync.commands import verify_file
from clockhouse_sync.roster import RosterReader
from sync.counterpart import Counterpart
from sync.rig import Bench


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages[""] = wire.RosterAnswer(
        cursor="c1", rows=[wire.RosterRow(type="customer", id="c", version=1, body={"name": "Cranes"})]
    )
    counterpart.pages["c1"] = wire.RosterAnswer(cursor="c1", rows=[])
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    device = Bench()
    device.enrol(server)
    yield device
    device.close()


def stick(bench, tmp_path):
    """Where the daemon finds to write to."""
    folder = tmp_path / "stick"
    folder.mkdir()
    exporting_to(bench, folder)
    return folder


def exporting_to(bench, folder):
    bench.settings = replace(bench.settings, export_dir=folder)
    bench.start()


def asked(bench, command):
    """What the daemon answers a kiosk that asks this."""
    kiosk = link.LinkClient(bench.settings.socket)
    try:
        kiosk.send(command)
        bench.step()
        bench.step()
        answers = link.Exported | link.SignedOut | link.Refused
        return [message for message in kiosk.receive() if isinstance(message, answers)]
    finally:
        kiosk.close()


def test_the_export_holds_everything_verifies_and_says_what_is_in_it(bench, server, tmp_path):
    folder = stick(bench, tmp_path)
    bench.punches(2)
    bench.work()
    server.close()
    bench.punches(3)
    (said,) = asked(bench, link.Export())
    (file,) = folder.iterdir()
    assert said == link.Exported(path=str(file), lines=6, waiting=3)
    report = verify_file(file)
    assert (report.ok, report.lines, report.device_id) == (True, 6, bench.device.device_id)


def test_without_a_stick_the_export_says_so(bench, tmp_path):
    exporting_to(bench, tmp_path / "not plugged in")
    bench.punches(1)
    (said,) = asked(bench, link.Export())
    assert (said.do, said.code) == ("export", "no_place")


def test_a_stick_that_fills_up_keeps_no_half_a_file(bench, tmp_path, monkeypatch):
    folder = stick(bench, tmp_path)
    bench.punches(3)
    written = os.fsync

    def full(descriptor):
        if folder in Path(f"/proc/self/fd/{descriptor}").readlink().parents:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    (said,) = asked(bench, link.Export())
    assert (said.do, said.code) == ("export", "disk_full")
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    assert isinstance(asked(bench, link.Export())[0], link.Exported)


def test_nobody_leaves_while_a_line_waits(bench, server):
    bench.work()
    bench.punches(2)
    before = bench.device.device_id
    server.close()
    (said,) = asked(bench, link.SignOut())
    assert (said.do, said.code) == ("sign_out", "undelivered")
    assert said.text.startswith("3 lines")
    assert bench.device.device_id == before
    assert bench.device.delivery.enrolment() is not None


def test_whoever_leaves_keeps_the_lines_and_no_secret(bench, server):
    bench.punches(2)
    bench.work()
    stored = bench.settings.outbox.read_bytes()
    assert asked(bench, link.SignOut()) == [link.SignedOut()]
    assert bench.device.device_id is None
    assert bench.device.delivery.enrolment() is None
    roster = RosterReader(bench.settings.roster)
    assert (roster.cursor(), roster.pepper(1), dict(roster.load().rows)) == ("", None, {})
    assert not bench.settings.key.exists()
    assert bench.settings.outbox.read_bytes() == stored
    bench.work()
    (status,) = _statuses(bench)
    assert (status.enrolled, status.online, status.waiting) == (False, False, 0)
    bench.enrol(server)
    bench.work()
    assert bench.device.delivery.enrolment().status == "active"


def _statuses(bench):
    kiosk = link.LinkClient(bench.settings.socket)
    try:
        kiosk.receive()
        bench.step()
        return [message for message in kiosk.receive() if isinstance(message, link.Status)]
    finally:
        kiosk.close()


def test_a_stick_is_found_among_the_mounts(tmp_path):
    """As the kernel lists them: the newest that is writable and hangs on USB, or can be taken out."""
    blocks, sticks = tmp_path / "block", tmp_path / "media" / "MY STICK"
    sticks.mkdir(parents=True)
    for number, path in (("8:1", "pci/usb1/1-1/sda/sda1"), ("179:2", "soc/mmc0/mmcblk0/mmcblk0p2")):
        device = tmp_path / "devices" / path
        device.mkdir(parents=True)
        (device.parent / "removable").write_text("0\n")
        blocks.mkdir(exist_ok=True)
        (blocks / number).symlink_to(device)
    mounts = tmp_path / "mountinfo"
    named = str(sticks).replace(" ", r"\040")
    mounts.write_text(
        f"1 0 179:2 / {tmp_path} rw,relatime shared:1 - ext4 /dev/root rw\n"
        f"2 1 0:5 / /dev rw - devtmpfs udev rw\n"
        f"3 1 8:1 / {named} rw,nosuid shared:9 - vfat /dev/sda1 rw\n"
        f"4 1 8:1 / {tmp_path}/media ro - vfat /dev/sda1 rw\n"
    )
    assert media.place(None, mounts, blocks) == sticks
    (tmp_path / "devices/pci/usb1").rename(tmp_path / "devices/pci/ata1")
    (blocks / "8:1").unlink()
    (blocks / "8:1").symlink_to(tmp_path / "devices/pci/ata1/1-1/sda/sda1")
    assert media.place(None, mounts, blocks) is None
    (tmp_path / "devices/pci/ata1/1-1/sda/removable").write_text("1\n")
    assert media.place(None, mounts, blocks) == sticks
    assert media.place(sticks, mounts, blocks) == sticks
