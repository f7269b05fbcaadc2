"""`clockhouse outbox status | verify [FILE] | export`: what this device holds, and whether it holds together."""

import contextlib
import json
import os
import sys
from argparse import Namespace
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import delivery, ledger, plan, signing, wire
from clockhouse_sync.delivery import DeliveryStore, Mark
from clockhouse_sync.keys import load_key
from clockhouse_sync.outbox import OutboxReader, look_into
from clockhouse_sync.settings import Settings, load_settings
from clockhouse_sync.settings_file import SettingsError
from clockhouse_sync.store import StoreError

_SQLITE: Final = b"SQLite format 3\0"


def outbox(args: Namespace) -> int:
    """Answers on standard output; exit 0 done, 1 the answer is no, 2 it cannot be read."""
    try:
        settings = load_settings(args.config, os.environ)
        match args.action:
            case "status":
                return _status(settings, as_json=args.json)
            case "verify":
                return _verify(settings, args.file)
            case _:
                return _export(settings, args.out)
    except (SettingsError, StoreError, OSError) as problem:
        print(f"clockhouse outbox: {problem}", file=sys.stderr)
        return 2


def _status(settings: Settings, *, as_json: bool) -> int:
    with _stores(settings) as (reader, state):
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


def _verify(settings: Settings, path: Path | None) -> int:
    """Prints one JSON object in any case: scripts and people read the same."""
    report = _verify_own(settings) if path is None else verify_file(path)
    print(
        json.dumps(
            {
                "ok": report.ok, "device_id": report.device_id, "epoch": report.epoch, "seq": report.seq,
                "problem": report.problem, "lines": report.lines,
            }
        )
    )  # fmt: skip
    return 0 if report.ok else 1


def _verify_own(settings: Settings) -> ledger.Report:
    with _stores(settings) as (reader, state):
        if reader is None:
            return ledger.Report(ok=True)
        return ledger.verify_evidence(_evidence(settings, reader, state))


def verify_file(path: Path) -> ledger.Report:
    """Check an outbox database or an evidence file; raises OSError if there is none."""
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database and path.suffix == ".db":
        return ledger.Report(ok=False, problem="is not an outbox: the file's beginning is damaged")
    if not is_database:
        with path.open("rb") as file:
            return ledger.verify_export(file)
    try:
        with contextlib.closing(OutboxReader(path)) as reader:
            report = ledger.verify(reader.stored())
            return replace(report, device_id=report.device_id or reader.device_id)
    except StoreError as problem:
        if problem.code == "unreadable":
            return ledger.Report(ok=False, problem=str(problem))
        raise


def _export(settings: Settings, out: Path | None) -> int:
    with _stores(settings) as (reader, state), ExitStack() as stack:
        if reader is None:
            print("clockhouse outbox: there is no outbox yet", file=sys.stderr)
            return 2
        sink = sys.stdout.buffer if out is None else stack.enter_context(out.open("wb"))
        for row in ledger.write_export(_evidence(settings, reader, state)):
            sink.write(row + b"\n")
        sink.flush()
    return 0


def _evidence(settings: Settings, reader: OutboxReader, state: DeliveryStore | None) -> ledger.Export:
    """All that this device can show. Lines are read last: the kiosk may append what nothing here speaks of yet."""
    evidence = ledger.Export(
        header={"device_id": reader.device_id},
        checkpoints=[] if state is None else state.checkpoints(),
        receipts=[] if state is None else _own_receipts(state, reader.device_id),
    )
    key = load_key(settings.key)
    if key is not None and signing.key_id(signing.public_bytes(key)) != reader.device_id:
        key = None  # of another device, which this machine became since
    if key is not None:
        evidence.header["public_key"] = b64encode(signing.public_bytes(key)).decode()
        evidence.checkpoints += _last_checkpoints(key, reader, evidence.checkpoints)
    evidence.lines = list(reader.stored())
    if key is not None:
        evidence.checkpoints = _own_checkpoints(key, evidence)
    evidence.beside = {
        name: wire.Beside(salt=b64encode(salt).decode(), content=b64encode(content).decode())
        for name, (salt, content) in reader.all_beside().items()
    }
    return evidence


def _own_receipts(state: DeliveryStore, device_id: str) -> list[wire.Receipt]:
    """Not those that this machine was given as the device that it was before it joined another server."""
    return [receipt for receipt in state.receipts() if receipt.device_id == device_id]


def _own_checkpoints(key: Ed25519PrivateKey, evidence: ledger.Export) -> list[wire.Checkpoint]:
    """As _own_receipts. What speaks of lines that are here stays in any case, to be checked."""
    here = {line.epoch for line in evidence.lines}
    public = key.public_key()
    return [one for one in evidence.checkpoints if one.epoch in here or signing.checkpoint_holds(public, one)]


def _last_checkpoints(
    key: Ed25519PrivateKey, reader: OutboxReader, made: Sequence[wire.Checkpoint]
) -> list[wire.Checkpoint]:
    """The device's signature over the newest lines too, which the daemon may not have reached yet."""
    signed = {(one.epoch, one.seq) for one in made}
    now = wire.format_instant(datetime.now(UTC))  # noqa: TID251 - a command is wiring
    return [
        signing.checkpoint(key, head, now) for head in reader.heads() if (head.epoch, head.seq) not in signed
    ]


@contextlib.contextmanager
def _stores(settings: Settings) -> Iterator[tuple[OutboxReader | None, DeliveryStore | None]]:
    with ExitStack() as stack:
        reader = look_into(settings.outbox)
        if reader is not None:
            stack.callback(reader.close)
        state = delivery.look_into(settings.delivery)
        if state is not None:
            stack.callback(state.close)
        yield reader, state
