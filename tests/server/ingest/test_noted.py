"""What is noted of epochs beside their lines is verified too, and on PostgreSQL while deliveries come in."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clockhouse_server.db import transaction
from clockhouse_server.ingest import stored
from clockhouse_server.ingest.models import EpochMark, LineRow, LostRange
from clockhouse_server.ingest.verifying import verify_stored
from server.ingest.damage import undone
from server.rig import Kiosk, World


@pytest.fixture
def kiosk(world: World) -> Kiosk:
    """Two epochs, of which the second follows on the first, and declares lost what lay between."""
    ann = world.person("1", "Ann", world.site())
    kiosk = world.kiosk(world.site("Hall 2"))
    for number in range(20):
        kiosk.punch("out" if number % 2 else "in", ann)
    first, kept = kiosk.epoch, kiosk.lines[:18]
    kiosk.boot(boot_id="boot-2")
    kiosk.line("lost", lost={"epoch": first, "from": 19, "to": 21})
    kiosk.punch("in", ann)
    kiosk.deliver(kept + kiosk.lines[-3:])
    with world.read() as session:
        assert verify_stored(session).ok
    return kiosk


@pytest.mark.parametrize(
    "changed",
    [
        {"boot_id": "boot-3"},
        {"boot_id": None},
        {"parent_epoch": "another"},
        {"parent_seq": 20},
        {"parent_hash": "0" * 64},
        {"parent_epoch": None, "parent_seq": None, "parent_hash": None},
    ],
)
def test_how_an_epoch_began_is_as_its_first_line_says(
    world: World, kiosk: Kiosk, changed: dict[str, Any]
) -> None:
    with undone(world) as session:
        session.execute(update(EpochMark).where(EpochMark.epoch == kiosk.epoch).values(**changed))
        found = verify_stored(session)
    assert (kiosk.device_id, kiosk.epoch, 1) == (found.device_id, found.epoch, found.seq)
    assert "its epoch is not noted as it begins" == found.problem


@pytest.mark.parametrize(("last", "named"), [(22, 22), (2**53, 22), (20, 21), (18, 19)])
def test_what_was_declared_lost_ends_where_a_line_says(
    world: World, kiosk: Kiosk, last: int, named: int
) -> None:
    with undone(world) as session:
        session.execute(update(LostRange).values(to_seq=last))
        found = verify_stored(session)
    assert (False, named) == (found.ok, found.seq)


def test_what_nobody_declared_lost_and_what_is_not_noted_of_it(world: World, kiosk: Kiosk) -> None:
    with undone(world) as session:
        session.add(LostRange(device_id=kiosk.device_id, epoch=kiosk.epoch, from_seq=2, to_seq=3))
        session.flush()
        found = verify_stored(session)
        assert ("was never declared lost", 2) == (found.problem, found.seq)
    ann = world.person("2", "Ben", world.site("Hall 3"))
    kiosk.line("lost", lost={"epoch": "of a card that burned", "from": 1, "to": 9})
    kiosk.punch("in", ann)
    kiosk.deliver()
    with undone(world) as session:
        assert verify_stored(session).ok
        session.query(LostRange).filter_by(epoch="of a card that burned").delete()
        found = verify_stored(session)
        assert ("what it declares lost is not noted", 4) == (found.problem, found.seq)


@pytest.mark.parametrize("first", [-(2**63), -1, 0, 2**62])
def test_a_run_that_begins_nowhere_is_named(world: World, kiosk: Kiosk, first: int) -> None:
    with undone(world) as session:
        run = session.query(LineRow).filter(LineRow.first_seq < LineRow.seq).one()
        run.first_seq = first
        session.flush()
        assert not verify_stored(session).ok
        assert not verify_stored(session, quick=False).ok


def test_a_ledger_is_sound_while_deliveries_come_in(
    world: World, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = world.person("2", "Ben", world.site("Hall 3"))
    real, seen = stored.lines, []

    def meanwhile(session: Session, *given: Any) -> Any:
        kiosk.punch("in", ann)
        seen.append(kiosk.deliver().status_code)
        return real(session, *given)

    monkeypatch.setattr(stored, "lines", meanwhile)
    with transaction(world.engine, read_only=True) as session:
        assert verify_stored(session).ok
    assert [200] == seen
