"""Lines arrive: each once, each with a verdict, and nothing is lost whatever happens on the way."""

import json
from base64 import b64encode
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import event, update

from clockhouse_server.devices import store as devices
from clockhouse_server.ingest import office
from clockhouse_server.ingest.models import (
    Alarm,
    BesideRow,
    CheckpointRow,
    EpochMark,
    LastState,
    LineRow,
    ParkedLine,
    Proposal,
    PunchRow,
)
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.people import store as people
from clockhouse_sync import ledger, signing, wire
from server.rig import ADMIN, MONDAY, Kiosk, World
from server.statements import watched


class Gate:
    """A site with one kiosk, Ann, and a job."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.site = world.site()
        self.ann = world.person("0417", "Ann Lee", self.site)
        self.weld = world.job("1042", "Welding", world.customer())
        self.kiosk = world.kiosk(self.site)
        self.kiosk.deliver()

    def outcome(self) -> tuple[str, str | None]:
        """Of the newest line, sent now."""
        return self.kiosk.outcomes()[-1]


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def test_a_morning_at_the_gate_over_a_real_connection(world: World, live: str) -> None:
    site = world.site()
    ann = world.person("0417", "Ann Lee", site)
    weld = world.job("1042", "Welding", world.customer())
    with httpx.Client(base_url=live) as http:
        kiosk = world.kiosk(site, http=http)
        kiosk.punch("in", ann, job_id=weld)
        world.now.forward(hours=4)
        kiosk.punch("out", ann)
        answer = kiosk.deliver(checkpoints=[kiosk.checkpoint()]).json()
        assert [("linked", "accepted")] * 3 == [(one["chain"], one["outcome"]) for one in answer["verdicts"]]
        assert [{"epoch": kiosk.epoch, "seq": 3}] == answer["acknowledged"]
        assert kiosk.prev == answer["receipts"][0]["hash"]
        assert ["duplicate"] * 3 == [one["outcome"] for one in kiosk.deliver(kiosk.lines).json()["verdicts"]]
    assert 3 == len(world.rows(LineRow))
    assert 1 == len(world.rows(CheckpointRow))
    assert ["in", "out"] == [row.kind for row in sorted(world.rows(PunchRow), key=lambda row: row.position)]
    assert "out" == world.rows(LastState)[0].kind


def test_stored_bytes_are_the_bytes_that_were_sent(gate: Gate) -> None:
    assert gate.kiosk.lines == [row.raw for row in gate.world.rows(LineRow)]


def test_a_receipt_is_the_server_s_word_for_what_it_holds(gate: Gate) -> None:
    gate.kiosk.punch("in", gate.ann)
    found = gate.kiosk.deliver().json()["receipts"][0]
    receipt = wire.Receipt(**found)
    assert signing.receipt_holds(signing.public_key(gate.world.server.keys.private), receipt)
    assert (gate.kiosk.device_id, 2, gate.kiosk.prev) == (receipt.device_id, receipt.seq, receipt.hash)


def test_a_gap_stops_the_acknowledgement_until_it_is_filled(gate: Gate) -> None:
    first = gate.kiosk.line("clock", cause="hello")
    middle = gate.kiosk.line("clock", cause="hello")
    last = gate.kiosk.line("clock", cause="hello")
    answer = gate.kiosk.deliver([first, last]).json()
    assert ["linked", "gap"] == [one["chain"] for one in answer["verdicts"]]
    assert ["accepted", "accepted"] == [one["outcome"] for one in answer["verdicts"]]
    assert 2 == answer["acknowledged"][0]["seq"]
    assert 4 == gate.kiosk.deliver([middle]).json()["acknowledged"][0]["seq"]
    assert [] == gate.world.rows(Alarm)


def test_a_declared_loss_lets_the_acknowledgement_pass(gate: Gate) -> None:
    gate.kiosk.line("clock", cause="hello")
    gate.kiosk.line("clock", cause="hello")
    after = gate.kiosk.line("clock", cause="hello")
    epoch = gate.kiosk.epoch
    assert 1 == gate.kiosk.deliver([after]).json()["acknowledged"][0]["seq"]
    lost = gate.kiosk.line("lost", lost={"epoch": epoch, "from": 2, "to": 3})
    answer = gate.kiosk.deliver([lost]).json()
    assert 5 == answer["acknowledged"][0]["seq"]
    assert 5 == answer["receipts"][0]["seq"]


def test_a_loss_at_the_end_is_acknowledged_without_a_receipt_for_what_is_not_there(gate: Gate) -> None:
    lost_epoch = gate.kiosk.epoch
    gate.kiosk.boot(parent={"epoch": lost_epoch, "seq": 4, "hash": "0" * 64})
    gate.kiosk.line("lost", lost={"epoch": lost_epoch, "from": 2, "to": 4})
    gate.kiosk.deliver()
    answer = gate.kiosk.deliver(gate.kiosk.lines[:1]).json()
    assert [{"epoch": lost_epoch, "seq": 4}] == answer["acknowledged"]
    assert [] == answer["receipts"]


def at_one_place(gate: Gate) -> None:
    """Ann's clock-in is delivered; her clock-out, still to be, has the same place."""
    before = (gate.kiosk.seq, gate.kiosk.prev)
    gate.kiosk.punch("in", gate.ann)
    gate.kiosk.deliver()
    gate.kiosk.seq, gate.kiosk.prev = before
    gate.kiosk.punch("out", gate.ann)


