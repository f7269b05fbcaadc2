"""Where this kiosk hangs: its site's name, time, language and rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clockhouse_sync import wire


@dataclass(frozen=True, slots=True)
class Site:
    """Where this kiosk hangs and how time is shown there."""

    id: str | None
    name: str
    kiosk: str
    zone: ZoneInfo
    zone_name: str | None
    language: str
    hour_cycle: int


def unknown_site(kiosk: str = "") -> Site:
    """Before the roster says where this kiosk hangs."""
    return Site(None, "", kiosk, ZoneInfo("UTC"), None, "en", 24)


def read_site(rows: Mapping[str, Mapping[str, wire.Body]], device_id: str | None) -> Site:
    devices = cast("Mapping[str, wire.DeviceRow]", rows.get("device", {}))
    sites = cast("Mapping[str, wire.SiteRow]", rows.get("site", {}))
    device = devices.get(device_id or "") or next(iter(devices.values()), None)
    site = None if device is None else sites.get(device.site_id)
    if device is None or site is None:
        return unknown_site("" if device is None else device.name)
    try:
        zone = ZoneInfo(site.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return Site(
            device.site_id, site.name, device.name, ZoneInfo("UTC"), None, site.language, site.hour_cycle
        )
    return Site(device.site_id, site.name, device.name, zone, site.zone, site.language, site.hour_cycle)


def general_job(rows: Mapping[str, Mapping[str, wire.Body]], site_id: str | None) -> str | None:
    site = cast("Mapping[str, wire.SiteRow]", rows.get("site", {})).get(site_id or "")
    return None if site is None else site.general_job_id
