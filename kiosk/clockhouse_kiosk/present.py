"""What each state of the flow looks like, as plain values for the screens; every sentence comes from the texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from clockhouse_kiosk import idle
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.moves import UNDO_WITHIN
from clockhouse_kiosk.flow.words import Choice, Draft, PunchDraft, Stamp, Standing, UndoDraft, Visit, Way
from clockhouse_kiosk.site import Site
from clockhouse_kiosk.texts import FALLBACK, Texts, best

View = dict[str, Any]
ENROLL: Final = "clockhouse enroll --server URL CODE"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How sending stands: None for `online` while the daemon is not heard."""

    online: bool | None = None
    since: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Wall:
    """What all screens need: the site, the time, the languages, and how the machine is."""

    site: Site
    now: Stamp
    texts: Mapping[str, Texts]
    delivery: Delivery = Delivery()
    clock_set: bool = True
    trouble: bool = False
    sending_trouble: bool = False
    reader_missing: bool = False
    pin_digits: int = 6
    language: str | None = None

    def words(self, state: at.State) -> Texts:
        """The language of whoever is at the wall, else the one picked, else the site's."""
        return self.texts[best((_language(state), self.language, self.site.language), self.texts)]

    def time(self, instant: datetime, words: Texts) -> str:
        return words.time(instant.astimezone(self.site.zone), self.site.hour_cycle)

    def since(self, instant: datetime, words: Texts) -> str:
        """The time, with the day where it is not today."""
        local, today = instant.astimezone(self.site.zone), self.now.at.astimezone(self.site.zone)
        time = words.time(local, self.site.hour_cycle)
        if local.date() == today.date():
            return time
        if abs(today.date() - local.date()) < timedelta(days=7):
            return f"{words.weekday_short(local)} {time}"
        return f"{words.day_short(local)} {time}"


def _language(state: at.State) -> str | None:
    match state:
        case at.Greeting(visit) | at.ChoosingJob(visit) | at.AskingForgotten(visit):
            return visit.person.language
        case at.Saving(draft) | at.Recorded(draft) | at.Undone(draft) | at.NotRecorded(draft):
            return None if draft.visit is None else draft.visit.person.language
        case at.EnteringPin(claim) | at.CheckingPin(claim):
            return claim.language
        case at.Idle() | at.EnteringNumber() | at.Refused():
            return state.language
        case at.Identifying(visit=Visit(person)):
            return person.language
        case _:
            return None


def screen(state: at.State, wall: Wall) -> View:
    """The state's screen by name, and its texts and choices."""
    words = wall.words(state)
    view = _screen(state, wall, words)
    until = state.until or 0
    stays = max(0, until - wall.now.boottime_ms) if until else 0
    return {"language": words.code, "rtl": words.right_to_left, "until": until, "stays": stays, **view}


def _screen(state: at.State, wall: Wall, words: Texts) -> View:
    match state:
        case at.Idle() | at.Identifying():
            return {"screen": "idle", **idle.page(wall.site, wall.now.at, words)}
        case at.ChoosingLanguage():
            languages = [{"code": code, "name": table("language")} for code, table in wall.texts.items()]
            shown = [each for each in languages if each["code"] != "en-XA"]
            said = {"title": words("languages.title"), "back": words("key.back")}
            return {"screen": "languages", "languages": shown, **said}
        case at.EnteringNumber():
            return _entry("number", state.digits, state.problem, words)
        case at.EnteringPin():
            return {**_entry("pin", "•" * len(state.digits), state.problem, words), "most": wall.pin_digits}
        case at.CheckingPin():
            view = _entry("pin", "•" * wall.pin_digits, None, words)
            return {**view, "busy": words("pin.checking"), "most": wall.pin_digits}
        case at.Greeting(visit):
            return _greeting(state, wall, words)
        case at.ChoosingJob(visit, way):
            card = {**_card(visit, wall, words), **_jobs(state, wall, words)}
            return {"screen": "jobs", **card, "back": way.kind != "in" and words("key.back")}
        case at.AskingForgotten():
            return _question(state, wall, words)
        case at.Saving():
            return {"screen": "saving", "title": words("saving.title")}
        case at.Recorded() | at.Undone() | at.NotRecorded() | at.Refused():
            return {"screen": "answer", **_answer(state, wall, words)}
        case _:
            assert_never(state)


