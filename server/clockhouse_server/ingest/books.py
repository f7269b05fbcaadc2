"""What verdicts on a batch depend on besides the ledger; only what its lines name is asked for."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from clockhouse_server.bulk import TEXT, Statement
from clockhouse_server.db import directly
from clockhouse_server.devices.models import Sender
from clockhouse_server.ingest import evidence, store
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.judge import Books, ClaimKnown
from clockhouse_server.ingest.models import CorrectionRequest, Proposal
from clockhouse_server.ingest.reading import content
from clockhouse_server.people import credentials
from clockhouse_server.people.models import Credential, Person, PersonSite
from clockhouse_sync import wire


@dataclass
class _Named:
    """What the lines of a batch name."""

    people: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    badges: set[str] = field(default_factory=set)
    badge_ids: set[str] = field(default_factory=set)

    def take_punches(self, lines: Sequence[wire.PunchLine]) -> None:
        """Many at once: most of what is ever delivered."""
        self.people |= {line.employee_id for line in lines if line.employee_id is not None}
        self.jobs |= {line.job_id for line in lines if line.job_id is not None}
        self.tasks |= {line.task_id for line in lines if line.task_id is not None}

    def take(self, line: wire.LineHead | None) -> None:
        match line:
            case wire.ProposalLine():
                self.people.add(line.employee_id)
                self.jobs |= _some(line.job_id)
                self.claims.add(line.proposal_id)
            case wire.UndoLine():
                self.undone.add(line.punch_id)
            case wire.ConfirmLine():
                self.people.add(line.employee_id)
                self.actors.add(line.actor_id)
                self.claims.add(line.proposal_id)
            case wire.RequestLine():
                self.people.add(line.employee_id)
                self.requests.add(line.request_id)
            case wire.EnrolmentLine():
                self.people.add(line.employee_id)
                self.actors |= _some(line.actor_id)
                self.badges |= _some(line.beside.credential if line.beside else None)
                self.badge_ids |= _some(line.credential_ref)
            case wire.SiteJobsLine():
                self.actors.add(line.actor_id)
            case _:
                pass


def _some(name: str | None) -> set[str]:
    return set() if name is None else {name}


def books(session: Session, batches: Sequence[Batch], *, trusting: bool = False) -> Books:
    """What verdicts on these deliveries depend on; `revoked` is each device's own.

    The people among them stay locked until the transaction ends. A delivery that settles something comes alone,
    so that whoever leads at its device's site is clear. `trusting` asks for no punch's id whether it is taken.
    """
    named = _Named()
    for batch in batches:
        named.take_punches(batch.punches)
        if not batch.shapes <= {wire.PunchLine}:
            for one in batch.lines:
                named.take(one.line)
    settling = any(batch.settles for batch in batches)
    punches = {}
    if not trusting:
        ids = {
            (line.employee_id, line.punch_id)
            for batch in batches
            for line in batch.punches
            if line.employee_id
        }
        punches = store.punches_known(session, ids)
    for batch in batches if named.undone else ():
        punches |= store.undone_known(session, batch.device.id, named.undone)
    people = named.people | {punch.employee_id for punch in punches.values()}
    badges = _badges(session, batches, named.badges)
    badge_ids = _badge_ids(session, named.badge_ids)
    leaders = _leaders(session, batches[0].device, named.actors)
    stand = store.standing(session, people, alone=settling)
    # Whoever takes over the punches of a merged one is locked too, before any counter is.
    store.standing(session, {one.merged_into for one in stand.values() if one.merged_into}, alone=True)
    return Books(
        locked={person_id: one.locked_through for person_id, one in stand.items()},
        day_starts=next((minutes for (minutes,) in directly(session, _DAY_STARTS)), 0),
        jobs=_jobs(session, named.jobs),
        tasks=_tasks(session, named.tasks),
        punches=punches,
        claims=_claims(session, people, named.claims),
        requests=_requests(session, people, named.requests),
        supervisors=frozenset(person.id for person in leaders if person.supervisor),
        administrators=frozenset(person.id for person in leaders if person.administrator),
        merged=frozenset(person_id for person_id, one in stand.items() if one.merged_into),
        badges=badges,
        badge_ids=badge_ids,
        holders=_holders(session, {*badges.values(), *badge_ids.values()}),
    )


_DAY_STARTS: Final = "SELECT day_starts FROM company"
_JOBS: Final = Statement(
    "SELECT jobs.id FROM jobs WHERE jobs.id IN (SELECT given.id FROM {given})", {"id": TEXT}
)
_TASKS: Final = Statement(
    "SELECT tasks.id, tasks.job_id FROM tasks WHERE tasks.id IN (SELECT given.id FROM {given})", {"id": TEXT}
)


def _jobs(session: Session, jobs: Collection[str]) -> frozenset[str]:
    return frozenset(found for (found,) in _JOBS(session, [(each,) for each in jobs]))


def _tasks(session: Session, tasks: Collection[str]) -> dict[str, str]:
    return dict(_TASKS(session, [(each,) for each in tasks]))


def _claims(session: Session, people: Collection[str], claims: Collection[str]) -> dict[str, ClaimKnown]:
    if not claims:
        return {}
    query = select(Proposal).where(Proposal.employee_id.in_(people), Proposal.proposal_id.in_(claims))
    return {
        row.proposal_id: ClaimKnown(row.employee_id, row.claimed_at, row.status == "open")
        for row in session.scalars(query)
    }


def _requests(session: Session, people: Collection[str], requests: Collection[str]) -> set[str]:
    if not requests:
        return set()
    mine = CorrectionRequest.employee_id.in_(people), CorrectionRequest.request_id.in_(requests)
    return set(session.scalars(select(CorrectionRequest.request_id).where(*mine)))


def _leaders(session: Session, device: Sender, actors: Collection[str]) -> list[Person]:
    """Those among these who work at the device's site, and lead or administer there."""
    if not actors:
        return []
    query = (
        select(Person)
        .join(PersonSite, PersonSite.person_id == Person.id)
        .where(Person.id.in_(actors), Person.active, PersonSite.site_id == device.site_id)
    )
    return [person for person in session.scalars(query) if person.supervisor or person.administrator]


def _badges(session: Session, batches: Sequence[Batch], wanted: set[str]) -> dict[str, str]:
    """The badges' values as they travel along or did before, by hash."""
    found: dict[str, tuple[bytes, bytes]] = {}
    for batch in batches if wanted else ():
        found |= evidence.contents(session, batch.device.id, wanted)
        for name in wanted & batch.delivery.beside.keys():
            along = content(batch.delivery.beside[name], name)
            found |= {} if along is None else {name: along}
    values = {
        name: credentials.badge_value(text.decode("utf-8", "replace")) for name, (_, text) in found.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _badge_ids(session: Session, badge_ids: Collection[str]) -> dict[str, str]:
    if not badge_ids:
        return {}
    query = select(Credential.id, Credential.value).where(Credential.id.in_(badge_ids))
    return dict(session.execute(query).all())


def _holders(session: Session, values: Iterable[str]) -> dict[str, str]:
    wanted = set(values)
    if not wanted:
        return {}
    query = select(Credential.value, Credential.person_id).where(
        Credential.value.in_(wanted), Credential.active
    )
    return dict(session.execute(query).all())
