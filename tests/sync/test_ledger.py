"""Whatever is done to a ledger afterwards, verification names the first line that does not hold."""

from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import ledger, signing, wire

quickly = settings(deadline=None, database=None, max_examples=300)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE = signing.key_id(signing.public_bytes(KEY))


def chain(length: int, epoch: str = "E1") -> list[ledger.Stored]:
    lines: list[ledger.Stored] = []
    for seq in range(1, length + 1):
        prev = lines[-1].hash if lines else None
        line = wire.AccessLine(
            v=1, type="access", device_id=DEVICE, epoch=epoch, seq=seq, at="2026-03-02T07:58:00.000Z",
            prev=prev, what="wrong_pin", employee_id=f"person-{seq}",
        )  # fmt: skip
        raw = wire.encode_line(line)
        lines.append(ledger.Stored(DEVICE, epoch, seq, ledger.line_hash(raw), prev, raw))
    return lines


def evidence(lines: list[ledger.Stored]) -> ledger.Export:
    public = signing.b64encode(signing.public_bytes(KEY)).decode()
    last = lines[-1]
    made = signing.checkpoint(
        KEY, wire.Head(epoch=last.epoch, seq=last.seq, hash=last.hash), "2026-03-02T07:59:00.000Z"
    )
    salt = signing.b64encode(b"s" * 32).decode()
    note = wire.Beside(salt=salt, content=signing.b64encode(b"gate open").decode())
    return ledger.Export(
        header={"device_id": DEVICE, "public_key": public},
        lines=lines,
        checkpoints=[made],
        beside={ledger.beside_hash(b"s" * 32, b"gate open"): note},
    )


LINES = chain(6)
FILE = list(ledger.write_export(evidence(LINES)))


def test_a_ledger_as_it_was_made_holds():
    assert ledger.verify(LINES) == ledger.Report(ok=True, lines=6)
    assert ledger.verify_export(FILE).ok
    back = ledger.read_export(FILE)
    assert (back.lines, back.checkpoints) == (LINES, evidence(LINES).checkpoints)


def test_epochs_may_lie_between_each_other():
    first, second = chain(3), chain(3, "E2")
    mixed = [line for pair in zip(first, second, strict=True) for line in pair]
    assert ledger.verify(mixed).ok


def test_pruned_lines_keep_the_chain_whole():
    pruned = [replace(line, raw=None) if line.seq < 4 else line for line in LINES]
    assert ledger.verify(pruned).ok
    back = ledger.read_export(ledger.write_export(evidence(pruned)))
    assert back.lines == pruned
    forged = [replace(line, hash="0" * 64) if line.seq == 2 else line for line in pruned]
    assert ledger.verify(forged).seq == 3


def test_export_lines_are_the_stored_bytes():
    assert all(line.raw in row for line, row in zip(LINES, FILE[1:], strict=False))


@quickly
@given(seq=st.integers(1, 6), data=st.data())
def test_a_flipped_byte_of_a_stored_line_is_named(seq, data):
    raw = bytearray(LINES[seq - 1].raw)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    changed = [replace(line, raw=bytes(raw)) if line.seq == seq else line for line in LINES]
    report = ledger.verify(changed)
    assert (report.ok, report.epoch, report.seq) == (False, "E1", seq)


@quickly
@given(row=st.integers(1, 6), data=st.data())
def test_a_flipped_byte_of_an_evidence_file_is_named(row, data):
    rows = list(FILE)
    changed = bytearray(rows[row])
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))
    rows[row] = bytes(changed)
    report = ledger.verify_export(b"\n".join(rows).split(b"\n"))
    assert not report.ok
    place = msgspec.json.decode(FILE[row], type=dict)
    beside_the_line = position < FILE[row].index(b'"line":')
    assert report.seq == place["seq"] or beside_the_line


@pytest.mark.parametrize("row", range(7, len(FILE)))
def test_a_flipped_byte_of_a_statement_is_found(row):
    rows = list(FILE)
    for position in range(len(rows[row])):
        changed = bytearray(rows[row])
        changed[position] ^= 1
        report = ledger.verify_export([*rows[:row], bytes(changed), *rows[row + 1 :]])
        assert not report.ok, changed


@quickly
@given(st.integers(1, 6))
def test_a_dropped_line_is_named(seq):
    report = ledger.verify([line for line in LINES if line.seq != seq])
    assert report.ok is (seq == 6)
    assert report.seq == (None if seq == 6 else seq)


@quickly
@given(st.integers(1, 5))
def test_swapped_lines_are_named(seq):
    lines = list(LINES)
    lines[seq - 1], lines[seq] = lines[seq], lines[seq - 1]
    assert ledger.verify(lines).seq == seq


@quickly
@given(st.integers(1, 5))
def test_an_inserted_line_is_named(seq):
    forged = chain(seq + 1)[-1]
    raw = forged.raw.replace(b"person", b"PERSON")
    inserted = replace(forged, raw=raw, hash=ledger.line_hash(raw))
    report = ledger.verify([*LINES[:seq], inserted, *LINES[seq:]])
    assert (report.ok, report.seq) == (False, seq + 1)


def test_a_rewritten_line_breaks_the_next_ones_link():
    raw = LINES[2].raw.replace(b"person-3", b"person-9")
    lines = [replace(line, raw=raw, hash=ledger.line_hash(raw)) if line.seq == 3 else line for line in LINES]
    report = ledger.verify(lines)
    assert (report.seq, report.problem) == (4, "does not follow the line before it")


def test_a_rewritten_last_line_is_caught_by_the_checkpoint():
    raw = LINES[5].raw.replace(b"person-6", b"person-9")
    export = evidence(LINES)
    export.lines = [*LINES[:5], replace(LINES[5], raw=raw, hash=ledger.line_hash(raw))]
    report = ledger.verify_evidence(export)
    assert (report.seq, report.problem) == (6, "a checkpoint names another hash")


@pytest.mark.parametrize("kept", range(1, 6))
def test_a_tail_that_was_signed_for_cannot_be_cut_off(kept):
    export = evidence(LINES)
    export.lines = LINES[:kept]
    report = ledger.verify_evidence(export)
    assert (report.ok, report.epoch, report.seq) == (False, "E1", kept + 1)
    assert report.problem == f"line {kept + 1} is missing; line 6 was signed for"


def test_a_statement_about_an_epoch_that_is_not_here_says_nothing_against_the_others():
    export = evidence(LINES)
    export.lines = chain(2, "E2")
    assert ledger.verify_evidence(export).ok


@pytest.mark.parametrize("rows", [[], [b"\n"], FILE[1:]])
def test_a_file_without_its_beginning_is_no_evidence(rows):
    assert not ledger.verify_export(rows).ok


def test_an_incoming_line_is_linked_to_what_is_held():
    head = wire.read_head(LINES[2].raw)
    own, before = LINES[2].hash, LINES[1].hash

    def joined(here, there):
        return ledger.link(head, own, ledger.Known(frozenset(here), frozenset(there)))

    assert joined([], [before]) == ("linked", "new")
    assert joined([own], [before]) == ("linked", "same")
    assert joined([], []) == ("gap", "new")
    assert joined([], ["another"]) == ("fork", "new")
    assert joined(["another"], [before]) == ("fork", "other")
    first = wire.read_head(LINES[0].raw)
    assert ledger.link(first, LINES[0].hash, ledger.Known(frozenset(), frozenset())) == ("linked", "new")


def test_content_beside_a_line_needs_a_whole_salt():
    with pytest.raises(wire.WireError):
        ledger.beside_hash(b"short", b"content")
