"""A ledger with everything in it that a server may hold, and every way in which somebody could damage it by SQL."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from clockhouse_server.db import Counter
from clockhouse_server.ingest import office
from clockhouse_server.ingest.models import (
    BesideRow,
    CheckpointRow,
    EpochMark,
    LineRow,
    LostRange,
    ParkedLine,
    PunchRow,
)
from clockhouse_sync import ledger, wire
from server.rig import Kiosk, World

Place = tuple[str, str, int]
Columns = dict[str, Any]


def fill(world: World) -> Kiosk:
    """Two people's days at a kiosk: three starts of it, a clone, losses, what cannot be read, and the office's word."""
    site = world.site()
    job = world.job("1042", "Gate", world.customer(), site)
    task = world.task(job, "W", "Welding")
    ann, bob = (world.person(str(number), f"Person {number}", site) for number in (1, 2))
    kiosk = world.kiosk(site)
    kiosk.punch("in", ann, job_id=job, task_id=task, credential_ref="badge-1")
    for number in range(20):
        world.now.forward(minutes=1)
        kiosk.punch("transfer" if number % 2 else "break_start", bob, break_code="rest", actor_id=ann)
    kiosk.punch("out", ann, quantity="7.50", quantity_bad="1", beside={"note": kiosk.note("gate open")})
    kiosk.punch("in", None, beside={"credential": kiosk.note("0412345678")})
    kiosk.line("undo", punch_id=kiosk.punch("in", bob, kind_from="unconfirmed"))
    kiosk.deliver(checkpoints=[kiosk.checkpoint()])
    within = json.loads(kiosk.lines[9])
    kiosk.deliver([wire.encode(within | {"kind": "transfer", "punch_id": "forked"})])

    kiosk.boot(boot_id="boot-2")
    kiosk.punch("in", ann, sync=False, boottime_ms=1000)
    kiosk.line(
        "clock", cause="hello", server_time=wire.format_instant(world.now()), rtt_ms=4, boottime_ms=2000
    )
    kiosk.punch("out", ann, sync=False)
    forked = json.loads(kiosk.lines[-1]) | {"kind": "transfer"}
    kiosk.deliver(checkpoints=[kiosk.checkpoint()])
    kiosk.deliver([wire.encode(forked), b'{"no":"line"}', b"5"])

    kiosk.boot(boot_id="boot-3")
    lines = [kiosk.lines[-1]]
    for number in range(6):
        kiosk.punch("out" if number % 2 else "in", bob)
        lines.append(kiosk.lines[-1])
    kiosk.deliver(lines[:3] + lines[5:])
    lost = {"epoch": kiosk.epoch, "from": 4, "to": 5}
    kiosk.boot(boot_id="boot-3")
    kiosk.line("lost", lost=lost)
    for _ in range(4):
        kiosk.punch("in", bob)
    kiosk.deliver(kiosk.lines[-6:-2] + kiosk.lines[-1:])
    with world.write() as session:
        for number in (1, 2, 3):
            said = {"adjustment_id": f"a-{number}", "employee_id": ann, "action": "add", "author_id": "olga"}
            office.append(session, office.source_of(ann), "adjustment", said, now=world.now())
    return kiosk


@contextmanager
def undone(world: World) -> Iterator[Session]:
    """A transaction that is taken back, so that the next example finds the database as it was."""
    with Session(world.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@dataclass(frozen=True)
class Held:
    """The ledger before anything happened to it, in the database's own order of places."""

    lines: Sequence[Any]
    punches: Sequence[Any]
    checkpoints: Sequence[Any]
    marks: Sequence[Any]
    parked: Sequence[Any]
    counters: Sequence[Any]
    sqlite: bool

    def acknowledged(self, line: Any) -> bool:
        return any(
            (mark.device_id, mark.epoch) == (line.device_id, line.epoch) and line.seq <= mark.acknowledged_seq
            for mark in self.marks
        )

    def firsts(self, *places: Place) -> set[Place]:
        """Whichever comes first by place; an epoch that was not here before may come anywhere."""
        order = [(row.device_id, row.epoch) for row in self.lines]
        known = sorted((order.index(place[:2]), place[2], place) for place in places if place[:2] in order)
        return {place for place in places if place[:2] not in order} | {place for *_, place in known[:1]}


