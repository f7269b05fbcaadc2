"""Whatever reaches the device API: no error of ours, no stored line or punch changed, and what is accepted is kept as sent.

All follows from the seed; a failure names what was fired.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clockhouse_sync import wire
from server.conftest import NewDatabase
from server.fuzz import watching
from server.fuzz.calling import Answer, Call, call, signed
from server.fuzz.company import company_of, later
from server.fuzz.mutating import Mutator
from server.fuzz.watching import Tally, Watch
from server.rig import World

SHARE, ROUNDS = 0.02, 15
"""Of all single mutations of fields, how many the short form tries; and rounds of harmed envelopes and bytes."""
LONG_SHARE, LONG_ROUNDS, SEEDS = 0.15, 300, 12


def _played(world: World, folder: Path, seed: int, share: float, rounds: int) -> Tally:
    """A day delivered, everything thrown at it, and the day after it."""
    company = company_of(world, folder)
    watch = Watch(company)
    for made, mutations in _all(Mutator(company, random.Random(seed)), share, rounds):
        watch.fire(made, mutations)
    later(company)
    watch.at_the_end()
    return watch.tally


def _all(mutator: Mutator, share: float, rounds: int) -> Iterator[tuple[Call, int]]:
    yield from mutator.of_envelopes(rounds)
    yield from mutator.of_requests(share)
    yield from mutator.of_enrolments(share)
    yield from mutator.of_contents()
    yield from mutator.of_plenty()
    yield from mutator.of_lines(share)  # which leave much behind that is looked at after each request


def test_whatever_is_sent_nothing_breaks_and_nothing_stored_is_changed(world: World, tmp_path: Path) -> None:
    tally = _played(world, tmp_path, 1, SHARE, ROUNDS)
    assert {200, 401, 404, 405, 413, 422} <= tally.statuses.keys(), tally
    assert {"accepted", "parked", "duplicate"} == tally.outcomes.keys(), tally
    assert sum(tally.mutations.values()) > 1200, tally


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_much_more_of_it(new_database: NewDatabase, tmp_path: Path, database: str) -> None:
    total = Tally()
    for seed in range(100, 100 + SEEDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with new_database(database, folder) as url:
            world = World(url, folder / "secrets.json")
            try:
                total.add(_played(world, folder, seed, LONG_SHARE, LONG_ROUNDS))
            except AssertionError as wrong:
                raise AssertionError(f"seed {seed}: {wrong}") from wrong
            finally:
                world.close()
        print(f"\n{database}, to seed {seed}: {total}", flush=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_terminal_that_started_a_thousand_times_while_offline_is_delivered(world: World) -> None:
    kiosk = world.kiosk(world.site())
    for number in range(wire.MAX_LINES - 1):
        kiosk.boot(boot_id=f"boot-{number}")
    body = b'{"lines":[' + b",".join(kiosk.lines) + b"]}"
    assert 200 == call(world, signed(kiosk, "a thousand epochs", "lines", body)).status


# --- and it is found when something is wrong

DAMAGE: Mapping[str, tuple[str, dict[str, Any]]] = {
    "a line's bytes": ("UPDATE lines SET raw = :raw WHERE seq = 3", {"raw": b"x"}),
    "a line's place": ("UPDATE lines SET seq = 1003 WHERE seq = 3", {}),
    "a line gone": ("DELETE FROM lines WHERE seq = 5", {}),
    "a line that nobody sent": (
        """INSERT INTO lines SELECT device_id, epoch, seq + 2000, 'h', seq + 2000, prev, type, at, raw, signed, chain, outcome,
           code, received_at FROM lines WHERE seq = 7""",
        {},
    ),
    "a punch's kind": ("UPDATE punches SET kind = 'out' WHERE kind = 'in'", {}),
    "a punch's time": ("UPDATE punches SET counted_at = received_at FROM lines WHERE lines.hash = punches.hash", {}),
    "a punch taken back": ("UPDATE punches SET undone = TRUE WHERE kind = 'break_end'", {}),
    "a punch gone": ("DELETE FROM punches WHERE kind = 'transfer'", {}),
}  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", DAMAGE)
def test_any_damage_is_seen_after_the_very_request(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    def damaging(world: World, request: Call) -> Answer:
        answer = call(world, request)
        statement, values = DAMAGE[damage]
        with world.write() as session:
            session.execute(text(statement), values)
        return answer

    company = company_of(world, tmp_path)
    watch = Watch(company)
    made = signed(company.kiosk, "greeting", "heartbeat", b'{"protocols":[1],"heads":[]}')
    watch.fire(made)
    monkeypatch.setattr(watching, "call", damaging)
    with pytest.raises(AssertionError, match=r"changed or gone|lines were stored"):
        watch.fire(made)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_error_of_ours_is_seen(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true_read = wire.read_dated

    def broken(raw: bytes) -> tuple[wire.LineHead, datetime]:
        if b"Mars/Base" in bytes(raw):
            raise LookupError("a bug of ours")
        return true_read(raw)

    monkeypatch.setattr(wire, "read_dated", broken)
    company = company_of(world, tmp_path)
    watch = Watch(company)
    raw = company.lines[-1].replace(b"Europe/Berlin", b"Mars/Base")
    made = signed(company.kiosk, "a zone", "lines", b'{"lines":[' + raw + b"]}")
    with pytest.raises(AssertionError, match="500"):
        watch.fire(made)
