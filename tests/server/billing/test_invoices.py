from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from sqlalchemy import select

from clockhouse_server.approval import books
from clockhouse_server.approval import store as approvals
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.billing import cards, drafts, issuing, snapshot, store
from clockhouse_server.billing.models import BilledCharge, Charge, Invoice, NumberSeries
from clockhouse_server.db import transaction
from clockhouse_server.errors import Conflict, Forbidden, Invalid
from clockhouse_server.jobs import store as jobs
from clockhouse_server.jobs.models import Customer, Job
from clockhouse_server.people.models import Company, Person
from server.gate import ADMIN, FRIDAY, MONDAY, OFFICE


@pytest.fixture
def billed(gate):
    """Ana and Bob worked and were approved; an hour of the client's costs 110."""
    gate.rate("110.00", customer_id=gate.customer["NORD"])
    gate.work_week("ana")
    gate.work_week("bob", job="1043")
    gate.approve("ana", "bob")
    return gate


def draft(gate, session, **more):
    return drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **more, **gate.by)


def issued(gate, session, **more):
    return issuing.issue(session, OFFICE, draft(gate, session, **more).id, now=gate.now)


def lines_of(session, invoice):
    return [
        (view.line.description, str(view.line.quantity.quantize(Decimal("0.01"))), view.line.net)
        for view in store.view_of(session, invoice).lines
    ]


def test_a_draft_has_all_that_is_approved_and_billable(billed):
    with billed.open() as session:
        made = draft(billed, session)
        assert lines_of(session, made) == [
            ("1042 Welding frames", "40.00", Decimal(4400)),
            ("1043 Painting hull 7", "40.00", Decimal(4400)),
        ]
        assert (Decimal(8800), Decimal(1672), Decimal(10472)) == (
            made.net_total, made.tax_total, made.gross_total,
        )  # fmt: skip
        assert made.label is None
        for view in store.view_of(session, made).lines:
            assert view.line.net == sum(one.amount for one in view.charges)
            assert view.line.seconds == sum(one.charge.seconds for one in view.charges)


@pytest.mark.parametrize(
    ("group_by", "count", "first"),
    [
        ("employee", 2, "Ana Ortiz"),
        ("date", 5, "Mon 9 Nov 2026"),
        ("task", 2, "1042 Welding frames"),
        ("entry", 20, "Mon 9 Nov 2026 · Ana Ortiz · 1042 Welding frames"),
    ],
)
def test_a_draft_is_laid_out_as_asked_and_comes_to_the_same(billed, group_by, count, first):
    with billed.open() as session:
        made = draft(billed, session)
        net = made.net_total
        drafts.regroup(session, OFFICE, made.id, group_by, now=billed.now)
        assert (count, first, net) == (
            len(lines_of(session, made)), lines_of(session, made)[0][0], made.net_total,
        )  # fmt: skip


def test_what_is_on_a_draft_is_not_drafted_again(billed):
    with billed.open() as session:
        draft(billed, session)
        with pytest.raises(drafts.NothingToBill):
            draft(billed, session)


def test_without_a_rate_hours_wait(gate):
    gate.work_week("ana")
    gate.approve("ana")
    with gate.open() as session:
        with pytest.raises(drafts.NothingToBill) as refused:
            draft(gate, session)
        assert 10 == refused.value.facts["held"]
        (waiting,) = drafts.unbilled(session, OFFICE, MONDAY, FRIDAY)
        assert (0, 144000) == (waiting.billable_seconds, waiting.held_seconds)
    gate.rate("95.00", job_id=gate.job["1042"])
    with gate.open() as session:
        (waiting,) = drafts.unbilled(session, OFFICE, MONDAY, FRIDAY)
        assert (144000, 0, Decimal("3800.00")) == (
            waiting.billable_seconds, waiting.held_seconds, waiting.amount,
        )  # fmt: skip
        assert Decimal(3800) == draft(gate, session).net_total


def test_unapproved_hours_are_not_billed(gate):
    gate.rate("95.00")
    gate.work_week("ana")
    gate.approve("ana", through=MONDAY)
    with gate.open() as session:
        assert [("1042 Welding frames", "8.00", Decimal(760))] == lines_of(session, draft(gate, session))


def test_a_rate_change_in_the_week_splits_the_line(billed):
    billed.rate("120.00", from_on=MONDAY + timedelta(days=3), job_id=billed.job["1042"])
    with billed.open() as session:
        assert [
            ("1042 Welding frames", "24.00", Decimal(2640)),
            ("1042 Welding frames", "16.00", Decimal(1920)),
            ("1043 Painting hull 7", "40.00", Decimal(4400)),
        ] == lines_of(session, draft(billed, session))


