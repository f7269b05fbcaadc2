"""The demo's hands in the office: everything below goes through the server's own HTTP API and pages."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import requests
from company import CLIENTS, COMPANY, JOBS, PEOPLE, QUESTIONS, SITES
from history import Ids
from rig import DemoFailed, run

PASSWORD = "meridian-demo-2026"
ADMINISTRATOR = "admin@meridian.example"
BACK_OFFICE = "office@meridian.example"
SUPERVISORS = {"yard": ("karin@meridian.example", "1021"), "hall": ("ole@meridian.example", "2018")}

ADMIN_SCOPES = (
    "company.read", "company.write", "sites.read", "sites.write", "people.read", "people.write", "badges.write",
    "jobs.read", "jobs.write", "site_jobs.write", "kiosks.read", "kiosks.write", "punches.read", "parked.read", "wall.write",
)  # fmt: skip
OFFICE_SCOPES = (
    "people.read", "jobs.read", "kiosks.read", "punches.read", "parked.read", "parked.settle", "timecards.read",
    "timecards.adjust", "timecards.approve", "periods.read", "periods.close", "payroll.export", "rates.read",
    "rates.write", "invoices.read", "invoices.write", "invoices.issue",
)  # fmt: skip


class Api:
    """/api/v1 with a token; every answer other than a success ends the demo with what the server said."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, *, csv_text: str | None = None, **body: Any) -> Any:
        answer = self._session.request(
            method,
            f"{self._address}/api/v1{path}",
            json=body if csv_text is None and method != "GET" else None,
            params=body if method == "GET" else None,
            data=None if csv_text is None else csv_text.encode(),
            timeout=60,
        )
        if not answer.ok:
            raise DemoFailed(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        if answer.content and answer.headers.get("content-type", "").startswith("application/json"):
            return answer.json()
        return answer.content

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, **query)

    def post(self, path: str, **body: Any) -> Any:
        return self.call("POST", path, **body)

    def put(self, path: str, **body: Any) -> Any:
        return self.call("PUT", path, **body)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        rows: list[dict[str, Any]] = []
        cursor = None
        while True:
            found = self.get(path, **query, limit=500, **({"cursor": cursor} if cursor else {}))
            rows += found["items"]
            cursor = found["next"]
            if cursor is None or not found["items"]:
                return rows


@dataclass
class Office:
    """The signed-in office and what it calls things."""

    database: str
    address: str
    admin: Api
    books: Api
    sites: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    badges: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)

    def held(self) -> tuple[int, int]:
        """Punches in the books, and punches whose badge nobody has claimed yet."""
        parked = [row for row in self.admin.all("/parked") if row["code"] == "unknown_employee"]
        return len(self.admin.all("/punches")), len(parked)

    def ids(self) -> Ids:
        return Ids(self.people, self.badges, self.jobs, self.tasks)


def open_office(database: str, address: str) -> Office:
    """The first administrator and the back office, made on the command line as anybody would."""
    _user(database, ADMINISTRATOR, "Alex Admin", "administrator")
    _user(database, BACK_OFFICE, "Ida Books", "back_office")
    admin = Api(address, _token(database, ADMINISTRATOR, ADMIN_SCOPES))
    return Office(database, address, admin, Api(address, _token(database, BACK_OFFICE, OFFICE_SCOPES)))


def _user(database: str, email: str, name: str, role: str, *more: str) -> None:
    run(
        "clockhouse-server", "admin", "create", "--database", database, "--email", email, "--name", name,
        "--role", role, "--password-stdin", *more, given=PASSWORD + "\n",
    )  # fmt: skip


def _token(database: str, email: str, scopes: tuple[str, ...]) -> str:
    given = [part for scope in scopes for part in ("--scope", scope)]
    made = run(
        "clockhouse-server",
        "admin",
        "token",
        "--database",
        database,
        "--email",
        email,
        "--name",
        "demo",
        *given,
    )
    return made.strip().splitlines()[-1]


