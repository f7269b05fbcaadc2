"""A small house for the kiosk's tests: a site, people of four languages, jobs; and its state on disk."""

import base64
from datetime import datetime

import msgspec

from clockhouse_drivers.credentials import PinParameters, pin_hash
from clockhouse_sync import wire
from clockhouse_sync.roster import LoadedRoster, RosterStore

DEVICE = "kiosktestdevice00000000000"
SITE = "site-north"
PEPPER = bytes(range(32))
PIN = "314159"
CHEAP = PinParameters(memory_kib=64, passes=1)
ANA, BERND, LUCIA, LAYLA = "p-ana", "p-bernd", "p-lucia", "p-layla"
BADGE = {ANA: "2A00B4C3D7", BERND: "2A00B4C3D8", LUCIA: "2A00B4C3D9", LAYLA: "2A00B4C3DA"}
STRANGER = "0F00123456"
PEOPLE = (
    (ANA, "1001", "Ana Ortiz", "Ana", "en"),
    (BERND, "1002", "Maximilian Oberstleutnant-Krüger", "Bernd", "de"),
    (LUCIA, "1003", "María Lucía Fernández de la Vega", "Lucía", "es"),
    (LAYLA, "1004", "ليلى عبد الرحمن حداد", "ليلى", "ar"),
)
JOBS = (
    ("1042", "Hall B", ("Welding", "Fitting", "Crane 7, night")),
    ("0977", "Depot doors", ("Painting",)),
    ("1108", "Tower 3", ("Inspection of bearings and bolts", "Grinding")),
    ("0031", "Maintenance", ()),
    ("0012", "Training", ()),
    ("0040", "Stores", ()),
)
LOOKS = {
    "1042": ("weld", "#1D4E89"), "0977": ("paint", "#8A5A00"), "1108": ("inspection", "#0B6E4F"),
    "0031": ("tool", "#5A6672"), "0012": ("training", "#5A6672"),
}  # fmt: skip


def row(of, row_id, **body):
    return wire.RosterRow(type=of, id=row_id, version=1, body=body)


def rows(*, today="2026-03-02", zone="UTC", hour_cycle=24, extra=()):
    """The whole roster; `extra` rows come last."""
    found = [
        row("device", DEVICE, name="Gate 2", site_id=SITE),
        row("site", SITE, name="North Yard", zone=zone, hour_cycle=hour_cycle),
        row("site_jobs", SITE, on=today, job_ids=["j-1042", "j-0031"]),
        row("customer", "c", name="Harbour Cranes"),
    ]
    for person_id, number, name, short_name, language in PEOPLE:
        found += [
            row("person", person_id, number=number, name=name, short_name=short_name, language=language),
            row("credential", f"badge-{number}", person_id=person_id, kind="badge", value=BADGE[person_id]),
            pin_row(person_id),
        ]
    for code, name, tasks in JOBS:
        pictogram, colour = LOOKS.get(code, (None, None))
        job = {"code": code, "name": name, "customer_id": "c", "pictogram": pictogram, "colour": colour}
        found.append(row("job", f"j-{code}", **job))
        found += [
            row("task", f"t-{code}-{number}", job_id=f"j-{code}", code=str(number), name=task)
            for number, task in enumerate(tasks)
        ]
    return [*found, *extra]


def pin_row(person_id, pin=PIN):
    salt = person_id.encode().ljust(16, b"-")
    made = pin_hash(pin, employee_id=person_id, pepper=PEPPER, salt=salt, params=CHEAP)
    return row(
        "pin", person_id, salt=base64.b64encode(salt).decode(), hash=base64.b64encode(made).decode(),
        memory_kib=CHEAP.memory_kib, passes=CHEAP.passes, lanes=CHEAP.lanes, pepper_version=1,
    )  # fmt: skip


def state(person_id, kind, at, *, as_of=None, job="j-1042", task="t-1042-0", punch_id="old"):
    """What the server last knew of somebody."""
    instant = wire.format_instant(at)
    return row(
        "state", person_id, kind=kind, at=instant, as_of=wire.format_instant(as_of or at), job_id=job,
        task_id=task, punch_id=punch_id,
    )  # fmt: skip


def loaded(some_rows):
    """The rows as the roster reader gives them."""
    typed: dict = {}
    for each in some_rows:
        typed.setdefault(each.type, {})[each.id] = msgspec.convert(each.body, wire.BODIES[each.type])
    return LoadedRoster("c1", typed)


def furnish(folder, some_rows, cursor="c1"):
    """Put the roster on disk as the daemon does."""
    store = RosterStore(folder / "roster.db")
    try:
        store.keep_pepper(wire.Pepper(version=1, value=base64.b64encode(PEPPER).decode()))
        store.apply(some_rows, since="", cursor=cursor)
    finally:
        store.close()


def instant(text):
    return datetime.fromisoformat(text)
