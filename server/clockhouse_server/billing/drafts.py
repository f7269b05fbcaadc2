"""Drafts: approved hours of a customer, charged and laid out in lines that can still change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from clockhouse_server.approval import books
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow
from clockhouse_server.billing import cards, charges, rates, totals
from clockhouse_server.billing.charges import GROUPINGS, Charged, GroupBy, Hours
from clockhouse_server.billing.models import BilledCharge, Charge, Invoice, InvoiceLine, Rate
from clockhouse_server.billing.store import document, used_by
from clockhouse_server.billing.wording import Wording
from clockhouse_server.errors import Conflict, Invalid, NotFound
from clockhouse_server.jobs.models import Customer, Job
from clockhouse_server.people import checks


class NothingToBill(Conflict):
    """No approved hours are left to bill; `held` and `non_billable` count those that cannot be."""

    code = "nothing_to_bill"


class NotADraft(Conflict):
    """The invoice has been issued: it never changes any more."""

    code = "not_a_draft"


@dataclass(frozen=True)
class Unbilled:
    """What a customer's approved hours wait for: an invoice, or a rate (`held`)."""

    customer: Customer
    from_on: date
    through_on: date
    billable_seconds: int
    held_seconds: int
    amount: Decimal


def draft(
    session: Session,
    actor: Actor,
    customer_id: str,
    from_on: date,
    through_on: date,
    *,
    group_by: GroupBy = "job",
    now: datetime,
    new_id: Callable[[], str],
) -> Invoice:
    """A draft of all that is approved, billable and not on a live invoice; raises NothingToBill."""
    allow(actor, "invoices.write")
    customer = _customer(session, customer_id)
    _check(group_by, from_on, through_on)
    found = _rated(session, customer, from_on, through_on)
    if not any(one.state == "billable" for one, _ in found):
        counts = {state: sum(one.state == state for one, _ in found) for state in ("held", "non_billable")}
        raise NothingToBill(
            "No approved hours of these days are left to bill.",
            held=counts["held"],
            non_billable=counts["non_billable"],
        )
    rows = [_kept(session, one, before, now, new_id) for one, before in found]
    invoice = Invoice(
        id=new_id(), type="invoice", status="draft", customer_id=customer_id, currency=customer.currency,
        from_on=from_on, through_on=through_on, group_by=group_by, net_total=Decimal(0),
        tax_total=Decimal(0), gross_total=Decimal(0), made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    session.add(invoice)
    session.flush()
    billable = [row for row in rows if row.state == "billable"]
    lay_out(session, invoice, billable, now)
    audit.record(
        session, actor, "invoice.draft", "invoice", invoice.id, now=now,
        after={"customer_id": customer_id, "from_on": from_on, "through_on": through_on,
               "charges": len(billable), "net": invoice.net_total},
    )  # fmt: skip
    return invoice


def unbilled(session: Session, actor: Actor, from_on: date, through_on: date) -> list[Unbilled]:
    """For each customer with approved hours that are on no live invoice: how much, and worth what."""
    allow(actor, "invoices.read")
    found = []
    for customer in session.scalars(select(Customer).where(~Customer.in_house).order_by(Customer.name)):
        waiting = [one for one, _ in _rated(session, customer, from_on, through_on)]
        days = [one.hours.on for one in waiting if one.state in {"billable", "held"}]
        if days:
            laid = charges.lines(waiting, "job", customer.currency)
            sums = {
                state: sum(one.seconds for one in waiting if one.state == state)
                for state in ("billable", "held")
            }
            amount = sum((line.net for line in laid), Decimal(0))
            found.append(Unbilled(customer, min(days), max(days), sums["billable"], sums["held"], amount))
    return found


def regroup(session: Session, actor: Actor, invoice_id: str, group_by: GroupBy, *, now: datetime) -> Invoice:
    """Lay a draft's charges out in other lines."""
    invoice = editable(session, actor, invoice_id)
    _check(group_by, invoice.from_on, invoice.through_on)
    invoice.group_by = group_by
    lay_out(session, invoice, _charges_of(session, invoice.id), now)
    return invoice


def leave_out(
    session: Session,
    actor: Actor,
    invoice_id: str,
    position: int,
    *,
    reason: str,
    write_off: bool = False,
    now: datetime,
) -> Invoice:
    """Take a line off a draft. Its hours wait for the next draft, or are written off and never billed."""
    invoice = editable(session, actor, invoice_id)
    said = checks.text(reason, "reason", most=500)
    leaving = _charges_of(session, invoice.id, position)
    if not leaving:
        raise NotFound("There is no such line.", field="position")
    for charge in leaving if write_off else []:
        charge.state = "written_off"
        step = {"rule": "charge/written_off", "version": charges.VERSION, "says": f"written off: {said}"}
        charge.trace = [*charge.trace, step]
    gone = {charge.id for charge in leaving}
    staying = [charge for charge in _charges_of(session, invoice.id) if charge.id not in gone]
    books.release(session, used_by(invoice), now, [(one.employee_id, one.entry_id) for one in leaving])
    lay_out(session, invoice, staying, now)
    audit.record(
        session, actor, "invoice.leave_out", "invoice", invoice.id, now=now, reason=said,
        after={"charges": sorted(gone), "write_off": write_off},
    )  # fmt: skip
    return invoice


def discard(session: Session, actor: Actor, invoice_id: str, *, now: datetime) -> None:
    """Throw a draft away; its hours are free for the next one."""
    invoice = editable(session, actor, invoice_id)
    books.release(session, used_by(invoice), now)
    session.execute(delete(BilledCharge).where(BilledCharge.invoice_id == invoice_id))
    session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id))
    session.delete(invoice)
    session.flush()
    audit.record(session, actor, "invoice.discard", "invoice", invoice_id, now=now)


