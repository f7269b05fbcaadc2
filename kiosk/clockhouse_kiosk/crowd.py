"""The people of a site as a supervisor sees them: where they stand, how old that knowledge is, what waits for a word."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from clockhouse_kiosk.flow.words import Forgotten, Member, Proposal, Standing, Visit, Where
from clockhouse_kiosk.history import History
from clockhouse_kiosk.jobs import fold
from clockhouse_kiosk.missing import is_forgotten
from clockhouse_sync import wire

MUSTER: Final = timedelta(hours=2)
"""So long somebody who was accounted for stays so; then the next muster begins."""
MOST_FOUND: Final = 64


@dataclass(frozen=True)
class Books:
    """What the roster says of people; `standing` and `ends` answer for the own lines too."""

    people: Callable[[], Mapping[str, wire.PersonRow]]
    states: Mapping[str, wire.StateRow]
    proposals: Mapping[str, wire.ProposalRow]
    standing: Callable[[str], Standing]
    ends: Callable[[str, datetime], Sequence[Forgotten]]
    zone: ZoneInfo


class Crowd:
    """Everybody of the site. Whoever a new line is about is looked at again; time changes only those who are here."""

    def __init__(self, books: Books, history: History) -> None:
        self._books, self._history = books, history
        self._members: dict[str, Member] = {}
        self._sorted: Sequence[Member] = ()
        self._seen = (0, 0)
        self._folded: dict[str, str] = {}

    def everybody(self, now: datetime) -> Sequence[Member]:
        """By name."""
        seen = (self._history.revision, int(now.timestamp()) // 60)
        if self._seen == seen:
            return self._sorted
        people = self._books.people()
        if self._members.keys() != people.keys():
            named = sorted(people.items(), key=lambda each: (self._words(each[1].name), each[1].number))
            self._members = {person_id: self.member(person_id, row, now) for person_id, row in named}
        else:
            again = {*self._history.changed_since(self._seen[0])} & people.keys()
            if seen[1] != self._seen[1]:
                again |= {each.id for each in self._sorted if each.standing.where != "out"}
            for person_id in again:
                self._members[person_id] = self.member(person_id, people[person_id], now)
        self._seen, self._sorted = seen, [*self._members.values()]
        return self._sorted

    def member(self, person_id: str, row: wire.PersonRow, now: datetime) -> Member:
        standing, state = self._books.standing(person_id), self._books.states.get(person_id)
        own = any(punch.punch_id == standing.punch_id for punch in self._history.punches(person_id))
        told = state is not None and not own and standing.punch_id == state.punch_id
        told_at = wire.parse_instant(state.as_of) if state is not None and told else None
        return Member(
            person_id, row.name, row.short_name, row.number, standing,
            forgotten=is_forgotten(standing, now, self._books.zone), told_at=told_at,
            here_at=self._history.here(person_id, now - MUSTER),
        )  # fmt: skip

    def standing(self, where: Where, now: datetime) -> Sequence[Member]:
        """Those who are there, as far as is known here."""
        return [member for member in self.everybody(now) if member.standing.where == where]

    def inside(self, now: datetime) -> Sequence[Member]:
        """Whoever is on the site: at work or on a break."""
        return [member for member in self.everybody(now) if member.standing.where != "out"]

    def named(self, query: str, among: Sequence[Member]) -> Sequence[Member]:
        """Those whose number begins so, and those in whose name every word begins a word."""
        words = self._words(query).split()
        if not words:
            return []
        numbered = [member for member in among if member.number.casefold().startswith(words[0])]
        begun = [f" {word}" for word in words]
        named = [member for member in among if all(word in self._words(member.name) for word in begun)]
        return list(dict.fromkeys([*numbered, *named]))[:MOST_FOUND]

    def _words(self, name: str) -> str:
        """As people type names: without accents and capitals, each word after a space."""
        if name not in self._folded:
            self._folded[name] = " " + fold(name).replace("-", " ")
        return self._folded[name]

    @cached_property
    def as_of(self) -> datetime | None:
        """The newest word of the server about anybody here."""
        told = [wire.parse_instant(state.as_of) for state in self._books.states.values()]
        return max(told, default=None)

    def resting(self, now: datetime) -> Sequence[Member]:
        """Whose PIN rests."""
        locked = set(self._history.resting(now))
        return [member for member in self.everybody(now) if member.id in locked] if locked else []

    def proposals(self, actor: Visit, now: datetime) -> Sequence[Proposal]:
        """Claims that wait for a word, oldest first; nobody decides their own."""
        people, settled = self._books.people(), self._history.settled
        found: dict[str, Proposal] = {}
        for proposal_id, row in self._books.proposals.items():
            if row.employee_id in people:
                member = self.member(row.employee_id, people[row.employee_id], now)
                found[proposal_id] = Proposal(
                    proposal_id, member, row.kind, wire.parse_instant(row.claimed_at),
                    wire.parse_instant(row.made_at), row.punch_id,
                )  # fmt: skip
        for proposal_id, own in self._history.proposals.items():
            if own.person_id in people:
                member = self.member(own.person_id, people[own.person_id], now)
                found[proposal_id] = Proposal(
                    proposal_id, member, own.kind, own.claimed_at, own.made_at, own.punch_id
                )
        waiting = [
            self._with_evidence(each)
            for each in found.values()
            if each.id not in settled and each.member.id != actor.person.id
        ]
        return sorted(waiting, key=lambda each: (each.made_at, each.id))

    def _with_evidence(self, proposal: Proposal) -> Proposal:
        """Since when they were in, and when they usually leave."""
        ends = self._books.ends(proposal.member.id, proposal.made_at)
        end = next((each for each in ends if each.punch_id == proposal.punch_id), None)
        return proposal if end is None else replace(proposal, since=end.since, guess=end.guess)