def test_two_lines_at_one_place_are_both_kept_and_alarmed(gate: Gate) -> None:
    at_one_place(gate)
    assert ("parked", "conflict") == gate.outcome()
    assert 2 == len(gate.world.rows(LineRow, seq=2))
    assert ["fork"] == [alarm.code for alarm in gate.world.rows(Alarm)]
    assert ["in"] == [row.kind for row in gate.world.rows(PunchRow)]


def test_whoever_delivers_the_other_history_has_a_receipt_for_its_own_line(gate: Gate) -> None:
    """A terminal counts no answer with a receipt for another line than the one it sent."""
    at_one_place(gate)
    (receipt,) = gate.kiosk.deliver().json()["receipts"]
    assert (receipt["seq"], receipt["hash"]) == (2, gate.kiosk.prev)


def test_a_line_that_follows_another_line_than_ours_is_a_fork(gate: Gate) -> None:
    gate.kiosk.prev = "0" * 64
    gate.kiosk.punch("in", gate.ann)
    assert ("parked", "conflict") == gate.outcome()
    assert ["fork"] == [alarm.code for alarm in gate.world.rows(Alarm)]


def test_a_gap_filled_by_a_line_that_nobody_follows_is_alarmed(gate: Gate) -> None:
    before = (gate.kiosk.seq, gate.kiosk.prev)
    gate.kiosk.line("clock", cause="hello")
    later = gate.kiosk.line("clock", cause="hello")
    gate.kiosk.deliver([later])
    gate.kiosk.seq, gate.kiosk.prev = before
    other = gate.kiosk.line("clock", cause="step")
    gate.kiosk.deliver([other])
    assert ["fork"] == [alarm.code for alarm in gate.world.rows(Alarm)]


def test_a_cloned_card_shows_as_two_epochs_with_one_parent(gate: Gate) -> None:
    parent = {"epoch": gate.kiosk.epoch, "seq": 1, "hash": gate.kiosk.prev}
    gate.kiosk.boot(parent=parent, boot_id="boot-2")
    gate.kiosk.boot(parent=parent, boot_id="boot-3")
    assert [("accepted", None)] * 2 == gate.kiosk.outcomes()
    assert ["two_epochs"] == [alarm.code for alarm in gate.world.rows(Alarm)]


def test_an_unknown_badge_is_parked_with_what_travelled_beside(gate: Gate) -> None:
    gate.kiosk.punch("in", None, beside={"credential": gate.kiosk.note("2A00B4C3D7")})
    assert ("parked", "unknown_employee") == gate.outcome()
    assert [b"2A00B4C3D7"] == [row.content for row in gate.world.rows(BesideRow)]
    assert ["unknown_employee"] == [row.code for row in gate.world.rows(ParkedLine)]
    assert [] == gate.world.rows(PunchRow)


