"""One line of every type, as it must stand on the wire for ever."""

from clockhouse_sync import wire

_EPOCH = "01956f2a-5b7c-7d31-9c1e-3a5b8c2d4e6f"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _head(kind: str, seq: int) -> dict:
    return {
        "v": 1,
        "type": kind,
        "device_id": "MFRGGZDFMZTWQ2LKNNWG23TPOB",
        "epoch": _EPOCH,
        "seq": seq,
        "prev": None if seq == 1 else _HASH,
        "at": "2026-03-02T07:58:00.000Z",
        "zone": "Europe/Berlin",
        "utc_offset_minutes": 60,
        "boottime_ms": 93_784_211,
        "clock": wire.ClockState(sync=True, error_ms=12),
        "site_id": "site-1",
        "roster_version": "1842",
    }


LINES: dict[str, wire.LineHead] = {
    "boot": wire.BootLine(
        **_head("boot", 1),
        boot_id="3f2bfb76-5c42-4e97-bce7-2b8117fea6a3",
        software="0.1.0",
        parent=wire.BootParent(epoch="01956f29-0000-7000-8000-000000000001", seq=212, hash=_HASH),
    ),
    "boot-lost": wire.BootLine(
        v=1, type="boot", device_id="MFRGGZDFMZTWQ2LKNNWG23TPOB", epoch=_EPOCH, seq=1,
        at="1970-01-01T00:00:09.120Z", boot_id="3f2bfb76-5c42-4e97-bce7-2b8117fea6a3", software="0.1.0",
        reason="unreadable",
    ),
    "punch": wire.PunchLine(
        **_head("punch", 2),
        punch_id="01956f2a-5b80-7c42-8e21-0123456789ab",
        kind="transfer",
        kind_from="chosen",
        method="rfid",
        employee_id="k7Qm2",
        credential_ref="c9",
        job_id="j1042",
        task_id="t7",
        quantity="12.5",
        quantity_bad="0.5",
        second_factor="pin",
        actor_id="k7Qm1",
        group_id="g3",
        break_code="meal",
        beside=wire.Evidence(note=_HASH, job_text=_HASH, evidence=_HASH, credential=_HASH),
    ),
    "punch-plain": wire.PunchLine(
        **_head("punch", 3),
        punch_id="01956f2a-5b81-7c42-8e21-0123456789ab",
        kind="in",
        kind_from="unconfirmed",
        method="pin",
    ),
    "clock": wire.ClockLine(
        **_head("clock", 4), cause="hello", server_time="2026-03-02T07:58:01.250Z", rtt_ms=84, step_ms=-2501,
        server_epoch="01956f00-0000-4000-8000-000000000001",
    ),
    "undo": wire.UndoLine(
        **_head("undo", 5), punch_id="01956f2a-5b80-7c42-8e21-0123456789ab", employee_id="k7Qm2"
    ),
    "sighting": wire.SightingLine(
        **_head("sighting", 6), reason="not_me", method="rfid", employee_id="k7Qm2", credential_ref="c9"
    ),
    "proposal": wire.ProposalLine(
        **_head("proposal", 7),
        proposal_id="01956f2a-5b90-7c42-8e21-0123456789ab",
        employee_id="k7Qm2",
        kind="out",
        claimed_at="2026-03-01T15:30:00.000Z",
        punch_id="01956f2a-5b80-7c42-8e21-0123456789ab",
        job_id="j1042",
        method="pin",
    ),
    "access": wire.AccessLine(**_head("access", 8), what="wrong_pin", employee_id="k7Qm2", method="pin"),
    "access-mode": wire.AccessLine(
        **_head("access", 8), what="mode_entered", mode="supervisor", actor_id="k7Qm1", method="rfid",
    ),
    "lost": wire.LostLine(**_head("lost", 9), lost=wire.LostRange(epoch=_EPOCH, from_seq=3, to_seq=7)),
    "adjustment": wire.AdjustmentLine(
        **_head("adjustment", 10),
        adjustment_id="01956f2a-5bb0-7c42-8e21-0123456789ab",
        employee_id="k7Qm2",
        action="add",
        author_id="u3",
        punch_id="01956f2a-5b80-7c42-8e21-0123456789ab",
        kind="out",
        counted_at="2026-03-01T15:30:00.000Z",
        job_id="j1042",
        task_id="t7",
        proposal_id="01956f2a-5b90-7c42-8e21-0123456789ab",
        line=wire.LineRef(device_id="MFRGGZDFMZTWQ2LKNNWG23TPOB", epoch=_EPOCH, seq=2, hash=_HASH),
        beside=wire.Evidence(note=_HASH),
    ),
    "confirm": wire.ConfirmLine(
        **_head("confirm", 11), proposal_id="01956f2a-5b90-7c42-8e21-0123456789ab", employee_id="k7Qm2",
        actor_id="k7Qm1", accepted=True, claimed_at="2026-03-01T15:30:00.000Z",
    ),
    "request": wire.RequestLine(
        **_head("request", 12), request_id="01956f2a-5ba0-7c42-8e21-0123456789ab", employee_id="k7Qm2",
        what="correction", method="rfid", on="2026-03-01", kind="out", claimed_at="2026-03-01T15:30:00.000Z",
        punch_id="01956f2a-5b80-7c42-8e21-0123456789ab", beside=wire.Evidence(text=_HASH),
    ),
    "request-preferences": wire.RequestLine(
        **_head("request", 13), request_id="01956f2a-5ba1-7c42-8e21-0123456789ab", employee_id="k7Qm2",
        what="preferences", method="pin",
        preferences=wire.Preferences(language="de", large_text=True, high_contrast=False, left_hand=True),
    ),
    "answer": wire.AnswerLine(
        **_head("answer", 14), punch_id="01956f2a-5b80-7c42-8e21-0123456789ab", employee_id="k7Qm2",
        question_id="q1", beside=wire.Evidence(answer=_HASH),
    ),
    "message_read": wire.MessageReadLine(**_head("message_read", 15), message_id="m1", employee_id="k7Qm2"),
    "site_jobs": wire.SiteJobsLine(
        **_head("site_jobs", 16), on="2026-03-02", job_ids=["j1042", "j1"], actor_id="k7Qm1"
    ),
    "enrolment": wire.EnrolmentLine(
        **_head("enrolment", 17), what="person", action="given", employee_id="k7Qm9", actor_id="k7Qm1",
        credential_ref="c10", beside=wire.Evidence(person=_HASH, credential=_HASH),
    ),
}  # fmt: skip
