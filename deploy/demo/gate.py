"""The day at the gate: what people do at the wall, and what is done to the machines meanwhile."""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from company import PEOPLE, QUESTIONS, UNKNOWN_BADGE
from office import Office
from report import Moment
from rig import DemoFailed, Process, run, wait_for
from terminal import Terminal

BADGE = {person.number: person.badge for person in PEOPLE}
ANA, BOB, MEHMET, MOHAMMED, SABINE = "1001", "1002", "1003", "1006", "2001"


@dataclass
class Day:
    """The timeline as it is played; `recorded` are the punches that a screen has said it recorded."""

    now: Callable[[], datetime]
    say: Callable[[str], None]
    moments: list[Moment] = field(default_factory=list)
    recorded: int = 0

    def moment(self, title: str, text: str) -> Moment:
        made = Moment(self.now(), title, text)
        self.moments.append(made)
        self.say(title)
        return made

    def check(self, moment: Moment, claim: str, *, holds: bool) -> None:
        """Note a check; one that doesn't hold ends the day."""
        moment.checks.append((holds, claim))
        if not holds:
            raise DemoFailed(f"does not hold: {claim}")


def play(day: Day, gate: Terminal, door: Terminal, server: Process, office: Office) -> None:
    """Everything that happens at the wall, in order."""
    before = sum(office.held())
    morning(day, gate)
    with_pin(day, gate)
    other_people(day, gate, door)
    network_cut(day, gate)
    power_cut(day, gate)
    server_killed(day, gate, door, server, office, before)
    afternoon(day, gate)
    flipped_byte(day, gate)


def morning(day: Day, gate: Terminal) -> None:
    wall = gate.wall
    idle = day.moment(
        "The clock on the wall",
        "Gate 2 waits. It has its roster and works without anybody else from here on.",
    )
    idle.screens.append((wall.picture("01-idle"), "Idle: the time, one sentence, the ways in"))
    gate.line.present(BADGE[ANA])
    wall.see("jobs")
    greeting = day.moment(
        "Ana holds her badge to the reader", "Bytes on a serial line; her name, her state, her jobs."
    )
    greeting.screens.append((wall.picture("02-ana-jobs"), "Ana's jobs: recent ones first"))
    wall.tap("job-0")
    _recorded(day, gate)
    done = day.moment("Recorded", "The screen says so only after the line is on the disk.")
    done.screens.append((wall.picture("03-ana-recorded"), "Clocked in; the next badge is already accepted"))
    gate.line.present(BADGE[MEHMET])
    wait_for("Mehmet's greeting", lambda: "Mehmet" in str(wall.state()["view"].get("name", "")))
    queue = day.moment("Mehmet does not wait", "His badge is read while Ana's answer still stands there.")
    queue.screens.append((wall.picture("04-mehmet"), "The next one in the queue"))
    wall.tap("primary")
    _recorded(day, gate)
    _idle(gate)


def with_pin(day: Day, gate: Terminal) -> None:
    wall = gate.wall
    wall.tap("pin")
    wall.see("entry")
    wall.keys(BOB)
    number = day.moment("Bob forgot his badge", "Personnel number, then PIN; the digits are never shown.")
    number.screens.append((wall.picture("05-number"), "The number pad"))
    wall.tap("key-enter")
    wait_for("the PIN's pad", lambda: wall.state()["view"].get("entry") == "pin")
    pin = next(person.pin for person in PEOPLE if person.number == BOB)
    wall.keys(pin)
    wall.see("jobs", "person")
    wall.tap("primary")
    _recorded(day, gate)
    if wall.see("forgotten", "idle", seconds=40)["screen"] == "forgotten":
        question = day.moment(
            "He forgot to clock out, too",
            "He is in first, then the kiosk asks when he left. His answer is a proposal; his supervisor decides.",
        )
        question.screens.append((wall.picture("06-forgotten"), "When did you leave?"))
        wall.tap("confirm")
        wall.see("answer", "idle")
    _idle(gate)


