"""Temporary workers, badges and the day's jobs, as a supervisor sets them at the wall."""

import json
from datetime import timedelta

import pytest

from clockhouse_server.ingest.models import ParkedLine, PunchRow
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Credential, Person
from clockhouse_server.timecards.models import Adjustment
from server.rig import ADMIN, World

TEMP = "temp-0001"
BADGE = "2A00B4C3D7"


class Gate:
    def __init__(self, world: World) -> None:
        self.world = world
        with world.write() as session:
            given = people.CompanyIn("Haven", zone="Europe/Berlin")
            people.save_company(session, ADMIN, given, now=world.now())
        self.site = world.site()
        self.ann = world.person("0417", "Ann Lee", self.site)
        self.sven = world.person("0001", "Sven Boss", self.site, supervisor=True)
        self.kiosk = world.kiosk(self.site)
        self.kiosk.deliver()

    def temp(self, name: str = "Rosa Díaz", agency: str = "Quick Hands", **fields: object) -> bytes:
        beside = self.kiosk.note(json.dumps({"name": name, "agency": agency}))
        given = {"what": "person", "action": "given", "employee_id": TEMP, "actor_id": self.sven}
        return self.kiosk.line("enrolment", **given | {"beside": {"person": beside}} | fields)

    def badge(self, employee_id: str, badge: str = BADGE, **fields: object) -> None:
        beside = {"credential": self.kiosk.note(badge)}
        given = {"what": "badge", "action": "given", "employee_id": employee_id, "actor_id": self.sven}
        self.kiosk.line("enrolment", **given | {"beside": beside} | fields)

    def badges(self) -> list[tuple[str, str]]:
        return [(row.person_id, row.value) for row in self.world.rows(Credential) if row.active]


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def test_a_temporary_worker_with_a_badge_punches_in_the_same_delivery(gate: Gate) -> None:
    other = gate.world.kiosk(gate.site, name="Door")
    gate.temp()
    gate.badge(TEMP, credential_ref="cred-9")
    gate.kiosk.punch("in", TEMP, credential_ref="cred-9")
    assert [("accepted", None)] * 3 == gate.kiosk.outcomes()
    (person,) = gate.world.rows(Person, id=TEMP)
    assert ("Rosa Díaz", "Quick Hands", True, "T0001") == (
        person.name, person.agency, person.provisional, person.number,
    )  # fmt: skip
    assert [TEMP] == [row.employee_id for row in gate.world.rows(PunchRow)]
    told = other.known()
    assert ("Rosa D.", "Quick Hands") == (told["person"][TEMP]["short_name"], told["person"][TEMP]["agency"])
    assert {"cred-9": BADGE} == {key: body["value"] for key, body in told["credential"].items()}
    assert "in" == told["state"][TEMP]["kind"]


def test_punches_that_came_before_their_person_count_once_it_arrives(gate: Gate) -> None:
    enrolment = gate.temp()
    gate.kiosk.punch("in", TEMP)
    gate.world.now.forward(minutes=5)
    mistake = gate.kiosk.punch("out", TEMP)
    gate.kiosk.line("undo", punch_id=mistake)
    after = gate.kiosk.lines[-3:]
    assert ["unknown_employee", "unknown_employee", None] == [code for _, code in gate.kiosk.outcomes(after)]
    assert [("accepted", None)] == gate.kiosk.outcomes([enrolment])
    (fix,) = gate.world.rows(Adjustment)
    assert ("assign", "in", TEMP, gate.sven) == (fix.action, fix.kind, fix.employee_id, fix.author_id)
    assert ["assign", "set_aside"] == sorted(row.decision for row in gate.world.rows(ParkedLine))
    assert "in" == gate.kiosk.known()["state"][TEMP]["kind"]
    with gate.world.read() as session:
        assert verify_stored(session).ok


def test_a_name_that_did_not_come_along_is_no_reason_to_lose_a_punch(gate: Gate) -> None:
    for beside in (None, {"person": gate.kiosk.note("not json")}, {"person": gate.kiosk.note('["list"]')}):
        gate.temp(employee_id=f"temp-{beside}", beside=beside)
    assert [("accepted", None)] * 3 == gate.kiosk.outcomes()
    assert ["Temporary worker"] * 3 == [row.name for row in gate.world.rows(Person, provisional=True)]


def test_only_who_leads_or_administers_here_adds_people_and_badges(gate: Gate) -> None:
    ada = gate.world.person("2", "Ada Admin", gate.site, administrator=True)
    far = gate.world.person("3", "Yara Far", gate.world.site("Yard"), supervisor=True)
    for actor_id in (gate.ann, far, None):
        gate.temp(actor_id=actor_id)
        gate.badge(gate.ann, actor_id=actor_id)
    assert [("parked", "not_supervisor")] * 6 == gate.kiosk.outcomes()
    gate.badge(gate.ann, actor_id=ada)
    assert [("accepted", None)] == gate.kiosk.outcomes()
    assert [(gate.ann, BADGE)] == gate.badges()


