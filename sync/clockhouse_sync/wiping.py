"""A lost or stolen device is wiped by its server's signed order: checked, kept through a power cut, carried out, confirmed.

Lines are never wiped. What can be delivered goes first; what cannot stays until it is, and the key with it.
"""

import logging
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import signing, wire
from clockhouse_sync.client import Client
from clockhouse_sync.delivery import DeliveryStore, Wipe
from clockhouse_sync.roster import RosterStore

log = logging.getLogger("clockhouse.sync")


@dataclass(frozen=True)
class Wiping:
    """This device's side of such an order; raises StoreError, and ClientError where it asks the server."""

    client: Client
    delivery: DeliveryStore
    roster: RosterStore
    key: Ed25519PrivateKey

    def take(self, answer: wire.HelloAnswer) -> bool:
        """Whether this answer brings a good order that is new: signed by a pinned key, for this device, in this session.

        Any other order does nothing. One that the server does not repeat before it was carried out is withdrawn.
        """
        order, standing = answer.wipe, self.delivery.wipe()
        if order is None:
            if standing is not None and standing.wiped_at is None:
                self.delivery.keep_wipe(None)
            return False
        if standing is not None and standing.order_id == order.order_id:
            return False
        if order.order_id in self.delivery.overruled():
            log.error("wipe.overruled", extra={"order": order.order_id})
            return False
        key = self.delivery.server_keys().get(order.key_id)
        device_id = signing.key_id(signing.public_bytes(self.key))
        mine = (order.device_id, order.session) == (device_id, answer.session)
        if not mine or key is None or not signing.wipe_order_holds(key, order):
            log.error("wipe.refused", extra={"order": order.order_id})
            return False
        first = standing or Wipe(
            order_id="", sent=self._sent()
        )  # one that was taken back and given anew goes on
        self.delivery.keep_wipe(msgspec.structs.replace(first, order_id=order.order_id))
        log.warning("wipe.ordered", extra={"order": order.order_id})
        return True

    @property
    def ordered(self) -> bool:
        """Whether what this device was told must go, and is still here."""
        standing = self.delivery.wipe()
        return standing is not None and standing.wiped_at is None

    def erase(self, at: str) -> None:
        """Roster, templates, PINs and peppers; what was erased once is erased again after a power cut."""
        standing = self.delivery.wipe()
        if standing is not None:
            self.roster.erase()
            self.delivery.keep_wipe(msgspec.structs.replace(standing, wiped_at=at))
            log.warning("wipe.erased", extra={"order": standing.order_id})

    def confirm(self, kept: int) -> None:
        """Tell the server that it was done, and how many lines wait on."""
        standing = self.delivery.wipe()
        if standing is None or standing.wiped_at is None:
            return
        delivered = max(0, self._sent() - standing.sent)
        said = signing.wiped(
            self.key, order_id=standing.order_id, wiped_at=standing.wiped_at, delivered=delivered, kept=kept
        )
        self.client.wiped(said, self.delivery.session)
        log.warning("wipe.confirmed", extra={"order": standing.order_id, "kept": kept})

    def _sent(self) -> int:
        return sum(mark.sent for mark in self.delivery.marks().values())
