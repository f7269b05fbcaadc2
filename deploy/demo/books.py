"""The office's part of the day: settle, approve, payroll, invoices, a dispute, and why each line is on a bill."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import history
import office as offices
from company import CLIENTS, SITES, UNKNOWN_BADGE
from gate import Day
from office import Browser, Office
from report import Moment
from rig import DemoFailed, run

NEW_COLLEAGUES = {
    UNKNOWN_BADGE: ("1023", "Emre Kaya", "yard"),
    "2A00C0FFEE": ("2019", "Marta Lindqvist", "hall"),
}
SHIFT = timedelta(hours=8, minutes=30)
BREAK = timedelta(minutes=30)
ROUNDS = 4


def play(day: Day, office: Office, folder: Path) -> None:
    """Everything after the wall, in order; files land in `folder`."""
    (folder / "pages").mkdir()
    monday = day.now().date() - timedelta(days=day.now().weekday())
    first, last = monday - timedelta(weeks=history.WEEKS), monday - timedelta(days=1)
    admin = Browser(office.address, offices.ADMINISTRATOR)
    books = Browser(office.address, offices.BACK_OFFICE)
    karin = Browser(office.address, offices.SUPERVISORS["yard"][0])
    kept = _Pages(folder / "pages")

    fleet = day.moment("The office sees its kiosks", "Last heard, what waits, whether the clock is right.")
    fleet.pages.append(kept.keep(admin, "/kiosks", "kiosks", "Kiosks, as the administrator sees them"))
    fleet.pages.append(kept.keep(admin, "/people", "people", "People"))
    fleet.pages.append(kept.keep(karin, "/in", "who-is-in", "Who is in, with the age of the knowledge"))
    _settle(day, office, kept, books, first, last)
    _approve(day, office, kept, books, first, last)
    _payroll(day, office, kept, books, folder, first)
    _invoices(day, office, kept, books, folder, first, last)
    _ledger(day, office, kept, books)
    _tour(day, office, kept, admin, books)


class _Pages:
    """Pages kept as files that open without the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, browser: Browser, path: str, name: str, caption: str) -> tuple[str, str]:
        (self._folder / f"{name}.html").write_text(browser.page(path), encoding="utf-8")
        return f"{name}.html", caption


def _settle(day: Day, office: Office, kept: _Pages, books: Browser, first: date, last: date) -> None:
    waiting = _waiting(office, last)
    moment = day.moment(
        "Friday: what needs a decision", f"{len(waiting)} things wait, each with its evidence and its reason."
    )
    moment.pages.append(
        kept.keep(books, "/exceptions", "exceptions", "Exceptions, claims and unknown badges")
    )
    _hire(office)
    someone = next(row["person_id"] for row in waiting if row["problem"] or row["proposal"])
    span = f"?from={first}&through={last}"
    moment.pages.append(
        kept.keep(books, f"/timecards/{someone}{span}", "timecard-open", "A timecard with open questions")
    )
    for _ in range(ROUNDS):
        waiting = [row for row in _waiting(office, last) if _settled(office, row)]
        if not waiting:
            break
    moment.pages.append(kept.keep(books, f"/timecards/{someone}{span}", "timecard-settled", "The same, settled; every correction stays beside its punch"))  # fmt: skip
    left = [row for row in _waiting(office, last) if row["proposal"] or row["parked"]]
    day.check(moment, "no claim and no unknown badge is left open", holds=not left)


def _waiting(office: Office, last: date) -> list[dict[str, Any]]:
    return [row for row in office.books.get("/inbox") if date.fromisoformat(row["on"]) <= last]


def _hire(office: Office) -> None:
    """The unknown badges belong to two new colleagues, who are entered now."""
    for badge, (number, name, site) in NEW_COLLEAGUES.items():
        made = office.admin.post("/people", number=number, name=name, site_ids=[office.sites[site]])
        office.people[badge] = made["id"]
        office.admin.post(f"/people/{made['id']}/badges", badge=badge)


