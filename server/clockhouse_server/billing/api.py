"""Rates and invoices below /api/v1/."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.paging import Cursor, Limit, Page, after, page
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.billing import cards, drafts, issuing, store, why
from clockhouse_server.billing.charges import GroupBy
from clockhouse_server.billing.models import Invoice
from clockhouse_server.errors import NotFound

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["billing"])

ReadsRates = Annotated[Actor, Depends(requires("rates.read"))]
WritesRates = Annotated[Actor, Depends(requires("rates.write"))]
Reads = Annotated[Actor, Depends(requires("invoices.read"))]
Writes = Annotated[Actor, Depends(requires("invoices.write"))]
Issues = Annotated[Actor, Depends(requires("invoices.issue"))]
FromOn = Annotated[date, Query(alias="from")]
ThroughOn = Annotated[date, Query(alias="through")]


class RateOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    customer_id: str | None
    job_id: str | None
    task_id: str | None
    employee_id: str | None
    from_on: date
    bill: Decimal
    cost: Decimal | None
    currency: str
    made_by: str
    made_at: datetime
    withdrawn_at: datetime | None


class InvoiceOut(BaseModel):
    """A draft has no label; what is issued has one, and never changes."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    type: str
    status: str
    label: str | None
    customer_id: str
    currency: str
    from_on: date
    through_on: date
    group_by: str
    issue_on: date | None
    due_on: date | None
    net_total: Decimal
    tax_total: Decimal
    gross_total: Decimal
    snapshot_sha256: str | None
    pdf_sha256: str | None
    credits: str | None
    credited_by: str | None
    reason: str | None
    paid_on: date | None


class ChargeOut(BaseModel):
    id: str
    employee_id: str
    entry_id: str
    on: date
    seconds: int
    rate: Decimal | None
    amount: Decimal
    state: str
    trace: list[dict[str, Any]]


class LineOut(BaseModel):
    position: int
    description: str
    seconds: int
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    tax_category: str
    tax_rate: Decimal
    charges: list[ChargeOut]


class InvoiceDetailOut(InvoiceOut):
    lines: list[LineOut]


class UnbilledOut(BaseModel):
    customer_id: str
    from_on: date
    through_on: date
    billable_seconds: int
    held_seconds: int
    amount: Decimal
    currency: str


class DraftIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    customer_id: str
    from_on: date
    through_on: date
    group_by: GroupBy = "job"


class GroupIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    group_by: GroupBy


class LeaveOutIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str
    write_off: bool = False


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str


class PaidIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    paid_on: date


def _invoice(row: Invoice) -> InvoiceOut:
    return InvoiceOut.model_validate(row)


def _detail(view: store.InvoiceView) -> InvoiceDetailOut:
    names = LineOut.model_fields.keys() - {"charges"}
    lines = [
        LineOut(
            **{name: getattr(one.line, name) for name in names},
            charges=[
                ChargeOut(
                    id=each.charge.id, employee_id=each.charge.employee_id, entry_id=each.charge.entry_id,
                    on=each.charge.on, seconds=each.charge.seconds, rate=each.charge.rate,
                    amount=each.amount, state=each.charge.state, trace=each.charge.trace,
                )
                for each in one.charges
            ],
        )
        for one in view.lines
    ]  # fmt: skip
    return InvoiceDetailOut(**_invoice(view.invoice).model_dump(), lines=lines)


@router.get("/rates")
def rates(session: Db, actor: ReadsRates, withdrawn: bool = False) -> list[RateOut]:
    """The most specific first."""
    return [RateOut.model_validate(row) for row in cards.all_rates(session, actor, withdrawn=withdrawn)]


@router.post("/rates", status_code=201)
def add_rate(
    session: Db, actor: WritesRates, server: ServerParts, given: Annotated[cards.RateIn, Body()]
) -> RateOut:
    made = cards.add_rate(session, actor, given, now=server.now(), new_id=server.new_id)
    return RateOut.model_validate(made)


@router.post("/rates/{rate_id}/withdraw")
def withdraw_rate(session: Db, actor: WritesRates, server: ServerParts, rate_id: str) -> RateOut:
    return RateOut.model_validate(cards.withdraw_rate(session, actor, rate_id, now=server.now()))


