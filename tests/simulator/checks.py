"""What must hold once everything has healed: every recorded line is on the server once, as it was, and counts once."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from clockhouse_server.ingest import runs
from clockhouse_server.ingest.models import Alarm, EpochMark, LineRow, PunchRow
from clockhouse_sync import delivery, wire
from simulator.books import unbalanced
from simulator.company import Company
from simulator.fleet import Recorded, Terminal

NEAR = timedelta(seconds=61)
"""As close as a proved time must be to the true one: a clock that is called good may own up to a minute."""


def broken(company: Company) -> list[str]:
    """What does not hold, in words; empty is good."""
    return [*company.wrong, *_all(company)]


def _all(company: Company) -> Iterator[str]:
    made: dict[str, dict[tuple[str, int, str], Recorded]] = defaultdict(dict)
    gone: dict[str, set[tuple[str, int, str]]] = defaultdict(set)
    for terminal in company.terminals:
        gone[terminal.device_id] |= terminal.gone
        for (epoch, seq), found in terminal.recorded.items():
            made[terminal.device_id] |= {(epoch, seq, name): one for name, one in found.items()}
    for device_id, lines in made.items():
        held = {
            (*place, name): row for place, found in company.office.lines(device_id).items() for name, row in found.items()
        }  # fmt: skip
        yield from _kept(lines, gone[device_id], held, _forged(company))
        yield from _counted(company, device_id, lines, held)
        yield from _forks(company, device_id, held)
        yield from _declared(company, device_id, held)
    yield from unbalanced(company)
    for terminal in company.terminals:
        yield from _prunable(company, terminal)
        yield from _told(company, terminal)


def _kept(
    made: dict[tuple[str, int, str], Recorded],
    gone: set[tuple[str, int, str]],
    held: dict[tuple[str, int, str], runs.Stored],
    forged: dict[tuple[str, int], str],
) -> Iterator[str]:
    places = {place[:2] for place in held}
    for place, one in made.items():
        # Where a copy of the card has delivered what was said, nobody misses what somebody made of it.
        instead = forged.get(place[:2]) == place[2] and place[:2] in places
        if place not in held and place not in gone and not instead:
            yield f"lost: {one.kind} {place}"
        if place in held and held[place].raw != one.raw:
            yield f"altered: {one.kind} {place}"
    for place, row in held.items():
        if place not in made:
            yield f"nobody made: {row.type} {place}"


def _forged(company: Company) -> dict[tuple[str, int], str]:
    """Where lines were changed by hand, and the hash of what they became."""
    return {place: name for terminal in company.terminals for place, name in terminal.tampered.items()}


def _counted(
    company: Company,
    device_id: str,
    made: dict[tuple[str, int, str], Recorded],
    held: dict[tuple[str, int, str], runs.Stored],
) -> Iterator[str]:
    with company.office.reading() as session:
        rows = list(session.scalars(select(PunchRow).where(PunchRow.device_id == device_id)))
    times = Counter((row.epoch, row.seq, row.hash) for row in rows)
    accepted = {place for place, row in held.items() if row.type == "punch" and row.outcome == "accepted"}
    for place in accepted:
        if times[place] != 1:
            yield f"counted {times[place]} times: {place}"
    for place in set(times) - accepted:
        yield f"counted without being accepted: {place}"
    undone = {
        line.punch_id for row in held.values() if row.type == "undo" and row.outcome == "accepted"
        for line in [wire.read_line(row.raw)] if isinstance(line, wire.UndoLine)
    }  # fmt: skip
    for row in rows:
        if (row.punch_id in undone) != row.undone:
            yield f"undone is {row.undone}: {row.punch_id}"
        one = made.get((row.epoch, row.seq, row.hash))
        if one is None or device_id in company.liars:
            continue
        if row.basis == "unproved":
            early = row.not_before_at is not None and one.truly_at < row.not_before_at - NEAR
            if early or (row.not_after_at is not None and one.truly_at > row.not_after_at + NEAR):
                yield f"bounds without the truth: {row.punch_id} {one.truly_at} {row.not_before_at} {row.not_after_at}"
        elif abs(row.counted_at - one.truly_at) > NEAR:
            yield f"dated wrong ({row.basis}): {row.punch_id} {one.truly_at} {row.counted_at}"


def _forks(company: Company, device_id: str, held: dict[tuple[str, int, str], runs.Stored]) -> Iterator[str]:
    """No honest terminal ever has two lines at one place, whatever card it was put back to."""
    times = Counter((epoch, seq) for epoch, seq, _ in held)
    forked = {epoch for terminal in company.terminals for epoch in terminal.forked}
    tampered = _forged(company)
    for place, count in times.items():
        if count > 1 and place[0] not in forked and place not in tampered:
            yield f"two lines at one place: {place}"
    parents = Counter()
    for row in held.values():
        line = wire.read_line(row.raw) if row.type == "boot" else None
        if isinstance(line, wire.BootLine) and line.parent is not None:
            parents[line.parent.epoch, line.parent.seq] += 1
    twins = {parent for parent, count in parents.items() if count > 1}
    with company.office.reading() as session:
        found = session.scalars(select(Alarm).where(Alarm.device_id == device_id))
        alarmed = {
            (alarm.facts["parent_epoch"], alarm.facts["parent_seq"])
            for alarm in found
            if alarm.code == "two_epochs"
        }
        doubted = {(alarm.device_id, alarm.facts.get("epoch")) for alarm in session.scalars(select(Alarm))}
    for (epoch, seq), name in tampered.items():
        here = (epoch, seq, name) in held and (epoch, seq + 1) in times
        if here and (device_id, epoch) not in doubted:
            yield f"changed by hand and no alarm: {epoch} {seq}"
    for parent in twins - alarmed:
        yield f"two epochs of one parent and no alarm: {parent}"


def _told(company: Company, terminal: Terminal) -> Iterator[str]:
    """Each terminal knows which of its lines wait for a person, and no others."""
    with company.office.reading() as session:
        query = select(LineRow).where(LineRow.device_id == terminal.device_id, LineRow.outcome == "parked")
        parked = {(row.epoch, row.seq, row.hash) for row in session.scalars(query)}
    for one in terminal.device.delivery.parked():
        if (one.epoch, one.seq, one.hash) not in parked | terminal.gone | company.stale:
            yield f"{terminal.name} takes a line for parked that is not: {one}"
    if terminal.steps < company.steps[terminal.name]:
        yield f"the clock of {terminal.name} was moved {company.steps[terminal.name]} times, written {terminal.steps}"


def _declared(
    company: Company, device_id: str, held: dict[tuple[str, int, str], runs.Stored]
) -> Iterator[str]:
    """Of an epoch that is here with its end, nothing is left behind a gap that nobody explained."""
    newest: Counter[str] = Counter()
    for epoch, seq, _ in held:
        newest[epoch] = max(newest[epoch], seq)
    destroyed = {epoch for terminal in company.terminals for epoch in terminal.destroyed}
    with company.office.reading() as session:
        for mark in session.scalars(select(EpochMark).where(EpochMark.device_id == device_id)):
            if mark.epoch not in destroyed and mark.acknowledged_seq < newest[mark.epoch]:
                yield f"left behind a gap: {mark.epoch} {mark.acknowledged_seq} of {newest[mark.epoch]}"


def _prunable(company: Company, terminal: Terminal) -> Iterator[str]:
    """What a terminal may forget is in the newest backup, too."""
    held = company.office.lines(terminal.device_id)
    for epoch, seq in delivery.prunable(terminal.settings.delivery).items():
        missing = [
            place
            for place, found in terminal.recorded.items()
            if place[0] == epoch
            and place[1] <= seq
            and place not in held
            and not any((*place, name) in terminal.gone for name in found)
        ]
        if missing:
            yield f"may be forgotten and is nowhere: {missing[:3]}"
    if terminal.daemon._exchange is not None and terminal.daemon._exchange.waiting():
        yield f"still waiting at {terminal.name}: {terminal.daemon._exchange.waiting()}"
