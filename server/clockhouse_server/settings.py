"""The server's settings: one frozen dataclass, read from TOML, then environment, then the command line."""

import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "CLOCKHOUSE_"
DEFAULT_DATABASE: Final = "sqlite:///var/clockhouse/server.db"


@dataclass(frozen=True)
class Settings:
    """What an installation may choose. Each field is a key of the TOML file and, upper-case, of the environment.

    - database: `sqlite:///file.db` or `postgresql://…`
    - host, port: where `serve` listens
    - public_url: the address that people and kiosks use, e.g. `https://clock.example.com`; empty: as requested
    - secrets_file: the server's key and the PIN peppers; empty: `secrets.json` beside the SQLite file, or
      `var/clockhouse/secrets.json`
    - body_limit, import_limit: bytes that a request, and a CSV import, may hold
    - device_requests: how many requests of kiosks are taken at once; the others are told when to come again
    - session_hours: how long a sign-in lasts
    - enroll_minutes: how long a kiosk's one-time code lasts
    """

    database: str = DEFAULT_DATABASE
    host: str = "127.0.0.1"
    port: int = 8400
    public_url: str = ""
    secrets_file: str = ""
    body_limit: int = 1_100_000
    import_limit: int = 20_000_000
    device_requests: int = 100
    session_hours: int = 12
    enroll_minutes: int = 60

    def secrets_path(self) -> Path:
        """Where the secrets are, with the default worked out."""
        if self.secrets_file:
            return Path(self.secrets_file)
        if self.database.startswith("sqlite:///"):
            return Path(self.database.removeprefix("sqlite:///")).parent / "secrets.json"
        return Path("var/clockhouse/secrets.json")


class SettingsError(ValueError):
    """Every wrong setting at once, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Wiring:
    """What only the wiring modules make: the clock, ids, tokens, and the process's environment."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    environ: Mapping[str, str]


def configure(parser: ArgumentParser) -> None:
    """Give a subcommand the options that every command with a database has."""
    parser.add_argument("--config", metavar="FILE", help="TOML file of settings")
    parser.add_argument("--database", metavar="URL", help="sqlite:///file.db or postgresql://…")


def from_args(args: Namespace) -> Settings:
    """The settings of a command run with `configure`'s options; raises SettingsError."""
    environ: Mapping[str, str] = args.wiring.environ
    given = {
        field.name: getattr(args, field.name)
        for field in fields(Settings)
        if getattr(args, field.name, None) is not None
    }
    named = args.config or environ.get(f"{PREFIX}SERVER_CONFIG")
    text = ""
    if named:
        try:
            text = Path(named).read_text(encoding="utf-8")
        except OSError as problem:
            raise SettingsError([f"{named}: {problem.strerror}"]) from None
    return read(text, environ, given)


def read(toml: str, environ: Mapping[str, str], given: Mapping[str, Any]) -> Settings:
    """Settings from TOML text, overridden by the environment, overridden by what was given."""
    problems: list[str] = []
    try:
        written = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError([f"the settings file is not TOML: {problem}"]) from None
    kinds = {field.name: type(getattr(Settings, field.name)) for field in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in written.items():
        if name not in kinds:
            near = get_close_matches(name, kinds, n=1)
            problems.append(f"{name}: is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
        elif type(value) is not kinds[name]:
            problems.append(f"{name}: must be {'a whole number' if kinds[name] is int else 'text'}")
        else:
            values[name] = value
    for name, kind in kinds.items():
        text = environ.get(PREFIX + name.upper())
        if text is None:
            continue
        if kind is int and not text.isdecimal():
            problems.append(f"{PREFIX}{name.upper()}: must be a whole number, not {text!r}")
        else:
            values[name] = int(text) if kind is int else text
    values.update(given)
    problems.extend(_wrong(values))
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _wrong(values: Mapping[str, Any]) -> list[str]:
    problems = []
    database = values.get("database", DEFAULT_DATABASE)
    if not str(database).startswith(("sqlite:///", "postgresql://", "postgres://")):
        problems.append("database: must begin with sqlite:/// or postgresql://")
    if not 0 <= int(values.get("port", 1)) <= 65535:
        problems.append("port: must be between 0 and 65535")
    url = str(values.get("public_url", ""))
    if url and not url.startswith(("https://", "http://")):
        problems.append("public_url: must begin with https:// or http://")
    problems.extend(
        f"{name}: must be 1 or more"
        for name in ("body_limit", "import_limit", "device_requests", "session_hours", "enroll_minutes")
        if int(values.get(name, 1)) < 1
    )
    return problems
