"""A supervisor's mode: entered with badge and PIN, left by hand, by time or by the next badge; every way is a line."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from clockhouse_drivers.credentials import is_random
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import lead, modes
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.crew import crew
from clockhouse_kiosk.flow.drafts import (
    BadgeDraft,
    ConfirmDraft,
    EnrolDraft,
    PunchDraft,
    SiteJobsDraft,
    UnlockDraft,
)
from clockhouse_kiosk.flow.lead import Leading, Led, LedDraft, Said
from clockhouse_kiosk.flow.lists import found, looking
from clockhouse_kiosk.flow.moves import SAVING, Result, after, identify, stay
from clockhouse_kiosk.flow.words import Folder, Read, Stamp, Visit

IDLE: Final = 60_000
MOST_NAME: Final = 60
FURTHEST: Final = timedelta(days=1)
"""How far before its claim a proposal can be set where nobody knows since when they were in."""


def enter(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    """The PIN was right: the reading has done what it was for, and the mode's time runs."""
    ends = modes.ends(visit, now)
    mode = Leading(visit, ends, modes.until(ends, now, waiting, IDLE), waiting=waiting)
    return mode, modes.entered(visit, "supervisor")


def leave(mode: Leading, now: Stamp) -> Result:
    return modes.leave(mode.visit, "supervisor", mode.waiting, now)


def closing(state: at.State) -> list[do.Effect]:
    """What is left to write where the kiosk is stopped in the middle of the mode."""
    match state:
        case Leading() as mode:
            return [modes.note(mode.visit, "supervisor", "mode_left")]
        case at.LettingIn(mode):
            return [modes.note(mode.visit, "supervisor", "mode_left")]
        case at.Saving(then=Led(mode, todo=todo)):
            return [
                *(do.Append(each) for each in todo if not _is_nameless(each)),
                modes.note(mode.visit, "supervisor", "mode_left"),
            ]
        case _:
            return []


def _is_nameless(draft: LedDraft) -> bool:
    """A badge for somebody whose own line has not been answered for yet."""
    return isinstance(draft, BadgeDraft) and not draft.person_id


def resume(mode: Leading, now: Stamp, waiting: Read | None, said: Said | None = None) -> Leading:
    """The mode as somebody just touched it."""
    until = modes.until(mode.ends, now, waiting, IDLE)
    return replace(mode, until=until, waiting=waiting, said=said)


def leading(state: Leading, signal: on.Signal, now: Stamp) -> Result | None:
    mode = resume(state, now, state.waiting)
    match signal, state.page:
        case on.OpenLead(page), _:
            return replace(mode, page=page), []
        case on.Back(), lead.Home():
            return leave(state, now)
        case _, lead.Newcomer() as page:
            return _newcomer(mode, page, signal, now)
        case _, lead.Proposals(chosen=None) as page:
            return _proposals(mode, page, signal)
        case _, lead.Proposals() as page:
            return _deciding(mode, page, signal, now)
        case on.ConfirmClaim(), lead.Crew(picks=picks) if picks:
            return _record(mode, picks, now)
        case _, lead.Crew() as page:
            return _turned(mode, crew(page, signal))
        case on.PickOffer(job, first), lead.Offer() as page:
            offered = replace(page, chosen=_offer(page.chosen, job, first=first), look=found(page.look))
            return replace(mode, page=offered), []
        case on.ConfirmClaim(), lead.Offer(chosen):
            home = replace(mode, page=lead.Home())
            return save(home, "offer", (SiteJobsDraft(mode.visit, chosen),), now)
        case on.PickMember(member), lead.Muster() as page if member.here_at is None:
            kept = replace(page, kept=page.kept | {member.id}, look=found(page.look))
            return replace(mode, page=kept), [do.NoteHere(member.id, mode.visit.person.id)]
        case on.PickMember(member), lead.Resting():
            return save(mode, "unlocked", (UnlockDraft(mode.visit, member),), now)
        case on.PickMember(member), lead.Inside() | lead.Finding():
            read = Read(now, "supervisor")
            return mode, [do.LookUpMember(member.id, read, mode.visit.person.id)]
        case on.Identified(visit), lead.Inside() | lead.Finding() as page:
            greeting = at.Greeting(visit, stay(now, mode.waiting), touched=True, waiting=mode.waiting)
            onward = replace(mode, page=_for_the_next(page), waiting=None)
            return at.LettingIn(onward, greeting), []
        case on.NumberRefused(), _:
            return replace(mode, said=Said("gone")), []
    return _turned(mode, _seen_from_elsewhere(mode.page, signal))


