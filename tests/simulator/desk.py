"""What the office of a simulated company does: it approves days, decides on parked lines, takes in sticks, lets terminals in."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from clockhouse_server.approval import store as approvals
from clockhouse_server.db import transaction
from clockhouse_server.devices import store as devices
from clockhouse_server.devices.models import Device
from clockhouse_server.errors import PeriodLocked, Refusal
from clockhouse_server.ingest.models import NOBODY
from clockhouse_server.people.models import Person
from clockhouse_server.timecards import decisions, parked, sheets
from clockhouse_server.timecards.parked import Parked
from server.rig import ADMIN, OFFICE
from simulator.office import SERVER

if TYPE_CHECKING:
    from simulator.company import Company

AT_ONCE: Final = 5
"""Parked lines that the office decides on before it does something else."""


def orderly_day(company: "Company") -> None:
    """Somebody comes and goes, at one terminal or at two."""
    someone = _orderly(company)
    for kind in ("in", "out"):
        company.one().punch(someone, kind)
        company.forward(4 * 3600)


def approved(company: "Company") -> None:
    _approve(company, _orderly(company), company.now.date() - timedelta(days=company.chance.randint(0, 1)))


def late_into_approved(company: "Company") -> None:
    """A day is approved before a terminal that was cut off has told all of it."""
    someone, terminal = company.office.hire(), company.one()
    company.orderly.append(someone)
    company.one().punch(someone, "in")
    company.forward(3600)
    company.one().punch(someone, "out")
    company.run()
    terminal.network.cut = True
    terminal.punch(someone, "in")
    company.forward(3600)
    terminal.punch(someone, "out")
    _approve(company, someone, company.now.date())
    terminal.network.mend()
    company.forward(400)


def decided(company: "Company") -> None:
    """Somebody looks at some of the lines that wait, and says what they are."""
    office = company.office
    with office.reading() as session:
        known, everybody = (
            sheets.setting(session),
            list(session.scalars(select(Person.id).order_by(Person.id))),
        )
        waiting = parked.waiting(session, [NOBODY, *everybody], known)
    company.chance.shuffle(waiting)
    for one in waiting[:AT_ONCE]:
        owner = one.employee_id if one.employee_id != NOBODY else company.chance.choice(everybody)
        aside = one.punch is None or company.chance.random() < 0.2
        try:
            _settle(company, one, None if aside else owner)
        except PeriodLocked:  # the approval is taken back for it
            with transaction(office.engine) as session:
                approvals.withdraw(session, OFFICE, owner, reason="a late punch", now=company.now)
            _tell_refusal(company, partial(_settle, company, one, owner))
        except Refusal as refusal:
            company.tell(f"  refused: {refusal.code}")


def _settle(company: "Company", one: Parked, owner: str | None) -> None:
    with transaction(company.office.engine) as session:
        decisions.settle(
            session, OFFICE, one.place, "assign" if owner else "set_aside", reason="asked them", person_id=owner,
            now=company.now, new_id=company.office.new_id,
        )  # fmt: skip


def carried(company: "Company") -> None:
    """What a terminal recorded goes to the server on a stick: at once, twice, later on, or damaged on the way."""
    terminal = company.one()
    terminal.network.cut = company.chance.random() < 0.7
    orderly_day(company)
    path = terminal.carry_off(company.folder / f"stick-{len(company.sticks)}")
    if path is None:
        return
    company.sticks.append(path)
    match company.chance.randrange(4):
        case 0:
            for _ in range(company.chance.randint(1, 2)):
                _take_in(company, path)
        case 1 | 2:
            content = bytearray(path.read_bytes())
            for _ in range(25):
                content[company.chance.randrange(len(content))] ^= 0x04
            bad = path.with_name("damaged.jsonl")
            bad.write_bytes(content)
            _take_in(company, bad)
    terminal.network.cut = company.chance.random() < 0.3


def stick_is_found(company: "Company") -> None:
    """Days later, when most of it was delivered already."""
    if company.sticks:
        _take_in(company, company.chance.choice(company.sticks))


def joined_again(company: "Company") -> None:
    """The same key, with a new code; one that was out of service is let in again, now or later."""
    terminal = company.one()
    terminal.ask_to_join(company.office.code())
    company.run()
    if company.office.status(terminal.device_id) == "pending" and company.chance.random() < 0.5:
        company.office.confirm(terminal.device_id)


def replaced(company: "Company") -> None:
    """A new board with a key of its own takes a terminal's place; what the old one still holds is not lost."""
    before = company.one()
    known = company.office.status(before.device_id) is not None
    folder = company.folder / f"board-{len(company.terminals)}"
    folder.mkdir()
    board = company.add(folder.name, folder)
    board.make_key()
    board.start_daemon()
    board.device.join(SERVER, company.office.code(replaces=before.device_id if known else None))
    company.office.confirm(board.device_id)
    board.boot()
    if known and company.chance.random() < 0.5:
        with transaction(company.office.engine) as session:
            devices.revoke(session, ADMIN, before.device_id, "replaced", now=company.now)
    path = before.carry_off(company.folder / f"stick-{len(company.sticks)}")
    if path is not None:
        company.sticks.append(path)


def _orderly(company: "Company") -> str:
    if not company.orderly or company.chance.random() < 0.3:
        company.orderly.append(company.office.hire())
    return company.chance.choice(company.orderly)


def _approve(company: "Company", person_id: str, through_on: date) -> None:
    """Whatever terminals are still silent: that is what makes punches late."""

    def approve() -> None:
        with transaction(company.office.engine) as session:
            anyway = list(session.scalars(select(Device.id)))
            approvals.approve(
                session, OFFICE, person_id, through_on, anyway=anyway, now=company.now,
                new_id=company.office.new_id,
            )  # fmt: skip

    _tell_refusal(company, approve)


def _take_in(company: "Company", path: Path) -> None:
    _tell_refusal(company, partial(company.office.take_in, path))


def _tell_refusal(company: "Company", act: Callable[[], object]) -> None:
    """Refusals are part of the story: a restored server knows neither that person nor that terminal."""
    try:
        act()
    except Refusal as refusal:
        company.tell(f"  refused: {refusal.code}")
