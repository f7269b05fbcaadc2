"""Runs the flow: signals in, effects out through ports, answers back in; one thread, no window."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, assert_never

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow import step
from clockhouse_kiosk.flow.words import Draft, ProposalDraft, PunchDraft, Read, Stamp, UndoDraft
from clockhouse_kiosk.identify import Directory
from clockhouse_sync import wire
from clockhouse_sync.ledger import beside_hash

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Writing:
    """A line to be written: its type, its own fields, its instant, and what travels beside it."""

    kind: wire.LineType
    stamp: Stamp
    fields: Mapping[str, Any]
    beside: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True)
class PinTry:
    """One try at somebody's PIN."""

    person_id: str
    row: wire.PinRow
    pin: str = field(repr=False)


class World(Protocol):
    """What the session needs of the world. Answers come later, in the session's own thread.

    `append` answers with the line's bytes once they are on disk, or None if they are not.
    `check_pin` answers whether the PIN is right, or None if it could not be tried.
    """

    def stamp(self) -> Stamp: ...
    def new_id(self) -> str: ...
    def salt(self) -> bytes: ...
    def append(self, writing: Writing, answer: Callable[[bytes | None], None]) -> None: ...
    def check_pin(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None: ...
    def sound(self, name: str) -> None: ...


class Session:
    """The flow's state, the directory that answers it, and the world that carries out what it decides."""

    def __init__(
        self, world: World, directory: Directory, changed: Callable[[], None], pin_digits: int = 6
    ) -> None:
        self.state: at.State = at.Idle()
        self.directory = directory
        self.trouble = False
        self._world = world
        self._changed = changed
        self._pin_digits = pin_digits
        self._signals: deque[on.Signal] = deque()
        self._running = False

    def receive(self, signal: on.Signal) -> None:
        """Take a signal; those that its effects raise follow it, in order."""
        self._signals.append(signal)
        if self._running:
            return
        self._running = True
        try:
            while self._signals:
                self.state, effects = step(
                    self.state, self._signals.popleft(), self._world.stamp(), self._pin_digits
                )
                for effect in effects:
                    self._run(effect)
        finally:
            self._running = False
        self._changed()

    def leave(self) -> None:
        """The kiosk is being stopped: whoever stands here counts as if they had walked on without a touch."""
        waiting = getattr(self.state, "waiting", None)
        match self.state:
            case at.Greeting() | at.ChoosingJob() | at.AskingForgotten() | at.Identifying():
                self._run_out()
            case _:
                pass
        if isinstance(waiting, Read):
            visit = self.directory.badge(waiting)
            until = self._world.stamp().boottime_ms
            unknown = at.Identifying(waiting, until)
            self.state = unknown if visit is None else at.Greeting(visit, until)
            self._run_out()
        self.state = at.Idle()

    def adopt(self, directory: Directory) -> None:
        """A newer roster; whoever is at the wall is served by it from the next look-up on."""
        self.directory = directory
        self._changed()

    def note(self, kind: wire.LineType, fields: Mapping[str, Any], stamp: Stamp | None = None) -> None:
        """Write a line that no screen waits for, of now or of another instant."""
        self._world.append(Writing(kind, stamp or self._world.stamp(), fields), self._noted)

    def _run_out(self) -> None:
        """What time would decide for this state is written now."""
        now, until = self._world.stamp(), self.state.until or 0
        _, effects = step(self.state, on.Tick(), replace(now, boottime_ms=max(until, now.boottime_ms)))
        for effect in effects:
            if isinstance(effect, do.Append | do.NoteSighting):
                self._run(effect)

    def _run(self, effect: do.Effect) -> None:
        match effect:
            case do.LookUp(read):
                self._look_up(read)
            case do.LookUpAgain(visit):
                again = self.directory.visit(visit.person.id, visit.read)
                now = visit if again is None else replace(again, credential_ref=visit.credential_ref)
                self.receive(on.Identified(now))
            case do.LookUpNumber(number):
                found = self.directory.number(number, self._world.stamp().at)
                self.receive(on.NumberRefused(found) if isinstance(found, str) else on.NumberFound(found))
            case do.CheckPin():
                self._check_pin(effect)
            case do.Append(draft):
                self._append(draft)
            case do.NoteSighting(visit, reason):
                fields = {
                    "reason": reason, "method": visit.read.method, "employee_id": visit.person.id,
                    "credential_ref": visit.credential_ref,
                }  # fmt: skip
                self._world.append(Writing("sighting", visit.read.stamp, _present(fields)), self._noted)
            case do.NoteAccess(person_id, what):
                self.note("access", {"what": what, "employee_id": person_id, "method": "pin"})
            case do.Sound(name):
                self._world.sound(name)
            case do.Unexpected(state, signal):
                log.debug("flow.unexpected", extra={"state": state, "signal": signal})
            case _:
                assert_never(effect)

    def _look_up(self, read: Read) -> None:
        visit = self.directory.badge(read)
        if visit is not None:
            self.receive(on.Identified(visit))
            return
        again = self.directory.history.unknown_again(read.credential or "", read.stamp.at)
        self.receive(on.UnknownBadge(read, again))

    def _check_pin(self, effect: do.CheckPin) -> None:
        row = self.directory.pin(effect.person_id)
        if row is None:
            self.receive(on.PinUnchecked(effect.person_id))
            return

        def answer(right: bool | None) -> None:  # noqa: FBT001 - the three answers of a check
            self._checked(effect, right)

        self._world.check_pin(PinTry(effect.person_id, row, effect.pin), answer)

    def _checked(self, effect: do.CheckPin, right: bool | None) -> None:  # noqa: FBT001
        person_id, now = effect.person_id, self._world.stamp().at
        current = isinstance(self.state, at.CheckingPin) and self.state.read is effect.read
        if right is False:
            self.receive(on.PinWrong(person_id, self.directory.locked(person_id, now, more=1)))
        elif current:
            visit = self.directory.visit(person_id, effect.read) if right else None
            self.receive(on.PinUnchecked(person_id) if visit is None else on.PinRight(visit))

    def _append(self, draft: Draft) -> None:
        writing, punch_id = self._writing(draft)

        def answer(raw: bytes | None) -> None:
            if raw is not None:
                self._remember(raw, draft)
            self.trouble = raw is None
            if isinstance(self.state, at.Saving) and self.state.draft is draft:
                self.receive(on.AppendFailed() if raw is None else on.Appended(punch_id))
            else:  # the disk took longer than anybody waits: the screen has said that it is not certain
                log.warning("session.late_answer", extra={"saved": raw is not None})
                self._changed()

        self._world.append(writing, answer)

    def _writing(self, draft: Draft) -> tuple[Writing, str]:
        match draft:
            case PunchDraft():
                punch_id = self._world.new_id()
                return self._punch(draft, punch_id), punch_id
            case UndoDraft(visit, done):
                fields = {"punch_id": done.punch_id, "employee_id": visit.person.id}
                return Writing("undo", self._world.stamp(), fields), done.punch_id
            case ProposalDraft(visit, claimed_at):
                claim = {
                    "proposal_id": self._world.new_id(), "employee_id": visit.person.id, "kind": "out",
                    "claimed_at": wire.format_instant(claimed_at), "punch_id": visit.standing.punch_id,
                    "method": visit.read.method,
                }  # fmt: skip
                return Writing("proposal", self._world.stamp(), _present(claim)), ""

    def _punch(self, draft: PunchDraft, punch_id: str) -> Writing:
        visit, choice, credential = draft.visit, draft.choice, draft.read.credential
        fields: dict[str, Any] = {
            "punch_id": punch_id, "kind": draft.kind, "kind_from": draft.kind_from, "method": draft.read.method,
            "employee_id": None if visit is None else visit.person.id,
            "credential_ref": None if visit is None else visit.credential_ref,
            "job_id": None if choice is None else choice.job_id,
            "task_id": None if choice is None else choice.task_id,
        }  # fmt: skip
        beside: list[tuple[bytes, bytes]] = []
        if visit is None and credential is not None:
            beside = [(self._world.salt(), credential.encode())]
            fields["beside"] = {"credential": beside_hash(*beside[0])}
        return Writing("punch", draft.read.stamp, _present(fields), beside)

    def _remember(self, raw: bytes, draft: Draft | None = None) -> None:
        self.directory.history.add(wire.read_line(raw))
        match draft:
            case PunchDraft(Read(stamp, credential=str(credential)), visit=None):
                self.directory.history.add_unknown(credential, stamp.at)
            case _:
                pass

    def _noted(self, raw: bytes | None) -> None:
        self.trouble = raw is None
        if raw is not None:
            self._remember(raw)
        self._changed()


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
