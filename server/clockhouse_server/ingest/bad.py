"""What verification says of the first line that does not hold."""

from typing import Any, Final

NO_HASH: Final = "its bytes do not give its hash"
NO_PLACE: Final = "its place does not agree with its bytes"
NO_LINK: Final = "does not follow the line before it"
NO_VERDICT: Final = "its verdict does not agree with what waits for a person"
MISREAD: Final = "the punch read from it does not agree with it"

Epoch = tuple[Any, Any]
"""A device and one of its epochs."""


class BadError(Exception):
    """The first line that does not hold."""

    def __init__(self, epoch: Epoch, seq: int | None, problem: str, *, before: int | None = None) -> None:
        """`before` is the place at which the walk arrived instead of one that is missing."""
        super().__init__(problem)
        self.epoch, self.seq, self.problem, self.before = epoch, seq, problem, before


def number(seq: Any, otherwise: int) -> int:
    """A place as it is stored, or another one where that is no number."""
    return seq if isinstance(seq, int) else otherwise