def _entry(kind: str, shown: str, problem: str | None, words: Texts) -> View:
    return {
        "screen": "entry",
        "entry": kind,
        "title": words(f"{kind}.title"),
        "shown": shown,
        "most": 0,
        "problem": words(f"{kind}.{problem}") if problem else "",
        "busy": "",
        "ok": words("key.ok"),
        "back": words("key.back"),
    }


def _greeting(state: at.Greeting, wall: Wall, words: Texts) -> View:
    visit = state.visit
    card = _card(visit, wall, words)
    if visit.acts_as == "out" and visit.recent is None and visit.tab is not None:
        choosing = at.ChoosingJob(visit, Way("in", choose=True), state.until, tab=visit.tab)
        return {"screen": "jobs", **card, **_jobs(choosing, wall, words), "back": ""}
    already = ""
    if visit.recent is not None:
        already = words(f"already.{visit.recent.kind}", time=wall.time(visit.recent.at, words))
    return {
        "screen": "person",
        **card,
        "already": already,
        "already_detail": words("already.detail"),
        "undo": words("done.undo"),
        "undo_for": _undo_left(visit.recent.at, wall) if visit.recent else 0,
        "done": words("greeting.done"),
    }


def _card(visit: Visit, wall: Wall, words: Texts) -> View:
    person, default = visit.person, visit.default
    return {
        "name": person.name,
        "initials": _initials(person.name),
        "standing": words.joined(_standing(visit.standing, wall, words), _current_job(visit.standing)),
        "figures": _figures(visit, words),
        "primary": _way(default, words) if default is not None else None,
        "others": [_way(way, words) for way in visit.others],
        "lead": words("greeting.last_job")
        if default is not None and default.kind == "in" and default.choice
        else "",
        "not_me": words("greeting.not_me"),
        "cancel": words("greeting.cancel"),
    }


def _figures(visit: Visit, words: Texts) -> list[View]:
    figures = (("greeting.week", visit.week_seconds), ("greeting.last_week", visit.last_week_seconds))
    return [
        {"label": words(key), "value": f"{seconds // 3600}:{seconds % 3600 // 60:02d}"}
        for key, seconds in figures
        if seconds is not None
    ]


def _way(way: Way, words: Texts) -> View:
    title = words("way.other_job" if way.choose and way.kind == "break_end" else f"way.{way.kind}")
    detail = "" if way.choice is None else _title(way.choice)
    if way.kind == "in" and way.choice is None:
        detail = words("greeting.no_job")
    return {"kind": way.kind, "title": title, "detail": detail if way.kind != "break_start" else ""}


def _title(choice: Choice | None) -> str:
    return "" if choice is None else choice.title


def _current_job(standing: Standing) -> str:
    return "" if standing.where == "out" else _title(standing.choice)


def _standing(standing: Standing, wall: Wall, words: Texts) -> str:
    if standing.since is None:
        return words("standing.new")
    return words(f"standing.{standing.where}", time=wall.since(standing.since, words))


def _jobs(state: at.ChoosingJob, wall: Wall, words: Texts) -> View:
    boards = [list(words.keyboard)]
    if words.table.get("latin_too"):
        boards.append(list(wall.texts[FALLBACK].keyboard))
    tabs = [{"tab": tab, "title": words(f"jobs.{tab}")} for tab in ("recent", "today", "all")]
    return {
        "tabs": tabs,
        "tab": "" if state.searching else state.tab,
        "searching": state.searching,
        "query": state.query,
        "find": words("jobs.find"),
        "type": words("jobs.type"),
        "empty": words("jobs.no_match" if state.searching else "jobs.empty"),
        "more": words("jobs.more"),
        "space": words("key.space"),
        "keyboards": boards,
        "kind": state.way.kind,
        "heading": _way(state.way, words)["title"],
    }


