"""Everybody's newest punch, for kiosks and for "who is in"."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from clockhouse_server.bulk import INSTANT, TEXT, Statement
from clockhouse_server.ingest import store
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.ingest.models import PunchRow
from clockhouse_sync import wire

LONGEST_SHIFT: Final = timedelta(hours=24)
STATE: Final = ("punch_id", "kind", "site_id", "job_id", "task_id")


_NEWER: Final = Statement(
    "INSERT INTO last_states (employee_id, punch_id, kind, site_id, job_id, task_id, at, overdue, version) "
    "SELECT given.*, false, :version FROM {given} WHERE true ON CONFLICT (employee_id) DO UPDATE SET "
    "punch_id = excluded.punch_id, kind = excluded.kind, at = excluded.at, site_id = excluded.site_id, "
    "job_id = excluded.job_id, task_id = excluded.task_id, overdue = false, version = excluded.version "
    "WHERE excluded.at >= last_states.at",
    {
        "employee_id": TEXT, "punch_id": TEXT, "kind": TEXT, "site_id": TEXT, "job_id": TEXT, "task_id": TEXT,
        "at": INSTANT,
    },
)  # fmt: skip
"""One that is older than what is known of somebody changes nothing."""


def refresh(session: Session, made: Sequence[Arrived], moved: Mapping[str, str], version: int) -> None:
    """Each person's newest punch that stands; an older one that comes in late changes nothing.

    `made` are punches. `moved` are those that were taken back or dated anew: where one was the newest, the state
    is found again.
    """
    newest: dict[str, Arrived] = {}
    for one in made:
        line = one.line
        assert isinstance(line, wire.PunchLine)
        assert line.employee_id is not None
        before = newest.get(line.employee_id)
        if (before is None or one.counted_at >= before.counted_at) and line.punch_id not in moved:
            newest[line.employee_id] = one
    if newest:
        states = {employee_id: _state(one.line, one.counted_at) for employee_id, one in newest.items()}
        _keep_jobs(session, states)
        rows = [(employee_id, *state.values()) for employee_id, state in sorted(states.items())]
        _NEWER(session, rows, version=version)
    if moved:
        _find_again(session, moved, version)


def _state(punch: wire.LineHead | PunchRow | None, at: datetime) -> dict[str, Any]:
    return {name: getattr(punch, name) for name in STATE} | {"at": at}


def _find_again(session: Session, moved: Mapping[str, str], version: int) -> None:
    """The state of everybody whose newest punch was taken back or dated anew."""
    states = store.last_states(session, set(moved.values()))
    changes: dict[str, dict[str, Any]] = {}
    for punch_id, employee_id in moved.items():
        state = states.get(employee_id)
        if state is not None and state.punch_id == punch_id:
            stands = store.newest_punch(session, employee_id)
            changes[employee_id] = {"kind": "out"} if stands is None else _state(stands, stands.counted_at)
    _keep_jobs(session, changes)
    for employee_id, values in sorted(changes.items()):
        for name, value in (values | {"overdue": False, "version": version}).items():
            setattr(states[employee_id], name, value)
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
