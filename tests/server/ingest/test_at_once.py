"""Kiosks that deliver at the same moment: nothing is lost, doubled or overtaken, and nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx

from clockhouse_server.ingest.models import LastState, PunchRow
from server.rig import MONDAY, World

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
