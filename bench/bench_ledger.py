"""`ledger verify`: CPU time a line, of an export file, and of databases that hold a row a line, or runs of them.

    python bench/bench_ledger.py            100,000 punches
    python bench/bench_ledger.py 1000000    as many as that

The limit beside each figure is what cannot be done without, in the same run: the same columns fetched by the
bare driver, `hashlib.sha256` over each line's bytes, and one decoding of them by msgspec into nothing but the
fields that are compared. Of the file: splitting, hashing and decoding. PostgreSQL's own CPU time is counted too.
One checkpoint is signed for each hundred lines; what their signatures cost stands apart.
"""

import os
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from clockhouse_server import migrations
from clockhouse_server.collecting import collect_rarely
from clockhouse_server.db import open_engine, transaction
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import runs, stored, verifying
from clockhouse_server.ingest.models import CheckpointRow, EpochMark, LineRow, PunchRow
from clockhouse_server.people.models import Site
from clockhouse_sync import ledger, signing, wire
from clockhouse_sync.ledger.chain import Link

PAIRS = 5
NOTHING = msgspec.Raw(b"")
THEN = datetime(2026, 3, 2, 6, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
DEVICE = signing.key_id(signing.public_bytes(KEY))
PUBLIC = b64encode(signing.public_bytes(KEY)).decode()
EPOCH_LINES = 5000
"""A kiosk is started anew after so many."""
TOGETHER = 500
"""So many lines come in a delivery, where they are stored as runs."""

Row = dict[str, Any]


def lines(count: int) -> Iterator[tuple[bytes, wire.LineHead, str]]:
    """Epochs of a boot line and punches, as a kiosk makes them."""
    prev, parent, epoch = None, None, ""
    for number in range(count):
        seq = number % EPOCH_LINES + 1
        said: Row = {
            "v": 1, "device_id": DEVICE, "seq": seq, "at": wire.format_instant(THEN + timedelta(seconds=number)),
            "zone": "Europe/Berlin", "utc_offset_minutes": 60, "boottime_ms": 60_000 + 1000 * number,
            "clock": {"sync": True, "error_ms": 12}, "site_id": "site-1", "roster_version": "c123",
        }  # fmt: skip
        if seq == 1:
            epoch, prev = f"01956f2a-0000-7000-9000-{number:012d}", None
            said |= {"type": "boot", "boot_id": "boot-1", "software": "0.1"}
            said |= {} if parent is None else {"parent": parent}
        else:
            said |= {
                "type": "punch", "punch_id": f"01956f2a-0000-7000-8000-{number:012d}", "kind": "in",
                "kind_from": "chosen", "method": "rfid", "job_id": f"01956f2a-0000-7000-a000-{number % 50:012d}",
                "employee_id": f"01956f2a-0000-7000-b000-{number % 200:012d}",
                "credential_ref": f"01956f2a-0000-7000-c000-{number % 200:012d}", "prev": prev,
            }  # fmt: skip
        raw = wire.encode(said | {"epoch": epoch})
        prev = ledger.line_hash(raw)
        parent = {"epoch": epoch, "seq": seq, "hash": prev}
        yield raw, wire.read_line(raw), prev


def line_row(raw: bytes, line: wire.LineHead, line_hash: str) -> Row:
    return {
        "device_id": DEVICE, "epoch": line.epoch, "first_seq": line.seq, "seq": line.seq, "hash": line_hash,
        "prev": line.prev, "type": line.type, "at": wire.parse_instant(line.at), "raw": raw, "signed": True,
        "chain": "linked", "outcome": "accepted", "code": None, "received_at": THEN,
    }  # fmt: skip


def in_runs(rows: list[Row]) -> list[Row]:
    """These lines as they are stored of deliveries of TOGETHER lines each: punches that follow each other are one row."""
    stored: list[Row] = []
    for number, row in enumerate(rows):
        if number % TOGETHER and row["type"] == stored[-1]["type"] == "punch":
            run = stored[-1]
            stored[-1] = row | {name: run[name] for name in ("first_seq", "prev")}
            stored[-1]["raw"] = run["raw"] + runs.BREAK + row["raw"]
        else:
            stored.append(row)
    return stored


def punch_row(line: wire.PunchLine, line_hash: str, position: int) -> Row:
    at = wire.parse_instant(line.at)
    named = {name: getattr(line, name) for name in stored.AS_SAID if name != "at"}
    return named | {
        "hash": line_hash, "at": at, "counted_at": at, "basis": "device", "not_before_at": None,
        "not_after_at": None, "zone": "Europe/Berlin", "credential": None, "note": None, "job_text": None,
        "undone": False, "position": position,
    }  # fmt: skip


def fill(engine: Engine, count: int, *, as_runs: bool = False) -> None:
    migrations.upgrade(engine)
    with transaction(engine) as session:
        session.add(Site(id="site-1", name="Hall", zone="Europe/Berlin", version=1))
        session.flush()
        session.add(device())
        session.flush()
        some: dict[type[Any], list[Row]] = {LineRow: [], PunchRow: [], CheckpointRow: [], EpochMark: []}
        for number, (raw, line, line_hash) in enumerate(lines(count), start=1):
            some[LineRow].append(line_row(raw, line, line_hash))
            if isinstance(line, wire.PunchLine):
                some[PunchRow].append(punch_row(line, line_hash, number))
            if number % 100 == 0:
                made = signing.checkpoint(
                    KEY, wire.Head(epoch=line.epoch, seq=line.seq, hash=line_hash), line.at
                )
                row = {name: getattr(made, name) for name in made.__struct_fields__}
                some[CheckpointRow].append(row | {"device_id": DEVICE, "received_at": THEN})
            if line.seq == EPOCH_LINES or number == count:
                some[EpochMark].append(
                    {
                        "device_id": DEVICE, "epoch": line.epoch, "acknowledged_seq": line.seq,
                        "acknowledged_hash": line_hash, "durable_seq": 0, "first_received_at": THEN,
                    }
                )  # fmt: skip
                some[LineRow] = in_runs(some[LineRow]) if as_runs else some[LineRow]
                for table, rows in some.items():
                    if rows:
                        session.execute(insert(table), rows)
                    rows.clear()


def device() -> Device:
    return Device(
        id=DEVICE, public_key=PUBLIC, name="Gate", site_id="site-1", hardware="bench", status="active",
        enrolled_at=THEN, version=1,
    )  # fmt: skip


def bare(session: Session) -> None:
    """The same columns by the same driver, each line's hash, and one decoding of its bytes."""
    decode = msgspec.json.Decoder(stored.Said).decode
    head = msgspec.json.Decoder(Link).decode
    for piece in stored.lines(session, None, stored.Inside(session, None)):
        for row in piece if isinstance(piece, list) else [piece]:
            for raw in row[10].split(runs.BREAK):
                sha256(raw).hexdigest()
                (decode if row[4] == "punch" else head)(raw)
    for _ in stored.punches(session, None):
        pass


def bare_file(path: Path) -> None:
    decode = msgspec.json.Decoder(Link).decode
    read = msgspec.json.Decoder(OfFile).decode
    with path.open("rb") as file:
        for row in file:
            raw = read(row).line
            if raw is not NOTHING:
                sha256(raw).hexdigest()
                decode(raw)


class OfFile(msgspec.Struct):
    """A text line of an export that holds a line."""

    line: msgspec.Raw = NOTHING


def cpu(pid: int | None) -> float:
    """CPU seconds of this process, and of the database's process that serves it."""
    own = time.process_time()
    if pid is None:
        return own
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pairs(
    what: str, count: int, ours: Callable[[], None], limit: Callable[[], None], pid: int | None
) -> None:
    """Medians of several pairs, after one that fills the caches."""
    found: list[tuple[float, float]] = []
    for _ in range(PAIRS + 1):
        start = cpu(pid)
        ours()
        middle = cpu(pid)
        limit()
        found.append(((middle - start) / count * 1e6, (cpu(pid) - middle) / count * 1e6))
    took, least = (statistics.median(one) for one in zip(*found[1:], strict=True))
    ratio = statistics.median(one / other for one, other in found[1:])
    print(
        f"{what:40} {took:6.2f} µs a line   {1e6 / took:9,.0f} a CPU second   limit {least:6.2f} µs"
        f"   ratio {ratio:.2f} (pairs, median)"
    )


def verified(report: ledger.Report, count: int) -> None:
    assert report.ok, report
    assert report.lines == count, report


def of_database(what: str, url: str, count: int, *, as_runs: bool) -> None:
    engine = open_engine(url)
    fill(engine, count, as_runs=as_runs)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    with transaction(engine, read_only=True) as session:
        pid = None
        if engine.dialect.name == "postgresql":
            pid = session.scalar(text("SELECT pg_backend_pid()"))
        pairs(
            f"{what}", count, lambda: verified(verifying.verify_stored(session), count),
            lambda: bare(session), pid,
        )  # fmt: skip
        with unsigned():
            pairs(
                f"{what}, signatures apart", count,
                lambda: verified(verifying.verify_stored(session), count), lambda: bare(session), pid,
            )  # fmt: skip
    engine.dispose()


@contextmanager
def unsigned() -> Iterator[None]:
    """Every signature holds, without being looked at."""
    usual = signing.checkpoint_holds
    signing.checkpoint_holds = lambda key, statement: True  # noqa: ARG005
    try:
        yield
    finally:
        signing.checkpoint_holds = usual


def of_file(path: Path, count: int) -> None:
    made = ledger.Export(header={"device_id": DEVICE, "public_key": PUBLIC})
    for raw, line, line_hash in lines(count):
        made.lines.append(ledger.Stored(DEVICE, line.epoch, line.seq, line_hash, line.prev, raw))
        if line.seq % 100 == 0:
            head = wire.Head(epoch=line.epoch, seq=line.seq, hash=line_hash)
            made.checkpoints.append(signing.checkpoint(KEY, head, line.at))
    with path.open("wb") as file:
        file.writelines(row + b"\n" for row in ledger.write_export(made))
    del made

    def verify() -> None:
        with path.open("rb", ledger.BUFFER) as file:
            verified(ledger.verify_export(file), count)

    pairs("export file", count, verify, lambda: bare_file(path), None)
    with unsigned():
        pairs("export file, signatures apart", count, verify, lambda: bare_file(path), None)


def main(count: int) -> int:
    from server.postgres import cluster  # type: ignore[import-not-found]

    collect_rarely()  # as the command does, and for the limits too
    print(f"{count:,} lines, {len(next(lines(2))[0])}–{len(list(lines(2))[1][0])} bytes each")
    with tempfile.TemporaryDirectory() as name:
        of_file(Path(name) / "evidence.jsonl", count)
        of_database("SQLite, a row a line", f"sqlite:///{name}/lines.db", count, as_runs=False)
        of_database("SQLite, runs", f"sqlite:///{name}/runs.db", count, as_runs=True)
    with cluster() as found:
        of_database("PostgreSQL, a row a line", found.create(), count, as_runs=False)
        of_database("PostgreSQL, runs", found.create(), count, as_runs=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100_000))
