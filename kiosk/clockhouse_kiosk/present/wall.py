"""What every screen needs to know: the site, the time, the languages, and how the machine is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import Administering, Machine, SigningOut
from clockhouse_kiosk.flow.lead import Leading, Led
from clockhouse_kiosk.flow.words import Person, Stamp
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.site import Site
from clockhouse_kiosk.texts import PSEUDO, Texts, best

View = dict[str, Any]
DIGITS: Final = "1234567890"
"""A pad's digits in the order in which buttons are numbered."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How sending stands: None for `online` while the daemon is not heard."""

    online: bool | None = None
    since: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Wall:
    """The surroundings of this moment. `directory` and `others_through` are there once people can punch."""

    site: Site
    now: Stamp
    texts: Mapping[str, Texts]
    delivery: Delivery = Delivery()
    clock_set: bool = True
    trouble: bool = False
    sending_trouble: bool = False
    reader_missing: bool = False
    camera_missing: bool = False
    pad_missing: bool = False
    pin_digits: int = 6
    language: str | None = None
    directory: Directory | None = None
    others_through: datetime | None = None
    machine: Machine = field(default_factory=Machine)
    pad: bool = False

    def numbered(self, number: int, title: str, words: Texts) -> str:
        """With the digit of the pad that means the same, where there is one; the tenth is 0."""
        return self.keyed(DIGITS[number - 1], title, words) if 0 < number <= len(DIGITS) else title

    def keyed(self, key: str, title: str, words: Texts) -> str:
        """With the key of the pad that means the same, where there is a pad."""
        return words.joined(key, title) if self.pad else title

    def words(self, state: at.State) -> Texts:
        """The language of whoever is at the wall, else the one picked, else the site's."""
        return self.texts[best((language_of(at.shown(state)), self.language, self.site.language), self.texts)]

    def languages(self, words: Texts | None = None, first: int = 1) -> list[View]:
        """Those that people may choose; the pseudo-language is for tests. With words, each has its key of the pad."""
        known = {code: table("language") for code, table in self.texts.items() if code != PSEUDO}
        return [
            {"code": code, "name": name if words is None else self.numbered(number, name, words)}
            for number, (code, name) in enumerate(known.items(), first)
        ]

    def time(self, instant: datetime, words: Texts) -> str:
        return words.time(instant.astimezone(self.site.zone), self.site.hour_cycle)

    def since(self, instant: datetime, words: Texts) -> str:
        """The time, with the day where it is not today."""
        local, today = instant.astimezone(self.site.zone), self.now.at.astimezone(self.site.zone)
        time = words.time(local, self.site.hour_cycle)
        if local.date() == today.date():
            return time
        if abs(today.date() - local.date()) < timedelta(days=7):
            return f"{words.weekday_short(local)} {time}"
        return f"{words.day_short(local)} {time}"


def person_of(state: at.State) -> Person | None:
    """Whoever is at the wall, as far as the state knows."""
    match state:
        case at.Greeting() | at.ChoosingJob() | at.Detailing() | at.Asking() | at.OwnPage() | at.Requesting():
            return state.visit.person
        case Leading(visit) | Administering(visit) | at.Saving(then=Led(Leading(visit))):
            return visit.person
        case at.Saving(draft) | at.Recorded(draft) | at.Undone(draft) | at.NotRecorded(draft):
            return None if draft.visit is None else draft.visit.person
        case at.EnteringPin(claim) | at.CheckingPin(claim):
            return None if claim.visit is None else claim.visit.person
        case _:
            return None


def language_of(state: at.State) -> str | None:
    person = person_of(state)
    if person is not None:
        return person.language
    match state:
        case at.EnteringPin(claim) | at.CheckingPin(claim):
            return claim.language
        case at.Idle() | at.EnteringNumber() | at.Refused() | SigningOut():
            return state.language
        case _:
            return None
