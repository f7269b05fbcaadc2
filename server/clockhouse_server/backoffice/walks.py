"""The walk back from a charge on an invoice: entry, approval, punches, and their lines in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from clockhouse_server.approval import books
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.names import Names
from clockhouse_server.billing import trail
from clockhouse_server.billing.store import ChargeView


@dataclass(frozen=True)
class Walk:
    """A charge with its money, and each step back to the wall as a sentence."""

    on: date
    person_id: str
    person: str
    work: str
    seconds: int
    amount: Decimal
    steps: tuple[str, ...]


def walk_back(session: Session, view: ChargeView, names: Names, people: Mapping[str, str], zone: str) -> Walk:
    """How this charge came about, from its rate to the punches at the wall."""
    charge = view.charge
    steps = [str(step["says"]) for step in charge.trace]
    entry = books.entry(session, charge.employee_id, charge.entry_id)
    if entry is not None:
        steps.append(
            f"worked {wording.clock(entry.from_at, zone)} to {wording.clock(entry.to_at, zone)}, "
            f"{wording.duration(entry.worked_seconds)}, by the rules {entry.rules}"
        )
        approval = books.approval_of(session, entry)
        if approval is not None:
            steps.append(
                f"approved by {names.user(approval.approved_by)}, {wording.moment(approval.approved_at, zone)}"
            )
        for which, punch_id in (("from", entry.from_punch_id), ("to", entry.to_punch_id)):
            steps += _punch(trail.trail(session, charge.employee_id, punch_id), which, names, zone)
    return Walk(
        on=charge.on,
        person_id=charge.employee_id,
        person=people.get(charge.employee_id, charge.employee_id),
        work=names.job(charge.job_id, charge.task_id),
        seconds=charge.seconds,
        amount=view.amount,
        steps=tuple(steps),
    )


def _punch(found: trail.Trail, which: str, names: Names, zone: str) -> list[str]:
    steps = []
    if found.punch is not None:
        method = wording.said(wording.METHODS, found.punch.method)
        kind = wording.KINDS[found.punch.kind].lower()
        steps.append(f"{which}: {kind}, {method}, read {wording.stamp(found.punch.at, zone)}")
    steps += [
        f"{which}: {fix.action} by {names.user(fix.author_id)}, {wording.moment(fix.made_at, zone)}: {fix.reason}"
        for fix in found.fixes
    ]
    return [*steps, *(f"{which}: line {each.text}, {each.hash[:16]}…" for each in found.references)]
