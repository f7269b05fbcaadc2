"""What people answered to a site's questions, beside the punch after which they were asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.ingest.models import Answer
from clockhouse_server.wall import store as wall
from clockhouse_server.wall.models import Question

LANGUAGE = "en"


@dataclass(frozen=True)
class Answered:
    """An answer with its question, as the office reads it; `alarming` where somebody should look."""

    punch_id: str
    question_id: str
    question: str
    answer: str
    alarming: bool
    answered_at: datetime
    device_id: str
    epoch: str
    seq: int
    hash: str


def of(session: Session, punch_ids: Collection[str]) -> dict[str, tuple[Answered, ...]]:
    """By punch, in the order in which they were answered. An erased or lost answer reads as a dash."""
    if not punch_ids:
        return {}
    rows = session.scalars(
        select(Answer).where(Answer.punch_id.in_(list(punch_ids))).order_by(Answer.answered_at, Answer.seq)
    ).all()
    questions = wall.questions_by_id(session, {row.question_id for row in rows})
    found: dict[str, tuple[Answered, ...]] = {}
    for row in rows:
        question = questions.get(row.question_id)
        one = Answered(
            punch_id=row.punch_id, question_id=row.question_id, question=words_of(question),
            answer=row.answer or "–", answered_at=row.answered_at, device_id=row.device_id, epoch=row.epoch,
            seq=row.seq, hash=row.hash,
            alarming=question is not None and question.alarming is not None and row.answer == question.alarming,
        )  # fmt: skip
        found[row.punch_id] = (*found.get(row.punch_id, ()), one)
    return found


def words_of(question: Question | None) -> str:
    """A question in the office's language, else in the first that it has."""
    if question is None:
        return "a question that is not here any more"
    return str(question.text.get(LANGUAGE) or next(iter(question.text.values()), ""))
