"""`clockhouse outbox`: what waits, whether it holds, and the evidence file."""

import json
from argparse import Namespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import commands, keys, ledger, signing, wire
from sync.counterpart import Counterpart
from sync.rig import MOMENT, Bench, punch


@pytest.fixture
def server():
    counterpart = Counterpart()
    counterpart.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    yield counterpart
    counterpart.close()


@pytest.fixture
def bench(server):
    device = Bench()
    device.enrol(server)
    (device.folder / "clockhouse.toml").write_text(f'state_dir = "{device.folder}"\n')
    yield device
    device.close()


@pytest.fixture
def outbox(bench, capsys):
    def run(action: str, **more) -> tuple[int, str]:
        config = bench.folder / "clockhouse.toml"
        arguments = {"config": config, "json": True, "file": None, "out": None, "server_key": []}
        code = commands.outbox(Namespace(action=action, **(arguments | more)))
        return code, capsys.readouterr().out

    return run


def test_status_tells_what_waits_since_when_and_what_is_parked(bench, server, outbox):
    server.parks.add("punch")
    bench.punches(2)
    bench.work()
    bench.punches(3)
    code, out = outbox("status")
    status = json.loads(out)
    assert (code, status["waiting"], status["delivered"]) == (0, 3, 3)
    assert status["oldest"] == "2026-03-02T07:58:00.000Z"
    assert status["device_id"] == bench.device.device_id
    assert [parked["code"] for parked in status["parked"]] == ["unknown_employee"] * 2
    _, text = outbox("status", json=False)
    assert "waiting     3, oldest from 2026-03-02T07:58:00.000Z" in text


def test_a_whole_outbox_verifies_and_a_changed_one_names_the_line(bench, outbox):
    bench.punches(5)
    bench.work()
    assert json.loads(outbox("verify")[1])["device_id"] == bench.device.device_id
    assert json.loads(outbox("verify", file=bench.settings.outbox)[1])["ok"]
    bench.outbox._connection.execute(
        "UPDATE lines SET raw = CAST(replace(raw, 'ana', 'eva') AS BLOB) WHERE seq = 4"
    )
    code, out = outbox("verify")
    assert code == 1
    assert json.loads(out) | {"lines": 0} == {
        "ok": False, "device_id": bench.device.device_id, "epoch": bench.outbox.epoch, "seq": 4,
        "problem": "its bytes do not give its hash", "lines": 0, "receipts": None,
    }  # fmt: skip


def test_a_flipped_byte_in_a_copy_of_the_store_is_named(bench, outbox, tmp_path):
    bench.punches(5)
    bench.outbox.close()
    copy = tmp_path / "outbox.db"
    content = bytearray(bench.settings.outbox.read_bytes())
    where = content.index(b"000000000003")
    content[where + 11] ^= 1
    copy.write_bytes(content)
    code, out = outbox("verify", file=copy)
    assert (code, json.loads(out)["seq"]) == (1, 5)
    assert outbox("verify", file=bench.settings.outbox)[0] == 0


def test_the_evidence_file_holds_everything_and_verifies(bench, outbox, tmp_path):
    salt, note = b"s" * 32, b"gate open"
    bench.kiosk().append("punch", MOMENT, punch(1), beside=[(salt, note)])
    bench.work()
    file = tmp_path / "evidence.jsonl"
    assert outbox("export", out=file)[0] == 0
    rows = [json.loads(row) for row in file.read_text().splitlines()]
    assert [next(iter(row)) for row in rows] == [
        "export",
        "epoch",
        "epoch",
        "server_key",
        "checkpoint",
        "receipt",
        "beside",
        "end",
    ]
    assert outbox("verify", file=file)[0] == 0
    changed = file.read_bytes().replace(b'"kind":"in"', b'"kind":"out"')
    file.write_bytes(changed)
    code, out = outbox("verify", file=file)
    assert (code, json.loads(out)["seq"]) == (1, 2)


