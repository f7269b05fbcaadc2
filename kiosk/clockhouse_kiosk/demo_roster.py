"""A few people and jobs for a kiosk that nobody enrolled, so that anybody can try a punch at once."""

import base64
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from clockhouse_drivers.credentials import JobCard, PinParameters, pin_hash
from clockhouse_sync import wire
from clockhouse_sync.roster import RosterStore

PIN: Final = "246810"
BADGES: Final = ("2A00B4C3D7", "2A00B4C3D8", "2A00B4C3D9", "2A00B4C3DA")
UNKNOWN_BADGE: Final = "0F00123456"
_SITE: Final = "site-north"
_PEOPLE: Final = (
    ("1001", "Ana Ortiz", "Ana", "en", None),
    ("1002", "Bernd Krüger", "Bernd", "de", "job-0977"),
    ("1003", "Lucía Fernández", "Lucía", "es", None),
    ("1004", "ليلى حداد", "ليلى", "ar", "job-1108"),
)
_CUSTOMERS: Final = (
    ("harbour", "Harbour Cranes"),
    ("rail", "City Rail"),
    ("nordwind", "Nordwind AG"),
    ("own", "In house"),
)
_JOBS: Final = (
    ("1042", "Hall B", "harbour", ("Welding", "Fitting", "Crane 7, night"), "weld", ("quantity",)),
    ("0977", "Depot doors", "rail", ("Painting",), "paint", ()),
    ("1108", "Tower 3", "nordwind", ("Inspection", "Grinding"), "inspection", ()),
    ("0031", "Maintenance", "own", (), "tool", ("note",)),
    ("0012", "Training", "own", (), "training", ()),
    ("0040", "Stores", "own", (), "stock", ()),
)
_HURT: Final = {
    "en": "Were you hurt today, or did something nearly happen?",
    "de": "Wurden Sie heute verletzt, oder wäre fast etwas passiert?",
    "es": "¿Se hizo daño hoy o estuvo a punto de pasar algo?",
    "ar": "هل أُصبت اليوم أو كاد أن يحدث شيء؟",
}
FACE: Final = "person-1001"
"""Whom the simulated camera knows."""
CARD: Final = JobCard("job-0977", "task-0977-1")


def write(folder: Path, *, device_id: str, zone: str, today: date, params: PinParameters) -> None:
    """Fill the roster of a state directory."""
    pepper = bytes(32)
    rows = [*_place(device_id, zone, today.isoformat()), *_people(pepper, params), *_work(), *_before(today)]
    store = RosterStore(folder / "roster.db")
    try:
        store.keep_pepper(wire.Pepper(version=1, value=base64.b64encode(pepper).decode()))
        store.apply(rows, since="", cursor="demo")
    finally:
        store.close()


def _row(of: str, row_id: str, **body: Any) -> wire.RosterRow:
    return wire.RosterRow(type=of, id=row_id, version=1, body=body)


def _place(device_id: str, zone: str, today: str) -> list[wire.RosterRow]:
    return [
        _row("device", device_id, name="Gate 2", site_id=_SITE),
        _row("site", _SITE, name="North Yard", zone=zone),
        _row("site_jobs", _SITE, on=today, job_ids=["job-1042", "job-1108", "job-0031"]),
    ]


def _people(pepper: bytes, params: PinParameters) -> list[wire.RosterRow]:
    rows: list[wire.RosterRow] = []
    for (number, name, short_name, language, job_id), badge in zip(_PEOPLE, BADGES, strict=True):
        person_id = f"person-{number}"
        more: dict[str, Any] = {} if job_id is None else {"default_job_id": job_id}
        if number == "1001":
            more |= {"supervisor": True, "administrator": True, "favourite_job_ids": ["job-0012"]}
        person = {"number": number, "name": name, "short_name": short_name, "language": language, **more}
        rows.append(_row("person", person_id, **person))
        rows.append(_row("credential", f"badge-{number}", person_id=person_id, kind="badge", value=badge))
        salt = number.encode() * 4
        made = pin_hash(PIN, employee_id=person_id, pepper=pepper, salt=salt, params=params)
        rows.append(
            _row(
                "pin",
                person_id,
                salt=base64.b64encode(salt).decode(),
                hash=base64.b64encode(made).decode(),
                memory_kib=params.memory_kib,
                passes=params.passes,
                lanes=params.lanes,
                pepper_version=1,
            )
        )
    return rows


def _before(today: date) -> list[wire.RosterRow]:
    """Ana went home the day before, from welding."""
    left = f"{today - timedelta(days=1)}T16:31:00.000Z"
    return [
        _row(
            "state", "person-1001", kind="out", at=left, as_of=left, job_id="job-1042", task_id="task-1042-1"
        ),
        _row("hours", "person-1001", week_seconds=0, last_week_seconds=139_500, as_of=left, today_seconds=0),
        _row("message", "message-1", text="Helmets in hall B from Monday on.", sender="Office", sent_at=left),
        _row("question", "question-1", site_id=_SITE, on_kind="out", text=_HURT),
    ]


def _work() -> list[wire.RosterRow]:
    rows = [_row("customer", customer_id, name=name) for customer_id, name in _CUSTOMERS]
    for code, name, customer_id, tasks, pictogram, asks in _JOBS:
        job = {
            "code": code,
            "name": name,
            "customer_id": customer_id,
            "pictogram": pictogram,
            "asks": [*asks],
        }
        rows.append(_row("job", f"job-{code}", **job))
        rows += [
            _row("task", f"task-{code}-{number}", job_id=f"job-{code}", code=str(number), name=task)
            for number, task in enumerate(tasks, start=1)
        ]
    return rows
