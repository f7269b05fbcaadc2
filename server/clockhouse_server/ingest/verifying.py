"""Checking the whole ledger: every chain, every checkpoint, every verdict's place, every punch that was read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from clockhouse_server.db import Counter
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import runs, stored
from clockhouse_server.ingest.bad import MISREAD, NO_PLACE, NO_VERDICT, BadError
from clockhouse_server.ingest.columns import Row, is_damaged, of_device, pieces, rows
from clockhouse_server.ingest.comparing import Punches
from clockhouse_server.ingest.models import BesideRow, CheckpointRow, EpochMark, LineRow, ParkedLine, PunchRow
from clockhouse_server.ingest.noted import noted_problem
from clockhouse_server.ingest.office import EPOCH
from clockhouse_server.ingest.reading import text_beside
from clockhouse_server.ingest.walking import Walk
from clockhouse_sync import ledger, signing, wire


def verify_stored(session: Session, device_id: str | None = None, *, quick: bool = True) -> ledger.Report:
    """Walk all stored lines, or one source's, by place, and stop at the first that does not hold.

    Gaps are no faults where the kiosk declared them lost or still owes the lines; forks are checked on
    their own, since both of their sides are kept. Not `quick`, every line is looked at by itself: the same
    answer, and slower.
    """
    try:
        return _verify(session, device_id, quick=quick)
    except sqlite3.OperationalError as problem:
        if "decode" not in str(problem):
            raise
    with _any_text(session):
        return _verify(session, device_id, quick=quick)


def is_source(session: Session, device_id: str) -> bool:
    """Whether lines could be here under this id: it is a kiosk's, or the office stated something under it."""
    held = select(LineRow.seq).where(LineRow.device_id == device_id).limit(1)
    return session.get(Device, device_id) is not None or session.scalar(held) is not None


def _verify(session: Session, device_id: str | None, *, quick: bool) -> ledger.Report:
    """Lines first; then whatever is said about lines before the first bad one."""
    marks = stored.marks(session, device_id)
    inside = stored.Inside(session, device_id)
    found: BadError | None = None
    with (
        closing(stored.lines(session, device_id, inside)) as lines,
        closing(stored.punches(session, device_id)) as punches,
    ):
        lookups = stored.Lookups(session)
        walk = Walk(marks, Punches(punches, lookups), lookups, inside, quick=quick)
        try:
            for piece in lines:
                walk.take(piece)
            walk.end()
        except BadError as bad:
            found = _out_of_order(session, bad.with_traceback(None))
        except sqlite3.DatabaseError as problem:
            if "decode" in str(problem) or not is_damaged(problem):
                raise  # the former is looked at once more, its odd bytes written out
            epoch = (None, None) if walk.epoch is None else walk.epoch
            found = BadError(epoch, walk.seq + 1, f"the database file is damaged from here on: {problem}")
            return _report(found, walk.count)
    signed = _checkpoint_problem(session, device_id, found, inside)
    found = signed or found or _said_problem(session, device_id)
    return ledger.Report(ok=True, lines=walk.count) if found is None else _report(found, walk.count)


def _out_of_order(session: Session, bad: BadError) -> BadError:
    """A line that is said to be missing may stand in a run that ends later: then what stood before it is foreign."""
    if bad.before is None or bad.seq is None:
        return bad
    query = select(LineRow.first_seq, LineRow.seq, LineRow.raw).where(
        LineRow.device_id == bad.epoch[0], LineRow.epoch == bad.epoch[1], LineRow.first_seq <= bad.seq,
        LineRow.seq > bad.seq, LineRow.seq <= bad.seq + runs.LONGEST,
    )  # fmt: skip
    for first, last, raw in rows(session, query):
        if isinstance(raw, bytes) and first + raw.count(runs.BREAK) == last:
            return BadError(bad.epoch, bad.before, NO_PLACE)
    return bad


def _report(bad: BadError, count: int) -> ledger.Report:
    device, epoch = (None if part is None else str(part) for part in bad.epoch)
    return ledger.Report(False, count, device, epoch, bad.seq, bad.problem)


