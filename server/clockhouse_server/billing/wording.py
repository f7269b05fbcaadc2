"""What an invoice's lines are called, and in which order they stand."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.billing.charges import GroupBy, Line
from clockhouse_server.billing.models import Charge
from clockhouse_server.jobs.models import Job, Task
from clockhouse_server.people.models import Person

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(on: date) -> str:
    """Mon 9 Nov 2026."""
    return f"{WEEKDAYS[on.weekday()]} {on.day} {MONTHS[on.month - 1]} {on.year}"


class Wording:
    """The names that the descriptions of some charges need, read once."""

    def __init__(self, session: Session, members: Sequence[Charge]) -> None:
        self._jobs = {job.id: job for job in session.scalars(select(Job))}
        self._tasks = {task.id: task for task in session.scalars(select(Task))}
        ids = {charge.employee_id for charge in members}
        self._people = {
            person.id: person.name for person in session.scalars(select(Person).where(Person.id.in_(ids)))
        }

    def in_order(self, lines: Sequence[Line], group_by: GroupBy) -> list[tuple[str, Line]]:
        """Each line with its description: by day where the days are told apart, then by name, then by rate."""
        by_day = group_by in {"date", "entry"}
        described = [(self.describe(line, group_by), line) for line in lines]
        return sorted(
            described,
            key=lambda one: (one[1].key[0] if by_day else "", one[0], one[1].unit_price, one[1].key),
        )

    def describe(self, line: Line, group_by: GroupBy) -> str:
        """What stands on the invoice for a line."""
        hours = line.shares[0].charged.hours
        match group_by:
            case "entry":
                return f"{day(hours.on)} · {self.person(hours.employee)} · {self.job(hours.job, hours.task)}"
            case "employee":
                return self.person(hours.employee)
            case "job":
                return self.job(hours.job, None)
            case "task":
                return self.job(hours.job, hours.task)
            case "date":
                return day(hours.on)

    def person(self, person_id: str) -> str:
        return self._people.get(person_id, person_id)

    def job(self, job_id: str | None, task_id: str | None) -> str:
        """`1042 Frames · GRIND Grinding`."""
        job, task = self._jobs.get(job_id or ""), self._tasks.get(task_id or "")
        return " · ".join(f"{one.code} {one.name}" for one in (job, task) if one is not None)
