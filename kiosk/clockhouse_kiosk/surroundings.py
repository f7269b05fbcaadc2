"""What this machine is connected to, as the kernel tells anybody: no program is started, no socket opened."""

import os
import re
from pathlib import Path
from typing import Final

NETS: Final = Path("/sys/class/net")
ROUTES: Final = Path("/proc/net/fib_trie")
SIX: Final = Path("/proc/net/if_inet6")
BACKLIGHTS: Final = Path("/sys/class/backlight")


def interfaces(nets: Path = NETS) -> list[tuple[str, str]]:
    """Each network interface and its state, the machine's own loop left out."""
    folders = sorted(nets.iterdir()) if nets.is_dir() else []
    return [(each.name, _text(each / "operstate") or "unknown") for each in folders if each.name != "lo"]


def addresses(routes: Path = ROUTES, six: Path = SIX) -> list[str]:
    """The addresses under which this machine can be reached."""
    four = re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", _text(routes))
    found = [address for address in dict.fromkeys(four) if not address.startswith("127.")]
    for row in _text(six).splitlines():
        digits, _, _, scope, *_ = row.split()
        if scope == "00":  # reachable from anywhere, not from this cable alone
            found.append(_shortened(digits))
    return found


def _shortened(digits: str) -> str:
    from ipaddress import IPv6Address

    return str(IPv6Address(bytes.fromhex(digits)))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


class Backlight:
    """The screen's light, where this user may set it."""

    def __init__(self, folder: Path = BACKLIGHTS) -> None:
        lights = sorted(folder.iterdir()) if folder.is_dir() else []
        self._found = next((each for each in lights if os.access(each / "brightness", os.W_OK)), None)

    @property
    def is_there(self) -> bool:
        return self._found is not None

    def set(self, percent: int) -> None:
        """Raises OSError where it cannot be set; it never goes dark altogether."""
        if self._found is not None:
            most = int(_text(self._found / "max_brightness") or 0)
            (self._found / "brightness").write_text(f"{max(1, most * percent // 100)}\n")
