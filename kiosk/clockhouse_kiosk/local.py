"""What was set at this wall itself: a small file of the kiosk's own, laid over the settings."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from clockhouse_kiosk.settings import OWN, Settings
from clockhouse_sync import store

FILE: Final = "wall.json"
HERE: Final = ("volume", "brightness", "dim_after", "gloves", "hand")
"""The settings that can be changed at the wall."""

log = logging.getLogger(__name__)


def laid_over(settings: Settings) -> Settings:
    """The settings with what was set at this wall; what makes no sense there is passed over and reported."""
    chosen: dict[str, Any] = {}
    for name, value in _read(settings.state_dir / FILE).items():
        try:
            chosen |= {name: OWN[name](value)} if name in HERE else {}
        except ValueError:
            log.warning("wall.setting_ignored", extra={"setting": name})
    return replace(settings, **chosen)


def checked(name: str, value: object) -> Any:
    """The value of a setting as the settings' file would have it. Raises ValueError."""
    if name not in HERE:
        raise ValueError("is not set at the wall")
    return OWN[name](value)


def keep(state_dir: Path, changes: Mapping[str, Any]) -> None:
    """Write what was set at this wall, beside what was set before; whole or not at all. Raises OSError."""
    file = state_dir / FILE
    chosen = {name: value for name, value in {**_read(file), **changes}.items() if name in HERE}
    store.write_whole(file, [json.dumps(chosen, indent=1, sort_keys=True).encode() + b"\n"])


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.warning("wall.settings_unreadable")
        return {}
    return found if isinstance(found, dict) else {}
