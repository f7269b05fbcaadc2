"""`clockhouse-server ledger verify | key`: every chain and checkpoint, of the database or of a file; the server's key."""

import json
import sqlite3
from argparse import ArgumentParser, Namespace
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from clockhouse_server import settings
from clockhouse_server.auth import audit, keys
from clockhouse_server.auth.opening import open_database
from clockhouse_server.collecting import collect_rarely
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
    verify.add_argument(
        "--server-key", metavar="KEY", action="append", default=[],
        help="with FILE: the server's key or its id, known from elsewhere, for the receipts; may stand several times",
    )  # fmt: skip
    verify.add_argument("file", nargs="?", metavar="FILE", help="a kiosk's export instead of the database")
    key = tasks.add_parser(
        "key", help="the key that this server signs receipts with, for whoever checks them"
    )
    settings.configure(key)
    key.add_argument("--json", action="store_true", help="answer as JSON")


def run(args: Namespace) -> int:
    return _show_key(args) if args.task == "key" else _verify(args)


def _show_key(args: Namespace) -> int:
    path = settings.from_args(args).secrets_path()
    held = keys.load(path)
    if held is None:
        raise Invalid(
            f"{path} is not there yet; the first start of the server makes it.", field="secrets_file"
        )
    public = b64encode(held.public).decode()
    print(
        json.dumps({"key_id": held.key_id, "public_key": public}) if args.json else f"{held.key_id} {public}"
    )
    return 0


def _verify(args: Namespace) -> int:
    if args.server_key and not args.file:
        raise Invalid("is for a FILE: the database holds no receipts.", field="--server-key")
    collect_rarely()
    report = _of_file(args) if args.file else _of_database(args)
    if args.json:
        names = ("ok", "device_id", "epoch", "seq", "problem", *(["receipts"] if args.file else []))
        print(json.dumps({name: getattr(report, name) for name in names}))
    elif report.ok:
        print(f"All {report.lines} lines hold." + (f" {report.receipts}" if report.receipts else ""))
    else:
        print(f"{report.device_id} epoch {report.epoch} line {report.seq}: {report.problem}")
    return 0 if report.ok else 1


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
        expected = ledger.expected_keys(args.server_key)
    except wire.WireError as problem:
        raise Invalid(str(problem), field="--server-key") from None
    try:
        with Path(args.file).open("rb", ledger.BUFFER) as file:
            if args.device is None:
                report = ledger.verify_export(file, expected=expected)
            else:
                export = ledger.read_export(file)
                kept = [line for line in export.lines if line.device_id == args.device]
                if not kept:
                    raise Invalid(f"{args.file} holds no line of {args.device}.", field="--device")
                report = ledger.verify_evidence(replace(export, lines=kept), expected=expected)
    except OSError as problem:
        raise Invalid(f"{args.file}: {problem.strerror}", field="FILE") from None
    except wire.WireError as problem:
        return ledger.Report(False, problem=str(problem))
    return report
