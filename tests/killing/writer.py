"""A terminal without a screen: punches into the product's own outbox, each said only once it is on the disk.

python writer.py STATE_DIR DEVICE_ID SITE_ID ZONE PACE SAID PERSON...: a punch every PACE seconds, its id into SAID.
"""

import os
import sys
import time
import uuid
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from clockhouse_sync import clock, link, outbox, wire


def main(state: str, device_id: str, site_id: str, zone: str, pace: str, said: str, *people: str) -> None:
    def moment() -> outbox.Moment:
        return outbox.Moment(
            at=datetime.now(UTC), zone=zone, utc_offset_minutes=60, site_id=site_id,
            boottime_ms=clock.boottime_ms(), clock=wire.ClockState(sync=True, error_ms=5),
        )  # fmt: skip

    written = outbox.open_outbox(
        Path(state) / "outbox.db", device_id=device_id, boot_id=clock.boot_id(), software="writer",
        moment=moment(), new_id=lambda: str(uuid.uuid4()),
    )  # fmt: skip
    daemon = link.LinkClient(Path(state) / "sync.sock")
    saying = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for person in cycle(people):
        fields = {"employee_id": person, "kind": "in", "kind_from": "chosen", "method": "rfid"}
        punch_id = str(uuid.uuid4())
        written.append("punch", moment(), {"punch_id": punch_id, **fields})
        os.write(saying, f"{punch_id}\n".encode())
        daemon.receive()
        daemon.send(link.Nudge())
        time.sleep(float(pace))


if __name__ == "__main__":
    main(*sys.argv[1:])