def test_a_person_or_job_that_nobody_knows_is_parked(gate: Gate) -> None:
    gate.kiosk.punch("in", "nobody")
    gate.kiosk.punch("in", gate.ann, job_id="no-job")
    gate.kiosk.punch("in", gate.ann, job_id=gate.weld, task_id="no-task")
    assert ["unknown_employee", "unknown_job", "unknown_job"] == [code for _, code in gate.kiosk.outcomes()]


def test_a_parked_line_that_is_sent_again_says_again_why(gate: Gate) -> None:
    gate.kiosk.punch("in", "nobody")
    gate.outcome()
    assert [("duplicate", "unknown_employee")] == gate.kiosk.outcomes(gate.kiosk.lines[-1:])
    assert 1 == len(gate.world.rows(ParkedLine))


def test_a_punch_from_a_future_that_the_clock_vouches_for_is_parked(gate: Gate) -> None:
    gate.kiosk.punch("in", gate.ann, at=MONDAY + timedelta(minutes=11))
    assert ("parked", "future") == gate.outcome()
    gate.kiosk.punch("in", gate.ann, at=MONDAY + timedelta(minutes=9))
    assert ("accepted", None) == gate.outcome()


def test_a_late_punch_for_an_approved_day_is_parked_by_the_site_s_own_midnight(gate: Gate) -> None:
    with gate.world.write() as session:
        people.lock_through(session, gate.ann, date(2026, 3, 1))
    gate.kiosk.punch("out", gate.ann, at=MONDAY.replace(day=1, hour=22, minute=59))  # 23:59 in Berlin
    assert ("parked", "locked_period") == gate.outcome()
    gate.kiosk.punch("in", gate.ann, at=MONDAY.replace(day=1, hour=23, minute=1))  # 00:01 on the second
    assert ("accepted", None) == gate.outcome()


def test_a_revoked_kiosk_s_lines_are_kept_and_parked(gate: Gate) -> None:
    gate.kiosk.punch("in", gate.ann)
    gate.kiosk.line("clock", cause="hello")
    with gate.world.write() as session:
        devices.revoke(session, ADMIN, gate.kiosk.device_id, "stolen", now=gate.world.now())
    answer = gate.kiosk.deliver().json()
    assert [("parked", "revoked_key")] * 2 == [(one["outcome"], one["code"]) for one in answer["verdicts"]]
    assert 3 == answer["acknowledged"][0]["seq"]
    assert 1 == len(gate.world.rows(ParkedLine))
    assert "revoked" == gate.kiosk.hello().json()["status"]
    assert "pepper" not in gate.kiosk.hello().json()
    assert 403 == gate.kiosk.roster().status_code


def test_one_bad_line_never_rejects_a_batch(gate: Gate) -> None:
    good = gate.kiosk.line("clock", cause="hello")
    other_kiosk = Kiosk(gate.world.client(), gate.world.now, site_id=gate.site, seed="other")
    odd = [
        b'"only text"', b"[]", b"{}", b'{"v":1}', b'{"v":1,"type":"punch","device_id":"\\u0000"}',
        wire.encode({"v": 1, "type": "punch", "device_id": gate.kiosk.device_id, "epoch": gate.kiosk.epoch,
                     "seq": 3, "prev": gate.kiosk.prev, "at": "2026-03-02T07:00:00.000Z"}),
        wire.encode({"v": 1, "type": "boot", "device_id": gate.kiosk.device_id, "epoch": "x" * 500, "seq": 1,
                     "at": "2026-03-02T07:00:00.000Z"}),
        wire.encode({"v": 1, "type": "clock", "device_id": gate.kiosk.device_id, "epoch": "e", "seq": 1,
                     "at": "9999-03-02T07:00:00.000Z"}),
        *other_kiosk.lines,
    ]  # fmt: skip
    outcomes = gate.kiosk.outcomes([*odd, good])
    assert [("parked", "unreadable")] * len(odd) == outcomes[:-1]
    assert ("accepted", None) == outcomes[-1]
    assert {b"{}", *other_kiosk.lines} <= {row.raw for row in gate.world.rows(LineRow)}
    assert [("duplicate", "unreadable")] * len(odd) == gate.kiosk.outcomes(odd)


