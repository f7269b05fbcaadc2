"""A kiosk's life: joining, opening, serving; what it hears from the daemon and sees at its readers."""

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, Protocol

from clockhouse_drivers.credentials import JobCard, QrBadge, read_code
from clockhouse_drivers.readings import Reading
from clockhouse_kiosk import present
from clockhouse_kiosk.administration import Administration
from clockhouse_kiosk.flow import administer, joining
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import SigningOut
from clockhouse_kiosk.flow.words import Read, Stamp
from clockhouse_kiosk.hearing import Hearing
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.machine import LOOK_BACK, Machine
from clockhouse_kiosk.session import Session
from clockhouse_kiosk.settings import Settings
from clockhouse_kiosk.site import Site, unknown_site
from clockhouse_kiosk.texts import Texts
from clockhouse_sync import delivery, wire
from clockhouse_sync.link import (
    ALARMS,
    WIPED,
    AskStatus,
    ClockNews,
    Enroll,
    Exported,
    Joined,
    LinkClient,
    Message,
    Refused,
    RosterNews,
    SignedOut,
    SignOut,
    Status,
    StoodDown,
)
from clockhouse_sync.store import StoreError

RETRY_MS: Final = 2_000
LEAVE_MS: Final = 15_000
PRUNE_MS: Final = 86_400_000
CLOCK_TRUSTED: Final = 2.0
"""Seconds: a clock this close to the server's is right, whoever set it."""

log = logging.getLogger(__name__)


class Screens(Protocol):
    """What the kiosk tells its screens: there is news to show, people can punch now, or not any more."""

    def refresh(self) -> None: ...
    def attach(self, session: Session | None) -> None: ...
    def pad(self, key: str) -> None: ...


class Leaving(Enum):
    """How far this kiosk is with leaving its server."""

    NO = auto()
    WRITING = auto()
    ASKED = auto()
    COUNTED = auto()
    GONE = auto()


