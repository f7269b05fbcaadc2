"""What supervisors set at the wall: the day's jobs, temporary workers, badges."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import evidence
from clockhouse_server.ingest.judge import Arrived
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import credentials, provisional
from clockhouse_server.people.models import Person
from clockhouse_sync import wire


def leader(session: Session, device: Sender, person_id: str) -> Actor:
    """Somebody who leads at this kiosk's site, as the one who acts. The judge has seen that they may."""
    person = session.get_one(Person, person_id)
    return Actor(person.id, person.name, Role.SUPERVISOR, frozenset({device.site_id}), person.id)


def enrol_people(session: Session, device: Sender, accepted: Sequence[Arrived], *, now: datetime) -> None:
    """Temporary workers of this batch, before their first punches are counted."""
    for one, line in _enrolments(accepted, "person"):
        if line.action == "given" and line.actor_id is not None:
            said = _person_beside(session, device, line)
            provisional.add(
                session, leader(session, device, line.actor_id), line.employee_id, device.site_id,
                name=said.get("name", ""), agency=said.get("agency", ""),
                made_at=one.counted_at, now=now,
            )  # fmt: skip


def carry_out(
    session: Session,
    device: Sender,
    accepted: Sequence[Arrived],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Badges given and taken, and the offer of a day, in the order in which they were stated."""
    for _, line in _enrolments(accepted, "badge"):
        if line.actor_id is None:
            continue
        actor = leader(session, device, line.actor_id)
        value = badge_beside(session, device, line)
        if line.action == "given" and value is not None:
            if credentials.holder(session, value) is not None:
                continue  # theirs already, or the judge would have parked the line
            credentials.attach(
                session, actor, line.employee_id, value,
                now=now, new_id=new_id, badge_id=line.credential_ref,
            )  # fmt: skip
        elif line.action == "withdrawn":
            credentials.detach(session, actor, line.employee_id, line.credential_ref or "", value, now=now)
    for one in accepted:
        offer = one.line
        if isinstance(offer, wire.SiteJobsLine):
            actor = leader(session, device, offer.actor_id)
            jobs.offer_of_day(
                session, actor, device.site_id, date.fromisoformat(offer.on), offer.job_ids,
                set_at=one.counted_at, now=now,
            )  # fmt: skip


def _enrolments(accepted: Sequence[Arrived], what: str) -> list[tuple[Arrived, wire.EnrolmentLine]]:
    return [
        (one, one.line)
        for one in accepted
        if isinstance(one.line, wire.EnrolmentLine) and one.line.what == what
    ]


def _person_beside(session: Session, device: Sender, line: wire.EnrolmentLine) -> Mapping[str, str]:
    """Name and agency as typed at the wall; empty where they did not come along: the punches count all the same."""
    name = line.beside.person if line.beside else None
    found = evidence.contents(session, device.id, [name] if name else [])
    try:
        said: Any = json.loads(found[name][1]) if name in found else {}
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        return {}
    return {key: value for key, value in said.items() if isinstance(value, str)}


def badge_beside(session: Session, device: Sender, line: wire.EnrolmentLine) -> str | None:
    """The badge's canonical value; None where it did not come along or is no badge's."""
    name = line.beside.credential if line.beside else None
    found = evidence.contents(session, device.id, [name] if name else [])
    return credentials.badge_value(found[name][1].decode("utf-8", "replace")) if name in found else None
