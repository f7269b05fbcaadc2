"""When a wall that nobody is at goes dark, so that nothing burns in and no hall is lit at night."""

from dataclasses import dataclass
from datetime import time
from typing import Final

NIGHT_MINUTES: Final = 1


@dataclass(frozen=True, slots=True)
class Rest:
    """After how many minutes without anybody; at night after one. 0 is never, but at night."""

    minutes: int = 10
    night: tuple[time, time] | None = None

    def due(self, alone_ms: int, local: time) -> bool:
        """Whether the wall rests, after so many milliseconds without anybody at this local time."""
        minutes = NIGHT_MINUTES if self._is_night(local) else self.minutes
        return minutes > 0 and alone_ms >= minutes * 60_000

    def _is_night(self, local: time) -> bool:
        if self.night is None:
            return False
        begins, ends = self.night
        if begins <= ends:
            return begins <= local < ends
        return local >= begins or local < ends
