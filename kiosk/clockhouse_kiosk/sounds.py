"""One short sound for each answer, played by the system's own player where there is one."""

import array
import contextlib
import math
import shutil
import subprocess
from typing import Final

RATE: Final = 16_000
LOUDNESS: Final = 9_000

# Each sound is its own melody of (hertz, milliseconds), so that it is known without looking.
MELODIES: Final = {
    "in": ((660, 90), (880, 130)),
    "out": ((880, 90), (660, 130)),
    "break": ((660, 80), (660, 120)),
    "transfer": ((660, 70), (880, 70), (660, 90)),
    "wait": ((740, 60),),
    "again": ((300, 90), (300, 140)),
    "refused": ((240, 320),),
    "unknown": ((520, 120), (390, 200)),
}


class Sounds:
    """Plays without ever making anybody wait; a machine without a player stays silent."""

    def __init__(self, volume: int = 100) -> None:
        self.volume = volume
        """In percent of what is loud enough for a hall; 0 is off."""
        self._player = shutil.which("aplay")
        self._playing: subprocess.Popen[bytes] | None = None

    def play(self, name: str) -> None:
        self.close()
        if self._player is None or self.volume == 0:
            return
        command = [self._player, "-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1", "-"]
        with contextlib.suppress(OSError):
            self._playing = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if self._playing.stdin is not None:
                with self._playing.stdin as pipe:
                    pipe.write(samples(name, self.volume))

    def close(self) -> None:
        """The sound before gives way."""
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.kill()
            playing.wait()


def samples(name: str, volume: int = 100) -> bytes:
    """A melody as 16-bit samples, each tone fading so that it does not click."""
    loud = LOUDNESS * (volume / 100) ** 2  # as ears count
    wave = array.array("h")
    for hertz, milliseconds in MELODIES[name]:
        count = RATE * milliseconds // 1000
        wave.extend(
            int(loud * math.sin(2 * math.pi * hertz * index / RATE) * min(1, 8 * (1 - index / count)))
            for index in range(count)
        )
    return wave.tobytes()