def held(session: Session) -> Held:
    def all_of(table: Any, *order: Any) -> Sequence[Any]:
        return session.execute(select(*table.__table__.columns).order_by(*order)).all()

    def placed(table: Any) -> Sequence[Any]:
        return all_of(table, table.device_id, table.epoch, table.seq, table.hash)

    return Held(
        placed(LineRow), placed(PunchRow), placed(CheckpointRow), all_of(EpochMark, EpochMark.epoch),
        placed(ParkedLine), all_of(Counter, Counter.name), session.bind.dialect.name == "sqlite",  # type: ignore[union-attr]
    )  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """What was done, and where: verification names the first of these places, or a later one where it shows later."""

    what: str
    places: tuple[Place, ...]
    shows_later: bool = False


Deed = Callable[[Session, Held, st.DataObject], Damage]


def at(row: Any) -> Place:
    return row.device_id, row.epoch, row.seq


def begins(row: Any) -> Place:
    """Where the first line of a row of lines stands."""
    return row.device_id, row.epoch, row.first_seq


def all_in(row: Any) -> tuple[Place, ...]:
    """The places of all lines in a row."""
    return tuple((row.device_id, row.epoch, seq) for seq in range(row.first_seq, row.seq + 1))


def is_run(row: Any) -> bool:
    return bool(row.first_seq < row.seq)


def same(table: Any, row: Any) -> list[Any]:
    return [
        getattr(table, column.name) == getattr(row, column.name) for column in table.__table__.primary_key
    ]


def change(session: Session, table: Any, row: Any, **values: Any) -> None:
    session.execute(
        update(table).where(*same(table, row)).values(**values).execution_options(synchronize_session=False)
    )


def copy(session: Session, table: Any, row: Any, **values: Any) -> None:
    session.execute(insert(table).values(**(row._asdict() | values)))


def other(data: st.DataObject, value: Any) -> Any:
    """Another value of the same kind, or none."""
    match value:
        case None | "":
            return "X"
        case bool():
            return not value
        case int():
            return data.draw(st.integers(1, 40).filter(lambda one: one != value))
        case datetime():
            step = data.draw(st.sampled_from([1, 1000, 3_600_000_000, -86_400_000_000]))
            return value + timedelta(microseconds=step)
        case bytes():
            return flipped(data, value)
        case _:
            spelled = flipped(data, str(value).encode()).decode("latin-1").replace("\x00", "?")
            return spelled if spelled != value else value + "?"


def flipped(data: st.DataObject, raw: bytes, place: int | None = None) -> bytes:
    place = data.draw(st.integers(0, len(raw) - 1)) if place is None else place
    return raw[:place] + bytes([raw[place] ^ data.draw(st.integers(1, 255))]) + raw[place + 1 :]


def a_line(data: st.DataObject, held: Held, *, acknowledged: bool = False, single: bool = False) -> Any:
    """A row of lines; runs are few, and drawn as often as all others."""
    rows = [row for row in held.lines if not acknowledged or held.acknowledged(row)]
    runs = [row for row in rows if is_run(row)]
    assert runs
    if not single and data.draw(st.booleans()):
        return runs[data.draw(st.integers(0, len(runs) - 1))]
    rows = [row for row in rows if not is_run(row)]
    return rows[data.draw(st.integers(0, len(rows) - 1))]


# --- lines


