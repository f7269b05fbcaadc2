"""What comes along with lines: signed checkpoints, and the contents that lines name by hash."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server import bulk
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import store
from clockhouse_server.ingest.alarms import raise_alarm
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.models import BesideRow, CheckpointRow
from clockhouse_server.ingest.reading import Delivery, content
from clockhouse_sync import signing, wire

log = logging.getLogger("clockhouse.ingest")
CHECKPOINT: Final = ("device_id", "epoch", "seq", "hash", "made_at", "signature", "received_at")


Place = tuple[str, int, str]
"""An epoch, a seq and a hash."""


def keep(session: Session, batches: Sequence[Batch], *, now: datetime, new_id: Callable[[], str]) -> None:
    """Store what holds; a checkpoint that names another line than ours is an alarm, and stored too."""
    named = {}
    for batch in batches:
        _keep_beside(session, batch.device, batch.delivery)
        if batch.delivery.checkpoints:
            named[batch.device.id] = _storable(batch.delivery.checkpoints)
    if not named:
        return
    known = store.known_checkpoints(session, named)
    rows: list[tuple[Any, ...]] = []
    for batch in batches:
        device, said = batch.device, named.get(batch.device.id)
        if said is None:
            continue
        key = signing.read_public(device.public_key)
        fresh = {
            place: one
            for place, one in said.items()
            if place not in known[device.id] and signing.checkpoint_holds(key, one)
        }
        told = {(one.epoch, one.seq, one.hash) for one in batch.delivery.checkpoints}
        if len(fresh) + len(known[device.id]) < len(told):
            log.warning("ingest.checkpoint_bad", extra={"device": device.id})
        rows += [(device.id, *place, one.made_at, one.signature, now) for place, one in fresh.items()]
        for epoch, seq, line_hash in sorted(_elsewhere(session, batch, fresh)):
            facts = {"epoch": epoch, "seq": seq, "hash": line_hash}
            raise_alarm(session, device.id, "checkpoint_differs", facts, now=now, new_id=new_id)
    bulk.write(session, CheckpointRow, CHECKPOINT, rows)


def _storable(checkpoints: Sequence[wire.Checkpoint]) -> dict[Place, wire.Checkpoint]:
    return {
        (one.epoch, one.seq, one.hash): one
        for one in checkpoints
        if max(len(one.epoch), len(one.hash), len(one.made_at)) <= wire.LONGEST_TEXT
        and "\x00" not in one.epoch + one.hash + one.made_at
        and 0 <= one.seq <= wire.MAX_INTEGER
    }


def _elsewhere(
    session: Session, batch: Batch, fresh: Collection[tuple[str, int, str]]
) -> set[tuple[str, int, str]]:
    """Those that name another line than what is stored at their place; most are about lines of the same batch."""
    held = batch.held
    asked = {(epoch, seq) for epoch, seq, _ in fresh if not held.at(epoch, seq)}
    stored = store.hashes_at(session, batch.device.id, asked)
    found = set()
    for epoch, seq, line_hash in fresh:
        hashes = held.at(epoch, seq) or stored.get((epoch, seq), set())
        if hashes and line_hash not in hashes:
            found.add((epoch, seq, line_hash))
    return found


def _keep_beside(session: Session, device: Sender, delivery: Delivery) -> None:
    if not delivery.beside:
        return
    read = {name: found for name, one in delivery.beside.items() if (found := content(one, name)) is not None}
    known = store.known_beside(session, device.id, read)
    store.insert_rows(
        session,
        BesideRow,
        [
            {"device_id": device.id, "hash": name, "salt": salt, "content": text}
            for name, (salt, text) in read.items()
            if name not in known
        ],
    )


def contents(session: Session, device_id: str, names: Collection[str]) -> dict[str, tuple[bytes, bytes]]:
    """What is stored beside this device's lines under these hashes, and was not erased."""
    if not names:
        return {}
    query = select(BesideRow).where(BesideRow.device_id == device_id, BesideRow.hash.in_(names))
    return {
        row.hash: (row.salt, row.content)
        for row in session.scalars(query)
        if row.salt is not None and row.content is not None
    }
