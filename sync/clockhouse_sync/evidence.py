"""All that this device can show of what it recorded, as one signed file: for the command, and for a USB stick."""

import contextlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import batch, delivery, ledger, plan, signing, store, wire
from clockhouse_sync.delivery import DeliveryStore
from clockhouse_sync.keys import load_key
from clockhouse_sync.outbox_reader import OutboxReader, look_into
from clockhouse_sync.settings import Settings


@dataclass(frozen=True)
class Written:
    """An evidence file that is whole on its disk: so many lines, so many of them not delivered yet."""

    path: Path
    lines: int
    waiting: int


def write_to(folder: Path, settings: Settings, now: datetime) -> Written | None:
    """Write the evidence file into a folder, whole or not at all; None while there is no outbox. Raises OSError."""
    with stores(settings) as (reader, state):
        if reader is None:
            return None
        evidence = gathered(settings, reader, state)
        waiting = 0 if state is None else plan.waiting(batch.held(reader, state))
        path = folder / f"clockhouse-{reader.device_id[:8].lower()}-{now:%Y%m%dT%H%M%SZ}.jsonl"
        store.write_whole(path, (row + b"\n" for row in ledger.write_export(evidence)))
    return Written(path, len(evidence.lines), waiting)


def gathered(settings: Settings, reader: OutboxReader, state: DeliveryStore | None) -> ledger.Export:
    """All that this device can show. Lines are read last: the kiosk may append what nothing here speaks of yet."""
    evidence = ledger.Export(
        header={"device_id": reader.device_id},
        checkpoints=[] if state is None else state.checkpoints(),
        receipts=[] if state is None else _own_receipts(state, reader.device_id),
    )
    if state is not None:
        evidence.server_keys = _keys_of(evidence.receipts, state)
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


def _keys_of(receipts: Sequence[wire.Receipt], state: DeliveryStore) -> list[wire.ServerKey]:
    """The server's keys that signed these, retired ones too."""
    named = {receipt.key_id for receipt in receipts}
    return [key for key in state.all_server_keys() if key.key_id in named]


def _own_checkpoints(key: Ed25519PrivateKey, evidence: ledger.Export) -> list[wire.Checkpoint]:
    """As _own_receipts. What speaks of lines that are here stays in any case, to be checked."""
    here = {line.epoch for line in evidence.lines}
    public = signing.public_key(key)
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
def stores(settings: Settings) -> Iterator[tuple[OutboxReader | None, DeliveryStore | None]]:
    with ExitStack() as stack:
        reader = look_into(settings.outbox)
        if reader is not None:
            stack.callback(reader.close)
        state = delivery.look_into(settings.delivery)
        if state is not None:
            stack.callback(state.close)
        yield reader, state