def _settled(office: Office, row: Mapping[str, Any]) -> bool:
    """Decide as a supervisor would; False where nothing needs doing."""
    person = row["person_id"]
    if row["proposal"]:
        path = f"/people/{person}/proposals/{row['proposal']['proposal_id']}/confirm"
        office.books.post(path, reason="The crew left at that time.")
        return True
    if row["parked"]:
        _assign(office, row["parked"])
        return True
    return _mended(office, person, row["problem"])


def _assign(office: Office, parked: Mapping[str, Any]) -> None:
    place = {key: parked[key] for key in ("device_id", "epoch", "seq", "hash")}
    kiosk = next(row for row in office.admin.all("/kiosks") if row["id"] == parked["device_id"])
    site = next(key for key, site_id in office.sites.items() if site_id == kiosk["site_id"])
    badge = next(badge for badge, (_, _, at) in NEW_COLLEAGUES.items() if at == site)
    office.books.post(
        "/parked/settle", **place, decision="assign", person_id=office.people[badge], job_id=office.jobs["0031"],
        reason="A new colleague's first day; the badge was entered later.",
    )  # fmt: skip


def _mended(office: Office, person: str, problem: Mapping[str, Any]) -> bool:
    """A correction for what blocks approval; doubtful things that a person has seen stay as they are."""
    path = f"/people/{person}/adjustments"
    match problem["code"]:
        case "double_in":
            office.books.post(
                path, action="void", punch_id=problem["punches"][-1], reason="Clocked in twice."
            )
        case "missing_out":
            left = (_began(office, person, problem) + SHIFT).isoformat()
            office.books.post(path, action="add", kind="out", at=left, reason="Asked by telephone.")
        case "long_break":
            back = (_first(office, person, problem) + BREAK).isoformat()
            office.books.post(
                path,
                action="add",
                kind="break_end",
                at=back,
                reason="Back with the others after half an hour.",
            )
        case "missing_in":
            office.books.post(
                path, action="void", punch_id=problem["punches"][0], reason="Left over from the day before."
            )
        case "long_shift":
            office.books.post(
                path, action="void", punch_id=problem["punches"][-1], reason="Belongs to the next day."
            )
        case "no_job":
            office.books.post(
                path, action="change", punch_id=problem["punches"][0], job_id=office.jobs["0031"], reason="Cleared the yard that day."
            )  # fmt: skip
        case _:
            return False
    return True


def _began(office: Office, person: str, problem: Mapping[str, Any]) -> datetime:
    """When the shift without an end began, by the day's first clock-in."""
    begins = [at for _, kind, at in _punches(office, person, problem) if kind == "in"]
    return min(begins)


def _first(office: Office, person: str, problem: Mapping[str, Any]) -> datetime:
    """When the first of the punches was made that a problem is about."""
    return next(at for key, _, at in _punches(office, person, problem) if key == problem["punches"][0])


def _punches(office: Office, person: str, problem: Mapping[str, Any]) -> Iterator[tuple[str, str, datetime]]:
    on = problem["on"]
    card = office.books.get(f"/timecards/{person}", **{"from": on, "through": on})
    for punch in card["punches"]:
        yield punch["id"], punch["kind"], datetime.fromisoformat(punch["at"])


def _approve(day: Day, office: Office, kept: _Pages, books: Browser, first: date, last: date) -> None:
    moment = day.moment(
        f"Approved through {last}",
        "Three weeks are frozen and locked; what comes later is parked for a decision.",
    )
    outcomes = office.books.post("/approvals", through_on=last.isoformat())
    refused = [f"{row['code']}: {row['detail']}" for row in outcomes if row["approval_id"] is None]
    day.check(
        moment,
        f"{len(outcomes)} people approved, {len(refused)} refused {refused[:3] or ''}",
        holds=not refused,
    )
    span = f"?from={first}&through={last}"
    moment.pages.append(
        kept.keep(books, f"/timecards{span}", "timecards", "All timecards of the three weeks")
    )
    moment.pages.append(
        kept.keep(books, f"/timecards/{office.people['1001']}{span}", "timecard-ana", "Ana's timecard")
    )


