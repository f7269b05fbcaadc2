"""Deliveries into a real server: how many punches a CPU second takes in, of server and database together.

Requests are made and signed beforehand, so that what is counted is the server's part alone.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import fleet
import peer

from clockhouse_server import bulk
from clockhouse_server.collecting import collect_rarely
from clockhouse_server.db import open_engine, transaction
from clockhouse_server.ingest.delivering import LINE
from clockhouse_server.ingest.following import PUNCH
from clockhouse_server.ingest.models import LineRow, PunchRow

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from server import postgres

BATCH, KIOSKS, BATCHES = 500, 8, 10
STORED, PEER_BATCHES = 40, 20
CONNECTIONS, SINGLES = 64, 40
ROUNDS = 3
"""Each is printed: what a punch costs grows a little with what is stored already."""


@contextmanager
def company(
    name: str, database: str, folder: Path, kiosks: int
) -> Iterator[tuple[fleet.Server, list[fleet.Kiosk]]]:
    """A furnished server that runs, and kiosks that have said hello."""
    now = fleet.now()
    secrets = folder / f"{name}.json"
    furnished = fleet.furnish(database, secrets, now)
    made = [fleet.Kiosk(number, furnished, now - timedelta(days=2)) for number in range(kiosks)]
    fleet.enrol(database, made, now)
    with fleet.serving(database, secrets) as server:
        for kiosk in made:
            fleet.hello(kiosk, server.port)
        fleet.deliver(server.port, [[kiosk.batch(2)] for kiosk in made])
        yield server, made


def counted(
    name: str, punches: int, server: fleet.Server, cluster: int | None, do: Callable[[], list[float]]
) -> None:
    """Print what a punch costs, and how long answers took where that was measured."""
    rest = 0.0 if cluster is None else -fleet.cpu_of(cluster)
    own = -server.cpu()
    took = sorted(do())
    own += server.cpu()
    rest += 0.0 if cluster is None else fleet.cpu_of(cluster)
    waits = (
        f"   p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"
        if took
        else ""
    )
    print(
        f"{name:32} {punches / (own + rest):8.0f} punches per CPU-s   "
        f"server {own / punches * 1e6:6.1f} us, database {rest / punches * 1e6:5.1f} us a punch{waits}"
    )


def catch_up(name: str, database: str, folder: Path, cluster: int | None) -> None:
    """After an outage: every kiosk sends what it kept, 500 lines a request."""
    with company(f"{name}-batches", database, folder, KIOSKS) as (server, kiosks):
        for _ in range(ROUNDS):
            piles = [[kiosk.batch(BATCH) for _ in range(BATCHES)] for kiosk in kiosks]

            def do(piles: list[list[fleet.Request]] = piles) -> list[float]:
                fleet.deliver(server.port, piles)
                return []

            counted(f"{name}, {BATCH} a batch", KIOSKS * BATCHES * BATCH, server, cluster, do)


def singles(name: str, database: str, folder: Path, cluster: int | None) -> None:
    """The morning: one punch a request, from many kiosks at once."""
    with company(f"{name}-singles", database, folder, CONNECTIONS) as (server, kiosks):
        for _ in range(ROUNDS):
            piles = [[kiosk.batch(1) for _ in range(SINGLES)] for kiosk in kiosks]

            def do(piles: list[list[fleet.Request]] = piles) -> list[float]:
                return fleet.deliver_at_once(server.port, piles)

            counted(f"{name}, one each, {CONNECTIONS} at once", CONNECTIONS * SINGLES, server, cluster, do)


def beside(folder: Path) -> None:
    """The same number of records a request into the peer, which signs nothing and keeps no chain."""
    now = int(fleet.now().timestamp())
    try:
        with peer.running(folder) as found:
            for number in range(ROUNDS):
                batches = [
                    peer.batch(number * PEER_BATCHES + each, BATCH, now) for each in range(PEER_BATCHES)
                ]
                spent = -fleet.cpu_of(found.pid)
                found.put(batches)
                spent += fleet.cpu_of(found.pid)
                count = PEER_BATCHES * BATCH
                print(
                    f"{f'timetagger {peer.VERSION}, {BATCH} a batch':32} {count / spent:8.0f} records per CPU-s"
                )
    except subprocess.CalledProcessError as problem:
        print(f"timetagger could not be installed: {problem.stderr.decode().strip().splitlines()[-1:]}")


def storage(folder: Path) -> None:
    """Lines and their punches into SQLite, as a delivery writes them: 500 lines as a row, their punches, a commit."""
    database = f"sqlite:///{folder / 'storage.db'}"
    now = fleet.now()
    company = fleet.furnish(database, folder / "storage.json", now)
    kiosk = fleet.Kiosk(0, company, now - timedelta(days=2))
    engine = open_engine(database)
    collect_rarely()  # as the server does
    for _ in range(ROUNDS):
        batches = [fleet.rows(kiosk, BATCH) for _ in range(STORED)]
        spent = -time.process_time()
        for lines, punches in batches:
            with transaction(engine) as session:
                bulk.write(session, LineRow, LINE, lines)
                bulk.write(session, PunchRow, PUNCH, punches)
        spent += time.process_time()
        print(f"{'sqlite, into storage':32} {2 * BATCH * STORED / spent:8.0f} lines and punches per CPU-s")
    engine.dispose()


def main() -> int:
    with tempfile.TemporaryDirectory() as name, postgres.cluster() as cluster:
        folder = Path(name)
        for measure in (catch_up, singles):
            measure("sqlite", f"sqlite:///{folder / measure.__name__}.db", folder, None)
            measure("postgresql", cluster.create(), folder, cluster.postmaster())
        storage(folder)
        beside(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
