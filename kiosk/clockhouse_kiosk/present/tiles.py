"""The tiles of one page: what each shows, and what a tap on it means."""

from collections.abc import Sequence
from dataclasses import replace

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.flow.words import Choice, Folder, Look, Way
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.present.led import led
from clockhouse_kiosk.present.presses import are_numbered
from clockhouse_kiosk.present.tile import Tile
from clockhouse_kiosk.present.wall import Wall
from clockhouse_kiosk.texts import Texts


def tiles(state: at.State, wall: Wall, directory: Directory, room: int) -> Sequence[Tile]:
    """What the screen has room for; after the last tile of several pages the next page, round and round."""
    words, state = wall.words(state), at.shown(state)
    match state:
        case Leading():
            every, page = led(state, wall, directory)
            shown = paged(every, page, room, words("lead.more_tiles"))
            return _numbered(shown, wall, words) if are_numbered(state.page) else shown
        case Administering(section="badge", member=None, look=look):
            members = directory.crowd.named(look.query, directory.crowd.everybody(wall.now.at))
            found = [Tile(each.name, each.number, on.PickMember(each), sign="person") for each in members]
            return paged(found, look.page, room, words("lead.more_tiles"))
        case at.Greeting(visit) if visit.tab is not None:
            return _jobs(
                at.ChoosingJob(visit, Way("in", choose=True), 0, Look(visit.tab)), wall, directory, room
            )
        case at.ChoosingJob(look=Look(query=query), free=True):
            return (
                [Tile(words("jobs.record"), query.strip(), on.Enter(), sign="note")] if query.strip() else []
            )
        case at.ChoosingJob():
            return _jobs(state, wall, directory, room)
        case _:
            return []


def _numbered(shown: Sequence[Tile], wall: Wall, words: Texts) -> Sequence[Tile]:
    """Each with the digit of a pad that presses it."""
    return [
        replace(each, title=wall.numbered(number, each.title, words)) for number, each in enumerate(shown, 1)
    ]


def _jobs(state: at.ChoosingJob, wall: Wall, directory: Directory, room: int) -> Sequence[Tile]:
    visit, words = state.visit, wall.words(state)
    tab = "all" if state.look.searching else state.look.tab
    query = state.look.query if state.look.searching else ""
    every = directory.choices(tab, query, visit.person.id, wall.now.at, state.look.within)
    chosen = visit.last if visit.acts_as == "out" else None
    rows = [_tile(each, chosen, words) for each in every]
    if state.look.within and not state.look.searching:
        rows.insert(0, Tile(words("key.back"), state.look.within[-1].title, on.Back(), sign="back"))
    if tab == "all" and not state.look.within:
        rows.append(Tile(words("jobs.other"), query.strip(), on.NotInList(), sign="note"))
    return paged(rows, state.look.page, room, words("jobs.more"))


def _tile(each: Choice | Folder, chosen: Choice | None, words: Texts) -> Tile:
    if isinstance(each, Folder):
        count = words(f"jobs.count.{each.of}", count=each.count)
        return Tile(each.title, count, on.OpenFolder(each), sign="folder")
    sign, colour = each.pictogram or "", each.colour or ""
    return Tile(each.title, each.detail, on.PickJob(each), each == chosen, sign=sign, colour=colour)


def paged(every: Sequence[Tile], page: int, room: int, onward: str) -> Sequence[Tile]:
    """One page of tiles, the last of them the way to the next page."""
    room = max(2, room)
    if len(every) <= room:
        return every
    size = room - 1
    pages = -(-len(every) // size)
    page = min(page, pages - 1)
    turn = on.TurnPage(1 if page + 1 < pages else -page)
    more = Tile(onward, f"{page + 1} / {pages}", turn, more=True)
    return [*every[page * size : (page + 1) * size], more]
