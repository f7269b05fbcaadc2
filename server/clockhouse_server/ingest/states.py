"""Everybody's newest punch, for kiosks and for "who is in"."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.ingest import store
from clockhouse_server.ingest.models import LastState

LONGEST_SHIFT: Final = timedelta(hours=24)
STATE: Final = ("punch_id", "kind", "site_id", "job_id", "task_id")


def refresh(session: Session, made: list[dict[str, Any]], moved: Mapping[str, str], version: int) -> None:
    """Each person's newest punch that stands; an older one that comes in late changes nothing.

    `moved` are punches that were taken back or dated anew: where one was the newest, the state is found again.
    """
    newest: dict[str, dict[str, Any]] = {}
    for row in made:
        if row["punch_id"] not in moved:
            before = newest.get(row["employee_id"])
            if before is None or row["counted_at"] >= before["counted_at"]:
                newest[row["employee_id"]] = row
    states = store.last_states(session, {*newest, *moved.values()})
    changes: dict[str, dict[str, Any]] = {}
    for employee_id, row in newest.items():
        state = states.get(employee_id)
        if state is None or row["counted_at"] >= state.at:
            changes[employee_id] = {name: row[name] for name in STATE} | {"at": row["counted_at"]}
    for punch_id, employee_id in moved.items():
        state = states.get(employee_id)
        if employee_id not in changes and state is not None and state.punch_id == punch_id:
            stands = store.newest_punch(session, employee_id)
            changes[employee_id] = (
                {"kind": "out"}
                if stands is None
                else {name: getattr(stands, name) for name in STATE} | {"at": stands.counted_at}
            )
    _keep_jobs(session, changes)
    for employee_id, values in sorted(changes.items()):
        state = states.get(employee_id)
        if state is None:
            session.add(LastState(employee_id=employee_id, version=version, **values))
        else:
            for name, value in (values | {"overdue": False, "version": version}).items():
                setattr(state, name, value)
    session.flush()


def _keep_jobs(session: Session, changes: Mapping[str, dict[str, Any]]) -> None:
    """A break without a job of its own leaves people on the job that they were on."""
    breaks = {
        employee_id: values["at"]
        for employee_id, values in changes.items()
        if values["kind"] in {"break_start", "break_end"} and values["job_id"] is None
    }
    if breaks:
        at_work = store.jobs_at_work(session, breaks, min(breaks.values()) - LONGEST_SHIFT)
        for employee_id, work in at_work.items():
            changes[employee_id]["job_id"], changes[employee_id]["task_id"] = work
