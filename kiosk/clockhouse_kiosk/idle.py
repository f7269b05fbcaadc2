"""The idle page: the clock of the house and the one sentence, which need nothing but the site and the time."""

from datetime import datetime
from typing import Any

from clockhouse_kiosk.site import Site
from clockhouse_kiosk.texts import Texts


def page(site: Site, now: datetime, words: Texts) -> dict[str, Any]:
    """What the idle page says."""
    local = now.astimezone(site.zone)
    twelve = site.hour_cycle != 24
    clock = words.time(local, site.hour_cycle)
    return {
        "clock": clock.split("\u00a0")[0],
        "half": words.half(local) if twelve else "",
        "date": words.day(local),
        "sentence": words("idle.sentence"),
        "pin": words("idle.pin"),
        "language_name": words("language"),
    }


def first(site: Site, now: datetime, words: Texts) -> dict[str, dict[str, Any]]:
    """View and strip of the first frame; where nobody can punch yet, a dark screen."""
    view = {"language": words.code, "rtl": words.right_to_left, "until": 0, "stays": 0}
    place = " · ".join(part for part in (site.name, site.kiosk) if part)
    if site.id is None:
        return {"view": {"screen": "starting", **view}, "strip": {"place": place}}
    return {"view": {"screen": "idle", **view, **page(site, now, words)}, "strip": {"place": place}}
