"""What a kiosk is told of the people of its site: who they are, what they may, where they stand."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import select

from clockhouse_server.approval import periods
from clockhouse_server.ingest.models import LastState, Proposal
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Credential, Person, Pin
from clockhouse_server.roster.asking import Pull, changed, here, row
from clockhouse_server.timecards import worked as books
from clockhouse_server.wall.models import Message, MessageCopy
from clockhouse_sync import wire

KNOWN_PREFERENCES: Final = wire.Preferences.__struct_fields__


def persons(asked: Pull) -> Iterator[wire.RosterRow]:
    for person, known in changed(asked, select(Person, here(asked)), Person.version):
        yield row("person", person.id, person.version, _person(person) if known and person.active else None)


def _person(person: Person) -> wire.PersonRow:
    pin_with: Any = person.pin_with
    preferences, as_of = None, None
    if person.preferences_at is not None:
        # The language has a field of its own, which the office can change: it is the same one.
        said = {**(person.preferences or {}), "language": person.language}
        chosen = {name: said[name] for name in KNOWN_PREFERENCES if said.get(name) is not None}
        preferences, as_of = wire.Preferences(**chosen), wire.format_instant(person.preferences_at)
    return wire.PersonRow(
        number=person.number, name=person.name, short_name=person.short_name, language=person.language,
        default_job_id=person.default_job_id, supervisor=person.supervisor,
        administrator=person.administrator, agency=person.agency,
        favourite_job_ids=list(person.favourite_job_ids), preferences=preferences, preferences_at=as_of,
        pin_with=pin_with,
    )  # fmt: skip


def credentials(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Credential, Person, here(asked)).join(Person, Person.id == Credential.person_id)
    for badge, person, known in changed(asked, query, Credential.version, Person.version):
        body = wire.CredentialRow(
            person_id=person.id,
            kind="qr" if badge.kind == "qr" else "badge",
            value=badge.value,
            weak=badge.weak,
        )
        counts = known and person.active and badge.active
        yield row("credential", badge.id, max(badge.version, person.version), body if counts else None)


def pins(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(Pin, Person, here(asked)).join(Person, Person.id == Pin.person_id)
    for pin, person, known in changed(asked, query, Pin.version, Person.version):
        body = wire.PinRow(
            salt=pin.salt, hash=pin.hash, memory_kib=pin.memory_kib, passes=pin.passes, lanes=pin.lanes,
            pepper_version=pin.pepper_version,
        )  # fmt: skip
        version = max(pin.version, person.version)
        yield row("pin", person.id, version, body if known and person.active else None)


def states(asked: Pull) -> Iterator[wire.RosterRow]:
    query = select(LastState, Person, here(asked)).join(Person, Person.id == LastState.employee_id)
    as_of = wire.format_instant(asked.now)
    for state, person, known in changed(asked, query, LastState.version, Person.version):
        body = wire.StateRow(
            kind=state.kind, at=wire.format_instant(state.at), as_of=as_of, job_id=state.job_id,
            task_id=state.task_id, punch_id=state.punch_id,
        )  # fmt: skip
        version = max(state.version, person.version)
        yield row("state", person.id, version, body if known and person.active else None)


def hours(asked: Pull) -> Iterator[wire.RosterRow]:
    """Worked hours as the books have them, told again whenever somebody's newest punch or a correction is.

    No balance: the books know what was worked, not what was due.
    """
    if people.company(asked.session) is None:
        return
    query = select(LastState, Person, here(asked)).join(Person, Person.id == LastState.employee_id)
    found = changed(asked, query, LastState.version, Person.version)
    told = {person.id for _, person, known in found if known and person.active}
    today = books.today(asked.session, asked.now)
    period = periods.containing(asked.session, today)
    worked = books.hours(asked.session, told, period.from_on, now=asked.now)
    as_of = wire.format_instant(asked.now)
    for state, person, _ in found:
        body = None
        if person.id in told:
            one = worked[person.id]
            missing = [
                wire.MissingOut(punch_id=punch_id, since=wire.format_instant(since))
                for punch_id, since in one.missing
            ]
            body = wire.HoursRow(
                week_seconds=one.week, last_week_seconds=one.last_week, as_of=as_of,
                today_seconds=one.today, period_seconds=one.period, missing=missing,
            )  # fmt: skip
        yield row("hours", person.id, max(state.version, person.version), body)


def messages(asked: Pull) -> Iterator[wire.RosterRow]:
    """What somebody has not read yet; a message to everybody is a row for each of them."""
    query = (
        select(MessageCopy, Message, Person, here(asked))
        .join(Message, Message.id == MessageCopy.message_id)
        .join(Person, Person.id == MessageCopy.person_id)
    )
    for copy, message, person, known in changed(asked, query, MessageCopy.version, Person.version):
        body = wire.MessageRow(
            text=message.text, sender=message.sender, person_id=person.id,
            sent_at=wire.format_instant(message.sent_at),
        )  # fmt: skip
        waits = known and person.active and copy.read_at is None and message.withdrawn_at is None
        yield row("message", copy.id, max(copy.version, person.version), body if waits else None)


def proposals(asked: Pull) -> Iterator[wire.RosterRow]:
    """Claims that wait for a supervisor's word."""
    query = select(Proposal, Person, here(asked)).join(Person, Person.id == Proposal.employee_id)
    for claim, person, known in changed(asked, query, Proposal.version, Person.version):
        body = wire.ProposalRow(
            employee_id=person.id, kind=claim.kind, claimed_at=wire.format_instant(claim.claimed_at),
            made_at=wire.format_instant(claim.made_at), punch_id=claim.punch_id,
        )  # fmt: skip
        waits = known and person.active and claim.status == "open"
        yield row("proposal", claim.proposal_id, max(claim.version, person.version), body if waits else None)