def test_a_line_left_out_waits_for_the_next_draft(billed):
    with billed.open() as session:
        made = draft(billed, session)
        drafts.leave_out(session, OFFICE, made.id, 1, reason="next month", now=billed.now)
        assert [("1043 Painting hull 7", "40.00", Decimal(4400))] == lines_of(session, made)
        assert Decimal(4400) == made.net_total
        assert [("1042 Welding frames", "40.00", Decimal(4400))] == lines_of(session, draft(billed, session))


def test_a_line_written_off_is_never_billed(billed):
    with billed.open() as session:
        made = draft(billed, session)
        drafts.leave_out(session, OFFICE, made.id, 1, reason="our mistake", write_off=True, now=billed.now)
        with pytest.raises(drafts.NothingToBill):
            draft(billed, session)
        gone = session.scalars(select(Charge).where(Charge.state == "written_off")).first()
        assert "written off: our mistake" == gone.trace[-1]["says"]


def test_a_discarded_draft_frees_its_hours_and_the_approval(billed):
    with billed.open() as session:
        made = draft(billed, session)
        with pytest.raises(approvals.InUse):
            approvals.withdraw(session, OFFICE, billed.person["ana"], reason="x", now=billed.now)
        drafts.discard(session, OFFICE, made.id, now=billed.now)
        assert [] == store.invoices(session, OFFICE)
        approvals.withdraw(session, OFFICE, billed.person["ana"], reason="x", now=billed.now)
        assert Decimal(4400) == draft(billed, session).net_total


def test_issuing_gives_a_number_and_freezes_every_text(billed):
    with billed.open() as session:
        made = issued(billed, session)
    assert ("issued", "INV-2026-0001", date(2026, 11, 16), date(2026, 12, 16)) == (
        made.status, made.label, made.issue_on, made.due_on,
    )  # fmt: skip
    before = (made.snapshot, made.snapshot_sha256, made.pdf, made.pdf_sha256)
    assert made.snapshot_sha256 == sha256(snapshot.text(made.snapshot)).hexdigest()
    assert made.pdf_sha256 == sha256(made.pdf).hexdigest()
    with billed.open() as session:
        session.get_one(Customer, billed.customer["NORD"]).name = "Somebody Else"
        session.get_one(Company, "company").iban = "DE00000000000000000000"
        session.get_one(Job, billed.job["1042"]).name = "Something else"
        session.get_one(Person, billed.person["ana"]).name = "Ann Other"
        cards.withdraw_rate(session, OFFICE, cards.standing(session, "EUR")[0].id, now=billed.now)
    with billed.open() as session:
        found = store.invoice_view(session, OFFICE, made.id).invoice
        assert before == (found.snapshot, found.snapshot_sha256, found.pdf, found.pdf_sha256)
        assert "Nordlicht Yachten AG" == found.snapshot["buyer"]["name"]
        for change in (
            lambda: drafts.leave_out(session, OFFICE, made.id, 1, reason="x", now=billed.now),
            lambda: drafts.regroup(session, OFFICE, made.id, "date", now=billed.now),
            lambda: drafts.discard(session, OFFICE, made.id, now=billed.now),
            lambda: issuing.issue(session, OFFICE, made.id, now=billed.now),
        ):
            with pytest.raises(drafts.NotADraft):
                change()


@pytest.mark.parametrize("column", ["snapshot", "pdf", "label", "net_total", "issue_on"])
def test_the_tables_themselves_refuse_to_change_what_was_issued(billed, column):
    with billed.open() as session:
        made = issued(billed, session)
    with billed.open() as session:
        row = session.get_one(Invoice, made.id)
        setattr(row, column, {"a": 1} if column == "snapshot" else None)
        with pytest.raises(AssertionError, match=f"must not change: {column}"):
            session.flush()
        session.rollback()


def test_the_tables_themselves_refuse_to_lose_what_was_issued(billed):
    with billed.open() as session:
        made = issued(billed, session)
    with billed.open() as session:
        session.delete(session.get_one(Invoice, made.id))
        with pytest.raises(AssertionError, match="must not go"):
            session.flush()
        session.rollback()


def test_the_annex_names_the_lines_of_the_ledger(billed):
    with billed.open() as session:
        made = issued(billed, session)
        entry = made.snapshot["lines"][0]["entries"][0]
        assert ("2026-11-09", "08:00", "12:00", "Ana Ortiz", "4.00", "440.00") == tuple(
            entry[name] for name in ("on", "from", "to", "who", "hours", "amount")
        )
        assert ["Gate 1 · epoch-0- · 2, 3"] == entry["ledger"]
        assert not entry["corrected"]