def _seen_from_elsewhere(page: lead.Page, signal: on.Signal) -> lead.Page | None:
    """The same page, another part of its list; or home."""
    match page:
        case lead.Finding():
            looked = None if isinstance(signal, on.Back) else looking(page.look, signal)
        case lead.Offer() | lead.Inside() | lead.Muster():
            looked = looking(page.look, signal)
        case lead.Resting() | lead.Home():
            looked = looking(page.look, signal) if isinstance(signal, on.TurnPage) else None
        case _:
            return None
    if looked is None:
        return lead.Home() if isinstance(signal, on.Back) else None
    if isinstance(page, lead.Muster):  # those who were ticked move on once another part is shown
        page = replace(page, kept=frozenset())
    return replace(page, look=looked)


def _for_the_next(page: lead.Inside | lead.Finding) -> lead.Page:
    """Nobody is looked for yet."""
    return lead.Finding() if isinstance(page, lead.Finding) else replace(page, look=found(page.look))


def _turned(mode: Leading, page: lead.Page | None) -> Result | None:
    return None if page is None else (replace(mode, page=page), [])


def _offer(chosen: tuple[Folder, ...], job: Folder, *, first: bool) -> tuple[Folder, ...]:
    """The day's jobs with one put first, added at the end, or taken out."""
    others = tuple(each for each in chosen if each.id != job.id)
    if first:
        return (job, *others)
    return others if len(others) < len(chosen) else (*chosen, job)


def _record(mode: Leading, picks: tuple[lead.Pick, ...], now: Stamp) -> Result:
    """One punch for each, all of this instant, in one group."""
    read, actor = Read(now, "supervisor"), mode.visit.person.id
    drafts = tuple(
        PunchDraft(read, pick.kind, "chosen", pick.choice, pick.member.visit(read, actor), crew=True)
        for pick in picks
    )
    return save(replace(mode, page=lead.Home()), "crew", drafts, now)


def _newcomer(mode: Leading, page: lead.Newcomer, signal: on.Signal, now: Stamp) -> Result | None:
    match page.asked, signal:
        case "name" | "agency" as asked, on.Key(char):
            return replace(mode, page=_typed(page, asked, char)), []
        case "name", on.Erase():
            return replace(mode, page=replace(page, name=page.name[:-1])), []
        case "agency", on.Erase():
            return replace(mode, page=replace(page, agency=page.agency[:-1])), []
        case "name", on.Enter() if page.name.strip():
            return replace(mode, page=replace(page, asked="agency")), []
        case "agency", on.Enter():
            return replace(mode, page=replace(page, asked="badge")), []
        case "agency", on.PutOff():
            return replace(mode, page=replace(page, asked="badge", agency="")), []
        case "badge", on.PutOff():
            return _enrol(mode, page, None, now)
        case "badge", on.UnknownBadge(read) if read == page.read:
            return _enrol(mode, page, read.credential, now)
        case "badge", on.Identified():
            return replace(mode, page=replace(page, read=None), said=Said("badge_taken")), []
        case "name", on.Enter():
            return mode, []
        case "name", on.Back():
            return replace(mode, page=lead.Home()), []
        case "agency", on.Back():
            return replace(mode, page=replace(page, asked="name")), []
        case "badge", on.Back():
            return replace(mode, page=replace(page, asked="agency", read=None)), []
    return None


def _typed(page: lead.Newcomer, asked: str, char: str) -> lead.Newcomer:
    """Names begin with capitals, whatever keys there are."""
    typed = page.name if asked == "name" else page.agency
    if not char.isprintable() or len(typed) >= MOST_NAME:
        return page
    typed += char.upper() if not typed or typed[-1] in " -" else char
    return replace(page, name=typed) if asked == "name" else replace(page, agency=typed)


def _enrol(mode: Leading, page: lead.Newcomer, credential: str | None, now: Stamp) -> Result:
    name = page.name.strip()
    drafts: tuple[LedDraft, ...] = (EnrolDraft(mode.visit, name, page.agency.strip()),)
    if credential is not None:
        drafts += (BadgeDraft(mode.visit, name, credential),)
    return save(replace(mode, page=lead.Home()), "newcomer", drafts, now)


