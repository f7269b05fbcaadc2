"""Real servers on loopback ports, and windows of the one Chromium."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from clockhouse_server.app import create_app
from clockhouse_server.auth import store as auth
from clockhouse_server.auth.web import Server
from clockhouse_server.ingest.models import PunchRow
from clockhouse_server.settings import Settings
from clockhouse_server.wall.models import Question
from server.backoffice.company import ROLES, a_busy_week, an_invoice, rename_all
from server.gate import Gate
from server.rig import PASSWORD, running

REPORTING = """
document.addEventListener("securitypolicyviolation", (e) =>
  console.error("content policy: " + e.violatedDirective + " " + e.blockedURI + " at " + location.pathname));
"""


@dataclass
class Office:
    """A company in the middle of its week, served; its users sign in as <role>@example.com."""

    gate: Gate
    url: str
    invoice: str = ""

    @property
    def ana(self) -> str:
        return self.gate.person["ana"]

    @property
    def bob(self) -> str:
        return self.gate.person["bob"]

    @property
    def mo(self) -> str:
        return self.gate.person["mo"]

    @property
    def question(self) -> str:
        """The question that is asked after work."""
        with self.gate.open() as session:
            return session.scalars(select(Question.id).where(Question.active)).one()

    @property
    def punch(self) -> str:
        """Mo's clock-in on Monday the 16th."""
        with self.gate.open() as session:
            return session.scalars(select(PunchRow.punch_id).where(PunchRow.employee_id == self.mo)).first()


@contextmanager
def serving(gate: Gate) -> Iterator[Office]:
    parts = Server(
        engine=gate.engine, settings=Settings(), now=lambda: gate.now, new_id=gate.new_id,
        new_token=lambda: secrets.token_urlsafe(32), keys=gate.keys,
    )  # fmt: skip
    with gate.open() as session:
        for role, name in ROLES.items():
            auth.create_user(
                session, "tests", email=f"{role}@example.com", name=name, password=PASSWORD, role=role,
                sites=[gate.site["Gate"]] if role == "supervisor" else (),
                person_id=gate.person["ana"] if role == "employee" else None,
                now=gate.now, new_id=gate.new_id, new_token=parts.new_token,
            )  # fmt: skip
    with running(create_app(parts)) as url:
        yield Office(gate, url)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """A company of one's own, to change."""
    with a_busy_week(database_url) as gate, serving(gate) as found:
        yield found


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """The database below the offices that many tests share."""
    return str(request.param)


@pytest.fixture(scope="session")
def quiet_office(engine_kind: str, new_database: Any, tmp_path_factory: Any) -> Iterator[Office]:
    """One company for all tests that only look."""
    folder = tmp_path_factory.mktemp("quiet")
    with new_database(engine_kind, folder) as url, a_busy_week(url) as gate, serving(gate) as found:
        found.invoice = an_invoice(gate)
        yield found


@pytest.fixture(scope="session")
def hostile_office(engine_kind: str, new_database: Any, tmp_path_factory: Any) -> Iterator[Office]:
    """As quiet_office, but everybody and everything is called what an attacker would call it."""
    folder = tmp_path_factory.mktemp("hostile")
    with new_database(engine_kind, folder) as url, a_busy_week(url) as gate, serving(gate) as found:
        found.invoice = an_invoice(gate)
        rename_all(gate)
        yield found


@dataclass
class Screen:
    """A browser window on a server, and what the browser complained about."""

    page: Page
    url: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str) -> Page:
        page = self.open("/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def fill(self, **fields: str) -> None:
        """Fill fields by their labels, with spaces written as underscores."""
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).first.fill(text)

    def press(self, button: str, *, then: str) -> None:
        """Press a button, and wait for a sentence on the page that it leads to."""
        self.page.get_by_role("button", name=button).first.click()
        self.page.get_by_text(then).first.wait_for()


NewScreen = Callable[..., Screen]


@pytest.fixture
def new_screen(chromium: Browser) -> Iterator[NewScreen]:
    """Windows on a server. Any console error, script error, dialog or policy report fails the test at its end."""
    contexts: list[BrowserContext] = []
    screens: list[Screen] = []

    def make(url: str, *, role: str | None = None, expect: tuple[str, ...] = (), **options: Any) -> Screen:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        context.add_init_script(REPORTING)
        contexts.append(context)
        screen = Screen(context.new_page(), url, [])
        screens.append(screen)
        _watch(screen, expect)
        if role is not None:
            screen.sign_in(f"{role}@example.com")
        return screen

    yield make
    for context in contexts:
        context.close()
    assert [] == [complaint for screen in screens for complaint in screen.complaints]


def _watch(screen: Screen, expect: tuple[str, ...]) -> None:
    def note(text: str) -> None:
        if not any(part in text for part in expect):
            screen.complaints.append(text)

    def dialog(found: Any) -> None:
        note(f"dialog: {found.message}")
        found.dismiss()

    page = screen.page
    page.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("dialog", dialog)
