"""Moving about in a list: another tab, folder or page, another word."""

from dataclasses import replace
from typing import Final

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.words import Look

MOST_QUERY: Final = 24


def looking(look: Look, signal: on.Signal, most: int = MOST_QUERY) -> Look | None:
    """The same list, seen from elsewhere; None where the signal means something else."""
    match signal:
        case on.PickTab(tab):
            return Look(tab)
        case on.OpenFolder(folder):
            return replace(look, within=(*look.within, folder), page=0)
        case on.OpenSearch():
            return replace(look, searching=True, query="", page=0)
        case on.Key(char):
            room = char.isprintable() and len(look.query) < most
            return replace(look, searching=True, query=look.query + char * room, page=0)
        case on.Erase():
            return replace(look, query=look.query[:-1], page=0)
        case on.Enter():
            return look
        case on.TurnPage(by):
            return replace(look, page=max(0, look.page + by))
        case on.Back() if look.searching:
            return replace(look, searching=False, query="", page=0)
        case on.Back() if look.within:
            return replace(look, within=look.within[:-1], page=0)
    return None


def found(look: Look) -> Look:
    """What was looked for is chosen: the whole list again, where it shows."""
    return replace(look, searching=False, query="", page=0) if look.searching else look
