"""Lines arrive: each once, each with a verdict, and nothing is lost whatever happens on the way."""

import httpx

from clockhouse_server.ingest.models import LastState, LineRow, PunchRow
from server.rig import World


def test_a_morning_at_the_gate_over_a_real_connection(world: World, live: str) -> None:
    site = world.site()
    ann = world.person("0417", "Ann Lee", site)
    weld = world.job("1042", "Welding", world.customer())
    with httpx.Client(base_url=live) as http:
        kiosk = world.kiosk(site, http=http)
        kiosk.punch("in", ann, job_id=weld)
        world.now.forward(hours=4)
        kiosk.punch("out", ann)
        answer = kiosk.deliver(checkpoints=[kiosk.checkpoint()]).json()
        assert [("linked", "accepted")] * 3 == [(one["chain"], one["outcome"]) for one in answer["verdicts"]]
        assert [{"epoch": kiosk.epoch, "seq": 3}] == answer["acknowledged"]
        assert kiosk.prev == answer["receipts"][0]["hash"]
        assert ["duplicate"] * 3 == [one["outcome"] for one in kiosk.deliver(kiosk.lines).json()["verdicts"]]
    assert 3 == len(world.rows(LineRow))
    assert ["in", "out"] == [row.kind for row in sorted(world.rows(PunchRow), key=lambda row: row.position)]
    assert "out" == world.rows(LastState)[0].kind


def test_stored_bytes_are_the_bytes_that_were_sent(world: World) -> None:
    kiosk = world.kiosk(world.site())
    kiosk.deliver()
    assert kiosk.lines == [row.raw for row in world.rows(LineRow)]
