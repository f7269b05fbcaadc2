"""What the digits of a pad press, where none is typed: the buttons and tiles that show them."""

from collections.abc import Sequence

from clockhouse_kiosk.flow import lead
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering
from clockhouse_kiosk.flow.lead import Leading
from clockhouse_kiosk.present import own
from clockhouse_kiosk.present.administering import buttons
from clockhouse_kiosk.present.wall import Wall


def presses(state: at.State, wall: Wall, taps: Sequence[on.Signal]) -> Sequence[on.Signal]:
    """In the order of the digits; none where digits are typed or looked for. `taps` are those of the tiles shown."""
    match state:
        case at.ChoosingLanguage():
            return [on.PickLanguage(each["code"]) for each in wall.languages()]
        case at.OwnPage():
            return list(own.choices(state, wall))
        case Leading(page=page) if are_numbered(page):
            return taps
        case Administering(section="badge", member=None) | Administering(picture=True):
            return []
        case Administering():
            _, *pressed = buttons(state, wall, wall.words(state))
            return [each.signal for each in pressed]
        case _:
            return []


def are_numbered(page: lead.Page) -> bool:
    """Whether the tiles of this page have digits, since none looks for anything there."""
    match page:
        case lead.Home() | lead.Resting() | lead.Proposals(chosen=None):
            return True
        case _:
            return False
