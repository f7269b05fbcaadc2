"""The receipts of an evidence file: whether the server's keys signed them, and what that shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clockhouse_sync import signing, wire

_ID_LENGTH: Final = 26

Expected = Mapping[str, signing.PublicKey | None]
"""Server keys that the caller knows from elsewhere, by id; None where only the id is known, which names one key."""


def expected_keys(texts: Iterable[str]) -> Expected:
    """Keys as people pass them on: base64 of 32 bytes, or their id. Raises WireError naming the one that is neither."""
    found: dict[str, signing.PublicKey | None] = {}
    for text in texts:
        if len(text) == _ID_LENGTH and text.isalnum():
            found.setdefault(text.upper(), None)
            continue
        try:
            key = signing.read_public(text)
        except signing.SignatureError:
            raise wire.WireError(
                f"{text!r} is no server key: give the 44 characters of the key, or the 26 of its id,"
                " as `clockhouse-server ledger key` prints them"
            ) from None
        found[signing.key_id(signing.public_bytes(key))] = key
    return found


@dataclass(frozen=True)
class Vouchers:
    """The server keys that a file brings along, and those that are known from elsewhere."""

    offered: Sequence[wire.ServerKey]
    expected: Expected

    def bad_key(self) -> str | None:
        """What is wrong with a key in the file: its id is made of the key, so no other can stand under it."""
        for offer in self.offered:
            try:
                named = signing.key_id(signing.public_bytes(signing.read_public(offer.public_key)))
            except signing.SignatureError:
                return f"the server key {offer.key_id} is no key"
            if named != offer.key_id:
                return f"the server key {offer.key_id} does not give its id"
        return None

    def problem(self, receipt: wire.Receipt, device_id: str | None) -> str | None:
        """What is wrong with one receipt; None too where there is no key at all to check it with."""
        if device_id is not None and receipt.device_id != device_id:
            return "a receipt is of another device"
        if self.expected and receipt.key_id not in self.expected:
            return f"a receipt names the server key {receipt.key_id}, which is not the one that was given"
        key = self._key(receipt.key_id)
        if key is not None:
            return None if signing.receipt_holds(key, receipt) else "a receipt's signature does not hold"
        if self.expected:
            return "a receipt cannot be checked: the file lacks the server key, and only its id was given"
        return "a receipt names a server key that the file lacks" if self.offered else None

    def says(self, receipts: Sequence[wire.Receipt], covered: int, lines: int) -> str:
        """What the receipts show of a file in which all of them hold."""
        if not receipts:
            return "No receipt: the file does not show that any server holds these lines."
        reach = f"Receipts over {covered} of {lines} lines"
        if self.expected:
            return f"{reach} hold for the server key that was given."
        if not self.offered:
            return (
                f"{reach} were not checked: the file lacks the server's key, as files of older versions do."
                " Give the key with --server-key."
            )
        return (
            f"{reach} hold for the server key in the file itself ({', '.join(sorted(self._named()))}). That"
            " shows only that the file agrees with itself: give the key that you know to be the server's"
            " with --server-key."
        )

    def _key(self, key_id: str) -> signing.PublicKey | None:
        known = self.expected.get(key_id)
        return known or next(
            (signing.read_public(offer.public_key) for offer in self.offered if offer.key_id == key_id), None
        )

    def _named(self) -> set[str]:
        return {offer.key_id for offer in self.offered}
