"""What each state of the flow looks like, as plain values for the screens; every sentence comes from the texts."""

from clockhouse_kiosk.present.administering import buttons
from clockhouse_kiosk.present.joining import joining
from clockhouse_kiosk.present.screens import screen
from clockhouse_kiosk.present.strip import strip
from clockhouse_kiosk.present.tile import Tile
from clockhouse_kiosk.present.tiles import tiles
from clockhouse_kiosk.present.wall import Delivery, View, Wall

__all__ = ["Delivery", "Tile", "View", "Wall", "buttons", "joining", "screen", "strip", "tiles"]
