"""What happens in a simulated company, by chance: people punch, and nets, disks, clocks, cards and servers fail."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clockhouse_server.db import transaction
from clockhouse_server.devices import store as devices
from clockhouse_sync import ledger
from server.rig import ADMIN
from simulator import desk, disk
from simulator.fleet import Terminal

if TYPE_CHECKING:
    from simulator.company import Company

KINDS: Final = ("in", "break_start", "break_end", "transfer", "out")
STRANGERS: Final = ("nobody-known", None)


def work_on(company: "Company") -> None:
    shift(company, company.one(), company.chance.randint(1, 8))


def shift(company: "Company", terminal: Terminal, punches: int) -> None:
    for _ in range(punches):
        someone = company.chance.choice([*company.office.people, *company.office.people, *STRANGERS])
        job = {"job_id": "no-such-job"} if company.chance.random() < 0.05 else {}
        terminal.punch(someone, company.chance.choice(KINDS), **job)
        company.forward(company.chance.choice((0.2, 4, 31)))
        if company.chance.random() < 0.15:
            terminal.undo_newest()


def together(company: "Company") -> None:
    """The same people at several terminals, which then deliver in turns."""
    for _ in range(3):
        someone = company.chance.choice(company.office.people)
        for terminal in company.terminals:
            terminal.punch(someone, company.chance.choice(KINDS))
            company.forward(company.chance.choice((0, 0.2)))
        for terminal in company.terminals:
            terminal.work(0, company.forward)


def temporary(company: "Company") -> None:
    """A worker whom a supervisor takes on at one terminal; others may deliver their punches before that arrives."""
    number = company.office.new_id()
    salt, content = sha256(number.encode()).digest(), b'{"agency":"Hands","name":"Tom"}'
    fields = {
        "what": "person", "action": "given", "employee_id": f"temp-{number}",
        "actor_id": company.office.people[0], "beside": {"person": ledger.beside_hash(salt, content)},
    }  # fmt: skip
    company.one().write("enrolment", fields, [(salt, content)])
    for kind in ("in", "out"):
        company.forward(3600)
        company.one().punch(f"temp-{number}", kind)


def wait(company: "Company") -> None:
    company.forward(company.chance.choice((1, 20, 600, 3600, 6 * 3600, 14 * 3600, 60 * 3600)))


def weather(company: "Company") -> None:
    network = company.one().network
    network.mend()
    match company.chance.randrange(4):
        case 0:
            network.cut = True
        case 1:
            network.request_lost, network.answer_lost, network.twice = 0.2, 0.3, 0.2
        case 2:
            network.damaged, network.late, network.crash = 0.1, 0.1, 0.5


def late(company: "Company") -> None:
    company.one().network.late_ones_arrive()


def daemon_dies(company: "Company") -> None:
    company.one().start_daemon()


def kiosk_dies(company: "Company") -> None:
    company.one().start_kiosk()


def reboot(company: "Company") -> None:
    lost = company.chance.random() < 0.5
    behind = timedelta(hours=company.chance.randint(1, 900)) if lost else timedelta(0)
    company.one().boot(clock_good=not lost, behind=behind)


def clock_moves(company: "Company") -> None:
    terminal = company.one()
    terminal.clock_good = False
    terminal.ahead += timedelta(seconds=company.chance.choice((-7200, -40, 3, 90, 86_400)))
    company.steps[terminal.name] += 1


def clock_is_set(company: "Company") -> None:
    terminal = company.one()
    if abs(terminal.ahead) > timedelta(seconds=2.5):
        company.steps[terminal.name] += 1
    terminal.ahead, terminal.clock_good = timedelta(0), True


def clock_lies(company: "Company") -> None:
    """It says that it was set from the network, and is a day ahead, or a month."""
    terminal = company.one()
    company.liars.add(terminal.device_id)
    before, terminal.clock_good = terminal.ahead, True
    terminal.ahead = timedelta(days=company.chance.choice((1, 30)))
    steps = int(terminal.ahead != before)
    company.steps[terminal.name] += steps
    company.run()
    shift(company, terminal, 3)
    company.run()
    terminal.ahead = before
    company.steps[terminal.name] += steps


def disk_fills(company: "Company") -> None:
    terminal = company.one()
    disk.fill(terminal)
    for _ in range(60):
        terminal.punch(company.chance.choice(company.office.people), "in")
    disk.make_room(terminal)


def outbox_is_lost(company: "Company") -> None:
    disk.lose_outbox(company.one())


def delivery_is_lost(company: "Company") -> None:
    """With it whom the terminal belongs to; somebody lets it join again, now or when everything heals."""
    terminal = company.one()
    disk.lose_state(terminal, terminal.settings.delivery)
    if company.chance.random() < 0.7:
        terminal.ask_to_join(company.office.code())


def roster_is_lost(company: "Company") -> None:
    terminal = company.one()
    disk.lose_state(terminal, terminal.settings.roster)


def tidied(company: "Company") -> None:
    """After five weeks of nobody punching, kiosks forget what the server keeps for good, and it had better."""
    company.run(4)
    company.forward(36 * 86_400)
    for terminal in company.terminals:
        disk.tidy(terminal, older=company.older)
    if company.chance.random() < 0.75:
        _restore(company, company.backups[-1:])


def bytes_rot(company: "Company") -> None:
    """Before they were delivered; what comes after them goes out all the same."""
    _harmed_while_cut_off(company, disk.rot)


def _harmed_while_cut_off(company: "Company", harm: Callable[[Terminal], None]) -> None:
    terminal = company.one()
    terminal.network.cut = True
    shift(company, terminal, 4)
    harm(terminal)
    terminal.network.mend()
    company.forward(400)


def imaged(company: "Company") -> None:
    terminal = company.one()
    image = disk.image(terminal, company.folder / f"image-{len(company.images)}")
    company.images.append((terminal, image))
    terminal.boot()


def put_back(company: "Company") -> None:
    if company.images:
        terminal, image = company.chance.choice(company.images)
        disk.put_back(terminal, image)
        terminal.boot()


def cloned(company: "Company") -> None:
    """A second terminal begins from a copy of the first one's card, key and all."""
    terminal = company.one()
    image = disk.image(terminal, company.folder / f"{terminal.name}-copy-{len(company.terminals)}")
    terminal.boot()
    copy = company.add(image.name, image)
    copy.recorded = {place: dict(found) for place, found in terminal.recorded.items()}
    copy.gone, copy.destroyed = terminal.gone, terminal.destroyed
    copy.boot()