def _payroll(day: Day, office: Office, kept: _Pages, books: Browser, folder: Path, first: date) -> None:
    moment = day.moment("The payroll files", "One for each week; asked for again, the same bytes.")
    for week in range(history.WEEKS):
        period = (first + timedelta(weeks=week)).isoformat()
        office.books.post(f"/periods/{period}/close")
        command = ("clockhouse-server", "payroll", "export", "--database", office.database, "--format", "generic", "--period", period, "--out", str(folder))  # fmt: skip
        file = Path(run(*command).strip())
        before = file.read_bytes()
        run(*command)
        moment.files.append((file.name, f"Payroll of the week from {period}"))
        day.check(moment, f"{file.name}: {len(before.splitlines()) - 1} rows, identical when exported again", holds=file.read_bytes() == before)  # fmt: skip
    moment.pages.append(kept.keep(books, "/payroll", "payroll", "Payroll, with what was handed out"))


def _invoices(day: Day, office: Office, kept: _Pages, books: Browser, folder: Path, first: date, last: date) -> None:  # fmt: skip
    moment = day.moment(
        "The invoices", "Approved hours at the rate of their day; numbered, frozen, as PDF/A."
    )
    labels: list[dict[str, Any]] = []
    unbilled = office.books.get("/unbilled", **{"from": first, "through": last})
    for row in unbilled:
        issued = _issue(office, folder, row["customer_id"], first, last, "task" if not labels else "job")
        labels.append(issued)
        moment.files.append((f"{issued['label']}.pdf", f"{issued['label']}: {issued['gross_total']} EUR"))
    billed = {client.code for client in CLIENTS if not client.in_house and client.code != "AS"}
    day.check(
        moment,
        f"{len(labels)} invoices for {len(billed)} clients with hours",
        holds=len(labels) == len(billed),
    )
    moment.pages.append(kept.keep(books, "/invoices", "invoices", "Invoices"))
    moment.pages.append(
        kept.keep(books, f"/invoices/{labels[0]['id']}", "invoice", "An invoice, with why for every line")
    )

    dispute = day.moment(
        "A dispute",
        "The client wants it by employee: a credit note frees the hours, and they are billed again.",
    )
    disputed = labels[-1]
    note = office.books.post(
        f"/invoices/{disputed['id']}/credit", reason="The client asks for hours by employee."
    )
    _pdf(office, folder, note)
    again = _issue(office, folder, disputed["customer_id"], first, last, "employee")
    for made, caption in ((note, "the credit note"), (again, "the new invoice")):
        dispute.files.append(
            (f"{made['label']}.pdf", f"{made['label']}: {caption}, {made['gross_total']} EUR")
        )
    freed, billed_again = _seconds(office, disputed), _seconds(office, again)
    day.check(
        dispute, f"the same {billed_again / 3600:.2f} h are billed again", holds=freed == billed_again > 0
    )
    day.check(dispute, "no number is missing", holds=office.books.get("/invoice-gaps") == [])
    _why(day, office, folder, [made["label"] for made in (*labels, note, again)])


def _issue(
    office: Office, folder: Path, customer: str, first: date, last: date, group_by: str
) -> dict[str, Any]:
    draft = office.books.post(
        "/invoices",
        customer_id=customer,
        from_on=first.isoformat(),
        through_on=last.isoformat(),
        group_by=group_by,
    )
    issued: dict[str, Any] = office.books.post(f"/invoices/{draft['id']}/issue")
    _pdf(office, folder, issued)
    return issued


def _pdf(office: Office, folder: Path, invoice: Mapping[str, Any]) -> None:
    content = office.books.get(f"/invoices/{invoice['id']}/pdf")
    (folder / f"{invoice['label']}.pdf").write_bytes(content)


def _seconds(office: Office, invoice: Mapping[str, Any]) -> int:
    return sum(line["seconds"] for line in office.books.get(f"/invoices/{invoice['id']}")["lines"])