def furnish(office: Office, first_rate_on: date, periods_from: date) -> None:
    """Company, sites, people with badges and PINs, clients, jobs, tasks and rates."""
    admin = office.admin
    admin.put("/company", **COMPANY, period_from_on=periods_from.isoformat(), period_days=7)
    for site in SITES:
        made = admin.post("/sites", name=site.name, zone=site.zone, language=site.language)
        office.sites[site.key] = made["id"]
    for question in QUESTIONS:
        admin.post(f"/sites/{office.sites['yard']}/questions", **question)
    site_names = {site.key: site.name for site in SITES}
    people = [
        {
            "number": person.number, "name": person.name, "short_name": person.short_name,
            "sites": site_names[person.site], "language": person.language, "payroll_number": f"P{person.number}",
            "cost_rate": person.cost, "supervisor": "yes" if person.supervisor else "no",
        }
        for person in PEOPLE
    ]  # fmt: skip
    _imported(admin.call("POST", "/people/import", csv_text=_csv(people)), len(PEOPLE))
    badges = [{"number": person.number, "badge": person.badge} for person in PEOPLE]
    _imported(admin.call("POST", "/badges/import", csv_text=_csv(badges)), len(PEOPLE))
    office.people = {row["number"]: row["id"] for row in admin.all("/people")}
    for person in PEOPLE:
        person_id = office.people[person.number]
        admin.put(f"/people/{person_id}/pin", pin=person.pin)
        office.badges[person.number] = admin.get(f"/people/{person_id}/badges")[0]["id"]
    _jobs(office, first_rate_on)
    for key, (email, number) in SUPERVISORS.items():
        name = next(person.name for person in PEOPLE if person.number == number)
        _user(office.database, email, name, "supervisor", "--site", site_names[key])


def _jobs(office: Office, first_rate_on: date) -> None:
    for client in CLIENTS:
        made = office.admin.post(
            "/customers", code=client.code, name=client.name, street=client.street, postcode=client.postcode,
            city=client.city, country=client.country, tax_id=client.tax_id, currency="EUR",
            tax_category=client.tax_category, tax_rate=client.tax_rate, in_house=client.in_house,
        )  # fmt: skip
        office.customers[client.code] = made["id"]
    for job in JOBS:
        made = office.admin.post(
            "/jobs", customer_id=office.customers[job.client], code=job.code, name=job.name,
            pictogram=job.pictogram, colour=job.colour, billable=job.billable,
        )  # fmt: skip
        office.jobs[job.code] = made["id"]
        for code, name in job.tasks:
            task = office.admin.post("/tasks", job_id=made["id"], code=code, name=name)
            office.tasks[f"{job.code}/{code}"] = task["id"]
        if job.billable:
            office.books.post(
                "/rates", job_id=made["id"], from_on=first_rate_on.isoformat(), bill=job.bill, currency="EUR"
            )


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _imported(answer: Mapping[str, Any], expected: int) -> None:
    if answer["created"] != expected:
        raise DemoFailed(f"the import made {answer['created']} of {expected}: {answer['problems']}")


class Browser:
    """Somebody signed in to the pages; what they see is kept as files that open without the server."""

    def __init__(self, address: str, email: str) -> None:
        self._address = address
        self._session = requests.Session()
        answer = self._session.post(
            f"{address}/sign-in",
            data={"email": email, "password": PASSWORD, "next": "/"},
            headers={"Origin": address},
            timeout=30,
        )
        if not answer.ok or "/sign-in" in answer.url:
            raise DemoFailed(f"{email} could not sign in: {answer.status_code}")

    def page(self, path: str) -> str:
        """A page as one self-contained document: style sheets inside, scripts left out."""
        answer = self._session.get(self._address + path, timeout=60)
        if not answer.ok:
            raise DemoFailed(f"the page {path} was answered {answer.status_code}")
        text = re.sub(r"<script\b[^>]*>.*?</script>", "", answer.text, flags=re.DOTALL)
        return re.sub(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"[^>]*>', self._sheet, text)

    def _sheet(self, link: re.Match[str]) -> str:
        sheet = self._session.get(self._address + link[1], timeout=30)
        return f"<style>{sheet.text}</style>"


def alive(address: str) -> bool:
    """Whether the server answers."""
    return requests.get(f"{address}/healthz", timeout=5).ok
