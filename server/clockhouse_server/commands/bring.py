"""`clockhouse-server import lines FILE`: a kiosk's export, through the same ingest as any delivery."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from sqlalchemy.orm import Session

from clockhouse_server import settings
from clockhouse_server.auth.opening import opened
from clockhouse_server.auth.web import Server
from clockhouse_server.db import transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import Invalid
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.timecards.delivered import take
from clockhouse_sync import ledger, signing, wire


def configure(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    lines = kinds.add_parser("lines", help="what `clockhouse outbox export` wrote on a kiosk")
    settings.configure(lines)
    lines.add_argument("file", metavar="FILE")


def run(args: Namespace) -> int:
    try:
        with opened(args) as server:
            outcomes = bring(server, Path(args.file))
    except OSError as problem:
        raise Invalid(f"{args.file}: {problem.strerror}", field="FILE") from None
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no lines")
    return 1 if outcomes["damaged"] else 0


def bring(server: Server, path: Path) -> Counter[str]:
    """Take a kiosk's file in, and count what became of its lines. Any number of times gives the same rows.

    Nothing that was damaged on the way is taken for what the kiosk said: what cannot be read, and lines whose bytes
    do not give the hash beside them, are left out and counted as `damaged`; the rest comes in. Raises OSError, and
    Invalid where nothing in the file can be read, or for a kiosk that nobody here knows.
    """
    with path.open("rb") as file:
        export, unreadable = ledger.read_damaged_export(file)
    whole = [line for line in export.lines if line.raw is None or ledger.line_hash(line.raw) == line.hash]
    outcomes = Counter(damaged=len(export.lines) - len(whole) + len(unreadable))
    if unreadable and not whole:
        raise Invalid(f"{path}: {unreadable[0]}", field="FILE")
    export.lines = whole
    devices = list(dict.fromkeys(line.device_id for line in whole))
    with transaction(server.engine, read_only=True) as session:
        for device_id in devices:
            _device(session, device_id)  # all of them are known, before anything is stored
    for device_id in devices:
        outcomes += _bring(server, export, device_id)
    return +outcomes


def _bring(server: Server, export: ledger.Export, device_id: str) -> Counter[str]:
    """One kiosk's lines, a transaction for each batch. What its own checkpoints cover counts as signed."""
    lines = [line for line in export.lines if line.device_id == device_id and line.raw is not None]
    outcomes: Counter[str] = Counter()
    with transaction(server.engine, read_only=True) as session:
        covered = _covered(_device(session, device_id), export)
    for signed in (True, False):
        chosen = [line for line in lines if (line.seq <= covered.get(line.epoch, 0)) is signed]
        sizes = [len(line.raw or b"") for line in chosen]
        for batch in wire.batches(chosen, sizes):
            with transaction(server.engine) as session:
                delivery = Delivery(
                    [line.raw for line in batch if line.raw is not None],
                    export.beside,
                    [one for one in export.checkpoints if signed],
                    signed,
                )
                [answer] = take(
                    session, [Batch.of(_device(session, device_id, lock=True), delivery)], keys=server.keys,
                    now=server.now(), new_id=server.new_id,
                )  # fmt: skip
            outcomes.update(verdict.outcome for verdict in answer.verdicts)
    return outcomes


def _device(session: Session, device_id: str, *, lock: bool = False) -> Device:
    found = session.get(Device, device_id, with_for_update=lock)
    if found is None:
        raise Invalid(f"No kiosk here has the id {device_id}; enrol it first.", field="FILE")
    return found


def _covered(device: Device, export: ledger.Export) -> dict[str, int]:
    """How far the kiosk's signature reaches in each epoch: a whole chain up to a checkpoint that holds."""
    key = signing.read_public(device.public_key)
    held = {(line.epoch, line.seq): line.hash for line in export.lines if line.device_id == device.id}
    epochs = {line.epoch for line in export.lines}
    chained = {
        epoch for epoch in epochs if ledger.verify(line for line in export.lines if line.epoch == epoch).ok
    }
    reach: dict[str, int] = {}
    for statement in export.checkpoints:
        same = held.get((statement.epoch, statement.seq)) == statement.hash
        if same and statement.epoch in chained and signing.checkpoint_holds(key, statement):
            reach[statement.epoch] = max(reach.get(statement.epoch, 0), statement.seq)
    return reach