def editable(session: Session, actor: Actor, invoice_id: str) -> Invoice:
    """A draft, locked until the transaction ends; raises NotFound or NotADraft."""
    allow(actor, "invoices.write")
    invoice = session.get(Invoice, invoice_id, with_for_update=True)
    if invoice is None:
        raise NotFound("There is no such invoice.", field="invoice_id")
    if invoice.status != "draft":
        raise NotADraft("This invoice has been issued and never changes. Credit it instead.")
    return invoice


def lay_out(session: Session, invoice: Invoice, members: Sequence[Charge], now: datetime) -> None:
    """Write a draft's lines anew from its charges, with figures by the price calculator."""
    session.execute(delete(BilledCharge).where(BilledCharge.invoice_id == invoice.id))
    session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id))
    customer = session.get_one(Customer, invoice.customer_id)
    grouping = next(one for one in GROUPINGS if one == invoice.group_by)
    known = {rate.id: cards.read(rate) for rate in session.scalars(select(Rate))}
    laid = charges.lines([_charged(charge, known) for charge in members], grouping, invoice.currency)
    described = Wording(session, members).in_order(laid, grouping)
    for position, (description, line) in enumerate(described, start=1):
        jobs = {share.charged.hours.job for share in line.shares}
        session.add(
            InvoiceLine(
                invoice_id=invoice.id, position=position, description=description,
                seconds=line.seconds, quantity=line.quantity, unit="HUR", unit_price=line.unit_price,
                net=line.net, tax_category=customer.tax_category, tax_rate=customer.tax_rate,
                job_id=jobs.pop() if len(jobs) == 1 else None,
            )
        )  # fmt: skip
        session.add_all(
            BilledCharge(
                employee_id=share.charged.hours.employee, charge_id=share.charged.hours.id,
                invoice_id=invoice.id, position=position, amount=share.amount,
            )
            for share in line.shares
        )  # fmt: skip
    session.flush()
    books.hold(session, [(one.employee_id, one.entry_id) for one in members], used_by(invoice), now)
    figures = totals.price(document(session, invoice))
    invoice.net_total, invoice.tax_total, invoice.gross_total = (
        Decimal(figures[name]) for name in ("net_total", "tax_total", "gross_total")
    )
    session.flush()


def _customer(session: Session, customer_id: str) -> Customer:
    """The customer, locked: two drafts at once would take the same hours."""
    customer = session.get(Customer, customer_id, with_for_update=True)
    if customer is None:
        raise NotFound("There is no such customer.", field="customer_id")
    return customer


