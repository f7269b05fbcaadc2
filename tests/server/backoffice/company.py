"""A company in the middle of its week: approved hours, a forgotten clock-out, an unknown badge, an unknown job."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from clockhouse_server.auth.models import User
from clockhouse_server.billing import drafts, issuing
from clockhouse_server.devices.models import Device
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.payroll import store as payroll
from clockhouse_server.people.models import Company, Person, Site
from clockhouse_sync import wire
from server.gate import FRIDAY, MONDAY, OFFICE, Gate, local, open_gate

ROLES = {
    "administrator": "Ada Admin",
    "back_office": "Olga Office",
    "supervisor": "Sven Super",
    "employee": "Ana Ortiz",
}
HOSTILE = "<img src=x onerror=alert(1)>\"'{{7*7}}</script><script>alert(2)</script>"
NEXT_MONDAY = MONDAY + timedelta(days=7)
TUESDAY = NEXT_MONDAY + timedelta(days=1)


@contextmanager
def a_busy_week(url: str) -> Iterator[Gate]:
    """Ana and Bob are approved for the week of 9 November; it is Tuesday the 17th, ten past two."""
    with open_gate(url) as gate:
        gate.work_week("ana", "bob")
        gate.punch(
            "ana",
            "07:58 in 1042\n12:00 break_start\n12:30 break_end\n14:00 transfer 1043\n16:31 out",
            on=NEXT_MONDAY,
        )
        gate.punch("bob", "08:02 in 1042\n16:34 out", on=NEXT_MONDAY)
        gate.punch("mo", "07:59 in 1042\n12:01 break_start\n12:30 break_end", on=NEXT_MONDAY)
        says_so(gate, "mo", "out", "16:30")
        gate.punch("ana", "07:55 in nowhere", on=TUESDAY)
        gate.punch("bob", "07:58 in 0001", on=TUESDAY)
        unknown_badge(gate)
        gate.now = local("14:10", TUESDAY)
        gate.deliver()
        gate.rate("95.00", customer_id=gate.customer["NORD"])
        gate.approve("ana", "bob")
        yield gate


def an_invoice(gate: Gate) -> str:
    """The client's first invoice, issued; payroll has its file too."""
    with gate.open() as session:
        made = drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **gate.by)
        issuing.issue(session, OFFICE, made.id, now=gate.now)
        payroll.export(session, OFFICE, "generic", MONDAY.isoformat(), partial=True, **gate.by)
        return made.id


def rename_all(gate: Gate) -> None:
    """Give everything with a name a hostile one, past all checks."""
    with gate.open() as session:
        for table in (Company, Person, Site, Device, Customer, Job, Task, User):
            for row in session.scalars(select(table)):
                row.name = f"{HOSTILE} {row.id}"
        for person in session.scalars(select(Person)):
            person.short_name = HOSTILE


def says_so(gate: Gate, who: str, kind: str, clock: str) -> None:
    """Somebody answers the kiosk's question on Tuesday morning about Monday."""
    gate.kiosks["Gate 1"].append(
        "proposal", local("07:57", TUESDAY), proposal_id=f"claim-{who}", employee_id=gate.person[who], kind=kind,
        claimed_at=wire.format_instant(local(clock, NEXT_MONDAY)),
    )  # fmt: skip


def unknown_badge(gate: Gate) -> None:
    gate.kiosks["Gate 1"].append(
        "punch",
        local("08:01", TUESDAY),
        punch_id="unknown-badge",
        kind="in",
        method="rfid",
        kind_from="chosen",
    )
