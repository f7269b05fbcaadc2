"""`clockhouse-server ledger verify`: every chain and checkpoint, of the database or of a file."""

import gc
import json
import sqlite3
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from clockhouse_server import settings
from clockhouse_server.auth import audit
from clockhouse_server.auth.opening import open_database
from clockhouse_server.db import transaction
from clockhouse_server.errors import Invalid
from clockhouse_server.ingest import columns, verifying
from clockhouse_sync import ledger, wire


def configure(parser: ArgumentParser) -> None:
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    verify = tasks.add_parser(
        "verify", help="re-compute every chain and checkpoint; exit 1 at the first bad line"
    )
    settings.configure(verify)
    verify.add_argument("--device", metavar="ID", help="only this kiosk or source")
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    verify.add_argument("file", nargs="?", metavar="FILE", help="a kiosk's export instead of the database")


def run(args: Namespace) -> int:
    collect_rarely()
    report = _of_file(args) if args.file else _of_database(args)
    if args.json:
        shown = {name: getattr(report, name) for name in ("ok", "device_id", "epoch", "seq", "problem")}
        print(json.dumps(shown))
    elif report.ok:
        print(f"All {report.lines} lines hold.")
    else:
        print(f"{report.device_id} epoch {report.epoch} line {report.seq}: {report.problem}")
    return 0 if report.ok else 1


def collect_rarely() -> None:
    """Python looks for cycles whenever 700 tuples more are alive; a piece of lines is a thousand, and holds none.

    That cost a sixteenth of a database's verification. What stands before the first line is left alone for good.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _of_database(args: Namespace) -> ledger.Report:
    try:
        return _of_readable(args)
    except (DBAPIError, sqlite3.DatabaseError, UnicodeDecodeError) as problem:
        if not columns.is_damaged(problem):
            raise
        return ledger.Report(False, problem=f"the database file is damaged: {problem}")


def _of_readable(args: Namespace) -> ledger.Report:
    engine = open_database(settings.from_args(args), args.wiring)
    try:
        with transaction(engine, read_only=True) as session:
            if args.device is not None and not verifying.is_source(session, args.device):
                raise Invalid(f"Nothing here has the id {args.device}.", field="--device")
            report = verifying.verify_stored(session, args.device)
            trail = audit.verify(session) if report.ok and args.device is None else None
    finally:
        engine.dispose()
    return report if trail is None else ledger.Report(False, report.lines, "audit", problem=trail)


def _of_file(args: Namespace) -> ledger.Report:
    """All that the file says; of one kiosk's lines alone, where it is named."""
    try:
        with Path(args.file).open("rb", ledger.BUFFER) as file:
            if args.device is None:
                report = ledger.verify_export(file)
            else:
                export = ledger.read_export(file)
                kept = [line for line in export.lines if line.device_id == args.device]
                if not kept:
                    raise Invalid(f"{args.file} holds no line of {args.device}.", field="--device")
                report = ledger.verify_evidence(replace(export, lines=kept))
    except OSError as problem:
        raise Invalid(f"{args.file}: {problem.strerror}", field="FILE") from None
    except wire.WireError as problem:
        return ledger.Report(False, problem=str(problem))
    return report