def _check(group_by: str, from_on: date, through_on: date) -> None:
    if group_by not in GROUPINGS:
        raise Invalid(f"Choose one of {', '.join(GROUPINGS)}.", field="group_by")
    if from_on > through_on:
        raise Invalid("The last day is before the first.", field="through_on")


def _rated(
    session: Session, customer: Customer, from_on: date, through_on: date
) -> list[tuple[Charged, Charge | None]]:
    """A customer's approved entries that are not on a live invoice and not written off, rated anew.

    Beside each its live charge, where it was rated before.
    """
    jobs = list(session.scalars(select(Job.id).where(Job.customer_id == customer.id)))
    approved = books.entries(session, from_on, through_on, job_ids=jobs)
    before = {
        (one.employee_id, one.entry_id): one
        for one in session.scalars(
            select(Charge).where(
                # Not by customer: a job may be another one's since its hours were billed.
                Charge.job_id.in_(jobs),
                Charge.on.between(from_on, through_on),
                Charge.superseded_at.is_(None),
            )
        )
    }
    billed = set(
        session.execute(
            select(BilledCharge.employee_id, BilledCharge.charge_id).where(
                BilledCharge.released_at.is_(None),
                BilledCharge.charge_id.in_([one.id for one in before.values()]),
            )
        )
    )
    standing = [cards.read(rate) for rate in cards.standing(session, customer.currency)]
    found = []
    for entry in approved:
        charge = before.get(entry.key)
        taken = charge is not None and (charge.employee_id, charge.id) in billed
        if entry.kind == "work" and not taken and (charge is None or charge.state != "written_off"):
            hours = _hours(entry, customer.id)
            found.append((charges.charge(hours, standing, customer.currency), charge))
    return found


def _hours(entry: ApprovedEntry, customer_id: str) -> Hours:
    return Hours(
        id=entry.id, on=entry.on, employee=entry.employee_id, customer=customer_id, job=entry.job_id or "",
        task=entry.task_id, worked_seconds=entry.worked_seconds,
        unbillable_because=entry.unbillable_because,
    )  # fmt: skip


def _kept(
    session: Session, one: Charged, before: Charge | None, now: datetime, new_id: Callable[[], str]
) -> Charge:
    """The entry's live charge: the one before where nothing changed, else a new one in its place."""
    rate_id = one.rate.id if one.rate else None
    if before is not None:
        same = (before.state, before.rate_id, before.customer_id)
        if same == (one.state, rate_id, one.hours.customer):
            return before
        before.superseded_at = now
        session.flush()
    hours = one.hours
    charge = Charge(
        employee_id=hours.employee, id=new_id(), entry_id=hours.id, customer_id=hours.customer,
        job_id=hours.job, task_id=hours.task, on=hours.on, seconds=one.seconds, rate_id=rate_id,
        rate=one.rate.bill if one.rate else None, state=one.state,
        trace=[dict(step) for step in one.trace], made_at=now,
    )  # fmt: skip
    session.add(charge)
    return charge


def _charges_of(session: Session, invoice_id: str, position: int | None = None) -> list[Charge]:
    """The charges on an invoice, or on one line of it."""
    query = (
        select(Charge)
        .join(
            BilledCharge,
            (Charge.id == BilledCharge.charge_id) & (Charge.employee_id == BilledCharge.employee_id),
        )
        .where(BilledCharge.invoice_id == invoice_id)
        .order_by(Charge.on, Charge.employee_id, Charge.id)
    )
    if position is not None:
        query = query.where(BilledCharge.position == position)
    return list(session.scalars(query))


def _charged(charge: Charge, cards_by_id: Mapping[str, rates.Rate]) -> Charged:
    """A stored charge as the rules made it; `id` is the charge's, so that shares find their way back."""
    hours = Hours(
        id=charge.id, on=charge.on, employee=charge.employee_id, customer=charge.customer_id,
        job=charge.job_id, task=charge.task_id, worked_seconds=charge.seconds,
    )  # fmt: skip
    return Charged(hours, "billable", cards_by_id.get(charge.rate_id or ""), ())
