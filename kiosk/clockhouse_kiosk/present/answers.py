"""The answer that fills the screen: recorded, taken back, not recorded, or a kind no."""

from datetime import datetime, timedelta

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.drafts import Draft, PunchDraft, UndoDraft
from clockhouse_kiosk.flow.moves import UNDO_WITHIN
from clockhouse_kiosk.flow.words import Choice
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts


def answer(state: at.Recorded | at.Undone | at.NotRecorded | at.Refused, wall: Wall, words: Texts) -> View:
    plain = {"time": "", "detail": "", "note": "", "undo": "", "undo_for": 0, "next": words("strip.next")}
    match state:
        case at.Recorded(PunchDraft(visit=None) as draft):
            said = {"title": words("unknown.title"), "time": wall.time(draft.read.stamp.at, words)}
            return {**plain, "tone": "unknown", **said, "note": words("unknown.detail")}
        case at.Recorded(draft, done):
            name = _short_name(draft)
            note = "done.offline" if wall.delivery.online is False else "done.online"
            return {
                **plain,
                "tone": done.kind,
                "title": words(f"done.{done.kind}", name=name),
                "time": wall.time(done.at, words),
                "detail": _job_line(done.choice),
                "note": words(note),
                "undo": words("done.undo"),
                "undo_for": undo_left(done.at, wall),
            }
        case at.Undone(draft):
            return {**plain, "tone": "undone", **_undone(draft, wall, words)}
        case at.NotRecorded():
            title, note = words("not_recorded.title"), words("not_recorded.detail")
            return {**plain, "tone": "refused", "title": title, "detail": note}
        case at.Refused(code):
            return {
                **plain, "tone": "refused", "title": words(f"refused.{code}"),
                "detail": words(f"refused.{code}.detail"),
            }  # fmt: skip


def _undone(draft: UndoDraft, wall: Wall, words: Texts) -> View:
    what, time = words(f"way.{draft.done.kind}"), wall.time(draft.done.at, words)
    detail = words("undone.detail", what=what, time=time)
    return {"title": words("undone.title", name=_short_name(draft)), "detail": detail}


def undo_left(done_at: datetime, wall: Wall) -> int:
    """Milliseconds for which it can still be taken back."""
    left = UNDO_WITHIN - (wall.now.at - done_at)
    return max(0, int(left / timedelta(milliseconds=1)))


def _short_name(draft: Draft) -> str:
    return "" if draft.visit is None else draft.visit.person.short_name


def _job_line(choice: Choice | None) -> str:
    return "" if choice is None else " · ".join(part for part in (choice.title, choice.detail) if part)
