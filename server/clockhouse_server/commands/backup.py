"""`clockhouse-server backup`: the database and the secrets in one file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from clockhouse_server import backups, settings
from clockhouse_server.auth.opening import opened


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--to", metavar="DIR", required=True, help="folder for the backup")
    parser.add_argument("--keep", type=int, metavar="N", help="delete all but the newest N backups there")


def run(args: Namespace) -> int:
    folder = Path(args.to)
    with opened(args) as server:
        made = backups.write(server.engine, server.settings.secrets_path(), folder, server.now())
    print(made)
    if args.keep is not None and args.keep > 0:
        for old in sorted(folder.glob(backups.PATTERN))[: -args.keep]:
            old.unlink()
    return 0