@router.get("/unbilled")
def unbilled(session: Db, actor: Reads, from_on: FromOn, through_on: ThroughOn) -> list[UnbilledOut]:
    """What each customer's approved hours on no live invoice are worth."""
    return [
        UnbilledOut(
            customer_id=one.customer.id, from_on=one.from_on, through_on=one.through_on,
            billable_seconds=one.billable_seconds, held_seconds=one.held_seconds, amount=one.amount,
            currency=one.customer.currency,
        )
        for one in drafts.unbilled(session, actor, from_on, through_on)
    ]  # fmt: skip


@router.get("/invoices")
def invoices(
    session: Db,
    actor: Reads,
    status: str | None = None,
    customer_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[InvoiceOut]:
    """Drafts first, then the newest."""
    rows = store.invoices(
        session, actor, status=status, customer_id=customer_id, after=after(cursor), limit=limit + 1
    )
    return page(rows, limit, lambda row: row.id, _invoice)


@router.post("/invoices", status_code=201)
def draft(session: Db, actor: Writes, server: ServerParts, given: DraftIn) -> InvoiceDetailOut:
    """A draft of all that is approved, billable and not billed yet."""
    made = drafts.draft(
        session, actor, given.customer_id, given.from_on, given.through_on, group_by=given.group_by,
        now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return _detail(store.view_of(session, made))


@router.get("/invoice-gaps")
def gaps(session: Db, actor: Reads) -> list[str]:
    """Numbers given out that no invoice bears; always empty."""
    return issuing.gaps(session)


@router.get("/invoices/{invoice_id}")
def invoice(session: Db, actor: Reads, invoice_id: str) -> InvoiceDetailOut:
    return _detail(store.invoice_view(session, actor, invoice_id))


@router.delete("/invoices/{invoice_id}", status_code=204)
def discard(session: Db, actor: Writes, server: ServerParts, invoice_id: str) -> None:
    """Throw a draft away."""
    drafts.discard(session, actor, invoice_id, now=server.now())


@router.post("/invoices/{invoice_id}/group")
def regroup(
    session: Db, actor: Writes, server: ServerParts, invoice_id: str, given: GroupIn
) -> InvoiceDetailOut:
    made = drafts.regroup(session, actor, invoice_id, given.group_by, now=server.now())
    return _detail(store.view_of(session, made))


@router.post("/invoices/{invoice_id}/lines/{position}/leave-out")
def leave_out(
    session: Db, actor: Writes, server: ServerParts, invoice_id: str, position: int, given: LeaveOutIn
) -> InvoiceDetailOut:
    """Take a line off a draft."""
    made = drafts.leave_out(
        session, actor, invoice_id, position, reason=given.reason, write_off=given.write_off, now=server.now()
    )
    return _detail(store.view_of(session, made))


@router.post("/invoices/{invoice_id}/issue")
def issue(session: Db, actor: Issues, server: ServerParts, invoice_id: str) -> InvoiceOut:
    """Number and freeze a draft."""
    return _invoice(issuing.issue(session, actor, invoice_id, now=server.now()))


@router.post("/invoices/{invoice_id}/credit", status_code=201)
def credit(session: Db, actor: Issues, server: ServerParts, invoice_id: str, given: ReasonIn) -> InvoiceOut:
    """A full credit note, which is the answer."""
    note = issuing.credit(
        session, actor, invoice_id, reason=given.reason, now=server.now(), new_id=server.new_id
    )
    return _invoice(note)


@router.post("/invoices/{invoice_id}/paid")
def paid(session: Db, actor: Writes, server: ServerParts, invoice_id: str, given: PaidIn) -> InvoiceOut:
    return _invoice(issuing.mark_paid(session, actor, invoice_id, given.paid_on, now=server.now()))


@router.get("/invoices/{invoice_id}/pdf", response_class=Response)
def pdf(session: Db, actor: Reads, invoice_id: str) -> Response:
    """The PDF as it was issued."""
    found = store.invoice_view(session, actor, invoice_id).invoice
    if found.pdf is None:
        raise NotFound("A draft has no PDF.", field="invoice_id")
    headers = {"Content-Disposition": f'inline; filename="{found.label}.pdf"'}
    return Response(found.pdf, media_type="application/pdf", headers=headers)


@router.get("/invoices/{invoice_id}/why")
def reasons(session: Db, actor: Reads, invoice_id: str, line: int | None = None) -> dict[str, Any]:
    """The walk from each line back to the ledger, checked on the way."""
    found = store.invoice_view(session, actor, invoice_id).invoice
    if found.label is None:
        raise NotFound("A draft has not been issued.", field="invoice_id")
    return why.plain(why.why(session, found.label, line))
