"""Never lose a punch, never count one twice: the product's own code against faults by chance, from the seed on.

A run that fails names its seed; `PYTHONPATH=tests python -m simulator SEED DEEDS` tells its story.
"""

import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from server.postgres import cluster
from simulator.checks import broken
from simulator.company import Company, Yard
from simulator.planted import BUGS

SEEDS, CHUNK, POSTGRESQL_SEEDS = 1000, 50, 20
DEEDS, LONG = 5, 30
WITHIN = 10
"""Seeds in which a planted bug must be found."""


@pytest.fixture(scope="module")
def yard():
    """In memory where the machine has such a folder: every commit is synced, and nobody needs these disks."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="simulator-", dir=memory if memory.is_dir() else None))
    made = Yard(folder / "yard")
    yield made
    made.close()
    shutil.rmtree(folder)


def played(yard, seed, deeds):
    company = Company(yard, yard.folder / f"run-{seed}", seed)
    try:
        company.live(deeds)
        company.heal()
        return broken(company), company.story
    finally:
        company.close()


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(each, marks=pytest.mark.xdist_group(f"simulator-{each % 2}"))
        for each in range(SEEDS // CHUNK)
    ],
)
def test_every_recorded_line_is_on_the_server_once_as_it_was(yard, chunk, caplog):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        wrong, story = played(yard, seed, DEEDS)
        assert not wrong, f"seed {seed}: {wrong[:5]} after {story}"


@pytest.mark.xdist_group("simulator-1")
def test_a_seed_tells_the_same_story_twice(yard):
    told = []
    for _ in range(2):
        company = Company(yard, yard.folder / "twice", 4711)
        company.live(LONG)
        company.heal()
        devices = {terminal.device_id for terminal in company.terminals}
        told.append((company.story, [sorted(company.office.places(one)) for one in sorted(devices)]))
        company.close()
    assert told[0] == told[1]


@pytest.fixture(scope="module")
def postgresql_yard(tmp_path_factory):
    with cluster() as found:
        made = Yard(tmp_path_factory.mktemp("postgresql") / "yard", found)
        yield made
        made.close()


@pytest.mark.xdist_group("simulator-1")
def test_and_on_postgresql(postgresql_yard):
    """The same company; its backups and restores are pg_dump's and pg_restore's."""
    for seed in range(POSTGRESQL_SEEDS):
        wrong, story = played(postgresql_yard, 50_000 + seed, DEEDS)
        assert not wrong, f"seed {50_000 + seed}: {wrong[:5]} after {story}"


@cache
def without_a_bug(yard, seed):
    """What is found must come of the bug: without it this seed is clean."""
    return played(yard, seed, LONG)


@pytest.mark.xdist_group("simulator-0")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(yard, bug):
    for seed in count(7000):
        assert seed < 7000 + WITHIN, f"{bug} was not found"
        wrong, story = without_a_bug(yard, seed)
        assert not wrong, f"seed {seed}: {wrong[:5]} after {story}"
        with BUGS[bug]():
            try:
                found = bool(played(yard, seed, LONG)[0])
            except Exception:  # noqa: BLE001 - whatever a bug makes fail, it is found
                found = True
        if found:
            return


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_thousands_of_long_runs(yard):
    for seed in range(100_000, 103_000):
        wrong, story = played(yard, seed, LONG)
        assert not wrong, f"seed {seed}: {wrong[:5]} after {story}"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_hundreds_of_long_runs_on_postgresql(postgresql_yard):
    for seed in range(200_000, 200_300):
        wrong, story = played(postgresql_yard, seed, LONG)
        assert not wrong, f"seed {seed}: {wrong[:5]} after {story}"