def take_badge(mode: Leading, read: Read, now: Stamp) -> Result | None:
    """On a page that expects a badge it is taken; elsewhere it waits as it does at every screen."""
    match mode.page:
        case lead.Newcomer(asked="badge", read=None) if read.method == "rfid" and is_random(
            read.credential or ""
        ):
            return resume(mode, now, mode.waiting, Said("badge_random")), [do.Sound("refused")]
        case lead.Newcomer(asked="badge", read=None) as page if read.method == "rfid":
            touched = resume(mode, now, mode.waiting)
            return replace(touched, page=replace(page, read=read)), [do.LookUp(read)]
        case lead.Finding() if mode.waiting is None:
            identifying, effects = identify(read, now)
            return at.LettingIn(mode, identifying), effects
    return None


def _proposals(mode: Leading, page: lead.Proposals, signal: on.Signal) -> Result | None:
    match signal:
        case on.PickProposal(proposal):
            return replace(mode, page=replace(page, chosen=proposal, claimed_at=proposal.claimed_at)), []
        case on.Back():
            return replace(mode, page=lead.Home()), []
        case on.TurnPage():
            looked = looking(page.look, signal)
            return None if looked is None else (replace(mode, page=replace(page, look=looked)), [])
    return None


def _deciding(mode: Leading, page: lead.Proposals, signal: on.Signal, now: Stamp) -> Result | None:
    proposal, claimed_at = page.chosen, page.claimed_at
    assert proposal is not None
    assert claimed_at is not None
    back = replace(mode, page=lead.Proposals(page.look))
    match signal:
        case on.ShiftClaim(minutes):
            earliest = proposal.since or proposal.claimed_at - FURTHEST
            shifted = max(earliest, min(now.at, claimed_at + timedelta(minutes=minutes)))
            return replace(mode, page=replace(page, claimed_at=shifted)), []
        case on.ConfirmClaim():
            return save(back, "accepted", (ConfirmDraft(mode.visit, proposal, True, claimed_at),), now)
        case on.Answer("no"):
            return save(back, "refused", (ConfirmDraft(mode.visit, proposal, False, claimed_at),), now)
        case on.Back() | on.PutOff():
            return back, []
    return None


def save(mode: Leading, code: str, drafts: tuple[LedDraft, ...], now: Stamp) -> Result:
    """Write them one after the other; what became of them is said when all have their answer."""
    return _next(Led(mode, code, drafts), now, mode.waiting)


def _next(led: Led, now: Stamp, waiting: Read | None) -> Result:
    if not led.todo:
        said = Said(led.code, len(led.names), led.names, led.failed)
        sounds: list[do.Effect] = [do.Sound("refused")] if led.failed else []
        return resume(led.mode, now, waiting, said), sounds
    first, rest = led.todo[0], led.todo[1:]
    saving = at.Saving(first, after(now, SAVING), waiting, replace(led, todo=rest))
    return saving, [do.Append(first)]


def saved(draft: LedDraft, led: Led, signal: on.Signal, now: Stamp, waiting: Read | None) -> Result | None:
    match signal:
        case on.Appended(made_id):
            todo = tuple(_following(each, made_id) for each in led.todo)
            return _next(replace(led, names=(*led.names, name_of(draft)), todo=todo), now, waiting)
        case on.AppendFailed():
            todo = () if isinstance(draft, EnrolDraft) else led.todo
            return _next(replace(led, failed=(*led.failed, name_of(draft)), todo=todo), now, waiting)
    return None


def not_saved(draft: LedDraft, led: Led, now: Stamp, waiting: Read | None) -> Result:
    """The disk takes longer than anybody waits: nothing more is given to it."""
    failed = (*led.failed, name_of(draft), *(name_of(each) for each in led.todo))
    return _next(replace(led, failed=tuple(dict.fromkeys(failed)), todo=()), now, waiting)


def _following(draft: LedDraft, made_id: str) -> LedDraft:
    """What comes after names what was made before it."""
    match draft:
        case PunchDraft(group_id=None):
            return replace(draft, group_id=made_id)
        case BadgeDraft():
            return replace(draft, person_id=made_id)
    return draft


def name_of(draft: LedDraft) -> str:
    match draft:
        case PunchDraft(visit=visit):
            return "" if visit is None else visit.person.name
        case ConfirmDraft(proposal=proposal):
            return proposal.member.name
        case UnlockDraft(member=member):
            return member.name
        case EnrolDraft(name=name) | BadgeDraft(name=name):
            return name
        case SiteJobsDraft():
            return ""
