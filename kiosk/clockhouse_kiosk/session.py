"""Runs the flow: signals in, effects out through ports, answers back in; one thread, no window."""

import logging
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Protocol, assert_never

from clockhouse_kiosk.flow import administering, leading, step
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.drafts import Draft, PunchDraft
from clockhouse_kiosk.flow.lead import Leading, Led
from clockhouse_kiosk.flow.words import Read, Stamp, Visit
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.writing import Left, Pen, Writing
from clockhouse_sync import wire
from clockhouse_sync.ledger import beside_hash

log = logging.getLogger(__name__)

MOST_TICKS: Final = 6
"""More states than that never follow each other by time alone."""
SLOWED_AFTER: Final = 10
SLOWEST: Final = 5
"""Seconds: wrong PINs of many people slow the device down, and never stop a shift."""


@dataclass(frozen=True)
class PinTry:
    """One try at somebody's PIN."""

    person_id: str
    row: wire.PinRow
    pin: str = field(repr=False)
    after_seconds: int = 0


class World(Protocol):
    """What the session needs of the world. Answers come later, in the session's own thread.

    `append` answers with the line's bytes once they are on disk, or None if they are not. `keep` holds lines ready
    on the disk, instead of those that it held before: they are written should the machine stop before they are.
    `check_pin` answers whether the PIN is right, or None if it could not be tried.
    """

    def stamp(self) -> Stamp: ...
    def new_id(self) -> str: ...
    def salt(self) -> bytes: ...
    def append(self, writing: Writing, answer: Callable[[bytes | None], None]) -> None: ...
    def keep(self, writings: Sequence[Writing]) -> None: ...
    def check_pin(self, attempt: PinTry, answer: Callable[[bool | None], None]) -> None: ...
    def sound(self, name: str) -> None: ...
    def administer(self, asked: do.Gather | do.Adjust | do.Perform) -> None: ...


