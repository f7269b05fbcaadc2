"""A temporary worker's hours become somebody's own, line by line, and later ones follow."""

import json
from datetime import date, timedelta

import pytest

from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.errors import Conflict, Invalid, NotFound, PeriodLocked
from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import LineRow, ParkedLine, PunchRow
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.people import provisional
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Credential, Person
from clockhouse_server.timecards import corrections, merging, store
from clockhouse_server.timecards.evidence import whole
from clockhouse_server.timecards.models import Adjustment
from server.rig import ADMIN, OFFICE, World

TEMP = "temp-1"


class Gate:
    """Rosa worked a morning before she had a number; on the next day she is known to be number 0420."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.write() as session:
            given = people.CompanyIn("Haven", zone="Europe/Berlin")
            people.save_company(session, ADMIN, given, now=world.now())
        self.site = world.site()
        self.sven = world.person("0001", "Sven Boss", self.site, supervisor=True)
        self.rosa = world.person("0420", "Rosa Díaz")
        self.kiosk = world.kiosk(self.site)
        name = self.kiosk.note(json.dumps({"name": "Rosa", "agency": "Quick Hands"}))
        badge = self.kiosk.note("2A00B4C3D7")
        for what, beside in (("person", {"person": name}), ("badge", {"credential": badge})):
            self.kiosk.line(
                "enrolment", what=what, action="given", employee_id=TEMP, actor_id=self.sven, beside=beside
            )
        self.punches = [self.kiosk.punch("in", TEMP)]
        world.now.forward(hours=4)
        self.punches.append(self.kiosk.punch("out", TEMP))
        self.kiosk.deliver()
        world.now.forward(hours=20)
        self.kiosk.hello()

    @property
    def by(self) -> dict[str, object]:
        return {"now": self.world.now(), "new_id": self.world.server.new_id}

    def merge(self, actor: Actor = OFFICE, into: str | None = None) -> None:
        with self.world.write() as session:
            merging.merge(session, actor, TEMP, into or self.rosa, **self.by)

    def hours(self, person_id: str) -> tuple[int, list[str]]:
        with self.world.read() as session:
            on = date(2026, 3, 2)
            card = store.timecard(
                session, OFFICE, person_id, on, on + timedelta(days=1), now=self.world.now()
            )
            return card.worked_seconds, [view.state for day in card.days for view in day.punches]


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def test_every_punch_counts_for_the_other_and_stays_as_read(gate: Gate) -> None:
    before = [(row.hash, row.raw) for row in gate.world.rows(LineRow, device_id=gate.kiosk.device_id)]
    gate.merge()
    assert (4 * 3600, ["counted", "counted"]) == gate.hours(gate.rosa)
    assert (0, ["void", "void"]) == gate.hours(TEMP)
    assert {TEMP} == {row.employee_id for row in gate.world.rows(PunchRow)}
    assert before == [(row.hash, row.raw) for row in gate.world.rows(LineRow, device_id=gate.kiosk.device_id)]
    with gate.world.read() as session:
        assert verify_stored(session).ok
        assert all(whole(row) for row in session.query(LineRow))
        assert [] == provisional.waiting(session, OFFICE)
    (person,) = gate.world.rows(Person, id=TEMP)
    assert (False, gate.rosa, OFFICE.user_id) == (person.active, person.merged_into_id, person.merged_by)
    assert [gate.rosa] == [row.person_id for row in gate.world.rows(Credential) if row.active]
    told = gate.kiosk.known()
    assert TEMP not in told["person"]
    assert "out" == told["state"][gate.rosa]["kind"]


def test_punches_that_came_as_one_row_are_each_named_by_their_line(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "FEWEST", 2)
    for kind in ("in", "break_start", "break_end", "out"):
        gate.kiosk.punch(kind, TEMP, **({"break_code": "rest"} if kind.startswith("break") else {}))
        gate.world.now.forward(hours=1)
    gate.kiosk.deliver()
    assert 1 < max(row.seq - row.first_seq for row in gate.world.rows(LineRow))
    worked, states = gate.hours(TEMP)
    gate.merge()
    assert (worked, states) == gate.hours(gate.rosa)
    read = {(row.punch_id, row.hash) for row in gate.world.rows(PunchRow)}
    assert read == {
        (fix.punch_id, fix.source_hash) for fix in gate.world.rows(Adjustment) if fix.action == "assign"
    }


def test_a_correction_that_was_made_already_comes_along(gate: Gate) -> None:
    with gate.world.write() as session:
        corrections.adjust(
            session, OFFICE, TEMP, "change", punch_id=gate.punches[1], reason="left later",
            at=gate.world.now() - timedelta(hours=19), **gate.by,
        )  # fmt: skip
        corrections.adjust(
            session, OFFICE, TEMP, "add", kind="in", reason="came back", site_id=gate.site,
            at=gate.world.now() - timedelta(hours=18), **gate.by,
        )  # fmt: skip
        corrections.adjust(
            session, OFFICE, TEMP, "add", kind="out", reason="left", site_id=gate.site,
            at=gate.world.now() - timedelta(hours=17), **gate.by,
        )  # fmt: skip
    gate.merge()
    assert (6 * 3600, ["counted"] * 4) == gate.hours(gate.rosa)


def test_punches_that_arrive_later_follow(gate: Gate) -> None:
    gate.kiosk.punch("in", TEMP)
    gate.world.now.forward(hours=2)
    gate.kiosk.punch("out", TEMP)
    gate.merge()
    assert [("parked", "merged_person")] * 2 == gate.kiosk.outcomes()
    assert ["assign", "assign"] == [row.decision for row in gate.world.rows(ParkedLine)]
    assert 6 * 3600 == gate.hours(gate.rosa)[0]


def test_who_and_whom_is_looked_at(gate: Gate) -> None:
    other = Actor("u", "Far Boss", Role.SUPERVISOR, frozenset({gate.world.site("Yard")}))
    with pytest.raises(NotFound):
        gate.merge(other)
    with pytest.raises(Invalid):
        gate.merge(into=TEMP)
    with gate.world.write() as session, pytest.raises(Invalid):
        merging.merge(session, OFFICE, gate.rosa, gate.sven, **gate.by)
    gate.merge()
    with pytest.raises(Invalid):
        gate.merge()
    with gate.world.write() as session, pytest.raises(Conflict):
        people.update_person(session, ADMIN, TEMP, people.PersonIn("0430", "Rosa"), now=gate.world.now())


def test_approved_days_are_not_changed_behind_anybody_s_back(gate: Gate) -> None:
    with gate.world.write() as session:
        people.lock_through(session, gate.rosa, date(2026, 3, 2))
    with pytest.raises(PeriodLocked):
        gate.merge()
    assert 4 * 3600 == gate.hours(TEMP)[0]
    assert [TEMP] == [row.person_id for row in gate.world.rows(Credential) if row.active]


def test_what_waits_for_them_is_settled_first(gate: Gate) -> None:
    gate.kiosk.line("request", request_id="r", employee_id=TEMP, what="correction")
    gate.kiosk.deliver()
    with pytest.raises(Conflict):
        gate.merge()


def test_a_number_of_their_own_makes_a_temporary_worker_a_person(gate: Gate) -> None:
    with gate.world.write() as session:  # a name alone makes nobody known
        given = people.PersonIn("T0001", "Rosa Díaz", site_ids=(gate.site,))
        people.update_person(session, ADMIN, TEMP, given, now=gate.world.now())
    with gate.world.read() as session:
        assert [TEMP] == [person.id for person in provisional.waiting(session, OFFICE)]
    with gate.world.write() as session:
        given = people.PersonIn("0421", "Rosa Díaz", site_ids=(gate.site,), agency="Quick Hands")
        people.update_person(session, ADMIN, TEMP, given, now=gate.world.now())
    with gate.world.read() as session:
        assert [] == provisional.waiting(session, OFFICE)
    assert 4 * 3600 == gate.hours(TEMP)[0]
