"""Three weeks of punches, with the mistakes that people make, as sheets for each kiosk.

A sheet is a list of facts in order of time; `write` puts them into a terminal's own outbox, from where the
daemon delivers them like any other. Nothing is inserted anywhere else.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from company import JOBS, KIOSKS, PEOPLE, SITES, UNKNOWN_BADGE, Person

from clockhouse_sync import wire
from clockhouse_sync.ledger import beside_hash
from clockhouse_sync.outbox import Moment, open_outbox

WEEKS = 3
ZONE = {site.key: ZoneInfo(site.zone) for site in SITES}


@dataclass(frozen=True)
class Fact:
    """One line to be: its instant, its type and its fields; `beside` maps a field to its text."""

    at: datetime
    type: wire.LineType
    fields: Mapping[str, object]
    beside: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ids:
    """What the server calls things: numbers and codes of the company to ids."""

    people: dict[str, str]
    credentials: dict[str, str]
    jobs: dict[str, str]
    tasks: dict[str, str]


def sheets(now: datetime, ids: Ids, seed: int = 20260302) -> dict[str, list[Fact]]:
    """Facts by kiosk key, for three whole weeks and the days of this one before today; nothing after `now`."""
    today = now.date()
    dice = random.Random(seed)
    monday = today - timedelta(days=today.weekday())
    days = [monday - timedelta(weeks=WEEKS) + timedelta(days=n) for n in range(WEEKS * 7 + today.weekday())]
    working = [day for day in days if day.weekday() < 5]
    kiosk_of = {kiosk.site: kiosk.key for kiosk in KIOSKS}
    facts: dict[str, list[Fact]] = {kiosk.key: [] for kiosk in KIOSKS}
    for person in PEOPLE:
        if person.site in kiosk_of:
            facts[kiosk_of[person.site]] += _person(person, working, ids, dice)
    for kiosk in KIOSKS:
        facts[kiosk.key] += _strangers(kiosk.site, working, dice)
        past = (fact for fact in facts[kiosk.key] if fact.at < now)  # a night shift may not be over yet
        facts[kiosk.key] = sorted(past, key=lambda fact: fact.at)
    return facts


def _person(person: Person, days: list[date], ids: Ids, dice: random.Random) -> Iterator[Fact]:
    """One person's facts, day by day; what was forgotten yesterday is asked this morning."""
    forgot: datetime | None = None
    for day in days:
        last = day == days[-1]
        if dice.random() < 0.04 and not last:
            continue  # a day off
        start = _at(
            person,
            day,
            "21:57" if person.shift == "night" else dice.choice(["05:57", "06:55", "07:55"]),
            dice,
        )
        if forgot is not None and dice.random() < 0.7:
            yield _proposal(person, ids, start + timedelta(seconds=6), forgot, dice)
        forgets = person.number == "1002" if last else dice.random() < 0.03
        yield from _day(person, start, ids, dice, forgets=forgets)
        forgot = start + timedelta(hours=8, minutes=35) if forgets else None


def _day(person: Person, start: datetime, ids: Ids, dice: random.Random, *, forgets: bool) -> Iterator[Fact]:
    job = dice.choice(person.jobs) if dice.random() < 0.25 else person.jobs[0]
    slip = dice.random()
    yield _punch(person, ids, start, "in", dice, job=None if slip < 0.02 else job, unconfirmed=slip < 0.02)
    if 0.02 <= slip < 0.03:  # held the badge twice, ten minutes apart, and pressed on
        yield _punch(person, ids, start + timedelta(minutes=10), "in", dice, job=job)
    noon = start + timedelta(hours=4, minutes=dice.randint(-6, 6), seconds=dice.randint(0, 59))
    yield _punch(person, ids, noon, "break_start", dice)
    if slip < 0.97:
        yield _punch(person, ids, noon + timedelta(minutes=dice.randint(28, 34)), "break_end", dice)
    if len(person.jobs) > 1 and dice.random() < 0.3:
        at = start + timedelta(hours=6, minutes=dice.randint(0, 50))
        yield _punch(person, ids, at, "transfer", dice, job=person.jobs[1])
    if forgets:
        return
    end = start + timedelta(
        hours=8, minutes=30 + dice.choice([-7, -2, 0, 1, 3, 4, 6, 75]), seconds=dice.randint(0, 59)
    )
    out = _punch(person, ids, end, "out", dice)
    yield out
    if dice.random() < 0.01:  # pressed the wrong thing, took it back, did it again
        undo = {"punch_id": out.fields["punch_id"], "employee_id": ids.people[person.number]}
        yield Fact(end + timedelta(seconds=9), "undo", undo)
        yield _punch(person, ids, end + timedelta(seconds=20), "out", dice)


