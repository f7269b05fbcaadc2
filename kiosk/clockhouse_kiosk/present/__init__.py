"""What each state of the flow looks like, as plain values for the screens; every sentence comes from the texts."""

from clockhouse_kiosk.present.administering import buttons
from clockhouse_kiosk.present.joining import joining
from clockhouse_kiosk.present.presses import presses
from clockhouse_kiosk.present.screens import screen
from clockhouse_kiosk.present.strip import strip
from clockhouse_kiosk.present.tile import Tile
from clockhouse_kiosk.present.tiles import tiles
from clockhouse_kiosk.present.wall import DIGITS, Delivery, View, Wall

__all__ = [
    "DIGITS", "Delivery", "Tile", "View", "Wall", "buttons", "joining", "presses", "screen", "strip", "tiles",
]  # fmt: skip
