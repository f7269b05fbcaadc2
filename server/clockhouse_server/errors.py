"""Refusals: answers for people. Everything else that is raised is a bug of ours and is not caught."""

from typing import Any


class Refusal(Exception):  # noqa: N818 - the product's word; nothing failed, the answer is no
    """A request that cannot be granted. `code` names the sentence, `status` is HTTP's, `facts` fill the sentence.

    `field` is the input's field that must change, where there is one.
    """

    code = "refused"
    status = 400

    def __init__(self, sentence: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.facts = facts


class Invalid(Refusal):
    """An input is malformed; `field` names it and the sentence says the fix."""

    code, status = "invalid", 422


class NotFound(Refusal):
    """There is no such thing, or it is outside what this user may see: both look the same."""

    code, status = "not_found", 404


class Forbidden(Refusal):
    """The user is known and may not do this."""

    code, status = "forbidden", 403


class SignIn(Refusal):
    """Nobody is signed in, or the credentials do not hold."""

    code, status = "sign_in", 401


class Conflict(Refusal):
    """The thing exists already, or has moved on meanwhile."""

    code, status = "conflict", 409


class PeriodLocked(Conflict):
    """The day is approved and locked."""

    code = "period_locked"
