"""Why a line is on a bill: invoice line, charges, approved entries, punches, ledger lines, each of them checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server import money
from clockhouse_server.approval import books
from clockhouse_server.approval import store as approvals
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.approval.models import Approval
from clockhouse_server.auth.models import User
from clockhouse_server.billing import figures, snapshot, store
from clockhouse_server.billing.models import Invoice
from clockhouse_server.billing.proof import Ledger
from clockhouse_server.billing.store import ChargeView, LineView
from clockhouse_server.billing.trail import OFFICE, Reference, Trail, Trails
from clockhouse_server.errors import NotFound
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.models import Adjustment
from clockhouse_server.timecards.pair import counting, folded
from clockhouse_sync import wire


@dataclass(frozen=True)
class Origin:
    """A line of the ledger behind a punch: what it says, where it stands, and whether it holds."""

    device_id: str
    where: str
    epoch: str
    seq: int
    hash: str
    type: str | None
    says: str
    signed_at_seq: int | None
    problem: str | None


@dataclass(frozen=True)
class End:
    """A punch that bounds an entry, with every line that had a part in it."""

    punch_id: str
    kind: str
    at: datetime
    origins: tuple[Origin, ...]
    problem: str | None


@dataclass(frozen=True)
class Approved:
    id: str
    by: str
    at: datetime
    from_on: str
    through_on: str
    entries_hash: str
    problem: str | None


@dataclass(frozen=True)
class Because:
    """A charge with the entry it bills; `trace` says which rules made it."""

    charge_id: str
    entry_id: str
    who: str
    on: str
    zone: str
    from_at: datetime
    to_at: datetime
    seconds: int
    hours: str
    amount: str
    trace: tuple[str, ...]
    approval: Approved | None
    ends: tuple[End, ...]
    problem: str | None


@dataclass(frozen=True)
class LineWhy:
    position: int
    description: str
    quantity: str
    unit_price: str
    net: str
    because: tuple[Because, ...]
    problem: str | None


@dataclass(frozen=True)
class Why:
    """The walk through an invoice; `problems` is empty where everything holds."""

    invoice: str
    type: str
    status: str
    buyer: str
    issue_on: str
    currency: str
    gross_total: str
    snapshot_sha256: str
    lines: tuple[LineWhy, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def why(session: Session, label: str, position: int | None = None) -> Why:
    """Walk an issued invoice, or one line of it, back to the ledger; raises NotFound."""
    return _Walk(session).invoice(store.by_label(session, label), position)


class _Walk:
    """One walk; approvals and epochs are checked once however many entries share them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ledger = Ledger(session)
        self._known = sheets.setting(session)
        self._approvals: dict[str, Approval] = {}
        self._checked: dict[str, Approved] = {}
        self._people: dict[str, str] = {}
        self._entries: dict[tuple[str, str], ApprovedEntry] = {}
        self._trails = Trails(session, ())

    def invoice(self, invoice: Invoice, position: int | None) -> Why:
        taken = invoice.snapshot or {}
        wanted = [
            view
            for view in store.view_of(self._session, invoice).lines
            if position in {None, view.line.position}
        ]
        if not wanted:
            raise NotFound(f"{invoice.label} has no line {position}.", field="LINE")
        charges = [one.charge for view in wanted for one in view.charges]
        self._entries = books.by_id(self._session, [charge.entry_id for charge in charges])
        self._trails = Trails(self._session, self._entries.values())
        self._approvals = books.approvals_of(self._session, self._entries.values())
        self._people = dict(self._session.execute(select(Person.id, Person.name)).all())
        lines = tuple(self._line(view, invoice) for view in wanted)
        return Why(
            invoice=invoice.label or "",
            type=invoice.type,
            status=invoice.status,
            buyer=str(taken.get("buyer", {}).get("name", "")),
            issue_on=str(invoice.issue_on),
            currency=invoice.currency,
            gross_total=str(taken.get("gross_total", "")),
            snapshot_sha256=invoice.snapshot_sha256 or "",
            lines=lines,
            problems=(*figures.invoice_problems(self._session, invoice), *_line_problems(lines)),
        )

    def _line(self, view: LineView, invoice: Invoice) -> LineWhy:
        line = view.line
        because = [self._because(one, invoice.currency, line.unit_price) for one in view.charges]
        return LineWhy(
            position=line.position,
            description=line.description,
            quantity=f"{line.quantity:.2f}",
            unit_price=snapshot.price_text(line.unit_price, invoice.currency),
            net=f"{money.rounded(line.net, invoice.currency):f}",
            because=tuple(sorted(because, key=lambda one: (one.on, one.who, one.from_at))),
            problem=figures.line_problem(view, invoice),
        )

    def _because(self, view: ChargeView, currency: str, unit_price: Decimal) -> Because:
        charge = view.charge
        entry = self._entries.get((charge.employee_id, charge.entry_id))
        if entry is None:
            raise NotFound(f"The entry of charge {charge.id} is missing.", field="entry")
        approval = self._approvals.get(entry.approval_id)
        return Because(
            charge_id=charge.id,
            entry_id=entry.id,
            who=self._people.get(charge.employee_id, charge.employee_id),
            on=entry.on.isoformat(),
            zone=self._known.zone_of(entry.site_id),
            from_at=entry.from_at,
            to_at=entry.to_at,
            seconds=charge.seconds,
            hours=f"{money.hours(charge.seconds):.2f}",
            amount=f"{money.rounded(view.amount, currency):f}",
            trace=tuple(str(step["says"]) for step in [*entry.trace, *charge.trace]),
            approval=None if approval is None else self._approved(approval),
            ends=self._ends(entry, approval),
            problem=figures.charge_problem(view, entry, approval, unit_price),
        )

    def _approved(self, approval: Approval) -> Approved:
        if approval.id not in self._checked:
            user = self._session.get(User, approval.approved_by)
            self._checked[approval.id] = Approved(
                id=approval.id,
                by=user.name if user else approval.approved_by,
                at=approval.approved_at,
                from_on=approval.from_on.isoformat(),
                through_on=approval.through_on.isoformat(),
                entries_hash=approval.entries_hash,
                problem=None
                if approvals.holds(self._session, approval)
                else "the approved entries do not give the approved hash",
            )
        return self._checked[approval.id]

    def _ends(self, entry: ApprovedEntry, approval: Approval | None) -> tuple[End, ...]:
        pairs = ((entry.from_punch_id, entry.from_at), (entry.to_punch_id, entry.to_at))
        return tuple(self._end(entry.employee_id, punch_id, at, approval) for punch_id, at in pairs)

    def _end(self, employee_id: str, punch_id: str, at: datetime, approval: Approval | None) -> End:
        found = self._trails.of(employee_id, punch_id)
        until = [fix for fix in found.fixes if approval is None or fix.made_at <= approval.approved_at]
        read = [sheets.punch_of(found.punch, self._known)] if found.punch is not None else []
        corrected = folded(read, (sheets.fix_of(fix, order) for order, fix in enumerate(until)))
        punch = next((one for one in counting(corrected) if one.id == punch_id), None)
        problem = None
        if punch is None:
            problem = f"punch {punch_id} is missing"
        elif punch.at.replace(microsecond=0) != at:
            problem = f"punch {punch_id} is at another time than the entry"
        return End(
            punch_id=punch_id,
            kind=punch.kind if punch else "",
            at=at,
            origins=tuple(self._origin(found, reference) for reference in found.references),
            problem=problem,
        )

    def _origin(self, found: Trail, reference: Reference) -> Origin:
        proof = self._ledger.prove(reference)
        fix = next((fix for fix in found.fixes if fix.hash == reference.hash), None)
        problem = proof.problem
        if problem is None and proof.line is not None:
            problem = _disagreement(found, fix, proof.line)
        return Origin(
            device_id=reference.device_id,
            where=reference.where,
            epoch=reference.epoch,
            seq=reference.seq,
            hash=reference.hash,
            type=proof.type,
            says=self._says(found, fix, proof.line),
            signed_at_seq=proof.signed_at_seq,
            problem=problem,
        )

    def _says(self, found: Trail, fix: Adjustment | None, line: wire.LineHead | None) -> str:
        if fix is not None:
            user = self._session.get(User, fix.author_id)
            by = user.name if user else self._people.get(fix.author_id, fix.author_id)
            return f"{fix.action} by {by}: {fix.reason}"
        if isinstance(line, wire.PunchLine):
            return f"{line.kind} by {line.method}"
        return f"{found.punch.kind} by {found.punch.method}" if found.punch is not None else ""