@pytest.mark.parametrize(
    "odd",
    [{"at": "9999-12-31T23:59:59.999Z"}, {"at": "1890-01-01T00:00:00.000Z"}, {"boottime_ms": 2**52}],
    ids=["far ahead", "long ago", "long up"],
)
def test_an_impossible_time_leaves_no_gap(gate: Gate, odd: dict[str, object]) -> None:
    line = json.loads(gate.kiosk.line("clock", cause="hello")) | odd
    gate.kiosk.lines[-1] = wire.encode(line)
    gate.kiosk.prev = odd_hash = ledger.line_hash(gate.kiosk.lines[-1])
    gate.kiosk.punch("in", gate.ann)
    answer = gate.kiosk.deliver().json()
    said = [(one["outcome"], one.get("code"), one["chain"]) for one in answer["verdicts"]]
    assert [("parked", "unreadable", "linked"), ("accepted", None, "linked")] == said
    assert [{"epoch": gate.kiosk.epoch, "seq": gate.kiosk.seq}] == answer["acknowledged"]
    assert [] == gate.kiosk.hello().json()["want"]
    assert odd_hash in {row.hash for row in gate.world.rows(ParkedLine)}
    with gate.world.write() as session:
        assert verify_stored(session).ok


def test_a_lost_line_moves_the_mark_of_an_epoch_that_has_nothing_more_to_send(gate: Gate) -> None:
    before = gate.kiosk.head()
    gate.kiosk.boot()
    gate.kiosk.line("lost", lost={"epoch": before.epoch, "from": before.seq + 1, "to": before.seq + 3})
    assert {"epoch": before.epoch, "seq": before.seq + 3} in gate.kiosk.deliver().json()["acknowledged"]
    gone = wire.Head(epoch=before.epoch, seq=before.seq + 3, hash="0" * 64)
    assert [] == gate.kiosk.hello(gone, gate.kiosk.head()).json()["want"]


def test_a_copied_card_raises_one_alarm_however_much_it_sends(gate: Gate) -> None:
    began = gate.kiosk.head()
    histories = []
    for cause in ("step", "hello"):
        gate.kiosk.seq, gate.kiosk.prev = began.seq, began.hash
        histories.append([gate.kiosk.line("clock", cause=cause) for _ in range(20)])
    for history in histories:
        gate.kiosk.deliver(history)
    gate.kiosk.deliver([b'{"n":%d}' % number for number in range(20)])
    alarms = gate.world.rows(Alarm)
    assert ["fork", "unreadable"] == sorted(alarm.code for alarm in alarms)
    assert began.seq + 1 == next(alarm.facts["seq"] for alarm in alarms if alarm.code == "fork")
    assert 40 == len(gate.world.rows(ParkedLine))


def test_a_type_from_a_later_version_is_kept(gate: Gate) -> None:
    gate.kiosk.line("holiday_wish", text="soon")
    assert ("accepted", None) == gate.outcome()


def test_an_undo_takes_a_punch_back_and_deletes_nothing(gate: Gate) -> None:
    gate.kiosk.punch("in", gate.ann, job_id=gate.weld)
    gate.kiosk.deliver()
    gate.world.now.forward(hours=1)
    mistake = gate.kiosk.punch("out", gate.ann)
    gate.world.now.forward(seconds=20)
    gate.kiosk.line("undo", punch_id=mistake, employee_id=gate.ann)
    assert [("accepted", None)] * 2 == gate.kiosk.outcomes()
    assert {"in": False, "out": True} == {row.kind: row.undone for row in gate.world.rows(PunchRow)}
    assert ("in", gate.weld) == (gate.world.rows(LastState)[0].kind, gate.world.rows(LastState)[0].job_id)


def test_an_undo_after_a_minute_waits_for_a_person(gate: Gate) -> None:
    punch = gate.kiosk.punch("in", gate.ann)
    gate.kiosk.line("undo", punch_id=punch, at=MONDAY + timedelta(seconds=61))
    assert [("accepted", None), ("parked", "conflict")] == gate.kiosk.outcomes()
    assert not gate.world.rows(PunchRow)[0].undone


