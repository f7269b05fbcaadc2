"""Who may do what: role x permission x scope, denied unless the table says otherwise."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clockhouse_server.errors import Forbidden, NotFound


class Role(StrEnum):
    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    BACK_OFFICE = "back_office"


@dataclass(frozen=True)
class Actor:
    """Somebody who asks. `site_ids` None means all sites; `scopes` None means signed in by browser."""

    user_id: str
    name: str
    role: Role
    site_ids: frozenset[str] | None = None
    person_id: str | None = None
    scopes: frozenset[str] | None = None


_E, _S, _A, _B = Role.EMPLOYEE, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.BACK_OFFICE

PERMISSIONS: Final[Mapping[str, frozenset[Role]]] = {
    "own.read": frozenset({_E, _S, _A, _B}),
    "company.read": frozenset({_S, _A, _B}),
    "company.write": frozenset({_A, _B}),
    "sites.read": frozenset({_S, _A, _B}),
    "sites.write": frozenset({_A}),
    "people.read": frozenset({_S, _A, _B}),
    "people.write": frozenset({_A, _B}),
    "people.merge": frozenset({_S, _B}),
    "badges.write": frozenset({_A}),
    "jobs.read": frozenset({_S, _A, _B}),
    "jobs.write": frozenset({_A, _B}),
    "site_jobs.write": frozenset({_S, _A}),
    "wall.read": frozenset({_S, _A, _B}),
    "wall.write": frozenset({_A}),
    "messages.write": frozenset({_S, _A, _B}),
    "kiosks.read": frozenset({_S, _A, _B}),
    "kiosks.write": frozenset({_A}),
    "punches.read": frozenset({_S, _A, _B}),
    "parked.read": frozenset({_S, _A, _B}),
    "parked.settle": frozenset({_S, _B}),
    "alarms.settle": frozenset({_A}),
    "timecards.read": frozenset({_E, _S, _B}),
    "timecards.adjust": frozenset({_S, _B}),
    "timecards.approve": frozenset({_S, _B}),
    "periods.read": frozenset({_S, _B}),
    "periods.close": frozenset({_B}),
    "payroll.export": frozenset({_B}),
    "rates.read": frozenset({_B}),
    "rates.write": frozenset({_B}),
    "invoices.read": frozenset({_B}),
    "invoices.write": frozenset({_B}),
    "invoices.issue": frozenset({_B}),
    "audit.read": frozenset({_A, _B}),
    "users.read": frozenset({_A}),
    "users.write": frozenset({_A}),
}


def allows(actor: Actor, permission: str) -> bool:
    """Whether the actor's role has the permission, and their token's scopes do not withhold it."""
    return actor.role in PERMISSIONS[permission] and (actor.scopes is None or permission in actor.scopes)


def allow(actor: Actor, permission: str) -> None:
    """Return, or refuse: Forbidden."""
    if not allows(actor, permission):
        raise Forbidden("Your role does not allow this.", permission=permission)


def in_scope(actor: Actor, site_ids: Collection[str]) -> bool:
    """Whether something at these sites may be seen at all; nobody's site is seen by unbounded actors only."""
    return actor.site_ids is None or not actor.site_ids.isdisjoint(site_ids)


def allow_site(actor: Actor, permission: str, site_id: str) -> None:
    """As allow, at one site; a site outside the actor's scope looks as if it did not exist."""
    allow(actor, permission)
    if actor.role is Role.EMPLOYEE or not in_scope(actor, (site_id,)):
        raise NotFound("There is no such site.", field="site_id")


def allow_person(actor: Actor, permission: str, person_id: str, site_ids: Collection[str]) -> None:
    """As allow, for one person who works at `site_ids`: an employee reaches themselves and nobody else."""
    allow(actor, permission)
    seen = person_id == actor.person_id if actor.role is Role.EMPLOYEE else in_scope(actor, site_ids)
    if not seen:
        raise NotFound("There is no such person.", field="person_id")
