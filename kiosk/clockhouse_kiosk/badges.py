"""Whose badge a number is, by all the bits that a reader or a printed form may show of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from clockhouse_sync import wire

SUFFIXES: Final = (8, 6)  # the hex digits that shorter badge forms show


class Badges:
    """Badge values by all the bits that a reader or a printed form may show of them."""

    def __init__(self, rows: Mapping[str, wire.CredentialRow]) -> None:
        self._whole = {
            row.value.upper(): (credential_id, row.person_id)
            for credential_id, row in rows.items()
            if row.kind == "badge"
        }
        self._printed = {
            row.value: (credential_id, row.person_id)
            for credential_id, row in rows.items()
            if row.kind == "qr"
        }

    @cached_property
    def _ends(self) -> Mapping[str, set[tuple[str, str]]]:
        """Most badges are read whole, so these are made when one is not."""
        ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for value, holder in self._whole.items():
            for size in SUFFIXES:
                if len(value) > size:
                    ends[value[-size:]].add(holder)
        return ends

    def prepare(self) -> None:
        """Make ready what the first badge that is not read whole would make somebody wait for."""
        self._ends  # noqa: B018 - kept from now on

    def printed(self, value: str) -> tuple[str, str] | None:
        """(credential id, person id) of a printed badge's hash."""
        return self._printed.get(value)

    def are_held_by(self, person_id: str) -> bool:
        """Whether somebody has a badge at all, printed ones included."""
        held = (*self._whole.values(), *self._printed.values())
        return any(holder == person_id for _, holder in held)

    def holder(self, credential: str) -> tuple[str, str] | None:
        """(credential id, person id); a number whose visible bits fit several people fits nobody."""
        shortened = [credential[-size:] for size in SUFFIXES if len(credential) > size]
        reverse = "".join(credential[index : index + 2] for index in range(len(credential) - 2, -2, -2))
        for value in (credential, *shortened, reverse):
            if value and value in self._whole:
                return self._whole[value]
        ends: Collection[tuple[str, str]] = self._ends.get(credential, ())
        return next(iter(ends)) if len({person for _, person in ends}) == 1 else None
