"""A newcomer's way from an empty database to the first punch, by the pages alone."""

import httpx
import pytest

from clockhouse_server.auth.access import Role
from clockhouse_server.people.models import Person, Site
from clockhouse_sync.setup_code import read_setup_code
from server.rig import Kiosk


@pytest.fixture
def newcomer(world, live, new_screen):
    return new_screen(live, expect=("status of 409", "status of 422"))


def sign_in(world, newcomer):
    newcomer.sign_in(world.user(Role.ADMINISTRATOR))


def test_an_empty_installation_says_how_to_make_the_first_administrator(newcomer):
    page = newcomer.open("/")
    assert "/sign-in" in page.url
    assert "clockhouse-server admin create" in page.get_by_role("main").inner_text()


def test_seven_steps_lead_from_nothing_to_a_punch_that_is_seen(world, live, newcomer, joining):
    sign_in(world, newcomer)
    page = newcomer.page
    step = page.locator("li.next")
    assert "Your company" in step.inner_text()

    step.get_by_role("link").click()
    newcomer.fill(Name="Werft Süd", Time_zone="Europe/Berlin")
    newcomer.press("Save", then="From here to the first punch")
    assert "A site" in step.inner_text()

    step.get_by_role("link").click()
    newcomer.fill(Name="Hall 1")
    newcomer.press("Add the site", then="From here to the first punch")
    assert "A job" in step.inner_text()

    step.get_by_role("link").click()
    newcomer.fill(Code="NORD", Name="Nordlicht Yachten")
    newcomer.press("Add the customer", then="New job")
    assert "Nordlicht Yachten" == page.get_by_label("Customer").locator("option:checked").inner_text()
    newcomer.fill(Code="1042", Name="Welding")
    newcomer.press("Add the job", then="Another task")

    newcomer.open("/start")
    assert "A person" in step.inner_text()
    step.get_by_role("link").click()
    assert page.get_by_label("Hall 1").is_checked()
    newcomer.fill(Name="Ana Ortiz", Personnel_number="0417", Badge="2A00B4C3D7", PIN="1234")
    newcomer.press("Add the person", then="Digits in a row are tried first")
    newcomer.fill(PIN="2580")
    newcomer.press("Add the person", then="Take back")

    newcomer.open("/start")
    assert "A kiosk" in step.inner_text()
    step.get_by_role("link").click()
    newcomer.fill(Name="Gate 1")
    newcomer.press("Make a one-time code", then="One-time code for Gate 1")
    command = page.locator(".type-this").inner_text()
    assert f"clockhouse enroll --server {live} " in command
    setup = read_setup_code(page.locator(".setup-text").inner_text())
    assert (setup.server, setup.code) == (live, command.split()[-1])
    assert page.locator(".setup-code svg").bounding_box()["width"] >= 150

    kiosk = joining(command)
    page.get_by_role("link", name="Wait for the words").click()
    words = page.locator(".words").inner_text().split(" · ")
    assert kiosk.words == words
    newcomer.press("The words are the same", then="The kiosk is let in.")

    newcomer.open("/start")
    assert "The first punch" in step.inner_text()
    ana = people_by_number(world)["0417"]
    assert 200 == kiosk.hello().status_code
    kiosk.site_id = world.rows(Site)[0].id  # as its roster says
    kiosk.punch("in", ana)
    assert 200 == kiosk.deliver().status_code
    page.get_by_text("Everything is set up").wait_for()  # the page looks for itself
    page.get_by_role("link", name="Who is in").first.click()
    assert "Ana Ortiz" in page.locator("#in").inner_text()


@pytest.fixture
def joining(world, live):
    with httpx.Client(base_url=live) as http:
        yield lambda command: joined(world, http, command)


def joined(world, http, command):
    """A kiosk that was given the command's code; it keeps the words that it shows."""
    kiosk = Kiosk(http, world.now, site_id="unknown-yet", seed="gate 1")
    answer = kiosk.enroll(command.split()[-1]).json()
    kiosk.words = answer["words"]
    assert "pending" == answer["status"]
    return kiosk


def people_by_number(world):
    return {person.number: person.id for person in world.rows(Person)}


def test_words_that_differ_turn_the_kiosk_away(world, live, newcomer, joining):
    site_id = world.site()
    sign_in(world, newcomer)
    joining(f"clockhouse enroll --server {live} {world.code(site_id)}")
    newcomer.open("/kiosks")
    newcomer.press("They differ", then="The kiosk was turned away.")
    assert "out of service" in newcomer.page.locator("tbody").inner_text()


