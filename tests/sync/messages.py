"""One request, answer and roster row of every shape, as they must stand on the wire for ever."""

from base64 import b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clockhouse_sync import ledger, signing, wire
from clockhouse_sync.batch import Batch
from clockhouse_sync.outbox import Line
from sync.samples import LINES

DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SERVER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
DEVICE_ID = signing.key_id(signing.public_bytes(DEVICE))
SERVER_ID = signing.key_id(signing.public_bytes(SERVER))
WHEN = "2026-03-02T07:58:01.250Z"
CREATED = 1_772_438_281

_RAWS = [wire.encode_line(LINES[name]) for name in ("punch", "punch-plain")]
_HEADS = [
    wire.Head(epoch=line.epoch, seq=line.seq, hash=ledger.line_hash(raw))
    for line, raw in zip((LINES["punch"], LINES["punch-plain"]), _RAWS, strict=True)
]
_KEYS = [
    wire.ServerKey(key_id=SERVER_ID, public_key=b64encode(signing.public_bytes(SERVER)).decode()),
]
_PEPPER = wire.Pepper(version=2, value=b64encode(bytes(range(32))).decode())
_CHECKPOINT = signing.checkpoint(DEVICE, _HEADS[1], WHEN)
_PLACE = wire.Place(epoch=_HEADS[1].epoch, seq=3)
_CLOCK = wire.ClockState(sync=True, error_ms=12)

STRUCTS: dict[str, msgspec.Struct] = {
    "enroll": wire.EnrollRequest(
        code="7KQ2-M4XD", public_key=b64encode(signing.public_bytes(DEVICE)).decode(), name="Gate 2",
        hardware="Raspberry Pi 4 Model B Rev 1.5",
    ),
    "enroll-active": wire.EnrollAnswer(
        status="active", device_id=DEVICE_ID, server_keys=_KEYS, server_time=WHEN, company="Blechwerk Süd",
        words=signing.confirmation_words(signing.public_bytes(DEVICE), signing.public_bytes(SERVER)),
        pepper=_PEPPER,
    ),
    "hello": wire.HelloRequest(protocols=[1], heads=_HEADS[1:], clock=_CLOCK, at=WHEN, software="0.1.0"),
    "hello-answer": wire.HelloAnswer(
        status="active", session="s3ss10n", server_time=WHEN, server_epoch="01956f00-0000-4000-8000-000000000001",
        server_keys=_KEYS, want=[wire.Want(epoch=_PLACE.epoch, after_seq=1)], durable=[_PLACE],
        complete_through=WHEN, others_through=WHEN, pepper=_PEPPER, notices=["update"],
    ),
    "hello-answer-wipe": wire.HelloAnswer(
        status="revoked", session="s3ss10n", server_time=WHEN, server_epoch="01956f00-0000-4000-8000-000000000001",
        server_keys=_KEYS, want=[], durable=[],
        wipe=signing.wipe_order(SERVER, DEVICE_ID, order_id="w1p3", ordered_at=WHEN, session="s3ss10n"),
    ),
    "wiped": signing.wiped(DEVICE, order_id="w1p3", wiped_at=WHEN, delivered=4, kept=1),
    "wiped-answer": wire.WipedAnswer(order_id="w1p3", kept=1),
    "heartbeat": wire.HeartbeatRequest(
        protocols=[1], heads=_HEADS[1:], clock=_CLOCK, at=WHEN, software="0.1.0",
        health={"waiting": 3, "free_mb": 4000, "camera": None, "reader": "ok", "door_open": False},
    ),
    "lines-answer": wire.LinesAnswer(
        verdicts=[
            wire.Verdict(index=0, epoch=_PLACE.epoch, seq=2, hash=_HEADS[0].hash, chain="gap", outcome="accepted"),
            wire.Verdict(
                index=1, epoch=_PLACE.epoch, seq=3, hash=_HEADS[1].hash, chain="linked", outcome="parked",
                code="unknown_employee",
            ),
        ],
        acknowledged=[_PLACE],
        receipts=[signing.receipt(SERVER, DEVICE_ID, _HEADS[1], WHEN)],
    ),
    "problem": wire.Problem(code="session", title="Say hello again.", status=401),
}  # fmt: skip

