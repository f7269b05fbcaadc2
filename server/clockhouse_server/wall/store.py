"""Questions, messages and policies of sites: every query, validated, audited, told to kiosks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.auth.access import Actor, allow, allow_site, in_scope
from clockhouse_server.db import roster_version
from clockhouse_server.errors import Invalid, NotFound
from clockhouse_server.people import checks
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person, PersonSite
from clockhouse_server.wall.models import Message, MessageCopy, Policy, Question
from clockhouse_sync import wire

KINDS: Final[tuple[str, ...]] = get_args(wire.PunchKind)
ANSWERS: Final = ("yes_no", "number", "text")
LONGEST_TEXT: Final = 300
LONGEST_MODE: Final = 60
SHOWN: Final = 200


@dataclass(frozen=True)
class QuestionIn:
    """`text` by language; `alarming` is the answer, yes or no, that somebody should look at."""

    text: Mapping[str, str]
    on_kind: str = "out"
    answer: str = "yes_no"
    alarming: str | None = None
    position: int = 0
    active: bool = True


@dataclass(frozen=True)
class PolicyIn:
    pin_with: tuple[str, ...] = ()
    shuffle_pad: bool = False
    mode_minutes: int = 10


@dataclass(frozen=True)
class MessageIn:
    """To one person, or else to everybody who may clock in at a site just now."""

    text: str
    person_id: str | None = None
    site_id: str | None = None


@dataclass(frozen=True)
class Sent:
    """A message with how many of its people have had it on the screen; `to` is the person it is for, if one."""

    message: Message
    people: int
    read: int
    to: Person | None


def questions(session: Session, actor: Actor, site_id: str) -> list[Question]:
    """A site's questions as they are asked, those put aside last."""
    people.site(session, actor, "wall.read", site_id)
    order = (Question.active.desc(), Question.on_kind, Question.position, Question.id)
    return list(session.scalars(select(Question).where(Question.site_id == site_id).order_by(*order)))


def question(session: Session, actor: Actor, permission: str, question_id: str) -> Question:
    allow(actor, permission)
    found = session.get(Question, question_id)
    if found is None or not in_scope(actor, [found.site_id]):
        raise NotFound("There is no such question.", field="question_id")
    return found


def questions_by_id(session: Session, question_ids: Collection[str]) -> dict[str, Question]:
    """These questions, those put aside too: answers name them."""
    found = session.scalars(select(Question).where(Question.id.in_(list(question_ids))))
    return {row.id: row for row in found}


