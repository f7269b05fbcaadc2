"""`clockhouse-server restore`: a backup in the place of the database."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from clockhouse_server import backups, settings
from clockhouse_server.errors import Invalid


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("file", metavar="FILE", help="a backup made by `clockhouse-server backup`")
    parser.add_argument("--yes", action="store_true", help="do it without asking")


def run(args: Namespace) -> int:
    chosen = settings.from_args(args)
    backup = Path(args.file)
    with backups.unpacked(backup) as (manifest, _):
        print(
            f"This puts the backup of {manifest.made_at} in the place of {chosen.database}.\n"
            "What was there is kept beside it for SQLite, and replaced for PostgreSQL. Stop the server first.\n"
            "Everybody is signed out. Kiosks notice, and send again what this backup does not hold."
        )
    if not args.yes and not _agreed():
        return 1
    epoch = backups.restore(backup, chosen, args.wiring.now(), args.wiring.new_id)
    print(f"Restored. The server's new epoch is {epoch}.")
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Invalid("Say --yes, since nobody can be asked here.", field="--yes")
    return input("Type restore to go on: ").strip() == "restore"
