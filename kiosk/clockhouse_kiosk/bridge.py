"""Between the flow and the screens: what QML may read, and what it may tell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from PySide6.QtCore import Property, QObject, Qt, QTimer, Signal, Slot

from clockhouse_kiosk import present
from clockhouse_kiosk.flow import deadline, pad
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.words import Stamp
from clockhouse_kiosk.models import Tiles
from clockhouse_kiosk.resting import Rest
from clockhouse_kiosk.session import Session
from clockhouse_sync import wire

SLOW: Final = 400
"""Milliseconds after which the wall says that the disk is being written; before, the screen just stays."""

BOUNCE: Final = 600
"""Milliseconds after Enter chose something in which the next key, if it is Enter again, is the same one twice."""

AGAIN: Final = 3000
"""Milliseconds for which somebody is asked to hold their badge again."""

_TAPS: Final[Mapping[str, on.Signal]] = {
    "number": on.OpenNumber(),
    "languages": on.OpenLanguages(),
    "erase": on.Erase(),
    "enter": on.Enter(),
    "back": on.Back(),
    "default": on.TakeDefault(),
    "search": on.OpenSearch(),
    "not_me": on.NotMe(),
    "undo": on.Undo(),
    "confirm": on.ConfirmClaim(),
    "later": on.PutOff(),
    "not_in_list": on.NotInList(),
    "yes": on.Answer("yes"),
    "no": on.Answer("no"),
    "own": on.OpenOwn(),
    "choose_job": on.ChooseJob(),
    "practise": on.Practise(),
    "request_other": on.PickRequest(None),
    "setup": on.OpenSetup(),
}
_KEYS: Final = {
    Qt.Key.Key_Return: pad.ENTER,
    Qt.Key.Key_Enter: pad.ENTER,
    Qt.Key.Key_Backspace: pad.ERASE,
    Qt.Key.Key_Delete: pad.ERASE,
}


@dataclass
class Surface:
    """What the bridge asks of the machine around it.

    `wall` gives the surroundings of this moment, `joining` the screen to show while nobody can punch here; what is
    touched on that one, `join` hears.
    `special` takes a key that stands for a badge or ends a window, and says whether it did. `rest`: when the wall
    goes dark.
    """

    stamp: Callable[[], Stamp]
    wall: Callable[[], present.Wall]
    joining: Callable[[], present.View]
    join: Callable[[on.Signal], None]
    special: Callable[[int], bool] = field(default=lambda _: False)
    rest: Rest = field(default=Rest())


class Bridge(QObject):
    """Shows the session's state as a view, and turns taps into its signals."""

    viewChanged = Signal()  # noqa: N815 - Qt's spelling
    stripChanged = Signal()  # noqa: N815
    restingChanged = Signal()  # noqa: N815

    def __init__(self, surface: Surface) -> None:
        super().__init__()
        self.tiles = Tiles(self)
        self.rest = surface.rest
        self._surface = surface
        self._session: Session | None = None
        self._early: list[on.Signal] = []
        self._view: present.View = {"screen": "starting"}
        self._strip: present.View = {}
        self._taps: Sequence[on.Signal] = []
        self._room = 8
        self._has_keyboard = False
        self._chosen_ms = -BOUNCE
        self._stopped = False
        self._resting = False
        self._seen_ms = surface.stamp().boottime_ms
        self._due = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._due.timeout.connect(self._tick)
        self._slow = QTimer(self, singleShot=True, interval=SLOW)
        self._slow.timeout.connect(self._say_slow)
        self._again = QTimer(self, singleShot=True, interval=AGAIN)
        self._again.timeout.connect(self.refresh)
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self.refresh)
        self._second.start()

    def attach(self, session: Session | None) -> None:
        """From now on people can punch, whoever touched the idle page before included; without a session, nobody can."""
        self._session = session
        early, self._early = self._early, []
        self.refresh()
        for signal in early:
            self._tell(signal)

    def heard(self, sound: str) -> None:
        """A sound was made; the one that turns a badge away is said in words too."""
        if sound == "again":
            self._again.start()

    def stop(self) -> None:
        """Nothing is shown or asked any more, whatever Qt still has in its queue."""
        self._stopped = True
        for timer in (self._due, self._slow, self._again, self._second):
            timer.stop()

    @property
    def showing(self) -> tuple[present.View, present.View]:
        """The view and the strip, as the screens read them now."""
        return self._view, self._strip

    @property
    def session(self) -> Session | None:
        return self._session

    @Slot()
    def refresh(self) -> None:
        """Bring the screens up to date with the state."""
        if self._stopped:
            return
        wall = self._wall()
        state: at.State = at.Idle() if self._session is None else self._session.state
        self._rest(state, wall)
        self._set_strip(present.strip(state, wall, again=self._again.isActive()))
        if self._session is None:
            self._set_view(self._surface.joining())
            return
        self._schedule(state, wall.now)
        if isinstance(at.shown(state), at.Saving | at.Identifying):
            if not self._slow.isActive() and self._view.get("screen") != "saving":
                self._slow.start()
            return
        self._slow.stop()
        view = present.screen(state, wall)
        if view["screen"] in {"jobs", "lead"}:
            self._lay_tiles(state, wall)
        self._set_view(view)

    def _rest(self, state: at.State, wall: present.Wall) -> None:
        """Dark when nobody was here for a while; light again with whoever comes."""
        if not isinstance(state, at.Idle) or state.language is not None:
            self._seen_ms = wall.now.boottime_ms
        local = wall.now.at.astimezone(wall.site.zone).time()
        resting = self.rest.due(wall.now.boottime_ms - self._seen_ms, local)
        if resting != self._resting:
            self._resting = resting
            self.restingChanged.emit()

    @Slot()
    def wake(self) -> None:
        """Somebody touched the wall."""
        self._seen_ms = self._surface.stamp().boottime_ms
        self.refresh()

    def _schedule(self, state: at.State, now: Stamp) -> None:
        due = deadline(state)
        if due is None:
            self._due.stop()
        else:
            self._due.start(max(0, due - now.boottime_ms) + 1)

    def _tick(self) -> None:
        self._tell(on.Tick())

    def _say_slow(self) -> None:
        if self._session is not None and isinstance(at.shown(self._session.state), at.Saving):
            self._set_view(present.screen(self._session.state, self._wall()))

    def _set_view(self, view: present.View) -> None:
        # The same state keeps its first countdown.
        if view.get("until") == self._view.get("until") and "stays" in self._view:
            view = {**view, "stays": self._view["stays"]}
        if view != self._view:
            self._view = view
            self.viewChanged.emit()

    def _set_strip(self, strip: present.View) -> None:
        if strip != self._strip:
            self._strip = strip
            self.stripChanged.emit()

    def _lay_tiles(self, state: at.State, wall: present.Wall) -> None:
        assert self._session is not None
        rows = present.tiles(state, wall, self._session.directory, self._room)
        self._taps = [row.signal for row in rows]
        self.tiles.show(rows)

    def _tell(self, signal: on.Signal) -> None:
        if not isinstance(signal, on.Tick):
            self._seen_ms = self._surface.stamp().boottime_ms
        if self._session is not None:
            self._session.receive(signal)
        elif self._view["screen"] == "idle":
            self._early.append(signal)
        else:
            self._surface.join(signal)

    @Slot(str)
    def tap(self, what: str) -> None:
        self._tell(_TAPS[what])

    @Slot(str)
    def key(self, char: str) -> None:
        self._tell(on.Key(char))

    @Slot(int)
    def other(self, index: int) -> None:
        self._tell(on.TakeOther(index))

    @Slot(str)
    def tab(self, tab: str) -> None:
        self._tell(on.PickTab(tab))

    @Slot(int)
    def pick(self, index: int) -> None:
        """A tile; one that is gone by now means nothing."""
        if index < len(self._taps):
            self._tell(self._taps[index])

    @Slot(str)
    def press(self, name: str) -> None:
        """A button of the administrator's pages; one that is gone by now means nothing."""
        state = None if self._session is None else self._session.state
        if isinstance(state, Administering):
            wall = self._wall()
            shown = present.buttons(state, wall, wall.words(state))
            for signal in [each.signal for each in shown if each.name == name]:
                self._tell(signal)

    @Slot(str)
    def page(self, name: str) -> None:
        self._tell(on.PickPage(name))  # type: ignore[arg-type]

    @Slot(int)
    def missing(self, index: int) -> None:
        self._tell(on.PickMissing(index))

    @Slot(str)
    def request(self, kind: str) -> None:
        self._tell(on.PickRequest(kind))  # type: ignore[arg-type]

    @Slot(str)
    def mode(self, mode: str) -> None:
        self._tell(on.OpenMode(mode))  # type: ignore[arg-type]

    @Slot(str, bool)
    def prefer(self, name: str, value: bool) -> None:  # noqa: FBT001 - Qt passes a switch so
        chosen: dict[str, Any] = {name: value}
        self._tell(on.Prefer(wire.Preferences(**chosen)))

    @Slot(str)
    def preferLanguage(self, code: str) -> None:  # noqa: N802
        self._tell(on.Prefer(wire.Preferences(language=code)))

    @Slot(str)
    def pickLanguage(self, code: str) -> None:  # noqa: N802
        self._tell(on.PickLanguage(code))

    @Slot(int)
    def shift(self, minutes: int) -> None:
        self._tell(on.ShiftClaim(minutes))

    @Slot(int)
    def room(self, tiles: int) -> None:
        """How many tiles the screen has room for."""
        if tiles != self._room:
            self._room = tiles
            QTimer.singleShot(0, self, self.refresh)

    @Slot(int, str, result=bool)
    def pressed(self, key: int, text: str) -> bool:
        """A key of a keyboard; those that mean nothing here are left alone."""
        self.wake()
        if self._surface.special(key):
            return True
        named = _KEYS.get(Qt.Key(key), text)
        if not named or not (named in pad.KEYS or named.isprintable()):
            return False
        first, self._has_keyboard = not self._has_keyboard, True
        if first:
            self.refresh()
            if named in present.DIGITS and self._pressed_by_digits():
                return True  # from now on the buttons say which digit presses them
        self.pad(named)
        return True

    def pad(self, key: str) -> None:
        """A key of a numeric pad or a keyboard: what it means depends on what is shown."""
        if self._session is None and self._view["screen"] != "idle":  # letters of an address or a code
            letters: dict[str, on.Signal] = {pad.ENTER: on.Enter(), pad.ERASE: on.Erase()}
            self._tell(letters.get(key, on.Key(key)))
            return
        now_ms, chosen_ms = self._surface.stamp().boottime_ms, self._chosen_ms
        self._chosen_ms = -BOUNCE
        if key == pad.ENTER and now_ms - chosen_ms < BOUNCE:
            return
        if key == pad.ENTER and self._view.get("searching") and not self._view.get("free") and self._taps:
            self._chosen_ms = now_ms
            self.pick(0)
            return
        pressed = self._pressed_by_digits() if key in present.DIGITS else ()
        if pressed:
            index = present.DIGITS.index(key)
            meant = pressed[index] if index < len(pressed) else None
        else:
            meant = pad.meant(self._state(), key)
        if meant is not None:
            self._tell(meant)

    def _state(self) -> at.State:
        return at.Idle() if self._session is None else at.shown(self._session.state)

    def _pressed_by_digits(self) -> Sequence[on.Signal]:
        return present.presses(self._state(), self._wall(), self._taps)

    def _wall(self) -> present.Wall:
        """The surroundings; a keyboard that somebody used is a pad, too."""
        wall = self._surface.wall()
        return replace(wall, pad=True) if self._has_keyboard else wall

    def _get_view(self) -> dict[str, Any]:
        return self._view

    def _get_resting(self) -> bool:
        return self._resting

    def _get_strip(self) -> dict[str, Any]:
        return self._strip

    view = Property("QVariantMap", _get_view, notify=viewChanged)  # type: ignore[arg-type]
    strip = Property("QVariantMap", _get_strip, notify=stripChanged)  # type: ignore[arg-type]
    resting = Property(bool, _get_resting, notify=restingChanged)
