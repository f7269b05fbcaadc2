"""Questions, messages, policies, claims and what people prefer: told once, and taken away when they are over."""

from datetime import timedelta

from clockhouse_server.ingest.models import LastState
from clockhouse_server.people import store as people
from clockhouse_server.timecards import decisions
from clockhouse_server.wall import store as wall
from clockhouse_server.wall.store import MessageIn, PolicyIn, QuestionIn
from clockhouse_sync import wire
from server.rig import ADMIN, OFFICE, World

SAFE = QuestionIn(text={"en": "Did you work safely?", "de": "Sicher gearbeitet?"}, alarming="no", position=2)


def _by(world: World) -> dict[str, object]:
    return {"now": world.now(), "new_id": world.server.new_id}


def _company(world: World) -> None:
    with world.write() as session:
        people.save_company(session, ADMIN, people.CompanyIn("Haven", zone="Europe/Berlin"), now=world.now())


def test_a_question_is_asked_at_its_own_site_until_it_is_put_aside(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    kiosk, other = world.kiosk(hall), world.kiosk(yard)
    kiosk.known(), other.known()
    with world.write() as session:
        made = wall.add_question(session, ADMIN, hall, SAFE, **_by(world)).id
    body = kiosk.known(kiosk.cursor)["question"][made]
    assert {
        "site_id": hall, "on_kind": "out", "text": dict(SAFE.text), "answer": "yes_no", "position": 2,
    } == body  # fmt: skip
    assert {"question": {made: None}} == other.known(other.cursor)
    assert "question" not in other.known()
    with world.write() as session:
        aside = QuestionIn(text=SAFE.text, active=False)
        wall.update_question(session, ADMIN, made, aside, now=world.now())
    assert {"question": {made: None}} == kiosk.known(kiosk.cursor)


def test_a_site_s_policy_is_told_when_there_is_one(world: World) -> None:
    hall = world.site()
    kiosk = world.kiosk(hall)
    assert "policy" not in kiosk.known()
    with world.write() as session:
        wall.save_policy(
            session, ADMIN, hall, PolicyIn(("qr", "rfid"), shuffle_pad=True, mode_minutes=5), now=world.now()
        )
    policy = {"pin_with": ["rfid", "qr"], "shuffle_pad": True, "mode_minutes": 5}
    assert {"policy": {hall: policy}} == kiosk.known(kiosk.cursor)
    with world.write() as session:
        wall.save_policy(session, ADMIN, hall, PolicyIn(), now=world.now())
    assert {"mode_minutes": 10} == {
        name: value for name, value in kiosk.known(kiosk.cursor)["policy"][hall].items() if value
    }


def test_a_message_to_one_person_goes_where_they_clock_in_and_goes_when_read(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    ann = world.person("1", "Ann Lee", hall)
    gate, door, other = world.kiosk(hall, name="Gate"), world.kiosk(hall, name="Door"), world.kiosk(yard)
    with world.write() as session:
        wall.send(session, OFFICE, MessageIn("Your boots are here.", person_id=ann), **_by(world))
    (copy, body), *more = gate.known()["message"].items()
    assert [] == more
    assert ("Your boots are here.", "Olga Office", ann) == (body["text"], body["sender"], body["person_id"])
    assert {copy} == door.known()["message"].keys()
    assert "message" not in other.known()
    gate.line("message_read", message_id=copy, employee_id=ann)
    gate.deliver()
    assert {"message": {copy: None}} == door.known(door.cursor)
    assert "message" not in gate.known()


def test_a_message_to_everybody_is_taken_away_from_each_who_read_it(world: World) -> None:
    hall = world.site()
    ann, bob = world.person("1", "Ann Lee", hall), world.person("2", "Bob Ray", hall)
    kiosk = world.kiosk(hall)
    with world.write() as session:
        sent = wall.send(session, OFFICE, MessageIn("The gate closes at six.", site_id=hall), **_by(world)).id
    copies = {body["person_id"]: copy for copy, body in kiosk.known()["message"].items()}
    assert {ann, bob} == copies.keys()
    kiosk.line("message_read", message_id=copies[ann], employee_id=bob)  # not hers to read
    kiosk.line("message_read", message_id=copies[bob], employee_id=bob)
    kiosk.deliver()
    assert {copies[bob]: None} == kiosk.known(kiosk.cursor)["message"]
    assert [copies[ann]] == list(kiosk.known()["message"])
    with world.read() as session:
        assert [(2, 1)] == [(one.people, one.read) for one in wall.messages(session, OFFICE, site_id=hall)]
    with world.write() as session:
        wall.withdraw(session, OFFICE, sent, now=world.now())
    assert "message" not in kiosk.known()


def test_a_claim_waits_on_every_kiosk_of_the_site_until_somebody_decides(world: World) -> None:
    _company(world)
    hall = world.site()
    bob = world.person("2", "Bob Ray", hall)
    gate, door = world.kiosk(hall, name="Gate"), world.kiosk(hall, name="Door")
    punch = gate.punch("in", bob)
    gate.deliver()
    world.now.forward(hours=10)
    door.known()
    gate.line(
        "proposal", proposal_id="claim-1", employee_id=bob, kind="out", punch_id=punch,
        claimed_at=wire.format_instant(world.now() - timedelta(hours=1)),
    )  # fmt: skip
    gate.deliver()
    told = door.known(door.cursor)["proposal"]["claim-1"]
    assert (bob, "out", punch) == (told["employee_id"], told["kind"], told["punch_id"])
    with world.write() as session:
        decisions.confirm(session, OFFICE, bob, "claim-1", **_by(world))
    assert {"claim-1": None} == door.known(door.cursor)["proposal"]
    assert "proposal" not in door.known()


def test_a_forgotten_clock_out_is_told_though_nobody_punched_since(world: World) -> None:
    _company(world)
    hall = world.site()
    bob = world.person("2", "Bob Ray", hall)
    kiosk = world.kiosk(hall)
    punch = kiosk.punch("in", bob)
    kiosk.deliver()
    assert [] == kiosk.known()["hours"][bob]["missing"]
    world.now.forward(hours=14, minutes=1)
    missing = [{"punch_id": punch, "since": "2026-03-02T07:00:00.000Z"}]
    assert missing == kiosk.known(kiosk.cursor)["hours"][bob]["missing"]
    assert {} == kiosk.known(kiosk.cursor)
    kiosk.punch("in", bob)
    kiosk.deliver()
    assert [False] == [state.overdue for state in world.rows(LastState)]


def test_what_somebody_may_and_likes_at_the_wall(world: World) -> None:
    hall = world.site()
    job = world.job("1", "Welding", world.customer())
    ann = world.person(
        "1", "Ann Lee", hall, administrator=True, agency="Temps", favourite_job_ids=(job,), pin_with=("rfid",)
    )
    bob = world.person("2", "Bob Ray", hall, pin_with=())
    known = world.kiosk(hall).known()["person"]
    assert (True, "Temps", [job], ["rfid"]) == tuple(
        known[ann][name] for name in ("administrator", "agency", "favourite_job_ids", "pin_with")
    )
    assert [] == known[bob]["pin_with"]
    assert "preferences" not in known[bob]
