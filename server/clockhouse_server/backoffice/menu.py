"""The menu on the left: only what the role may see."""

from dataclasses import dataclass
from typing import Final

from clockhouse_server.auth.access import Actor, Role, allows


@dataclass(frozen=True)
class Item:
    path: str
    name: str
    current: bool = False


_ITEMS: Final = (
    ("/in", "Who is in", "punches.read", ()),
    ("/timecards", "Timecards", "timecards.read", ("/periods",)),
    ("/exceptions", "Exceptions", "parked.read", ()),
    ("/jobs", "Jobs", "jobs.read", ("/customers", "/today")),
    ("/people", "People", "people.read", ()),
    ("/wall", "At the wall", "wall.read", ()),
    ("/kiosks", "Kiosks", "kiosks.read", ("/alarms",)),
    ("/payroll", "Payroll", "payroll.export", ()),
    ("/invoices", "Invoices", "invoices.read", ("/rates",)),
    ("/audit", "Audit", "audit.read", ()),
    ("/settings", "Settings", "company.write", ("/sites", "/users", "/start")),
)


def of(actor: Actor, path: str) -> list[Item]:
    """The actor's menu, with the page that `path` belongs to marked."""
    if actor.role is Role.EMPLOYEE:
        return [Item(f"/timecards/{actor.person_id}", "My timecard", current=True)]
    return [
        Item(at, name, current=_within(path, (at, *others)))
        for at, name, permission, others in _ITEMS
        if allows(actor, permission)
    ]


_SETTINGS: Final = (
    ("/settings", "Company", "company.write"),
    ("/sites", "Sites", "sites.write"),
    ("/users", "Users", "users.read"),
)


def settings(actor: Actor) -> list[tuple[str, str]]:
    """The tabs of the settings that the actor may open."""
    return [(path, name) for path, name, permission in _SETTINGS if allows(actor, permission)]


def _within(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
