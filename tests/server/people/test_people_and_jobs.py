"""People, badges, PINs, customers, jobs and tasks: checked, audited, and brought in by the sheet."""

from base64 import b64decode
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clockhouse_drivers.credentials import PinParameters, pin_matches
from clockhouse_server.auth.access import Role
from clockhouse_server.auth.models import AuditRow
from clockhouse_server.errors import Conflict, Invalid
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.people import credentials, imports, sheets, store
from clockhouse_server.people.models import Credential, Person, PersonSite, Pin
from server.rig import ADMIN, OFFICE, World

CHEAP = PinParameters(memory_kib=64, passes=1, lanes=1)


def _give(world: World, person_id: str, text: str) -> Credential:
    with world.write() as session:
        return credentials.give_badge(
            session, ADMIN, person_id, text, now=world.now(), new_id=world.server.new_id
        )


def _pin(world: World, person_id: str, digits: str) -> None:
    with world.write() as session:
        credentials.set_pin(
            session, ADMIN, person_id, digits, keys=world.server.keys, now=world.now(),
            new_token=world.server.new_token, params=CHEAP,
        )  # fmt: skip


def _import(world: World, text: str, *, dry_run: bool = False) -> sheets.ImportResult:
    with world.write() as session:
        return imports.people(
            session, ADMIN, text, dry_run=dry_run, now=world.now(), new_id=world.server.new_id
        )


def test_a_person_by_the_api(world: World) -> None:
    client = world.api(Role.ADMINISTRATOR)
    site = world.site()
    body = {"number": "0417", "name": "  Ana   María Pop ", "site_ids": [site], "cost_rate": "23.50"}
    made = client.post("/api/v1/people", json=body).json()
    assert ("0417", "Ana María Pop", "Ana P.") == (made["number"], made["name"], made["short_name"])
    assert made["cost_rate"] is None
    changed = client.put(
        f"/api/v1/people/{made['id']}", json={**body, "name": "Ana Pop", "active": False}
    ).json()
    assert ("Ana Pop", False) == (changed["name"], changed["active"])
    trail = world.rows(AuditRow, action="person.change")[0]
    assert {"name": "Ana María Pop", "active": True} == trail.before
    assert "number" == client.post("/api/v1/people", json=body).json()["field"]
    assert 404 == client.get("/api/v1/people/nobody").status_code


def test_what_an_hour_costs_is_seen_and_cleared_by_those_who_see_rates(world: World) -> None:
    ann = world.person("1", "Ann Lee", cost_rate=Decimal("23.50"))
    admin, office = world.api(Role.ADMINISTRATOR), world.api(Role.BACK_OFFICE)
    same = {"number": "1", "name": "Ann Leeds"}
    assert admin.get(f"/api/v1/people/{ann}").json()["cost_rate"] is None
    assert 200 == admin.put(f"/api/v1/people/{ann}", json=same).status_code
    assert Decimal("23.50") == Decimal(office.get("/api/v1/people").json()["items"][0]["cost_rate"])
    assert office.put(f"/api/v1/people/{ann}", json=same).json()["cost_rate"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", ""), ("number", "12 34"), ("name", "  "), ("name", "x" * 101), ("language", "English"),
     ("site_ids", ["nowhere"]), ("cost_rate", "-1"), ("default_job_id", "no-job"), ("short_name", "a\x00b")],
)  # fmt: skip
def test_what_cannot_be_is_named(world: World, field: str, value: object) -> None:
    client = world.api(Role.ADMINISTRATOR)
    answer = client.post("/api/v1/people", json={"number": "1", "name": "Ann", field: value})
    assert (422, field) == (answer.status_code, answer.json()["field"])


def test_saving_the_same_again_changes_nothing_and_tells_nobody(world: World) -> None:
    ann = world.person("1", "Ann Lee")
    before = world.rows(Person)[0].version
    with world.write() as session:
        store.update_person(session, ADMIN, ann, store.PersonIn(number="1", name="Ann Lee"), now=world.now())
    assert before == world.rows(Person)[0].version
    assert not world.rows(AuditRow, action="person.change")


