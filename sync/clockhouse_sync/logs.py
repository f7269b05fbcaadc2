"""A program's log on standard error: an event's name, then the ids and codes that go with it."""

import logging
import sys
from typing import Final

_PLAIN: Final = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class _Events(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's spelling
        told = [f" {name}={value}" for name, value in vars(record).items() if name not in _PLAIN]
        return super().formatMessage(record) + "".join(told)


def begin() -> None:
    """From now on each event is one line, for the journal to keep."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Events("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
