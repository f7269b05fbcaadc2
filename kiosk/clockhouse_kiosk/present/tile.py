"""One tile: what it shows, and what a tap on it means."""

from dataclasses import dataclass

from clockhouse_kiosk.flow import signals as on


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile and the signal of its tap. `sign` names its pictogram; `more` leads on to the next page."""

    title: str
    detail: str
    signal: on.Signal
    chosen: bool = False
    more: bool = False
    sign: str = ""
    colour: str = ""
