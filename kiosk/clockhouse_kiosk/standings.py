"""Where people stand: the server's word, and the own punches that it does not cover yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from clockhouse_kiosk.flow.moves import UNDO_WITHIN
from clockhouse_kiosk.flow.words import Done, Standing, Where
from clockhouse_kiosk.history import History, OwnPunch
from clockhouse_kiosk.jobs import JobList
from clockhouse_sync import wire

ON_THE_WAY: Final = timedelta(
    minutes=2
)  # a punch so young may have missed the server's word about its person

AGAIN_WITHIN: Final = timedelta(minutes=10)
"""After a start that wrote somebody's punch: they did not see that it was recorded, and hold the badge again."""

_WHERE: Final[Mapping[wire.PunchKind, Where]] = {
    "in": "in",
    "transfer": "in",
    "break_end": "in",
    "break_start": "break",
    "out": "out",
}


class Standings:
    """Answers from one roster's states and the own lines as they grow."""

    def __init__(self, states: Mapping[str, wire.StateRow], history: History, jobs: JobList) -> None:
        self._states = states
        self._history = history
        self._jobs = jobs

    def standing(self, person_id: str) -> Standing:
        """As punched; whoever said when they left is out since then."""
        standing = self.punched(person_id)
        claimed_at = self._history.claim(person_id, standing.punch_id)
        if claimed_at is not None and standing.where != "out":
            return Standing("out", claimed_at, standing.choice)
        return standing

    def punched(self, person_id: str) -> Standing:
        """The server's word, unless own punches are newer than it or took it back."""
        state = self._states.get(person_id)
        punches = self._history.punches(person_id)
        standing = Standing("out")
        if state is not None and not self._history.is_undone(state.punch_id):
            choice = self._jobs.find(state.job_id, state.task_id)
            since = wire.parse_instant(state.at)
            standing = Standing(_WHERE[state.kind], since, choice, state.punch_id)
            covered = wire.parse_instant(state.as_of) - ON_THE_WAY
            known = [punch.punch_id for punch in punches]
            if state.punch_id in known:  # what was written after it, whatever the clock said
                punches = punches[known.index(state.punch_id) + 1 :]
            else:
                punches = [punch for punch in punches if punch.at > max(since, covered)]
        for punch in punches:
            standing = self._after(standing, punch)
        return standing

    def known(self, person_id: str) -> list[OwnPunch]:
        """The own ones, and the newest that the server told of, in order."""
        punches, state = self._history.punches(person_id), self._states.get(person_id)
        if (
            state is None
            or state.punch_id is None
            or self._history.is_undone(state.punch_id)
            or any(punch.punch_id == state.punch_id for punch in punches)
        ):
            return punches
        told = OwnPunch(state.punch_id, state.kind, wire.parse_instant(state.at), state.job_id, state.task_id)
        return sorted([*punches, told], key=lambda punch: punch.at)

    def _after(self, standing: Standing, punch: OwnPunch) -> Standing:
        choice = self._jobs.find(punch.job_id, punch.task_id)
        if choice is None and punch.kind in {"break_start", "break_end", "out"}:
            choice = standing.choice
        return Standing(_WHERE[punch.kind], punch.at, choice, punch.punch_id)

    def recent(self, person_id: str, at: datetime) -> Done | None:
        """The newest own punch, while somebody may hold the badge again because they are not sure of it."""
        punches = self._history.punches(person_id)
        if not punches:
            return None
        newest = punches[-1]
        back = newest.restarted_at
        sure = abs(at - newest.at) > UNDO_WITHIN and (back is None or abs(at - back) > AGAIN_WITHIN)
        if sure:
            return None
        return Done(newest.punch_id, newest.kind, newest.at, self._jobs.find(newest.job_id, newest.task_id))
