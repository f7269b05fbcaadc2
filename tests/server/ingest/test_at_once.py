"""Kiosks that deliver at the same moment: nothing is lost, doubled or overtaken, and nobody waits for ever."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Role
from clockhouse_server.ingest.models import LastState, Proposal, PunchRow
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_sync import wire
from server.rig import ADMIN, MONDAY, World

KIOSKS = 4
ROUNDS = 6


def test_four_kiosks_and_the_same_people(world: World, live: str) -> None:
    site = world.site()
    people = [world.person(str(number), f"Person {number}", site) for number in range(3)]
    clients = [httpx.Client(base_url=live, timeout=60) for _ in range(KIOSKS)]
    kiosks = [world.kiosk(site, http=client, name=f"Gate {number}") for number, client in enumerate(clients)]
    world.now.forward(hours=1)

    def deliver(index: int) -> None:
        for number in range(ROUNDS):
            for place, person in enumerate(people):
                at = MONDAY + timedelta(minutes=number * KIOSKS + (index + place) % KIOSKS, seconds=index)
                kiosks[index].punch("in", person, at=at)
            assert {("accepted", None)} == set(kiosks[index].outcomes())
            kiosks[index].deliver(kiosks[index].lines)  # and once more, as after an answer that got lost

    with ThreadPoolExecutor(KIOSKS) as pool:
        list(pool.map(deliver, range(KIOSKS)))
    for client in clients:
        client.close()
    rows = world.rows(PunchRow)
    assert KIOSKS * ROUNDS * len(people) == len(rows)
    assert list(range(1, len(rows) + 1)) == sorted(row.position for row in rows)
    for person in people:
        newest = max((row for row in rows if row.employee_id == person), key=lambda row: row.counted_at)
        assert newest.punch_id == world.rows(LastState, employee_id=person)[0].punch_id


def test_one_kiosk_that_sends_the_same_batch_twice_at_once(world: World, live: str) -> None:
    site = world.site()
    ann = world.person("1", "Ann Lee", site)
    clients = [httpx.Client(base_url=live, timeout=60) for _ in range(2)]
    kiosk = world.kiosk(site, http=clients[0])
    for _ in range(20):
        kiosk.punch("in", ann)
    body = b'{"lines":[' + b",".join(kiosk.lines) + b"]}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: kiosk.send("POST", "lines", body, nonce=kiosk.session), range(4)))
    for client in clients:
        client.close()
    counted = [sum(one["outcome"] == "accepted" for one in answer.json()["verdicts"]) for answer in answers]
    assert [0, 0, 0, 21] == sorted(counted)
    assert 20 == len(world.rows(PunchRow))


def test_supervisors_at_two_kiosks_and_an_office_that_corrects(world: World, live: str) -> None:
    with world.write() as session:
        people.save_company(session, ADMIN, people.CompanyIn("Haven", zone="Europe/Berlin"), now=world.now())
    site = world.site()
    boss = world.person("9", "Sven Boss", site, supervisor=True)
    staff = [world.person(str(number), f"Person {number}", site) for number in range(3)]
    clients = [httpx.Client(base_url=live, timeout=60) for _ in range(2)]
    kiosks = [world.kiosk(site, http=client, name=f"Gate {number}") for number, client in enumerate(clients)]
    token = world.api(Role.BACK_OFFICE).headers["Authorization"]
    world.now.forward(hours=10)

    def lead(index: int) -> None:
        kiosk = kiosks[index]
        for number in range(ROUNDS):
            for person in staff:
                at = MONDAY + timedelta(hours=number, minutes=index)
                kiosk.punch("in", person, at=at)
                claim = {"proposal_id": f"claim-{index}-{number}-{person}", "employee_id": person}
                claimed_at = wire.format_instant(at + timedelta(minutes=30))
                kiosk.line("proposal", **claim, kind="out", claimed_at=claimed_at)
                kiosk.line("confirm", **claim, actor_id=boss, accepted=True)
            beside = {"person": kiosk.note(json.dumps({"name": f"Temp {index} {number}"}))}
            temp = f"temp-{index}-{number}"
            kiosk.line(
                "enrolment", what="person", action="given", employee_id=temp, actor_id=boss, beside=beside
            )
            kiosk.punch("in", temp)
            kiosk.line("site_jobs", on="2026-03-02", job_ids=[], actor_id=boss)
            assert {("accepted", None)} == set(kiosk.outcomes())

    def office(_: int) -> None:
        with httpx.Client(base_url=live, timeout=60, headers={"Authorization": token}) as client:
            for number in range(ROUNDS):
                for person in staff:
                    at = wire.format_instant(MONDAY + timedelta(hours=number, minutes=45))
                    given = {"action": "add", "kind": "out", "at": at, "reason": "seen leaving"}
                    assert 201 == client.post(f"/api/v1/people/{person}/adjustments", json=given).status_code
                sent = client.post("/api/v1/messages", json={"text": "Hello", "site_id": site})
                assert 201 == sent.status_code, sent.text

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(lead, 0), pool.submit(lead, 1), pool.submit(office, 0)]
        for each in done:
            each.result()
    for client in clients:
        client.close()
    assert {"confirmed"} == {claim.status for claim in world.rows(Proposal)}
    assert 2 * ROUNDS == len(world.rows(Person, provisional=True))
    with world.read() as session:
        assert audit.verify(session) is None
