"""What is wrong with this device and what to do about it: one plain function for each check."""

import json
import os
import shutil
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, TextIO
from urllib.parse import urlsplit

from clockhouse_drivers.reader import Health, ReaderSettings, Role, make_reader

Level = Literal["ok", "warn", "bad"]

PATIENCE_SECONDS: Final = 2.0
FSYNC_TRIES: Final = 15
SLOW_FSYNC_MS: Final = 150
LOW_SPACE_MB: Final = 200
NO_SPACE_MB: Final = 20
EARLIEST: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""This version did not exist before: a clock that says so has lost its time."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `says` what was seen, `do` what a person does about it."""

    check: str
    subject: str
    level: Level
    says: str
    do: str = ""


@dataclass(frozen=True)
class Clock:
    """What the kernel says of its clock; None where it says nothing, as in some containers."""

    now: datetime
    synchronized: bool | None
    error_ms: int | None = None


@dataclass(frozen=True)
class Device:
    """What the settings say is here, as far as they make sense, and what is wrong with them."""

    config: Path
    state_dir: Path
    readers: tuple[ReaderSettings, ...] = ()
    server: str | None = None
    ca_file: Path | None = None
    problems: tuple[str, ...] = ()


def examine(device: Device, clock: Clock) -> list[Finding]:
    """Every check, in the order in which one would go about it by hand."""
    findings = check_settings(device.config, device.problems)
    findings += check_clock(clock)
    findings += check_disk(device.state_dir)
    findings += check_readers(device.readers, clock.now)
    findings += check_server(device.server, device.ca_file)
    return findings


def report(findings: list[Finding], out: TextIO, *, as_json: bool) -> int:
    """0 if nothing is bad, else 1."""
    bad = any(finding.level == "bad" for finding in findings)
    if as_json:
        out.write(json.dumps({"ok": not bad, "findings": [asdict(finding) for finding in findings]}) + "\n")
    else:
        for finding in findings:
            out.write(f"{finding.level:<5}{finding.check} {finding.subject}: {finding.says}\n")
            out.write(f"     → {finding.do}\n" if finding.do else "")
    return 1 if bad else 0


def check_settings(config: Path, problems: Sequence[str]) -> list[Finding]:
    """Each mistake of the settings keeps the programs from starting; a file that is missing leaves the defaults."""

    def bad(says: str, do: str) -> Finding:
        return Finding("settings", str(config), "bad", says, do)

    if not os.path.lexists(config):
        return [bad("there is no such file", "name it with --config, or run deploy/install.sh")]
    if not os.access(config, os.R_OK):
        return [bad("it may not be read by this user", "run this as root or as the kiosk's user")]
    mend = "mend it there, or in the environment; docs/settings.md lists what there is"
    return [bad(problem, mend) for problem in problems] or [Finding("settings", str(config), "ok", "read")]


def check_clock(clock: Clock) -> list[Finding]:
    """Whether punches get a time that can be trusted."""
    shown = clock.now.isoformat(timespec="seconds")
    if clock.now < EARLIEST:
        says, do = "it lost its time", "connect the network, or set it by hand with timedatectl set-time"
        return [Finding("clock", shown, "bad", says, do)]
    if clock.synchronized is None:
        says, do = "the kernel does not say whether it is synchronized", "look with timedatectl"
        return [Finding("clock", shown, "warn", says, do)]
    if not clock.synchronized:
        says = "not synchronized; punches are kept and their times are proved later"
        do = "check that systemd-timesyncd or chrony runs and reaches a time server: timedatectl timesync-status"
        return [Finding("clock", shown, "warn", says, do)]
    bound = "" if clock.error_ms is None else f", at most {clock.error_ms} ms off"
    return [Finding("clock", shown, "ok", f"synchronized{bound}")]


def check_disk(folder: Path) -> list[Finding]:
    """Whether there is room for punches, and how long "recorded" waits for the disk."""
    subject = str(folder)
    try:
        free_mb = shutil.disk_usage(folder).free // 1_000_000
        median_ms = _fsync_median_ms(folder)
    except FileNotFoundError:
        return [
            Finding("disk", subject, "bad", "there is no such folder", "run deploy/install.sh, or make it")
        ]
    except PermissionError:
        return [
            Finding("disk", subject, "warn", "not writable for this user", "run this as the kiosk's user")
        ]
    except OSError as problem:
        do = "nothing can be recorded: replace the card or disk, after copying what is on it"
        return [Finding("disk", subject, "bad", f"writing fails: {problem}", do)]
    says = f"{free_mb} MB free; a write is safe after {median_ms:.1f} ms"
    if free_mb < NO_SPACE_MB:
        return [
            Finding("disk", subject, "bad", says, "make room at once: with no space left nothing is recorded")
        ]
    if free_mb < LOW_SPACE_MB:
        return [Finding("disk", subject, "warn", says, "make room: old logs, or a larger card")]
    if median_ms > SLOW_FSYNC_MS:
        return [Finding("disk", subject, "warn", says, "a worn or cheap card: plan to replace it")]
    return [Finding("disk", subject, "ok", says)]


