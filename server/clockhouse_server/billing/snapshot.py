"""An invoice as it will stand for ever: every text and figure copied, so that nothing later can change it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server import money
from clockhouse_server.approval import books
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.billing import totals
from clockhouse_server.billing.inputs import plain
from clockhouse_server.billing.models import Charge, Invoice
from clockhouse_server.billing.store import ChargeView, document, view_of
from clockhouse_server.billing.trail import Trails, printed
from clockhouse_server.billing.wording import Wording
from clockhouse_server.jobs.models import Customer, Job
from clockhouse_server.people.models import Company
from clockhouse_server.timecards import sheets
from clockhouse_sync import wire

VERSION: Final = 1

TAX_NOTES: Final[Mapping[str, str]] = {
    "AE": "Reverse charge: the recipient of the service accounts for the tax.",
    "E": "Exempt from tax.",
    "G": "Export outside the tax area: no tax is charged.",
    "K": "Intra-community supply: no tax is charged.",
    "O": "Not subject to tax.",
}


def take(session: Session, invoice: Invoice) -> dict[str, Any]:
    """The snapshot of an invoice that has just got its number and dates."""
    view = view_of(session, invoice)
    known = sheets.setting(session)
    billed = [one.charge for line in view.lines for one in line.charges]
    reading = _Reading(session, billed, known, invoice.currency)
    lines = [
        {
            "position": one.line.position,
            "description": one.line.description,
            "seconds": one.line.seconds,
            "quantity": f"{one.line.quantity:.2f}",
            "unit": one.line.unit,
            "unit_price": price_text(one.line.unit_price, invoice.currency),
            "net": _money(one.line.net, invoice.currency),
            "tax": {"category": one.line.tax_category, "rate": plain(one.line.tax_rate)},
            "entries": reading.entries(one.charges),
        }
        for one in view.lines
    ]
    return {
        **_head(session, invoice, view.customer),
        "lines": lines,
        **_figures(totals.price(document(session, invoice))),
        "orders": _orders(session, [charge.job_id for charge in billed]),
    }


def of_credit_note(session: Session, note: Invoice, original: Invoice, reason: str) -> dict[str, Any]:
    """The snapshot of a full credit note: the invoice's own texts and figures, positive, under its own number."""
    taken = dict(original.snapshot or {})
    taken.update(_head(session, note, session.get_one(Customer, note.customer_id)))
    # Who is credited is who was billed, whatever they are called by now.
    taken["buyer"], taken["seller"] = (original.snapshot or {})["buyer"], (original.snapshot or {})["seller"]
    taken["credits"] = {"label": original.label, "issue_on": str(original.issue_on), "reason": reason}
    taken.pop("due_on", None)
    taken["lines"] = [{**line, "entries": []} for line in taken["lines"]]
    return taken


def text(snapshot: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a snapshot."""
    return wire.encode(snapshot)


def digest(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes."""
    return sha256(text(snapshot)).hexdigest()


def price_text(price: Decimal, currency: str) -> str:
    """A rate with the currency's digits, or with its own where it has more."""
    exact = plain(price)
    digits = money.digits(currency)
    own = len(exact.partition(".")[2])
    return exact if own > digits else f"{price:.{digits}f}"


def _head(session: Session, invoice: Invoice, customer: Customer) -> dict[str, Any]:
    company = session.get_one(Company, "company")
    head = {
        "v": VERSION,
        "id": invoice.id,
        "type": invoice.type,
        "label": invoice.label,
        "issue_on": _day(invoice.issue_on),
        "due_on": _day(invoice.due_on),
        "from_on": _day(invoice.from_on),
        "through_on": _day(invoice.through_on),
        "currency": invoice.currency,
        "payment_days": customer.payment_days,
        "seller": _party(company) | {"iban": company.iban, "tax_id": company.tax_id},
        "buyer": _party(customer) | {"code": customer.code, "tax_id": customer.tax_id},
    }
    return {name: value for name, value in head.items() if value is not None}


def _party(one: Company | Customer) -> dict[str, str]:
    return {name: getattr(one, name) for name in ("name", "street", "postcode", "city", "country", "email")}


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    notes = [TAX_NOTES[tax["category"]] for tax in figures["tax"] if tax["category"] in TAX_NOTES]
    names = ("line_total", "net_total", "tax_total", "gross_total", "due")
    return {"tax": figures["tax"], "tax_notes": notes, **{name: figures[name] for name in names}}


def _orders(session: Session, job_ids: Sequence[str]) -> list[str]:
    """The purchase orders of the jobs billed."""
    found = session.scalars(
        select(Job.purchase_order).where(Job.id.in_(set(job_ids)), Job.purchase_order != "")
    )
    return sorted(set(found))


class _Reading:
    """The entries behind some charges, as the annex prints them."""

    def __init__(
        self, session: Session, billed: Sequence[Charge], known: sheets.Setting, currency: str
    ) -> None:
        self._wording = Wording(session, billed)
        self._entries = books.by_id(session, [charge.entry_id for charge in billed])
        self._trails = Trails(session, self._entries.values())
        self._known = known
        self._currency = currency

    def entries(self, views: Sequence[ChargeView]) -> list[dict[str, Any]]:
        """In order of day, person and time."""
        found = [(view, self._entries[view.charge.employee_id, view.charge.entry_id]) for view in views]
        ordered = sorted(
            found, key=lambda one: (one[1].on, self._wording.person(one[1].employee_id), one[1].from_at)
        )
        return [self._entry(view, entry) for view, entry in ordered]

    def _entry(self, view: ChargeView, entry: ApprovedEntry) -> dict[str, Any]:
        zone = self._known.zone_of(entry.site_id)
        ends = [self._trails.of(entry.employee_id, one) for one in (entry.from_punch_id, entry.to_punch_id)]
        row = {
            "charge_id": view.charge.id,
            "entry_id": entry.id,
            "on": _day(entry.on),
            "from": clock(entry.from_at, zone, entry.on),
            "to": clock(entry.to_at, zone, entry.on),
            "zone": zone,
            "who": self._wording.person(entry.employee_id),
            "what": self._wording.job(entry.job_id, entry.task_id),
            "seconds": view.charge.seconds,
            "hours": f"{money.hours(view.charge.seconds):.2f}",
            "amount": _money(view.amount, self._currency),
            "ledger": printed(ends),
            "corrected": any(end.corrected for end in ends),
            "note": entry.note,
        }
        return {name: value for name, value in row.items() if value is not None}


def clock(at: datetime, zone: str, on: date) -> str:
    """A time of day at a place; `+1` where it is on the day after."""
    there = at.astimezone(ZoneInfo(zone))
    later = (there.date() - on).days
    return f"{there:%H:%M}" + (f" +{later}" if later > 0 else "")


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _money(amount: Decimal, currency: str) -> str:
    return f"{money.rounded(amount, currency):f}"
