"""The daemon's settings: one TOML file shared with the kiosk, then the environment; all errors at once."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from clockhouse_sync.outbox import OUTBOX

DEFAULT_FILE: Final = Path("/etc/clockhouse/clockhouse.toml")
_SHARED: Final = ("state_dir", "socket")
LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class SettingsError(Exception):
    """Everything that is wrong with the settings, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """What the daemon can be told.

    state_dir: where outbox.db, delivery.db, roster.db and device.key are.
    socket: the Unix socket between kiosk and daemon (default: sync.sock in state_dir).
    server: the server's address, if it is another than the one this device enrolled with.
    ca_file: the certificates to trust instead of the system's.
    name: what the back office calls this device at first (default: the host's name).
    allow_http: talk to a server without TLS; then the network can read names and PIN material.
    roster_seconds, heartbeat_seconds: how often to ask for news and to report health.
    kiosk_uids: users besides this one and root who may use the socket.
    """

    state_dir: Path = Path("/var/lib/clockhouse")
    socket: Path = Path("/var/lib/clockhouse/sync.sock")
    server: str | None = None
    ca_file: Path | None = None
    name: str | None = None
    allow_http: bool = False
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
    problems: list[str] = []
    given = _from_file(file, problems) | _from_environment(environment, problems)
    values: dict[str, Any] = {}
    for name, (where, value) in given.items():
        try:
            values[name] = _READERS[name](value)
        except ValueError as wrong:
            problems.append(f"{where}: {wrong}")
    if "state_dir" in values and "socket" not in values:
        values["socket"] = values["state_dir"] / "sync.sock"
    settings = Settings(**values)
    if settings.server is not None:
        problem = server_problem(settings.server, allow_http=settings.allow_http)
        problems += [problem] if problem else []
    if settings.ca_file is not None and not settings.ca_file.is_file():
        problems.append(f"ca_file: there is no file {settings.ca_file}")
    if problems:
        raise SettingsError(problems)
    return settings


def _from_file(file: Path, problems: list[str]) -> dict[str, tuple[str, Any]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file != DEFAULT_FILE:
            problems.append(f"{file}: there is no such file")
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        problems.append(f"{file}: {problem}")
        return {}
    given: dict[str, tuple[str, Any]] = {name: (name, content[name]) for name in _SHARED if name in content}
    section = content.get("sync", {})
    if not isinstance(section, dict):
        problems.append("sync: must be a section, [sync]")
        return given
    own = [name for name in _READERS if name not in _SHARED]
    for name, value in section.items():
        if name in own:
            given[name] = (f"[sync] {name}", value)
        else:
            problems.append(f"[sync] {name}: is not a setting{_hint(name, own)}")
    return given


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, tuple[str, Any]]:
    variables = {f"CLOCKHOUSE_{'' if name in _SHARED else 'SYNC_'}{name.upper()}": name for name in _READERS}
    problems += [
        f"{variable}: is not a setting{_hint(variable, list(variables))}"
        for variable in environment
        if variable.startswith("CLOCKHOUSE_SYNC_") and variable not in variables
    ]
    return {
        name: (variable, environment[variable])
        for variable, name in variables.items()
        if variable in environment
    }


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} must be a text")
    return value.strip()


def _path(value: Any) -> Path:
    path = Path(_text(value))
    if not path.is_absolute():
        raise ValueError(f"{value!r} must be an absolute path")
    return path


def _switch(value: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    chosen = value if isinstance(value, bool) else known.get(str(value).lower())
    if chosen is None:
        raise ValueError(f"{value!r} must be true or false")
    return chosen


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(value) <= 86_400:
        raise ValueError(f"{value!r} must be whole seconds, 1 to 86400")
    return int(value)


def _uids(value: Any) -> tuple[int, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(str(part).strip().isdecimal() for part in parts):
        raise ValueError(f"{value!r} must be a list of user ids, for example [990, 991]")
    return tuple(int(part) for part in parts)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "state_dir": _path,
    "socket": _path,
    "server": _text,
    "ca_file": _path,
    "name": _text,
    "allow_http": _switch,
    "roster_seconds": _seconds,
    "heartbeat_seconds": _seconds,
    "kiosk_uids": _uids,
}