def _fsync_median_ms(folder: Path) -> float:
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FSYNC_TRIES):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def check_readers(readers: tuple[ReaderSettings, ...], now: datetime) -> list[Finding]:
    """Each reader of the settings is opened; what else is plugged in and might be one is listed."""
    findings = [_check_reader(settings, now) for settings in readers]
    named = {os.path.realpath(settings.port) for settings in readers if settings.port}
    for kind, port, name in (*_serial_ports(), *_keyboards()):
        if os.path.realpath(port) not in named:
            do = f'if it is a badge reader, add a [[reader]] with kind = "{kind}" and port = "{port}"'
            do += '; for a numeric pad also role = "keypad"' if kind == "hid" else ""
            findings.append(Finding("reader", port, "ok", f"{name}, in no [[reader]]", do))
    if not readers:
        says, do = "none in the settings: people can use their PIN only", "add a [[reader]] if there is one"
        findings.insert(0, Finding("reader", "", "warn", says, do))
    return findings


def _serial_ports() -> Iterator[tuple[str, str, str]]:
    from serial.tools import list_ports

    for port in sorted(list_ports.comports()):
        # Boards name UARTs that lead nowhere; a plug has an address on the bus.
        if port.hwid != "n/a":
            yield "serial", port.device, port.description


def _keyboards() -> Iterator[tuple[str, str, str]]:
    for port in sorted(Path("/dev/input/by-id").glob("*-event-kbd")):
        yield "hid", str(port), "a keyboard, or a reader that types"


def _check_reader(settings: ReaderSettings, now: datetime) -> Finding:
    subject = settings.port or settings.kind
    problem = settings.problem()
    if problem is not None:
        return Finding("reader", subject, "bad", problem, "mend this [[reader]] in the settings")
    reader = make_reader(settings, now=lambda: now)
    reader.open(lambda _: None)
    try:
        health = _settled(reader.health)
    finally:
        reader.close()
    return judge_reader(subject, health, settings.role)


def judge_reader(subject: str, health: Health, role: Role = "badge") -> Finding:
    """What a reader's health means for a person."""
    if health.state == "ready":
        try_it = "press a key of it" if role == "keypad" else "hold a badge to it"
        return Finding("reader", subject, "ok", f"opened; {try_it} and look at the screen")
    level, do = _advice(health.reason)
    return Finding("reader", subject, level, health.reason or "no answer", do)


def _settled(health: Callable[[], Health]) -> Health:
    stop = time.monotonic() + PATIENCE_SECONDS
    while (seen := health()).state != "ready" and not seen.reason and time.monotonic() < stop:
        time.sleep(0.01)
    return seen


def _advice(reason: str) -> tuple[Level, str]:
    if "lock" in reason or "busy" in reason:
        return "ok", "another program has it: the kiosk, if it is running"
    if "Permission denied" in reason:
        return (
            "bad",
            "let the user use it: usermod -aG dialout,input clockhouse, then restart clockhouse-kiosk",
        )
    if "No such file" in reason:
        return "bad", "plug it in, and look for its name below /dev/serial/by-id/ or /dev/input/by-id/"
    return "bad", "unplug it and plug it in again; then try another cable or port"


def check_server(server: str | None, ca_file: Path | None = None) -> list[Finding]:
    """How far one gets towards the server: name, connection, certificate."""
    if server is None:
        says, do = (
            "no server yet: nothing is delivered",
            "set it up at its screen, or run clockhouse enroll --server URL CODE",
        )
        return [Finding("network", "", "warn", says, do)]
    return [_reach(server, ca_file)]


def _reach(server: str, ca_file: Path | None) -> Finding:
    def finding(level: Level, says: str, do: str = "") -> Finding:
        return Finding("network", server, level, says, do)

    try:
        url = urlsplit(server)
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError as problem:
        return finding("bad", str(problem), "write the server as https://name[:port]")
    if url.scheme not in {"http", "https"} or not url.hostname:
        return finding("bad", "not an address of a server", "write the server as https://name[:port]")
    began = time.perf_counter()
    try:
        with socket.create_connection((url.hostname, port), timeout=PATIENCE_SECONDS) as connection:
            if url.scheme == "https":
                context = ssl.create_default_context(cafile=ca_file)
                context.wrap_socket(connection, server_hostname=url.hostname).close()
    except ssl.SSLError as problem:
        return finding(
            "bad", f"its certificate is not trusted: {problem.reason}", "check the clock, and ca_file"
        )
    except (socket.gaierror, UnicodeError):
        return finding(
            "bad", "its name is unknown", "check the name, the network cable or Wi-Fi, and the DNS"
        )
    except TimeoutError:
        return finding("bad", "no answer", "check the network, and firewalls on the way")
    except OSError as problem:
        return finding(
            "bad",
            f"cannot be reached: {problem.strerror or problem}",
            "check that the server runs, and its port",
        )
    return finding("ok", f"answers after {(time.perf_counter() - began) * 1000:.0f} ms")
