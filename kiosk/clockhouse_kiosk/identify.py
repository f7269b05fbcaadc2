"""Who is at the wall and where they stand: the roster, and the own lines that it does not cover yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Final, cast

from clockhouse_kiosk.badges import Badges
from clockhouse_kiosk.crowd import Books, Crowd
from clockhouse_kiosk.flow.words import (
    Choice,
    Claim,
    Folder,
    Forgotten,
    Hours,
    Message,
    Mode,
    Person,
    Question,
    Read,
    Standing,
    Visit,
)
from clockhouse_kiosk.history import LOCK_AFTER, History
from clockhouse_kiosk.jobs import JobList
from clockhouse_kiosk.missing import Habits, missing
from clockhouse_kiosk.site import general_job, read_site
from clockhouse_kiosk.standings import Standings
from clockhouse_sync import wire

SILENT: Final = timedelta(minutes=15)
"""After so long without another kiosk's word, people may stand elsewhere than this one thinks."""
MOST_RECENT: Final = 16

_OF_JOBS: Final = ("customer", "job", "task", "site_jobs")


class Directory:
    """Answers about people and jobs from one roster; own lines are added as they are written."""

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, wire.Body]],
        history: History,
        device_id: str | None = None,
        before: "Directory | None" = None,
        heard: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """What was made ready `before` and has not changed since is taken over. `heard` as in LoadedRoster."""
        self.history = history
        self.site = read_site(rows, device_id)
        self._rows = rows
        self._heard = heard
        self.jobs: JobList = (
            before.jobs
            if before is not None and before.site.id == self.site.id and before.has_same(_OF_JOBS, rows)
            else JobList(rows, self.site.id)
        )
        self.badges: Badges = (
            before.badges
            if before is not None and before.has_same(("credential",), rows)
            else Badges(cast("Mapping[str, wire.CredentialRow]", rows.get("credential", {})))
        )
        self._general_job = general_job(rows, self.site.id)
        self._people = cast("Mapping[str, wire.PersonRow]", rows.get("person", {}))
        self._pins = cast("Mapping[str, wire.PinRow]", rows.get("pin", {}))
        self._states = cast("Mapping[str, wire.StateRow]", rows.get("state", {}))
        self._hours = cast("Mapping[str, wire.HoursRow]", rows.get("hours", {}))
        self._schedules = cast("Mapping[str, wire.ScheduleRow]", rows.get("schedule", {}))
        self._messages = cast("Mapping[str, wire.MessageRow]", rows.get("message", {}))
        self._proposals = cast("Mapping[str, wire.ProposalRow]", rows.get("proposal", {}))
        self._standings = Standings(self._states, history, self.jobs)
        self.standing = self._standings.standing
        self._questions = _questions(rows, self.site.id)
        policies = cast("Mapping[str, wire.PolicyRow]", rows.get("policy", {}))
        self.policy = policies.get(self.site.id or "", wire.PolicyRow())
        self.crowd = Crowd(
            Books(self._everybody, self._states, self._proposals, self.standing, self._ends, self.site.zone),
            history,
        )

    def has_same(self, types: Iterable[str], rows: Mapping[str, Mapping[str, wire.Body]]) -> bool:
        """Whether the rows of these types are the very ones that this directory answers from."""
        return all((self._rows.get(name) or None) is (rows.get(name) or None) for name in types)

    def hear(self) -> None:
        """Let go of own words that this roster covers; called once the own lines are read, and with each new roster."""
        self.history.hear(self._heard, self._proposals)

    def prepare(self) -> None:
        """Make ready what the first look-ups and lists would make somebody wait for."""
        self._numbers  # noqa: B018 - kept from now on
        self.badges.prepare()
        self.jobs.prepare()

    def badge(self, read: Read, others_through: datetime | None = None) -> Visit | None:
        """Whoever holds this badge or has this face, or None; `others_through` as in `visit`."""
        credential = read.credential or ""
        if read.method == "face":
            return self.visit(credential, read, others_through)
        if read.method == "qr":
            found = self.badges.printed(credential)
        else:
            found = self.badges.holder(credential) or self.history.badges.get(credential.upper())
        if found is None:
            return None
        credential_id, person_id = found
        visit = self.visit(person_id, read, others_through)
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
        return Claim(person_id, self._people[person_id].language, shuffle=self._shuffle(now))

    @cached_property
    def _numbers(self) -> Mapping[str, str]:
        return {person.number: person_id for person_id, person in self._people.items()}

    def pin(self, person_id: str) -> wire.PinRow | None:
        return self._pins.get(person_id)

    def locked(self, person_id: str, now: datetime, more: int = 0) -> bool:
        """Whether so many wrong tries, and `more`, shut the PIN for a while; the badge still works."""
        return self.history.wrong_tries(person_id, now) + more >= LOCK_AFTER

    def visit(self, person_id: str, read: Read, others_through: datetime | None = None) -> Visit | None:
        """Somebody at the wall as they stand at the reading's instant.

        `others_through` is when the last word came from the most silent other kiosk; None where there is no other.
        """
        row = self._row(person_id)
        if row is None:
            return None
        at = read.stamp.at
        standing = self.standing(person_id)
        every = self._missing(person_id, standing, at)
        gone = next((each for each in every if each.punch_id == standing.punch_id), None)
        recent = self._standings.recent(person_id, at)
        return Visit(
            person=self._person(person_id, row),
            read=read,
            standing=standing,
            acts_as="out" if gone is not None else standing.where,
            last=self._last(person_id, standing),
            forgotten=every[0] if every and recent is None else None,
            recent=recent,
            tab=self._first_tab(person_id, at),
            favourites=bool(self._favourites(person_id)),
            hours=self._worked(person_id),
            questions=self._questions,
            owed=self._owed(person_id, standing),
            missing=every,
            messages=self._unread(person_id),
            unsure=others_through is not None and at - others_through > SILENT and recent is None,
            needs_pin=self._needs_pin(person_id, row, read),
            shuffle=self._shuffle(at),
            mode_minutes=self.policy.mode_minutes,
            opens_modes=read.method != "pin" or not self._has_badge(person_id),
        )

    def _has_badge(self, person_id: str) -> bool:
        """Then a number is not enough to open a mode."""
        own = any(held[1] == person_id for held in self.history.badges.values())
        return own or self.badges.are_held_by(person_id)

    def _row(self, person_id: str) -> wire.PersonRow | None:
        """As the office has them; a temporary worker of this kiosk's whom it does not know yet, as they were added."""
        return self._people.get(person_id) or self.history.newcomers.get(person_id)

    def _everybody(self) -> Mapping[str, wire.PersonRow]:
        return {**self.history.newcomers, **self._people} if self.history.newcomers else self._people

    def _ends(self, person_id: str, at: datetime) -> Sequence[Forgotten]:
        """What ends of work somebody lacked then, their own claims aside."""
        habits = replace(self._habits(person_id), claimed=())
        return missing(habits, self._standings.punched(person_id), self._told_missing(person_id), at)

    def _person(self, person_id: str, row: wire.PersonRow) -> Person:
        """As the office has them, with what they chose at this wall since."""
        chosen = row.preferences or wire.Preferences()
        own = self.history.preferences(person_id)
        if own is not None and (
            row.preferences_at is None or own[0] > wire.parse_instant(row.preferences_at)
        ):
            chosen = wire.Preferences(**{**wire.fields_of(chosen), **wire.fields_of(own[1])})
        modes: list[Mode] = []
        if row.supervisor:
            modes.append("supervisor")
        if row.administrator:
            modes.append("administrator")
        return Person(
            person_id,
            row.name,
            row.short_name,
            chosen.language or row.language,
            bool(chosen.large_text),
            bool(chosen.high_contrast),
            chosen.left_hand,
            tuple(modes),
            row.photo,
        )

    def _needs_pin(self, person_id: str, row: wire.PersonRow, read: Read) -> bool:
        """A PIN that does not exist or rests stops nobody: the punch then shows that it had no second factor."""
        wanted = self.policy.pin_with if row.pin_with is None else row.pin_with
        return (
            read.method in wanted
            and read.method not in {"pin", "supervisor"}
            and person_id in self._pins
            and not self.locked(person_id, read.stamp.at)
        )

    def _shuffle(self, now: datetime) -> str | None:
        return now.isoformat() if self.policy.shuffle_pad else None

    def _missing(self, person_id: str, standing: Standing, at: datetime) -> tuple[Forgotten, ...]:
        return missing(self._habits(person_id), standing, self._told_missing(person_id), at)

    def _told_missing(self, person_id: str) -> Sequence[wire.MissingOut]:
        hours = self._hours.get(person_id)
        return () if hours is None else hours.missing

    def _habits(self, person_id: str) -> Habits:
        schedule = self._schedules.get(person_id)
        proposed = {
            row.punch_id
            for proposal_id, row in self._proposals.items()
            if row.employee_id == person_id and self.history.settled.get(proposal_id) is not False
        }
        known = self._standings.known(person_id)
        told = person_id in self._hours
        return Habits(
            self.site.zone,
            known,
            () if schedule is None else schedule.shifts,
            self.history.claimed(person_id) | proposed,
            {punch.punch_id for punch in known if told and self.history.is_covered(punch)},
        )

    def _worked(self, person_id: str) -> Hours | None:
        row = self._hours.get(person_id)
        if row is None:
            return None
        return Hours(
            wire.parse_instant(row.as_of),
            row.week_seconds,
            row.last_week_seconds,
            row.today_seconds,
            row.period_seconds,
            row.balance_seconds,
        )

    def _owed(self, person_id: str, standing: Standing) -> tuple[Question, ...]:
        """What was asked earlier in this shift and put off."""
        owed: list[Question] = []
        if standing.where == "out":
            return ()
        for punch in reversed(self.history.punches(person_id)):
            if punch.kind == "out":
                break
            owed += [
                replace(question, punch_id=punch.punch_id)
                for question in self._questions
                if question.on_kind == punch.kind
                and not self.history.is_answered(punch.punch_id, question.id)
            ]
            if punch.kind == "in":
                break
        return tuple(owed)

    def _unread(self, person_id: str) -> tuple[Message, ...]:
        return tuple(
            Message(
                message_id,
                row.text,
                row.sender,
                None if row.sent_at is None else wire.parse_instant(row.sent_at),
            )
            for message_id, row in self._messages.items()
            if row.person_id in {None, person_id} and not self.history.is_read(person_id, message_id)
        )

    def choices(
        self, tab: str, query: str, person_id: str, now: datetime, within: Sequence[Folder] = ()
    ) -> Sequence[Choice | Folder]:
        """What the job screen shows: a search over all, or one of the tabs; the general job where there is nothing."""
        if query.strip():
            return self.jobs.search(query)
        found: Sequence[Choice | Folder]
        match tab:
            case "recent":
                found = self._recent_jobs(person_id)
            case "favourites":
                found = self._favourites(person_id)
            case "today":
                found = self.jobs.today(self.today(now), self.history.offer)
            case _:
                found = self.jobs.folders(within)
        general = self.jobs.find(self._general_job)
        return found if found or general is None else [general]

    def today(self, now: datetime) -> date:
        """The site's date."""
        return now.astimezone(self.site.zone).date()

    def offer(self, now: datetime) -> tuple[Folder, ...]:
        """The day's jobs, whole."""
        return self.jobs.offer(self.today(now), self.history.offer)

    def _favourites(self, person_id: str) -> Sequence[Choice]:
        row = self._row(person_id)
        found = (self.jobs.find(job_id) for job_id in (row.favourite_job_ids if row is not None else ()))
        return [choice for choice in found if choice is not None]

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
        row = self._row(person_id)
        ids.append((None if row is None else row.default_job_id, None))
        choices = (self.jobs.find(job_id, task_id) for job_id, task_id in dict.fromkeys(ids))
        return list(dict.fromkeys(choice for choice in choices if choice is not None))[:MOST_RECENT]

    def _first_tab(self, person_id: str, at: datetime) -> str | None:
        """The last job has its own button, so a list of it alone is no choice."""
        recent = self._recent_jobs(person_id)
        today = self.jobs.today(self.today(at), self.history.offer)
        if len(recent) > 1 or (recent and not today):
            return "recent"
        return "today" if today else "all" if self.jobs else None


def _questions(rows: Mapping[str, Mapping[str, wire.Body]], site_id: str | None) -> tuple[Question, ...]:
    asked = [
        (row.position, Question(question_id, row.on_kind, tuple(row.text.items()), row.answer))
        for question_id, row in cast("Mapping[str, wire.QuestionRow]", rows.get("question", {})).items()
        if row.site_id == site_id
    ]
    return tuple(question for _, question in sorted(asked, key=lambda each: (each[0], each[1].id)))
