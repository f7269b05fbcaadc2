"""Somebody at the wall: who they are, how they stand, the ways on, and the jobs."""

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Choice, Look, Standing, Visit, Way
from clockhouse_kiosk.present.answers import undo_left
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import FALLBACK, Texts


def greeting(state: at.Greeting, wall: Wall, words: Texts) -> View:
    visit = state.visit
    if visit.acts_as == "out" and visit.recent is None and visit.tab is not None:
        choosing = at.ChoosingJob(visit, Way("in", choose=True), state.until, Look(visit.tab))
        return {**jobs(choosing, wall, words), "back": ""}
    already = ""
    if visit.recent is not None:
        already = words(f"already.{visit.recent.kind}", time=wall.time(visit.recent.at, words))
    return {
        "screen": "person",
        **card(visit, wall, words),
        "already": already,
        "already_detail": words("already.detail"),
        "undo": wall.keyed("0", words("done.undo"), words),
        "undo_for": undo_left(visit.recent.at, wall) if visit.recent else 0,
        "done": words("greeting.done"),
    }


def card(visit: Visit, wall: Wall, words: Texts) -> View:
    """Who this is and the ways on. `equal`: in and out stand side by side, since nobody knows for sure."""
    person, default = visit.person, visit.default
    standing = words.joined(_standing(visit.standing, wall, words), _current_job(visit.standing))
    return {
        "name": person.name,
        "initials": initials(person.name),
        "photo": person.photo or "",
        "standing": _told(visit, standing, wall, words),
        "figures": figures(visit, words),
        "primary": way(default, words) if default is not None else None,
        "others": [_other(number, each, visit, wall, words) for number, each in enumerate(visit.others, 1)],
        "equal": visit.unsure,
        "lead": words("greeting.last_job")
        if default is not None and default.kind == "in" and default.choice
        else "",
        "own": "" if visit.actor_id is not None else words("greeting.own"),
        "unread": len(visit.messages),
        "not_me": words("greeting.not_me"),
    }


def _other(number: int, each: Way, visit: Visit, wall: Wall, words: Texts) -> View:
    """Where jobs are offered, a pad's digits look for one of them."""
    said = way(each, words)
    typing = visit.acts_as == "out" and visit.recent is None and visit.tab is not None
    return said if typing else {**said, "title": wall.numbered(number, said["title"], words)}


def _told(visit: Visit, standing: str, wall: Wall, words: Texts) -> str:
    if visit.forgotten is not None and visit.acts_as != visit.standing.where:
        return words("greeting.missing", time=wall.since(visit.forgotten.since, words))
    if visit.is_seen_only:
        return words.joined(words("greeting.is_it_you"), standing)
    known = visit.standing.since is not None
    return words("standing.last_known", standing=standing) if visit.unsure and known else standing


def figures(visit: Visit, words: Texts) -> list[View]:
    if visit.hours is None:
        return []
    shown = (("greeting.week", visit.hours.week), ("greeting.last_week", visit.hours.last_week))
    return [{"label": words(key), "value": hours(seconds)} for key, seconds in shown]


def hours(seconds: int) -> str:
    """Hours and minutes, with a sign that is never a mere hyphen."""
    sign = "\u2212" if seconds < 0 else ""
    minutes = abs(seconds) // 60
    return f"{sign}{minutes // 60}:{minutes % 60:02d}"


def way(each: Way, words: Texts) -> View:
    title = words("way.other_job" if each.choose and each.kind == "break_end" else f"way.{each.kind}")
    detail = "" if each.choice is None else _title(each.choice)
    if each.kind == "in" and each.choice is None:
        detail = words("greeting.no_job")
    return {"kind": each.kind, "title": title, "detail": detail if each.kind != "break_start" else ""}


def _title(choice: Choice | None) -> str:
    return "" if choice is None else choice.title


def _current_job(standing: Standing) -> str:
    return "" if standing.where == "out" else _title(standing.choice)


def _standing(standing: Standing, wall: Wall, words: Texts) -> str:
    if standing.since is None:
        return words("standing.new")
    return words(f"standing.{standing.where}", time=wall.since(standing.since, words))


def jobs(state: at.ChoosingJob, wall: Wall, words: Texts) -> View:
    """The jobs to choose from; the tiles themselves are in `tiles`."""
    empty = "jobs.no_match" if state.look.searching else "jobs.empty"
    return {
        "screen": "jobs",
        **card(state.visit, wall, words),
        "tabs": [{"tab": tab, "title": words(f"jobs.{tab}")} for tab in state.tabs],
        "tab": "" if state.look.searching else state.look.tab,
        "path": [folder.title for folder in state.look.within],
        "searching": state.look.searching,
        "free": state.free,
        "query": state.look.query,
        "find": words("jobs.find"),
        "type": words("jobs.free" if state.free else "jobs.type"),
        "empty": "" if state.free else words(empty),
        "more": words("jobs.more"),
        **keyboard(wall, words),
        "kind": state.way.kind,
        "heading": way(state.way, words)["title"],
        "back": state.way.kind != "in" or bool(state.look.within) or state.look.searching,
        "back_label": words("key.back"),
    }


def keyboard(wall: Wall, words: Texts) -> View:
    """Letters of the person's language; Latin ones too, where it is written in others."""
    boards = [list(words.keyboard)]
    if words.table.get("latin_too"):
        boards.append(list(wall.texts[FALLBACK].keyboard))
    return {"keyboards": boards, "space": words("key.space")}


def initials(name: str) -> str:
    words = [word for word in name.split() if word]
    ends = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper()