def test_a_badge_has_one_live_holder_and_may_be_given_again(world: World) -> None:
    ann, bob = world.person("1", "Ann Lee"), world.person("2", "Bob Ray")
    badge = _give(world, ann, "2a00b4c3d7")
    assert "2A00B4C3D7" == badge.value
    with pytest.raises(Conflict, match="Ann Lee"):
        _give(world, bob, "2A00B4C3D7")
    with world.write() as session:
        credentials.take_badge(session, ADMIN, badge.id, now=world.now())
    assert "2A00B4C3D7" == _give(world, bob, "2A00B4C3D7").value
    assert 2 == len(world.rows(Credential))


@pytest.mark.parametrize("text", ["", "not a badge!", "08A1B2C3"])
def test_what_is_no_badge_is_refused(world: World, text: str) -> None:
    ann = world.person("1", "Ann Lee")
    with pytest.raises(Invalid) as refused:
        _give(world, ann, text)
    assert "badge" == refused.value.field


def test_a_pin_is_kept_as_its_verifier_only(world: World) -> None:
    ann = world.person("0417", "Ann Lee")
    _pin(world, ann, "2580")
    row = world.rows(Pin)[0]
    keys = world.server.keys
    assert pin_matches(
        "2580", b64decode(row.hash), employee_id=ann, pepper=keys.peppers[row.pepper_version],
        salt=b64decode(row.salt), params=CHEAP,
    )  # fmt: skip
    _pin(world, ann, "7391")
    assert row.hash != world.rows(Pin)[0].hash
    trail = world.rows(AuditRow, action="pin.set")
    assert [None, None] == [one.after for one in trail]


@pytest.mark.parametrize("digits", ["123", "1111", "1234", "0417", "12a4", "1" * 13])
def test_pins_that_are_tried_first_are_refused(world: World, digits: str) -> None:
    ann = world.person("0417", "Ann Lee")
    with pytest.raises(Invalid) as refused:
        _pin(world, ann, digits)
    assert "pin" == refused.value.field


