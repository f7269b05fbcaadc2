"""A request in somebody's own words waits with their day, and the office does it or says why not."""

from datetime import timedelta

import pytest

from clockhouse_server.approval import store as approvals
from clockhouse_server.errors import Conflict, Invalid, PeriodLocked
from clockhouse_server.ingest.models import CorrectionRequest
from clockhouse_server.timecards import asked, store
from clockhouse_server.timecards.corrections import OwnTime
from server.gate import FRIDAY, MONDAY, OFFICE, local

WORDS = "I left at four, the gate was locked."


def ask(gate, who="bob", request_id="r-1", **fields):
    kiosk = gate.kiosks["Gate 1"]
    kiosk.append(
        "request", local("07:55+1"), request_id=request_id, employee_id=gate.person[who], what="correction",
        beside={"text": kiosk.beside(WORDS)}, **fields,
    )  # fmt: skip
    gate.deliver()


def instant(text):
    return local(text).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def card(gate, session, who="bob"):
    return store.timecard(session, OFFICE, gate.person[who], MONDAY, FRIDAY, now=gate.now)


def test_a_request_waits_on_its_day_and_holds_up_the_approval(gate):
    gate.punch("bob", "08:00 in 1042\n16:30 out")
    ask(gate, on="2026-11-09")
    with gate.open() as session:
        found = card(gate, session)
        assert (["r-1"], "attention") == ([one.request_id for one in found.requests], found.status)
        waiting = [
            one.request for one in store.inbox(session, gate.supervisor(), now=gate.now) if one.request
        ]
        assert [WORDS] == [one.words for one in waiting]
        with pytest.raises(approvals.NotReady) as refused:
            approvals.approve(
                session,
                OFFICE,
                gate.person["bob"],
                MONDAY,
                anyway=[kiosk.id for kiosk in gate.kiosks.values()],
                **gate.by,
            )
        assert ["r-1"] == refused.value.facts["requests"]


def test_what_was_asked_for_is_done_at_its_time(gate):
    _, left = gate.punch("bob", "08:00 in 1042\n16:30 out")
    ask(gate, kind="out", claimed_at=instant("16:00"), punch_id=left)
    ask(gate, request_id="r-2", kind="out", claimed_at=instant("12:00"))
    bob = gate.person["bob"]
    with gate.open() as session:
        made = asked.accept(session, OFFICE, bob, "r-1", kind="out", at=local("16:00"), **gate.by)
        assert ("change", left, "As asked for at the kiosk") == (made.action, made.punch_id, made.reason)
        assert 8 * 3600 == card(gate, session).worked_seconds
        added = asked.accept(
            session, OFFICE, bob, "r-2", kind="break_start", at=local("12:00"), reason="a break", **gate.by
        )
        assert ("add", "a break") == (added.action, added.reason)
        assert () == card(gate, session).requests
        with pytest.raises(Conflict):
            asked.decline(session, OFFICE, bob, "r-1", reason="no", now=gate.now)


def test_a_request_without_a_time_is_answered_in_words(gate):
    ask(gate)
    ask(gate, request_id="r-2")
    bob = gate.person["bob"]
    with gate.open() as session, pytest.raises(Invalid):
        asked.accept(session, OFFICE, bob, "r-1", **gate.by)
    with gate.open() as session:
        assert asked.accept(session, OFFICE, bob, "r-1", reason="corrected by hand", **gate.by) is None
        asked.decline(session, OFFICE, bob, "r-2", reason="the gate was open", now=gate.now)
    with gate.open() as session:
        rows = {row.request_id: row for row in session.query(CorrectionRequest)}
        assert ("accepted", "corrected by hand", OFFICE.user_id) == (
            rows["r-1"].status, rows["r-1"].reason, rows["r-1"].decided_by,
        )  # fmt: skip
        assert ("declined", "the gate was open") == (rows["r-2"].status, rows["r-2"].reason)


def test_nobody_answers_their_own_request_nor_changes_an_approved_day(gate):
    gate.work_week("bob")
    ask(gate, kind="out", claimed_at=instant("16:00"))
    with gate.open() as session, pytest.raises(OwnTime):
        asked.decline(session, gate.supervisor("bob"), gate.person["bob"], "r-1", reason="mine", now=gate.now)
    with gate.open() as session:
        asked.decline(session, OFFICE, gate.person["bob"], "r-1", reason="no", now=gate.now)
    gate.approve("bob")
    ask(gate, request_id="r-2", kind="out", claimed_at=instant("16:00"))
    with gate.open() as session, pytest.raises(PeriodLocked):
        asked.accept(
            session,
            OFFICE,
            gate.person["bob"],
            "r-2",
            kind="out",
            at=local("16:00") + timedelta(0),
            **gate.by,
        )
