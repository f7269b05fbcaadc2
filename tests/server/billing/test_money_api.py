"""A week from the wall to the invoice, over HTTP alone."""

from datetime import timedelta
from hashlib import sha256

import pytest

from clockhouse_server.auth.access import Role
from clockhouse_server.people import store as people
from server.rig import ADMIN

WEEK = {"from": "2026-03-02", "through": "2026-03-08"}


@pytest.fixture
def shop(world):
    """One site, Ana, a client's job, a kiosk; a company whose weeks are its pay periods."""
    with world.write() as session:
        given = people.CompanyIn("Haven", zone="Europe/Berlin", period_days=7)
        people.save_company(session, ADMIN, given, now=world.now())
    world.hall = world.site()
    world.ana = world.person("0417", "Ana Ortiz", world.hall)
    world.acme = world.customer()
    world.weld = world.job("1042", "Welding", world.acme)
    world.gate = world.kiosk(world.hall)
    return world


def work(shop, days=5):
    for _ in range(days):
        shop.gate.punch("in", shop.ana, job_id=shop.weld)
        shop.now.forward(hours=8)
        shop.gate.punch("out", shop.ana)
        shop.now.forward(hours=16)
    shop.now.forward(days=7 - days)
    assert 200 == shop.gate.hello().status_code
    assert {("accepted", None)} == set(shop.gate.outcomes())
    assert 200 == shop.gate.hello().status_code


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_from_the_wall_to_the_invoice(shop):
    work(shop)
    office = shop.api(Role.BACK_OFFICE)
    (row,) = ok(office.get("/api/v1/timecards", params=WEEK))["items"]
    assert ("Ana Ortiz", 144000, "ready") == (row["name"], row["worked_seconds"], row["status"])
    ok(office.post(f"/api/v1/people/{shop.ana}/approvals", json={"through_on": "2026-03-08"}), 201)
    card = ok(office.get(f"/api/v1/timecards/{shop.ana}", params=WEEK))
    assert ("approved", 10, 10) == (card["status"], card["verified_punches"], card["read_punches"])
    ok(office.post("/api/v1/rates", json={"from_on": "2026-01-01", "bill": "95.00"}), 201)
    (waiting,) = ok(office.get("/api/v1/unbilled", params=WEEK))
    assert ("3800.00", 144000) == (waiting["amount"], waiting["billable_seconds"])
    asked = {"customer_id": shop.acme, "from_on": "2026-03-02", "through_on": "2026-03-08"}
    draft = ok(office.post("/api/v1/invoices", json=asked), 201)
    made = ok(office.post(f"/api/v1/invoices/{draft['id']}/issue"))
    assert ("INV-2026-0001", "issued") == (made["label"], made["status"])
    pdf = office.get(f"/api/v1/invoices/{draft['id']}/pdf")
    assert (b"%PDF", made["pdf_sha256"]) == (pdf.content[:4], sha256(pdf.content).hexdigest())
    why = ok(office.get(f"/api/v1/invoices/{draft['id']}/why"))
    assert why["ok"] is True
    origins = why["lines"][0]["because"][0]["ends"][0]["origins"]
    assert [(shop.gate.device_id, 2)] == [(one["device_id"], one["seq"]) for one in origins]
    run = ok(office.post("/api/v1/payroll/runs", json={"format": "generic", "period": "2026-03-02"}), 201)
    file = office.get(f"/api/v1/payroll/runs/{run['id']}/file")
    assert run["sha256"] == sha256(file.content).hexdigest()
    assert 5 == run["manifest"]["rows"]
    assert [] == ok(office.get("/api/v1/invoice-gaps"))
    assert 10 == 2 * len(ok(office.get("/api/v1/entries", params=WEEK))["items"])


def test_a_mistake_is_corrected_and_approval_waits_for_it(shop):
    shop.gate.punch("in", shop.ana, job_id=shop.weld)
    shop.gate.deliver()
    shop.now.forward(days=7)
    assert 200 == shop.gate.hello().status_code
    boss = shop.api(Role.SUPERVISOR, sites=[shop.hall])
    (waiting,) = ok(boss.get("/api/v1/inbox"))
    assert "missing_out" == waiting["problem"]["code"]
    refused = boss.post(f"/api/v1/people/{shop.ana}/approvals", json={"through_on": "2026-03-08"})
    assert (409, "not_ready") == (refused.status_code, refused.json()["code"])
    (outcome,) = ok(boss.post("/api/v1/approvals", json={"through_on": "2026-03-08"}))
    assert "not_ready" == outcome["code"]
    asked = {"action": "add", "kind": "out", "at": "2026-03-02T16:30:00+01:00", "reason": "told me"}
    made = ok(boss.post(f"/api/v1/people/{shop.ana}/adjustments", json=asked), 201)
    assert (f"emp:{shop.ana}", 1) == (made["device_id"], made["seq"])
    ok(boss.post(f"/api/v1/people/{shop.ana}/approvals", json={"through_on": "2026-03-08"}), 201)
    late = boss.post(f"/api/v1/people/{shop.ana}/adjustments", json=asked)
    assert (409, "period_locked") == (late.status_code, late.json()["code"])
    ok(boss.post(f"/api/v1/people/{shop.ana}/approvals/withdraw", json={"reason": "one more"}))


def test_the_same_key_issues_once(shop):
    work(shop)
    office = shop.api(Role.BACK_OFFICE)
    ok(office.post("/api/v1/approvals", json={"through_on": "2026-03-08"}))
    ok(office.post("/api/v1/rates", json={"from_on": "2026-01-01", "bill": "95.00"}), 201)
    asked = {"customer_id": shop.acme, "from_on": "2026-03-02", "through_on": "2026-03-08"}
    draft = ok(office.post("/api/v1/invoices", json=asked), 201)
    answers = [
        office.post(f"/api/v1/invoices/{draft['id']}/issue", headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert ["INV-2026-0001", "INV-2026-0001"] == [ok(answer)["label"] for answer in answers]
    note = ok(office.post(f"/api/v1/invoices/{draft['id']}/credit", json={"reason": "typo"}), 201)
    assert "credit_note" == note["type"]
    assert ["void", "issued"] == sorted(
        (row["status"] for row in ok(office.get("/api/v1/invoices"))["items"]), reverse=True
    )


def test_an_employee_sees_their_own_timecard_and_no_money(shop):
    work(shop)
    bob = shop.person("0418", "Bob", shop.hall)
    ana = shop.api(Role.EMPLOYEE, person_id=shop.ana)
    assert 144000 == ok(ana.get(f"/api/v1/timecards/{shop.ana}", params=WEEK))["worked_seconds"]
    assert 404 == ana.get(f"/api/v1/timecards/{bob}", params=WEEK).status_code
    assert [shop.ana] == [row["person_id"] for row in ok(ana.get("/api/v1/timecards", params=WEEK))["items"]]
    for path in ("/api/v1/invoices", "/api/v1/rates", "/api/v1/payroll/runs", "/api/v1/inbox"):
        assert 403 == ana.get(path).status_code


@pytest.mark.parametrize("days", [-1, 500])
def test_a_range_has_an_end(shop, days):
    office = shop.api(Role.BACK_OFFICE)
    through = (shop.now() + timedelta(days=days)).date().isoformat()
    answer = office.get("/api/v1/timecards", params={"from": "2026-03-02", "through": through})
    assert 422 == answer.status_code
