"""The walk back from an invoice line: charges, approved entries, punches, and their lines in the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from clockhouse_server.approval import books
from clockhouse_server.backoffice import wording
from clockhouse_server.backoffice.names import Names
from clockhouse_server.billing import why
from clockhouse_server.billing.store import ChargeView
from clockhouse_server.billing.trail import Trails


@dataclass(frozen=True)
class Step:
    """One step of the walk; `problem` says what does not hold, `proof` how what holds was checked."""

    says: str
    proof: str = ""
    problem: str | None = None


@dataclass(frozen=True)
class Walk:
    """A charge with its money, and each step back to the wall."""

    on: date
    who: str
    length: str
    amount: str
    steps: tuple[Step, ...]

    @property
    def holds(self) -> bool:
        return all(step.problem is None for step in self.steps)


def checked(line: why.LineWhy, currency: str) -> list[Walk]:
    """An issued line's walk, with every hash, link and signature computed again."""
    return [
        Walk(
            on=date.fromisoformat(one.on),
            who=one.who,
            length=f"{one.hours} h",
            amount=f"{one.amount} {currency}",
            steps=tuple(_checked_steps(one)),
        )
        for one in line.because
    ]


def _checked_steps(one: why.Because) -> Iterator[Step]:
    for says in one.trace:
        yield Step(says)
    if one.problem is not None:
        yield Step("the charge", problem=one.problem)
    if one.approval is not None:
        yield Step(
            f"approved by {wording.name(one.approval.by)}, {wording.moment(one.approval.at, one.zone)}",
            f"hash {one.approval.entries_hash[:12]}… of the approved entries holds",
            one.approval.problem,
        )
    for end in one.ends:
        clock = end.at.astimezone(ZoneInfo(one.zone)).strftime("%H:%M:%S")
        yield Step(f"{wording.KINDS.get(end.kind, end.kind).lower()} {clock}", problem=end.problem)
        for origin in end.origins:
            signed = (
                f", signed by the kiosk at line {origin.signed_at_seq}"
                if origin.signed_at_seq is not None
                else ""
            )
            yield Step(
                f"{origin.says}: {origin.where}, epoch {origin.epoch}, line {origin.seq}",
                f"hash {origin.hash[:12]}… and link hold{signed}",
                origin.problem,
            )


def drafted(
    session: Session,
    charges: Sequence[ChargeView],
    names: Names,
    people: Mapping[str, str],
    currency: str,
    zone: str,
) -> list[Walk]:
    """A draft line's walk, as things stand; proofs are computed for what is issued."""
    entries = books.by_id(session, [one.charge.entry_id for one in charges])
    trails = Trails(session, entries.values())
    walks = []
    for one in charges:
        charge = one.charge
        entry = entries[charge.employee_id, charge.entry_id]
        approval = books.approval_of(session, entry)
        steps = [Step(str(step["says"])) for step in (*entry.trace, *charge.trace)]
        if approval is not None:
            when = wording.moment(approval.approved_at, zone)
            steps.append(Step(f"approved by {wording.name(names.user(approval.approved_by))}, {when}"))
        for punch_id in (entry.from_punch_id, entry.to_punch_id):
            steps += [
                Step(f"{each.where}, epoch {each.epoch}, line {each.seq}")
                for each in trails.of(charge.employee_id, punch_id).references
            ]
        walks.append(
            Walk(
                on=charge.on,
                who=people.get(charge.employee_id, charge.employee_id),
                length=f"{wording.hours(charge.seconds)} h",
                amount=wording.amount(one.amount, currency),
                steps=tuple(steps),
            )
        )
    return walks