def test_an_undo_that_arrives_before_its_punch_still_takes_it_back(gate: Gate) -> None:
    mistake = gate.kiosk.punch("in", gate.ann)
    gate.kiosk.line("undo", punch_id=mistake)
    punch, undo = gate.kiosk.lines[-2:]
    gate.kiosk.deliver([undo])
    gate.kiosk.deliver([punch])
    assert gate.world.rows(PunchRow)[0].undone


def test_a_proposal_waits_for_somebody_to_confirm_it(gate: Gate) -> None:
    gate.kiosk.line(
        "proposal", proposal_id="p-1", employee_id=gate.ann, kind="out", claimed_at="2026-03-01T16:30:00.000Z"
    )
    assert ("accepted", None) == gate.outcome()
    found = gate.world.rows(Proposal)[0]
    assert ("open", "out", 16) == (found.status, found.kind, found.claimed_at.hour)
    assert [] == gate.world.rows(PunchRow)


def test_the_same_punch_in_another_place_is_parked(gate: Gate) -> None:
    punch = gate.kiosk.punch("in", gate.ann)
    gate.kiosk.boot()
    gate.kiosk.punch("in", gate.ann, punch_id=punch)
    assert [("accepted", None), ("accepted", None), ("parked", "conflict")] == gate.kiosk.outcomes()
    assert 1 == len(gate.world.rows(PunchRow))


def test_an_older_punch_that_comes_late_does_not_change_who_is_in(gate: Gate) -> None:
    gate.kiosk.punch("out", gate.ann, at=MONDAY)
    gate.kiosk.deliver()
    gate.kiosk.punch("in", gate.ann, at=MONDAY - timedelta(hours=8))
    gate.kiosk.deliver()
    assert "out" == gate.world.rows(LastState)[0].kind


def test_a_break_leaves_people_on_their_job(gate: Gate) -> None:
    gate.world.now.forward(hours=12)
    gate.kiosk.punch("in", gate.ann, at=MONDAY, job_id=gate.weld)
    gate.kiosk.punch("break_start", gate.ann, at=MONDAY + timedelta(hours=4))
    gate.kiosk.deliver()
    gate.kiosk.punch("break_end", gate.ann, at=MONDAY + timedelta(hours=5))
    gate.kiosk.deliver()
    state = gate.world.rows(LastState)[0]
    assert ("break_end", gate.weld) == (state.kind, state.job_id)
    gate.kiosk.punch("out", gate.ann, at=MONDAY + timedelta(hours=8))
    gate.kiosk.punch("in", gate.ann, at=MONDAY + timedelta(hours=9))
    gate.kiosk.punch("break_start", gate.ann, at=MONDAY + timedelta(hours=10))
    gate.kiosk.deliver()
    assert gate.world.rows(LastState)[0].job_id is None


def test_notes_are_read_from_beside_their_line_and_wrong_ones_are_not_believed(gate: Gate) -> None:
    gate.kiosk.punch(
        "in", gate.ann, beside={"note": gate.kiosk.note("gate 2 was closed"), "job_text": "f" * 64}
    )
    forged = wire.Beside(salt=b64encode(b"s" * 32).decode(), content=b64encode(b"forged").decode())
    gate.kiosk.beside["f" * 64] = forged
    assert ("accepted", None) == gate.outcome()
    found = gate.world.rows(PunchRow)[0]
    assert ("gate 2 was closed", None) == (found.note, found.job_text)
    assert 1 == len(gate.world.rows(BesideRow))


def test_a_checkpoint_of_another_history_is_alarmed_and_a_forged_one_ignored(gate: Gate) -> None:
    true = gate.kiosk.checkpoint()
    forged = wire.Checkpoint(
        epoch=true.epoch, seq=1, hash="0" * 64, made_at=true.made_at, signature=true.signature
    )
    gate.kiosk.deliver([], checkpoints=[true, forged])
    assert [true.hash] == [row.hash for row in gate.world.rows(CheckpointRow)]
    gate.kiosk.prev = "1" * 64
    gate.kiosk.deliver([], checkpoints=[gate.kiosk.checkpoint(), gate.kiosk.checkpoint()])
    assert ["checkpoint_differs"] == [alarm.code for alarm in gate.world.rows(Alarm)]