def test_a_full_credit_note_frees_the_hours_for_another_invoice(billed):
    with billed.open() as session:
        first = issued(billed, session)
        note = issuing.credit(session, OFFICE, first.id, reason="wrong rate", **billed.by)
        assert ("credit_note", "issued", "INV-CN-2026-0001", first.id) == (
            note.type, note.status, note.label, note.credits,
        )  # fmt: skip
        assert (first.gross_total, "void", note.id) == (note.gross_total, first.status, first.credited_by)
        assert {"label": "INV-2026-0001", "issue_on": "2026-11-16", "reason": "wrong rate"} == (
            note.snapshot["credits"]
        )
        assert first.snapshot["gross_total"] == note.snapshot["gross_total"]
        with pytest.raises(Conflict):
            issuing.credit(session, OFFICE, first.id, reason="again", **billed.by)
        with pytest.raises(Conflict):
            issuing.credit(session, OFFICE, note.id, reason="the note", **billed.by)
        cards.withdraw_rate(session, OFFICE, cards.standing(session, "EUR")[0].id, now=billed.now)
    billed.rate("100.00", customer_id=billed.customer["NORD"])
    with billed.open() as session:
        second = issued(billed, session)
        assert ("INV-2026-0002", Decimal(8000)) == (second.label, second.net_total)
        assert [] == issuing.gaps(session)
        live = session.scalars(select(BilledCharge).where(BilledCharge.released_at.is_(None))).all()
        assert {second.id} == {row.invoice_id for row in live}
        taken = {one.used_by for one in session.scalars(select(books.EntryUse)) if one.released_at is None}
        assert {f"invoice:{second.id}"} == taken


def test_paid_invoices_say_since_when(billed):
    with billed.open() as session:
        made = issued(billed, session)
        for wrong in (FRIDAY, billed.now.date() + timedelta(days=1)):
            with pytest.raises(Invalid):
                issuing.mark_paid(session, OFFICE, made.id, wrong, now=billed.now)
        issuing.mark_paid(session, OFFICE, made.id, billed.now.date(), now=billed.now)
        assert ("paid", billed.now.date()) == (made.status, made.paid_on)
        with pytest.raises(Conflict):
            issuing.mark_paid(session, OFFICE, made.id, billed.now.date(), now=billed.now)


def test_a_number_is_used_only_if_the_issue_commits(billed):
    with billed.open() as session:
        assert "INV-2026-0001" == issued(billed, session).label
        session.rollback()
    with billed.open() as session:
        assert "INV-2026-0001" == issued(billed, session).label


def test_a_missing_number_is_named(billed):
    with billed.open() as session:
        issued(billed, session)
        series = session.scalars(select(NumberSeries)).one()
        series.last += 2
        session.flush()
        assert ["INV-2026-0002", "INV-2026-0003"] == issuing.gaps(session)


def test_two_issued_at_once_get_numbers_in_a_row(billed):
    with billed.open() as session:
        whole = draft(billed, session)
        drafts.leave_out(session, OFFICE, whole.id, 1, reason="apart", now=billed.now)
        ids = [whole.id, draft(billed, session).id]

    def run(invoice_id):
        with transaction(billed.engine) as session:
            return issuing.issue(session, OFFICE, invoice_id, now=billed.now).label

    with ThreadPoolExecutor(2) as pool:
        labels = sorted(pool.map(run, ids))
    assert ["INV-2026-0001", "INV-2026-0002"] == labels
    with billed.open() as session:
        assert [] == issuing.gaps(session)


def test_two_drafts_at_once_never_take_the_same_hours(billed):
    def run(_):
        with transaction(billed.engine) as session:
            try:
                return draft(billed, session).net_total
            except drafts.NothingToBill:
                return None

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(run, range(2)))
    assert 1 == sum(one is not None for one in made)


def test_a_job_that_went_to_another_client_is_not_billed_again(billed):
    with billed.open() as session:
        issued(billed, session)
        other = jobs.create_customer(session, ADMIN, jobs.CustomerIn("SUED", "Südhafen"), **billed.by).id
        for job in session.scalars(select(Job).where(Job.customer_id == billed.customer["NORD"])).all():
            job.customer_id = other
        session.flush()
        with pytest.raises(drafts.NothingToBill):
            drafts.draft(session, OFFICE, other, MONDAY, FRIDAY, **billed.by)


def test_a_draft_is_not_issued_with_a_tax_that_has_changed(billed):
    with billed.open() as session:
        made = draft(billed, session)
        client = session.get_one(Customer, billed.customer["NORD"])
        client.tax_category, client.tax_rate = "AE", Decimal(0)
        session.flush()
        with pytest.raises(Conflict, match="tax"):
            issuing.issue(session, OFFICE, made.id, now=billed.now)
        drafts.regroup(session, OFFICE, made.id, "job", now=billed.now)
        found = issuing.issue(session, OFFICE, made.id, now=billed.now)
        assert found.net_total == found.gross_total
        assert [snapshot.TAX_NOTES["AE"]] == found.snapshot["tax_notes"]


def test_only_the_back_office_touches_money(billed):
    for role in (Role.EMPLOYEE, Role.SUPERVISOR, Role.ADMINISTRATOR):
        actor = Actor("u", "U", role)
        with billed.open() as session, pytest.raises(Forbidden):
            drafts.draft(session, actor, billed.customer["NORD"], MONDAY, FRIDAY, **billed.by)
