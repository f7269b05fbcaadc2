"""What an administrator asks of this machine: facts gathered off the screen's thread, settings kept, things done."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from clockhouse_kiosk import local, surroundings
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow.administer import Fact, Machine, Said, Section
from clockhouse_kiosk.hearing import Hearing
from clockhouse_kiosk.machine import Clocks, Post
from clockhouse_kiosk.settings import Settings
from clockhouse_sync import delivery, wire
from clockhouse_sync.link import Exported, Refused
from clockhouse_sync.signing import public_bytes
from clockhouse_sync.store import StoreError

log = logging.getLogger(__name__)

UP: Final = {"up", "unknown"}  # some drivers never say


@dataclass
class Administration:
    """Answers by `changed`: what it found is then in `facts`, and what became of a request in `said`.

    `play` makes a sound, `export`, `sign_out` and `restart` are carried out by whoever made this.
    """

    settings: Settings
    clocks: Clocks
    ears: Hearing
    post: Post
    changed: Callable[[], None]
    adjusted: Callable[[Settings], None]
    play: Callable[[], None]
    export: Callable[[], bool]
    sign_out: Callable[[], None]
    restart: Callable[[], None]
    backlight: surroundings.Backlight = field(default_factory=surroundings.Backlight)
    facts: dict[Section, tuple[Fact, ...] | None] = field(default_factory=dict)
    """None while they are being gathered."""
    said: Said | None = None
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "administration"))

    def perform(self, asked: do.Gather | do.Adjust | do.Perform) -> None:
        """In the screen's thread; returns at once."""
        self.said = None
        match asked:
            case do.Gather(section):
                self.facts[section] = None
                self._later(partial(self._gather, section))
            case do.Adjust(name, value):
                self._adjust(name, value)
            case do.Perform("test_sound"):
                self.play()
            case do.Perform("export"):
                sent = self.export()
                self.said = Said("exporting") if sent else Said("export.no_daemon", good=False)
            case do.Perform("sign_out"):
                self.sign_out()
            case do.Perform("restart"):
                self.restart()

    def exported(self, answer: Exported | Refused) -> None:
        """The daemon has written the lines to a stick, or could not."""
        match answer:
            case Exported(path=path, lines=lines, waiting=waiting):
                values = (("path", path), ("lines", str(lines)), ("waiting", str(waiting)))
                self.said = Said("exported", values=values)
            case Refused(code=code, text=text):
                self.said = Said(f"export.{code}", good=False, values=(("told", text),))
        self.changed()

    @property
    def machine(self) -> Machine:
        """For the screens."""
        settings = self.settings
        return Machine(
            dict(self.facts), self.said, settings.volume, settings.brightness, settings.dim_after,
            settings.gloves, settings.hand,
        )  # fmt: skip

    def begin(self) -> None:
        """Bring the machine to what the settings say."""
        if self.backlight.is_there:
            self._later(partial(self._light, self.settings.brightness))

    def close(self) -> None:
        """What was set is kept before this returns."""
        self._pool.shutdown()

    def _adjust(self, name: str, value: object) -> None:
        try:
            chosen = local.checked(name, value)
        except ValueError:
            log.warning("wall.setting_refused", extra={"setting": name})
            return
        self.settings = replace(self.settings, **{name: chosen})
        self.adjusted(self.settings)
        if name == "brightness":
            self._later(partial(self._light, chosen))
        self._later(partial(self._keep, {name: chosen}))

    def _keep(self, changes: dict[str, Any]) -> None:
        try:
            local.keep(self.settings.state_dir, changes)
        except OSError:
            log.exception("wall.settings_not_kept")
            self._say(Said("not_kept", good=False))

    def _light(self, percent: int) -> None:
        try:
            self.backlight.set(percent)
        except (OSError, ValueError):
            log.warning("backlight.failed")
            self._say(Said("no_light", good=False))

    def _say(self, said: Said) -> None:
        def say() -> None:
            self.said = said
            self.changed()

        self.post(say)

    def _later(self, call: Callable[[], None]) -> None:
        def done(future: Future[None]) -> None:
            if future.exception() is not None:
                log.error("administration.failed", exc_info=future.exception())

        self._pool.submit(call).add_done_callback(done)

    def _gather(self, section: Section) -> None:
        try:
            found = tuple(self._asked(section))
        except StoreError as problem:
            found = (Fact("admin.sync", str(problem), level="bad"),)

        def show() -> None:
            self.facts[section] = found
            self.changed()

        self.post(show)

    def _asked(self, section: Section) -> Iterator[Fact]:
        match section:
            case "network":
                yield from self._network()
            case "server":
                yield from self._server()
            case "diagnostics":
                yield from self._diagnostics()
            case "screen" if self.backlight.is_there:
                yield Fact("admin.light", "")

    def _network(self) -> Iterator[Fact]:
        for name, state in surroundings.interfaces():
            is_up = state in UP
            value = "admin.up" if is_up else "admin.down"
            yield Fact(name, value, coded=True, level="ok" if is_up else "warn")
        yield Fact("admin.addresses", "  ".join(surroundings.addresses()) or "–")
        with self._delivered() as known:
            through = None if known is None else known.complete_through
        with contextlib.suppress(wire.WireError):
            yield Fact("admin.last_sync", "–", at=None if through is None else wire.parse_instant(through))

    def _server(self) -> Iterator[Fact]:
        with self._delivered() as state:
            if state is None or (enrolment := state.enrolment()) is None:
                return
            keys = state.server_keys()
        yield Fact("admin.address", enrolment.server)
        yield Fact("admin.company", enrolment.company)
        yield Fact("admin.device", enrolment.device_id)
        yield Fact("admin.words", " ".join(enrolment.words))
        for key in keys.values():
            yield Fact("admin.fingerprint", public_bytes(key).hex()[:32])

    @contextlib.contextmanager
    def _delivered(self) -> Iterator[delivery.DeliveryStore | None]:
        """How delivery stands, as sync has it on the disk."""
        state = delivery.look_into(self.settings.state_dir / "delivery.db")
        try:
            yield state
        finally:
            if state is not None:
                state.close()

    def _diagnostics(self) -> Iterator[Fact]:
        from clockhouse_drivers import doctor  # what it needs would make the first badge wait

        now, state = self.clocks.now(), self.clocks.state()
        clock = doctor.Clock(now, None) if state is None else doctor.Clock(now, state.sync, state.error_ms)
        findings = doctor.check_clock(clock) + doctor.check_disk(self.settings.state_dir)
        roles = {each.port: each.role for each in self.settings.readers}
        findings += [
            doctor.judge_reader(name, health, roles.get(name, "badge")) for name, health in self.ears.health()
        ]
        for each in findings:
            subject = f"{each.check} {each.subject}".strip()
            yield Fact(subject, each.says, level=each.level, do=each.do)