@contextmanager
def _any_text(session: Session) -> Iterator[None]:
    """Text that is no UTF-8, which SQLite keeps as it is, comes out with its odd bytes written out."""
    driver: Any = session.connection().connection.dbapi_connection
    usual = driver.text_factory
    driver.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    try:
        yield
    finally:
        driver.text_factory = usual


# --- what kiosks signed


def _checkpoint_problem(
    session: Session, device_id: str | None, bad: BadError | None, inside: stored.Inside
) -> BadError | None:
    """The first checkpoint that its kiosk did not sign, or that names another line, up to a bad line's place."""
    other = aliased(CheckpointRow)
    here = (
        LineRow.device_id == CheckpointRow.device_id, LineRow.epoch == CheckpointRow.epoch,
        LineRow.seq == CheckpointRow.seq,
    )  # fmt: skip
    named = and_(
        *here, other.device_id == LineRow.device_id, other.epoch == LineRow.epoch, other.seq == LineRow.seq,
        other.hash == LineRow.hash,
    )  # fmt: skip
    place = (CheckpointRow.device_id, CheckpointRow.epoch, CheckpointRow.seq)
    query = (
        select(
            *place, CheckpointRow.hash, CheckpointRow.made_at, CheckpointRow.signature, Device.public_key,
            exists().where(*here), exists().where(named),
        )
        .outerjoin(Device, Device.id == CheckpointRow.device_id)
        .order_by(*place, CheckpointRow.hash)
    )  # fmt: skip
    if bad is not None:
        query = query.where(tuple_(*place) < tuple_(*bad.epoch, bad.seq))
    for *said, public_key, held, is_named in rows(
        session, of_device(query, CheckpointRow.device_id, device_id)
    ):
        problem = None
        within = inside.names(tuple(said[:3]))
        if not _signed(said, public_key):
            problem = "a checkpoint's signature does not hold"
        elif (held or within is not None) and not (is_named or within):
            problem = "the kiosk's checkpoint names another line here"
        if problem is not None:
            return BadError((said[0], said[1]), said[2] if isinstance(said[2], int) else 0, problem)
    return None


def _signed(said: list[Any], public_key: Any) -> bool:
    device_id, epoch, seq, line_hash, made_at, signature = said
    if not all(isinstance(one, str) for one in (device_id, epoch, line_hash, made_at, signature, public_key)):
        return False
    statement = wire.Checkpoint(epoch=epoch, seq=seq, hash=line_hash, made_at=made_at, signature=signature)
    key = _key(public_key)
    return (
        key is not None
        and device_id == signing.key_id(signing.public_bytes(key))
        and signing.checkpoint_holds(key, statement)
    )


@cache
def _key(public_key: str) -> signing.PublicKey | None:
    try:
        return signing.read_public(public_key)
    except signing.SignatureError:
        return None


# --- what else was said of lines that hold


def _said_problem(session: Session, device_id: str | None) -> BadError | None:
    for problem in (_waiting_problem, _office_problem, noted_problem, _beside_problem):
        found = problem(session, device_id)
        if found is not None:
            return found
    return None


def _waiting_problem(session: Session, device_id: str | None) -> BadError | None:
    """What waits for a person, or waited, is a line that was parked."""
    same = and_(
        LineRow.device_id == ParkedLine.device_id, LineRow.epoch == ParkedLine.epoch,
        LineRow.seq == ParkedLine.seq, LineRow.hash == ParkedLine.hash, LineRow.outcome == "parked",
        LineRow.code == ParkedLine.code,
    )  # fmt: skip
    query = (
        select(ParkedLine.device_id, ParkedLine.epoch, ParkedLine.seq)
        .where(~exists().where(same))
        .order_by(ParkedLine.device_id, ParkedLine.epoch, ParkedLine.seq)
        .limit(1)
    )
    for device, epoch, seq in rows(session, of_device(query, ParkedLine.device_id, device_id)):
        return BadError((device, epoch), seq, NO_VERDICT)
    return None


