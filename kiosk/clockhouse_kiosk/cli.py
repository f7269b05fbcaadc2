"""The `clockhouse` command. Each subcommand imports its part when it is called, so that none waits for another."""

import os
import sys
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

DEFAULT_CONFIG: Final = "/etc/clockhouse/clockhouse.toml"


class _Parser(ArgumentParser):
    """Says what is wrong in one line on standard error, with the closest right word where there is one."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: {line} (see {self.prog} --help)\n")

    def _check_value(self, action: object, value: object) -> None:
        choices = [str(choice) for choice in getattr(action, "choices", None) or ()]
        if choices and value not in choices:
            from difflib import get_close_matches

            close = get_close_matches(str(value), choices, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            name = "/".join(getattr(action, "option_strings", ())) or getattr(action, "dest", "")
            self.error(f"{name}: {str(value)!r} is none of {', '.join(choices)}{hint}")


def main(arguments: list[str] | None = None) -> int:
    """0 done, 1 the answer is no, 2 bad usage or input."""
    given = sys.argv[1:] if arguments is None else arguments
    args = _parser(given).parse_args(given)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code


class _Version(Action):
    """Looks the version up only when somebody asks."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"clockhouse {version('clockhouse')}")
        parser.exit()


def _parser(arguments: Sequence[str]) -> ArgumentParser:
    """All commands by name; only the one that is called needs its options."""
    parser = _Parser(
        prog="clockhouse",
        description="A physical time clock: screens, readers, delivery.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (add, about) in _COMMANDS.items():
        command = commands.add_parser(name, help=about, allow_abbrev=False)
        if name in arguments:
            add(command)
    return parser


def _add_config(parser: ArgumentParser) -> None:
    default = Path(os.environ.get("CLOCKHOUSE_CONFIG", DEFAULT_CONFIG))
    parser.add_argument(
        "--config", metavar="F", type=Path, default=default, help=f"settings (default {default})"
    )


def _add_kiosk(parser: ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--simulate", action="store_true", help="a simulated reader and a temporary store")
    parser.add_argument("--windowed", action="store_true", help="a window instead of the whole screen")
    parser.add_argument(
        "--control", metavar="S", type=Path, help="a socket that taps and photographs; with --simulate"
    )
    parser.add_argument("--size", metavar="WxH", type=_size, help="the window's size, for example 800x480")
    parser.set_defaults(run=_kiosk)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is no size; write it as 800x480")
    return int(width), int(height)


def _kiosk(args: Namespace) -> int:
    from clockhouse_kiosk import app

    return app.main(args)


def _add_sync(parser: ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--once", action="store_true", help="deliver and pull once, then end")
    parser.set_defaults(run=_sync)


def _sync(args: Namespace) -> int:
    from clockhouse_sync import daemon

    return daemon.main(args)


def _add_enroll(parser: ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--server", metavar="URL", help="the server's address, https://…")
    parser.add_argument("--setup", metavar="TEXT", help="what the office's setup code says; gives both")
    parser.add_argument(
        "code", metavar="CODE", nargs="?", help="the one-time code that the back office shows"
    )
    parser.set_defaults(run=_enroll)


def _enroll(args: Namespace) -> int:
    from clockhouse_sync import enrolling

    typed = args.server is not None and args.code is not None
    if typed == (args.setup is not None) or (args.setup and (args.server or args.code)):
        return _refuse("clockhouse enroll: give either --server URL and CODE, or --setup TEXT")
    return enrolling.main(args)


def _add_doctor(parser: ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_doctor)


def _doctor(args: Namespace) -> int:
    from clockhouse_drivers import doctor
    from clockhouse_kiosk import settings as screens
    from clockhouse_sync import settings as delivery
    from clockhouse_sync.clock import clock_state

    now = datetime.now(UTC)  # noqa: TID251 - this is wiring
    try:
        kernel = clock_state()
        clock = doctor.Clock(now, kernel.sync, kernel.error_ms)
    except OSError:
        clock = doctor.Clock(now, None)
    kiosk, kiosk_problems = screens.look(args.config, os.environ)
    sync, sync_problems = delivery.look(args.config, os.environ)
    device = doctor.Device(
        config=args.config,
        state_dir=kiosk.state_dir,
        readers=kiosk.readers,
        server=sync.server or _joined(sync.delivery),
        ca_file=sync.ca_file,
        problems=tuple(dict.fromkeys([*kiosk_problems, *sync_problems])),
    )
    return doctor.report(doctor.examine(device, clock), sys.stdout, as_json=args.json)


def _joined(store: Path) -> str | None:
    """The server that this device enrolled with, as far as this user may know."""
    from clockhouse_sync import delivery
    from clockhouse_sync.store import StoreError

    try:
        state = delivery.look_into(store)
    except (OSError, StoreError):
        return None
    if state is None:
        return None
    with closing(state):
        enrolment = state.enrolment()
        return None if enrolment is None else enrolment.server


def _add_read(parser: ArgumentParser) -> None:
    from clockhouse_drivers.readings import PROTOCOLS

    parser.description = "Reads bytes from standard input; writes one JSON line for each reading or misread."
    parser.add_argument(
        "--protocol", metavar="NAME", required=True, choices=list(PROTOCOLS), help=", ".join(PROTOCOLS)
    )
    parser.add_argument("--hex", action="store_true", help="the input is hex text; it may hold spaces")
    parser.set_defaults(run=_read)


def _read(args: Namespace) -> int:
    from clockhouse_drivers import commands

    if sys.stdin is None:
        return _refuse("clockhouse read: standard input is closed; pipe the reader's bytes into it")
    try:
        now = lambda: datetime.now(UTC)  # noqa: E731, TID251 - this is wiring
        return commands.read(args.protocol, sys.stdin.buffer, sys.stdout, is_hex=args.hex, now=now)
    except commands.BadInput as problem:
        return _refuse(f"clockhouse read: {problem}")
    except BrokenPipeError:
        raise
    except OSError as problem:
        return _refuse(f"clockhouse read: standard input cannot be read: {problem.strerror}")


def _add_badge(parser: ArgumentParser) -> None:
    from clockhouse_drivers.credentials import FORMS

    parser.add_argument("value", metavar="VALUE", nargs="?", help="a badge number as printed, typed or read")
    parser.add_argument("--form", choices=FORMS, help="how to read it; without, every way that fits")
    parser.add_argument(
        "--same", metavar=("A", "B"), nargs=2, help="exit 0 if both are the same badge, else 1"
    )
    parser.set_defaults(run=_badge)


def _badge(args: Namespace) -> int:
    from clockhouse_drivers import commands
    from clockhouse_drivers.credentials import NotABadge

    if (args.value is None) == (args.same is None):
        return _refuse("clockhouse badge: give either a VALUE or --same A B")
    if args.same is not None and args.form is not None:
        return _refuse("clockhouse badge: --form goes with a VALUE; --same reads both in every form")
    try:
        if args.same is not None:
            a, b = args.same
            return commands.same(a, b, sys.stdout)
        return commands.badge(args.value, args.form, sys.stdout)
    except NotABadge as problem:
        form = (
            f"no badge number of the form {args.form}" if args.form else "no badge number of any known form"
        )
        return _refuse(f"clockhouse badge: {str(problem)!r} is {form}; for example 0011846615 or 2A00B4C3D7")


def _add_outbox(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    status = actions.add_parser("status", help="how many lines wait, since when, and what is parked")
    verify = actions.add_parser("verify", help="check the whole chain, or that of an evidence file")
    verify.add_argument("file", metavar="FILE", nargs="?", type=Path)
    verify.add_argument(
        "--server-key", metavar="KEY", action="append", default=[],
        help="the server's key or its id, known from elsewhere, for the receipts; may stand several times",
    )  # fmt: skip
    export = actions.add_parser("export", help="write the evidence file")
    export.add_argument("--out", metavar="FILE", type=Path, help="where to (default: standard output)")
    for action in (status, verify, export):
        _add_config(action)
        action.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_outbox)


def _outbox(args: Namespace) -> int:
    from clockhouse_sync import commands

    return commands.outbox(args)


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return 2


_COMMANDS: Final[Mapping[str, tuple[Callable[[ArgumentParser], None], str]]] = {
    "kiosk": (_add_kiosk, "the screens"),
    "sync": (_add_sync, "the daemon that delivers punches"),
    "enroll": (_add_enroll, "join a server with a one-time code"),
    "doctor": (_add_doctor, "what is wrong here and what to do"),
    "read": (_add_read, "badge readers' bytes to JSON lines"),
    "badge": (_add_badge, "every form of a badge number"),
    "outbox": (_add_outbox, "the punches that this device holds"),
}


if __name__ == "__main__":
    sys.exit(main())