def test_a_list_of_people_creates_changes_and_leaves_alone(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    text = "Number;Name;Sites;Supervisor\r\n0417;Ann Lee;Hall | Yard;yes\r\n0418;李雷;hall;\r\n"
    assert (2, 0, 0) == (lambda done: (done.created, done.changed, done.unchanged))(_import(world, text))
    assert {hall, yard} == {row.site_id for row in world.rows(PersonSite)}
    assert (0, 0, 2) == (lambda done: (done.created, done.changed, done.unchanged))(_import(world, text))
    done = _import(world, "number,name\n0417,Ann Leeds\n")
    assert (0, 1) == (done.created, done.changed)
    found = world.rows(Person, number="0417")[0]
    assert ("Ann Leeds", True) == (found.name, found.supervisor)
    assert 3 == len(world.rows(PersonSite))


def test_a_list_with_problems_changes_nothing_and_names_each_line(world: World) -> None:
    world.site("Hall")
    text = "number,name,sites,active\n1,Ann,Hall,yes\n2,,Hall,\n3,Cy,Moon,\n1,Again,,\n4,Di,,maybe\n"
    done = _import(world, text)
    assert [(3, "name"), (4, "sites"), (5, "number"), (6, "active")] == [
        (one.line, one.field) for one in done.problems
    ]
    assert [] == world.rows(Person)
    assert [] == world.rows(AuditRow, action="person.create")


def test_a_dry_run_changes_nothing(world: World) -> None:
    done = _import(world, "number,name\n1,Ann\n", dry_run=True)
    assert (1, True, []) == (done.created, done.dry_run, done.problems)
    assert [] == world.rows(Person)


@pytest.mark.parametrize("text", ["", "name\nAnn\n", 'number,name\n"1,Ann\n', "number,name,name\n1,A,B\n"])
def test_what_is_no_list_is_refused_with_the_fix(world: World, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        _import(world, text)
    assert "file" == refused.value.field


def test_badges_and_jobs_by_the_sheet_over_the_api(world: World) -> None:
    ann = world.person("0417", "Ann Lee")
    client = world.api(Role.ADMINISTRATOR)
    sheet = b"number,badge\n0417,2A00B4C3D7\n"
    assert 1 == client.post("/api/v1/badges/import", content=sheet).json()["created"]
    assert 1 == client.post("/api/v1/badges/import", content=sheet).json()["unchanged"]
    bad = client.post("/api/v1/badges/import", content=b"number,badge\n9,2A\n").json()
    assert [{"line": 2, "field": "number", "says": "number: Nobody has the number 9."}] == bad["problems"]
    assert [ann] == [row.person_id for row in world.rows(Credential)]
    text = (
        "customer_code,customer,job_code,job,task_code,task,purchase_order\n"
        "ACME,Acme,1042,Welding,A,Seam,PO-1\nACME,,1042,,B,Grind,PO-1\nOTH,Other,7,Digging,,,\n"
    )
    done = client.post("/api/v1/jobs/import", content=text.encode()).json()
    assert ([], 3) == (done["problems"], done["created"])
    assert (2, 2, 2) == (len(world.rows(Customer)), len(world.rows(Job)), len(world.rows(Task)))
    again = client.post("/api/v1/jobs/import", content=text.encode()).json()
    assert (0, 0, 3) == (again["created"], again["changed"], again["unchanged"])


def test_jobs_and_tasks_by_the_api(world: World) -> None:
    client = world.api(Role.BACK_OFFICE)
    customer = client.post(
        "/api/v1/customers", json={"code": "ACME", "name": "Acme", "tax_rate": "19"}
    ).json()
    assert "EUR" == customer["currency"]
    job = client.post(
        "/api/v1/jobs", json={"customer_id": customer["id"], "code": "1", "name": "Welding"}
    ).json()
    task = client.post("/api/v1/tasks", json={"job_id": job["id"], "code": "A", "name": "Seam"}).json()
    assert [task] == client.get(f"/api/v1/tasks?job_id={job['id']}").json()["items"]
    assert (
        "code"
        == client.post("/api/v1/tasks", json={"job_id": job["id"], "code": "A", "name": "x"}).json()["field"]
    )
    assert (
        "colour"
        == client.put(
            f"/api/v1/jobs/{job['id']}",
            json={"customer_id": customer["id"], "code": "1", "name": "Welding", "colour": "red"},
        ).json()["field"]
    )
    assert [job["id"]] == [one["id"] for one in client.get("/api/v1/jobs?q=weld").json()["items"]]
    assert (
        "customer_id"
        == client.post("/api/v1/jobs", json={"customer_id": "none", "code": "2", "name": "x"}).json()["field"]
    )


def test_the_company_is_set_up_once_and_changed_after(world: World) -> None:
    with world.write() as session:
        given = store.CompanyIn(name="Acme Works", zone="Europe/Berlin", country="de")
        made = store.save_company(session, OFFICE, given, now=world.now())
        assert ("DE", 0) == (made.country, made.period_from_on.weekday())
    client = world.api(Role.BACK_OFFICE)
    assert "Acme Works" == client.get("/api/v1/company").json()["name"]
    answer = client.put("/api/v1/company", json={"name": "Acme", "period_days": 0})
    assert "period_days" == answer.json()["field"]


@given(st.text(max_size=20))
def test_no_text_of_ours_becomes_a_formula_in_a_spreadsheet(text: str) -> None:
    cell = sheets.cell(text)
    if cell.startswith(sheets.FORMULA_STARTS):
        assert float(cell) is not None
    rows = sheets.read_rows(sheets.write_rows(["a", "b"], [[text, "x"]]), ["a"], ["a"])
    assert text.strip() == rows[0].get("a").strip() or "\x00" in text or "\r" in text or "\n" in text


def test_punches_for_the_back_office(world: World) -> None:
    site = world.site()
    ann = world.person("0417", "=Ann", site)
    kiosk = world.kiosk(site)
    for kind in ("in", "out", "in"):
        kiosk.punch(kind, ann)
    kiosk.punch("in", "nobody")
    kiosk.deliver()
    client = world.api(Role.BACK_OFFICE)
    first = client.get("/api/v1/punches?limit=2").json()
    assert ["in", "out"] == [one["kind"] for one in first["items"]]
    rest = client.get(f"/api/v1/punches?cursor={first['next']}").json()
    assert (["in"], None) == ([one["kind"] for one in rest["items"]], rest["next"])
    assert [] == client.get(f"/api/v1/punches?cursor={rest['resume']}").json()["items"]
    kiosk.punch("out", ann)
    kiosk.deliver()
    later = client.get(f"/api/v1/punches?cursor={rest['resume']}").json()
    assert ["out"] == [one["kind"] for one in later["items"]]
    lines = client.get("/api/v1/punches.csv").text.splitlines()
    assert 5 == len(lines)
    assert ",'=Ann,in," in lines[1]
    parked = client.get("/api/v1/parked").json()["items"]
    assert ["unknown_employee"] == [one["code"] for one in parked]
