"""Which rate holds for an hour: the most specific scope, then the latest start not after the work date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

PRECEDENCE: Final = (
    frozenset({"job", "task", "employee"}),
    frozenset({"job", "employee"}),
    frozenset({"job", "task"}),
    frozenset({"job"}),
    frozenset({"customer", "employee"}),
    frozenset({"customer", "task"}),
    frozenset({"customer"}),
    frozenset({"employee"}),
    frozenset({"task"}),
    frozenset[str](),
)
"""The scopes that a rate may have, the most specific first."""


@dataclass(frozen=True)
class Scope:
    """What a rate is for; None is "any". A job's customer adds nothing to the job."""

    customer: str | None = None
    job: str | None = None
    task: str | None = None
    employee: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """The parts that are set, without the customer where the job says it already."""
        fields = {"customer": self.customer, "job": self.job, "task": self.task, "employee": self.employee}
        given = {name for name, value in fields.items() if value is not None}
        return frozenset(given - {"customer"} if "job" in given else given)

    def covers(self, work: "Scope") -> bool:
        """Whether work on all of this customer, job, task and employee falls under the scope."""
        pairs = (
            (self.customer, work.customer),
            (self.job, work.job),
            (self.task, work.task),
            (self.employee, work.employee),
        )
        return all(asked is None or asked == found for asked, found in pairs)


@dataclass(frozen=True)
class Rate:
    """What an hour is billed at (and costs) from a date on."""

    id: str
    scope: Scope
    from_on: date
    bill: Decimal
    cost: Decimal | None = None


def allowed(scope: Scope) -> bool:
    """Whether rates may have this scope."""
    return scope.names in PRECEDENCE


def resolve(rates: Iterable[Rate], work: Scope, on: date) -> Rate | None:
    """The rate that holds for work on a day; of two equals the one that comes later in `rates`."""
    best: tuple[tuple[int, date], Rate] | None = None
    for rate in rates:
        if rate.from_on > on or not rate.scope.covers(work) or not allowed(rate.scope):
            continue
        rank = (-PRECEDENCE.index(rate.scope.names), rate.from_on)
        if best is None or rank >= best[0]:
            best = (rank, rate)
    return best[1] if best else None


def says(scope: Scope) -> str:
    """The scope in words: `job and employee`, or `everything`."""
    ordered = [name for name in ("customer", "job", "task", "employee") if name in scope.names]
    return " and ".join(ordered) or "everything"
