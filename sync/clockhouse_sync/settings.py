"""The daemon's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from clockhouse_sync import settings_file
from clockhouse_sync.outbox import OUTBOX
from clockhouse_sync.settings_file import Parse, SettingsError, path, switch, text, whole

LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Settings:
    """What the daemon can be told.

    state_dir: where outbox.db, delivery.db, roster.db and device.key are.
    socket: the Unix socket between kiosk and daemon (default: sync.sock in state_dir).
    server: the server's address, if it is another than the one this device enrolled with.
    ca_file: the certificates to trust instead of the system's.
    name: what the back office calls this device at first (default: the host's name).
    allow_http: talk to a server without TLS; then the network can read names and PIN material.
    export_dir: where evidence files are exported to at the wall, instead of a USB stick.
    roster_seconds, heartbeat_seconds: how often to ask for news and to report health.
    kiosk_uids: users besides this one and root who may use the socket.
    """

    state_dir: Path = Path("/var/lib/clockhouse")
    socket: Path = Path("/var/lib/clockhouse/sync.sock")
    server: str | None = None
    ca_file: Path | None = None
    name: str | None = None
    allow_http: bool = False
    export_dir: Path | None = None
    roster_seconds: int = 60
    heartbeat_seconds: int = 60
    kiosk_uids: tuple[int, ...] = ()

    @property
    def outbox(self) -> Path:
        return self.state_dir / OUTBOX

    @property
    def delivery(self) -> Path:
        return self.state_dir / "delivery.db"

    @property
    def roster(self) -> Path:
        return self.state_dir / "roster.db"

    @property
    def key(self) -> Path:
        return self.state_dir / "device.key"

    @property
    def kept_ca(self) -> Path:
        """The authority that came with the setup code."""
        return self.state_dir / "server-ca.pem"

    @property
    def trusted(self) -> Path | None:
        """The authorities to trust: the settings have the last word, None stands for the system's."""
        if self.ca_file is not None:
            return self.ca_file
        return self.kept_ca if self.kept_ca.is_file() else None


def server_problem(address: str, *, allow_http: bool) -> str | None:
    """What is wrong with a server's address, or None."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"server: {address!r} is not an address"
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        return f"server: {address!r} must look like https://clock.example.com"
    if parts.scheme == "http" and host not in LOOPBACK and not allow_http:
        return f"server: {address!r} is not encrypted; use https, or set allow_http = true under [sync]"
    return None


def load_settings(file: Path, environment: Mapping[str, str]) -> Settings:
    """Read the file, then the environment (CLOCKHOUSE_STATE_DIR, CLOCKHOUSE_SYNC_SERVER, ...).

    A missing file is fine only at the default place. Raises SettingsError with everything that is wrong.
    """
    settings, problems = look(file, environment)
    if problems:
        raise SettingsError(problems)
    return settings


def look(file: Path, environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings as far as they make sense, and everything that is wrong with them."""
    given = settings_file.gather(file, environment, "sync", OWN)
    values, problems = given.values, given.problems
    if "state_dir" in values and "socket" not in values:
        values["socket"] = values["state_dir"] / "sync.sock"
    settings = Settings(**values)
    if settings.server is not None:
        problem = server_problem(settings.server, allow_http=settings.allow_http)
        problems += [problem] if problem else []
    if settings.ca_file is not None and not settings.ca_file.is_file():
        problems.append(f"sync.ca_file: there is no file {settings.ca_file}")
    return settings, problems


def _uids(value: Any) -> tuple[int, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(str(part).strip().isdecimal() for part in parts):
        raise ValueError("must be a list of user ids, for example [990, 991]")
    return tuple(int(part) for part in parts)


OWN: Final[Mapping[str, Parse]] = {
    "server": text,
    "ca_file": path,
    "name": text,
    "allow_http": switch,
    "export_dir": path,
    "roster_seconds": whole(1, 86_400),
    "heartbeat_seconds": whole(1, 86_400),
    "kiosk_uids": _uids,
}
