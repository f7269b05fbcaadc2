"""A supervisor's mode on the screen; the tiles themselves are in `led`."""

from collections import Counter
from datetime import timedelta
from typing import Final

from clockhouse_kiosk.flow import lead
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.flow.words import Choice, Look
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.present.person import keyboard
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts

FEW: Final = 3
"""So many names are said; of more, how many."""


def leading(state: Leading, wall: Wall, words: Texts) -> View:
    directory = wall.directory
    assert directory is not None
    match state.page:
        case lead.Proposals(chosen=chosen) as page if chosen is not None:
            return _deciding(page, wall, words)
        case lead.Newcomer(asked="name" | "agency" as asked) as page:
            return _asked(page, asked, state, wall, words)
    return {
        "screen": "lead",
        "name": state.visit.person.name,
        "said": _said(state.said, words),
        "well": state.said is None or not _is_bad(state.said),
        "back": words("lead.done" if isinstance(state.page, lead.Home) else "key.back"),
        "detail": "",
        "tabs": [],
        "tab": "",
        "find": "",
        "searching": False,
        "query": "",
        "type": "",
        "empty": "",
        "actions": [],
        "primary": None,
        **keyboard(wall, words),
        **_page(state, wall, directory, words),
    }


def _page(state: Leading, wall: Wall, directory: Directory, words: Texts) -> View:
    match state.page:
        case lead.Home():
            left = timedelta(milliseconds=max(0, state.ends - wall.now.boottime_ms))
            ends = words("lead.until", time=wall.time(wall.now.at + left, words))
            return {"title": words("mode.supervisor"), "detail": ends, "home": True}
        case lead.Crew(choosing=look) as page if look is not None:
            return _job(page, look, wall, words)
        case lead.Crew() as page:
            return _crew(page, wall, words)
        case lead.Offer() as page:
            return _offer(page, words)
        case lead.Inside() | lead.Muster() as page:
            return _present(page, wall, directory, words)
        case lead.Proposals():
            return {"title": words("lead.proposals"), "empty": words("lead.proposals.none")}
        case lead.Newcomer() as page:
            title = wall.keyed("*", words("lead.newcomer.no_badge"), words)
            none = {"name": "later", "title": title, "sign": "later"}
            return {"title": words("lead.newcomer.badge", name=page.name.strip()), "actions": [none]}
        case lead.Finding(look):
            empty = "lead.finding.type" if not look.query.strip() else "lead.nobody"
            return {"title": words("lead.finding"), **_searched(look, words), "empty": words(empty)}
        case lead.Resting():
            return {"title": words("lead.resting"), "empty": words("lead.resting.none")}


def _searched(look: Look, words: Texts) -> View:
    return {
        "searching": look.searching,
        "query": look.query,
        "type": words("jobs.type"),
        "empty": words("lead.nobody"),
    }


def _tabs(look: Look, titles: dict[str, str]) -> View:
    shown = [{"tab": tab, "title": title} for tab, title in titles.items()]
    return {"tabs": shown, "tab": "" if look.searching else look.tab}


def _crew(page: lead.Crew, wall: Wall, words: Texts) -> View:
    kinds = {kind: words(f"way.{kind}") for kind in lead.tabs(page)}
    actions = []
    if page.kind != "out":
        job = words("lead.no_job") if page.choice is None else page.choice.title
        title = wall.keyed(".", words("lead.job", job=job), words)
        actions = [{"name": "choose_job", "title": title, "sign": "transfer"}]
    confirm = {
        "name": "confirm",
        "title": words("lead.record", count=len(page.picks)),
        "sign": "check",
        "kind": page.kind,
    }
    return {
        "title": words(f"lead.crew.{page.kind}"),
        "detail": _summary(page, words),
        **_searched(page.look, words),
        "empty": words("lead.nobody"),
        "tabs": [{"tab": kind, "title": title} for kind, title in kinds.items()],
        "tab": page.kind,
        "find": words("jobs.find"),
        "actions": actions,
        "primary": confirm if page.picks else None,
    }


def _summary(page: lead.Crew, words: Texts) -> str:
    """What would be recorded: for each way and job how many, and who, while they are few."""
    groups: dict[tuple[str, Choice | None], list[str]] = {}
    for pick in page.picks:
        groups.setdefault((pick.kind, pick.choice), []).append(pick.member.short_name)
    parts = [
        words(
            "lead.summary",
            what=words.listed(words(f"way.{kind}"), "" if choice is None else choice.title),
            who=_names(names, words),
        )
        for (kind, choice), names in groups.items()
    ]
    return words.joined(*parts)


def _names(names: list[str] | tuple[str, ...], words: Texts) -> str:
    if len(names) <= FEW:
        return words.listed(*names)
    return words("lead.more", names=words.listed(*names[:FEW]), count=len(names) - FEW)


