"""A company in the middle of its week: approved hours, a forgotten clock-out, an unknown badge, an unknown job."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from clockhouse_server.auth.models import User
from clockhouse_server.billing import drafts, issuing
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import Answer, CorrectionRequest, PunchRow
from clockhouse_server.jobs.models import Customer, Job, Task
from clockhouse_server.payroll import store as payroll
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Company, Person, Site
from clockhouse_server.wall import store as wall
from clockhouse_server.wall.models import Message, Question
from clockhouse_server.wall.store import MessageIn, QuestionIn
from clockhouse_sync import wire
from server.gate import ADMIN, FRIDAY, MONDAY, OFFICE, Gate, local, open_gate

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
        at_the_wall(gate)
        gate.now = local("14:10", TUESDAY)
        gate.deliver()
        words_from_the_wall(gate)
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
            person.short_name = person.agency = HOSTILE
        for question in session.scalars(select(Question)):
            question.text = {"en": HOSTILE}
        for message in session.scalars(select(Message)):
            message.text = message.sender = HOSTILE
        for asked in session.scalars(select(CorrectionRequest)):
            asked.words = HOSTILE
        for answer in session.scalars(select(Answer)):
            answer.answer = HOSTILE


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


def at_the_wall(gate: Gate) -> None:
    """What the office put on the wall on Monday, and who leads there."""
    by = {"now": local("06:00", NEXT_MONDAY), "new_id": gate.new_id}
    site_id = gate.site["Gate"]
    with gate.open() as session:
        lead = people.PersonIn("0001", "Sven Super", site_ids=(site_id,), supervisor=True, administrator=True)
        gate.person["lead"] = people.create_person(session, ADMIN, lead, **by).id
        safe = QuestionIn({"en": "Did everybody work safely?", "de": "Sicher gearbeitet?"}, alarming="no")
        wall.add_question(session, ADMIN, site_id, safe, **by)
        count = QuestionIn({"en": "How many hulls?"}, "transfer", "number", position=2, active=False)
        wall.add_question(session, ADMIN, site_id, count, **by)
        wall.save_policy(session, ADMIN, site_id, wall.PolicyIn(("rfid",), shuffle_pad=True), now=by["now"])
        wall.send(session, OFFICE, MessageIn("The gate closes at six on Friday.", site_id=site_id), **by)
        wall.send(session, OFFICE, MessageIn("Your boots are in the office.", gate.person["mo"]), **by)


def words_from_the_wall(gate: Gate) -> None:
    """Tuesday: a temporary worker, an answer that should be looked at, and a request in somebody's own words."""
    kiosk = gate.kiosks["Gate 1"]
    with gate.open() as session:
        question = session.scalars(select(Question.id).where(Question.alarming == "no")).one()
        punch = session.scalars(
            select(PunchRow.punch_id).where(PunchRow.employee_id == gate.person["ana"], PunchRow.kind == "out")
            .order_by(PunchRow.counted_at.desc())
        ).first()  # fmt: skip
    temp = {"person": kiosk.beside(json.dumps({"name": "Rosa Díaz", "agency": "Quick Hands"}))}
    kiosk.append(
        "enrolment", local("07:30", TUESDAY), what="person", action="given", employee_id="temp-rosa",
        actor_id=gate.person["lead"], beside=temp,
    )  # fmt: skip
    kiosk.append(
        "punch", local("07:31", TUESDAY), punch_id="rosa-in", kind="in", method="supervisor", kind_from="chosen",
        employee_id="temp-rosa", job_id=gate.job["1042"], actor_id=gate.person["lead"],
    )  # fmt: skip
    kiosk.append(
        "answer", local("16:32", NEXT_MONDAY), punch_id=punch, employee_id=gate.person["ana"],
        question_id=question, beside={"answer": kiosk.beside("no")},
    )  # fmt: skip
    kiosk.append(
        "request", local("13:20", TUESDAY), request_id="request-lead", employee_id=gate.person["lead"],
        what="correction", kind="in", on=NEXT_MONDAY.isoformat(),
        claimed_at=wire.format_instant(local("07:45", NEXT_MONDAY)),
        beside={"text": kiosk.beside("The queue was long, I stood there from a quarter to eight.")},
    )  # fmt: skip
    gate.deliver()