def _office_problem(session: Session, device_id: str | None) -> BadError | None:
    """The office's own sources are counted apart as well, so that no end of one goes missing unseen."""
    query = select(EpochMark.device_id, EpochMark.acknowledged_seq).where(EpochMark.epoch == EPOCH)
    marks: dict[Any, Any] = dict(rows(session, of_device(query, EpochMark.device_id, device_id)))
    prefix = "source:"
    counters = (
        select(Counter.name, Counter.value).where(Counter.name.startswith(prefix)).order_by(Counter.name)
    )
    for name, counted in rows(session, counters):
        source = str(name).removeprefix(prefix)
        held = marks.get(source, 0)
        if device_id not in {None, source} or held == counted:
            continue
        if isinstance(counted, int) and counted > held:
            return BadError((source, EPOCH), held + 1, f"line {held + 1} is missing")
        return BadError((source, EPOCH), held, "was never counted")
    return None


def _beside_problem(session: Session, device_id: str | None) -> BadError | None:
    """What travelled beside lines still gives its hash, and punches show what it says, unless it was erased."""
    query = select(BesideRow.device_id, BesideRow.hash, BesideRow.salt, BesideRow.content).where(
        BesideRow.content.is_not(None)
    )
    for device, name, salt, content in rows(session, of_device(query, BesideRow.device_id, device_id)):
        if _content(name, salt, content) is None:
            return _naming(session, device, name, f"content beside it does not give its hash {name}")
    same = and_(
        LineRow.device_id == PunchRow.device_id, LineRow.epoch == PunchRow.epoch, LineRow.seq == PunchRow.seq,
        LineRow.hash == PunchRow.hash, LineRow.first_seq == LineRow.seq,
    )  # fmt: skip
    quoting = (
        select(
            PunchRow.device_id, PunchRow.epoch, PunchRow.seq, LineRow.raw, PunchRow.note, PunchRow.job_text,
            PunchRow.credential,
        )
        .outerjoin(LineRow, same)
        .where(or_(*(one.is_not(None) for one in (PunchRow.note, PunchRow.job_text, PunchRow.credential))))
        .order_by(PunchRow.device_id, PunchRow.epoch, PunchRow.seq)
    )  # fmt: skip
    for piece in pieces(session, of_device(quoting, PunchRow.device_id, device_id)):
        bad = _misquoted(session, piece)
        if bad is not None:
            return bad
    return None


def _misquoted(session: Session, punches: list[Row]) -> BadError | None:
    """The first of these punches that shows a text which its line does not have beside it."""
    quoted = [(row, _named(row[3]), row[4:]) for row in punches]
    wanted: dict[str, set[str]] = {}
    for row, names, _ in quoted:
        wanted.setdefault(row[0], set()).update(name for name in names if name is not None)
    contents: dict[str, dict[str, tuple[bytes, bytes]]] = {}
    for device, some in wanted.items():
        query = select(BesideRow.hash, BesideRow.salt, BesideRow.content).where(
            BesideRow.device_id == device, BesideRow.hash.in_(sorted(some))
        )
        for name, salt, content in rows(session, query):
            found = _content(name, salt, content)
            if found is not None:
                contents.setdefault(device, {})[name] = found
    for row, names, texts in quoted:
        held = contents.get(row[0], {})
        for name, text in zip(names, texts, strict=True):
            if text is not None and (name is None or (name in held and text_beside(name, held) != text)):
                return BadError((row[0], row[1]), row[2], MISREAD)
    return None


def _named(raw: bytes | None) -> tuple[str | None, str | None, str | None]:
    """The hashes under which a punch's note, job in words and badge travel; nothing does beside a run's lines."""
    if raw is None:
        return None, None, None
    line = wire.read_line(raw)
    beside = (line.beside if isinstance(line, wire.PunchLine) else None) or wire.Evidence()
    return beside.note, beside.job_text, beside.credential


def _content(name: Any, salt: Any, content: Any) -> tuple[bytes, bytes] | None:
    """Salt and content, if they give the hash under which they are stored."""
    return (salt, content) if ledger.gives(name, salt, content) else None


def _naming(session: Session, device: str, name: Any, problem: str) -> BadError:
    """The first line that names a content by its hash."""
    inside = stored.Inside(session, device)
    for piece in stored.lines(session, device, inside):
        for row in piece if isinstance(piece, list) else stored.one_by_one(piece, inside):
            line = stored.Line._make(row)
            if str(name).encode() in line.raw:
                return BadError(line[:2], line.seq, problem)
    return BadError((device, None), None, problem)
