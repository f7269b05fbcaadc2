"""Questions, messages, policies, requests and temporary workers through the API, by role and site."""

import json

from clockhouse_server.auth.access import Role
from clockhouse_server.people import store as people
from server.rig import ADMIN, World

SAFE = {"text": {"en": "Was it safe?", "de": ""}, "alarming": "no", "position": 1}


def _refused(answer) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("field")


def test_questions_and_policy_are_the_administrator_s(world: World) -> None:
    hall = world.site("Hall")
    admin, lead = world.api(Role.ADMINISTRATOR), world.api(Role.SUPERVISOR, sites=[hall])
    made = admin.post(f"/api/v1/sites/{hall}/questions", json=SAFE).json()
    assert {"en": "Was it safe?"} == made["text"]
    changed = admin.put(
        f"/api/v1/questions/{made['id']}", json=SAFE | {"position": 7, "active": False}
    ).json()
    assert (7, False) == (changed["position"], changed["active"])
    assert [made["id"]] == [one["id"] for one in lead.get(f"/api/v1/sites/{hall}/questions").json()]
    assert 403 == lead.post(f"/api/v1/sites/{hall}/questions", json=SAFE).status_code
    policy = {"pin_with": ["rfid"], "shuffle_pad": True, "mode_minutes": 5}
    assert {"pin_with": [], "shuffle_pad": False, "mode_minutes": 10} == lead.get(
        f"/api/v1/sites/{hall}/policy"
    ).json()
    assert policy == admin.put(f"/api/v1/sites/{hall}/policy", json=policy).json()
    assert policy == lead.get(f"/api/v1/sites/{hall}/policy").json()


def test_what_makes_no_question_policy_or_message_is_named(world: World) -> None:
    hall = world.site()
    admin = world.api(Role.ADMINISTRATOR)
    for wrong, field in (
        ({"text": {"en": " "}}, "text"),
        ({"text": {"english!": "Safe?"}}, "text"),
        ({"text": {"en": "Safe?"}, "on_kind": "lunch"}, "on_kind"),
        ({"text": {"en": "Safe?"}, "answer": "maybe"}, "answer"),
        ({"text": {"en": "How many?"}, "answer": "number", "alarming": "no"}, "alarming"),
        ({"text": {"en": "Safe?"}, "position": -1}, "position"),
    ):
        assert (422, field) == _refused(admin.post(f"/api/v1/sites/{hall}/questions", json=wrong))
    for wrong, field in (({"pin_with": ["pin"]}, "pin_with"), ({"mode_minutes": 0}, "mode_minutes")):
        assert (422, field) == _refused(admin.put(f"/api/v1/sites/{hall}/policy", json=wrong))
    for wrong, field in (
        ({"text": "", "site_id": hall}, "text"),
        ({"text": "Hello"}, "person_id"),
        ({"text": "Hello", "site_id": hall}, "site_id"),
    ):
        assert (422, field) == _refused(admin.post("/api/v1/messages", json=wrong))


def test_a_supervisor_writes_to_their_own_people_only(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    ann, bob = world.person("1", "Ann Lee", hall), world.person("2", "Bob Ray", yard)
    lead, office = world.api(Role.SUPERVISOR, sites=[hall]), world.api(Role.BACK_OFFICE)
    made = lead.post("/api/v1/messages", json={"text": "Boots", "person_id": ann})
    assert (201, ann, 1, 0) == (
        made.status_code, made.json()["person_id"], made.json()["people"], made.json()["read"],
    )  # fmt: skip
    assert 404 == lead.post("/api/v1/messages", json={"text": "Boots", "person_id": bob}).status_code
    assert 404 == lead.post("/api/v1/messages", json={"text": "Boots", "site_id": yard}).status_code
    other = office.post("/api/v1/messages", json={"text": "Gate shut", "site_id": yard}).json()["id"]
    assert ["Boots"] == [one["text"] for one in lead.get("/api/v1/messages").json()]
    assert 404 == lead.delete(f"/api/v1/messages/{other}").status_code
    assert 404 == lead.get(f"/api/v1/messages?site_id={yard}").status_code
    assert ["Gate shut"] == [one["text"] for one in office.get(f"/api/v1/messages?site_id={yard}").json()]
    assert office.delete(f"/api/v1/messages/{other}").json()["withdrawn_at"]
    assert [] == office.get(f"/api/v1/messages?site_id={yard}").json()


def test_what_the_wall_said_is_answered_over_the_api(world: World) -> None:
    with world.write() as session:
        given = people.CompanyIn("Haven", zone="Europe/Berlin")
        people.save_company(session, ADMIN, given, now=world.now())
    hall = world.site()
    rosa = world.person("0420", "Rosa Díaz", hall)
    boss = world.person("1", "Sven Boss", hall, supervisor=True)
    admin, lead = world.api(Role.ADMINISTRATOR), world.api(Role.SUPERVISOR, sites=[hall])
    question = admin.post(f"/api/v1/sites/{hall}/questions", json=SAFE).json()["id"]
    kiosk = world.kiosk(hall)
    beside = {"person": kiosk.note(json.dumps({"name": "Rosa", "agency": "Quick"}))}
    kiosk.line("enrolment", what="person", action="given", employee_id="temp", actor_id=boss, beside=beside)
    punch = kiosk.punch("in", "temp")
    kiosk.line(
        "answer",
        punch_id=punch,
        employee_id="temp",
        question_id=question,
        beside={"answer": kiosk.note("no")},
    )
    for number in "12":
        kiosk.line(
            "request",
            request_id=f"r-{number}",
            employee_id=rosa,
            what="correction",
            beside={"text": kiosk.note("Please.")},
        )
    kiosk.deliver()
    world.now.forward(hours=2)
    waiting = [one["request"]["words"] for one in lead.get("/api/v1/inbox").json() if one["request"]]
    assert ["Please.", "Please."] == waiting
    base = f"/api/v1/people/{rosa}/requests"
    done = lead.post(f"{base}/r-1/accept", json={"kind": "in", "at": "2026-03-02T07:30:00Z"}).json()
    assert ("add", "in") == (done["action"], done["kind"])
    assert "declined" == lead.post(f"{base}/r-2/decline", json={"reason": "no"}).json()["status"]
    card = lead.get("/api/v1/timecards/temp?from=2026-03-02&through=2026-03-02").json()
    said = [(one["question"], one["answer"], one["alarming"]) for one in card["punches"][0]["answers"]]
    assert [("Was it safe?", "no", True)] == said
    found = admin.get("/api/v1/people?provisional=true").json()["items"]
    assert [("temp", "T0001", True)] == [(one["id"], one["number"], one["provisional"]) for one in found]
    assert 403 == admin.post("/api/v1/people/temp/merge", json={"into_id": rosa}).status_code
    assert {"person_id": "temp", "into_id": rosa, "number": "0420", "name": "Rosa Díaz"} == lead.post(
        "/api/v1/people/temp/merge", json={"into_id": rosa}
    ).json()
    assert rosa == admin.get("/api/v1/people/temp").json()["merged_into_id"]