def _disagreement(found: Trail, fix: Adjustment | None, line: wire.LineHead) -> str | None:
    """What the tables say must be what the line says."""
    punch = found.punch
    match line:
        case wire.PunchLine() if punch is not None and fix is None:
            said = (line.punch_id, line.employee_id, line.kind, wire.parse_instant(line.at))
            kept = (punch.punch_id, punch.employee_id, punch.kind, punch.at)
            return None if said == kept else "the punch in the tables is not the one in the line"
        case wire.AdjustmentLine() if fix is not None:
            at = wire.parse_instant(line.counted_at) if line.counted_at else None
            said_fix = (line.adjustment_id, line.employee_id, line.action, line.punch_id, line.kind, at)
            kept_fix = (
                fix.adjustment_id, fix.employee_id, fix.action, fix.punch_id, fix.kind, fix.counted_at,
            )  # fmt: skip
            return None if said_fix == kept_fix else "the correction in the tables is not the one in the line"
    return None


def _line_problems(lines: Sequence[LineWhy]) -> Iterator[str]:
    for line in lines:
        if line.problem is not None:
            yield f"line {line.position}: {line.problem}"
        for one in line.because:
            where = f"line {line.position}, {one.who} on {one.on}"
            if one.problem is not None:
                yield f"{where}: {one.problem}"
            if one.approval is not None and one.approval.problem is not None:
                yield f"{where}: {one.approval.problem}"
            for end in one.ends:
                if end.problem is not None:
                    yield f"{where}: {end.problem}"
                for origin in end.origins:
                    if origin.problem is not None:
                        yield (
                            f"{where}: {origin.where} ({origin.device_id}) epoch {origin.epoch} "
                            f"line {origin.seq}: {origin.problem}"
                        )


