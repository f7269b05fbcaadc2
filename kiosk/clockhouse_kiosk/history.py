"""What this kiosk wrote itself and the roster may not know yet, folded for quick answers."""

import contextlib
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from clockhouse_sync import wire

Place = tuple[str, int]
"""Epoch and seq of an own line."""

LOCK_AFTER: Final = 5
LOCK_WITHIN: Final = timedelta(minutes=15)
SAME_BADGE_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class OwnPunch:
    """`place` is where it stands in the ledger; None for one that only the server told of.

    `restarted_at` is there where it was written by a start after its reading: whoever it is of never saw
    "recorded".
    """

    punch_id: str
    kind: wire.PunchKind
    at: datetime
    job_id: str | None
    task_id: str | None
    place: Place | None = None
    restarted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnProposal:
    """A claim that was made at this kiosk."""

    person_id: str
    kind: wire.PunchKind
    claimed_at: datetime
    made_at: datetime
    punch_id: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """The jobs of a date, as a supervisor set them here last."""

    on: str
    at: datetime
    job_ids: Sequence[str]


def place_of(line: wire.LineHead) -> Place:
    return line.epoch, line.seq


class History:
    """Own lines by person, in the order in which they were made. `revision` grows with each."""

    def __init__(self, lines: Iterable[wire.LineHead] = ()) -> None:
        self._punches: dict[str, list[OwnPunch]] = defaultdict(list)
        self._claims: dict[str, dict[str | None, datetime]] = defaultdict(dict)
        self._answered: set[tuple[str, str]] = set()
        self._read: set[tuple[str, str]] = set()
        self._preferences: dict[str, tuple[datetime, wire.Preferences]] = {}
        self._undone: set[str] = set()
        self._wrong: dict[str, list[datetime]] = defaultdict(list)
        self._unknown: dict[str, datetime] = {}
        self._here: dict[str, datetime] = {}
        self._boot: wire.BootLine | None = None
        self.revision = 0
        self.proposals: dict[str, OwnProposal] = {}
        self.settled: dict[str, bool] = {}
        self.newcomers: dict[str, wire.PersonRow] = {}
        self._changed: dict[str, int] = {}
        self.badges: dict[str, tuple[str, str]] = {}
        self.heard: Mapping[str, int] = {}
        self._given: dict[str, Place] = {}
        self.offer: OwnOffer | None = None
        for line in lines:
            self.add(line)

    def add(self, line: wire.LineHead, contents: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Take in one more own line; `contents` is what travels beside it, by hash."""
        self.revision += 1
        if (concerned := getattr(line, "employee_id", None)) is not None:
            self._changed[concerned] = self.revision
        at = wire.parse_instant(line.at, "at")
        match line:
            case wire.BootLine():
                self._boot = line
            case wire.PunchLine(employee_id=str(person)):
                self._punches[person].append(
                    OwnPunch(
                        line.punch_id,
                        line.kind,
                        at,
                        line.job_id,
                        line.task_id,
                        place_of(line),
                        self._restarted_at(line),
                    )
                )
                if "pin" in {line.method, line.second_factor}:
                    self._wrong.pop(person, None)
            case wire.UndoLine():
                self._undone.add(line.punch_id)
            case wire.ProposalLine(kind="out"):
                claimed_at = wire.parse_instant(line.claimed_at, "claimed_at")
                self._claims[line.employee_id][line.punch_id] = claimed_at
                self._propose(line, at)
            case wire.ProposalLine():
                self._propose(line, at)
            case wire.ConfirmLine():
                self._settle(line)
            case wire.SightingLine(reason="accounted_for", employee_id=str(person)):
                self._here[person] = at
            case wire.SiteJobsLine():
                self.offer = OwnOffer(line.on, at, tuple(line.job_ids))
            case wire.EnrolmentLine():
                self._enrol(line, contents)
            case wire.AnswerLine():
                self._answered.add((line.punch_id, line.question_id))
            case wire.MessageReadLine():
                self._read.add((line.employee_id, line.message_id))
            case wire.RequestLine(what="preferences", preferences=wire.Preferences() as chosen):
                self._prefer(line.employee_id, at, chosen)
            case wire.AccessLine(what="wrong_pin", employee_id=str(person)):
                self._wrong[person] = [*self._wrong[person], at][-LOCK_AFTER:]
            case wire.AccessLine(what="unlocked", employee_id=str(person)):
                self._wrong.pop(person, None)
            case _:
                pass

    def _restarted_at(self, line: wire.PunchLine) -> datetime | None:
        """When the run began that this line stands in, if its reading is older than that."""
        boot = self._boot
        if boot is None or boot.epoch != line.epoch or boot.boottime_ms is None:
            return None
        if line.boottime_ms is not None and line.boottime_ms >= boot.boottime_ms:
            return None
        return wire.parse_instant(boot.at, "at")

    def forget(self, before: datetime) -> None:
        """Let go of punches of before an instant, and of what was said about them."""
        gone: set[str | None] = set()
        for person, punches in self._punches.items():
            gone.update(punch.punch_id for punch in punches if punch.at < before)
            self._punches[person] = [punch for punch in punches if punch.at >= before]
        self._undone -= gone
        self._answered = {answered for answered in self._answered if answered[0] not in gone}
        for claims in self._claims.values():
            for punch_id in gone & claims.keys():
                del claims[punch_id]
        self._unknown = {badge: at for badge, at in self._unknown.items() if at >= before}

    def _propose(self, line: wire.ProposalLine, at: datetime) -> None:
        claimed_at = wire.parse_instant(line.claimed_at, "claimed_at")
        self.proposals[line.proposal_id] = OwnProposal(
            line.employee_id, line.kind, claimed_at, at, line.punch_id, place_of(line)
        )

    def _settle(self, line: wire.ConfirmLine) -> None:
        """A refused claim is none; an accepted one stands at the supervisor's time."""
        self.settled[line.proposal_id] = line.accepted
        claim = self.proposals.get(line.proposal_id)
        if claim is None or claim.kind != "out":
            return
        if not line.accepted:
            self._claims[claim.person_id].pop(claim.punch_id, None)
        elif line.claimed_at is not None:
            self._claims[claim.person_id][claim.punch_id] = wire.parse_instant(line.claimed_at, "claimed_at")

    def changed_since(self, revision: int) -> list[str]:
        """Whom lines were about since then."""
        return [person for person, changed in self._changed.items() if changed > revision]

    def hear(self, heard: Mapping[str, int], waiting: Container[str]) -> None:
        """The roster covers these own lines: whom and what they gave is in it, or the office took it away again.

        Claims that are not among those still `waiting` were settled; the server's word on the person holds then.
        """
        self.heard = heard
        self.newcomers = {
            who: row for who, row in self.newcomers.items() if not self._is_heard(self._given[who])
        }
        self.badges = {
            value: held for value, held in self.badges.items() if not self._is_heard(self._given[value])
        }
        for proposal_id, own in self.proposals.items():
            if self._is_heard(own.place) and proposal_id not in waiting and proposal_id not in self.settled:
                self.settled[proposal_id] = True
                self._claims[own.person_id].pop(own.punch_id, None)
                self.revision += 1
                self._changed[own.person_id] = self.revision

    def is_covered(self, punch: OwnPunch) -> bool:
        """Whether the books that the roster tells of had this punch."""
        return punch.place is None or self._is_heard(punch.place)

    def _is_heard(self, place: Place) -> bool:
        return place[1] <= self.heard.get(place[0], 0)

    def _enrol(self, line: wire.EnrolmentLine, contents: Mapping[str, bytes]) -> None:
        beside = line.beside or wire.Evidence()
        match line.what, line.action:
            case "person", "given":
                self.newcomers[line.employee_id] = _newcomer(contents.get(beside.person or ""))
                self._given[line.employee_id] = place_of(line)
            case "person", "withdrawn":
                self.newcomers.pop(line.employee_id, None)
            case "badge", "given" if beside.credential is not None and beside.credential in contents:
                value = contents[beside.credential].decode("utf-8", "replace")
                self.badges[value] = (line.credential_ref or "", line.employee_id)
                self._given[value] = place_of(line)
            case "badge", "withdrawn":
                self.badges = {
                    value: held for value, held in self.badges.items() if held[0] != line.credential_ref
                }

    def here(self, person_id: str, since: datetime) -> datetime | None:
        """When somebody was accounted for at the muster point, if that was not before `since`."""
        at = self._here.get(person_id)
        return at if at is not None and at >= since else None

    def resting(self, now: datetime) -> list[str]:
        """Whose PIN rests."""
        return [person for person in self._wrong if self.wrong_tries(person, now) >= LOCK_AFTER]

    def add_unknown(self, credential: str, at: datetime) -> None:
        """A badge that nobody is known by was written down."""
        self._unknown[credential] = at

    def unknown_again(self, credential: str, at: datetime) -> bool:
        """Whether the same unknown badge was written down a moment ago."""
        before = self._unknown.get(credential)
        return before is not None and timedelta(0) <= at - before <= SAME_BADGE_WITHIN

    def punches(self, person_id: str) -> list[OwnPunch]:
        """Those that stand, oldest first."""
        return [punch for punch in self._punches.get(person_id, ()) if punch.punch_id not in self._undone]

    def is_undone(self, punch_id: str | None) -> bool:
        return punch_id in self._undone

    def claim(self, person_id: str, punch_id: str | None) -> datetime | None:
        """When the person said that the work which this punch began was over."""
        return self._claims.get(person_id, {}).get(punch_id)

    def claimed(self, person_id: str) -> frozenset[str | None]:
        """The punches of which the person has said when the work was over."""
        return frozenset(self._claims.get(person_id, ()))

    def is_answered(self, punch_id: str, question_id: str) -> bool:
        return (punch_id, question_id) in self._answered

    def is_read(self, person_id: str, message_id: str) -> bool:
        return (person_id, message_id) in self._read

    def preferences(self, person_id: str) -> tuple[datetime, wire.Preferences] | None:
        """What the person chose at this wall, all choices laid over each other, and when they last did."""
        return self._preferences.get(person_id)

    def _prefer(self, person_id: str, at: datetime, chosen: wire.Preferences) -> None:
        before = self._preferences.get(person_id)
        whole = {**wire.fields_of(before[1]), **wire.fields_of(chosen)} if before else wire.fields_of(chosen)
        self._preferences[person_id] = (at, wire.Preferences(**whole))

    def wrong_tries(self, person_id: str, now: datetime) -> int:
        """Wrong PINs of the last quarter of an hour, since the last right one.

        A clock that ran far ahead and was set right must not rest a PIN for years.
        """
        return sum(abs(now - at) <= LOCK_WITHIN for at in self._wrong.get(person_id, ()))

    def wrong_tries_here(self, now: datetime) -> int:
        """Wrong PINs of anybody at this kiosk in the last quarter of an hour."""
        return sum(self.wrong_tries(person, now) for person in self._wrong)


class _Said(msgspec.Struct):
    """What was typed of a temporary worker."""

    name: str = ""
    agency: str = ""


def _newcomer(content: bytes | None) -> wire.PersonRow:
    """A temporary worker as they were added here; without a name where that was erased."""
    said = _Said()
    if content is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(content, type=_Said)
    short = next(iter(said.name.split()), "")
    return wire.PersonRow(number="", name=said.name, short_name=short, agency=said.agency or None)
