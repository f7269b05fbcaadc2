"""The jobs of a site as the wall offers them, and finding one among thousands at each key."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, cast

from clockhouse_kiosk.flow.words import Choice
from clockhouse_sync import wire

MOST_FOUND: Final = 64


class JobList:
    """What can be worked on at one site. A job with tasks is offered by its tasks."""

    def __init__(self, rows: Mapping[str, Mapping[str, wire.Body]], site_id: str | None) -> None:
        customers = cast("Mapping[str, wire.CustomerRow]", rows.get("customer", {}))
        jobs = cast("Mapping[str, wire.JobRow]", rows.get("job", {}))
        tasks: dict[str, list[tuple[str, wire.TaskRow]]] = defaultdict(list)
        for task_id, task in cast("Mapping[str, wire.TaskRow]", rows.get("task", {})).items():
            tasks[task.job_id].append((task_id, task))
        self._by_job: dict[str, list[Choice]] = {}
        for job_id, job in jobs.items():
            if job.sites is None or site_id in job.sites:
                customer = customers.get(job.customer_id)
                self._by_job[job_id] = _choices(job_id, job, customer, tasks.get(job_id, ()))
        self._by_id = {
            (choice.job_id, choice.task_id): choice for every in self._by_job.values() for choice in every
        }
        self._today = cast("Mapping[str, wire.SiteJobsRow]", rows.get("site_jobs", {})).get(site_id or "")
        self.all: Sequence[Choice] = sorted(self._by_id.values(), key=_by_code)
        self._folded = [(_fold(f"{each.title} {each.detail}"), _fold(each.code), each) for each in self.all]

    def find(self, job_id: str | None, task_id: str | None = None) -> Choice | None:
        """A job or task that this site offers; a job that has tasks needs one of them."""
        if job_id is None:
            return None
        found = self._by_id.get((job_id, task_id))
        if found is None and task_id is None:
            whole = self._by_job.get(job_id, [])
            return whole[0] if len(whole) == 1 else None
        return found

    def today(self, on: date) -> Sequence[Choice]:
        """What the supervisor offers on that day, in their order."""
        if self._today is None or self._today.on != on.isoformat():
            return []
        return [choice for job_id in self._today.job_ids for choice in self._by_job.get(job_id, ())]

    def search(self, query: str) -> Sequence[Choice]:
        """Jobs in which every word of the query occurs; those whose number begins with it come first."""
        words = _fold(query).split()
        if not words:
            return self.all[:MOST_FOUND]
        found = [entry for entry in self._folded if all(word in entry[0] for word in words)]
        found.sort(key=lambda entry: not any(entry[1].startswith(word) for word in words))
        return [choice for _, _, choice in found[:MOST_FOUND]]


def _choices(
    job_id: str,
    job: wire.JobRow,
    customer: wire.CustomerRow | None,
    tasks: Sequence[tuple[str, wire.TaskRow]],
) -> list[Choice]:
    where = customer.name if customer is not None else ""
    if not tasks:
        return [Choice(job_id, None, job.code, job.name, where)]
    detail = " · ".join(part for part in (where, job.name) if part)
    ordered = sorted(tasks, key=lambda task: (task[1].code, task[1].name))
    return [Choice(job_id, task_id, job.code, task.name, detail) for task_id, task in ordered]


def _by_code(choice: Choice) -> tuple[Any, ...]:
    return (len(choice.code) if choice.code.isdecimal() else 99, choice.code, choice.name)


def _fold(text: str) -> str:
    """Lower case without accents, so that what is on the keys finds what is on the tile."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))