def plain(walk: Why) -> dict[str, Any]:
    """The walk as JSON-ready values, with `ok`."""
    found: dict[str, Any] = msgspec.to_builtins(walk)
    return {"ok": walk.ok, **found}


def text(walk: Why) -> Iterator[str]:
    """The walk in sentences, a line of text each."""
    kind = "Credit note" if walk.type == "credit_note" else "Invoice"
    yield (
        f"{kind} {walk.invoice} to {walk.buyer}, {walk.issue_on}, {walk.gross_total} {walk.currency}, "
        f"{walk.status}. Snapshot {walk.snapshot_sha256[:16]}."
    )
    for line in walk.lines:
        yield ""
        yield (
            f"Line {line.position}: {line.quantity} h × {line.unit_price} = {line.net} {walk.currency} · "
            f"{line.description}"
        )
        for one in line.because:
            yield from _because_text(one, walk.currency)
    yield ""
    yield from (f"DOES NOT HOLD: {problem}" for problem in walk.problems)
    if walk.ok:
        yield "Everything holds: every hash, link, signature and sum was computed again."


def _because_text(one: Because, currency: str) -> Iterator[str]:
    there = ZoneInfo(one.zone)
    start, end = (at.astimezone(there) for at in (one.from_at, one.to_at))
    yield f"  {one.on} {start:%H:%M}–{end:%H:%M} {one.who}: {one.hours} h, {one.amount} {currency}"
    for step in one.trace:
        yield f"      {step}"
    if one.approval is not None:
        holds = one.approval.problem or "the approved hash holds"
        yield f"      approved by {one.approval.by} through {one.approval.through_on}: {holds}"
    for bound in one.ends:
        yield f"      {bound.kind} {bound.at.astimezone(there):%H:%M:%S}"
        for origin in bound.origins:
            yield f"        {origin.says} · {origin.where}, epoch {origin.epoch}, line {origin.seq}: {_holds(origin)}"


def _holds(origin: Origin) -> str:
    if origin.problem is not None:
        return origin.problem.upper()
    if origin.signed_at_seq is not None:
        return f"hash {origin.hash[:12]} and link hold, signed by the kiosk at line {origin.signed_at_seq}"
    unsigned = "stated by the office" if origin.where == OFFICE else "not signed for yet"
    return f"hash {origin.hash[:12]} and link hold, {unsigned}"
