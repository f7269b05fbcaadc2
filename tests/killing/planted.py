"""A program of ours with a fault that this trial must find: python planted.py FAULT SCRIPT ARGUMENT..."""

import contextlib
import runpy
import sys
from itertools import count


def says_so_before_it_is_written() -> None:
    """A terminal whose lines reach the disk only when it next looks there."""
    from clockhouse_sync import store

    read, unwritten = store.reading, set()

    def write(connection):
        if connection in unwritten:
            unwritten.remove(connection)
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(connection, path):
        write(connection)
        with store.translating(path):
            connection.execute("BEGIN IMMEDIATE")
            unwritten.add(connection)
            yield connection

    def reading(connection, path):
        write(connection)
        return read(connection, path)

    store.writing, store.reading = writing, reading


def takes_sent_for_delivered() -> None:
    """A daemon that believes every line of a request stored when nobody answers it."""
    import msgspec

    from clockhouse_sync import ledger, wire
    from clockhouse_sync.client import Client, ClientError

    asked = Client.lines

    def lines(self, body, session):
        try:
            return asked(self, body, session)
        except ClientError:
            sent = [
                (wire.read_head(raw), raw) for raw in msgspec.json.decode(body, type=wire.LinesRequest).lines
            ]
            verdicts = [
                wire.Verdict(
                    index=index, epoch=head.epoch, seq=head.seq, hash=ledger.line_hash(raw), chain="linked",
                    outcome="accepted",
                )
                for index, (head, raw) in enumerate(sent)
            ]  # fmt: skip
            newest = {head.epoch: wire.Place(epoch=head.epoch, seq=head.seq) for head, _ in sent}
            return wire.LinesAnswer(verdicts=verdicts, acknowledged=[*newest.values()], receipts=[])

    Client.lines = lines


def answers_and_forgets() -> None:
    """A server that answers each third delivery well and stores nothing of it."""
    from clockhouse_server import bulk, db
    from clockhouse_server.ingest.models import LineRow

    kept, written, numbers = db.transaction, bulk.write, count(1)

    def notice(session, table, names, rows):
        if table is LineRow and rows:
            session.connection().info["delivered"] = True
        written(session, table, names, rows)

    @contextlib.contextmanager
    def transaction(engine, *, read_only=False):
        with kept(engine, read_only=read_only) as session:
            yield session
            if session.connection().info.pop("delivered", False) and next(numbers) % 3 == 0:
                session.rollback()

    bulk.write, db.transaction = notice, transaction


FAULTS = {
    each.__name__: each
    for each in (says_so_before_it_is_written, takes_sent_for_delivered, answers_and_forgets)
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.argv = sys.argv[2:]
    sys.path[0] = ""
    runpy.run_path(sys.argv[0], run_name="__main__")
