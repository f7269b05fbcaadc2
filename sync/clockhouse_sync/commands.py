"""`clockhouse outbox status | verify [FILE] | export`: what this device holds, and whether it holds together."""

import contextlib
import json
import os
import sys
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from clockhouse_sync import ledger, plan, wire
from clockhouse_sync.delivery import DeliveryStore, Mark
from clockhouse_sync.evidence import gathered, stores
from clockhouse_sync.outbox_reader import OutboxReader
from clockhouse_sync.settings import Settings, load_settings
from clockhouse_sync.settings_file import SettingsError
from clockhouse_sync.store import StoreError

_SQLITE: Final = b"SQLite format 3\0"
NO_RECEIPTS: Final = "No receipt was checked: an outbox holds none. Check the evidence file."


def outbox(args: Namespace) -> int:
    """Answers on standard output; exit 0 done, 1 the answer is no, 2 it cannot be read."""
    try:
        settings = load_settings(args.config, os.environ)
        match args.action:
            case "status":
                return _status(settings, as_json=args.json)
            case "verify":
                return _verify(settings, args.file, ledger.expected_keys(args.server_key))
            case _:
                return _export(settings, args.out)
    except (SettingsError, StoreError, OSError, wire.WireError) as problem:
        print(f"clockhouse outbox: {problem}", file=sys.stderr)
        return 2


def _status(settings: Settings, *, as_json: bool) -> int:
    with stores(settings) as (reader, state):
        found = _standing(reader, state)
    found["set_aside"] = sorted(path.name for path in settings.state_dir.glob("outbox.db.aside-*"))
    if as_json:
        print(json.dumps(found))
        return 0
    print(f"device      {found['device_id'] or 'not enrolled yet'}")
    print(f"waiting     {found['waiting']}" + (f", oldest from {found['oldest']}" if found["oldest"] else ""))
    print(f"delivered   {found['delivered']}")
    print(f"parked      {len(found['parked'])}")
    for parked in found["parked"]:
        print(f"            {parked['code']}: epoch {parked['epoch']} line {parked['seq']}")
    for name in found["set_aside"]:
        print(f"set aside   {name}")
    return 0


def _standing(reader: OutboxReader | None, state: DeliveryStore | None) -> dict[str, Any]:
    marks = {} if state is None else state.marks()
    parked = [] if state is None else state.parked()
    heads = [] if reader is None else reader.heads()
    held = [plan.Held(head.epoch, head.seq, marks.get(head.epoch, Mark()).sent) for head in heads]
    stamps = [
        reader.stamped_at(epoch.epoch, epoch.sent + 1)
        for epoch in held
        if reader is not None and epoch.newest > epoch.sent
    ]
    known = [stamp for stamp in stamps if stamp is not None]
    return {
        "device_id": None if reader is None else reader.device_id,
        "depth": plan.waiting(held),
        "waiting": plan.waiting(held),
        "oldest": wire.format_instant(min(known)) if known else None,
        "delivered": sum(min(epoch.sent, epoch.newest) for epoch in held),
        "epochs": len(held),
        "parked": [
            {"epoch": line.epoch, "seq": line.seq, "hash": line.hash, "code": line.code} for line in parked
        ],
        "complete_through": None if state is None else state.complete_through,
    }


def _verify(settings: Settings, path: Path | None, expected: ledger.Expected) -> int:
    """Prints one JSON object in any case: scripts and people read the same."""
    report = _verify_own(settings, expected) if path is None else verify_file(path, expected)
    print(
        json.dumps(
            {
                "ok": report.ok, "device_id": report.device_id, "epoch": report.epoch, "seq": report.seq,
                "problem": report.problem, "lines": report.lines, "receipts": report.receipts,
            }
        )
    )  # fmt: skip
    return 0 if report.ok else 1


def _verify_own(settings: Settings, expected: ledger.Expected) -> ledger.Report:
    with stores(settings) as (reader, state):
        if reader is None:
            return ledger.Report(ok=True)
        return ledger.verify_evidence(gathered(settings, reader, state), expected=expected)


def verify_file(path: Path, expected: ledger.Expected | None = None) -> ledger.Report:
    """Check an outbox database or an evidence file; raises OSError if there is none.

    Receipts, which only the latter holds, are held against the `expected` server keys, else against its own.
    """
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database and path.suffix == ".db":
        return ledger.Report(ok=False, problem="is not an outbox: the file's beginning is damaged")
    if not is_database:
        with path.open("rb", ledger.BUFFER) as file:
            return ledger.verify_export(file, expected=expected or {})
    try:
        with contextlib.closing(OutboxReader(path)) as reader:
            reader.take_any_text()
            report = _verify_store(reader)
            return replace(report, receipts=NO_RECEIPTS) if expected and report.ok else report
    except StoreError as problem:
        if problem.code in {"unreadable", "failed"}:
            return ledger.Report(ok=False, problem=str(problem))
        raise


def _verify_store(reader: OutboxReader) -> ledger.Report:
    report = ledger.verify(reader.stored(), reader.ends(), whole=True)
    if not report.ok:
        return report
    for name, (salt, content) in reader.all_beside().items():
        if not ledger.gives(name, salt, content):
            problem = f"content beside a line does not give its hash {name}"
            return replace(report, ok=False, device_id=reader.device_id, problem=problem)
    hidden = reader.passed_over()
    if hidden is not None:
        problem = "its bytes are here, and its epoch is kept as if they were gone"
        return replace(
            report, ok=False, device_id=reader.device_id, epoch=hidden.epoch, seq=hidden.seq, problem=problem
        )
    return replace(report, device_id=reader.device_id)


def _export(settings: Settings, out: Path | None) -> int:
    with stores(settings) as (reader, state), ExitStack() as stack:
        if reader is None:
            print("clockhouse outbox: there is no outbox yet", file=sys.stderr)
            return 2
        sink = sys.stdout.buffer if out is None else stack.enter_context(out.open("wb"))
        for row in ledger.write_export(gathered(settings, reader, state)):
            sink.write(row + b"\n")
        sink.flush()
    return 0