def other_people(day: Day, gate: Terminal, door: Terminal) -> None:
    gate.line.present(BADGE[MOHAMMED])
    gate.wall.see("jobs", "person")
    arabic = day.moment(
        "Everybody in their own language",
        "Mohammed's screens are in Arabic and mirrored, Sabine's in German.",
    )
    arabic.screens.append((gate.wall.picture("07-arabic"), "Right to left"))
    gate.wall.tap("primary")
    _recorded(day, gate)
    _idle(gate)
    door.line.present(BADGE[SABINE])
    door.wall.see("jobs", "person")
    arabic.screens.append((door.wall.picture("08-german"), "Door 1, a smaller screen"))
    door.wall.tap("primary")
    _recorded(day, door)
    _idle(door)
    gate.line.present(UNKNOWN_BADGE)
    gate.wall.see("answer")
    day.recorded += 1
    unknown = day.moment(
        "A badge that nobody knows", "Recorded all the same, for the office to say whose it is."
    )
    unknown.screens.append((gate.wall.picture("09-unknown"), "Nothing is refused at the wall"))
    _idle(gate)


def network_cut(day: Day, gate: Terminal) -> None:
    gate.network.cut()
    wait_for("the strip to say offline", lambda: _offline(gate), 60)
    gate.line.present(BADGE[ANA])
    gate.wall.see("person")
    cut = day.moment(
        "The network is cut", "Everything goes on; the strip says since when, and how many lines wait."
    )
    cut.screens.append((gate.wall.picture("10-offline-actions"), "Ana at work: break, another job, out"))
    _choose(gate, "break_start")
    _recorded(day, gate)
    cut.screens.append((gate.wall.picture("11-offline-recorded"), "Kept safely, sent later"))
    day.check(cut, "lines wait in the outbox", holds=gate.status()["waiting"] > 0)


def power_cut(day: Day, gate: Terminal) -> None:
    _idle(gate)
    gate.line.present(BADGE[MEHMET])
    gate.wall.see("person")
    _choose(gate, "break_start")
    _recorded(day, gate)
    gate.screens.kill()
    cut = day.moment("The plug is pulled right after “recorded”", "kill -9 on the kiosk's process.")
    held = str(json.loads(_lines(gate, "punch")[0])["kind"])
    gate.screens.start()
    wait_for("the screens to come back", lambda: gate.wall.state()["screen"] == "idle", 40)
    cut.screens.append((gate.wall.picture("12-restarted"), "Back on the same calm screen"))
    verified = json.loads(run("clockhouse", "outbox", "verify", "--config", str(gate.config)))
    day.check(cut, "the newest punch is on the disk", holds=held == "break_start")
    day.check(cut, "the whole chain holds (clockhouse outbox verify)", holds=verified["ok"])


def server_killed(
    day: Day, gate: Terminal, door: Terminal, server: Process, office: Office, before: int
) -> None:  # fmt: skip
    server.kill()
    killed = day.moment(
        "The server dies, too", "kill -9; then the network comes back before the server does."
    )
    gate.network.join()
    time.sleep(1)
    day.check(killed, "the lines still wait", holds=gate.status()["waiting"] > 0)
    server.start()
    wait_for("the server", lambda: office.admin.get("/kiosks"), 40)
    for terminal in (gate, door):
        terminal.delivered()
    arrived = sum(office.held()) - before
    day.check(killed, f"{day.recorded} punches were called recorded, {arrived} arrived: once and only once", holds=arrived == day.recorded)  # fmt: skip
    wait_for("the strip to say online", lambda: not _offline(gate), 60)
    killed.screens.append((gate.wall.picture("13-online"), "Online again, nothing waits"))


