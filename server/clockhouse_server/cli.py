"""The `clockhouse-server` script: a table of subcommands, each imported when it is called."""

import os
import secrets
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib import import_module
from typing import Final, NoReturn
from uuid import uuid4  # noqa: TID251 - this module wires

from clockhouse_server.errors import Refusal
from clockhouse_server.settings import SettingsError, Wiring

COMMANDS: Final = {
    "serve": ("clockhouse_server.commands.serve", "run the API and the back office"),
    "admin": ("clockhouse_server.commands.admin", "first user, one-time kiosk codes, tokens"),
    "backup": ("clockhouse_server.commands.backup", "write the database and the secrets into one file"),
    "restore": ("clockhouse_server.commands.restore", "put a backup in the place of the database"),
    "ledger": ("clockhouse_server.commands.ledger", "check every chain and checkpoint"),
    "price": ("clockhouse_server.commands.price", "an invoice's arithmetic: JSON in, JSON out"),
    "payroll": ("clockhouse_server.commands.payroll", "write a pay period's file"),
    "why": ("clockhouse_server.commands.why", "walk an invoice line back to device, epoch and seq"),
    "import": ("clockhouse_server.commands.bring", "a kiosk's export, through the same ingest"),
}
"""Name -> the module with `configure(parser)` and `run(args) -> int`, and what it does."""


class _Parser(ArgumentParser):
    """Bad usage is one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(2)


def wiring() -> Wiring:
    """The process's clock, ids, tokens and environment."""
    return Wiring(
        now=lambda: datetime.now(UTC),  # noqa: TID251 - this module wires
        new_id=lambda: str(uuid4()),
        new_token=lambda: secrets.token_urlsafe(32),
        environ=os.environ,
    )


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand: 0 done, 1 the answer is no, 2 bad usage or input."""
    given = sys.argv[1:] if argv is None else argv
    parser = _Parser(prog="clockhouse-server", description="The server of the Clockhouse time clock.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    wanted = next((word for word in given if not word.startswith("-")), None)
    for name, (module, says) in COMMANDS.items():
        command = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        if name == wanted:
            import_module(module).configure(command)
    args = parser.parse_args(given)
    args.wiring = wiring()
    try:
        return int(import_module(COMMANDS[args.command][0]).run(args))
    except SettingsError as problem:
        print(f"clockhouse-server: {problem}", file=sys.stderr)
        return 2
    except Refusal as problem:
        where = f"{problem.field}: " if problem.field else ""
        print(f"clockhouse-server: {where}{problem.sentence}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output went away
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
        return 1
