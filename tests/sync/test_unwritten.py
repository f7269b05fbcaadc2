"""What a reading becomes without another touch is kept beside the lines, and written once, whoever writes it."""

import pytest
from msgspec.structs import replace

from clockhouse_sync import ledger, outbox, wire
from clockhouse_sync.outbox_reader import OutboxReader
from sync.rig import MOMENT, MONDAY, begin, punch, stored

SEEN = outbox.Draft("punch", MOMENT, punch(7, kind_from="unconfirmed"), [(bytes(32), b"2A00B4C3D7")])
GONE = outbox.Draft("sighting", MOMENT, {"reason": "own_page", "method": "pin", "employee_id": "bob"})


def typed(path):
    return [wire.read_line(line.raw) for line in stored(path)]


def test_what_was_kept_is_written_by_the_next_start_with_what_travels_beside_it(path):
    kiosk = begin(path, ids="E1")
    kiosk.keep([GONE])
    kiosk.keep([SEEN, GONE])
    kiosk.close()
    begin(path, ids="E2").close()
    begin(path, ids="E3").close()
    assert [(line.type, line.epoch) for line in typed(path)] == [
        ("boot", "E1"), ("boot", "E2"), ("punch", "E2"), ("sighting", "E2"), ("boot", "E3"),
    ]  # fmt: skip
    made = typed(path)[2]
    assert (made.at, made.boottime_ms, made.clock) == (wire.format_instant(MONDAY), 60_000, MOMENT.clock)
    assert (made.punch_id, made.roster_version) == (punch(7)["punch_id"], "c1")
    reader = OutboxReader(path)
    assert list(reader.all_beside().values()) == [(bytes(32), b"2A00B4C3D7")]
    reader.close()
    assert ledger.verify(stored(path)).ok


def test_what_was_kept_before_another_boot_does_not_count_its_milliseconds(path):
    kiosk = begin(path, ids="E1")
    kiosk.keep([SEEN])
    kiosk.close()
    outbox.open_outbox(
        path, device_id="DEVICE", boot_id="boot-2", software="0.1", moment=MOMENT, new_id=lambda: "E2"
    ).close()
    made = typed(path)[-1]
    assert (made.type, made.at, made.boottime_ms) == ("punch", wire.format_instant(MONDAY), None)


@pytest.mark.parametrize("kind", ["punch", "sighting"])
def test_the_line_of_a_reading_lets_go_of_what_was_kept_of_it(path, kind):
    kiosk = begin(path, ids="E1")
    kiosk.keep([SEEN, GONE])
    fields = punch(8) if kind == "punch" else {**GONE.fields, "employee_id": "ana"}
    kiosk.append(kind, replace(MOMENT, roster_version="c2"), fields)
    kiosk.close()
    begin(path, ids="E2").close()
    assert [line.type for line in typed(path)] == ["boot", kind, "boot", "sighting"]


def test_a_line_that_is_refused_lets_go_of_nothing(path):
    kiosk = begin(path, ids="E1")
    kiosk.keep([SEEN])
    with pytest.raises(wire.WireError):
        kiosk.append("punch", MOMENT, {**punch(8), "kind": "sideways"})
    kiosk.close()
    begin(path, ids="E2").close()
    assert [line.type for line in typed(path)] == ["boot", "boot", "punch"]


def test_what_is_kept_no_longer_is_not_written(path):
    kiosk = begin(path, ids="E1")
    kiosk.keep([SEEN])
    kiosk.keep([])
    kiosk.close()
    begin(path, ids="E2").close()
    assert [line.type for line in typed(path)] == ["boot", "boot"]


@pytest.mark.parametrize(
    "draft", [b"{", b"{}", b'{"kind":"punch","moment":{"at":"2026-03-02T07:58:00Z"},"fields":{}}']
)
def test_what_was_kept_and_is_damaged_stops_no_start(path, draft, caplog):
    kiosk = begin(path, ids="E1")
    kiosk.keep([SEEN, GONE])
    kiosk._connection.execute("UPDATE unwritten SET draft = ? WHERE reading LIKE '%ana'", (draft,))
    kiosk.close()
    begin(path, ids="E2").close()
    assert [line.type for line in typed(path)] == ["boot", "boot", "sighting"]
    assert "outbox.unwritten_unreadable" in caplog.messages
    begin(path, ids="E3").close()
    assert [line.type for line in typed(path)][-1] == "boot"