def add_question(
    session: Session,
    actor: Actor,
    site_id: str,
    given: QuestionIn,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Question:
    people.site(session, actor, "wall.write", site_id)
    values = _question_values(given) | {"site_id": site_id}
    made_id = new_id()
    audit.record(session, actor, "question.create", "question", made_id, now=now, after=values)
    made = Question(id=made_id, **values, version=roster_version(session))
    session.add(made)
    session.flush()
    return made


def update_question(
    session: Session, actor: Actor, question_id: str, given: QuestionIn, *, now: datetime
) -> Question:
    found = question(session, actor, "wall.write", question_id)
    _change(session, actor, found, _question_values(given), "question", found.id, now)
    return found


def _question_values(given: QuestionIn) -> dict[str, Any]:
    text = {
        checks.language(language, "text"): checks.text(words, "text", most=LONGEST_TEXT)
        for language, words in given.text.items()
        if words.strip()
    }
    if not text:
        raise Invalid("Write the question in at least one language.", field="text")
    if given.on_kind not in KINDS:
        raise Invalid(f"Choose one of {', '.join(KINDS)}.", field="on_kind")
    if given.answer not in ANSWERS:
        raise Invalid(f"Choose one of {', '.join(ANSWERS)}.", field="answer")
    alarming = given.alarming or None
    if alarming is not None and (given.answer != "yes_no" or alarming not in {"yes", "no"}):
        raise Invalid("Choose yes or no, for a question that is answered so.", field="alarming")
    if given.position not in range(1000):
        raise Invalid("Give 0 to 999.", field="position")
    return {
        "text": text, "on_kind": given.on_kind, "answer": given.answer, "alarming": alarming,
        "position": given.position, "active": given.active,
    }  # fmt: skip


def policy(session: Session, actor: Actor, site_id: str) -> PolicyIn:
    """How people are known at a site's kiosks, the defaults where nobody has said so."""
    people.site(session, actor, "wall.read", site_id)
    found = session.get(Policy, site_id)
    if found is None:
        return PolicyIn()
    return PolicyIn(tuple(found.pin_with), found.shuffle_pad, found.mode_minutes)


def save_policy(session: Session, actor: Actor, site_id: str, given: PolicyIn, *, now: datetime) -> PolicyIn:
    people.site(session, actor, "wall.write", site_id)
    wanted = people.ways(given.pin_with, "pin_with")
    if given.mode_minutes not in range(1, LONGEST_MODE + 1):
        raise Invalid(f"Give 1 to {LONGEST_MODE} minutes.", field="mode_minutes")
    values = {"pin_with": wanted, "shuffle_pad": given.shuffle_pad, "mode_minutes": given.mode_minutes}
    found = session.get(Policy, site_id)
    if found is not None:
        _change(session, actor, found, values, "policy", site_id, now)
    else:
        audit.record(session, actor, "policy.create", "site", site_id, now=now, after=values)
        session.add(Policy(site_id=site_id, **values, version=roster_version(session)))
        session.flush()
    return PolicyIn(tuple(wanted), given.shuffle_pad, given.mode_minutes)


def _change(
    session: Session,
    actor: Actor,
    found: Question | Policy,
    values: Mapping[str, Any],
    subject: str,
    subject_id: str,
    now: datetime,
) -> None:
    old, new = audit.changes({name: getattr(found, name) for name in values}, values)
    if not new:
        return
    for name, value in new.items():
        setattr(found, name, value)
    audit.record(session, actor, f"{subject}.change", subject, subject_id, now=now, before=old, after=new)
    found.version = roster_version(session)
    session.flush()


def send(
    session: Session, actor: Actor, given: MessageIn, *, now: datetime, new_id: Callable[[], str]
) -> Message:
    """A message, and a copy of it for each of its people. Raises Invalid where it is for nobody."""
    allow(actor, "messages.write")
    text = checks.text(given.text, "text", most=LONGEST_TEXT)
    if given.person_id:
        to = [people.person(session, actor, "messages.write", given.person_id).id]
    elif given.site_id:
        people.site(session, actor, "messages.write", given.site_id)
        to = _clocking_in_at(session, given.site_id)
    else:
        raise Invalid("Choose who shall read it.", field="person_id")
    if not to:
        raise Invalid("Nobody clocks in at this site.", field="site_id")
    site_id = None if given.person_id else given.site_id
    made = Message(
        id=new_id(), site_id=site_id, text=text, sender=actor.name, sent_by=actor.user_id, sent_at=now
    )
    facts = {"text": text, "site_id": site_id, "person_id": given.person_id, "people": len(to)}
    audit.record(session, actor, "message.send", "message", made.id, now=now, after=facts)
    session.add(made)
    session.flush()
    version = roster_version(session)
    session.add_all(
        MessageCopy(id=new_id(), message_id=made.id, person_id=person_id, version=version) for person_id in to
    )
    session.flush()
    return made


def _clocking_in_at(session: Session, site_id: str) -> list[str]:
    query = (
        select(Person.id)
        .join(PersonSite, PersonSite.person_id == Person.id)
        .where(PersonSite.site_id == site_id, Person.active)
        .order_by(Person.id)
    )
    return list(session.scalars(query))


def messages(session: Session, actor: Actor, *, site_id: str | None = None) -> list[Sent]:
    """What was sent and not withdrawn, newest first; with `site_id`, to its people and those who work there."""
    allow(actor, "wall.read")
    reach = people.people(session, actor, site_id=site_id)
    known = {person.id: person for person in reach}
    if site_id is not None:
        allow_site(actor, "wall.read", site_id)
    counts = (
        select(
            Message, func.count(MessageCopy.id), func.count(MessageCopy.read_at),
            func.min(MessageCopy.person_id),
        )
        .join(MessageCopy, MessageCopy.message_id == Message.id)
        .where(Message.withdrawn_at.is_(None), MessageCopy.person_id.in_(known))
        .group_by(*Message.__table__.columns)
        .order_by(Message.sent_at.desc(), Message.id)
        .limit(SHOWN)
    )  # fmt: skip
    return [
        Sent(message, count, read, known.get(first) if message.site_id is None else None)
        for message, count, read, first in session.execute(counts)
        if site_id is None or message.site_id in {site_id, None}
    ]


def sent(session: Session, message: Message) -> Sent:
    """How a message stands with all of its people."""
    query = select(MessageCopy).where(MessageCopy.message_id == message.id)
    copies = list(session.scalars(query))
    read = sum(copy.read_at is not None for copy in copies)
    to = session.get(Person, copies[0].person_id) if message.site_id is None else None
    return Sent(message, len(copies), read, to)


def withdraw(session: Session, actor: Actor, message_id: str, *, now: datetime) -> Message:
    """Take a message back from the kiosks; who has read it has read it."""
    allow(actor, "messages.write")
    found = session.get(Message, message_id)
    copies = list(session.scalars(select(MessageCopy).where(MessageCopy.message_id == message_id)))
    sites = people.sites_of(session, [copy.person_id for copy in copies]).values()
    if found is None or not in_scope(actor, [site_id for held in sites for site_id in held]):
        raise NotFound("There is no such message.", field="message_id")
    if found.withdrawn_at is None:
        audit.record(session, actor, "message.withdraw", "message", message_id, now=now)
        found.withdrawn_at = now
        version = roster_version(session)
        for copy in copies:
            copy.version = version
        session.flush()
    return found


def mark_read(session: Session, read: Mapping[tuple[str, str], datetime]) -> list[MessageCopy]:
    """Note that people (copy and person ids) had these on the screen; the caller gives them their version."""
    query = select(MessageCopy).where(MessageCopy.id.in_(sorted({copy_id for copy_id, _ in read})))
    marked = []
    for copy in session.scalars(query):
        at = read.get((copy.id, copy.person_id))
        if at is not None and copy.read_at is None:
            copy.read_at = at
            marked.append(copy)
    return marked
