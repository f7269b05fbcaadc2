import json
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from clockhouse_server.billing import drafts, issuing, why
from clockhouse_server.billing.models import BilledCharge, Charge, Invoice, InvoiceLine
from clockhouse_server.errors import NotFound
from clockhouse_server.ingest.models import CheckpointRow, LineRow, PunchRow
from clockhouse_server.timecards.corrections import adjust
from clockhouse_server.timecards.models import Adjustment, EntryRow
from server.gate import FRIDAY, MONDAY, OFFICE, local


@pytest.fixture
def billed(gate):
    """Ana's week, Monday's end added by the office, approved and issued at 110 an hour."""
    gate.rate("110.00")
    gate.punch("bob", "08:00 in 1043")
    gate.work_week("ana")
    with gate.open() as session:
        adjust(
            session, OFFICE, gate.person["bob"], "add", kind="out", at=local("16:00"),
            reason="saw him leave", **gate.by,
        )  # fmt: skip
    gate.approve("ana", "bob")
    with gate.open() as session:
        made = drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **gate.by)
        issuing.issue(session, OFFICE, made.id, now=gate.now)
    return gate


def walk(gate, label="INV-2026-0001", position=None):
    with gate.open() as session:
        return why.why(session, label, position)


def test_every_line_leads_back_to_device_epoch_and_number(billed):
    found = walk(billed)
    assert found.ok, found.problems
    assert [("40.00", "4400.00"), ("8.00", "880.00")] == [(line.quantity, line.net) for line in found.lines]
    for line in found.lines:
        for one in line.because:
            assert one.approval.problem is None
            for end in one.ends:
                assert end.origins
    first = found.lines[0].because[0]
    came = first.ends[0].origins[0]
    assert ("Gate 1", "epoch-0-0123456789", 3, "in by rfid") == (
        came.where, came.epoch, came.seq, came.says,
    )  # fmt: skip
    assert came.signed_at_seq == 22


def test_a_correction_is_on_the_way_with_its_reason(billed):
    (bobs,) = walk(billed, position=2).lines
    left = bobs.because[0].ends[1]
    assert ["add by u-office: saw him leave"] == [origin.says for origin in left.origins]
    assert ["office"] == [origin.where for origin in left.origins]


def test_it_reads_like_an_answer(billed):
    said = "\n".join(why.text(walk(billed, position=1)))
    assert "Line 1: 40.00 h × 110.00 = 4400.00 EUR · 1042 Welding frames" in said
    assert "2026-11-09 08:00–12:00 Ana Ortiz: 4.00 h, 440.00 EUR" in said
    assert "110 EUR an hour, the rate for everything from 2026-01-01 on" in said
    assert "in by rfid · Gate 1, epoch epoch-0-0123456789, line 3: hash" in said
    assert "Everything holds" in said
    as_json = json.loads(json.dumps(why.plain(walk(billed))))
    assert as_json["ok"] is True
    assert 3 == as_json["lines"][0]["because"][0]["ends"][0]["origins"][0]["seq"]


def test_a_voided_invoice_and_its_credit_note_can_still_be_asked(billed):
    with billed.open() as session:
        invoice = session.scalars(select(Invoice)).one()
        issuing.credit(session, OFFICE, invoice.id, reason="typo", **billed.by)
    assert walk(billed).ok
    note = walk(billed, "INV-CN-2026-0001")
    assert note.ok, note.problems
    assert walk(billed).lines == note.lines


@pytest.mark.parametrize(("label", "position"), [("INV-2026-0002", None), ("INV-2026-0001", 9)])
def test_what_does_not_exist_is_not_found(billed, label, position):
    with pytest.raises(NotFound):
        walk(billed, label, position)


def flip(session):
    run = session.scalars(
        select(LineRow).where(LineRow.type == "punch", LineRow.first_seq < LineRow.seq)
    ).first()
    run.raw = run.raw[:-2] + b" }"  # the last line, whose hash is the row's


def flip_within(session):
    run = session.scalars(
        select(LineRow).where(LineRow.type == "punch", LineRow.first_seq < LineRow.seq)
    ).first()
    run.raw = run.raw.replace(b'"kind":"in"', b'"kind":"on"')


def drop(session):
    session.execute(text("DELETE FROM lines WHERE 5 BETWEEN first_seq AND seq AND epoch LIKE 'epoch-0%'"))


def resign(session):
    mark = session.scalars(select(CheckpointRow).order_by(CheckpointRow.device_id)).all()
    for one in mark:
        one.signature = "A" * 86 + "=="


TAMPERED = {
    "do not give its hash": flip,
    "holds another line there": flip_within,
    "does not hold this line": drop,
    "checkpoint": resign,
    "the punch in the tables": lambda s: setattr(
        s.scalars(select(PunchRow).where(PunchRow.kind == "in")).first(), "kind", "transfer"
    ),
    "at another time": lambda s: setattr(
        s.scalars(select(PunchRow).where(PunchRow.kind == "out")).first(), "counted_at", local("19:00")
    ),
    "the correction in the tables": lambda s: setattr(s.scalars(select(Adjustment)).one(), "kind", "in"),
    "approved hash": lambda s: setattr(
        s.scalars(select(EntryRow).where(EntryRow.kind == "work")).first(), "counted_seconds", 99
    ),
    "seconds are not the entry's": lambda s: setattr(s.scalars(select(Charge)).first(), "seconds", 99),
    "sum to its money": lambda s: setattr(s.scalars(select(BilledCharge)).first(), "amount", Decimal(1)),
    "not what was printed": lambda s: setattr(s.scalars(select(InvoiceLine)).first(), "description", "Else"),
    "its rate is not the line's": lambda s: setattr(s.scalars(select(Charge)).first(), "rate", Decimal(1)),
    "totals are not those of its lines": lambda s: setattr(
        s.scalars(select(InvoiceLine)).first(), "tax_rate", Decimal(7)
    ),
    "totals are not those printed": lambda s: s.execute(text("UPDATE invoices SET gross_total = 1")),
    "snapshot does not give its hash": lambda s: s.execute(
        text("UPDATE invoices SET snapshot_sha256 = 'ff'")
    ),
    "PDF does not give its hash": lambda s: s.execute(text("UPDATE invoices SET pdf_sha256 = 'ff'")),
}


@pytest.mark.parametrize("problem", TAMPERED)
def test_whatever_was_tampered_with_is_named(billed, problem):
    with billed.open() as session:
        TAMPERED[problem](session)
    found = walk(billed)
    assert not found.ok
    assert any(problem in one for one in found.problems), found.problems
    assert "DOES NOT HOLD" in "\n".join(why.text(found))