@dataclass
class Kiosk:
    """Owns the session; every method runs in the screen's thread."""

    settings: Settings
    machine: Machine
    link: LinkClient
    texts: Mapping[str, Texts]
    ears: Hearing
    site: Site
    session: Session | None = None
    is_opened: bool = False
    """Whether it is known by now if people can punch here."""
    _screens: Screens | None = None
    _status: Status | None = None
    _opening: bool = False
    _broken: bool = False
    _retry_at: int = 0
    _prune_at: int = 0
    _clock_proved: bool = False
    _early: list[tuple[Stamp, ClockNews]] = field(default_factory=list)
    _early_reads: list[Read] = field(default_factory=list)
    _administration: Administration | None = None
    _leaving: Leaving = Leaving.NO
    _leave_by: int = 0
    _joining: joining.Joining = field(default_factory=joining.Joining)

    def show_on(self, screens: Screens) -> None:
        """Before anything else is called."""
        self._screens = screens
        self.ears.take(self._seen_by_reader)

    def administer_with(self, administration: Administration) -> None:
        """Who answers what administrators ask of this machine."""
        self._administration = administration
        self.machine.administered = administration.perform
        administration.begin()

    def adjusted(self, settings: Settings) -> None:
        """From now on this wall is like that."""
        self.settings = settings
        self._refresh()

    def sign_out(self) -> None:
        """Leave the server once the last lines are delivered; the session waits for it in SigningOut."""

        def ask() -> None:
            if self._leaving is Leaving.WRITING:
                self._leaving = Leaving.ASKED
                self.link.send(AskStatus())

        self._leaving = Leaving.WRITING
        self.machine.flushed(ask)

    def look(self) -> None:
        """Called a few times a second: hear the daemon, try again what did not work yet."""
        for message in self.link.receive():
            self._hear(message)
        device_id = None if self._status is None else self._status.device_id
        if self.session is not None and device_id not in {None, self.machine.device_id}:
            self._move_out()
        if self._is_wiped() and self.session is not None:
            self._stand_down()
        if self.session is None and self._joining.until is not None:
            self.join(on.Tick())
        now = self.machine.clocks.boottime_ms()
        self._go_on_leaving(now)
        lets_go = self._leaving is Leaving.GONE or self._is_wiped()
        if self.session is None and now >= self._retry_at and not lets_go:
            self.open()
        if self.session is not None and now >= self._prune_at:
            self._prune_at = now + PRUNE_MS
            delivered = self.settings.state_dir / "delivery.db"
            self.machine.prune(lambda: delivery.prunable(delivered))
            if self._clock_set():  # one that runs far ahead must not make us forget who is at work
                self.session.directory.history.forget(self.machine.clocks.now() - LOOK_BACK)

    def open(self) -> None:
        """Try to begin; until the roster names this kiosk, the screen says how to join."""
        if not self._opening:
            self._opening = True
            self._retry_at = self.machine.clocks.boottime_ms() + RETRY_MS
            self.machine.open(None if self._status is None else self._status.device_id, self._opened)

    def read(self, reading: Reading, boottime_ms: int) -> None:
        """A badge, as a reader saw it; one that came before the stores were open waits for them."""
        if not reading.credential:
            return
        if reading.kind == "keys":
            self._press(reading)
            return
        if reading.kind == "code":
            self.scan(reading.credential, Stamp(reading.at, boottime_ms))
            return
        read = Read(Stamp(reading.at, boottime_ms), "rfid", reading.credential)
        if self.session is not None:
            self.session.receive(on.BadgeRead(read))
        elif not self.is_opened or self._broken:  # it is opened again every few seconds
            self._early_reads.append(read)
            self.machine.sound("wait")

    def scan(self, text: str, stamp: Stamp | None = None) -> None:
        """A code, as a camera or a reader saw it: a printed badge, a job's card, or what a new kiosk is set up with."""
        code, stamp = read_code(text), stamp or self.machine.stamp()
        if self.session is None:
            if self.is_opened:
                self.join(on.SetupCodeRead(text))
            elif isinstance(code, QrBadge):
                self._early_reads.append(Read(stamp, "qr", code.value))
            return
        match code:
            case QrBadge():
                self.session.receive(on.BadgeRead(Read(stamp, "qr", code.value)))
            case JobCard(job_id, task_id):
                choice = self.session.directory.jobs.find(job_id, task_id)
                known = on.CodeRefused("unknown_card") if choice is None else on.JobCardRead(choice)
                self.session.receive(known)
            case None:
                self.session.receive(on.CodeRefused("foreign_code"))

    def recognise(self, person_id: str, stamp: Stamp | None = None) -> None:
        """A face, as the camera knew it; nobody who is not on the roster any more.

        Only while nobody is served: whoever walks past is no next badge in the queue.
        """
        read = Read(stamp or self.machine.stamp(), "face", person_id)
        if self.session is None or self.session.directory.badge(read) is None:
            return
        if isinstance(self.session.state, at.Idle | at.ChoosingLanguage | at.Refused):
            self.session.receive(on.BadgeRead(read))

    def _press(self, reading: Reading) -> None:
        """Keys of a pad, beside the screen or on a reader, as if they were the keyboard's."""
        for key in bytes.fromhex(reading.credential).decode("ascii", "ignore"):
            if self._screens is not None:
                self._screens.pad(key)

    def wall(self) -> present.Wall:
        status = self._status if self.link.connected else None
        missing = self.ears.missing
        pads = frozenset(each.port for each in self.settings.readers if each.role == "keypad")
        return present.Wall(
            site=self.site if self.session is None else self.session.directory.site,
            now=self.machine.stamp(),
            texts=self.texts,
            delivery=_delivery(status),
            clock_set=self._clock_set(),
            trouble=self._broken or (self.session is not None and self.session.trouble),
            sending_trouble=status is not None and not ALARMS.isdisjoint(status.notices),
            reader_missing=not missing <= pads,
            pad_missing=not missing.isdisjoint(pads),
            pin_digits=self.settings.pin_digits,
            language=self.settings.language,
            directory=None if self.session is None else self.session.directory,
            others_through=None if self.session is None else self.session.others_through,
            machine=administer.Machine() if self._administration is None else self._administration.machine,
            pad=bool(pads),
        )

    def joining(self) -> present.View:
        """The screen before anybody can punch here; until that is known, as it was left."""
        if not self.is_opened:
            known = self.site.id is not None
            return present.screen(at.Idle(), self.wall()) if known else {"screen": "starting"}
        status = self._status if self.link.connected else None
        if self._is_wiped():
            stands = "wiped"
        elif self._leaving is Leaving.GONE:
            stands = "leaving"
        elif self._broken:
            stands = "broken"
        elif status is None:
            stands = "no_daemon"
        elif status.pending_words is not None:
            stands = "pending"
        else:
            stands = "joined" if status.enrolled else "new"
        pending = () if status is None else status.pending_words or ()
        return present.joining(self.wall(), stands, pending, self._joining)

    def join(self, signal: on.Signal) -> None:
        """Somebody sets this kiosk up, or time went on while nobody did.

        One that has joined is not led elsewhere by whoever stands before it, whatever its screen shows.
        """
        joined = self._status is not None and self._status.enrolled and self._leaving is not Leaving.GONE
        if joined and not isinstance(signal, on.Tick):
            return
        before = self._joining
        self._joining, wanted = joining.step(before, signal, self.machine.stamp())
        if wanted is not None:
            ca = None if wanted.ca is None else b64encode(wanted.ca).decode()
            if not self.link.send(Enroll(server=wanted.server, code=wanted.code, ca=ca)):
                self.join(on.JoinRefused("no_daemon"))
        if self._joining is not before:
            self._refresh()

    def close(self) -> None:
        """No reading comes in any more, and none that came is left undecided."""
        self.ears.close()
        self._leave()

    def _go_on_leaving(self, now: int) -> None:
        """Step by step: all is written, all is delivered, nothing can be written any more, the daemon lets go."""
        if self._leaving is Leaving.GONE and now >= self._leave_by:
            self._leaving = Leaving.NO
        elif self._leaving in {Leaving.WRITING, Leaving.ASKED, Leaving.COUNTED}:
            if self.session is None or not isinstance(self.session.state, SigningOut):
                self._leaving = Leaving.NO
            elif self._leaving is Leaving.COUNTED and self._status is not None and not self._status.waiting:
                self._leaving, self._leave_by = Leaving.GONE, now + LEAVE_MS
                self._move_out(self._let_go)

    def _let_go(self) -> None:
        self.link.send(SignOut())

    def _is_wiped(self) -> bool:
        """Whether this device was reported lost, and has forgotten its people by its server's order."""
        return self._status is not None and WIPED in self._status.notices

    def _stand_down(self) -> None:
        """Whoever stands here is recorded still, what lay beside delivered lines goes, then nothing is written."""
        self._leave()
        self.session = None
        if self._screens is not None:
            self._screens.attach(None)
        state = self.settings.state_dir / "delivery.db"
        self.machine.forget_beside(lambda: delivery.delivered(state))
        self.machine.shut(self._say_stood_down)

    def _say_stood_down(self) -> None:
        self.link.send(StoodDown())

    def _leave(self) -> None:
        if self.session is not None:
            self.session.leave()

    def _move_out(self, then: Callable[[], None] = lambda: None) -> None:
        """This device was given another identity: whoever stands here still counts for the one before."""
        self._leave()
        self.session = None
        self.machine.shut(then)
        if self._screens is not None:
            self._screens.attach(None)

    def _opened(self, opened: Directory | StoreError | None) -> None:
        self._opening, self.is_opened = False, True
        self._broken = isinstance(opened, StoreError)
        self.site = opened.site if isinstance(opened, Directory) else unknown_site()
        if isinstance(opened, Directory):
            self.session = Session(self.machine, opened, self._refresh, self.settings.pin_digits)
            self._tell_session()
            for stamp, news in self._early:
                self._note_clock(self.session, stamp, news)
            self._early.clear()
            if self._screens is not None:
                self._screens.attach(self.session)
            early_reads, self._early_reads = self._early_reads, []
            for read in early_reads:
                self.session.receive(on.BadgeRead(read))
        self._refresh()

    def _refresh(self) -> None:
        if self._screens is not None:
            self._screens.refresh()

    def _seen_by_reader(self, reading: Reading, boottime_ms: int) -> None:
        """In the reader's thread: go on in the screen's."""
        self.machine.post(lambda: self.read(reading, boottime_ms))

    def _hear(self, message: Message) -> None:
        match message:
            case Status():
                self._status = message
                if self._is_wiped():
                    self._stand_down()  # said again to a daemon that was started again
                if self._leaving is Leaving.ASKED:
                    self._leaving = Leaving.COUNTED
                self._tell_session()
            case RosterNews():
                if self.session is None:
                    self.open()
                else:
                    self.machine.reload(self.session.directory, self._reloaded)
            case ClockNews():
                self._compare(message)
            case Joined():
                self.join(on.JoinAnswered())
            case Refused(do="enroll", code=code, text=text):
                self.join(on.JoinRefused(code, text))
            case SignedOut() | Refused(do="sign_out"):
                self._leaving, self._retry_at = Leaving.NO, 0
                self.site = unknown_site()
            case Exported() | Refused(do="export") if self._administration is not None:
                self._administration.exported(message)
            case _:
                pass
        self._refresh()

    def _tell_session(self) -> None:
        """How old the last word of the most silent other kiosk is, for whoever comes to the wall."""
        if self.session is not None and self._status is not None and self._status.others_through is not None:
            self.session.others_through = _instant(self._status.others_through)

    def _reloaded(self, directory: Directory | None) -> None:
        if directory is not None and self.session is not None:
            self.session.adopt(directory)

    def _compare(self, news: ClockNews) -> None:
        """The daemon compared clocks; that it did is a line, so that times can be proved later."""
        if news.server_time is not None:
            server = wire.parse_instant(news.server_time)
            apart = abs((self.machine.clocks.now() - server).total_seconds())
            self._clock_proved = apart <= CLOCK_TRUSTED
        if self.session is None:
            self._early.append((self.machine.stamp(), news))
        else:
            self._note_clock(self.session, self.machine.stamp(), news)

    def _note_clock(self, session: Session, stamp: Stamp, news: ClockNews) -> None:
        fields: dict[str, Any] = {
            "cause": news.cause, "server_time": news.server_time, "rtt_ms": news.rtt_ms,
            "step_ms": news.step_ms, "server_epoch": news.server_epoch,
        }  # fmt: skip
        present_ones = {name: value for name, value in fields.items() if value is not None}
        session.note("clock", present_ones, stamp)

    def _clock_set(self) -> bool:
        if self._clock_proved:
            return True
        state = self.machine.clocks.state()
        return state is not None and state.sync


def _delivery(status: Status | None) -> present.Delivery:
    if status is None:
        return present.Delivery()
    return present.Delivery(status.online, _instant(status.since), status.waiting)


def _instant(text: str) -> datetime | None:
    try:
        return wire.parse_instant(text)
    except wire.WireError:
        return None