def _strangers(site: str, days: list[date], dice: random.Random) -> Iterator[Fact]:
    """A badge that nobody has entered yet: a new colleague's first morning, recorded all the same."""
    at = datetime.combine(days[-1], time(7, 2, 11), ZONE[site]).astimezone(UTC)
    card = UNKNOWN_BADGE if site == "yard" else "2A00C0FFEE"
    for when, kind in ((at, "in"), (at + timedelta(hours=8, minutes=31), "out")):
        fields = {"punch_id": _id(when, dice), "kind": kind, "kind_from": "unconfirmed", "method": "rfid"}
        yield Fact(when, "punch", fields, {"credential": card})


def _punch(
    person: Person, ids: Ids, at: datetime, kind: str, dice: random.Random, *, job: str | None = None, unconfirmed: bool = False
) -> Fact:  # fmt: skip
    by_pin = dice.random() < 0.12
    fields: dict[str, object] = {
        "punch_id": _id(at, dice),
        "employee_id": ids.people[person.number],
        "kind": kind,
        "kind_from": "unconfirmed" if unconfirmed else "inferred" if kind in ("in", "out") else "chosen",
        "method": "pin" if by_pin else "rfid",
    }
    if not by_pin:
        fields["credential_ref"] = ids.credentials[person.number]
    if job is not None:
        fields["job_id"] = ids.jobs[job]
        tasks = next(row.tasks for row in JOBS if row.code == job)
        if tasks:
            fields["task_id"] = ids.tasks[f"{job}/{tasks[dice.randrange(len(tasks))][0]}"]
    return Fact(at, "punch", fields)


def _proposal(person: Person, ids: Ids, at: datetime, claimed: datetime, dice: random.Random) -> Fact:
    fields = {
        "proposal_id": _id(at, dice), "employee_id": ids.people[person.number], "kind": "out", "method": "rfid",
        "claimed_at": wire.format_instant(claimed.replace(second=0, microsecond=0)),
    }  # fmt: skip
    return Fact(at, "proposal", fields)


def _at(person: Person, day: date, clock: str, dice: random.Random) -> datetime:
    local = datetime.combine(day, time.fromisoformat(clock), ZONE[person.site])
    return local.astimezone(UTC) + timedelta(minutes=dice.randint(-6, 7), seconds=dice.randint(0, 59))


def _id(at: datetime, dice: random.Random) -> str:
    """A version 7 UUID of that instant, from the history's own dice."""
    value = (
        (wire.milliseconds(at) << 80)
        | 0x7 << 76
        | dice.getrandbits(12) << 64
        | 0b10 << 62
        | dice.getrandbits(62)
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def write(path: Path, device_id: str, site_id: str, site: str, facts: list[Fact], seed: int = 1) -> int:
    """Append facts to a terminal's outbox, a new epoch each week as after a restart; returns the punches written."""
    dice = random.Random(seed)
    punches = 0
    for week in _weeks(facts):
        booted = week[0].at - timedelta(minutes=20)
        boot_id = _id(booted, dice)
        outbox = open_outbox(
            path, device_id=device_id, boot_id=boot_id, software="0.1.0-demo",
            moment=_moment(booted, booted, site_id, site), new_id=partial(_id, booted, dice),
        )  # fmt: skip
        for fact in week:
            fields = dict(fact.fields)
            beside = []
            for name, text in fact.beside.items():
                salt = sha256(f"{seed}:{fact.at}:{name}".encode()).digest()
                content = text.encode()
                fields["beside"] = {name: beside_hash(salt, content)}
                beside.append((salt, content))
            outbox.append(fact.type, _moment(fact.at, booted, site_id, site), fields, beside)
            punches += fact.type == "punch"
        outbox.close()
    return punches


def _weeks(facts: list[Fact]) -> Iterator[list[Fact]]:
    week: list[Fact] = []
    for fact in facts:
        if week and fact.at.isocalendar()[:2] != week[0].at.isocalendar()[:2]:
            yield week
            week = []
        week.append(fact)
    if week:
        yield week


def _moment(at: datetime, booted: datetime, site_id: str, site: str) -> Moment:
    zone = ZONE[site]
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return Moment(
        at=at, zone=zone.key, utc_offset_minutes=int(offset.total_seconds()) // 60,
        boottime_ms=int((at - booted).total_seconds() * 1000) + 31_000,
        clock=wire.ClockState(sync=True, error_ms=14), site_id=site_id, roster_version=None,
    )  # fmt: skip