def _question(state: at.AskingForgotten, wall: Wall, words: Texts) -> View:
    visit = state.visit
    since = visit.forgotten.since if visit.forgotten is not None else state.claimed_at
    local = since.astimezone(wall.site.zone)
    claimed = wall.since(state.claimed_at, words)
    return {
        "screen": "forgotten",
        **_card(visit, wall, words),
        "title": words("forgotten.title", day=words.day_short(local)),
        "detail": words.joined(visit.person.name, words("forgotten.detail", time=wall.time(since, words))),
        "claimed": claimed,
        "confirm": words("forgotten.confirm", time=claimed),
        "later": words("forgotten.later"),
        "still": words("forgotten.still"),
    }


def _answer(state: at.Recorded | at.Undone | at.NotRecorded | at.Refused, wall: Wall, words: Texts) -> View:
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
                "undo_for": _undo_left(done.at, wall),
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


def _undo_left(done_at: datetime, wall: Wall) -> int:
    """Milliseconds for which it can still be taken back."""
    left = UNDO_WITHIN - (wall.now.at - done_at)
    return max(0, int(left / timedelta(milliseconds=1)))


def _short_name(draft: Draft) -> str:
    return "" if draft.visit is None else draft.visit.person.short_name


def _job_line(choice: Choice | None) -> str:
    return "" if choice is None else " · ".join(part for part in (choice.title, choice.detail) if part)


def _initials(name: str) -> str:
    words = [word for word in name.split() if word]
    ends = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper()


def strip(state: at.State, wall: Wall, *, again: bool = False) -> View:
    """The quiet line at the top: where this is, and how sending stands.

    `again`: a badge was just turned away, since another one waits.
    """
    words = wall.words(state)
    place = " · ".join(part for part in (wall.site.name, wall.site.kiosk) if part)
    return {
        "place": place,
        "clock": wall.time(wall.now.at, words),
        **_condition(wall, words),
        **_queue(state, wall, words, again=again),
    }


def _condition(wall: Wall, words: Texts) -> View:
    delivery, parts = wall.delivery, []
    if wall.trouble:
        parts.append(words("strip.storage"))
    if wall.sending_trouble:
        parts.append(words("strip.sending"))
    if wall.reader_missing:
        parts.append(words("strip.reader"))
    if not wall.clock_set:
        parts.append(words("strip.clock"))
    if delivery.online:
        parts.append(words("strip.online"))
    elif delivery.since is not None:
        parts.append(words("strip.offline", time=wall.since(delivery.since, words)))
    else:
        parts.append(words("strip.unreachable"))
    if delivery.waiting:
        parts.append(words("strip.waiting" if delivery.online else "strip.kept", count=delivery.waiting))
    troubled = wall.trouble or wall.sending_trouble or wall.reader_missing
    well = bool(delivery.online) and wall.clock_set and not troubled
    return {"condition": words.joined(*parts), "well": well}


def _queue(state: at.State, wall: Wall, words: Texts, *, again: bool) -> View:
    """Who was just recorded without a tap, and whether a badge is waiting."""
    before = state.before if isinstance(state, at.Greeting) else None
    waiting = getattr(state, "waiting", None) is not None
    told = ""
    if before is not None and before.visit is not None:
        told = words(
            "strip.before", name=before.visit.person.short_name, what=words(f"done.word.{before.kind}"),
            time=wall.time(before.read.stamp.at, words),
        )  # fmt: skip
    holding = words("strip.again") if again else words("strip.holding") if waiting else ""
    return {"before": told, "holding": holding}


def joining(wall: Wall, status: str, pending: Sequence[str] = ()) -> View:
    """Before the first roster: how to join, what to compare, or that it is on its way."""
    words = wall.words(at.Idle())
    view = {"screen": "join", "language": words.code, "rtl": words.right_to_left, "until": 0, "stays": 0}
    plain = {"words": "", "command": "", "note": ""}
    match status:
        case "pending":
            said = {
                "title": words("join.words"),
                "words": " ".join(pending),
                "detail": words("join.words.detail"),
            }
        case "broken":
            said = {"title": words("join.broken"), "detail": words("join.broken.detail")}
        case "joined":
            said = {"title": words("join.roster"), "detail": words("join.roster.detail")}
        case _:
            said = {"title": words("join.title"), "detail": words("join.how"), "command": ENROLL}
            if status == "no_daemon":
                said["note"] = words("join.daemon")
    return {**view, **plain, **said}
