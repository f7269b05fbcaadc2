"""`clockhouse-server backup`: the database and the secrets in one file."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from clockhouse_server import backups, settings
from clockhouse_server.auth.opening import opened
from clockhouse_server.errors import Invalid


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--to", metavar="DIR", required=True, help="folder for the backup")
    parser.add_argument("--keep", type=_count, metavar="N", help="delete all but the newest N backups there")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ArgumentTypeError("give a whole number, 1 or more")
    return int(text)


def run(args: Namespace) -> int:
    folder = Path(args.to)
    with opened(args) as server:
        try:
            made = backups.write(server.engine, server.settings.secrets_path(), folder, server.now())
        except OSError as problem:
            raise Invalid(f"{folder}: {problem.strerror}", field="--to") from None
    print(made)
    if args.keep is not None:
        for old in sorted(folder.glob(backups.PATTERN))[: -args.keep]:
            old.unlink()
    return 0
