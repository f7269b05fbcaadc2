"""A timecard's lines are found by the key under which they lie, however long the ledger is."""

from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.timecards.evidence import Ledger, verified
from server.rig import World
from server.statements import watched


def test_lines_of_punches_are_found_by_their_key(world: World) -> None:
    site = world.site()
    ann = world.person("1", "Ann", site)
    kiosk = world.kiosk(site)
    for _ in range(2):
        kiosk.punch("in", ann)
        kiosk.punch("out", ann)
        kiosk.boot()
    kiosk.deliver()
    read = world.rows(PunchRow)
    with watched(world.engine) as asked, world.read() as session:
        assert verified(session, read) == Ledger(4, 4)
        statement = next(one for one in asked if "JOIN lines" in one)
        if world.engine.dialect.name == "sqlite":
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
            searched = [row[3] for row in plan if "lines" in row[3]]
            assert searched
            by_key = ("(device_id=? AND epoch=? AND seq=?)", "(device_id=? AND epoch=? AND seq>? AND seq<?)")
            assert all(any(one in step for one in by_key) for step in searched), searched