def test_a_kiosk_is_renamed_and_taken_out_of_service_with_a_reason(world, newcomer):
    site_id = world.site()
    world.site("Yard")
    kiosk = world.kiosk(site_id)
    sign_in(world, newcomer)
    page = newcomer.open(f"/kiosks/{kiosk.device_id}")
    newcomer.fill(Name="Gate 9")
    page.get_by_label("Site").select_option(label="Yard")
    newcomer.press("Save", then="Saved.")
    assert "Gate 9" in page.get_by_role("heading", level=1).inner_text()
    newcomer.fill(Why="Stolen")
    newcomer.press("Take Gate 9 out of service", then="The kiosk is out of service.")
    page.get_by_role("link", name="Make a code for it").click()
    assert "It takes the place of Gate 9." in page.get_by_role("main").inner_text()
    newcomer.press("Make a one-time code", then="One-time code for Gate 9")


def test_a_badge_is_taken_back_and_given_to_somebody_else(world, newcomer):
    site_id = world.site()
    ana, bob = world.person("0417", "Ana Ortiz", site_id), world.person("0418", "Bob Weiß", site_id)
    sign_in(world, newcomer)
    newcomer.open(f"/people/{ana}")
    newcomer.fill(Another_badge="2A00B4C3D7")
    newcomer.press("Give the badge", then="The badge is theirs now.")
    newcomer.open(f"/people/{bob}")
    newcomer.fill(Another_badge="2A00B4C3D7")
    newcomer.press("Give the badge", then="Ana Ortiz (number 0417) has this badge already.")
    newcomer.open(f"/people/{ana}")
    newcomer.press("Take back", then="The badge is taken back.")
    newcomer.open(f"/people/{bob}")
    newcomer.fill(Another_badge="2A00B4C3D7")
    newcomer.press("Give the badge", then="The badge is theirs now.")


def test_a_list_of_people_is_checked_first_and_every_problem_has_its_line(world, newcomer, tmp_path):
    world.site()
    sign_in(world, newcomer)
    page = newcomer.open("/people/import")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("number,name,sites\n0417,Ana Ortiz,Hall 1\n0418,,Hall 1\n0419,Mo,Nowhere\n", "utf-8")
    page.get_by_label("File").set_input_files(wrong)
    newcomer.press("Check the file", then="Nothing was changed.")
    assert ["Line 3: name: Write something here.", "Line 4: sites: There is no site Nowhere."] == (
        page.locator(".notice li").all_inner_texts()
    )

    right = tmp_path / "right.csv"
    right.write_text("number;name;sites\n0417;Ana Ortiz;Hall 1\n0418;Žofia Škoda;Hall 1\n", "utf-8")
    page.get_by_label("File").set_input_files(right)
    newcomer.press("Check the file", then="The file is good. 2 new, 0 changed, 0 as they were.")
    newcomer.press("Import it", then="Imported.")
    assert ["Ana Ortiz", "Žofia Škoda"] == page.locator("tbody th").all_inner_texts()

    page.get_by_label("Search").fill("škod")
    page.get_by_text("1 of 2").wait_for()
    assert ["Žofia Škoda"] == page.locator("tbody th").all_inner_texts()


def test_the_supervisor_chooses_what_the_site_offers_today(world, live, new_screen):
    site_id = world.site()
    acme = world.customer()
    world.job("1042", "Welding", acme)
    world.job("1043", "Painting", acme)
    screen = new_screen(live)
    screen.sign_in(world.user(Role.SUPERVISOR, sites=[site_id]))
    page = screen.open("/today")
    page.get_by_label("1043 Painting").check()
    screen.press("Save today's list", then="Saved.")
    assert page.get_by_label("1043 Painting").is_checked()
    assert not page.get_by_label("1042 Welding").is_checked()


def test_a_user_is_added_who_can_sign_in_and_sees_only_their_site(world, live, newcomer, new_screen):
    world.site()
    world.site("Yard")
    sign_in(world, newcomer)
    page = newcomer.open("/users/new")
    newcomer.fill(Name="Sven Super", **{"E-mail": "sven@example.com"}, Password="correct horse battery")
    page.get_by_label("Role").select_option("supervisor")
    newcomer.press("Add the user", then="Choose the sites that this supervisor looks after.")
    page.get_by_label("Yard").check()
    newcomer.press("Add the user", then="The user is saved.")

    other = new_screen(live)
    assert "Yard" in other.sign_in("sven@example.com").locator("#in").inner_text()
    assert "Hall 1" not in other.page.locator("#in").inner_text()
    other.page.get_by_role("button", name="Sign out").click()
    other.page.get_by_text("You are signed out.").wait_for()
    assert "/sign-in" in other.open("/in").url
