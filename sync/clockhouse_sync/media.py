"""Where an export can be carried away from: the folder of the settings, or a USB stick that is mounted."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
BLOCKS: Final = Path("/sys/dev/block")
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def place(export_dir: Path | None, mounts: Path = MOUNTS, blocks: Path = BLOCKS) -> Path | None:
    """The folder to write to, or None where there is none."""
    if export_dir is not None:
        return export_dir if export_dir.is_dir() else None
    return next((folder for folder in _sticks(mounts, blocks) if os.access(folder, os.W_OK)), None)


def _sticks(mounts: Path, blocks: Path) -> Iterator[Path]:
    """Where sticks are mounted, the newest first."""
    for row in reversed(mounts.read_text(encoding="utf-8", errors="replace").splitlines()):
        fields = row.split(" ")
        if len(fields) > 5 and "rw" in fields[5].split(",") and _is_on_a_stick(blocks / fields[2]):
            yield Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4]))


def _is_on_a_stick(block: Path) -> bool:
    """Whether a disk hangs on USB or says that it can be taken out; a partition lies below its disk."""
    if not block.exists():
        return False
    disk = block.resolve()
    flags = (folder / "removable" for folder in (disk, disk.parent))
    return any(part.startswith("usb") for part in disk.parts) or any(
        flag.is_file() and flag.read_text().strip() == "1" for flag in flags
    )
