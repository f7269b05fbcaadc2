"""What happens to a simulated terminal's card: lost, rotten, full, changed by hand, copied, put back.

Each notes at the terminal which lines the card lost before anybody else had them.
"""

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from clockhouse_sync import delivery, ledger, outbox, outbox_schema, store
from simulator.fleet import Place, Terminal

ENDINGS = ("", "-wal", "-shm")
JUNK = b"no database, for pages and pages" * 400


def undelivered(terminal: Terminal) -> list[tuple[Place, str]]:
    """Lines of the outbox as it is now that the server does not hold."""
    held = terminal.office.places(terminal.device_id)
    return [(place, name) for place, name in _on_disk(terminal) if (*place, name) not in held]


def lose_outbox(terminal: Terminal) -> None:
    """The outbox is destroyed; what nobody else had is gone for good."""
    terminal.stop_kiosk()
    _vanished(terminal, undelivered(terminal))
    _destroy(terminal, terminal.settings.outbox)
    terminal.start_kiosk()


def lose_state(terminal: Terminal, path: Path) -> None:
    """A store of the daemon's own is destroyed: there is nothing in it that the server could not tell again."""
    terminal.stop_daemon()
    _destroy(terminal, path)
    terminal.start_daemon()


def _destroy(terminal: Terminal, path: Path) -> None:
    for ending in ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
    if terminal.chance.random() < 0.5:
        path.write_bytes(JUNK)


def rot(terminal: Terminal) -> None:
    """Some bytes rot in one undelivered line; the kiosk finds out when it next starts."""
    lines = [place for place in undelivered(terminal) if place[0][1] > 1]
    if lines:
        (epoch, seq), name = terminal.chance.choice(lines)
        _gone(terminal, [((epoch, seq), name)])
        with contextlib.closing(sqlite3.connect(terminal.settings.outbox)) as connection, connection:
            connection.execute(
                "UPDATE lines SET raw = CAST(substr(raw, 1, 40) || x'00' || substr(raw, 42) AS BLOB)"
                " WHERE epoch = ? AND seq = ?", (epoch, seq),
            )  # fmt: skip


def tamper(terminal: Terminal) -> None:
    """Somebody with the card in hand changes one undelivered line, and its hash so that it fits."""
    waiting = dict(undelivered(terminal))
    lines = [
        (place, one) for place, found in terminal.recorded.items() for one in found.values()
        if one.kind == "punch" and waiting.get(place) == one.hash and (place[0], place[1] + 1) in waiting
    ]  # fmt: skip
    if not lines:
        return
    place, before = terminal.chance.choice(lines)
    raw = before.raw.replace(b'"kind_from":"chosen"', b'"kind_from":"inferred"')
    name = ledger.line_hash(raw)
    with contextlib.closing(sqlite3.connect(terminal.settings.outbox)) as connection, connection:
        connection.execute(
            "UPDATE lines SET raw = ?, hash = ? WHERE epoch = ? AND seq = ?", (raw, name, *place)
        )
    _gone(terminal, [(place, before.hash)])
    terminal.recorded[place][name] = replace(before, hash=name, raw=raw)
    terminal.tampered[place] = name


@dataclass(frozen=True)
class Memory:
    """An image of card and memory: whoever wakes up from it goes on in the same epoch, of the same boot."""

    folder: Path
    epoch: str
    boot_id: str
    booted: datetime


def hibernate(terminal: Terminal, folder: Path) -> Memory:
    epoch = "" if terminal.outbox is None else terminal.outbox.epoch
    memory = Memory(image(terminal, folder), epoch, terminal.boot_id, terminal.booted)
    wake(terminal, memory)
    return memory


def wake(terminal: Terminal, memory: Memory) -> None:
    """The processes of an image go on as if nothing had been; what the board counts since it booted goes on, too."""
    terminal.boot_id, terminal.booted = memory.boot_id, memory.booted
    terminal.start_daemon()
    path = terminal.settings.outbox
    connection = store.open_for_writing(path, outbox_schema.SCHEMA, outbox_schema.APPLICATION_ID)
    terminal.outbox = outbox.Outbox(
        connection, path, device_id=terminal.device_id, epoch=memory.epoch, boot_id=memory.boot_id
    )


def fill(terminal: Terminal) -> None:
    if terminal.outbox is not None:
        pages = terminal.outbox._connection.execute("PRAGMA page_count").fetchone()[0]
        terminal.outbox._connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(terminal: Terminal) -> None:
    if terminal.outbox is not None:
        terminal.outbox._connection.execute("PRAGMA max_page_count = 1000000")


def image(terminal: Terminal, folder: Path) -> Path:
    """A copy of the whole card, made while it is switched off."""
    terminal.close()
    shutil.copytree(terminal.folder, folder, dirs_exist_ok=True)
    return folder


def tidy(terminal: Terminal, *, older: bool) -> None:
    """Let go of old lines that the server keeps for good, as a kiosk does each day.

    `older`: the server has gone back behind its newest backup, where that held them, before the terminal heard of it.
    """
    if terminal.outbox is not None:
        waiting = undelivered(terminal)
        terminal.outbox.prune(terminal.wall(), delivery.prunable(terminal.settings.delivery))
        if older:
            still = set(_on_disk(terminal))
            _vanished(terminal, [each for each in waiting if each not in still])


def put_back(terminal: Terminal, kept: Path) -> None:
    """The card is written over with an older image; what only it had since is gone."""
    terminal.close()
    lost = undelivered(terminal)
    shutil.rmtree(terminal.folder)
    shutil.copytree(kept, terminal.folder)
    still = set(_on_disk(terminal))
    _vanished(terminal, [each for each in lost if each not in still])


def on_card(terminal: Terminal, *, pruned: bool = False) -> set[tuple[str, int, str]]:
    """The lines that the card still has; with `pruned`, also those that it let go of for the server to keep."""
    return {(epoch, seq, name) for (epoch, seq), name in _on_disk(terminal, pruned=pruned)}


def lost_with_the_server(terminal: Terminal, on_cards: set[tuple[str, int, str]]) -> None:
    """What was on no card any more when the server lost it, too."""
    somewhere = on_cards | terminal.office.places(terminal.device_id)
    _vanished(
        terminal,
        [
            (place, name)
            for place, found in terminal.recorded.items()
            for name in found
            if (*place, name) not in somewhere
        ],
    )


def _on_disk(terminal: Terminal, *, pruned: bool = False) -> list[tuple[Place, str]]:
    path = terminal.settings.outbox
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT epoch, seq, hash FROM lines WHERE ? OR raw IS NOT NULL", (pruned,)
            ).fetchall()
    except sqlite3.Error:
        return []
    return [((epoch, seq), name) for epoch, seq, name in rows]


def _vanished(terminal: Terminal, lines: list[tuple[Place, str]]) -> None:
    _gone(terminal, lines)
    terminal.destroyed |= {epoch for (epoch, _), _ in lines}


def _gone(terminal: Terminal, lines: list[tuple[Place, str]]) -> None:
    terminal.gone |= {(epoch, seq, name) for (epoch, seq), name in lines}