def test_somebody_else_s_badge_is_not_taken_away(gate: Gate) -> None:
    gate.badge(gate.ann)
    gate.badge(gate.sven)
    gate.badge(gate.ann)
    gate.badge("nobody", "2A00B4C3D8")
    gate.badge(gate.ann, "not a badge")
    codes = [None, "badge_taken", None, "unknown_employee", "incomplete"]
    assert codes == [code for _, code in gate.kiosk.outcomes()]
    assert [(gate.ann, BADGE)] == gate.badges()
    assert 3 == len(gate.world.rows(ParkedLine))


def test_a_badge_whose_value_has_digits_alone_stays_the_one_that_was_read(gate: Gate) -> None:
    gate.badge(gate.ann, "2600123456")
    assert [("accepted", None)] == gate.kiosk.outcomes()
    assert [(gate.ann, "2600123456")] == gate.badges()


def test_a_badge_taken_back_at_the_wall_can_be_given_again(gate: Gate) -> None:
    gate.badge(gate.ann, credential_ref="cred-1")
    gate.kiosk.deliver()
    gate.badge(gate.ann, action="withdrawn", beside=None, credential_ref="cred-1")
    gate.badge(gate.sven)
    gate.kiosk.deliver()
    assert [(gate.sven, BADGE)] == gate.badges()


def test_the_day_s_jobs_are_offered_in_order(gate: Gate) -> None:
    acme = gate.world.customer()
    weld, paint, closed = (gate.world.job(code, code, acme, active=code != "3") for code in "123")
    far = gate.world.job("4", "Far", acme, gate.world.site("Yard"))
    gate.kiosk.line(
        "site_jobs", on="2026-03-02", job_ids=[paint, closed, far, "none", weld], actor_id=gate.sven
    )
    assert [("accepted", None)] == gate.kiosk.outcomes()
    told = gate.kiosk.known()["site_jobs"][gate.site]
    assert ("2026-03-02", [paint, weld]) == (told["on"], told["job_ids"])
    gate.kiosk.line("site_jobs", on="2026-03-02", job_ids=[], actor_id=gate.ann)
    gate.kiosk.line("site_jobs", on="2026-02-30", job_ids=[], actor_id=gate.sven)
    assert ["not_supervisor", "unreadable"] == [code for _, code in gate.kiosk.outcomes()]
    with gate.world.read() as session:
        assert [paint, weld] == jobs.offered(session, ADMIN, gate.site, gate.world.now().date())


def test_an_offer_that_comes_late_does_not_undo_a_newer_one(gate: Gate) -> None:
    weld, paint = (gate.world.job(code, code, gate.world.customer(code, code)) for code in "12")
    gate.kiosk.line("site_jobs", on="2026-03-02", job_ids=[weld], actor_id=gate.sven)
    gate.world.now.forward(minutes=10)
    with gate.world.write() as session:
        jobs.offer(session, ADMIN, gate.site, [paint], now=gate.world.now())
    assert [("accepted", None)] == gate.kiosk.outcomes()
    assert [paint] == gate.kiosk.known()["site_jobs"][gate.site]["job_ids"]
    gate.kiosk.line(
        "site_jobs",
        on="2026-03-02",
        job_ids=[weld],
        actor_id=gate.sven,
        at=gate.world.now() + timedelta(seconds=1),
    )
    gate.kiosk.deliver()
    assert [weld] == gate.kiosk.known()["site_jobs"][gate.site]["job_ids"]


def test_an_undo_that_comes_after_its_punch_was_given_to_somebody_still_takes_it_back(gate: Gate) -> None:
    enrolment = gate.temp()
    mistake = gate.kiosk.punch("in", TEMP)
    gate.kiosk.line("undo", punch_id=mistake)
    punch, undo = gate.kiosk.lines[-2:]
    gate.kiosk.outcomes([punch])
    gate.kiosk.outcomes([enrolment])
    assert [("accepted", None)] == gate.kiosk.outcomes([undo])
    assert ["assign", "void"] == [
        fix.action for fix in sorted(gate.world.rows(Adjustment), key=lambda fix: fix.seq)
    ]
    assert "out" == gate.kiosk.known()["state"][TEMP]["kind"]
    gate.kiosk.outcomes([undo])
    assert 2 == len(gate.world.rows(Adjustment))


@pytest.mark.parametrize(
    "said", ["[" * 100_000, '{"name": ' * 50_000, "9" * 5000, "[]", "null"], ids=lambda one: one[:9]
)
def test_a_temporary_worker_whose_name_cannot_be_read_may_punch_all_the_same(gate: Gate, said: str) -> None:
    gate.temp(beside={"person": gate.kiosk.note(said)})
    gate.kiosk.punch("in", TEMP)
    assert [("accepted", None)] * 2 == gate.kiosk.outcomes()
    assert "Temporary worker" == gate.world.rows(Person, id=TEMP)[0].name