def hibernated(company: "Company") -> None:
    terminal = company.one()
    if terminal.outbox is not None:
        folder = company.folder / f"memory-{len(company.memories)}"
        company.memories.append((terminal, disk.hibernate(terminal, folder)))


def woken(company: "Company") -> None:
    """An image of card and memory is put back: the same epoch goes on from there once more."""
    if not company.memories:
        hibernated(company)
        shift(company, company.memories[0][0], 2)
        company.run()
    terminal, memory = company.chance.choice(company.memories)
    disk.put_back(terminal, memory.folder)
    terminal.forked.add(memory.epoch)
    disk.wake(terminal, memory)
    shift(company, terminal, 2)


def tampered(company: "Company") -> None:
    """While nothing can be delivered, so that the changed line is the only one the server ever sees."""
    _harmed_while_cut_off(company, disk.tamper)


def hired(company: "Company") -> None:
    """The rosters change while terminals pull them."""
    company.office.hire()


def backed_up(company: "Company") -> None:
    company.backups.append(company.office.back_up())


def restored(company: "Company") -> None:
    """The server goes back to a backup; its clock does not."""
    _restore(company, company.backups)


def _restore(company: "Company", backups: list[Path]) -> None:
    if backups:
        backup = company.chance.choice(backups)
        company.office.restore(backup)
        # What a kiosk let go of is in the newest backup; whoever takes an older one has lost it.
        pruned = backup == company.backups[-1]
        company.older |= not pruned
        safe = {place for terminal in company.terminals for place in disk.on_card(terminal, pruned=pruned)}
        for terminal in company.terminals:
            disk.lost_with_the_server(terminal, safe)
            company.stale |= {(one.epoch, one.seq, one.hash) for one in terminal.device.delivery.parked()}


def revoked(company: "Company") -> None:
    if company.office.status(device_id := company.one().device_id) is not None:
        with transaction(company.office.engine) as session:
            devices.revoke(session, ADMIN, device_id, "stolen", now=company.now)


DEEDS: Final[dict[Callable[["Company"], None], int]] = {
    work_on: 22, together: 2, temporary: 2, wait: 16, weather: 10, late: 3, daemon_dies: 4, kiosk_dies: 4, reboot: 6,
    clock_moves: 3, clock_is_set: 3, clock_lies: 1, disk_fills: 3, outbox_is_lost: 1, delivery_is_lost: 2,
    roster_is_lost: 1, tidied: 4, bytes_rot: 4, imaged: 2, put_back: 2, cloned: 1, backed_up: 5, restored: 4,
    revoked: 1, tampered: 2, hibernated: 1, woken: 2, hired: 2,
    desk.orderly_day: 4, desk.approved: 2, desk.late_into_approved: 3, desk.decided: 3, desk.carried: 6,
    desk.stick_is_found: 2, desk.joined_again: 2, desk.replaced: 1,
}  # fmt: skip
"""How often each happens, in proportion."""
