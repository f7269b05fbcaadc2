"""Plain punches that came together are one row, and each is still a line to whoever asks."""

from dataclasses import dataclass

import pytest
from sqlalchemy import delete, insert, or_, text, update

from clockhouse_server.ingest import runs, store
from clockhouse_server.ingest.models import Alarm, EpochMark, LineRow, PunchRow
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_sync import ledger, signing, wire
from server.rig import Kiosk, World

LINES = 60


@dataclass(frozen=True)
class Gate:
    world: World
    kiosk: Kiosk
    ann: str

    def punches(self, count: int) -> None:
        for number in range(count):
            self.world.now.forward(seconds=1)
            self.kiosk.punch("out" if number % 2 else "in", self.ann)

    def mark(self) -> int:
        return max(row.acknowledged_seq for row in self.world.rows(EpochMark))


@pytest.fixture
def gate(world: World) -> Gate:
    site = world.site()
    made = Gate(world, world.kiosk(site), world.person("1", "Ann", site))
    made.punches(LINES - 1)
    return made


def _rows(world: World) -> list[tuple[int, int]]:
    return sorted((row.first_seq, row.seq) for row in world.rows(LineRow))


def test_many_are_one_row_and_few_are_not(gate: Gate) -> None:
    gate.kiosk.deliver(gate.kiosk.lines[:40])
    gate.kiosk.deliver(gate.kiosk.lines[40 : 40 + runs.FEWEST - 1])
    singles = [(seq, seq) for seq in range(41, 40 + runs.FEWEST)]
    assert [(1, 1), (2, 40), *singles] == _rows(gate.world)
    with gate.world.read() as session:
        assert sorted(gate.kiosk.lines[: 40 + runs.FEWEST - 1]) == sorted(
            line.raw for line in runs.every(session)
        )


def test_what_comes_again_in_other_pieces_is_known(gate: Gate) -> None:
    gate.kiosk.deliver()
    for part in (gate.kiosk.lines[20:30], gate.kiosk.lines[::7], gate.kiosk.lines[-1:], gate.kiosk.lines):
        assert {("duplicate", None)} == set(gate.kiosk.outcomes(part))
    assert [(1, 1), (2, LINES)] == _rows(gate.world)


def test_a_place_is_found_whether_a_row_ends_there_or_not(gate: Gate) -> None:
    gate.kiosk.deliver(gate.kiosk.lines[:30])
    gate.kiosk.deliver(gate.kiosk.lines[40:])
    device_id, epoch = gate.kiosk.device_id, gate.kiosk.epoch
    places = [(device_id, epoch, seq) for seq in (1, 2, 17, 30, 31, 40, 41, 59, LINES, 61)]
    with gate.world.read() as session:
        found = {place[2]: [line.raw for line in lines] for place, lines in runs.at(session, places).items()}
    held = (1, 2, 17, 30, 41, 59, LINES)
    assert {seq: [gate.kiosk.lines[seq - 1]] for seq in held} == found


def test_a_gap_is_walked_over_once_it_is_filled(gate: Gate) -> None:
    gate.kiosk.deliver(gate.kiosk.lines[:20])
    gate.kiosk.deliver(gate.kiosk.lines[40:])
    assert 20 == gate.mark()
    gate.kiosk.deliver(gate.kiosk.lines[20:40])
    assert LINES == gate.mark()
    with gate.world.read() as session:
        assert verify_stored(session).ok
        rows = store.rows_after(session, gate.kiosk.device_id, gate.kiosk.epoch, 0, 100)
        assert [(1, 1), (2, 20), (21, 40), (41, 41), (42, LINES)] == [(row[0], row[1]) for row in rows]


def test_a_clone_s_checkpoint_within_a_run_is_an_alarm_and_no_fault_of_the_ledger(gate: Gate) -> None:
    kiosk = gate.kiosk
    head = wire.Head(epoch=kiosk.epoch, seq=30, hash=ledger.line_hash(kiosk.lines[29]))
    other = wire.Head(epoch=kiosk.epoch, seq=30, hash="0" * 64)
    at = wire.format_instant(gate.world.now())
    kiosk.deliver(checkpoints=[signing.checkpoint(kiosk.key, one, at) for one in (head, other)])
    assert ["checkpoint_differs"] == [row.code for row in gate.world.rows(Alarm)]
    with gate.world.read() as session:
        assert verify_stored(session).ok


