"""What a key of a numeric pad, or of a keyboard, means on the page that is shown.

0 to 9   type a digit, or take the way on of that number     Enter   the large action, or done
+        in, or later by a quarter of an hour                -       out, or earlier by a quarter of an hour
*        more: the next page, my page, leave a question      /       back
.        the decimal point                                   Backspace   take back a digit, else back
"""

from typing import Final, Literal

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.lead import Leading, Newcomer, Proposals
from clockhouse_kiosk.flow.words import Forgotten, Look, Question, Visit
from clockhouse_sync.wire import PunchKind

ENTER: Final = "\r"
ERASE: Final = "\b"
KEYS: Final = "0123456789.+-*/" + ENTER + ERASE
QUARTER: Final = 15
PAGES: Final[tuple[Literal["hours", "messages", "request", "settings"], ...]] = (
    "hours",
    "messages",
    "request",
    "settings",
)
_IN: Final[frozenset[PunchKind]] = frozenset({"in", "break_end"})
_OUT: Final[frozenset[PunchKind]] = frozenset({"out"})


def meant(state: at.State, key: str) -> on.Signal | None:
    """The signal of a key, or None where it means nothing; where words are written, signs are letters."""
    match key:
        case "\r":
            return _enter(state)
        case "\b":
            return on.Erase() if _typed(state) else on.Back()
        case _ if _takes_words(state):
            return on.Key(key)
        case "/":
            return _back(state)
        case "*":
            return _more(state)
        case "+" | "-":
            return _sign(state, key)
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
            return page.look.query
        case Administering(look=look):
            return look.query
        case _:
            return ""


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
        case at.Asking() | at.Detailing():
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


def _digit(state: at.State, digit: str) -> on.Signal | None:
    match state:
        case at.Asking(asks=(Question(answer="yes_no"), *_)):
            return {"1": on.Answer("yes"), "2": on.Answer("no")}.get(digit)
        case at.OwnPage(visit):
            pages: list[on.Signal] = [on.PickPage(page) for page in PAGES]
            places = [*pages, *(on.OpenMode(mode) for mode in visit.person.modes)]
            return dict(enumerate(places, 1)).get(int(digit))
        case _:
            return on.Key(digit)
