"""A kiosk is told what its site needs, each change once, and of nobody else."""

from datetime import timedelta

from clockhouse_drivers.credentials import PinParameters
from clockhouse_server.devices.models import Device
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import credentials
from clockhouse_server.people import store as people
from clockhouse_server.roster import store as roster
from server.rig import ADMIN, Kiosk, World

CHEAP = PinParameters(memory_kib=64, passes=1, lanes=1)


def _badge(world: World, person_id: str, text: str) -> str:
    with world.write() as session:
        return credentials.give_badge(
            session, ADMIN, person_id, text, now=world.now(), new_id=world.server.new_id
        ).id


def _change(world: World, person_id: str, *site_ids: str, active: bool = True) -> None:
    with world.write() as session:
        found = people.person(session, ADMIN, "people.read", person_id)
        given = people.PersonIn(number=found.number, name=found.name, site_ids=site_ids, active=active)
        people.update_person(session, ADMIN, person_id, given, now=world.now())


def test_a_first_pull_holds_all_that_the_site_needs(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    ann, bob = world.person("1", "Ann Lee", hall), world.person("2", "Bob Ray", yard)
    badge = _badge(world, ann, "2A00B4C3D7")
    _badge(world, bob, "2A00B4C3D8")
    with world.write() as session:
        credentials.set_pin(
            session, ADMIN, ann, "2580", keys=world.server.keys, now=world.now(),
            new_token=world.server.new_token, params=CHEAP,
        )  # fmt: skip
    acme, other = world.customer(), world.customer("OTH", "Other")
    everywhere = world.job("1", "Sweeping", acme)
    here = world.job("2", "Welding", acme, hall)
    world.job("3", "Digging", other, yard)
    task = world.task(here, "A", "Seam")
    kiosk = world.kiosk(hall)
    known = kiosk.known()
    assert {ann: "Ann L."} == {key: body["short_name"] for key, body in known["person"].items()}
    assert {badge: "2A00B4C3D7"} == {key: body["value"] for key, body in known["credential"].items()}
    assert {everywhere, here} == known["job"].keys()
    assert {acme: "Acme"} == {key: body["name"] for key, body in known["customer"].items()}
    assert [task] == list(known["task"])
    assert [ann] == list(known["pin"])
    assert [hall] == list(known["site"])
    assert [kiosk.device_id] == list(known["device"])
    assert all(body is not None for rows in known.values() for body in rows.values())


def test_nothing_new_is_an_empty_pull(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.known()
    assert {} == kiosk.known(kiosk.cursor)


def test_somebody_who_moves_leaves_with_badge_pin_and_state_and_comes_back_whole(world: World) -> None:
    hall, yard = world.site("Hall"), world.site("Yard")
    ann = world.person("1", "Ann Lee", hall)
    badge = _badge(world, ann, "2A00B4C3D7")
    kiosk = world.kiosk(hall)
    kiosk.punch("in", ann)
    kiosk.deliver()
    kiosk.known()
    _change(world, ann, yard)
    gone = kiosk.known(kiosk.cursor)
    assert {"person": {ann: None}, "credential": {badge: None}, "state": {ann: None}} == gone
    _change(world, ann, hall, yard)
    back = kiosk.known(kiosk.cursor)
    assert {"person", "credential", "state"} == back.keys()
    assert all(body is not None for rows in back.values() for body in rows.values())


def test_somebody_who_left_is_taken_away(world: World) -> None:
    hall = world.site()
    ann = world.person("1", "Ann Lee", hall)
    kiosk = world.kiosk(hall)
    kiosk.known()
    _change(world, ann, hall, active=False)
    assert {"person": {ann: None}} == kiosk.known(kiosk.cursor)


def test_a_returned_badge_is_taken_away(world: World) -> None:
    hall = world.site()
    badge = _badge(world, world.person("1", "Ann Lee", hall), "2A00B4C3D7")
    kiosk = world.kiosk(hall)
    kiosk.known()
    with world.write() as session:
        credentials.take_badge(session, ADMIN, badge, now=world.now())
    assert {"credential": {badge: None}} == kiosk.known(kiosk.cursor)


def test_a_punch_at_one_kiosk_is_told_to_the_other(world: World) -> None:
    hall = world.site()
    ann = world.person("1", "Ann Lee", hall)
    job = world.job("1", "Welding", world.customer())
    gate, door = world.kiosk(hall, name="Gate"), world.kiosk(hall, name="Door")
    door.known()
    punch = gate.punch("in", ann, job_id=job)
    gate.deliver()
    told = door.known(door.cursor)["state"][ann]
    assert ("in", job, punch) == (told["kind"], told["job_id"], told["punch_id"])


def test_a_job_that_closes_takes_its_tasks_and_its_customer_along(world: World) -> None:
    hall = world.site()
    acme = world.customer()
    job = world.job("1", "Welding", acme)
    task = world.task(job, "A", "Seam")
    kiosk = world.kiosk(hall)
    kiosk.known()
    with world.write() as session:
        given = jobs.JobIn(customer_id=acme, code="1", name="Welding", active=False)
        jobs.update_job(session, ADMIN, job, given, now=world.now())
    assert {"job": {job: None}, "task": {task: None}, "customer": {acme: None}} == kiosk.known(kiosk.cursor)


def test_a_customer_that_closes_takes_its_jobs_along(world: World) -> None:
    hall = world.site()
    acme = world.customer()
    job = world.job("1", "Welding", acme)
    kiosk = world.kiosk(hall)
    kiosk.known()
    with world.write() as session:
        given = jobs.CustomerIn(code="ACME", name="Acme", active=False)
        jobs.update_customer(session, ADMIN, acme, given, now=world.now())
    assert {"job": {job: None}, "customer": {acme: None}} == kiosk.known(kiosk.cursor)


def test_today_s_offer_is_for_today_and_can_be_lifted(world: World) -> None:
    hall = world.site()
    job = world.job("1", "Welding", world.customer())
    kiosk = world.kiosk(hall)
    kiosk.known()
    with world.write() as session:
        jobs.offer(session, ADMIN, hall, [job], now=world.now())
    offer = {"on": "2026-03-02", "job_ids": [job], "set_at": "2026-03-02T07:00:00.000Z"}
    assert offer == kiosk.known(kiosk.cursor)["site_jobs"][hall]
    with world.write() as session:
        jobs.offer(session, ADMIN, hall, [], now=world.now.forward(minutes=1))
    lifted = {"on": "2026-03-02", "job_ids": [], "set_at": "2026-03-02T07:01:00.000Z"}
    assert {hall: lifted} == kiosk.known(kiosk.cursor)["site_jobs"]
    with world.write() as session:
        jobs.offer(session, ADMIN, hall, [], now=world.now.forward(minutes=1))
    assert "2026-03-02T07:02:00.000Z" == kiosk.known(kiosk.cursor)["site_jobs"][hall]["set_at"]
    with world.write() as session:
        jobs.offer(session, ADMIN, hall, [job], now=world.now())
    world.now.forward(days=1)
    kiosk.hello()
    assert "site_jobs" not in Kiosk.known(kiosk)


def test_a_long_roster_comes_in_pages_that_miss_nothing(world: World) -> None:
    hall = world.site()
    everybody = {world.person(str(number), f"Person {number}", hall) for number in range(30)}
    kiosk = world.kiosk(hall)
    device = world.rows(Device)[0]
    seen: list[str] = []
    cursor, pulls, more = "", 0, True
    while more:
        with world.read() as session:
            page = roster.pull(session, device, cursor, now=world.now(), limit=7)
        seen += [row.id for row in page.rows if row.type == "person"]
        cursor, more, pulls = page.cursor, page.more, pulls + 1
    assert everybody == set(seen)
    assert len(everybody) == len(seen)
    assert 4 < pulls < 10
    assert kiosk.known()["person"].keys() == everybody


def test_a_cursor_from_a_future_that_a_backup_undid_means_start_again(world: World) -> None:
    kiosk = world.kiosk(world.site())
    assert 410 == kiosk.roster("1.999999").status_code
    assert 410 == kiosk.roster("nonsense").status_code
    world.now.forward(seconds=timedelta(hours=25).total_seconds())
    assert "session" == kiosk.roster().json()["code"]
