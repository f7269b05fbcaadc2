"""`clockhouse-server why`: an invoice line walked back to the ledger, everything on the way checked again."""

import json
from argparse import ArgumentParser, Namespace

from clockhouse_server import settings
from clockhouse_server.auth.opening import open_database
from clockhouse_server.billing import why
from clockhouse_server.db import transaction
from clockhouse_server.errors import Invalid


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument("invoice", metavar="INVOICE[:LINE]", help="as INV-2026-0001 or INV-2026-0001:3")


def run(args: Namespace) -> int:
    label, _, line = args.invoice.partition(":")
    if line and not (line.isascii() and line.isdigit()):
        raise Invalid("after the colon stands a line's number, as INV-2026-0001:3", field="LINE")
    engine = open_database(settings.from_args(args), args.wiring)
    try:
        with transaction(engine, read_only=True) as session:
            walk = why.why(session, label, int(line) if line else None)
    finally:
        engine.dispose()
    if args.json:
        print(json.dumps(why.plain(walk), ensure_ascii=False))
    else:
        print("\n".join(why.text(walk)))
    return 0 if walk.ok else 1
