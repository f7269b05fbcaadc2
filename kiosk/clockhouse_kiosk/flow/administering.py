"""An administrator's mode: entered with badge and PIN, left by hand, by time or by the next badge; every way is a line."""

from dataclasses import replace
from typing import Final

from clockhouse_drivers.credentials import is_random
from clockhouse_kiosk.flow import effects as do
from clockhouse_kiosk.flow import modes
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering, Said, Section, SigningOut
from clockhouse_kiosk.flow.drafts import BadgeDraft, Draft
from clockhouse_kiosk.flow.lists import looking
from clockhouse_kiosk.flow.moves import REFUSED, SAVING, Result, after
from clockhouse_kiosk.flow.words import Look, Member, Read, Stamp, Visit

IDLE: Final = 90_000
LEAVING: Final = 30_000

GATHERED: Final[frozenset[Section]] = frozenset({"network", "server", "screen", "diagnostics"})
"""What the machine is asked for each time the page is opened."""


def enter(visit: Visit, now: Stamp, waiting: Read | None) -> Result:
    """The PIN was right: the reading has done what it was for, and the mode's time runs."""
    ends = modes.ends(visit, now)
    mode = Administering(visit, ends, modes.until(ends, now, waiting, IDLE), waiting=waiting)
    return mode, modes.entered(visit, "administrator")


def leave(state: Administering, now: Stamp) -> Result:
    return modes.leave(state.visit, "administrator", state.waiting, now)


def closing(state: at.State) -> list[do.Effect]:
    """What is left to write where the kiosk is stopped in the middle of the mode."""
    match state:
        case Administering(visit) | at.Saving(then=Administering(visit)):
            return [modes.note(visit, "administrator", "mode_left")]
        case _:
            return []


def resume(state: Administering, now: Stamp, waiting: Read | None, said: Said | None = None) -> Administering:
    """The mode as somebody just touched it."""
    return replace(state, until=modes.until(state.ends, now, waiting, IDLE), waiting=waiting, said=said)


def administering(state: Administering, signal: on.Signal, now: Stamp) -> Result | None:
    touched = resume(state, now, state.waiting)
    if state.section == "badge":
        giving = _giving(touched, signal, now)
        if giving is not None:
            return giving
    match signal:
        case _ if state.picture:
            shown = isinstance(signal, on.Back | on.Enter | on.Key | on.TestPicture)
            return (replace(touched, picture=False), []) if shown else None
        case on.OpenSection(section):
            asked: list[do.Effect] = [do.Gather(section)] if section in GATHERED else []
            return replace(touched, section=section, page=0, look=Look(searching=True), member=None), asked
        case on.TurnPage(by):
            return replace(touched, page=max(0, state.page + by)), []
        case on.Adjust(name, value):
            return touched, [do.Adjust(name, value)]
        case on.TestPicture() if state.section == "screen":
            return replace(touched, picture=True), []
        case on.Perform("restart"):
            later, effects = leave(state, now)  # a badge that waits is served first
            return later, [*effects, do.Perform("restart")]
        case on.Perform("sign_out") if state.waiting is None:
            leaving = SigningOut(after(now, LEAVING), state.visit.person.language)
            return leaving, [modes.note(state.visit, "administrator", "mode_left"), do.Perform("sign_out")]
        case on.Perform(task) if task != "sign_out":
            return touched, [do.Perform(task)]
        case on.Back() if state.section == "home":
            return leave(state, now)
        case on.Back():
            return replace(touched, section="home", page=0), []
    return None


def take_badge(state: Administering, read: Read, now: Stamp) -> Result | None:
    """On the page that expects somebody's badge it is taken; elsewhere it waits as it does at every screen."""
    if state.section != "badge" or state.member is None or state.read is not None:
        return None
    return replace(resume(state, now, state.waiting), read=read), [do.LookUp(read)]


def _giving(state: Administering, signal: on.Signal, now: Stamp) -> Result | None:
    """First whose it will be, then the badge itself."""
    match signal:
        case on.Identified(holder) if state.read is not None and state.member is not None:
            theirs = holder.person.id == state.member.id
            who = (("name", state.member.name if theirs else _initials(holder.person.name)),)
            said = Said("badge.theirs" if theirs else "badge.taken", good=theirs, values=who)
            return replace(state, read=None, said=said), [] if theirs else [do.Sound("refused")]
        case on.UnknownBadge(read) if state.read is not None and state.member is not None:
            return _give(replace(state, read=None), state.member, read, now)
        case on.PickMember(member):
            return replace(state, member=member), []
        case on.Back() if state.member is not None:
            return replace(state, member=None), []
        case on.Back():
            return None
        case _ if state.member is None:
            looked = looking(state.look, signal)
            return None if looked is None else (replace(state, look=looked), [])
    return None


def _give(state: Administering, member: Member, read: Read, now: Stamp) -> Result:
    """Numbers that change, and codes that are printed, are no badge to give."""
    credential = read.credential or ""
    if read.method != "rfid" or is_random(credential):
        return replace(state, said=Said("badge.random", good=False)), [do.Sound("refused")]
    draft = BadgeDraft(state.visit, member.name, credential, member.id)
    return at.Saving(draft, after(now, SAVING), state.waiting, state), [do.Append(draft)]


def _initials(name: str) -> str:
    """Enough for somebody who knows everybody here, and nothing for anybody else."""
    return " ".join(f"{word[0]}." for word in name.split())


def saved(
    draft: Draft, state: Administering, signal: on.Signal, now: Stamp, waiting: Read | None
) -> Result | None:
    match draft, signal:
        case BadgeDraft(name=name), on.Appended():
            said = Said("badge.given", values=(("name", name),))
            return replace(resume(state, now, waiting, said), member=None, look=Look(searching=True)), []
        case _, on.AppendFailed():
            return not_saved(state, now, waiting)
    return None


def not_saved(state: Administering, now: Stamp, waiting: Read | None) -> Result:
    return resume(state, now, waiting, Said("badge.not_saved", good=False)), [do.Sound("refused")]


def signing_out(state: SigningOut, signal: on.Signal, now: Stamp) -> Result | None:
    match signal:
        case on.StillUndelivered():
            return not_signed_out(state, now)
    return None


def not_signed_out(state: SigningOut, now: Stamp) -> Result:
    """The last lines could not be delivered: all stays as it was."""
    return at.Refused("sign_out", after(now, REFUSED), state.language), [do.Sound("refused")]
