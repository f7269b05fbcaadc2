"""Invoices: drafts from approved hours, issuing, crediting, paying, and why each line is what it is."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from clockhouse_server.approval import periods
from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice import walks
from clockhouse_server.backoffice.fields import Fields, Form
from clockhouse_server.backoffice.names import look_up
from clockhouse_server.backoffice.rendering import download, go, page
from clockhouse_server.backoffice.timecards import today_of
from clockhouse_server.billing import charges, drafts, issuing, why
from clockhouse_server.billing import store as invoices
from clockhouse_server.billing.charges import GroupBy
from clockhouse_server.billing.models import Invoice
from clockhouse_server.errors import Invalid, NotFound
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("invoices.read"))]
Writes = Annotated[Actor, Depends(requires("invoices.write"))]
Issues = Annotated[Actor, Depends(requires("invoices.issue"))]

GROUPINGS: Final = (
    ("job", "Job"),
    ("task", "Job and task"),
    ("employee", "Person"),
    ("date", "Day"),
    ("entry", "Stretch of work"),
)

STATES: Final = {
    "draft": ("draft", "wait"),
    "issued": ("issued", ""),
    "paid": ("paid", "good"),
    "void": ("credited", ""),
}


def state_of(invoice: Invoice) -> tuple[str, str]:
    """An invoice's state in a word and its colour."""
    if invoice.type == "credit_note":
        return "credit note", ""
    return STATES[invoice.status]


@router.get("/invoices")
def everything(request: Request, server: ServerParts, session: Db, actor: Reads) -> HTMLResponse:
    now = server.now()
    period = periods.newest(session, now=now, count=2)[1]
    first = min(period.from_on, today_of(session, now).replace(day=1))
    waiting = drafts.unbilled(
        session, actor, periods.newest(session, now=now, count=12)[-1].from_on, today_of(session, now)
    )
    customers = {customer.id: customer.name for customer in jobs.customers(session, actor)}
    rows = [
        {"invoice": invoice, "customer": customers[invoice.customer_id], "state": state_of(invoice)}
        for invoice in invoices.invoices(session, actor)
    ]
    return page(
        request, session, actor, "invoices.html", invoices=rows, waiting=waiting, groupings=GROUPINGS,
        customers=[(each.id, each.name) for each in jobs.customers(session, actor) if not each.in_house],
        from_on=first, through_on=period.through_on,
    )  # fmt: skip


@router.post("/invoices")
def make_draft(server: ServerParts, session: Db, actor: Writes, form: Form) -> Response:
    if not form.text("customer_id"):
        raise Invalid("Choose a customer.", field="customer_id")
    made = drafts.draft(
        session, actor, form.text("customer_id"), form.day("from_on"), form.day("through_on"),
        group_by=_grouping(form), now=server.now(), new_id=server.new_id,
    )  # fmt: skip
    return go(f"/invoices/{made.id}", "drafted")


@router.get("/invoices/{invoice_id}")
def invoice(
    request: Request, server: ServerParts, session: Db, actor: Reads, invoice_id: str
) -> HTMLResponse:
    view = invoices.invoice_view(session, actor, invoice_id)
    found = view.invoice
    related = found.credits or found.credited_by
    return page(
        request, session, actor, "invoice.html", invoice=found, customer=view.customer, lines=[each.line for each in view.lines],
        state=state_of(found), groupings=GROUPINGS, names=look_up(session, actor), zone=people.company_zone(session),
        related=invoices.invoice_view(session, actor, related).invoice if related else None,
        today=today_of(session, server.now()),
    )  # fmt: skip


@router.get("/invoices/{invoice_id}/lines/{position}/why")
def because(request: Request, session: Db, actor: Reads, invoice_id: str, position: int) -> HTMLResponse:
    """One line, walked back to the wall; for an issued invoice with every proof computed again."""
    view = invoices.invoice_view(session, actor, invoice_id)
    found = view.invoice
    line = next((each for each in view.lines if each.line.position == position), None)
    if line is None:
        raise NotFound("There is no such line.")
    if found.label is None:
        called = {person.id: person.name for person in people.people(session, actor)}
        zone = people.company_zone(session)
        steps = walks.drafted(session, line.charges, look_up(session, actor), called, found.currency, zone)
        problems: tuple[str, ...] = ()
    else:
        proved = why.why(session, found.label, position)
        steps, problems = walks.checked(proved.lines[0], found.currency), proved.problems
    return page(
        request, session, actor, "why.html", invoice=found, line=line.line, walks=steps, problems=problems,
        proved=found.label is not None,
    )  # fmt: skip


@router.get("/invoices/{invoice_id}/pdf")
def as_pdf(session: Db, actor: Reads, invoice_id: str) -> Response:
    found = invoices.invoice_view(session, actor, invoice_id).invoice
    if found.pdf is None:
        raise NotFound("A draft has no PDF yet.")
    return download(found.pdf, "application/pdf", f"{found.label}.pdf")


@router.post("/invoices/{invoice_id}/group")
def regroup(server: ServerParts, session: Db, actor: Writes, invoice_id: str, form: Form) -> Response:
    drafts.regroup(session, actor, invoice_id, _grouping(form), now=server.now())
    return go(f"/invoices/{invoice_id}", "saved")


@router.post("/invoices/{invoice_id}/lines/{position}/leave-out")
def leave_out(
    server: ServerParts, session: Db, actor: Writes, invoice_id: str, position: int, form: Form
) -> Response:
    drafts.leave_out(
        session, actor, invoice_id, position, reason=form.text("reason"), write_off=form.ticked("write_off"),
        now=server.now(),
    )  # fmt: skip
    return go(f"/invoices/{invoice_id}", "left_out")


@router.post("/invoices/{invoice_id}/discard")
def discard(server: ServerParts, session: Db, actor: Writes, invoice_id: str) -> Response:
    drafts.discard(session, actor, invoice_id, now=server.now())
    return go("/invoices", "discarded")


@router.post("/invoices/{invoice_id}/issue")
def issue(server: ServerParts, session: Db, actor: Issues, invoice_id: str) -> Response:
    issuing.issue(session, actor, invoice_id, now=server.now())
    return go(f"/invoices/{invoice_id}", "issued")


@router.post("/invoices/{invoice_id}/credit")
def credit(server: ServerParts, session: Db, actor: Issues, invoice_id: str, form: Form) -> Response:
    note = issuing.credit(
        session, actor, invoice_id, reason=form.text("reason"), now=server.now(), new_id=server.new_id
    )
    return go(f"/invoices/{note.id}", "credited")


@router.post("/invoices/{invoice_id}/paid")
def mark_paid(server: ServerParts, session: Db, actor: Writes, invoice_id: str, form: Form) -> Response:
    issuing.mark_paid(session, actor, invoice_id, form.day("paid_on"), now=server.now())
    return go(f"/invoices/{invoice_id}", "paid")


def _grouping(form: Fields) -> GroupBy:
    found = next((each for each in charges.GROUPINGS if each == form.text("group_by")), None)
    if found is None:
        raise Invalid("Choose what a line stands for.", field="group_by")
    return found
