"""Bugs planted into the product, one at a time: a simulator that does not find them proves nothing."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import delete, select

from clockhouse_server import bulk
from clockhouse_server.commands import bring
from clockhouse_server.devices import store as devices
from clockhouse_server.ingest import delivering, following, judge, marks, verdicts
from clockhouse_server.ingest import store as lines
from clockhouse_server.ingest.holding import Held
from clockhouse_server.ingest.models import EpochMark, LineRow, ParkedLine
from clockhouse_server.timecards import decisions, device
from clockhouse_sync import delivery, exchange, ledger, outbox, plan
from clockhouse_sync.daemon import Daemon
from clockhouse_sync.outbox_reader import look_into
from simulator.office import Stopped

Planted = Callable[[], contextlib.AbstractContextManager[Any]]


def answered_before_commit() -> contextlib.AbstractContextManager[Any]:
    """Where the commit fails, the kiosk has its answer already."""
    real = device.transaction

    @contextlib.contextmanager
    def hasty(engine: Any, **more: Any) -> Iterator[Any]:
        with contextlib.suppress(Stopped), real(engine, **more) as session:
            yield session

    return patch.object(device, "transaction", hasty)


def not_deduplicated() -> contextlib.AbstractContextManager[Any]:
    """What is stored is not looked at."""
    return patch.object(delivering, "hold", lambda _session, batches: {name: Held() for name in batches})


def seq_used_again() -> contextlib.AbstractContextManager[Any]:
    """Now and then the newest line's place is given to the next one."""
    real, made = outbox._append, [0]

    def again(tx: Any, device_id: str, epoch: str, draft: outbox.Draft) -> outbox.Line:
        made[0] += 1
        before = tx.execute("SELECT newest FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
        if made[0] % 7 == 0 and before is not None and before[0] > 2:
            prev = tx.execute(
                "SELECT prev FROM lines WHERE epoch = ? AND seq = ?", (epoch, before[0])
            ).fetchone()
            tx.execute("DELETE FROM lines WHERE epoch = ? AND seq = ?", (epoch, before[0]))
            tx.execute(
                "UPDATE epochs SET newest = ?, hash = ? WHERE epoch = ?", (before[0] - 1, prev[0], epoch)
            )
        return real(tx, device_id, epoch, draft)

    return patch.object(outbox, "_append", again)


def gap_acknowledged() -> contextlib.AbstractContextManager[Any]:
    """The newest stored line is taken for the end of all before it."""

    def leap(session: Any, device_id: str, mark: Any, *_: Any) -> tuple[int, str]:
        found = lines.rows_after(session, device_id, mark.epoch, 0, 100_000)
        return (found[-1].seq, found[-1].hash) if found else (0, "")

    return patch.object(marks, "_walk", leap)


def nothing_sent_again() -> contextlib.AbstractContextManager[Any]:
    """A restored server asks in vain."""
    return patch.object(plan, "rewinds", lambda *_, **__: {})


def chain_not_checked() -> contextlib.AbstractContextManager[Any]:
    """Every line is taken for the one after the one before."""

    def blind(_head: Any, name: str, known: ledger.Known) -> tuple[str, str]:
        return "linked", "same" if name in known.here else "new"

    return patch.object(verdicts.ledger, "link", blind)


def verdicts_shifted() -> contextlib.AbstractContextManager[Any]:
    """Each line is told what became of the one before it."""
    real = device.take

    def shifted(*given: Any, **more: Any) -> Any:
        [answer] = real(*given, **more)
        said = answer.verdicts
        moved = [
            msgspec.structs.replace(one, outcome=other.outcome, code=other.code)
            for one, other in zip(said, [*said[-1:], *said[:-1]], strict=True)
        ]
        return [msgspec.structs.replace(answer, verdicts=moved)]

    return patch.object(device, "take", shifted)


def clock_step_ignored() -> contextlib.AbstractContextManager[Any]:
    return patch.object(Daemon, "_watch_clock", lambda _self: None)


def roster_torn() -> contextlib.AbstractContextManager[Any]:
    """Each page is applied as it comes."""
    real = exchange.Exchange._pull_from

    def torn(self: Any, since: str) -> bool:
        client, roster = self._client, self._roster
        ask = client.roster

        def asking(cursor: str, session: Any) -> Any:
            answer = ask(cursor, session)
            if answer.more:
                roster.apply(answer.rows, since=cursor, cursor=answer.cursor, heard={})
            return answer

        with patch.object(client, "roster", asking):
            return real(self, since)

    return patch.object(exchange.Exchange, "_pull_from", torn)


def parked_dropped() -> contextlib.AbstractContextManager[Any]:
    """What waits for a person is answered, and not stored."""
    real = delivering._store

    def choosy(session: Any, batches: Any, **more: Any) -> None:
        for batch in batches:
            batch.fresh = [one for one in batch.fresh if one.outcome != "parked"]
        real(session, batches, **more)

    return patch.object(delivering, "_store", choosy)


def fork_overwritten() -> contextlib.AbstractContextManager[Any]:
    """Another line at a place takes it over."""
    real = bulk.write

    def over(session: Any, table: Any, names: Any, rows: Any) -> None:
        for row in rows if table is LineRow else ():
            device_id, epoch, seq, *_ = row
            session.query(LineRow).filter_by(device_id=device_id, epoch=epoch, seq=seq).delete()
        real(session, table, names, rows)

    return patch.object(bulk, "write", over)


def epoch_used_again() -> contextlib.AbstractContextManager[Any]:
    """An epoch is named by how many there were, so that a restored card gives out the same names."""
    real = outbox.open_outbox

    def named(path: Any, **more: Any) -> Any:
        reader, number = look_into(path), 0
        if reader is not None:
            with contextlib.closing(reader):
                number = reader._all("SELECT count(*) FROM epochs")[0][0]
        name = f"{more['device_id']}-{number}"
        return real(path, **{**more, "new_id": lambda: name})

    return patch.object(outbox, "open_outbox", named)


def losses_hushed_up() -> contextlib.AbstractContextManager[Any]:
    """Lines that cannot be read any more are not declared lost."""
    return patch.object(outbox, "_undeclared_losses", lambda _tx: [])


def undo_forgotten() -> contextlib.AbstractContextManager[Any]:
    """A punch counts, although it was taken back."""
    return patch.object(following, "_undo", lambda *_: {})


def boots_mixed_up() -> contextlib.AbstractContextManager[Any]:
    """A comparison with the server's clock is taken for one of any boot."""

    def mixed(session: Any, device_id: str, boot_ids: Any) -> dict[str, str]:
        query = select(EpochMark.epoch).where(EpochMark.device_id == device_id)
        return {epoch: boot_id for epoch in session.scalars(query) for boot_id in boot_ids}

    return patch.object(lines, "boots", mixed)


def stick_not_deduplicated() -> contextlib.AbstractContextManager[Any]:
    """What comes by stick is not looked for among what was delivered."""
    real = bring.take

    def again(*given: Any, **more: Any) -> Any:
        with not_deduplicated():
            return real(*given, **more)

    return patch.object(bring, "take", again)


def stick_believed() -> contextlib.AbstractContextManager[Any]:
    """Whatever stands on a stick is what the kiosk said, if it can be read at all."""
    real = ledger.read_damaged_export

    def believing(rows: Any) -> Any:
        export, unreadable = real(rows)
        export.lines = [
            replace(line, hash=line.hash if line.raw is None else ledger.line_hash(line.raw))
            for line in export.lines
        ]
        return export, unreadable

    return patch.object(bring.ledger, "read_damaged_export", believing)


def pruned_before_backup() -> contextlib.AbstractContextManager[Any]:
    """What the server acknowledged is forgotten, whether a backup holds it or not."""

    def hasty(path: Any) -> dict[str, int]:
        state = delivery.look_into(path)
        assert state is not None
        with contextlib.closing(state):
            return {epoch: mark.acknowledged for epoch, mark in state.marks().items() if mark.acknowledged}

    return patch.object(delivery, "prunable", hasty)


def parked_forgotten_at_joining() -> contextlib.AbstractContextManager[Any]:
    """A terminal that joins again begins with a clean desk."""
    real = devices.enroll

    def clean(session: Any, request: Any, device_id: str, **more: Any) -> Any:
        session.execute(delete(ParkedLine).where(ParkedLine.device_id == device_id))
        return real(session, request, device_id, **more)

    return patch.object(devices, "enroll", clean)


def lock_ignored() -> contextlib.AbstractContextManager[Any]:
    """A late punch counts on a day that is approved."""
    return patch.object(judge, "is_locked", lambda *_: False)


def decision_not_linked() -> contextlib.AbstractContextManager[Any]:
    """What lets a parked line count does not name it."""
    real = decisions.taken_up
    return patch.object(
        decisions, "taken_up", lambda *given, **more: replace(real(*given, **more), source=None)
    )


BUGS: dict[str, Planted] = {
    bug.__name__: bug
    for bug in (
        answered_before_commit, not_deduplicated, seq_used_again, gap_acknowledged, nothing_sent_again,
        chain_not_checked, verdicts_shifted, clock_step_ignored, roster_torn, parked_dropped, fork_overwritten,
        epoch_used_again, losses_hushed_up, undo_forgotten, boots_mixed_up, stick_not_deduplicated, stick_believed,
        pruned_before_backup, parked_forgotten_at_joining, lock_ignored, decision_not_linked,
    )
}  # fmt: skip