def afternoon(day: Day, gate: Terminal) -> None:
    moment = day.moment(
        "Back from the break, another job, home", "The other three kinds of punch: break end, transfer, out."
    )
    for name, kind in (("14-break-end", "break_end"), ("15-transfer", "transfer"), ("17-out", "out")):
        _idle(gate)
        gate.line.present(BADGE[ANA])
        gate.wall.see("person", "jobs")
        _choose(gate, kind)
        if kind == "transfer":
            gate.wall.see("jobs")
            moment.screens.append((gate.wall.picture("16-transfer-jobs"), "Which job now?"))
            gate.wall.tap("job-1")
        _recorded(day, gate)
        moment.screens.append((gate.wall.picture(name), name[3:].replace("-", " ").capitalize()))
    _answer_questions(day, gate)
    gate.delivered()
    _idle(gate)


def _answer_questions(day: Day, gate: Terminal) -> None:
    """After the punch is recorded, the two things that this site wants to know."""
    wall = gate.wall
    wall.see("question")
    asked = day.moment(
        "The site's two questions", "Ana is out already; her answers are lines of their own about that punch."
    )
    asked.screens.append((wall.picture("17-question"), "Asked afterwards, and never in the way"))
    wall.tap("no")
    wall.see("detail")
    wall.keys("12")
    asked.screens.append((wall.picture("17-number"), "A number to type"))
    wall.tap("enter")
    wall.see("answer", "idle")
    day.check(asked, "both answers are on the disk", holds=len(_lines(gate, "answer")) == len(QUESTIONS))


def flipped_byte(day: Day, gate: Terminal) -> None:
    """One byte of one line is changed in a copy of the store; the verifier names the line."""
    moment = day.moment("Somebody changes one byte", "In a copy of the outbox, in the middle of three weeks.")
    copy = gate.folder / "outbox-copy.db"
    with sqlite3.connect(gate.outbox) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        position, epoch, seq, raw = target.execute(
            "SELECT position, epoch, seq, raw FROM lines WHERE type = 'punch' ORDER BY position LIMIT 1 OFFSET 500"
        ).fetchone()
        at = raw.index(b'"kind":"') + 8
        changed = raw[:at] + bytes([raw[at] ^ 0x02]) + raw[at + 1 :]
        target.execute("UPDATE lines SET raw = ? WHERE position = ?", (changed, position))
    source.close()
    target.close()
    said = run("clockhouse", "outbox", "verify", "--config", str(gate.config), str(copy), fails=True)
    found = json.loads(said)
    moment.said = said.strip()
    day.check(moment, f"the verifier names epoch {epoch[:8]}…, line {seq}", holds=(found["ok"], found["epoch"], found["seq"]) == (False, epoch, seq))  # fmt: skip
    whole = json.loads(run("clockhouse", "outbox", "verify", "--config", str(gate.config)))
    day.check(moment, "the store itself still holds", holds=whole["ok"])


def _recorded(day: Day, terminal: Terminal) -> None:
    terminal.wall.see("answer")
    tone = terminal.wall.state()["view"].get("tone")
    if tone in ("refused", "unknown"):
        raise DemoFailed(f"{terminal.kiosk.name} answered {terminal.wall.state()['view']}")
    day.recorded += 1


def _choose(terminal: Terminal, kind: str) -> None:
    """The big button where it says this, else the smaller one that does."""
    primary = terminal.wall.state()["view"].get("primary") or {}
    terminal.wall.tap("primary" if primary.get("kind") == kind else f"other-{kind}")


def _idle(terminal: Terminal) -> None:
    terminal.wall.see("idle", seconds=40)


def _offline(terminal: Terminal) -> bool:
    return "Offline" in terminal.wall.state()["strip"]["condition"]


def _lines(terminal: Terminal, of: str) -> list[bytes]:
    """The lines of a type on the disk, newest first, read by somebody else's hands."""
    store = sqlite3.connect(f"file:{terminal.outbox}?mode=ro", uri=True)
    try:
        rows = store.execute("SELECT raw FROM lines WHERE type = ? ORDER BY position DESC", (of,)).fetchall()
    finally:
        store.close()
    return [raw for (raw,) in rows]
