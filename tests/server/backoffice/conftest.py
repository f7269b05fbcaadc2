"""A real server on a real port, and one Chromium for all pages."""

import itertools
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from clockhouse_server import db
from clockhouse_server.app import create_app
from clockhouse_server.auth import store as auth
from clockhouse_server.auth.access import Actor, Role
from clockhouse_server.auth.keys import Keys
from clockhouse_server.auth.web import Server
from clockhouse_server.settings import Settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine
from sqlalchemy.orm import Session

PASSWORD = "a quiet workshop"
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@dataclass
class Office:
    """A running server, its database, and how to be somebody there."""

    url: str
    engine: Engine
    server: Server
    users: dict[str, str] = field(default_factory=dict)

    def session(self) -> Any:
        return db.transaction(self.engine)

    @property
    def now(self) -> datetime:
        return self.server.now()

    def add_user(self, role: str, *, sites: tuple[str, ...] = (), person_id: str | None = None) -> str:
        """A user of this role who signs in as <role>@example.com."""
        email = f"{role}@example.com"
        with self.session() as session:
            made = auth.create_user(
                session, "tests", email=email, name=f"The {role.replace('_', ' ')}", password=PASSWORD,
                role=role, sites=sites, person_id=person_id, now=self.now, new_id=self.server.new_id,
                new_token=self.server.new_token,
            )  # fmt: skip
        self.users[role] = made.id
        return email

    def actor(self, role: Role, sites: frozenset[str] | None = None) -> Actor:
        return Actor(self.users.get(role, f"the-{role}"), str(role), role, sites)


@pytest.fixture(scope="session")
def new_id() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"id{next(numbers):06}"


@pytest.fixture
def office(tmp_path: Path, new_id: Callable[[], str]) -> Iterator[Office]:
    """A server on an empty database."""
    with serving(tmp_path, new_id) as found:
        yield found


class serving:  # noqa: N801 - reads as a sentence
    """A context with a server running in a thread of its own."""

    def __init__(self, where: Path, new_id: Callable[[], str], now: Callable[[], datetime] | None = None) -> None:
        self._engine = db.open_engine(f"sqlite:///{where / 'server.db'}")
        db.Base.metadata.create_all(self._engine)
        settings = Settings(database=f"sqlite:///{where / 'server.db'}")
        self._parts = Server(
            engine=self._engine, settings=settings, now=now or (lambda: datetime.now(UTC)), new_id=new_id,
            new_token=lambda: secrets.token_urlsafe(32), keys=Keys(bytes(range(32)), {1: b"p" * 32}),
        )  # fmt: skip

    def __enter__(self) -> Office:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(self._parts), log_level="warning", lifespan="off", ws="none")
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, kwargs={"sockets": [listening]})
        self._thread.start()
        while not self._uvicorn.started:
            time.sleep(0.01)
        return Office(f"http://127.0.0.1:{listening.getsockname()[1]}", self._engine, self._parts)

    def __exit__(self, *_: object) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(10)
        self._engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        browser.close()


@dataclass
class Screen:
    """A browser window that keeps what the browser complained about."""

    page: Page
    url: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        page = self.open("/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: not url.startswith(f"{self.url}/sign-in"))
        return page


REPORT = """
window.complaints = [];
document.addEventListener("securitypolicyviolation", (e) => console.error("CSP: " + e.violatedDirective + " " + e.blockedURI));
"""


@pytest.fixture
def new_screen(chromium: Browser) -> Iterator[Callable[..., Screen]]:
    """Windows on a server; any console error, script error, dialog or CSP report fails the test at its end."""
    opened: list[tuple[BrowserContext, Screen]] = []

    def make(url: str, *, expect: tuple[str, ...] = (), **options: Any) -> Screen:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(5000)
        context.add_init_script(REPORT)
        page = context.new_page()
        screen = Screen(page, url, [])
        watch(page, screen.complaints, expect)
        opened.append((context, screen))
        return screen

    yield make
    for context, _ in opened:
        context.close()
    assert [] == [complaint for _, screen in opened for complaint in screen.complaints]


def watch(page: Page, complaints: list[str], expect: tuple[str, ...]) -> None:
    def note(text: str) -> None:
        if not any(part in text for part in expect):
            complaints.append(text)

    page.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))

    def dialog(found: Any) -> None:
        note(f"dialog: {found.message}")
        found.dismiss()

    page.on("dialog", dialog)