def a_byte_is_flipped(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = a_line(data, held)
    place = data.draw(st.integers(0, len(row.raw) - 1))
    change(session, LineRow, row, raw=flipped(data, row.raw, place))
    if not is_run(row):
        return Damage("a byte", (at(row),))
    return Damage("a byte in a run", (all_in(row)[row.raw.count(b"\n", 0, place)],))


def a_run_is_disturbed(session: Session, held: Held, data: st.DataObject) -> Damage:
    """One of its lines is dropped, two are swapped, one stands there twice, or one is put in from elsewhere."""
    rows = [row for row in held.lines if is_run(row)]
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    lines = row.raw.split(b"\n")
    place = data.draw(st.integers(0, len(lines) - 1))
    first = place
    match data.draw(st.sampled_from(["dropped", "swapped", "twice", "foreign", "cut off"])):
        case "dropped":
            del lines[place]
        case "swapped":
            mate = data.draw(st.integers(0, len(lines) - 1).filter(lambda one: one != place))
            lines[place], lines[mate] = lines[mate], lines[place]
            first = min(place, mate)
        case "twice":
            lines.insert(place, lines[place])
            first = place + 1
        case "foreign":
            lines.insert(place, next(one.raw for one in held.lines if one.device_id != row.device_id))
        case _:
            first = data.draw(st.integers(1, len(lines) - 1))
            del lines[first:]
            first -= 1  # the row's last hash is not what now stands last
    change(session, LineRow, row, raw=b"\n".join(lines))
    places = [*all_in(row), *((row.device_id, row.epoch, row.seq + more) for more in (1, 2))]
    return Damage("in a run", (places[first], places[first + 1]), shows_later=True)


def a_column_is_changed(session: Session, held: Held, data: st.DataObject) -> Damage:
    names = [
        "hash",
        "prev",
        "first_seq",
        "seq",
        "epoch",
        "device_id",
        "type",
        "at",
        "chain",
        "outcome",
        "code",
    ]
    name = data.draw(st.sampled_from(names))
    row = a_line(data, held, acknowledged=name in {"first_seq", "seq", "epoch", "device_id"})
    value = getattr(row, name)
    if name == "at" and row.epoch == "unreadable":
        name, value = "prev", row.prev  # it has no time but that of its arrival
    match name:
        case "epoch":
            value = data.draw(
                st.sampled_from([one.epoch for one in held.lines if one.epoch != value] + ["another"])
            )
        case "device_id":
            value = data.draw(
                st.sampled_from([one.device_id for one in held.lines if one.device_id != value] + ["X"])
            )
        case "chain":
            value = data.draw(
                st.sampled_from([one for one in ("linked", "fork", "", "LINKED") if one != value])
            )
        case _:
            value = other(data, value)
    change(session, LineRow, row, **{name: value})
    moved = row._asdict() | {name: value}
    there = (moved["device_id"], moved["epoch"], moved["seq"])
    if name in {"first_seq", "seq", "epoch", "device_id"} and (is_run(row) or name == "first_seq"):
        begun = (moved["device_id"], moved["epoch"], moved["first_seq"])
        return Damage(f"{name} := {value!r}", (*all_in(row), there, begun), shows_later=True)
    if is_run(row):
        return Damage(f"{name} := {value!r}", (at(row) if name in {"hash", "at"} else begins(row),))
    # Where a fork stood, nothing is missing without it; and a row that says it ends elsewhere holds its line still.
    return Damage(f"{name} := {value!r}", (at(row), there), shows_later=row.chain == "fork" or name == "seq")


def a_line_is_dropped(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = a_line(data, held, acknowledged=True)
    session.execute(delete(LineRow).where(*same(LineRow, row)))
    return Damage("dropped", (begins(row),))


def two_lines_are_swapped(session: Session, held: Held, data: st.DataObject) -> Damage:
    one = a_line(data, held, acknowledged=True)
    mates = [
        row for row in held.lines
        if (row.device_id, row.epoch) == (one.device_id, one.epoch) and row.seq != one.seq and held.acknowledged(row)
    ]  # fmt: skip
    another = mates[data.draw(st.integers(0, len(mates) - 1))]
    if is_run(one) or is_run(another) or data.draw(st.booleans()):
        change(session, LineRow, one, raw=another.raw)
        change(session, LineRow, another, raw=one.raw)
    else:
        change(session, LineRow, one, first_seq=another.seq, seq=another.seq)
        change(session, LineRow, another, first_seq=one.seq, seq=one.seq)
    return Damage("swapped", (begins(one), begins(another)))


def a_line_is_inserted(session: Session, held: Held, data: st.DataObject) -> Damage:
    """A copy at a free place; or a forged one that follows the last line as it should, and gives its hash."""
    rows = [row for row in held.lines if held.acknowledged(row)]
    row = a_line(data, held, acknowledged=True, single=True)
    last = max(
        (one for one in rows if one.epoch == row.epoch and one.device_id == row.device_id),
        key=lambda one: one.seq,
    )
    free = next(
        seq
        for seq in range(last.seq + 1, 99)
        if not any(at(one) == (*at(last)[:2], seq) for one in held.lines)
    )
    if data.draw(st.booleans()):
        copy(session, LineRow, row, first_seq=free, seq=free)
        return Damage("copied", ((row.device_id, row.epoch, free),))
    said = {
        **json.loads(row.raw), "type": "access", "what": "wrong_pin", "device_id": last.device_id,
        "epoch": last.epoch, "seq": last.seq + 1, "prev": last.hash,
    }  # fmt: skip
    forged = wire.encode(said)
    copy(
        session, LineRow, row, first_seq=last.seq + 1, seq=last.seq + 1, prev=last.hash, type="access", raw=forged,
        hash=ledger.line_hash(forged), chain="linked", outcome="accepted", code=None,
        at=wire.parse_instant(said["at"]),
    )  # fmt: skip
    after = [(row.device_id, row.epoch, last.seq + by) for by in (1, 2)]
    return Damage("forged", tuple(after), shows_later=True)


def a_line_is_rewritten(session: Session, held: Held, data: st.DataObject) -> Damage:
    """With its hash: the next one does not follow it, or the mark or a checkpoint names another.

    A line before a loss, that no checkpoint names, is named by nothing else: there nobody could tell.
    """
    named = {
        *(one.prev for one in held.lines),
        *(mark.acknowledged_hash for mark in held.marks),
        *(made.hash for made in held.checkpoints),
    }
    rows = [
        row for row in held.lines if row.hash in named and row.outcome == "accepted" and row.type != "undo"
    ]
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    lines = row.raw.split(b"\n") if is_run(row) else [row.raw]
    place = data.draw(st.integers(0, len(lines) - 1))
    stood = ledger.line_hash(lines[place])
    lines[place] = wire.encode(json.loads(lines[place]) | {"roster_version": "forged"})
    changed = ledger.line_hash(lines[place])
    is_last = place == len(lines) - 1
    change(session, LineRow, row, raw=b"\n".join(lines), hash=changed if is_last else row.hash)
    session.execute(update(PunchRow).where(PunchRow.hash == stood).values(hash=changed))
    its = (row.device_id, row.epoch, row.first_seq + place)
    after = (row.device_id, row.epoch, row.first_seq + place + 1)
    return Damage("rewritten", (its, after), shows_later=True)


# --- what is said of lines


def a_checkpoint_is_changed(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = held.checkpoints[data.draw(st.integers(0, len(held.checkpoints) - 1))]
    name = data.draw(st.sampled_from(["signature", "made_at", "hash", "seq", "epoch", "device_id"]))
    value = other(data, getattr(row, name))
    change(session, CheckpointRow, row, **{name: value})
    moved = row._asdict() | {name: value}
    return Damage(f"checkpoint {name}", ((moved["device_id"], moved["epoch"], moved["seq"]),))


PUNCH_COLUMNS = (
    "employee_id", "punch_id", "kind", "kind_from", "method", "at", "counted_at", "basis", "site_id", "job_id",
    "task_id", "break_code", "quantity", "quantity_bad", "credential_ref", "actor_id", "undone", "device_id",
    "epoch", "seq", "hash", "note", "credential", "job_text",
)  # fmt: skip
"""All that a line says of its punch, by itself or with what is beside it or took it back."""


def a_punch_is_changed(session: Session, held: Held, data: st.DataObject) -> Damage:
    name = data.draw(st.sampled_from(PUNCH_COLUMNS))
    rows = [row for row in held.punches if name != "counted_at" or row.basis == "device"]
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    value = other(data, getattr(row, name))
    change(session, PunchRow, row, **{name: value})
    moved = row._asdict() | {name: value}
    there = (moved["device_id"], moved["epoch"], moved["seq"])
    # One that was moved is missing where it was, and strange where it is: either may be said.
    return Damage(f"punch {name} := {value!r}", (at(row), there), shows_later=there != at(row))


def a_punch_is_dropped_or_added(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = held.punches[data.draw(st.integers(0, len(held.punches) - 1))]
    if data.draw(st.booleans()):
        session.execute(delete(PunchRow).where(*same(PunchRow, row)))
        return Damage("punch dropped", (at(row),))
    line = a_line(data, held)
    copy(
        session, PunchRow, row, punch_id="one more", device_id=line.device_id, epoch=line.epoch, seq=line.seq,
        hash=line.hash,
    )  # fmt: skip
    return Damage("punch added", (at(line),))


def a_mark_is_moved(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = held.marks[data.draw(st.integers(0, len(held.marks) - 1))]
    by = data.draw(st.sampled_from([-1, 1, 0]))
    seq = row.acknowledged_seq
    if by:
        change(session, EpochMark, row, acknowledged_seq=seq + by)
    else:
        change(session, EpochMark, row, acknowledged_hash=other(data, row.acknowledged_hash))
    return Damage(f"mark {by}", ((row.device_id, row.epoch, seq + (by > 0)),))


def a_parked_line_is_hidden(session: Session, held: Held, data: st.DataObject) -> Damage:
    row = held.parked[data.draw(st.integers(0, len(held.parked) - 1))]
    if data.draw(st.booleans()):
        session.execute(delete(ParkedLine).where(*same(ParkedLine, row)))
    else:
        change(session, ParkedLine, row, code=other(data, row.code))
    return Damage("parked", (at(row),))


def the_office_s_last_line_is_cut_off(session: Session, held: Held, data: st.DataObject) -> Damage:
    """With its mark; but the counter from which its place was taken stands."""
    last = max((row for row in held.lines if row.device_id.startswith("emp:")), key=lambda row: row.seq)
    before = next(row for row in held.lines if row.hash == last.prev)
    session.execute(delete(LineRow).where(*same(LineRow, last)))
    mark = next(row for row in held.marks if row.device_id == last.device_id)
    change(session, EpochMark, mark, acknowledged_seq=before.seq, acknowledged_hash=before.hash)
    return Damage("office", (at(last),))


def content_is_changed(session: Session, held: Held, data: st.DataObject) -> Damage:
    rows = session.execute(select(*BesideRow.__table__.columns).order_by(BesideRow.hash)).all()
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    name = data.draw(st.sampled_from(["salt", "content"]))
    change(session, BesideRow, row, **{name: flipped(data, getattr(row, name))})
    naming = next(
        line for line in held.lines if row.device_id == line.device_id and row.hash.encode() in line.raw
    )
    return Damage("content", (at(naming),))


DEEDS: Sequence[Deed] = (
    a_byte_is_flipped, a_column_is_changed, a_line_is_dropped, two_lines_are_swapped, a_line_is_inserted,
    a_run_is_disturbed, a_line_is_rewritten, a_checkpoint_is_changed, a_punch_is_changed, a_punch_is_dropped_or_added,
    a_mark_is_moved, a_parked_line_is_hidden, the_office_s_last_line_is_cut_off, content_is_changed,
)  # fmt: skip


def a_value_is_of_another_kind(session: Session, data: st.DataObject) -> None:
    """What only SQLite lets happen: text that is none, numbers that are text, bytes where text belongs."""
    table = data.draw(
        st.sampled_from(
            [LineRow, PunchRow, CheckpointRow, EpochMark, ParkedLine, LostRange, BesideRow, Counter]
        )
    )
    name = data.draw(st.sampled_from(sorted(column.name for column in table.__table__.columns)))
    odd = data.draw(
        st.sampled_from(
            ["x'ff'", "x''", "'odd'", "'2026'", "1e300", "-1", "9007199254740993", "cast(x'41ff' as text)"]
        )
    )
    rowids = session.scalars(text(f"SELECT rowid FROM {table.__tablename__} ORDER BY rowid")).all()
    row = rowids[data.draw(st.integers(0, len(rowids) - 1))]
    session.execute(
        text(f'UPDATE OR IGNORE {table.__tablename__} SET "{name}" = {odd} WHERE rowid = :row'),
        {"row": row},
    )