def _why(day: Day, office: Office, folder: Path, labels: list[str]) -> None:
    moment = day.moment(
        "Why is this on my bill?",
        "Every line of every invoice is walked back to device, epoch and seq, each hash checked.",
    )
    for label in labels:
        walk = json.loads(run("clockhouse-server", "why", "--database", office.database, "--json", label))
        lines, places = walk["lines"], list(_places(walk))
        whole = all(line["because"] for line in lines) and all(
            place["epoch"] and place["seq"] for place in places
        )
        if not places:
            raise DemoFailed(f"{label}: no line leads anywhere")
        claim = f"{label}: {len(lines)} lines, {len(places)} ledger lines behind them, every hash holds"
        day.check(moment, claim, holds=whole and not walk["problems"])
    text = run("clockhouse-server", "why", "--database", office.database, f"{labels[0]}:1")
    (folder / f"why-{labels[0]}-1.txt").write_text(text, encoding="utf-8")
    moment.files.append((f"why-{labels[0]}-1.txt", f"clockhouse-server why {labels[0]}:1"))
    moment.said = "\n".join(text.splitlines()[:24])


def _places(walk: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every ledger line that a walk ends at; an end without one is a failure."""
    for line in walk["lines"]:
        for because in line["because"]:
            for end in because["ends"]:
                if not end["origins"]:
                    raise DemoFailed(f"{walk['invoice']} line {line['position']}: a punch without a line")
                yield from end["origins"]


def _ledger(day: Day, office: Office, kept: _Pages, books: Browser) -> None:
    moment: Moment = day.moment(
        "The whole ledger", "Every chain and checkpoint of every source, computed again on the server."
    )
    report = json.loads(run("clockhouse-server", "ledger", "verify", "--database", office.database, "--json"))
    moment.said = json.dumps(report)
    day.check(
        moment, f"clockhouse-server ledger verify: {len(SITES)} sites, all chains hold", holds=report["ok"]
    )
    moment.pages.append(kept.keep(books, "/audit", "audit", "Who did what, and why"))


def _tour(day: Day, office: Office, kept: _Pages, admin: Browser, books: Browser) -> None:
    """The pages that the day did not need to open."""
    moment = day.moment(
        "The rest of the office", "Every other page, as the administrator or the back office sees it."
    )
    ana, job = office.people["1001"], office.jobs["1042"]
    site, customer = office.sites["yard"], office.customers["HC"]
    kiosk = office.admin.all("/kiosks")[0]["id"]
    invoice = next(row for row in office.books.all("/invoices") if row["type"] == "invoice" and row["label"])
    run = office.books.get("/payroll/runs")[0]["id"]
    for browser, path, name, caption in (
        (admin, "/start", "start", "From an empty database to the first punch"),
        (admin, "/settings", "settings", "The company"),
        (admin, "/sites", "sites", "Sites"),
        (admin, f"/sites/{site}", "site", "A site"),
        (admin, "/users", "users", "Users and their roles"),
        (admin, f"/people/{ana}", "person", "A person: badges, PIN, sites"),
        (admin, "/people/import", "people-import", "People from a list"),
        (admin, "/jobs", "jobs", "Customers and jobs"),
        (admin, f"/jobs/{job}", "job", "A job and its tasks"),
        (admin, f"/customers/{customer}", "customer", "A customer"),
        (admin, "/jobs/import", "jobs-import", "Jobs from a list"),
        (admin, "/today", "today", "What a site offers today"),
        (admin, f"/kiosks/{kiosk}", "kiosk", "A kiosk"),
        (admin, "/kiosks/new", "kiosk-new", "A one-time code for a kiosk"),
        (admin, "/alarms", "alarms", "Alarms"),
        (books, "/periods", "periods", "Pay periods"),
        (books, "/rates", "rates", "Rates"),
        (books, f"/payroll/{run}", "payroll-run", "A payroll file as handed out"),
        (books, f"/invoices/{invoice['id']}/lines/1/why", "why", "Why the first line is on the bill"),
    ):
        moment.pages.append(kept.keep(browser, path, name, caption))
