"""The outbox: every line that this device makes, linked and on disk before anybody is told "recorded".

Only the kiosk writes here. It appends, and forgets the bytes of lines that may go; hashes stay.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec

from clockhouse_sync import ledger, store, wire
from clockhouse_sync.outbox_schema import APPLICATION_ID, HELD, SCHEMA, SINCE, SPAN
from clockhouse_sync.store import StoreError

log = logging.getLogger(__name__)

OUTBOX: Final = "outbox.db"
KEEP: Final = timedelta(days=35)


class Moment(msgspec.Struct, frozen=True):
    """What all lines of an instant share."""

    at: datetime
    zone: str | None = None
    utc_offset_minutes: int | None = None
    boottime_ms: int | None = None
    clock: wire.ClockState | None = None
    site_id: str | None = None
    roster_version: str | None = None


class Line(msgspec.Struct, frozen=True):
    """A committed line: its place, its hash and its bytes."""

    epoch: str
    seq: int
    hash: str
    raw: bytes


class Draft(msgspec.Struct, frozen=True):
    """A line before it has a place."""

    kind: wire.LineType
    moment: Moment
    fields: Mapping[str, Any]
    beside: Sequence[tuple[bytes, bytes]] = ()


class Outbox:
    """The kiosk's hold on the outbox; may be used from several threads."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        device_id: str,
        epoch: str,
        boot_id: str,
        unwritten: Iterable[str] = (),
    ) -> None:
        self.device_id = device_id
        self.epoch = epoch
        self._boot_id = boot_id
        self._connection = connection
        self._path = path
        self._lock = Lock()
        self._unwritten = set(unwritten)

    def append(
        self,
        kind: wire.LineType,
        moment: Moment,
        fields: Mapping[str, Any],
        beside: Sequence[tuple[bytes, bytes]] = (),
    ) -> Line:
        """Queue one line, with what travels beside it as (salt, content); it is on disk when this returns.

        What was kept of the same reading is let go of in the same transaction. Raises StoreError when it could
        not be kept, WireError when it could not stand on the wire; then nothing of it is in the store.
        """
        draft = Draft(kind, moment, fields, beside)
        with self._lock:
            reading = _reading_of(draft) if self._unwritten else ""
            with store.writing(self._connection, self._path) as tx:
                line = _append(tx, self.device_id, self.epoch, draft)
                if reading in self._unwritten:
                    tx.execute("DELETE FROM unwritten WHERE reading = ?", (reading,))
            self._unwritten.discard(reading)
        return line

    def keep(self, drafts: Sequence[Draft]) -> None:
        """Keep what would be written of whoever stands here if nobody touched the wall any more, and nothing else.

        Punches and sightings, one for each reading. It is on disk when this returns; should the machine stop
        before their lines are made, opening the store again makes them. Raises StoreError.
        """
        kept = {_reading_of(draft): draft for draft in drafts}
        with self._lock:
            if not kept and not self._unwritten:
                return
            with store.writing(self._connection, self._path) as tx:
                tx.execute("DELETE FROM unwritten")
                tx.executemany(
                    "INSERT INTO unwritten (reading, boot_id, draft) VALUES (?, ?, ?)",
                    [(reading, self._boot_id, msgspec.json.encode(draft)) for reading, draft in kept.items()],
                )
            self._unwritten = set(kept)

    def lines_since(self, since: datetime) -> list[bytes]:
        """The bytes of own whole lines stamped at or after an instant, in the order they were made."""
        with self._lock, store.reading(self._connection, self._path) as tx:
            found = tx.execute(
                f"SELECT raw, lines.hash FROM {SINCE} WHERE raw IS NOT NULL ORDER BY first, position",  # noqa: S608
                (wire.milliseconds(since),),
            )
            return [raw for raw, line_hash in found if ledger.line_hash(raw) == line_hash]

    def contents_since(self, since: datetime, kind: wire.LineType) -> dict[str, bytes]:
        """What travels beside own lines of a type stamped at or after an instant, by hash."""
        with self._lock, store.reading(self._connection, self._path) as tx:
            found = tx.execute(
                f"SELECT beside.hash, salt, content FROM {SINCE} JOIN beside USING (position) WHERE +type = ?2",  # noqa: S608
                (wire.milliseconds(since), kind),
            )
            return {
                name: content for name, salt, content in found if ledger.beside_hash(salt, content) == name
            }

    def prune(self, now: datetime, prunable: Mapping[str, int]) -> int:
        """Forget the bytes of old lines that the server keeps for good; gives how many.

        `prunable` is the newest such line of each epoch (`delivery.prunable`). Lines younger than 35 days and
        lines that were never delivered stay. Place, link and hash stay always.
        """
        before = wire.milliseconds(now - KEEP)
        count = 0
        with self._lock, store.writing(self._connection, self._path) as tx:
            for epoch, through in prunable.items():
                count += _forget(tx, epoch, through, before)
        return count

    def forget_beside(self, delivered: Mapping[str, int]) -> None:
        """Erase what travelled beside lines up to these; the lines stay, and show by hash what it was."""
        with self._lock:
            with store.translating(self._path):
                self._connection.execute("PRAGMA secure_delete = ON")
            with store.writing(self._connection, self._path) as tx:
                for epoch, through in delivered.items():
                    lines = "SELECT position FROM lines WHERE epoch = ? AND seq <= ?"
                    tx.execute(f"DELETE FROM beside WHERE position IN ({lines})", (epoch, through))  # noqa: S608
            with store.translating(self._path):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Moves what the journal holds into the file, so that a copy of the file alone is complete."""
        with self._lock, contextlib.closing(self._connection), contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def open_outbox(
    path: Path,
    *,
    device_id: str,
    boot_id: str,
    software: str,
    moment: Moment,
    new_id: Callable[[], str],
    resumes: bool = False,
) -> Outbox:
    """Open the store and begin a new epoch with its `boot` line, after it what the run before kept unwritten.

    Where the same run `resumes`, what it keeps stays kept: it is still going to be decided.

    A store that cannot be read, or that belongs to another device, is set aside under a new name and a new one
    begun whose `boot` line gives the reason. Lines that lost their bytes to the disk are declared `lost`.
    """
    connection, reason = _open_or_begin(path, device_id, moment)
    try:
        epoch = new_id()
        with store.writing(connection, path) as tx:
            parent = _newest(tx)
            fields: dict[str, Any] = {"boot_id": boot_id, "software": software}
            fields |= {"parent": parent} if parent else {"reason": reason or "new"}
            _append(tx, device_id, epoch, Draft("boot", moment, fields))
            for lost in _undeclared_losses(tx):
                _append(tx, device_id, epoch, Draft("lost", moment, {"lost": lost}))
            if not resumes:
                _write_up(tx, device_id, epoch, boot_id)
            unwritten = [reading for (reading,) in tx.execute("SELECT reading FROM unwritten")]
    except BaseException:
        connection.close()
        raise
    return Outbox(connection, path, device_id=device_id, epoch=epoch, boot_id=boot_id, unwritten=unwritten)


def _open_or_begin(path: Path, device_id: str, moment: Moment) -> tuple[sqlite3.Connection, str | None]:
    stamp = f"{moment.at:%Y%m%dT%H%M%S}"
    reason = "empty" if path.exists() and path.stat().st_size == 0 else None
    try:
        connection = store.open_for_writing(path, SCHEMA, APPLICATION_ID)
    except StoreError as problem:
        if problem.code != "unreadable":
            raise
        reason = "unreadable"
        store.set_aside(path, stamp)
        connection = store.open_for_writing(path, SCHEMA, APPLICATION_ID)
    with store.translating(path):
        owner = connection.execute("SELECT device_id FROM owner").fetchone()
        if owner is not None and owner[0] != device_id:
            connection.close()
            store.set_aside(path, stamp)
            reason = "other_device"
            connection = store.open_for_writing(path, SCHEMA, APPLICATION_ID)
            owner = None
        if owner is None:
            connection.execute("INSERT INTO owner (device_id) VALUES (?)", (device_id,))
            store.sync_directory(path.parent)
    return connection, reason


def _write_up(tx: sqlite3.Connection, device_id: str, epoch: str, boot_id: str) -> None:
    """What the last run kept and did not come to write is written now, as of the instant of its reading."""
    for boot, raw in tx.execute("SELECT boot_id, draft FROM unwritten ORDER BY rowid").fetchall():
        try:
            draft = msgspec.json.decode(raw, type=Draft)
            if boot != boot_id:  # that count of milliseconds ended with the boot
                moment = msgspec.structs.replace(draft.moment, boottime_ms=None)
                draft = msgspec.structs.replace(draft, moment=moment)
            _append(tx, device_id, epoch, draft)
        except (msgspec.MsgspecError, wire.WireError):  # damaged; the wall must open all the same
            log.exception("outbox.unwritten_unreadable")
    tx.execute("DELETE FROM unwritten")


def _reading_of(draft: Draft) -> str:
    """What names the reading of a punch or sighting, whichever of them it becomes; empty for all other lines."""
    if draft.kind not in {"punch", "sighting"}:
        return ""
    moment = draft.moment
    return f"{wire.milliseconds(moment.at)} {moment.boottime_ms} {draft.fields.get('employee_id', '')}"


def _append(tx: sqlite3.Connection, device_id: str, epoch: str, draft: Draft) -> Line:
    """Place, link and bytes are made here, once, inside the caller's transaction."""
    before = tx.execute("SELECT newest, hash, held, number FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
    seq, prev = (1, None) if before is None else (before[0] + 1, before[1])
    raw = _encode(device_id, epoch, seq, prev, draft)
    line = Line(epoch, seq, ledger.line_hash(raw), raw)
    position = tx.execute(
        "INSERT INTO lines (epoch, seq, hash, prev, type, at_ms, raw) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (epoch, seq, line.hash, prev, draft.kind, wire.milliseconds(draft.moment.at), raw),
    ).lastrowid
    if position is not None and position % SPAN == 1:
        _begin_span(tx, position)
    if before is None:
        tx.execute("INSERT INTO epochs (epoch, newest, hash, held) VALUES (?, 1, ?, 1)", (epoch, line.hash))
    else:
        held = "" if before[2] else ", held = 1"  # an index hangs on it: it is named only where it changes
        tx.execute(
            f"UPDATE epochs SET newest = ?, hash = ?{held} WHERE number = ?",  # noqa: S608
            (seq, line.hash, before[3]),
        )
    for salt, content in draft.beside:
        tx.execute(
            "INSERT INTO beside (hash, position, salt, content) VALUES (?, ?, ?, ?)",
            (ledger.beside_hash(salt, content), position, salt, content),
        )
    return line


def _begin_span(tx: sqlite3.Connection, first: int) -> None:
    """The line at this position begins a span; what the one before it holds is known now."""
    tx.execute(
        "UPDATE spans SET latest_ms = (SELECT max(at_ms) FROM lines WHERE position >= ?1 AND position < ?2)"
        " WHERE first = ?1",
        (first - SPAN, first),
    )
    tx.execute("INSERT OR REPLACE INTO spans (first, latest_ms) VALUES (?, NULL)", (first,))


def _forget(tx: sqlite3.Connection, epoch: str, through: int, before: int) -> int:
    """Drop the bytes of an epoch's lines up to a place that are older than `before`; gives of how many."""
    found = tx.execute("SELECT oldest FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
    if found is None or found[0] > through:
        return 0
    going = "epoch = ? AND seq BETWEEN ? AND ? AND at_ms < ? AND raw IS NOT NULL"
    places = (epoch, found[0], through, before)
    tx.execute(f"DELETE FROM beside WHERE position IN (SELECT position FROM lines WHERE {going})", places)  # noqa: S608
    gone = tx.execute(f"UPDATE lines SET raw = NULL WHERE {going}", places).rowcount  # noqa: S608
    if gone:
        tx.execute(
            "UPDATE epochs SET (oldest, held) = (SELECT coalesce(min(seq), newest + 1), count(*) FROM ("
            " SELECT seq FROM lines WHERE epoch = ?1 AND seq >= ?2 AND raw IS NOT NULL ORDER BY seq LIMIT 1"
            ")) WHERE epoch = ?1",
            (epoch, found[0]),
        )
    return gone


def _encode(device_id: str, epoch: str, seq: int, prev: str | None, draft: Draft) -> bytes:
    moment = draft.moment
    fields: dict[str, Any] = {
        **draft.fields,
        "v": wire.VERSION, "type": draft.kind, "device_id": device_id, "epoch": epoch, "seq": seq, "prev": prev,
        "at": wire.format_instant(moment.at), "zone": moment.zone,
        "utc_offset_minutes": moment.utc_offset_minutes, "boottime_ms": moment.boottime_ms,
        "clock": moment.clock, "site_id": moment.site_id, "roster_version": moment.roster_version,
    }  # fmt: skip
    raw = wire.encode({name: value for name, value in fields.items() if value is not None})
    wire.read_typed(raw, draft.kind)  # what a reader would refuse is never kept
    return raw


def _newest(tx: sqlite3.Connection) -> wire.BootParent | None:
    row = tx.execute("SELECT epoch, seq, hash FROM lines ORDER BY position DESC LIMIT 1").fetchone()
    return None if row is None else wire.BootParent(epoch=row[0], seq=row[1], hash=row[2])


def _undeclared_losses(tx: sqlite3.Connection) -> list[wire.LostRange]:
    """Runs of lines whose bytes no longer give their hash and that no `lost` line names yet."""
    declared = _declared(tx)
    losses: list[wire.LostRange] = []
    for epoch, seq, line_hash, raw in tx.execute(
        f"SELECT epoch, seq, lines.hash, raw FROM {HELD} ORDER BY number, seq"  # noqa: S608
    ):
        if ledger.line_hash(raw) == line_hash or (epoch, seq) in declared:
            continue
        if losses and (losses[-1].epoch, losses[-1].to_seq) == (epoch, seq - 1):
            losses[-1] = wire.LostRange(epoch=epoch, from_seq=losses[-1].from_seq, to_seq=seq)
        else:
            losses.append(wire.LostRange(epoch=epoch, from_seq=seq, to_seq=seq))
    return losses


def _declared(tx: sqlite3.Connection) -> set[tuple[str, int]]:
    places: set[tuple[str, int]] = set()
    for (raw,) in tx.execute(f"SELECT raw FROM {HELD} AND +type = 'lost'"):  # noqa: S608
        with contextlib.suppress(wire.WireError):
            line = wire.read_line(raw)
            if isinstance(line, wire.LostLine):
                lost = line.lost
                places.update((lost.epoch, seq) for seq in range(lost.from_seq, lost.to_seq + 1))
    return places
