"""`clockhouse-server payroll export`: a period's payroll file and its manifest, as in the back office."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from clockhouse_server import settings
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.opening import opened
from clockhouse_server.db import transaction
from clockhouse_server.errors import Invalid
from clockhouse_server.payroll import store

CLI = Actor("cli", "command line", Role.BACK_OFFICE)


def configure(parser: ArgumentParser) -> None:
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    export = tasks.add_parser("export", help="write the file of a pay period")
    settings.configure(export)
    export.add_argument("--format", required=True, choices=list(store.FORMATS))
    export.add_argument("--period", required=True, metavar="ID", help="the period's first day, as 2026-11-09")
    export.add_argument("--out", required=True, metavar="DIR")
    export.add_argument("--partial", action="store_true", help="also if not everybody is approved yet")


def run(args: Namespace) -> int:
    with opened(args) as server, transaction(server.engine) as session:
        made = store.export(
            session,
            CLI,
            args.format,
            args.period,
            partial=args.partial,
            now=server.now(),
            new_id=server.new_id,
        )
        folder = Path(args.out)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / made.file_name).write_bytes(made.content)
            manifest = json.dumps(made.manifest, indent=2, ensure_ascii=False) + "\n"
            (folder / f"{made.file_name}.manifest.json").write_text(manifest, encoding="utf-8")
        except OSError as problem:
            raise Invalid(f"{args.out}: {problem.strerror}", field="--out") from None
    print(folder / made.file_name)
    return 0
