"""Whatever is done to a device's store or to its evidence file, verification names the first bad line."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clockhouse_sync import commands, ledger, signing, wire
from sync.counterpart import Counterpart
from sync.rig import MOMENT, Bench, punch

UNHURRIED = settings(
    deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
SHORT = settings(UNHURRIED, max_examples=150)
LONG = settings(UNHURRIED, max_examples=5000)
NOBODY: ledger.Expected = {}


@pytest.fixture(scope="module")
def server_key():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def bench(server_key):
    """A device that was started three times, and delivered what it made then, but for its last lines."""
    server = Counterpart()
    server.key = server_key
    server.pages[""] = wire.RosterAnswer(cursor="c1", rows=[])
    device = Bench()
    device.enrol(server)
    for started in range(3):
        kiosk = device.kiosk()
        kiosk.append("punch", MOMENT, punch(90 + started), beside=[(b"s" * 32, b"gate %d open" % started)])
        device.punches(5)
        if started < 2:
            device.work()
    yield device
    device.close()
    server.close()


@pytest.fixture(scope="module")
def file(bench, tmp_path_factory):
    """Its evidence file's text lines."""
    path = tmp_path_factory.mktemp("evidence") / "evidence.jsonl"
    with commands.stores(bench.settings) as (reader, state):
        evidence = commands.gathered(bench.settings, reader, state)
        path.write_bytes(b"".join(row + b"\n" for row in ledger.write_export(evidence)))
    assert commands.verify_file(path).ok
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="module")
def copy(bench, tmp_path_factory):
    """A copy of its outbox, alone."""
    path = tmp_path_factory.mktemp("copy") / "outbox.db"
    with closing(sqlite3.connect(bench.settings.outbox)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    assert commands.verify_file(path).ok
    return path.read_bytes()


def checked(rows: list[bytes], expected: ledger.Expected = NOBODY) -> ledger.Report:
    """The quick way and the plain one say the same."""
    whole = b"".join(rows).splitlines(keepends=True)
    report = ledger.verify_export(whole, expected=expected)
    assert report == ledger.verify_export(whole, quick=False, expected=expected)
    json.dumps([report.device_id, report.epoch, report.seq, report.problem])
    return report


def place(row: bytes) -> tuple[str, int] | None:
    """The line that a text line holds."""
    said = json.loads(row)
    return (said["epoch"], said["seq"]) if "line" in said else None


def up_to(named: tuple[str, int] | None, passed: list[tuple[str, int] | None]) -> set[tuple[str, int]]:
    """Where a line comes too early, one of those that it has passed is what is missing, or it stands twice."""
    return (
        set()
        if named is None
        else {named, *passed} - {None} | {(named[0], seq) for seq in range(1, named[1])}
    )


def damage_the_file(rows: list[bytes], data: st.DataObject) -> None:
    """The first bad line is named, but where a text line that holds none is harmed, or one cannot say its own name."""
    rows = list(rows)
    places = [place(row) for row in rows]
    at = data.draw(st.integers(0, len(rows) - 1))
    what = data.draw(st.sampled_from(["flip", "drop", "copy", "swap", "cut", "forge"]))
    named = {places[at]} - {None}
    match what:
        case "flip":
            where = data.draw(st.integers(0, len(rows[at]) - 1))
            harmed = bytearray(rows[at])
            harmed[where] ^= data.draw(st.integers(1, 255))
            beside = where < rows[at].find(b'"line":') + 8 or where >= len(rows[at]) - 2
            named = set() if beside else named
            rows[at] = bytes(harmed)
        case "drop":
            del rows[at]
        case "copy":
            to = data.draw(st.integers(0, len(rows)))
            named = up_to(places[at], places[to:at]) if to else set()  # before its header a file says nothing
            rows.insert(to, rows[at])
        case "swap":
            other = data.draw(st.integers(0, len(rows) - 1).filter(lambda one: rows[one] != rows[at]))
            first, second = sorted((at, other))
            named = (
                {places[first], *up_to(places[second], places[first:second])}
                if places[first] and places[second]
                else set()
            )
            rows[first], rows[second] = rows[second], rows[first]
        case "cut":
            alone = at == len(rows) - 1  # the file's last byte only ends the text line
            where = data.draw(st.integers(0, len(rows[at]) - 1 - alone))
            rows[at:] = [rows[at][:where]]
            known = [one for one in places[max(at - 1, 0) : at + 1] if one is not None]
            named = {*known, *((epoch, seq + 1) for epoch, seq in known)} if named and at > 1 else set()
        case _:
            if places[at] is None:
                return
            said = json.loads(rows[at])
            raw = wire.encode(said["line"] | {"roster_version": "forged"})
            digest = ledger.line_hash(raw).encode()
            rows[at] = b'{"epoch":"%s","seq":%d,"hash":"%s","line":%s}\n' % (
                said["epoch"].encode(), said["seq"], digest, raw,
            )  # fmt: skip
            named = {places[at], *places[at + 1 : at + 2]} - {None}
    report = checked(rows)
    assert not report.ok, what
    if named:
        assert (report.epoch, report.seq) in named, (what, named, report)


@SHORT
@given(data=st.data())
def test_any_damage_to_an_evidence_file_is_named(file, data):
    damage_the_file(file, data)


@pytest.mark.soak
@LONG
@given(data=st.data())
def test_any_damage_to_an_evidence_file_is_always_named(file, data):
    damage_the_file(file, data)


def sealed(rows: list[dict]) -> list[bytes]:
    """As written by somebody who makes the end anew, too, which nobody signs."""
    made, rest, lines = [], sha256(), 0
    for row in rows[:-1]:
        made.append((msgspec.json.encode if "line" in row else wire.encode)(row) + b"\n")
        lines += "line" in row
        if "line" not in row:
            rest.update(made[-1])
    return [*made, wire.encode({"end": {"lines": lines, "rest": rest.hexdigest()}}) + b"\n"]


def forge_a_receipt(bench, server_key, rows: list[bytes], data: st.DataObject) -> None:
    """Whatever it says and whoever signs it, it is named, or the key from elsewhere names it."""
    said = [json.loads(row) for row in rows]
    assert sealed(said) == rows
    at = data.draw(st.sampled_from([index for index, row in enumerate(said) if "receipt" in row]))
    (key_at,) = (index for index, row in enumerate(said) if "server_key" in row)
    receipt = said[at]["receipt"]
    place = (receipt["epoch"], receipt["seq"])
    expected = ledger.expected_keys([signing.key_id(signing.public_bytes(server_key))])
    forms = [
        "hash",
        "server_time",
        "device_id",
        "key_id",
        "signature",
        "seq",
        "epoch",
        "stranger",
        "no key",
        "gone",
    ]
    what = data.draw(st.sampled_from(forms))
    alone = True  # whether the file gives it away by itself
    match what:
        case "seq":
            receipt["seq"] = data.draw(st.integers(1, receipt["seq"]).filter(lambda seq: seq != place[1]))
            place = (place[0], receipt["seq"])
        case "epoch":
            others = {row["epoch"] for row in said if "line" in row} - {place[0]}
            receipt["epoch"] = data.draw(st.sampled_from(sorted(others)))
            place = (receipt["epoch"], place[1])
        case "stranger":
            stranger = Ed25519PrivateKey.from_private_bytes(data.draw(st.binary(min_size=32, max_size=32)))
            public = signing.public_bytes(stranger)
            said[key_at] = {"server_key": {"key_id": signing.key_id(public),
                                           "public_key": signing.b64encode(public).decode()}}  # fmt: skip
            for row in said:
                if "receipt" in row:
                    one = row["receipt"]
                    head = wire.Head(epoch=one["epoch"], seq=one["seq"], hash=one["hash"])
                    made = signing.receipt(stranger, one["device_id"], head, one["server_time"])
                    row["receipt"] = json.loads(msgspec.json.encode(made))
            alone, place = False, None
        case "no key":
            del said[key_at]
            alone, place = False, None
        case "gone":
            said = [row for row in said if "receipt" not in row]
            assert checked(sealed(said)).receipts.startswith("No receipt: ")
            return
        case field:
            other = {"signature": signing.b64encode(bytes(64)).decode(), "hash": "0" * 64,
                     "server_time": "2026-03-02T07:58:01.000Z"}  # fmt: skip
            receipt[field] = other.get(field, "A" * 26)
    for keys in ({}, expected):
        report = checked(sealed(said), keys)
        assert report.ok is not (alone or bool(keys)), (what, report)
        if place is not None:
            assert (report.epoch, report.seq) == place, (what, report)
        elif keys:
            assert any((report.epoch, report.seq) == (row["receipt"]["epoch"], row["receipt"]["seq"])
                       for row in said if "receipt" in row)  # fmt: skip
        else:
            assert ("were not checked" if what == "no key" else "agrees with itself") in report.receipts


@SHORT
@given(data=st.data())
def test_a_false_receipt_is_named(bench, server_key, file, data):
    forge_a_receipt(bench, server_key, file, data)


@pytest.mark.soak
@LONG
@given(data=st.data())
def test_a_false_receipt_is_always_named(bench, server_key, file, data):
    forge_a_receipt(bench, server_key, file, data)


def test_a_file_without_the_server_s_key_still_says_all_the_rest(server_key, file):
    """As it was written before files held one."""
    said = [json.loads(row) for row in file if b'"server_key"' not in row]
    report = checked(sealed(said))
    assert (report.ok, report.lines) == (True, sum("line" in row for row in said))
    assert "were not checked: the file lacks the server's key" in report.receipts
    whole = signing.b64encode(signing.public_bytes(server_key)).decode()
    assert checked(sealed(said), ledger.expected_keys([whole])).receipts.endswith(
        "the server key that was given."
    )
    report = checked(sealed(said), ledger.expected_keys([signing.key_id(signing.public_bytes(server_key))]))
    assert not report.ok
    assert "only its id was given" in report.problem


def test_a_key_in_the_file_is_what_its_id_says(file):
    for field, value in (("public_key", "A" * 43 + "="), ("public_key", "none"), ("key_id", "A" * 26)):
        said = [json.loads(row) for row in file]
        for row in said:
            row.get("server_key", {}).update({field: value} if "server_key" in row else {})
        assert "server key" in checked(sealed(said)).problem


def chained(count: int) -> list[ledger.Stored]:
    lines, prev = [], None
    for seq in range(1, count + 1):
        raw = wire.encode({"v": 1, "type": "x", "device_id": "D", "epoch": "E", "seq": seq,
                           "at": "2026-03-02T07:58:00.000Z"} | ({} if prev is None else {"prev": prev}))  # fmt: skip
        lines.append(ledger.Stored("D", "E", seq, ledger.line_hash(raw), prev, raw))
        prev = lines[-1].hash
    return lines


def written(lines: list[ledger.Stored]) -> list[bytes]:
    return [row + b"\n" for row in ledger.write_export(ledger.Export({"device_id": "D"}, lines))]


def test_quick_and_plain_agree_on_long_files(monkeypatch):
    """Pieces that begin, end and break anywhere."""
    monkeypatch.setattr("clockhouse_sync.ledger.evidence_file.PIECE", 4)
    lines = chained(39)
    rows = written(lines)
    report = checked(rows)
    assert (report.ok, report.lines, report.device_id) == (True, 39, "D")
    for at in range(1, 40):
        for harmed in (
            rows[:at] + rows[at + 1 :],
            [*rows[:at], rows[at].replace(b'"v":1', b'"v":2'), *rows[at + 1 :]],
        ):
            report = checked(harmed)
            assert (report.ok, report.epoch, report.seq) == (False, "E", at)
        for one, another in ((b'"device_id":"D"', b'"device_id":"B"'), (b'"v":1', b'"v":2')):
            other = rows[at].replace(one, another)
            digest = ledger.line_hash(other[other.index(b'"line":') + 7 : -2]).encode()
            forged = other.replace(lines[at - 1].hash.encode(), digest, 1)
            report = checked([*rows[:at], forged, *rows[at + 1 :]])
            assert report.seq == (at if b"B" in another else at + 1 if at < 39 else None)


@pytest.mark.parametrize(
    "after", [b"", b'{"beside":{"content":"","hash":"","salt":""}}\n'], ids=["end", "statement"]
)
def test_no_line_comes_after_the_end_or_after_what_is_said_of_lines(monkeypatch, after):
    """However many, and however well they follow."""
    monkeypatch.setattr("clockhouse_sync.ledger.evidence_file.PIECE", 4)
    rows = written(chained(20))
    statement = [after] if after else rows[-1:]
    report = checked([*rows[:9], *statement, *rows[9:-1], *(rows[-1:] if after else [])])
    assert (report.ok, report.lines, report.epoch, report.seq) == (False, 8, "E", 9)


@pytest.mark.parametrize(
    ("harm", "holds"),
    [
        ((b'"line":{', b'"line": {'), True),
        ((b"}}\n", b"} }\n"), True),
        ((b"{", b" {"), True),
        ((b"}\n", b"} \n"), False),
        ((b"}\n", b"}\r\n"), False),
    ],
)
def test_what_stands_around_a_line_is_none_of_its_bytes(harm, holds):
    """Also where its hash was made as if it were."""
    rows = written(chained(20))
    loose = rows[9].replace(*harm, 1)
    assert checked([*rows[:9], loose, *rows[10:]]).ok is holds
    around = ledger.line_hash(loose[loose.index(b'"line":') + 7 : -2])
    forged = loose.replace(json.loads(rows[9])["hash"].encode(), around.encode(), 1)
    assert checked([*rows[:9], forged, *rows[10:]]).ok is (holds and forged == loose)


def test_a_run_of_the_kiosk_cannot_be_taken_out_whole(file, copy, tmp_path):
    """Its statements and all: the run after it names its newest line."""
    _, gone, after = dict.fromkeys(named[0] for named in map(place, file) if named is not None)
    kept = [row for row in file if gone.encode() not in row or after.encode() in row]
    assert len(kept) < len(file)
    report = checked(kept)
    assert (report.ok, report.epoch, report.seq) == (False, gone, 1)
    path = alone(tmp_path, copy)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        lines = "SELECT position FROM lines WHERE epoch = ?"
        store.execute(f"DELETE FROM beside WHERE position IN ({lines})", (gone,))
        for table in ("lines", "epochs"):
            store.execute(f"DELETE FROM {table} WHERE epoch = ?", (gone,))
    report = commands.verify_file(path)
    assert (report.ok, report.epoch, report.seq) == (False, gone, 1)


def test_a_damaged_schema_is_told(copy, tmp_path):
    """Also where SQLite's own words for it are no text any more."""
    where = copy.index(b"CREATE TABLE lines")
    for by in range(13, 60):
        harmed = bytearray(copy)
        harmed[where + by] ^= 0x80
        report = commands.verify_file(alone(tmp_path, bytes(harmed)))
        assert not report.ok


def alone(folder: Path, content: bytes) -> Path:
    """A store's file, without what SQLite left beside the one before it."""
    for left in folder.glob("outbox.db*"):
        left.unlink()
    path = folder / "outbox.db"
    path.write_bytes(content)
    return path


def damage_the_store(content: bytes, folder: Path, data: st.DataObject) -> None:
    path = alone(folder, content)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        lines = store.execute("SELECT position, epoch, seq, raw FROM lines ORDER BY position").fetchall()
        at = data.draw(st.integers(0, len(lines) - 1))
        position, epoch, seq, raw = lines[at]
        what = data.draw(st.sampled_from(["flip", "column", "drop", "swap", "insert", "end", "beside"]))
        named = {(epoch, seq)}
        match what:
            case "flip":
                where = data.draw(st.integers(0, len(raw) - 1))
                harmed = raw[:where] + bytes([raw[where] ^ data.draw(st.integers(1, 255))]) + raw[where + 1 :]
                store.execute("UPDATE lines SET raw = ? WHERE position = ?", (harmed, position))
            case "column":
                column, value = data.draw(
                    st.sampled_from([("hash", "0" * 64), ("prev", "0" * 64), ("type", "odd"), ("at_ms", 5),
                                     ("seq", 99), ("epoch", "odd"), ("hash", "\udcff".encode(errors="surrogateescape"))])
                )  # fmt: skip
                if isinstance(value, bytes):
                    store.execute(
                        f"UPDATE lines SET {column} = CAST(? AS TEXT) WHERE position = ?", (value, position)
                    )
                else:
                    store.execute(f"UPDATE lines SET {column} = ? WHERE position = ?", (value, position))
            case "drop":
                store.execute("DELETE FROM beside WHERE position = ?", (position,))
                store.execute("DELETE FROM lines WHERE position = ?", (position,))
            case "swap":
                other = lines[data.draw(st.integers(0, len(lines) - 1).filter(lambda one: one != at))]
                named = {min((at, seq, epoch), (lines.index(other), other[2], other[1]))[:0:-1]}
                for where, bytes_ in ((position, other[3]), (other[0], raw)):
                    store.execute("UPDATE lines SET raw = ? WHERE position = ?", (bytes_, where))
            case "insert":
                newest, end = store.execute(
                    "SELECT newest, hash FROM epochs WHERE epoch = ?", (epoch,)
                ).fetchone()
                forged = wire.encode(json.loads(raw) | {"seq": newest + 1, "prev": end})
                store.execute(
                    "INSERT INTO lines (epoch, seq, hash, prev, type, at_ms, raw) SELECT epoch, ?, ?, ?, type, at_ms, ?"
                    " FROM lines WHERE position = ?",
                    (newest + 1, ledger.line_hash(forged), end, forged, position),
                )
                named = {(epoch, newest + 1)}
            case "end":
                column, value = data.draw(
                    st.sampled_from(
                        [("newest", 99), ("hash", "0" * 64), ("newest", 1), ("oldest", 3), ("held", 0)]
                    )
                )
                newest = store.execute("SELECT newest FROM epochs WHERE epoch = ?", (epoch,)).fetchone()[0]
                store.execute(f"UPDATE epochs SET {column} = ? WHERE epoch = ?", (value, epoch))
                named = {(epoch, {99: newest + 1, 1: 2, 3: 1, 0: 1}.get(value, newest))}
            case _:
                store.execute("UPDATE beside SET content = x'00' WHERE hash = (SELECT min(hash) FROM beside)")
                named = {(None, None)}
    report = commands.verify_file(path)
    json.dumps([report.device_id, report.epoch, report.seq, report.problem])
    assert not report.ok, what
    assert (report.epoch, report.seq) in named, (what, named, report)


@SHORT
@given(data=st.data())
def test_any_damage_to_an_outbox_is_named(copy, tmp_path, data):
    damage_the_store(copy, tmp_path, data)


@pytest.mark.soak
@LONG
@given(data=st.data())
def test_any_damage_to_an_outbox_is_always_named(copy, tmp_path, data):
    damage_the_store(copy, tmp_path, data)


def flip_a_byte_of_the_store_s_file(content: bytes, folder: Path, data: st.DataObject) -> None:
    """Wherever it is, there is an answer; in a line's bytes it is that line's name."""
    path = alone(folder, content)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as store:
        lines = store.execute("SELECT epoch, seq, raw FROM lines ORDER BY position").fetchall()
    epoch, seq, raw = lines[data.draw(st.integers(0, len(lines) - 1))]
    within = data.draw(st.booleans())
    where = content.index(raw) + data.draw(st.integers(0, len(raw) - 1)) if within else data.draw(
        st.integers(0, len(content) - 1)
    )  # fmt: skip
    harmed = bytearray(content)
    harmed[where] ^= data.draw(st.integers(1, 255))
    path.write_bytes(harmed)
    try:
        report = commands.verify_file(path)
    except commands.StoreError as problem:  # the command says so in one line, with exit code 2
        report = ledger.Report(ok=False, problem=problem.code)
    assert not within or (report.ok, report.epoch, report.seq) == (False, epoch, seq)


@SHORT
@given(data=st.data())
def test_a_flipped_byte_anywhere_in_an_outbox_file_has_an_answer(copy, tmp_path, data):
    flip_a_byte_of_the_store_s_file(copy, tmp_path, data)


@pytest.mark.soak
@LONG
@given(data=st.data())
def test_a_flipped_byte_anywhere_in_an_outbox_file_always_has_an_answer(copy, tmp_path, data):
    flip_a_byte_of_the_store_s_file(copy, tmp_path, data)