def test_receipts_are_held_against_the_server_s_key_from_the_file_or_from_elsewhere(
    bench, server, outbox, tmp_path, capsys
):
    bench.punches(3)
    bench.work()
    server.close()
    bench.punches(2)
    file = tmp_path / "evidence.jsonl"
    outbox("export", out=file)
    code, out = outbox("verify", file=file)
    assert code == 0
    assert json.loads(out)["receipts"].startswith(
        "Receipts over 4 of 6 lines hold for the server key in the file"
    )
    public = signing.public_bytes(server.key)
    for known in (signing.key_id(public), signing.b64encode(public).decode()):
        code, out = outbox("verify", file=file, server_key=[known])
        assert (code, json.loads(out)["receipts"]) == (
            0, "Receipts over 4 of 6 lines hold for the server key that was given."
        )  # fmt: skip
        assert outbox("verify", server_key=[known])[0] == 0
    code, out = outbox("verify", file=file, server_key=["A" * 26])
    found = json.loads(out)
    assert (code, found["epoch"], found["seq"]) == (1, bench.outbox.epoch, 4)
    assert found["problem"].endswith("which is not the one that was given")
    code, out = outbox("verify", file=bench.settings.outbox, server_key=["A" * 26])
    assert (code, json.loads(out)["receipts"]) == (0, commands.NO_RECEIPTS)
    assert outbox("verify", file=file, server_key=["mine"])[0] == 2


def test_keys_that_were_retired_stay_with_the_receipts_that_they_signed(bench, server, outbox):
    bench.punches(2)
    bench.work()
    first = signing.key_id(signing.public_bytes(server.key))
    server.key = Ed25519PrivateKey.generate()  # the server was set up anew at the same address
    server.lines.clear()
    bench.enrol(server)
    bench.punches(1)
    bench.start()
    bench.work()
    second = signing.key_id(signing.public_bytes(server.key))
    code, out = outbox("verify")
    assert (code, json.loads(out)["ok"]) == (0, True)
    assert first in json.loads(out)["receipts"]
    assert second in json.loads(out)["receipts"]
    assert outbox("verify", server_key=[second])[0] == 1
    assert outbox("verify", server_key=[second, first])[0] == 0


def test_the_device_signs_its_newest_lines_when_it_exports_them(bench, outbox, tmp_path):
    bench.punches(3)
    file = tmp_path / "evidence.jsonl"
    outbox("export", out=file)
    with file.open("rb") as rows:
        (made,) = ledger.read_export(rows).checkpoints
    assert made.seq == 4
    key = keys.load_key(bench.settings.key)
    assert signing.checkpoint_holds(signing.public_key(key), made)
    assert outbox("verify", file=file)[0] == 0


def test_an_outbox_put_back_from_an_old_copy_lacks_lines_that_were_signed_for(bench, outbox):
    bench.punches(2)
    bench.outbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    old = bench.settings.outbox.read_bytes()
    bench.punches(3)
    bench.work()
    epoch = bench.outbox.epoch
    bench.outbox.close()
    bench.settings.outbox.write_bytes(old)
    code, out = outbox("verify")
    assert (code, json.loads(out)["epoch"], json.loads(out)["seq"]) == (1, epoch, 4)


def test_a_device_that_joined_another_server_shows_what_it_made_since(bench, server, outbox, tmp_path):
    other = Counterpart()
    other.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    server.parks.add("punch")
    bench.punches(2)
    bench.work()
    before = bench.device.device_id
    bench.enrol(other)
    bench.start()
    bench.kiosk()
    bench.punches(1)
    bench.work()
    other.close()
    assert bench.device.device_id != before
    file = tmp_path / "evidence.jsonl"
    assert outbox("verify")[0] == outbox("export", out=file)[0] == outbox("verify", file=file)[0] == 0
    with file.open("rb") as rows:
        export = ledger.read_export(rows)
    assert json.loads(outbox("status")[1])["parked"] == []
    assert {one.epoch for one in (*export.checkpoints, *export.receipts)} == {bench.outbox.epoch}


def test_a_checkpoint_of_a_lost_store_stays_evidence(bench, outbox, tmp_path):
    bench.punches(2)
    bench.work()
    lost = bench.outbox.epoch
    bench.outbox.close()
    bench.settings.outbox.write_bytes(b"nothing that anybody could read" * 400)
    bench.kiosk()
    bench.work()
    file = tmp_path / "evidence.jsonl"
    assert outbox("export", out=file)[0] == outbox("verify", file=file)[0] == 0
    with file.open("rb") as rows:
        epochs = {made.epoch for made in ledger.read_export(rows).checkpoints}
    assert epochs == {lost, bench.outbox.epoch}


def test_a_file_that_is_no_outbox_is_told(bench, outbox, tmp_path):
    damaged = tmp_path / "outbox.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    assert outbox("verify", file=damaged)[0] == 1
    assert outbox("verify", file=tmp_path / "nothing")[0] == 2
    damaged.write_bytes(b"garbage")
    assert outbox("verify", file=damaged)[0] == 1


def test_before_the_first_punch_there_is_nothing_to_complain_about(bench, outbox):
    assert json.loads(outbox("status")[1])["waiting"] == 0
    assert outbox("verify")[0] == 0
    assert outbox("export")[0] == 2
