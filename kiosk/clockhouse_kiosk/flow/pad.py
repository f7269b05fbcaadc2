"""What a key of a numeric pad, or of a keyboard, means on the page that is shown.

0 to 9   type a digit, or take the way on of that number     Enter   the large action, or done
+        in, later by a quarter of an hour, the next tab     -       out, earlier, the tab before
8 2 6 4  where a time is set: an hour or a day later, earlier; 0 refuses a claim
*        more: the next page, my page, leave a question      /       back
.        the decimal point; else another job, or none        Backspace   take back a digit, the punch, else back

Which buttons the digits press, where they are numbered, `present.presses` says: it depends on what is shown.
"""

from typing import Final

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.drafts import PunchDraft
from clockhouse_kiosk.flow.lead import Crew, Leading, Newcomer, Page, Proposals, shown, tabs
from clockhouse_kiosk.flow.own import PAGES
from clockhouse_kiosk.flow.words import Forgotten, Look, Question, Visit
from clockhouse_sync.wire import PunchKind

ENTER: Final = "\r"
ERASE: Final = "\b"
KEYS: Final = "0123456789.+-*/" + ENTER + ERASE
QUARTER: Final = 15
STEPS: Final = {"8": 60, "2": -60, "6": 24 * 60, "4": -24 * 60}
"""Minutes, by the arrows that a pad has on these digits."""
_IN: Final[frozenset[PunchKind]] = frozenset({"in", "break_end"})
_OUT: Final[frozenset[PunchKind]] = frozenset({"out"})


def meant(state: at.State, key: str) -> on.Signal | None:
    """The signal of a key, or None where it means nothing; where words are written, signs are letters."""
    match key:
        case "\r":
            return _enter(state)
        case "\b":
            return _take_back(state)
        case _ if _takes_words(state):
            return on.Key(key)
        case "-" | "." if _looks_for_names(state):
            return on.Key(key)
        case "/":
            return _back(state)
        case "*":
            return _more(state)
        case "+" | "-":
            return _sign(state, key)
        case ".":
            return _aside(state)
        case _ if key.isascii() and key.isdecimal():
            return _digit(state, key)
        case _:
            return on.Key(key)


def _takes_words(state: at.State) -> bool:
    match state:
        case at.ChoosingJob(free=True) | at.Requesting(kind=None):
            return True
        case at.ChoosingJob(look=Look(query=query)):
            return bool(query)
        case Leading(page=Newcomer(asked="name" | "agency")):
            return True
        case at.Detailing(asked=("note", *_)) | at.Asking(asks=(Question(answer="text"), *_)):
            return True
        case _:
            return False


def _looks_for_names(state: at.State) -> bool:
    """Names have hyphens and dots; the other signs keep their meaning while one is looked for."""
    match state:
        case Leading(page=page):
            return bool(shown(page).query)
        case Administering(look=look):
            return bool(look.query)
        case _:
            return False


def _typed(state: at.State) -> str:
    match state:
        case (
            at.EnteringNumber(digits=typed)
            | at.EnteringPin(digits=typed)
            | at.ChoosingJob(look=Look(query=typed))
        ):
            return typed
        case at.Detailing(typed=typed) | at.Asking(typed=typed) | at.Requesting(typed=typed):
            return typed
        case Leading(page=Newcomer(asked="name", name=typed) | Newcomer(asked="agency", agency=typed)):
            return typed
        case Leading(page=page):
            return shown(page).query
        case Administering(look=look):
            return look.query
        case _:
            return ""


def _take_back(state: at.State) -> on.Signal:
    match state:
        case at.Recorded(PunchDraft(visit=visit)) if visit is not None:
            return on.Undo()
        case _:
            return on.Erase() if _typed(state) else on.Back()


def _aside(state: at.State) -> on.Signal:
    """What stands beside the large action of a crew: another job, or none."""
    match state:
        case Leading(page=Crew(choosing=None)):
            return on.ChooseJob()
        case Leading(page=Crew()):
            return on.TakeDefault()
        case _:
            return on.Key(".")


def _enter(state: at.State) -> on.Signal | None:
    match state:
        case at.Idle():
            return on.OpenNumber()
        case at.Greeting(visit) if visit.default is None:
            return on.Back()
        case at.Asking(asks=(Forgotten(), *_)):
            return on.ConfirmClaim()
        case at.Asking(asks=(Question(answer="yes_no"), *_)):
            return None
        case at.Requesting(claimed_at=claimed_at) if claimed_at is not None:
            return on.ConfirmClaim()
        case Leading(page=Newcomer()):
            return on.Enter()
        case Leading(page=page) if shown(page).searching:
            return on.Enter()
        case Leading():
            return on.ConfirmClaim()
        case _:
            return on.Enter()


def _back(state: at.State) -> on.Signal:
    """From a greeting the only way back is not to have been there."""
    match state:
        case at.Greeting(visit) if visit.default is not None:
            return on.NotMe()
        case _:
            return on.Back()


def _more(state: at.State) -> on.Signal | None:
    match state:
        case at.Idle():
            return on.OpenLanguages()
        case at.Greeting() | at.Recorded():
            return on.OpenOwn()
        case at.OwnPage(page=page):
            return on.PickPage(PAGES[(PAGES.index(page) + 1) % len(PAGES)])
        case at.Asking() | at.Detailing() | Leading(page=Newcomer(asked="badge")):
            return on.PutOff()
        case at.EnteringNumber() | at.EnteringPin() | at.Requesting():
            return None
        case _:
            return on.TurnPage(1)


def _sign(state: at.State, sign: str) -> on.Signal | None:
    match state:
        case at.Asking(claimed_at=claimed_at) | at.Requesting(claimed_at=claimed_at) if (
            claimed_at is not None
        ):
            return on.ShiftClaim(QUARTER if sign == "+" else -QUARTER)
        case Leading(page=Proposals(chosen=chosen)) if chosen is not None:
            return on.ShiftClaim(QUARTER if sign == "+" else -QUARTER)
        case Leading(page=page):
            return _tab(page, 1 if sign == "+" else -1)
        case at.Greeting(visit) | at.ChoosingJob(visit):
            return _way(visit, _IN if sign == "+" else _OUT)
        case _:
            return None


def _way(visit: Visit, kinds: frozenset[PunchKind]) -> on.Signal | None:
    if visit.default is not None and visit.default.kind in kinds:
        return on.TakeDefault()
    ways = (index for index, each in enumerate(visit.others) if each.kind in kinds and not each.choose)
    index = next(ways, None)
    return None if index is None else on.TakeOther(index)


def _tab(page: Page, by: int) -> on.Signal | None:
    """The next tab or the one before, round and round."""
    every = tabs(page)
    now = page.kind if isinstance(page, Crew) and page.choosing is None else shown(page).tab
    return on.PickTab(every[(every.index(now) + by) % len(every)]) if now in every else None


def _digit(state: at.State, digit: str) -> on.Signal | None:
    match state:
        case at.Greeting(visit) if visit.recent is not None and digit == "0":
            return on.Undo()
        case at.Asking(asks=(Question(answer="yes_no"), *_)):
            return {"1": on.Answer("yes"), "2": on.Answer("no")}.get(digit)
        case at.Asking(asks=(Forgotten(), *_)) | at.Requesting():  # a request in words takes every key before
            return _step(digit)
        case Leading(page=Proposals(chosen=chosen)) if chosen is not None:
            return on.Answer("no") if digit == "0" else _step(digit)
        case _:
            return on.Key(digit)


def _step(digit: str) -> on.Signal | None:
    step = STEPS.get(digit)
    return None if step is None else on.ShiftClaim(step)