def test_more_lines_than_a_request_may_hold(gate: Gate) -> None:
    body = json.dumps({"lines": [{}] * (wire.MAX_LINES + 1)}).encode()
    answer = gate.kiosk.send("POST", "lines", body, nonce=gate.kiosk.session)
    assert (413, "too_large") == (answer.status_code, answer.json()["code"])


def test_a_batch_costs_the_same_few_statements_whatever_its_size(gate: Gate) -> None:
    def statements(count: int) -> int:
        for _ in range(count):
            gate.world.now.forward(seconds=1)
            gate.kiosk.punch("in", gate.ann, job_id=gate.weld)
        with watched(gate.world.engine) as seen:
            assert {("accepted", None)} == set(gate.kiosk.outcomes())
        return len(
            [each for each in seen if not each.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SELECT 1"))]
        )

    statements(1)  # makes the person's state
    few = statements(1)
    assert few == statements(200)
    assert few <= 20


def test_positions_are_gapless_in_order_of_arrival(gate: Gate) -> None:
    for kind in ("in", "out", "in"):
        gate.kiosk.punch(kind, gate.ann)
        gate.kiosk.deliver()
    assert [1, 2, 3] == sorted(row.position for row in gate.world.rows(PunchRow))


def test_an_epoch_s_mark_knows_its_boot(gate: Gate) -> None:
    gate.kiosk.boot(boot_id="boot-9")
    gate.kiosk.deliver()
    mark = gate.world.rows(EpochMark, epoch=gate.kiosk.epoch)[0]
    assert ("boot-9", 1, 1) == (mark.boot_id, mark.parent_seq, mark.acknowledged_seq)


def test_nothing_is_acknowledged_that_was_not_committed(gate: Gate) -> None:
    gate.kiosk.punch("in", gate.ann)

    def fail(_connection: object) -> None:
        raise OSError("the disk is full")

    event.listen(gate.world.engine, "commit", fail)
    answer = gate.kiosk.http.post("/api/device/v1/lines", **_signed_lines(gate.kiosk))
    event.remove(gate.world.engine, "commit", fail)
    assert 500 == answer.status_code
    assert b"acknowledged" not in answer.content
    assert [] == gate.world.rows(PunchRow)
    assert [("accepted", None)] == gate.kiosk.outcomes()


def _signed_lines(kiosk: Kiosk) -> dict[str, object]:
    body = b'{"lines":[' + kiosk.lines[-1] + b"]}"
    headers = signing.sign_request(
        kiosk.key,
        method="POST",
        path="/api/device/v1/lines",
        query="",
        body=body,
        created=1,
        nonce=kiosk.session,
    )
    return {"content": body, "headers": headers}


def test_the_office_s_own_lines_make_a_chain_that_holds(gate: Gate) -> None:
    for number in range(3):
        with gate.world.write() as session:
            fields = {"employee_id": gate.ann, "message_id": f"m{number}"}
            office.append(session, office.source_of(gate.ann), "message_read", fields, now=gate.world.now())
    rows = sorted(gate.world.rows(LineRow, device_id=f"emp:{gate.ann}"), key=lambda row: row.seq)
    assert [None, rows[0].hash, rows[1].hash] == [row.prev for row in rows]
    assert {False} == {row.signed for row in rows}
    with gate.world.read() as session:
        assert verify_stored(session).ok
    with gate.world.write() as session:
        session.execute(
            update(LineRow).where(LineRow.device_id == rows[0].device_id, LineRow.seq == 2).values(prev=None)
        )
    with gate.world.read() as session:
        report = verify_stored(session)
    assert (False, rows[0].device_id, 2) == (report.ok, report.device_id, report.seq)


def test_a_line_that_cannot_stand_on_the_wire_is_not_appended(gate: Gate) -> None:
    with pytest.raises(wire.WireError), gate.world.write() as session:
        office.append(session, "emp:x", "message_read", {"hours": 1.5}, now=gate.world.now())
    assert [] == gate.world.rows(LineRow, device_id="emp:x")
