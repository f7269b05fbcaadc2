"""The jobs of a site as the wall offers them, and finding one among thousands at each key."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import filterfalse
from typing import Any, Final, cast

from clockhouse_kiosk.flow.words import Choice, Folder
from clockhouse_kiosk.history import OwnOffer
from clockhouse_sync import wire

MOST_FOUND: Final = 64
FLAT: Final = 8
"""So many jobs are shown as they are; more are filed by customer and job."""


class JobList:
    """What can be worked on at one site. A job with tasks is offered by its tasks.

    A single job is made ready when it is asked for; the list of all of them, and what a search goes through, once.
    """

    def __init__(self, rows: Mapping[str, Mapping[str, wire.Body]], site_id: str | None) -> None:
        self._site_id = site_id
        self._customers = cast("Mapping[str, wire.CustomerRow]", rows.get("customer", {}))
        self._jobs = cast("Mapping[str, wire.JobRow]", rows.get("job", {}))
        self._tasks: dict[str, list[tuple[str, wire.TaskRow]]] = defaultdict(list)
        for task_id, task in cast("Mapping[str, wire.TaskRow]", rows.get("task", {})).items():
            self._tasks[task.job_id].append((task_id, task))
        self._today = cast("Mapping[str, wire.SiteJobsRow]", rows.get("site_jobs", {})).get(site_id or "")

    def __bool__(self) -> bool:
        """Whether anything is offered here."""
        return any(self._offered(job_id) for job_id in self._jobs)

    def prepare(self) -> None:
        """Make ready what the first list and the first search would make somebody wait for."""
        self._folded  # noqa: B018 - kept from now on

    @cached_property
    def all(self) -> Sequence[Choice]:
        """Everything that is offered here, by number."""
        return sorted((choice for every in self._by_job.values() for choice in every), key=_by_code)

    @cached_property
    def _by_job(self) -> Mapping[str, Sequence[Choice]]:
        found = ((job_id, self._offered(job_id)) for job_id in self._jobs)
        return {job_id: choices for job_id, choices in found if choices}

    @cached_property
    def _folded(self) -> Sequence[tuple[str, str, Choice]]:
        return [(fold(f"{each.title} {each.detail}"), fold(each.code), each) for each in self.all]

    def _offered(self, job_id: str | None) -> Sequence[Choice]:
        job = None if job_id is None else self._jobs.get(job_id)
        if job_id is None or job is None or (job.sites is not None and self._site_id not in job.sites):
            return ()
        return _choices(job_id, job, self._customers.get(job.customer_id), self._tasks.get(job_id, ()))

    def find(self, job_id: str | None, task_id: str | None = None) -> Choice | None:
        """A job or task that this site offers; a job that has tasks needs one of them."""
        whole = self._offered(job_id)
        if task_id is None:
            return whole[0] if len(whole) == 1 else None
        return next((choice for choice in whole if choice.task_id == task_id), None)

    def folders(self, within: Sequence[Folder]) -> Sequence[Choice | Folder]:
        """One step down from customer to job to task; a step with only one way on is left out."""
        if len(self.all) <= FLAT:
            return self.all
        if not within:
            customers = self._customers_with_jobs()
            return customers if len(customers) > 1 else self._jobs_of(customers[0].id)
        last = within[-1]
        return self._by_job.get(last.id, []) if last.of == "job" else self._jobs_of(last.id)

    def _customers_with_jobs(self) -> Sequence[Folder]:
        by_customer: dict[str, int] = defaultdict(int)
        for job_id in self._by_job:
            by_customer[self._jobs[job_id].customer_id] += 1
        found = [
            Folder("customer", customer_id, "", self._customer(customer_id), count)
            for customer_id, count in by_customer.items()
        ]
        return sorted(found, key=lambda each: each.name.casefold())

    def _customer(self, customer_id: str) -> str:
        customer = self._customers.get(customer_id)
        return "" if customer is None else customer.name

    def _jobs_of(self, customer_id: str) -> Sequence[Choice | Folder]:
        found: list[Choice | Folder] = []
        for job_id, choices in self._by_job.items():
            job = self._jobs[job_id]
            if job.customer_id == customer_id:
                many = Folder("job", job_id, job.code, job.name, len(choices))
                found.append(choices[0] if len(choices) == 1 else many)
        return sorted(found, key=_by_code)

    def today(self, on: date, own: OwnOffer | None = None) -> Sequence[Choice]:
        """What the supervisor offers on that day, in their order."""
        return [choice for job_id in self._of_day(on, own) for choice in self._offered(job_id)]

    def offer(self, on: date, own: OwnOffer | None = None) -> tuple[Folder, ...]:
        """The same as whole jobs."""
        found = (self._whole(job_id) for job_id in self._of_day(on, own))
        return tuple(job for job in found if job is not None)

    def _of_day(self, on: date, own: OwnOffer | None) -> Sequence[str]:
        """As it was set last: here, or as the server knows it."""
        row, day = self._today, on.isoformat()
        if own is not None and own.on == day:
            told = None if row is None or row.on != day else row.set_at
            if told is None or own.at > wire.parse_instant(told):
                return own.job_ids
        return () if row is None or row.on != day else row.job_ids

    def whole(self, within: Sequence[Folder], query: str = "") -> Sequence[Folder]:
        """Whole jobs, whatever their tasks: of a customer, of all who have any, or by words of number and name."""
        found = [job for job in map(self._whole, self._by_job) if job is not None]
        if query.strip():
            words = fold(query).split()
            found = [job for job in found if all(word in fold(job.title) for word in words)]
            return sorted(found, key=_by_code)[:MOST_FOUND]
        customers = self._customers_with_jobs()
        if within:
            found = [job for job in found if self._jobs[job.id].customer_id == within[-1].id]
        elif len(found) > FLAT and len(customers) > 1:
            return customers
        return sorted(found, key=_by_code)

    def _whole(self, job_id: str) -> Folder | None:
        choices = self._offered(job_id)
        if not choices:
            return None
        return Folder("job", job_id, self._jobs[job_id].code, self._jobs[job_id].name, len(choices))

    def search(self, query: str) -> Sequence[Choice]:
        """Jobs in which every word of the query occurs; those whose number begins with it come first."""
        words = fold(query).split()
        if not words:
            return self.all[:MOST_FOUND]
        found = list(self._folded)
        for word in words:
            found = [entry for entry in found if word in entry[0]]
        found.sort(key=lambda entry: not any(entry[1].startswith(word) for word in words))
        return [choice for _, _, choice in found[:MOST_FOUND]]


def _choices(
    job_id: str,
    job: wire.JobRow,
    customer: wire.CustomerRow | None,
    tasks: Sequence[tuple[str, wire.TaskRow]],
) -> list[Choice]:
    where = customer.name if customer is not None else ""
    looks = (job.pictogram, job.colour, tuple(job.asks))
    if not tasks:
        return [Choice(job_id, None, job.code, job.name, where, *looks)]
    detail = " · ".join(part for part in (where, job.name) if part)
    ordered = sorted(tasks, key=lambda task: (task[1].code, task[1].name))
    return [Choice(job_id, task_id, job.code, task.name, detail, *looks) for task_id, task in ordered]


def _by_code(choice: Choice | Folder) -> tuple[Any, ...]:
    return (len(choice.code) if choice.code.isdecimal() else 99, choice.code, choice.name)


def fold(text: str) -> str:
    """Lower case without accents, so that what is on the keys finds what is on the tile."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filterfalse(unicodedata.combining, apart))
