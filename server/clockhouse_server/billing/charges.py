"""From approved hours to what is billed: a charge for each entry, and lines that sum them.

Money is rounded once, at the line: its quantity is the sum of its seconds in hours to 2 places, and its
charges get their shares of the line's amount by largest remainder, so that they sum to it exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from clockhouse_server import money
from clockhouse_server.billing import rates
from clockhouse_server.billing.rates import Rate, Scope

VERSION: Final = "1"

State = Literal["billable", "held", "non_billable", "written_off"]
GroupBy = Literal["entry", "employee", "job", "task", "date"]
GROUPINGS: Final[tuple[GroupBy, ...]] = ("entry", "employee", "job", "task", "date")
Step = Mapping[str, Any]


@dataclass(frozen=True)
class Hours:
    """An approved entry as billing sees it. `unbillable_because` names the flag that keeps it off invoices."""

    id: str
    on: date
    employee: str
    customer: str
    job: str
    task: str | None
    worked_seconds: int
    unbillable_because: str | None = None

    @property
    def work(self) -> Scope:
        return Scope(self.customer, self.job, self.task, self.employee)


@dataclass(frozen=True)
class Charged:
    """What became of an entry, and why."""

    hours: Hours
    state: State
    rate: Rate | None
    trace: tuple[Step, ...]

    @property
    def seconds(self) -> int:
        return self.hours.worked_seconds


@dataclass(frozen=True)
class Share:
    """A charge's part of its line's amount."""

    charged: Charged
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """Charges of one group at one rate; `key` is the group's: an entry, employee, job, job and task, or day."""

    key: tuple[str, ...]
    seconds: int
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    shares: tuple[Share, ...]


def charge(hours: Hours, cards: Iterable[Rate], currency: str) -> Charged:
    """An entry's charge under the rates of its day. Without a rate it is held, never billed at nothing."""
    if hours.unbillable_because is not None:
        return Charged(
            hours, "non_billable", None, (_step("billable", f"not billed: {hours.unbillable_because}"),)
        )
    if hours.worked_seconds == 0:
        return Charged(hours, "non_billable", None, (_step("billable", "not billed: no time was worked"),))
    rate = rates.resolve(cards, hours.work, hours.on)
    if rate is None:
        return Charged(hours, "held", None, (_step("rate", f"held: no rate holds on {hours.on}"),))
    says = (
        f"{rate.bill.normalize():f} {currency} an hour, the rate for {rates.says(rate.scope)} "
        f"from {rate.from_on} on"
    )
    return Charged(hours, "billable", rate, (_step("rate", says, rate=rate.id),))


def lines(charged: Iterable[Charged], group_by: GroupBy, currency: str) -> list[Line]:
    """The billable charges in lines, one for each group and rate, in order of group, then of rate."""
    groups: dict[tuple[tuple[str, ...], Decimal], list[Charged]] = {}
    for one in charged:
        if one.state == "billable" and one.rate is not None:
            groups.setdefault((_key(one.hours, group_by), one.rate.bill), []).append(one)
    return [_line(key, price, groups[key, price], currency) for key, price in sorted(groups)]


def _line(key: tuple[str, ...], price: Decimal, members: Sequence[Charged], currency: str) -> Line:
    ordered = sorted(members, key=lambda one: (one.hours.on, one.hours.employee, one.hours.id))
    seconds = sum(one.seconds for one in ordered)
    quantity = money.hours(seconds)
    net = money.rounded(quantity * price, currency)
    amounts = shares(net, [one.seconds for one in ordered], currency)
    return Line(
        key, seconds, quantity, price, net,
        tuple(Share(one, amount) for one, amount in zip(ordered, amounts, strict=True)),
    )  # fmt: skip


def shares(total: Decimal, weights: Sequence[int], currency: str) -> list[Decimal]:
    """`total` split by weight in whole minor units that sum to it; the largest remainders get the odd units."""
    units, weight = money.minor(total, currency), sum(weights)
    if weight == 0:
        return [money.major(0, currency) for _ in weights]
    whole = [units * part // weight for part in weights]
    remainders = [units * part % weight for part in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-remainders[at], at))
    for at in by_remainder[: units - sum(whole)]:
        whole[at] += 1
    return [money.major(part, currency) for part in whole]


def _key(hours: Hours, group_by: GroupBy) -> tuple[str, ...]:
    match group_by:
        case "entry":
            return (hours.on.isoformat(), hours.id)
        case "employee":
            return (hours.employee,)
        case "job":
            return (hours.job,)
        case "task":
            return (hours.job, hours.task or "")
        case "date":
            return (hours.on.isoformat(),)


def _step(rule: str, says: str, **more: str) -> Step:
    return {"rule": f"charge/{rule}", "version": VERSION, "says": says, **more}