BODIES: dict[str, wire.Body] = {
    "device": wire.DeviceRow(name="Gate 2", site_id="site-1"),
    "site": wire.SiteRow(name="North", zone="Europe/Berlin", language="de", hour_cycle=24, general_job_id="j1"),
    "person": wire.PersonRow(
        number="0042", name="Ana Petrović", short_name="Ana P.", language="sr", photo="9f86", default_job_id="j1",
        supervisor=True, administrator=True, agency="Temps Ltd", favourite_job_ids=["j1"],
        preferences=wire.Preferences(language="sr", large_text=True), preferences_at=WHEN, pin_with=["rfid"],
    ),
    "credential": wire.CredentialRow(person_id="k7Qm2", kind="badge", value="2A00B4C3D7", weak=True),
    "pin": wire.PinRow(salt="c2FsdA==", hash="aGFzaA==", memory_kib=19_456, passes=2, lanes=1, pepper_version=2),
    "customer": wire.CustomerRow(name="Stadtwerke"),
    "job": wire.JobRow(
        code="1042", name="Welding", customer_id="c1", pictogram="weld", colour="#aa3300", sites=["site-1"],
        asks=["quantity", "note"],
    ),
    "task": wire.TaskRow(job_id="j1", code="T7", name="Grinding"),
    "site_jobs": wire.SiteJobsRow(on="2026-03-02", job_ids=["j1", "j2"]),
    "state": wire.StateRow(kind="in", at=WHEN, as_of=WHEN, job_id="j1", task_id="t7", punch_id="p1"),
    "hours": wire.HoursRow(
        week_seconds=3600, last_week_seconds=144_000, as_of=WHEN, today_seconds=600, period_seconds=7200,
        balance_seconds=-900, missing=[wire.MissingOut(punch_id="p0", since=WHEN)],
    ),
    "question": wire.QuestionRow(
        site_id="site-1", on_kind="out", text={"de": "Verletzt?", "en": "Injured?"}, answer="yes_no", position=1
    ),
    "message": wire.MessageRow(text="Helmets from Monday", sender="Ada", person_id="k7Qm2", sent_at=WHEN),
    "policy": wire.PolicyRow(pin_with=["rfid", "qr"], shuffle_pad=True, mode_minutes=15),
    "proposal": wire.ProposalRow(
        employee_id="k7Qm2", kind="out", claimed_at=WHEN, made_at=WHEN, punch_id="p1"
    ),
    "schedule": wire.ScheduleRow(shifts=[wire.Shift(from_at=WHEN, to_at="2026-03-02T16:30:00.000Z")]),
}  # fmt: skip


def lines_request() -> bytes:
    """As the daemon builds it: the stored bytes verbatim."""
    lines = [Line(head.epoch, head.seq, head.hash, raw) for head, raw in zip(_HEADS, _RAWS, strict=True)]
    note = wire.Beside(salt=b64encode(b"s" * 32).decode(), content=b64encode(b"gate open").decode())
    return Batch(lines, {ledger.beside_hash(b"s" * 32, b"gate open"): note}, [_CHECKPOINT]).body


def roster_answer() -> bytes:
    rows = [
        wire.RosterRow(type=kind, id=f"{kind}-1", version=7, body=msgspec.to_builtins(body))
        for kind, body in BODIES.items()
    ]
    gone = wire.RosterRow(type="person", id="person-2", version=8, body=None)
    return msgspec.json.encode(wire.RosterAnswer(cursor="1842", rows=[*rows, gone], more=True))


def signatures() -> dict[str, dict[str, str]]:
    """What the two keys above sign; Ed25519 gives the same bytes each time."""
    body = lines_request()
    asked = signing.sign_request(
        DEVICE,
        method="POST",
        path="/api/device/v1/lines",
        query="",
        body=body,
        created=CREATED,
        nonce="s3ss10n",
    )
    pull = signing.sign_request(
        DEVICE, method="GET", path="/api/device/v1/roster", query="cursor=1842", body=b"", created=CREATED,
        nonce="s3ss10n",
    )  # fmt: skip
    said = signing.sign_answer(
        SERVER, status=200, body=b"{}", request_signature=asked["Signature"], created=CREATED
    )
    return {"lines": asked, "roster": pull, "answer": said}


def goldens() -> dict[str, bytes]:
    """File name -> bytes of every message."""
    structs = {name: msgspec.json.encode(struct) for name, struct in STRUCTS.items()}
    signed = msgspec.json.format(msgspec.json.encode(signatures()), indent=1)
    return structs | {"lines": lines_request(), "roster-answer": roster_answer(), "signatures": signed}
