"""What every payroll format is written from: one row for each person, day, site, job and task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from clockhouse_server import money
from clockhouse_server.approval.books import ApprovedEntry
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.people.models import Person, Site

CATEGORIES: Final[Mapping[str, str]] = {"work": "regular", "paid_break": "paid_break"}
"""Kind of entry -> the category its hours are paid as; an unpaid break is none."""


@dataclass(frozen=True)
class Row:
    """Seconds by category, exactly; hours and cost are what they come to."""

    number: str
    name: str
    payroll_number: str
    agency: str
    on: date
    site: str
    customer_code: str
    job_code: str
    task_code: str
    seconds: Mapping[str, int]
    cost_rate: Decimal | None
    currency: str

    @property
    def paid_seconds(self) -> int:
        return sum(self.seconds.values())

    @property
    def cost(self) -> Decimal | None:
        """Hours to 2 places times the rate, rounded once."""
        if self.cost_rate is None:
            return None
        return money.rounded(money.hours(self.paid_seconds) * self.cost_rate, self.currency)


@dataclass(frozen=True)
class Names:
    """The rows that entries refer to, by id."""

    people: Mapping[str, Person]
    sites: Mapping[str, Site]
    customers: Mapping[str, Customer]
    jobs: Mapping[str, Job]
    tasks: Mapping[str, Task]
    currency: str


def rows(entries: Iterable[ApprovedEntry], names: Names) -> list[Row]:
    """Entries summed into rows, by personnel number, day, site and codes."""
    sums: dict[tuple[str, date, str, str, str], dict[str, int]] = {}
    for entry in entries:
        category = CATEGORIES.get(entry.kind)
        if category is None:
            continue
        key = (entry.employee_id, entry.on, entry.site_id or "", entry.job_id or "", entry.task_id or "")
        by_category = sums.setdefault(key, dict.fromkeys(CATEGORIES.values(), 0))
        by_category[category] += entry.counted_seconds
    made = [_row(names, key, seconds) for key, seconds in sums.items()]
    return sorted(made, key=lambda row: (row.number, row.on, row.site, row.job_code, row.task_code))


def _row(names: Names, key: tuple[str, date, str, str, str], seconds: Mapping[str, int]) -> Row:
    person_id, on, site_id, job_id, task_id = key
    person, site, job = names.people[person_id], names.sites.get(site_id), names.jobs.get(job_id)
    customer = names.customers.get(job.customer_id) if job else None
    task = names.tasks.get(task_id)
    return Row(
        number=person.number,
        name=person.name,
        payroll_number=person.payroll_number or "",
        agency=person.agency or "",
        on=on,
        site=site.name if site else "",
        customer_code=customer.code if customer else "",
        job_code=job.code if job else "",
        task_code=task.code if task else "",
        seconds=seconds,
        cost_rate=person.cost_rate,
        currency=names.currency,
    )
