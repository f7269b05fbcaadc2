"""A crew: what is to be recorded, on which job, and for whom, one tap each."""

from dataclasses import replace
from typing import cast, get_args

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.lead import Crew, CrewKind, Home, Page, Pick
from clockhouse_kiosk.flow.lists import found, looking
from clockhouse_kiosk.flow.words import Look, Member


def crew(page: Crew, signal: on.Signal) -> Page | None:
    if page.choosing is not None:
        return _choosing(page, page.choosing, signal)
    match signal:
        case on.PickTab(kind) if kind in get_args(CrewKind):
            asks = kind != "out" and page.choice is None
            turned = replace(page, kind=cast("CrewKind", kind), look=Look())
            return replace(turned, choosing=Look("today") if asks else None)
        case on.ChooseJob() if page.kind != "out":
            return replace(page, choosing=Look("today"))
        case on.JobCardRead(choice) if page.kind != "out":
            return replace(page, choice=choice)
        case on.PickMember(member):
            return replace(page, picks=_picked(page, member), look=found(page.look))
        case on.PickTab() | on.OpenFolder():
            return None
    looked = looking(page.look, signal)
    if looked is None:
        return Home() if isinstance(signal, on.Back) else None
    return replace(page, look=looked)


def _picked(page: Crew, member: Member) -> tuple[Pick, ...]:
    """Everybody has one pick: a second tap takes it back, or changes it to what is set now."""
    pick = Pick(member, page.kind, None if page.kind == "out" else page.choice)
    others = tuple(each for each in page.picks if each.member.id != member.id)
    before = next((each for each in page.picks if each.member.id == member.id), None)
    same = before is not None and (before.kind, before.choice) == (pick.kind, pick.choice)
    return others if same else (*others, pick)


def _choosing(page: Crew, look: Look, signal: on.Signal) -> Page | None:
    match signal:
        case on.PickJob(choice) | on.JobCardRead(choice):
            return replace(page, choice=choice, choosing=None)
        case on.TakeDefault():
            return replace(page, choice=None, choosing=None)
    looked = looking(look, signal)
    if looked is not None:
        return replace(page, choosing=looked)
    if not isinstance(signal, on.Back):
        return None
    return replace(page, choosing=None) if page.picks or page.choice is not None else Home()
