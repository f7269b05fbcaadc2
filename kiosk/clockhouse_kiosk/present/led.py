"""The tiles of a supervisor's mode, each with what a tap on it means."""

from collections.abc import Sequence

from clockhouse_kiosk.flow import lead
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.flow.words import Choice, Folder, Look, Member
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.present.tile import Tile
from clockhouse_kiosk.present.wall import Wall
from clockhouse_kiosk.texts import Texts


def led(state: Leading, wall: Wall, directory: Directory) -> tuple[Sequence[Tile], int]:
    """Every tile of the page, and which page of them is shown."""
    words, now, crowd = wall.words(state), wall.now.at, directory.crowd
    match state.page:
        case lead.Home(look):
            return _home(state, wall, directory, words), look.page
        case lead.Crew(choosing=look) as page if look is not None:
            return _jobs(page, look, state, wall, directory), look.page
        case lead.Crew(look=look) as page:
            return [_pick(page, each, wall, words) for each in _crew(page, wall, directory)], look.page
        case lead.Offer(look=look) as page:
            return _offer(page, directory, words), look.page
        case lead.Inside(look):
            shown = crowd.inside(now)
            shown = crowd.named(look.query, shown) if look.searching else [
                each for each in shown if each.standing.where == look.tab
            ]  # fmt: skip
            return [_member(each, _since(each, wall, words, age=True)) for each in shown], look.page
        case lead.Muster(look=look) as page:
            return [_ticked(each, wall, words) for each in _muster(page, wall, directory)], look.page
        case lead.Proposals(look=look):
            return [
                Tile(
                    each.member.name,
                    wall.since(each.claimed_at, words),
                    on.PickProposal(each),
                    sign=each.kind,
                )
                for each in crowd.proposals(state.visit, now)
            ], look.page
        case lead.Finding(look):
            found = crowd.named(look.query, crowd.everybody(now))
            return [_member(each, each.number) for each in found], look.page
        case lead.Resting(look):
            return [_member(each, each.number) for each in crowd.resting(now)], look.page
        case _:
            return [], 0


def _home(state: Leading, wall: Wall, directory: Directory, words: Texts) -> list[Tile]:
    now, crowd = wall.now.at, directory.crowd
    offer = directory.offer(now)
    inside, claims = len(crowd.inside(now)), len(crowd.proposals(state.visit, now))
    resting = len(crowd.resting(now))
    return [
        Tile(words("lead.crew"), "", on.OpenLead(lead.Crew(choosing=Look("today"))), sign="person"),
        Tile(
            words("lead.home.inside"),
            words("lead.count.inside", count=inside),
            on.OpenLead(lead.Inside()),
            sign="in",
        ),
        Tile(
            words("lead.offer"),
            words("lead.offer.chosen", count=len(offer)),
            on.OpenLead(lead.Offer(offer, Look("chosen" if offer else "all"))),
            sign="folder",
        ),
        Tile(
            words("lead.proposals"),
            words("lead.count.proposals", count=claims),
            on.OpenLead(lead.Proposals()),
            sign="later",
        ),
        Tile(words("lead.finding"), "", on.OpenLead(lead.Finding()), sign="badge"),
        Tile(words("lead.newcomer"), "", on.OpenLead(lead.Newcomer()), sign="person"),
        Tile(words("lead.muster"), "", on.OpenLead(lead.Muster()), sign="check"),
        Tile(
            words("lead.home.resting"),
            words("lead.count.resting", count=resting) if resting else "",
            on.OpenLead(lead.Resting()),
            sign="key",
        ),
    ]


def _jobs(page: lead.Crew, look: Look, state: Leading, wall: Wall, directory: Directory) -> Sequence[Tile]:
    words = wall.words(state)
    every = directory.choices(
        "all" if look.searching else look.tab,
        look.query if look.searching else "",
        state.visit.person.id,
        wall.now.at,
        look.within,
    )
    return [_job(each, page.choice, words) for each in every]


def _job(each: Choice | Folder, chosen: Choice | None, words: Texts) -> Tile:
    if isinstance(each, Folder):
        return Tile(each.title, _count(each, words), on.OpenFolder(each), sign="folder")
    sign, colour = each.pictogram or "", each.colour or ""
    return Tile(each.title, each.detail, on.PickJob(each), each == chosen, sign=sign, colour=colour)


def _count(folder: Folder, words: Texts) -> str:
    return words(f"jobs.count.{folder.of}", count=folder.count)


def _offer(page: lead.Offer, directory: Directory, words: Texts) -> list[Tile]:
    look, ids = page.look, [job.id for job in page.chosen]
    if look.tab == "chosen" and not look.searching:
        return [
            Tile(
                job.title,
                words("lead.offer.place", place=number),
                on.PickOffer(job, first=True),
                chosen=True,
            )
            for number, job in enumerate(page.chosen, 1)
        ]
    every = directory.jobs.whole(look.within, look.query if look.searching else "")
    return [
        Tile(each.title, _count(each, words), on.OpenFolder(each), sign="folder")
        if each.of == "customer"
        else Tile(
            each.title,
            words("lead.offer.place", place=ids.index(each.id) + 1) if each.id in ids else "",
            on.PickOffer(each),
            each.id in ids,
        )
        for each in every
    ]


def _crew(page: lead.Crew, wall: Wall, directory: Directory) -> Sequence[Member]:
    """Who is out, for those who come; who is in, for those who go or change; and whoever was tapped already."""
    crowd, now = directory.crowd, wall.now.at
    wanted = {"in": ("out",), "out": ("in", "break"), "transfer": ("in",)}[page.kind]
    picked = {pick.member.id for pick in page.picks}
    found = [each for each in crowd.everybody(now) if each.acts_as in wanted or each.id in picked]
    return crowd.named(page.look.query, found) if page.look.searching else found


def _pick(page: lead.Crew, member: Member, wall: Wall, words: Texts) -> Tile:
    pick = next((each for each in page.picks if each.member.id == member.id), None)
    if pick is None:
        detail = member.number if page.kind == "in" else _since(member, wall, words)
        return _member(member, detail)
    job = "" if pick.choice is None else pick.choice.title
    return _member(member, words.joined(words(f"done.word.{pick.kind}"), job), chosen=True)


def _muster(page: lead.Muster, wall: Wall, directory: Directory) -> Sequence[Member]:
    """Whoever was ticked on this page keeps their place, so that no name slides under a finger."""
    crowd, look = directory.crowd, page.look
    inside = crowd.inside(wall.now.at)
    if look.searching:
        return crowd.named(look.query, inside)
    if look.tab == "all":
        return inside
    return [each for each in inside if each.here_at is None or each.id in page.kept]


def _ticked(member: Member, wall: Wall, words: Texts) -> Tile:
    if member.here_at is None:
        return _member(member, _since(member, wall, words))
    here = words("lead.muster.here", time=wall.since(member.here_at, words))
    return _member(member, here, chosen=True)


def _member(member: Member, detail: str, *, chosen: bool = False) -> Tile:
    return Tile(member.name, detail, on.PickMember(member), chosen, sign="check" if chosen else "person")


def _since(member: Member, wall: Wall, words: Texts, *, age: bool = False) -> str:
    """Since when and at what; with `age`, as of when the office knew so."""
    standing = member.standing
    since = "" if standing.since is None else wall.since(standing.since, words)
    job = "" if standing.choice is None else standing.choice.title
    told = ""
    if age and member.told_at is not None:
        told = words("lead.told", time=wall.since(member.told_at, words))
    return words.joined(since, job, told)