def test_a_checkpoint_within_a_run_that_names_another_line_is_named(gate: Gate) -> None:
    kiosk = gate.kiosk
    kiosk.deliver()
    other = wire.Head(epoch=kiosk.epoch, seq=30, hash="0" * 64)
    made = signing.checkpoint(kiosk.key, other, wire.format_instant(gate.world.now()))
    kiosk.deliver([], checkpoints=[made])
    with gate.world.read() as session:
        report = verify_stored(session)
    assert (False, 30) == (report.ok, report.seq)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_line_that_does_not_say_where_it_begins_is_named(gate: Gate) -> None:
    gate.kiosk.deliver(gate.kiosk.lines[:5])
    with gate.world.write() as session:
        session.execute(text("UPDATE lines SET first_seq = 'odd' WHERE seq = 3"))
    with gate.world.read() as session:
        assert 3 == verify_stored(session).seq == verify_stored(session, quick=False).seq


@pytest.mark.parametrize("harm", ["first", "within", "last", "punch"])
def test_damage_in_a_long_run_is_named_at_its_own_line(gate: Gate, harm: str) -> None:
    gate.kiosk.deliver()
    seq = {"first": 2, "within": 31, "last": LINES, "punch": 45}[harm]
    with gate.world.write() as session:
        if harm == "punch":
            session.execute(update(PunchRow).where(PunchRow.seq == seq).values(method="nfc"))
        else:
            lines = list(gate.kiosk.lines[1:])
            lines[seq - 2] = lines[seq - 2].replace(b'"punch"', b'"bunch"')
            run = update(LineRow).where(LineRow.first_seq == 2)
            session.execute(run.values(raw=runs.BREAK.join(lines)))
    with gate.world.read() as session:
        assert seq == verify_stored(session).seq == verify_stored(session, quick=False).seq


def test_a_punch_that_no_line_says_is_told_from_one_that_is_missing(gate: Gate) -> None:
    gate.kiosk.deliver()
    with gate.world.write() as session:
        row = session.query(PunchRow).filter_by(seq=30).one()
        columns = {column.name: getattr(row, column.name) for column in PunchRow.__table__.columns}
        session.execute(insert(PunchRow).values(columns | {"punch_id": "one more", "seq": 1}))
    with gate.world.read() as session:
        assert "a punch names it that it does not say" == verify_stored(session).problem
    with gate.world.write() as session:
        session.execute(delete(PunchRow).where(or_(PunchRow.seq == 30, PunchRow.punch_id == "one more")))
    with gate.world.read() as session:
        report = verify_stored(session)
    assert (30, "its punch is missing") == (report.seq, report.problem)


@pytest.mark.parametrize("first", [3, 9, 11, 15, -1])
def test_a_fork_among_a_run_s_places_is_named_wherever_it_says_that_it_begins(gate: Gate, first: int) -> None:
    kiosk = gate.kiosk
    kiosk.deliver()
    kiosk.seq, kiosk.prev = 9, ledger.line_hash(kiosk.lines[8])
    kiosk.punch("transfer", gate.ann)
    assert [("parked", "conflict")] == kiosk.outcomes(kiosk.lines[-1:])
    with gate.world.write() as session:
        session.execute(update(LineRow).where(LineRow.chain == "fork").values(first_seq=first))
    with gate.world.read() as session:
        for quick in (True, False):
            report = verify_stored(session, quick=quick)
            assert (10, "its place does not agree with its bytes") == (report.seq, report.problem)


def test_damage_within_a_run_breaks_no_delivery(gate: Gate) -> None:
    kiosk = gate.kiosk
    kiosk.deliver(kiosk.lines[:40])
    with gate.world.write() as session:
        row = session.query(LineRow).filter_by(first_seq=2).one()
        harmed = row.raw.replace(b'"type":"punch"', b'"type":"p}nch"', 1)
        session.execute(update(LineRow).where(LineRow.first_seq == 2).values(raw=b"x" + harmed[1:]))
    kiosk.deliver(kiosk.lines[40:])
    assert {"duplicate", "parked"} == {outcome for outcome, _ in kiosk.outcomes(kiosk.lines)}
    kiosk.hello()
    with gate.world.read() as session:
        assert 2 == verify_stored(session).seq


def test_a_start_after_an_impossible_place_is_kept_and_holds_up_nothing(gate: Gate) -> None:
    kiosk = gate.kiosk
    kiosk.deliver()
    for seq, epoch in ((2**63, "E"), (-1, "E"), (4, "E" * 5000)):
        raw = kiosk.boot(parent={"epoch": "E", "seq": 4711, "hash": "0" * 64})
        harmed = raw.replace(b"4711", str(seq).encode()).replace(
            b'"epoch":"E"', f'"epoch":"{epoch}"'.encode()
        )
        assert [("parked", "unreadable")] == kiosk.outcomes([harmed])
