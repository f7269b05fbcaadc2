"""The roster is one complete pull or the one before, never something between."""

import sqlite3
import threading

import pytest

from clockhouse_sync import wire
from clockhouse_sync.roster import RosterReader, RosterStore
from clockhouse_sync.store import StoreError

ANA = {"number": "0042", "name": "Ana Petrović", "short_name": "Ana"}
PEPPER = wire.Pepper(version=2, value="cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA=")


def row(kind: str, row_id: str, body: dict | None, version: int = 1) -> wire.RosterRow:
    return wire.RosterRow(type=kind, id=row_id, version=version, body=body)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "roster.db"


@pytest.fixture
def roster(path):
    store = RosterStore(path)
    yield store
    store.close()


def test_rows_come_back_typed(roster, path):
    roster.apply(
        [row("person", "ana", ANA), row("customer", "c1", {"name": "Blech AG"})], since="", cursor="5"
    )
    loaded = RosterReader(path).load()
    assert loaded.cursor == RosterReader(path).cursor() == roster.cursor == "5"
    assert loaded.rows["person"]["ana"] == wire.PersonRow(**ANA)
    assert loaded.rows["customer"]["c1"] == wire.CustomerRow(name="Blech AG")


def test_a_later_pull_changes_adds_and_takes_away(roster, path):
    roster.apply(
        [row("person", "ana", ANA), row("person", "bob", ANA | {"name": "Bob"})], since="", cursor="5"
    )
    roster.apply(
        [row("person", "ana", ANA | {"number": "7"}), row("person", "bob", None)], since="5", cursor="6"
    )
    people = RosterReader(path).load().rows["person"]
    assert {who: person.number for who, person in people.items()} == {"ana": "7"}


def test_a_pull_from_the_beginning_replaces_everything(roster, path):
    roster.apply([row("person", "ana", ANA)], since="", cursor="5")
    roster.apply([row("person", "bob", ANA)], since="", cursor="9")
    assert list(RosterReader(path).load().rows["person"]) == ["bob"]


def test_a_pull_that_began_elsewhere_is_refused_whole(roster, path):
    roster.apply([row("person", "ana", ANA)], since="", cursor="5")
    with pytest.raises(ValueError, match="began at '4'"):
        roster.apply([row("person", "bob", ANA)], since="4", cursor="6")
    assert list(RosterReader(path).load().rows["person"]) == ["ana"]
    assert roster.cursor == "5"


def test_rows_of_a_newer_server_do_no_harm(roster, path):
    rows = [
        row("person", "ana", ANA),
        row("person", "eve", {"name": "no number"}),
        row("weather", "w", {"sun": 1}),
    ]
    roster.apply(rows, since="", cursor="5")
    loaded = RosterReader(path).load()
    assert list(loaded.rows) == ["person"]
    assert (list(loaded.rows["person"]), loaded.unreadable) == (["ana"], 1)


def test_peppers_stay_by_version_and_go_with_the_server(roster, path):
    reader = RosterReader(path)
    assert reader.pepper(2) is None
    roster.keep_pepper(PEPPER)
    assert reader.pepper(2) == b"p" * 32
    roster.clear()
    assert reader.pepper(2) is None


def test_before_the_first_pull_the_roster_is_empty(path):
    reader = RosterReader(path)
    assert (reader.load().rows, reader.cursor(), reader.pepper(1)) == ({}, "", None)


def test_a_roster_of_a_newer_program_is_left_alone(roster, path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError):
        RosterReader(path).load()


def test_an_opened_roster_stays_as_it_was_whatever_is_pulled_meanwhile(roster, path):
    roster.apply([row("person", "ana", ANA)], since="", cursor="5")
    opened = RosterReader(path).open()
    try:
        roster.apply([row("person", "ana", None), row("person", "bob", ANA)], since="5", cursor="6")
        people = opened.rows["person"]
        assert people["ana"] == wire.PersonRow(**ANA)
        assert people.get("bob") is None
        assert "bob" not in people
        assert (opened.cursor, list(people), len(people)) == ("5", ["ana"], 1)
    finally:
        opened.close()


def test_an_opened_roster_says_the_same_row_by_row_and_complete(roster, path):
    rows = [row("person", f"p{number}", ANA | {"number": str(number)}) for number in range(9)]
    roster.apply([*rows, row("person", "eve", {"name": "no number"})], since="", cursor="5")
    opened = RosterReader(path).open()
    single = {f"p{number}": opened.rows["person"][f"p{number}"] for number in range(9)}
    assert opened.rows["person"].get("eve") is None
    loaded = opened.complete()
    assert (loaded.rows["person"], loaded.unreadable) == (single, 1)
    path.unlink()
    assert opened.rows["person"] == single
    assert opened.rows["person"].get("eve") is None


def test_rows_are_never_missing_while_another_thread_reads_the_rest(roster, path):
    rows = [row("person", f"p{number}", ANA | {"number": str(number)}) for number in range(400)]
    roster.apply(rows, since="", cursor="5")
    for _ in range(20):
        opened = RosterReader(path).open()
        reading = threading.Thread(target=opened.complete)
        reading.start()
        found = [opened.rows["person"].get(f"p{number}") for number in range(400)]
        reading.join()
        assert None not in found


def test_types_that_did_not_change_are_not_read_again(roster, path):
    customer = row("customer", "c1", {"name": "Blech AG"})
    roster.apply([row("person", "ana", ANA), row("person", "bob", ANA), customer], since="", cursor="5")
    first = RosterReader(path).load()
    roster.apply([row("person", "ana", ANA | {"number": "7"}, version=6)], since="5", cursor="6")
    changed = RosterReader(path).load(first)
    assert changed.rows["customer"] is first.rows["customer"]
    assert changed.rows["person"]["ana"].number == "7"
    roster.apply([row("person", "bob", None, version=7)], since="6", cursor="7")
    assert list(RosterReader(path).load(changed).rows["person"]) == ["ana"]
    roster.apply([row("person", "ana", ANA | {"number": "8"}, version=6), customer], since="", cursor="6")
    replaced = RosterReader(path).load(changed)  # by another server, whose versions may be the same
    assert replaced.rows["person"]["ana"].number == "8"
    assert replaced.rows["customer"] is not first.rows["customer"]


def test_a_roster_counts_what_it_cannot_read_however_often_it_is_read(roster, path):
    roster.apply(
        [row("person", "eve", {"name": "no number"}), row("person", "ana", ANA)], since="", cursor="5"
    )
    first = RosterReader(path).load()
    roster.apply([row("customer", "c1", {"no": "name"}, version=2)], since="5", cursor="6")
    again = RosterReader(path).load(first)
    assert (first.unreadable, again.unreadable, list(again.rows)) == (1, 2, ["person"])


def test_a_roster_says_which_own_lines_it_covers(roster, path):
    assert RosterReader(path).load().heard == {}
    roster.apply([row("person", "ana", ANA)], since="", cursor="5", heard={"E1": 4})
    assert RosterReader(path).load().heard == {"E1": 4}
    roster.hear({"E1": 4, "E2": 1})
    loaded = RosterReader(path).load()
    assert (loaded.cursor, loaded.heard) == ("5", {"E1": 4, "E2": 1})