class Session:
    """The flow's state, the directory that answers it, and the world that carries out what it decides."""

    def __init__(
        self, world: World, directory: Directory, changed: Callable[[], None], pin_digits: int = 6
    ) -> None:
        self.state: at.State = at.Idle()
        self.directory = directory
        self.trouble = False
        self.others_through: datetime | None = None
        self._world = world
        self._pen = Pen(world.stamp, world.new_id, world.salt, self._today)
        self._changed = changed
        self._pin_digits = pin_digits
        self._signals: deque[on.Signal] = deque()
        self._running = False
        self._kept: list[Left] = []
        self._group_id = ""

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
        self._keep()
        self._changed()

    def leave(self) -> None:
        """The kiosk is being stopped: whoever stands here counts as if they had walked on without a touch.

        What a supervisor decided is written, and that a mode is over.
        """
        left = self._left_alone(self._rest_of_crew())
        for effect in (*leading.closing(self.state), *administering.closing(self.state), *left):
            self._run(effect)
        self.state = at.Idle()
        self._keep()

    def adopt(self, directory: Directory) -> None:
        """A newer roster; whoever is at the wall is served by it from the next look-up on."""
        directory.hear()
        self.directory = directory
        self._keep()
        self._changed()

    def note(self, kind: wire.LineType, fields: Mapping[str, Any], stamp: Stamp | None = None) -> None:
        """Write a line that no screen waits for, of now or of another instant."""
        self._world.append(Writing(kind, stamp or self._world.stamp(), fields), self._noted)

    def _keep(self) -> None:
        """No reading is in memory alone: what it becomes without another touch is on the disk while it is served."""
        crew = self._rest_of_crew()
        left = [*crew, *self._left_alone(crew)]
        if left == self._kept or (crew and left == self._kept[-len(left) :]):
            return  # each of a crew goes with its own line
        self._kept = left
        self._world.keep(self._pen.left(left, self._group_id))

    def _rest_of_crew(self) -> list[Left]:
        """What was confirmed, and stands behind the line that is being written."""
        match at.shown(self.state):
            case at.Saving(then=Led(todo=todo)):
                return [do.Append(each) for each in todo if isinstance(each, PunchDraft)]
            case _:
                return []

    def _left_alone(self, before: Sequence[Left]) -> list[Left]:
        """What would be written if nobody touched the wall any more: of whoever stands here, then of who waits."""
        state, left = at.shown(self.state), list[Left]()
        match state:
            case at.Saving(draft, then=at.OwnPage() as page) if not isinstance(draft, PunchDraft):
                left += self._run_out(page)
            case at.Idle() | at.ChoosingLanguage() | at.Refused() | at.Saving() | Leading() | Administering():
                pass
            case _:
                left += self._run_out(state)
        waiting = getattr(state, "waiting", None)
        if isinstance(waiting, Read):
            left += self._left_waiting(waiting, {_punched(each) for each in (*before, *left)})
        return left

    def _left_waiting(self, read: Read, punched: Container[str]) -> list[Left]:
        visit, until = self._visit(read), self._world.stamp().boottime_ms
        if visit is None:
            return [] if self._was_recorded(read) else self._run_out(at.Identifying(read, until))
        if visit.needs_pin or visit.person.id in punched:
            return [do.NoteSighting(visit, "walked_away")]
        return self._run_out(at.Greeting(visit, until))

    def _run_out(self, state: at.State) -> list[Left]:
        """What time would write of this state, and of those that follow it."""
        left: list[Left] = []
        for _ in range(MOST_TICKS):
            now, until = self._world.stamp(), state.until or 0
            state, effects = step(state, on.Tick(), replace(now, boottime_ms=max(until, now.boottime_ms)))
            left += [each for each in effects if isinstance(each, do.Append | do.NoteSighting)]
            if isinstance(state, at.Idle | at.Saving | at.Identifying):
                break
        return left

    def _run(self, effect: do.Effect) -> None:
        match effect:
            case do.LookUp(read):
                self._look_up(read)
            case do.LookUpNumber(number):
                found = self.directory.number(number, self._world.stamp().at)
                self.receive(on.NumberRefused(found) if isinstance(found, str) else on.NumberFound(found))
            case do.CheckPin():
                self._check_pin(effect)
            case do.Append(draft):
                self._append(draft)
            case do.Rehearse():
                self.receive(on.Appended("practice"))
            case do.NoteSighting():
                self._world.append(self._pen.sighting(effect), self._noted)
            case do.NoteRead(person_id, message_id):
                self.note("message_read", {"message_id": message_id, "employee_id": person_id})
            case do.NotePreferences(visit, preferences):
                self._world.append(self._pen.preferences(visit, preferences), self._noted)
            case do.NoteMode(person_id, mode, what, method):
                fields = {"what": what, "mode": mode, "actor_id": person_id, "method": method}
                self.note("access", fields)
            case do.LookUpMember(person_id, read, actor_id):
                self._look_up_member(person_id, read, actor_id)
            case do.NoteHere():
                self._world.append(self._pen.here(effect), self._noted)
            case do.NoteAccess(person_id, what):
                self.note("access", {"what": what, "employee_id": person_id, "method": "pin"})
            case do.Sound(name):
                self._world.sound(name)
            case do.Gather() | do.Adjust() | do.Perform():
                self._world.administer(effect)
            case do.Unexpected(state, signal):
                log.debug("flow.unexpected", extra={"state": state, "signal": signal})
            case _:
                assert_never(effect)

    def _look_up(self, read: Read) -> None:
        visit = self._visit(read)
        if visit is not None:
            self.receive(on.Identified(visit))
            return
        self.receive(on.UnknownBadge(read, self._was_recorded(read)))

    def _was_recorded(self, read: Read) -> bool:
        """Whether nobody's badge was recorded here just before, so that it counts once."""
        return self.directory.history.unknown_again(read.credential or "", read.stamp.at)

    def _look_up_member(self, person_id: str, read: Read, actor_id: str) -> None:
        visit = self.directory.visit(person_id, read, self.others_through)
        if visit is None:
            self.receive(on.NumberRefused("unknown_number"))
        else:
            self.receive(on.Identified(replace(visit, actor_id=actor_id)))

    def _today(self, now: datetime) -> date:
        """The site's date, by the newest roster."""
        return self.directory.today(now)

    def _visit(self, read: Read) -> Visit | None:
        return self.directory.badge(read, self.others_through)

    def _check_pin(self, effect: do.CheckPin) -> None:
        row = self.directory.pin(effect.person_id)
        if row is None:
            self.receive(on.PinUnchecked(effect.person_id))
            return
        if self.directory.locked(effect.person_id, self._world.stamp().at):
            self.receive(on.PinUnchecked(effect.person_id, "locked"))
            return

        def answer(right: bool | None) -> None:  # noqa: FBT001 - the three answers of a check
            self._checked(effect, right)

        tries = self.directory.history.wrong_tries_here(self._world.stamp().at)
        slow = min(SLOWEST, max(0, tries - SLOWED_AFTER))
        self._world.check_pin(PinTry(effect.person_id, row, effect.pin, slow), answer)

    def _checked(self, effect: do.CheckPin, right: bool | None) -> None:  # noqa: FBT001
        person_id, now = effect.person_id, self._world.stamp().at
        state = at.shown(self.state)
        current = isinstance(state, at.CheckingPin) and state.read is effect.read
        if right is False:
            self.receive(on.PinWrong(person_id, self.directory.locked(person_id, now, more=1)))
        elif current:
            visit = self._known_by(effect) if right else None
            self.receive(on.PinUnchecked(person_id) if visit is None else on.PinRight(visit))

    def _known_by(self, effect: do.CheckPin) -> Visit | None:
        """Whoever typed the right PIN: after a badge it is their second factor."""
        if effect.visit is not None:
            return replace(effect.visit, second_factor="pin", needs_pin=False)
        return self.directory.visit(effect.person_id, effect.read, self.others_through)

    def _append(self, draft: Draft) -> None:
        writing, punch_id = self._pen.draft(draft)
        if isinstance(draft, PunchDraft) and draft.crew:
            self._group_id = draft.group_id or punch_id

        def answer(raw: bytes | None) -> None:
            if raw is not None:
                self._remember(raw, writing, draft)
            self.trouble = raw is None
            state = at.shown(self.state)
            if isinstance(state, at.Saving) and state.draft is draft:
                self.receive(on.AppendFailed() if raw is None else on.Appended(punch_id))
            else:  # the disk took longer than anybody waits: the screen has said that it is not certain
                log.warning("session.late_answer", extra={"saved": raw is not None})
                self._changed()

        self._world.append(writing, answer)

    def _remember(self, raw: bytes, writing: Writing | None = None, draft: Draft | None = None) -> None:
        beside = () if writing is None else writing.beside
        contents = {beside_hash(salt, content): content for salt, content in beside}
        self.directory.history.add(wire.read_line(raw), contents)
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


def _punched(left: Left) -> str:
    """Whose punch this is; empty for a stranger's, and for no punch."""
    match left:
        case do.Append(PunchDraft(visit=Visit() as visit)):
            return visit.person.id
        case _:
            return ""