def _job(page: lead.Crew, look: Look, wall: Wall, words: Texts) -> View:
    none = wall.keyed(".", words("lead.no_job"), words)
    return {
        "title": words("lead.crew.job", what=words(f"way.{page.kind}")),
        **_searched(look, words),
        **_tabs(look, {tab: words(f"jobs.{tab}") for tab in lead.tabs(page)}),
        "empty": words("jobs.no_match" if look.searching else "jobs.empty"),
        "find": words("jobs.find"),
        "actions": [{"name": "default", "title": none, "sign": "later"}],
    }


def _offer(page: lead.Offer, words: Texts) -> View:
    count = len(page.chosen)
    chosen = words("lead.offer.chosen", count=count)
    return {
        "title": words("lead.offer"),
        "detail": words("lead.offer.first" if page.look.tab == "chosen" else "lead.offer.tap"),
        **_searched(page.look, words),
        **_tabs(page.look, {"chosen": chosen, "all": words("jobs.all")}),
        "empty": words("jobs.no_match" if page.look.searching else "lead.offer.none"),
        "find": words("jobs.find"),
        "primary": {"name": "confirm", "title": words("lead.offer.confirm", count=count), "sign": "check", "kind": "transfer"},
    }  # fmt: skip


def _present(page: lead.Inside | lead.Muster, wall: Wall, directory: Directory, words: Texts) -> View:
    """Who is here, and how old that knowledge is."""
    now, look = wall.now.at, page.look
    inside = directory.crowd.inside(now)
    common = {
        "roomy": True,
        "detail": _age(wall, directory, words),
        **_searched(look, words),
        "find": words("jobs.find"),
    }
    if isinstance(page, lead.Muster):
        here = sum(member.here_at is not None for member in inside)
        titles = {
            "open": words("lead.muster.open", count=len(inside) - here),
            "all": words("lead.muster.all"),
        }
        title = words("lead.muster.count", here=here, all=len(inside))
        return {
            **common,
            "title": title,
            **_tabs(look, titles),
            "empty": words("lead.muster.none"),
        }
    where = Counter(member.standing.where for member in inside)
    titles = {each: words(f"lead.inside.{each}", count=where[each]) for each in ("in", "break")}
    return {**common, "title": words("lead.inside", count=len(inside)), **_tabs(look, titles)}


def _age(wall: Wall, directory: Directory, words: Texts) -> str:
    as_of = directory.crowd.as_of
    office = (
        words("lead.age.no_office")
        if as_of is None
        else words("lead.age.office", time=wall.since(as_of, words))
    )
    others = wall.others_through
    heard = "" if others is None else words("lead.age.others", time=wall.since(others, words))
    return words.joined(words("lead.age.own"), office, heard)


def _deciding(page: lead.Proposals, wall: Wall, words: Texts) -> View:
    proposal = page.chosen
    assert proposal is not None
    claimed_at = page.claimed_at or proposal.claimed_at
    claimed = wall.since(claimed_at, words)
    evidence = [words("lead.claim.said", time=wall.since(proposal.claimed_at, words))]
    if proposal.since is not None:
        evidence.insert(0, words("lead.claim.since", time=wall.since(proposal.since, words)))
    if proposal.guess is not None:
        evidence.append(words("lead.claim.usual", time=wall.since(proposal.guess, words)))
    return {
        "screen": "forgotten",
        "recorded": "",
        "name": proposal.member.name,
        "kind": proposal.kind,
        "title": words(f"lead.claim.{proposal.kind}", name=proposal.member.name),
        "detail": words.joined(*evidence),
        "claimed": claimed,
        "confirm": words("lead.claim.accept", time=claimed),
        "refuse": wall.keyed("0", words("lead.claim.refuse"), words),
        "later": words("key.back"),
        "undo": "",
        "next": "",
    }


def _asked(page: lead.Newcomer, asked: str, state: Leading, wall: Wall, words: Texts) -> View:
    return {
        "screen": "detail",
        "entry": "text",
        "title": words(f"lead.newcomer.{asked}", name=page.name.strip()),
        "detail": "",
        "recorded": "",
        "typed": page.name if asked == "name" else page.agency,
        "ok": words("key.next"),
        "skip": "" if asked == "name" else words("detail.skip"),
        "back": words("key.back"),
        "kind": "",
        "heading": "",
        "name": state.visit.person.name,
        **keyboard(wall, words),
    }


def _is_bad(said: lead.Said) -> bool:
    return bool(said.failed) or said.code in {"badge_taken", "badge_random", "gone"}


def _said(said: lead.Said | None, words: Texts) -> str:
    """What became of the last thing: first what is on the disk, then whoever's line is not."""
    if said is None:
        return ""
    told = ""
    if said.count or not said.failed:
        name = said.names[0] if said.names else ""
        told = words(f"lead.said.{said.code}", count=said.count, name=name)
    failed = [name for name in said.failed if name]
    if said.failed:
        told = words.joined(told, words("lead.failed", names=words.listed(*failed)))
    return told
