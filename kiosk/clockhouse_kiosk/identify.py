"""Who is at the wall and where they stand: the roster, and the own lines that it does not cover yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, cast

from clockhouse_kiosk.flow.moves import UNDO_WITHIN
from clockhouse_kiosk.flow.words import (
    Choice,
    Claim,
    Done,
    Forgotten,
    Person,
    Read,
    Standing,
    Visit,
    Where,
)
from clockhouse_kiosk.history import LOCK_AFTER, History, OwnPunch
from clockhouse_kiosk.jobs import JobList
from clockhouse_kiosk.site import general_job, read_site
from clockhouse_sync import wire

FORGOTTEN_AFTER: Final = timedelta(hours=14)
FORGOTTEN_OVERNIGHT: Final = timedelta(
    hours=11
)  # shorter than most ways home and back, longer than night shifts
USUAL_SHIFT: Final = timedelta(hours=8, minutes=30)
ON_THE_WAY: Final = timedelta(
    minutes=2
)  # a punch so young may have missed the server's word about its person
MOST_RECENT: Final = 16
SUFFIXES: Final = (8, 6)  # the hex digits that shorter badge forms show

_WHERE: Final[Mapping[wire.PunchKind, Where]] = {
    "in": "in",
    "transfer": "in",
    "break_end": "in",
    "break_start": "break",
    "out": "out",
}


class Directory:
    """Answers about people and jobs from one roster; own lines are added as they are written."""

    def __init__(
        self, rows: Mapping[str, Mapping[str, wire.Body]], history: History, device_id: str | None = None
    ) -> None:
        self.history = history
        self.site = read_site(rows, device_id)
        self.jobs = JobList(rows, self.site.id)
        self._general_job = general_job(rows, self.site.id)
        self._people = cast("Mapping[str, wire.PersonRow]", rows.get("person", {}))
        self._pins = cast("Mapping[str, wire.PinRow]", rows.get("pin", {}))
        self._states = cast("Mapping[str, wire.StateRow]", rows.get("state", {}))
        self._hours = cast("Mapping[str, wire.HoursRow]", rows.get("hours", {}))
        self._badges = _Badges(cast("Mapping[str, wire.CredentialRow]", rows.get("credential", {})))

    def prepare(self) -> None:
        """Make ready what the first lists would make somebody wait for."""
        self.jobs.prepare()

    def badge(self, read: Read) -> Visit | None:
        """Whoever holds this badge, or None."""
        found = self._badges.holder(read.credential or "")
        if found is None or found[1] not in self._people:
            return None
        credential_id, person_id = found
        visit = self.visit(person_id, read)
        return None if visit is None else replace(visit, credential_ref=credential_id)

    def number(self, number: str, now: datetime) -> Claim | str:
        """Somebody's claim to a personnel number, or the code of why it cannot be made."""
        person_id = self._numbers.get(number)
        if person_id is None:
            return "unknown_number"
        if person_id not in self._pins:
            return "no_pin"
        if self.locked(person_id, now):
            return "locked"
        return Claim(person_id, self._people[person_id].language)

    @cached_property
    def _numbers(self) -> Mapping[str, str]:
        return {person.number: person_id for person_id, person in self._people.items()}

    def pin(self, person_id: str) -> wire.PinRow | None:
        return self._pins.get(person_id)

    def locked(self, person_id: str, now: datetime, more: int = 0) -> bool:
        """Whether so many wrong tries, and `more`, shut the PIN for a while; the badge still works."""
        return self.history.wrong_tries(person_id, now) + more >= LOCK_AFTER

    def visit(self, person_id: str, read: Read) -> Visit | None:
        """Somebody at the wall as they stand at the reading's instant."""
        row = self._people.get(person_id)
        if row is None:
            return None
        at = read.stamp.at
        standing = self.standing(person_id)
        forgotten = self._forgotten(person_id, standing, at)
        recent = self._recent_punch(person_id, at)
        hours = self._hours.get(person_id)
        return Visit(
            person=Person(person_id, row.name, row.short_name, row.language),
            read=read,
            standing=standing,
            acts_as="out" if forgotten is not None else standing.where,
            last=self._last(person_id, standing),
            forgotten=forgotten if recent is None else None,
            recent=recent,
            tab=self._first_tab(person_id, at),
            week_seconds=None if hours is None else hours.week_seconds,
            last_week_seconds=None if hours is None else hours.last_week_seconds,
        )

    def standing(self, person_id: str) -> Standing:
        """The server's word, unless own punches are newer than it or took it back."""
        state = self._states.get(person_id)
        punches = self.history.punches(person_id)
        standing = Standing("out")
        if state is not None and not self.history.is_undone(state.punch_id):
            choice = self.jobs.find(state.job_id, state.task_id)
            since = wire.parse_instant(state.at)
            standing = Standing(_WHERE[state.kind], since, choice, state.punch_id)
            covered = wire.parse_instant(state.as_of) - ON_THE_WAY
            punches = [punch for punch in punches if punch.at > max(since, covered)]
        for punch in punches:
            standing = self._after(standing, punch)
        claimed_at = self.history.claim(person_id)
        if claimed_at is not None and standing.where != "out":
            return Standing("out", claimed_at, standing.choice)
        return standing

    def choices(self, tab: str, query: str, person_id: str, now: datetime) -> Sequence[Choice]:
        """What the job screen shows: a search over all, or one of the tabs."""
        if query.strip():
            return self.jobs.search(query)
        match tab:
            case "recent":
                return self._recent_jobs(person_id)
            case "today":
                return self.jobs.today(now.astimezone(self.site.zone).date())
            case _:
                return self.jobs.all

    def _after(self, standing: Standing, punch: OwnPunch) -> Standing:
        choice = self.jobs.find(punch.job_id, punch.task_id)
        if choice is None and punch.kind in {"break_start", "break_end", "out"}:
            choice = standing.choice
        return Standing(_WHERE[punch.kind], punch.at, choice, punch.punch_id)

    def _recent_punch(self, person_id: str, at: datetime) -> Done | None:
        punches = self.history.punches(person_id)
        if not punches or not timedelta(0) <= at - punches[-1].at <= UNDO_WITHIN:
            return None
        newest = punches[-1]
        return Done(newest.punch_id, newest.kind, newest.at, self.jobs.find(newest.job_id, newest.task_id))

    def _last(self, person_id: str, standing: Standing) -> Choice | None:
        if standing.where != "out" or standing.choice is not None:
            return standing.choice
        recent = self._recent_jobs(person_id)
        return recent[0] if recent else self.jobs.find(self._general_job)

    def _recent_jobs(self, person_id: str) -> Sequence[Choice]:
        """What this person worked on, newest first, and what they usually do."""
        state = self._states.get(person_id)
        ids = [(punch.job_id, punch.task_id) for punch in reversed(self.history.punches(person_id))]
        if state is not None:
            ids.append((state.job_id, state.task_id))
        ids.append((self._people[person_id].default_job_id, None))
        choices = (self.jobs.find(job_id, task_id) for job_id, task_id in dict.fromkeys(ids))
        return list(dict.fromkeys(choice for choice in choices if choice is not None))[:MOST_RECENT]

    def _first_tab(self, person_id: str, at: datetime) -> str | None:
        """The last job has its own button, so a list of it alone is no choice."""
        recent, today = (self.choices(tab, "", person_id, at) for tab in ("recent", "today"))
        if len(recent) > 1 or (recent and not today):
            return "recent"
        return "today" if today else "all" if self.jobs else None

    def _forgotten(self, person_id: str, standing: Standing, at: datetime) -> Forgotten | None:
        if standing.where == "out" or standing.since is None:
            return None
        since, gone = standing.since, at - standing.since
        zone = self.site.zone
        same_day = since.astimezone(zone).date() == at.astimezone(zone).date()
        if gone <= FORGOTTEN_AFTER and (same_day or gone <= FORGOTTEN_OVERNIGHT):
            return None
        guess = _quarter(min(self._usual_end(person_id, since), at))
        return Forgotten(since, max(since, guess), at)

    def _usual_end(self, person_id: str, since: datetime) -> datetime:
        """The time of day at which they last clocked out here, on that day; else a usual shift later."""
        zone = self.site.zone
        for punch in reversed(self.history.punches(person_id)):
            if punch.kind == "out":
                left, day = punch.at.astimezone(zone), since.astimezone(zone).date()
                end = datetime.combine(day, left.time(), zone).astimezone(since.tzinfo)
                return end if end > since else since + USUAL_SHIFT
        return since + USUAL_SHIFT


def _quarter(at: datetime) -> datetime:
    """The quarter of an hour before, as people remember times."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)


class _Badges:
    """Badge values by all the bits that a reader or a printed form may show of them."""

    def __init__(self, rows: Mapping[str, wire.CredentialRow]) -> None:
        self._whole: dict[str, tuple[str, str]] = {}
        self._ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for credential_id, row in rows.items():
            if row.kind != "badge":
                continue
            value = row.value.upper()
            self._whole[value] = (credential_id, row.person_id)
            for size in SUFFIXES:
                if len(value) > size:
                    self._ends[value[-size:]].add((credential_id, row.person_id))

    def holder(self, credential: str) -> tuple[str, str] | None:
        """(credential id, person id); a number whose visible bits fit several people fits nobody."""
        shortened = [credential[-size:] for size in SUFFIXES if len(credential) > size]
        reverse = "".join(credential[index : index + 2] for index in range(len(credential) - 2, -2, -2))
        for value in (credential, *shortened, reverse):
            if value and value in self._whole:
                return self._whole[value]
        ends = self._ends.get(credential, set())
        return next(iter(ends)) if len({person for _, person in ends}) == 1 else None
