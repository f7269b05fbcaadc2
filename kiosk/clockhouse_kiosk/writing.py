"""What the flow decided, as a line to be written: its fields, its instant, and what travels beside it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, assert_never

from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow.drafts import (
    AnswerDraft,
    BadgeDraft,
    ConfirmDraft,
    Draft,
    EnrolDraft,
    ProposalDraft,
    PunchDraft,
    RequestDraft,
    SiteJobsDraft,
    UndoDraft,
    UnlockDraft,
)
from clockhouse_kiosk.flow.words import Stamp, Visit
from clockhouse_sync import wire
from clockhouse_sync.ledger import beside_hash

Beside = tuple[bytes, bytes]
"""Salt and content; the line holds the hash of both."""


Left = do.Append | do.NoteSighting
"""What time alone writes of whoever stands at the wall."""


@dataclass(frozen=True)
class Writing:
    """A line to be written: its type, its own fields, its instant, and what travels beside it."""

    kind: wire.LineType
    stamp: Stamp
    fields: Mapping[str, Any]
    beside: Sequence[Beside] = ()


@dataclass(frozen=True)
class Pen:
    """What writing needs of the world: this instant and its date at the site, new ids, fresh salt."""

    stamp: Callable[[], Stamp]
    new_id: Callable[[], str]
    salt: Callable[[], bytes]
    today: Callable[[datetime], date]

    def draft(self, draft: Draft) -> tuple[Writing, str]:
        """The line of a draft, and the id of the punch or person that it makes, or of the punch that it takes back."""
        match draft:
            case PunchDraft():
                return self._punch(draft)
            case UndoDraft(visit, done):
                fields = {"punch_id": done.punch_id, "employee_id": visit.person.id}
                return Writing("undo", self.stamp(), fields), done.punch_id
            case ProposalDraft(visit, claimed_at, forgotten):
                claim = {
                    "proposal_id": self.new_id(), "employee_id": visit.person.id, "kind": "out",
                    "claimed_at": wire.format_instant(claimed_at), "punch_id": forgotten.punch_id,
                    "method": visit.read.method,
                }  # fmt: skip
                return Writing("proposal", self.stamp(), present(claim)), ""
            case AnswerDraft(visit, question, punch_id, value):
                fields = {
                    "punch_id": punch_id, "employee_id": visit.person.id, "question_id": question.id,
                }  # fmt: skip
                return self._with_words("answer", fields, {"answer": value}), ""
            case RequestDraft(visit, kind, claimed_at, text):
                asked = {
                    "request_id": self.new_id(), "employee_id": visit.person.id, "what": "correction",
                    "method": visit.read.method, "kind": kind,
                    "claimed_at": None if claimed_at is None else wire.format_instant(claimed_at),
                }  # fmt: skip
                return self._with_words("request", asked, {"text": text}), ""
            case SiteJobsDraft() | ConfirmDraft() | EnrolDraft() | BadgeDraft() | UnlockDraft():
                return self._led(draft)
            case _:
                assert_never(draft)

    def _led(
        self, draft: SiteJobsDraft | ConfirmDraft | EnrolDraft | BadgeDraft | UnlockDraft
    ) -> tuple[Writing, str]:
        """What a supervisor decided."""
        actor_id, stamp = draft.visit.person.id, self.stamp()
        match draft:
            case SiteJobsDraft(_, jobs):
                on = self.today(stamp.at).isoformat()
                fields = {"on": on, "job_ids": [each.id for each in jobs], "actor_id": actor_id}
                return Writing("site_jobs", stamp, fields), ""
            case ConfirmDraft(_, proposal, accepted, claimed_at):
                word = {
                    "proposal_id": proposal.id, "employee_id": proposal.member.id, "actor_id": actor_id,
                    "accepted": accepted,
                    "claimed_at": wire.format_instant(claimed_at) if accepted else None,
                }  # fmt: skip
                return Writing("confirm", stamp, present(word)), ""
            case EnrolDraft(_, name, agency):
                person_id = self.new_id()
                person = json.dumps({"name": name, "agency": agency}, ensure_ascii=False, sort_keys=True)
                given = {
                    "what": "person",
                    "action": "given",
                    "employee_id": person_id,
                    "actor_id": actor_id,
                }
                return self._with_words("enrolment", given, {"person": person}, stamp), person_id
            case BadgeDraft(_, _, credential, person_id):
                held = {
                    "what": "badge", "action": "given", "employee_id": person_id, "actor_id": actor_id,
                    "credential_ref": self.new_id(),
                }  # fmt: skip
                return self._with_words("enrolment", held, {"credential": credential}, stamp), person_id
            case UnlockDraft(_, member):
                again = {"what": "unlocked", "employee_id": member.id, "actor_id": actor_id}
                return Writing("access", stamp, again), ""

    def here(self, effect: do.NoteHere) -> Writing:
        """Somebody at the muster point, seen by a supervisor."""
        fields = {
            "reason": "accounted_for", "method": "supervisor", "employee_id": effect.person_id,
            "actor_id": effect.actor_id,
        }  # fmt: skip
        return Writing("sighting", self.stamp(), fields)

    def sighting(self, effect: do.NoteSighting) -> Writing:
        visit = effect.visit
        fields = {
            "reason": effect.reason, "method": visit.read.method, "employee_id": visit.person.id,
            "credential_ref": visit.credential_ref, "actor_id": visit.actor_id,
        }  # fmt: skip
        return Writing("sighting", visit.read.stamp, present(fields))

    def left(self, effects: Sequence[Left], group_id: str) -> list[Writing]:
        """One line for each; the rest of a crew is of the group that its first line began."""
        return [
            self.sighting(each)
            if isinstance(each, do.NoteSighting)
            else self.draft(_grouped(each.draft, group_id))[0]
            for each in effects
        ]

    def preferences(self, visit: Visit, chosen: wire.Preferences) -> Writing:
        fields = {
            "request_id": self.new_id(), "employee_id": visit.person.id, "what": "preferences",
            "method": visit.read.method, "preferences": chosen,
        }  # fmt: skip
        return Writing("request", self.stamp(), fields)

    def _punch(self, draft: PunchDraft) -> tuple[Writing, str]:
        visit, choice, given, punch_id = draft.visit, draft.choice, draft.details, self.new_id()
        fields: dict[str, Any] = {
            "punch_id": punch_id, "kind": draft.kind, "kind_from": draft.kind_from, "method": draft.read.method,
            "quantity": given.quantity or None, "quantity_bad": given.bad or None,
            "group_id": (draft.group_id or punch_id) if draft.crew else None,
        }  # fmt: skip
        words = {"note": given.note, "job_text": draft.job_text}
        if visit is not None:
            fields |= {
                "employee_id": visit.person.id, "credential_ref": visit.credential_ref,
                "second_factor": visit.second_factor, "actor_id": visit.actor_id,
            }  # fmt: skip
        elif draft.read.credential is not None:
            words["credential"] = draft.read.credential
        if choice is not None:
            fields |= {"job_id": choice.job_id, "task_id": choice.task_id}
        return self._with_words("punch", fields, words, draft.read.stamp), punch_id

    def _with_words(
        self,
        kind: wire.LineType,
        fields: Mapping[str, Any],
        words: Mapping[str, str],
        stamp: Stamp | None = None,
    ) -> Writing:
        """Words travel beside the line, which holds their salted hashes."""
        beside = {name: (self.salt(), text.encode()) for name, text in words.items() if text}
        whole = present(fields)
        if beside:
            whole["beside"] = {name: beside_hash(*pair) for name, pair in beside.items()}
        return Writing(kind, stamp or self.stamp(), whole, tuple(beside.values()))


def _grouped(draft: Draft, group_id: str) -> Draft:
    return replace(draft, group_id=group_id) if isinstance(draft, PunchDraft) and draft.crew else draft


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Optional fields are absent, never null."""
    return {name: value for name, value in fields.items() if value is not None}
