"""This device as sync sees it: its key, its stores, and whom it belongs to; handed clocks, chance and network."""

import contextlib
import logging
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import link, plan, signing, store, wire
from clockhouse_sync.batch import held
from clockhouse_sync.client import Client, ClientError, Transport
from clockhouse_sync.delivery import DeliveryStore, Enrolment, open_delivery
from clockhouse_sync.exchange import Exchange, Pace, World
from clockhouse_sync.keys import load_key, load_or_make_key, next_key, replace_key
from clockhouse_sync.outbox_reader import OutboxView, look_into
from clockhouse_sync.roster import RosterStore
from clockhouse_sync.settings import Settings, server_problem
from clockhouse_sync.store import StoreError

_StoreT = TypeVar("_StoreT", DeliveryStore, RosterStore)

log = logging.getLogger("clockhouse.sync")


class EnrolmentError(Exception):
    """This device did not join; `code` says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Device:
    """Opens sync's stores; close it, or use it as a context manager."""

    def __init__(
        self, settings: Settings, *, world: World, transport: Transport, software: str, hardware: str
    ) -> None:
        self.settings = settings
        self.world = world
        self._transport = transport
        self._software = software
        self._hardware = hardware
        self.notices: list[str] = []
        self._known_key: Ed25519PrivateKey | None = None
        self._known_id = ""
        self._key_file: store.FileMark | None = None
        self._view = OutboxView(settings.outbox)
        self.delivery = self._open(open_delivery, settings.delivery, "delivery_store_lost")
        try:
            self.roster = self._open(RosterStore, settings.roster, "roster_store_lost")
        except BaseException:
            self.delivery.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._view.close()
        self.roster.close()
        self.delivery.close()

    @property
    def device_id(self) -> str | None:
        key = self._key()
        if key is not None and not self._known_id:
            self._known_id = signing.key_id(signing.public_bytes(key))
        return None if key is None else self._known_id

    def _key(self) -> Ed25519PrivateKey | None:
        """The device's key, read anew where the file is another one; one that cannot be read is reported, and left
        for a person to look at.
        """
        file = store.mark_of(self.settings.key)
        if file is None or file != self._key_file:
            try:
                self._known_key, self._known_id, self._key_file = load_key(self.settings.key), "", file
            except StoreError as problem:
                self._known_key = self._key_file = None
                if "key_unreadable" not in self.notices:
                    log.exception("key.unreadable", extra={"code": problem.code})
                    self.notices.append("key_unreadable")
        return self._known_key

    def waiting(self) -> int:
        """Lines of this device that no server has answered yet."""
        reader = look_into(self.settings.outbox)
        if reader is None:
            return 0
        with contextlib.closing(reader):
            return plan.waiting(held(reader, self.delivery))

    def exchange(self, news: Callable[[link.Message], None]) -> Exchange | None:
        """The conversation with the server that this device belongs to; None before it was enrolled."""
        enrolment, key = self.delivery.enrolment(), self._key()
        if enrolment is None or key is None or enrolment.device_id != self.device_id:
            return None
        return Exchange(
            client=Client(
                self._transport,
                server=self.settings.server or enrolment.server,
                key=key, wall=self.world.wall, server_keys=self.delivery.server_keys,
            ),
            delivery=self.delivery,
            roster=self.roster,
            outbox=self._view,
            key=key,
            world=self.world,
            software=self._software,
            news=news,
            pace=Pace(self.settings.roster_seconds, self.settings.heartbeat_seconds),
        )  # fmt: skip

    def join(self, server: str, code: str, ca: str | None = None) -> Enrolment:
        """Enrol with a one-time code; the same code and key get the same answer. `ca` is as in `link.Enroll`.

        At the address it already belongs to, this device stays the same device. Anywhere else it becomes a new
        one with a new key, once no line waits for the server before. Raises EnrolmentError, or ClientError when
        the server could not be asked.
        """
        server = server.rstrip("/")
        problem = server_problem(server, allow_http=self.settings.allow_http)
        if problem is not None:
            raise EnrolmentError("bad_address", problem)
        before = self.delivery.enrolment()
        moves = before is not None and before.server != server and before.device_id == self.device_id
        if before is not None and moves:
            self._check_nothing_waits(before)
        path = next_key(self.settings.key) if moves else self.settings.key
        key = load_or_make_key(path)
        with self._trusting(ca):
            answer, words = self._ask_to_join(server, code, key)
        if moves:
            self.roster.clear()
            replace_key(self.settings.key)
        enrolment = Enrolment(server, answer.device_id, answer.company, answer.status, words)
        self.delivery.enrol(enrolment, answer.server_keys)
        self.notices.clear()
        if answer.pepper is not None:
            self.roster.keep_pepper(answer.pepper)
        log.info("device.enrolled", extra={"device": answer.device_id, "status": answer.status})
        return enrolment

    def sign_out(self) -> None:
        """Belong to nobody: server, roster, peppers, key and what vouched for them are gone from this device.

        Lines stay in the outbox; none of them waits. Raises EnrolmentError `undelivered` while one does.
        """
        waiting = self.waiting()
        if waiting:
            raise EnrolmentError("undelivered", f"{waiting} lines were not delivered yet")
        self._leave()
        log.info("device.signed_out")

    def _leave(self) -> None:
        self.roster.clear()
        self.delivery.leave()
        try:
            for path in (self.settings.key, next_key(self.settings.key), self.settings.kept_ca):
                path.unlink(missing_ok=True)
            store.sync_directory(self.settings.state_dir)
        except OSError as problem:
            raise StoreError("failed", str(problem.strerror), store=self.settings.key.name) from None
        self._transport.trust(self.settings.trusted)
        self.notices.clear()

    def wipe(self) -> None:
        """As sign_out, by the server's order: the keys of what this machine was before go too, the device's first.

        Raises EnrolmentError `undelivered` while a line waits: its key has to sign for it.
        """
        waiting = self._own_waiting()
        if waiting:
            raise EnrolmentError("undelivered", f"{waiting} lines were not delivered yet")
        try:
            for pattern in (f"{self.settings.key.name}*", f".{self.settings.key.name}*"):
                for path in self.settings.state_dir.glob(pattern):
                    path.unlink(missing_ok=True)
            store.sync_directory(self.settings.state_dir)
        except OSError as problem:
            raise StoreError("failed", str(problem.strerror), store=self.settings.key.name) from None
        self._leave()
        log.warning("device.wiped")

    def _own_waiting(self) -> int:
        """Lines that wait, and those that are not made yet; what a device before this one left is not this one's."""
        reader = look_into(self.settings.outbox)
        if reader is None:
            return 0
        with contextlib.closing(reader):
            if reader.device_id != self.device_id:
                return 0
            return plan.waiting(held(reader, self.delivery)) + reader.unwritten()

    @property
    def is_half_wiped(self) -> bool:
        """Whether the power was cut after the key was destroyed and before all else was."""
        standing = self.delivery.wipe()
        return standing is not None and standing.wiped_at is not None and self._key() is None

    @contextlib.contextmanager
    def _trusting(self, ca: str | None) -> Iterator[None]:
        """Trust the authority of a setup code, for good once the server behind it has answered well."""
        if ca is None or self.settings.ca_file is not None:
            yield
            return
        try:
            pem = ssl.DER_cert_to_PEM_cert(b64decode(ca, validate=True))
            ssl.create_default_context(cadata=pem)
        except (ValueError, ssl.SSLError):
            raise EnrolmentError("bad_ca", "the certificate in the setup code is damaged") from None
        kept = self.settings.kept_ca
        fresh = kept.with_name(f"{kept.name}.new")
        try:
            store.write_whole(fresh, [pem.encode()])
            self._transport.trust(fresh)
            yield
            fresh.rename(kept)
        except OSError as problem:
            raise StoreError("failed", str(problem.strerror), store=kept.name) from None
        finally:
            self._transport.trust(self.settings.trusted)
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _ask_to_join(
        self, server: str, code: str, key: Ed25519PrivateKey
    ) -> tuple[wire.EnrollAnswer, tuple[str, ...]]:
        client = Client(self._transport, server=server, key=key, wall=self.world.wall, server_keys=dict)
        public = signing.public_bytes(key)
        request = wire.EnrollRequest(
            code=code.strip(),
            public_key=b64encode(public).decode(),
            name=self.settings.name or self._hardware,
            hardware=self._hardware,
        )
        try:
            answer, signer = client.enroll(request)
        except ClientError as failure:
            if failure.trouble == "refused":
                raise EnrolmentError(failure.code, str(failure)) from None
            raise
        words = signing.confirmation_words(public, signing.public_bytes(signer))
        if answer.device_id != signing.key_id(public) or answer.words != words:
            raise EnrolmentError("keys_differ", "the server answered another key; somebody may be in between")
        return answer, tuple(words)

    def _check_nothing_waits(self, before: Enrolment) -> None:
        waiting = self.waiting()
        if waiting:
            raise EnrolmentError(
                "undelivered",
                f"{waiting} lines still wait for {before.server}; deliver them before joining another server",
            )

    def _open(self, begin: Callable[[Path], _StoreT], path: Path, notice: str) -> _StoreT:
        """A store of sync holds nothing that the server could not tell again: an unreadable one begins anew."""
        try:
            return begin(path)
        except StoreError as problem:
            if problem.code != "unreadable":
                raise
        aside = store.set_aside(path, f"{self.world.wall():%Y%m%dT%H%M%S}")
        log.error("store.set_aside", extra={"store": path.name, "aside": aside.name})
        self.notices.append(notice)
        return begin(path)
