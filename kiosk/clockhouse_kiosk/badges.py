"""Whose badge a number is, by all the bits that a reader or a printed form may show of it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from clockhouse_sync import wire

SUFFIXES: Final = (8, 6)  # the hex digits that shorter badge forms show


class Badges:
    """Badge values by all the bits that a reader or a printed form may show of them."""

    def __init__(self, rows: Mapping[str, wire.CredentialRow]) -> None:
        self._whole: dict[str, tuple[str, str]] = {}
        self._ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for credential_id, row in rows.items():
            if row.kind != "badge":
                continue
            value = row.value.upper()
            self._whole[value] = (credential_id, row.person_id)
            for size in SUFFIXES:
                if len(value) > size:
                    self._ends[value[-size:]].add((credential_id, row.person_id))

    def holder(self, credential: str) -> tuple[str, str] | None:
        """(credential id, person id); a number whose visible bits fit several people fits nobody."""
        shortened = [credential[-size:] for size in SUFFIXES if len(credential) > size]
        reverse = "".join(credential[index : index + 2] for index in range(len(credential) - 2, -2, -2))
        for value in (credential, *shortened, reverse):
            if value and value in self._whole:
                return self._whole[value]
        ends = self._ends.get(credential, set())
        return next(iter(ends)) if len({person for _, person in ends}) == 1 else None
