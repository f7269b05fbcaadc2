"""`clockhouse enroll`: join a server with a one-time code, show the six words, wait until they are confirmed."""

import os
import sys
import time
from argparse import Namespace
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

from clockhouse_sync import link
from clockhouse_sync.client import ClientError
from clockhouse_sync.daemon import open_device
from clockhouse_sync.delivery import Enrolment
from clockhouse_sync.device import Device, EnrolmentError
from clockhouse_sync.settings import Settings, load_settings
from clockhouse_sync.settings_file import SettingsError
from clockhouse_sync.setup_code import SetupCodeError, read_setup_code
from clockhouse_sync.store import StoreError

_ANSWER_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.2


def main(args: Namespace) -> int:
    """Through the daemon where one runs, so that there is one writer; else on its own."""
    try:
        wanted = _wanted(args)
        settings = load_settings(args.config, os.environ)
        daemon = link.LinkClient(settings.socket)
        try:
            if _greeted(daemon):
                return _through_daemon(daemon, wanted)
        finally:
            daemon.close()
        return _alone(settings, wanted)
    except KeyboardInterrupt:
        print("\nNot confirmed yet; the sync daemon goes on asking.", file=sys.stderr)
        return 1
    except (SettingsError, SetupCodeError) as problem:
        print(f"clockhouse enroll: {problem}", file=sys.stderr)
        return 2
    except (EnrolmentError, ClientError, StoreError, OSError) as problem:
        print(f"clockhouse enroll: {_sentence(problem)}", file=sys.stderr)
        return 1


def _wanted(args: Namespace) -> link.Enroll:
    """Both as typed, or out of a setup code. Raises SetupCodeError."""
    if args.setup is None:
        return link.Enroll(server=args.server, code=args.code)
    said = read_setup_code(args.setup)
    return link.Enroll(
        server=said.server, code=said.code, ca=None if said.ca is None else b64encode(said.ca).decode()
    )


def _greeted(daemon: link.LinkClient) -> bool:
    """Whether a daemon answers and lets this user speak."""
    return _awaited(daemon, lambda message: isinstance(message, link.Status), 2.0) is not None


def _awaited(
    daemon: link.LinkClient, wanted: Callable[[link.Message], bool], seconds: float
) -> link.Message | None:
    deadline = time.monotonic() + seconds
    while True:
        for message in daemon.receive():
            if wanted(message):
                return message
        if not daemon.connected or time.monotonic() > deadline:
            return None
        time.sleep(_LOOK_SECONDS)


def _through_daemon(daemon: link.LinkClient, wanted: link.Enroll) -> int:
    daemon.send(wanted)
    match _awaited(daemon, _answers, _ANSWER_SECONDS):
        case link.Refused(text=text, code=refusal):
            raise EnrolmentError(refusal, text)
        case link.Joined(status="pending", words=words, company=company):
            _show(words)
            if _awaited(daemon, _confirms, float("inf")) is None:
                raise EnrolmentError("no_answer", "the sync daemon went away; it asks on when it is back")
        case link.Joined(company=company):
            pass
        case _:
            raise EnrolmentError("no_answer", "the sync daemon does not answer; try again")
    print(f"Confirmed: this device is active at {company or wanted.server}.")
    return 0


def _answers(message: link.Message) -> bool:
    return isinstance(message, link.Joined) or (isinstance(message, link.Refused) and message.do == "enroll")


def _confirms(message: link.Message) -> bool:
    return isinstance(message, link.Status) and message.enrolled


def _alone(settings: Settings, wanted: link.Enroll) -> int:
    _act_as_owner(settings.state_dir)
    with open_device(settings) as device:
        enrolment = device.join(wanted.server, wanted.code, wanted.ca)
        if enrolment.status == "pending":
            _show(enrolment.words)
            enrolment = _confirmed(device, enrolment)
        print(f"Confirmed: this device is active at {enrolment.company or wanted.server}.")
    return 0


def _confirmed(device: Device, enrolment: Enrolment) -> Enrolment:
    exchange = device.exchange(lambda _: None)
    while exchange is not None and enrolment.status == "pending":
        now = time.monotonic()
        time.sleep(max(0.0, exchange.step(now) - now))
        enrolment = device.delivery.enrolment() or enrolment
    return enrolment


def _show(words: list[str] | tuple[str, ...]) -> None:
    print("The back office must show the same six words. Compare them, then confirm there:\n")
    print(f"    {' '.join(words)}\n", flush=True)


def _act_as_owner(state_dir: Path) -> None:
    """Root becomes the folder's user for good, or the daemon could not open what is made here."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = state_dir.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _sentence(problem: Exception) -> str:
    match problem:
        case EnrolmentError(code="unknown_code" | "used_code" | "code_used" | "expired_code"):
            return f"{problem}; ask the back office for a new code"
        case ClientError(trouble="offline", code="tls"):
            return f"the server's certificate cannot be trusted: {problem}"
        case ClientError(trouble="offline"):
            return f"the server cannot be reached: {problem}"
        case _:
            return str(problem)
