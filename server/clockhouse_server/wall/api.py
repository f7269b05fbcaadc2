"""A site's questions, messages and policy below /api/v1/."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict

from clockhouse_server.auth.access import Actor
from clockhouse_server.auth.once import WriteOnce
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.wall import store

router = APIRouter(prefix="/api/v1", route_class=WriteOnce, tags=["wall"])

Reads = Annotated[Actor, Depends(requires("wall.read"))]
Writes = Annotated[Actor, Depends(requires("wall.write"))]
Sends = Annotated[Actor, Depends(requires("messages.write"))]


class QuestionOut(BaseModel):
    """`text` by language; `alarming` is the answer that somebody should look at."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    site_id: str
    on_kind: str
    text: dict[str, str]
    answer: str
    alarming: str | None
    position: int
    active: bool


class PolicyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    pin_with: list[str]
    shuffle_pad: bool
    mode_minutes: int


class MessageOut(BaseModel):
    """`person_id` is set for a message to one person; `read` of its `people` have had it on the screen."""

    id: str
    site_id: str | None
    person_id: str | None
    text: str
    sender: str
    sent_at: datetime
    withdrawn_at: datetime | None
    people: int
    read: int


def _message(sent: store.Sent) -> MessageOut:
    message = sent.message
    return MessageOut(
        id=message.id, site_id=message.site_id, text=message.text, sender=message.sender,
        sent_at=message.sent_at, withdrawn_at=message.withdrawn_at, person_id=sent.to.id if sent.to else None,
        people=sent.people, read=sent.read,
    )  # fmt: skip


@router.get("/sites/{site_id}/questions")
def questions(session: Db, actor: Reads, site_id: str) -> list[QuestionOut]:
    """As they are asked, those put aside last."""
    return [QuestionOut.model_validate(row) for row in store.questions(session, actor, site_id)]


@router.post("/sites/{site_id}/questions", status_code=201)
def add_question(
    session: Db,
    actor: Writes,
    server: ServerParts,
    site_id: str,
    given: Annotated[store.QuestionIn, Body()],
) -> QuestionOut:
    made = store.add_question(session, actor, site_id, given, now=server.now(), new_id=server.new_id)
    return QuestionOut.model_validate(made)


@router.put("/questions/{question_id}")
def update_question(
    session: Db,
    actor: Writes,
    server: ServerParts,
    question_id: str,
    given: Annotated[store.QuestionIn, Body()],
) -> QuestionOut:
    return QuestionOut.model_validate(
        store.update_question(session, actor, question_id, given, now=server.now())
    )


@router.get("/sites/{site_id}/policy")
def policy(session: Db, actor: Reads, site_id: str) -> PolicyOut:
    """How people are known at the site's kiosks."""
    return PolicyOut.model_validate(store.policy(session, actor, site_id))


@router.put("/sites/{site_id}/policy")
def save_policy(
    session: Db, actor: Writes, server: ServerParts, site_id: str, given: Annotated[store.PolicyIn, Body()]
) -> PolicyOut:
    return PolicyOut.model_validate(store.save_policy(session, actor, site_id, given, now=server.now()))


@router.get("/messages")
def messages(session: Db, actor: Reads, site_id: str | None = None) -> list[MessageOut]:
    """What was sent and not withdrawn, newest first."""
    return [_message(sent) for sent in store.messages(session, actor, site_id=site_id)]


@router.post("/messages", status_code=201)
def send(
    session: Db, actor: Sends, server: ServerParts, given: Annotated[store.MessageIn, Body()]
) -> MessageOut:
    """To one person, or to everybody who may clock in at a site now."""
    made = store.send(session, actor, given, now=server.now(), new_id=server.new_id)
    return _message(store.sent(session, made))


@router.delete("/messages/{message_id}")
def withdraw(session: Db, actor: Sends, server: ServerParts, message_id: str) -> MessageOut:
    """Take a message away from the kiosks."""
    return _message(store.sent(session, store.withdraw(session, actor, message_id, now=server.now())))
