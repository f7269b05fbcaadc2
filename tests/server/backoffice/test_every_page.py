"""Every page: who may see it, what it looks like on a phone and in the dark, and what a stranger's name can do."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from clockhouse_server.auth.access import PERMISSIONS, Role
from clockhouse_server.auth.web import current_actor, permission_of
from clockhouse_server.backoffice import PAGES
from server.backoffice.company import HOSTILE, ROLES
from server.rig import PASSWORD

FILES = {"/invoices/{invoice_id}/pdf", "/payroll/{run_id}"}
OPEN = {"/static/{name}", "/sign-in"}
"""What somebody who is not signed in may see."""
FOR_EVERYBODY = {"/", "/sign-out"}
"""What anybody may who is signed in."""


def routes() -> list[APIRoute]:
    return [route for pages in PAGES for route in pages.router.routes if isinstance(route, APIRoute)]


def dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for each in dependant.dependencies:
        yield each
        yield from dependencies(each)


def permission(route: APIRoute) -> str | None:
    found = [permission_of(each.call) for each in dependencies(route.dependant)]
    return next((name for name in found if name), None)


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.methods} {route.path}")
def test_every_page_names_the_permission_that_it_needs(route):
    asks_who = any(each.call is current_actor for each in dependencies(route.dependant))
    if route.path in OPEN:
        assert not asks_who
    elif route.path in FOR_EVERYBODY:
        assert asks_who
    else:
        assert permission(route) in PERMISSIONS


@pytest.fixture(scope="module")
def browsers(quiet_office):
    """A signed-in cookie for each role."""
    clients = {role: httpx.Client(base_url=quiet_office.url) for role in ROLES}
    for role, client in clients.items():
        answer = client.post("/sign-in", data={"email": f"{role}@example.com", "password": PASSWORD})
        assert 303 == answer.status_code
    yield clients
    for client in clients.values():
        client.close()


def addresses(office) -> dict[str, str]:
    """Each page with something real in its address."""
    gate = office.gate
    at = {
        "person_id": office.mo, "site_id": gate.site["Gate"], "customer_id": gate.customer["NORD"],
        "job_id": gate.job["1042"], "device_id": gate.kiosks["Gate 1"].id, "proposal_id": "claim-mo",
        "invoice_id": office.invoice or "none", "position": 1, "request_id": "request-lead",
        "question_id": office.question,
    }  # fmt: skip
    pages = {}
    for route in routes():
        if "GET" in route.methods and route.path not in OPEN | FOR_EVERYBODY:
            names = re.findall(r"{(\w+)}", route.path)
            if set(names) <= at.keys():
                pages[route.path] = route.path.format(**at)
    pages["/timecards/{person_id}/requests/{request_id}"] = (
        f"/timecards/{gate.person['lead']}/requests/request-lead"
    )
    pages["/wall/questions/new"] += f"?site_id={gate.site['Gate']}"
    pages["/users/{user_id}"] = "/users/" + user_id(office, "supervisor")
    pages["/timecards/{person_id}/add"] += "?on=2026-11-16&kind=out"
    pages["/timecards/{person_id}/punches/{punch_id}"] = (
        f"/timecards/{office.mo}/punches/{office.punch}?on=2026-11-16"
    )
    return pages


def user_id(office, role) -> str:
    from clockhouse_server.auth.store import users

    with office.gate.open() as session:
        return next(user.id for user in users(session) if user.role == role)


def test_a_page_is_shown_to_the_roles_that_may_see_it_and_to_no_other(quiet_office, browsers):
    needed = {route.path: permission(route) for route in routes() if "GET" in route.methods}
    wrong = []
    for path, address in addresses(quiet_office).items():
        for role, client in browsers.items():
            status = client.get(address, follow_redirects=True).status_code
            allowed = Role(role) in PERMISSIONS[needed[path]]
            own_card_only = role == "employee" and path == "/timecards/{person_id}"
            expected = 404 if own_card_only else 200 if allowed else 403
            if status != expected:
                wrong.append((role, path, status, expected))
    assert [] == wrong


def test_nobody_sees_a_page_without_signing_in(quiet_office):
    with httpx.Client(base_url=quiet_office.url) as stranger:
        for address in addresses(quiet_office).values():
            answer = stranger.get(address)
            assert (303, True) == (
                answer.status_code,
                answer.headers["location"].startswith("/sign-in?next="),
            )


def test_nothing_is_written_for_a_page_of_another_site_or_without_the_session_s_proof(quiet_office, browsers):
    client = browsers["back_office"]
    for route in routes():
        if "POST" in route.methods and route.path != "/sign-in":
            address = re.sub(r"{(\w+)}", "x", route.path)
            refused = client.post(address, data={"csrf": "guessed"})
            elsewhere = client.post(address, headers={"Sec-Fetch-Site": "cross-site"})
            assert {403} == {refused.status_code, elsewhere.status_code}, address


def test_a_supervisor_sees_nothing_of_other_sites(quiet_office, browsers):
    client = browsers["supervisor"]
    assert ">Yard <span" not in client.get("/in").text
    assert 404 == client.get(f"/timecards/{'nobody'}").status_code
    assert 403 == client.get("/sites").status_code


def test_an_employee_sees_their_own_timecard_and_cannot_change_it(quiet_office, new_screen):
    screen = new_screen(quiet_office.url, role="employee")
    assert f"{quiet_office.url}/timecards/{quiet_office.ana}" == screen.page.url
    assert "Ana Ortiz" == screen.page.get_by_role("heading", level=1).inner_text().split("\n")[0]
    assert ["My timecard"] == screen.page.locator(".menu a").all_inner_texts()
    assert 0 == screen.page.get_by_role("link", name="Correct").count()
    assert 0 == screen.page.get_by_role("button", name="Approve").count()


CHECKS = """() => {
  const problems = [];
  const seen = (element) => element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length;
  if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1");
  if (document.querySelector("main img, main script, main iframe")) problems.push("a name became markup");
  if (!document.documentElement.lang) problems.push("no language");
  if (!document.querySelector("main")) problems.push("no main");
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length && !field.ariaLabel) problems.push("no label: " + field.outerHTML);
  for (const way of document.querySelectorAll("a, button"))
    if (!way.textContent.trim() && !way.ariaLabel) problems.push("no words: " + way.outerHTML);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) problems.push("id twice: " + id);
  for (const element of document.querySelectorAll("[style]")) problems.push("inline style: " + element.outerHTML);
  const wide = document.documentElement.scrollWidth;
  if (wide > window.innerWidth) problems.push("scrolls sideways: " + wide);

  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const bright = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = rgba(getComputedStyle(element).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const holder = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !seen(holder) || holder.closest(".unseen, option, datalist, script")) continue;
    const [one, two] = [bright(rgba(getComputedStyle(holder).color)), bright(behind(holder))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 4.5) problems.push(`contrast ${contrast.toFixed(1)}: ${words.currentNode.data.trim().slice(0, 40)}`);
  }
  return problems;
}"""

WINDOWS = {
    "at a desk": ("quiet_office", {"viewport": {"width": 1280, "height": 800}}),
    "on a phone, in the dark, with hostile names": (
        "hostile_office", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("role", ["administrator", "back_office", "supervisor"])
def test_every_page_is_whole_labelled_and_readable(request, engine_kind, new_screen, role, window):
    named, options = WINDOWS[window]
    office = request.getfixturevalue(named)
    screen = new_screen(office.url, role=role, **options)
    needed = {route.path: permission(route) for route in routes() if "GET" in route.methods}
    wrong = {}
    for path, address in addresses(office).items():
        if path not in FILES and Role(role) in PERMISSIONS[needed[path]]:
            screen.open(address)
            screen.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            if found := screen.page.evaluate(CHECKS):
                wrong[address] = found
    assert {} == wrong


def test_the_menu_folds_on_a_phone_and_opens_by_keyboard(quiet_office, new_screen):
    screen = new_screen(quiet_office.url, role="back_office", viewport={"width": 390, "height": 844})
    page = screen.open("/in")
    assert not page.get_by_role("link", name="Timecards").is_visible()
    page.keyboard.press("Tab")  # the way past the menu
    assert "To the page" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("link", name="Timecards").click()
    assert page.url.endswith("/timecards")


def test_names_are_text_wherever_they_are_shown(hostile_office, new_screen):
    """All pages with such names are swept above; here they are seen to be shown."""
    page = new_screen(hostile_office.url, role="back_office").open("/timecards")
    assert HOSTILE in page.get_by_role("main").inner_text()
    assert "49" not in page.get_by_role("heading", level=1).inner_text()


def test_an_address_that_does_not_exist_is_answered_kindly(quiet_office, new_screen):
    screen = new_screen(quiet_office.url, role="back_office", expect=("status of 404",))
    page = screen.open("/invoices/none")
    assert "Not found" == page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="To the start").click()
    assert "Who is in" == page.get_by_role("heading", level=1).inner_text()


def test_a_page_that_looks_for_news_after_the_session_ended_leads_to_sign_in(quiet_office):
    with httpx.Client(base_url=quiet_office.url) as stranger:
        answer = stranger.get("/in", headers={"HX-Request": "true"})
    assert (204, "/sign-in") == (answer.status_code, answer.headers["HX-Redirect"])


def test_forms_work_without_script_and_say_no_on_a_page_of_their_own(quiet_office, new_screen):
    screen = new_screen(quiet_office.url, java_script_enabled=False, expect=("status of 422",))
    page = screen.open("/sign-in?next=/rates")
    page.get_by_label("E-mail").fill("back_office@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert f"{quiet_office.url}/rates" == page.url
    screen.fill(Bill_an_hour="cheap")
    page.get_by_role("button", name="Add the rate").click()
    assert "Write a number such as 95.00." in page.get_by_role("alert").inner_text()
    page.get_by_role("link", name="Go back").click()
    assert f"{quiet_office.url}/rates" == page.url


@pytest.mark.parametrize(
    "address", ["/timecards?from=yesterday", "/audit?before=x", "/invoices/none/lines/x/why"]
)
def test_an_address_that_makes_no_sense_is_refused_and_not_a_crash(browsers, address):
    assert browsers["back_office"].get(address).status_code in {404, 422}
