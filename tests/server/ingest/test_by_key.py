"""What a delivery asks of PostgreSQL goes by indexes, also by plans that were made when there was nothing to read."""

import re

import pytest
from sqlalchemy.orm import Session

from clockhouse_server.db import by_key
from server.rig import World
from server.statements import watched


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_statement_of_a_delivery_reads_a_whole_table(world: World) -> None:
    site = world.site()
    ann = world.person("1", "Ann", site)
    kiosk = world.kiosk(site)
    for number in range(30):
        world.now.forward(seconds=1)
        kiosk.punch("out" if number % 2 else "in", ann)
    with watched(world.engine) as seen:
        kiosk.deliver([*kiosk.lines[:20]], checkpoints=[kiosk.checkpoint()])
        kiosk.deliver([*kiosk.lines[10:]])
    asked = sorted({statement for statement in seen if "jsonb_array_elements" in statement})
    assert len(asked) >= 8
    with Session(world.engine) as session:
        by_key(session)
        own = session.connection().connection.driver_connection
        for number, statement in enumerate(asked):
            names = [*dict.fromkeys(re.findall(r"%\((\w+)\)s", statement))]
            prepared = statement
            for place, name in enumerate(names, start=1):
                prepared = prepared.replace(f"%({name})s", f"${place}")
            own.execute(f"PREPARE asked_{number} AS {prepared}")
            values = ", ".join("'[]'" if name == "rows" else "1" for name in names)
            plan = "\n".join(row[0] for row in own.execute(f"EXPLAIN EXECUTE asked_{number}({values})"))
            assert "Seq Scan" not in plan, f"{statement}\n{plan}"
            assert "Hash Join" not in plan, f"{statement}\n{plan}"
        assert ("off",) == own.execute("SHOW jit").fetchone()
        session.rollback()
    with Session(world.engine) as session:
        own = session.connection().connection.driver_connection
        assert ("on",) == own.execute("SHOW enable_seqscan").fetchone()
        assert ("force_custom_plan",) == own.execute("SHOW plan_cache_mode").fetchone()
