"""Whether an issued invoice's figures hold: each sum made again, each text compared with what was printed."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session

from clockhouse_server import money
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.approval.models import Approval
from clockhouse_server.billing import snapshot, store, totals
from clockhouse_server.billing.inputs import plain
from clockhouse_server.billing.models import Invoice
from clockhouse_server.billing.store import ChargeView, LineView

FIGURES: Final = ("tax", "line_total", "net_total", "tax_total", "gross_total", "due")
"""The sums on an invoice, each made again from its lines."""


def invoice_problems(session: Session, invoice: Invoice) -> Iterator[str]:
    """What of an invoice does not hold: its snapshot, its PDF, its totals made again from its lines."""
    if invoice.snapshot is None or snapshot.digest(invoice.snapshot) != invoice.snapshot_sha256:
        yield f"{invoice.label}: its snapshot does not give its hash"
    found = totals.price(store.document(session, invoice))
    printed = {name: (invoice.snapshot or {}).get(name) for name in FIGURES}
    if printed != {name: found[name] for name in FIGURES}:
        yield f"{invoice.label}: its totals are not those of its lines"
    kept = [invoice.net_total, invoice.tax_total, invoice.gross_total]
    if kept != [Decimal(found[name]) for name in ("net_total", "tax_total", "gross_total")]:
        yield f"{invoice.label}: its totals are not those printed"
    if invoice.pdf is None or sha256(invoice.pdf).hexdigest() != invoice.pdf_sha256:
        yield f"{invoice.label}: its PDF does not give its hash"


def line_problem(view: LineView, invoice: Invoice) -> str | None:
    """Why a line does not hold, or None: what was printed, its hours, its money, its charges."""
    line = view.line
    printed = next(
        (one for one in (invoice.snapshot or {}).get("lines", []) if one["position"] == line.position), None
    )
    kept = {
        "description": line.description,
        "quantity": f"{line.quantity:.2f}",
        "unit_price": snapshot.price_text(line.unit_price, invoice.currency),
        "net": f"{money.rounded(line.net, invoice.currency):f}",
        "tax": {"category": line.tax_category, "rate": plain(line.tax_rate)},
    }
    if printed is None or any(printed[name] != value for name, value in kept.items()):
        return "it is not what was printed"
    if line.quantity != money.hours(line.seconds):
        return "its hours are not its seconds"
    if line.net != money.rounded(line.quantity * line.unit_price, invoice.currency):
        return "its money is not hours times rate"
    if line.seconds != sum(one.charge.seconds for one in view.charges):
        return "its charges do not sum to its hours"
    if line.net != sum(one.amount for one in view.charges):
        return "its charges do not sum to its money"
    if invoice.type == "credit_note":  # its hours are printed on the invoice that it takes back
        return None
    listed = {entry["charge_id"] for entry in printed["entries"]}
    return None if listed == {one.charge.id for one in view.charges} else "its charges are not those printed"


def charge_problem(
    view: ChargeView, entry: ApprovedEntry, approval: Approval | None, unit_price: Decimal
) -> str | None:
    """Why a charge does not hold, or None: its approval, its seconds, its rate."""
    if approval is None:
        return "its approval is missing"
    if view.charge.seconds != entry.worked_seconds:
        return "its seconds are not the entry's"
    if view.charge.rate != unit_price:
        return "its rate is not the line's"
    elapsed = int((entry.to_at - entry.from_at).total_seconds())
    return None if elapsed == entry.worked_seconds else "its seconds are not the time between its punches"
