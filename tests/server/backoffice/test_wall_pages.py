"""What the office puts on the wall and hears from it, in a real browser against a real server."""

from sqlalchemy import select

from clockhouse_server.people.models import Person
from clockhouse_server.wall.models import MessageCopy, Policy, Question


def test_a_supervisor_sends_a_message_and_takes_it_back(office, new_screen):
    screen = new_screen(office.url, role="supervisor")
    page = screen.open("/wall")
    page.get_by_label("To", exact=True).select_option(label="Everybody at Gate")
    screen.fill(Message="Cake in the canteen at three.")
    screen.press("Send", then="Sent. The kiosks show it within a minute.")
    row = page.locator("tbody tr", has_text="Cake in the canteen")
    assert "5 people\t0 of 5" in row.inner_text()
    with office.gate.open() as session:
        assert 5 <= len(session.scalars(select(MessageCopy)).all())
    row.get_by_role("button", name="Take back").click()
    page.get_by_text("Taken back. Who has read it has read it.").wait_for()
    assert 0 == page.locator("tbody tr", has_text="Cake in the canteen").count()
    assert 0 == page.get_by_role("link", name="Add a question").count()
    assert page.get_by_label("a QR badge").is_disabled()


def test_a_question_is_written_in_two_languages_and_put_aside(office, new_screen):
    screen = new_screen(office.url, role="administrator", expect=("status of 422",))
    page = screen.open("/wall")
    page.get_by_role("link", name="Add a question").click()
    screen.press("Add the question", then="Write the question in at least one language.")
    screen.fill(English="Is the gate shut?", العربية="هل البوابة مغلقة؟")
    page.get_by_label("Mark the answer").select_option(label="No")
    screen.press("Add the question", then="Added.")
    assert "English, العربية" in page.locator("tbody tr", has_text="Is the gate shut?").inner_text()
    page.get_by_role("link", name="Is the gate shut?").click()
    page.get_by_label("Asked", exact=True).uncheck()
    screen.press("Save", then="Saved.")
    assert "put aside" in page.locator("tbody tr", has_text="Is the gate shut?").inner_text()
    with office.gate.open() as session:
        made = next(one for one in session.scalars(select(Question)) if one.text["en"] == "Is the gate shut?")
        assert ({"en": "Is the gate shut?", "ar": "هل البوابة مغلقة؟"}, "no") == (made.text, made.alarming)


def test_how_people_are_known_is_set_for_a_site(office, new_screen):
    screen = new_screen(office.url, role="administrator")
    page = screen.open("/wall")
    page.get_by_label("a QR badge").check()
    page.get_by_label("Mix the keys").uncheck()
    page.get_by_label("Supervisor mode ends").fill("4")
    page.locator("form", has=page.get_by_label("Supervisor mode ends")).get_by_role(
        "button", name="Save"
    ).click()
    page.get_by_text("Saved.").wait_for()
    with office.gate.open() as session:
        kept = session.get_one(Policy, office.gate.site["Gate"])
        assert (["rfid", "qr"], False, 4) == (kept.pin_with, kept.shuffle_pad, kept.mode_minutes)


def test_a_request_is_done_as_it_was_asked_for(office, new_screen):
    screen = new_screen(office.url, role="supervisor")
    page = screen.open("/exceptions")
    row = page.locator("tr", has_text="A correction of Monday")
    assert "The queue was long" in row.inner_text()
    row.get_by_role("button", name="Accept 07:45").click()
    page.get_by_text("The correction is on the ledger").first.wait_for()
    assert "in 07:45 added by Sven Super: As asked for at the kiosk" in page.get_by_role("main").inner_text()


def test_a_request_can_be_answered_in_words(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/exceptions")
    page.locator("tr", has_text="A correction of Monday").get_by_role("link", name="Answer").click()
    page.locator("summary", has_text="It is done already").click()
    page.locator("#done-reason").fill("Corrected on the card")
    screen.press("Done", then="Answered.")
    screen.open("/exceptions")
    assert 0 == page.get_by_text("A correction of Monday").count()


def test_a_temporary_worker_becomes_somebody_known(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/exceptions")
    row = page.locator("tr", has_text="Goes by T0001 for now")
    assert "Added as \u2068Rosa Díaz\u2069 from \u2068Quick Hands\u2069." in row.inner_text()
    row.locator("summary", has_text="It is somebody known").click()
    row.get_by_label("It is", exact=True).select_option(label="0418 Bob Weiß")
    row.get_by_role("button", name="Merge").click()
    page.get_by_text("Merged. Every punch counts for that person").wait_for()
    assert "07:31" in page.locator("tbody tr:not(.decide)", has_text="Tue 17").inner_text()
    page = screen.open("/people/temp-rosa")
    page.get_by_role("link", name="see who it is").click()
    assert "Bob Weiß" == page.get_by_role("heading", level=1).inner_text()


def test_a_temporary_worker_gets_a_number(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/people/temp-rosa")
    screen.fill(Personnel_number="0420")
    page.get_by_text("None chosen").click()
    page.get_by_label("1042 Welding frames").check()
    page.get_by_label("Set up: network, screen, badges").check()
    page.get_by_label("Rule").select_option(label="Their own:")
    page.get_by_label("After a badge", exact=True).check()
    screen.press("Save", then="Saved.")
    with office.gate.open() as session:
        rosa = session.get_one(Person, "temp-rosa")
        assert (False, True, ["rfid"], [office.gate.job["1042"]]) == (
            rosa.provisional, rosa.administrator, rosa.pin_with, rosa.favourite_job_ids,
        )  # fmt: skip
    screen.open("/exceptions")
    assert 0 == page.get_by_text("for now").count()


def test_an_answer_that_somebody_should_look_at_stands_out_beside_its_punch(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open(f"/timecards/{office.ana}?from=2026-11-16")
    day = page.locator("tbody tr", has_text="Mon 16")
    assert "no to Did everybody work safely?" in day.inner_text()
    day.locator("summary", has_text="5 punches").click()
    assert "no to Did everybody work safely?" in day.locator("li", has_text="16:31 out").inner_text()


def test_what_somebody_may_not_do_at_the_wall_is_told_in_words(office, new_screen):
    kiosk = office.gate.kiosks["Gate 1"]
    kiosk.append(
        "confirm", office.gate.now, proposal_id="claim-mo", employee_id=office.mo, actor_id=office.ana,
        accepted=True,
    )  # fmt: skip
    kiosk.append(
        "enrolment", office.gate.now, what="badge", action="given", employee_id=office.mo, actor_id=office.ana,
        beside={"credential": kiosk.beside("2A00B4C3D7")},
    )  # fmt: skip
    office.gate.deliver()
    page = new_screen(office.url, role="supervisor").open("/exceptions")
    text = page.get_by_role("main").inner_text().replace("\u2068", "").replace("\u2069", "")
    assert "Done at the kiosk by somebody who may not do this at that site" in text
    assert "Claim confirmed by Ana Ortiz 14:10 at Gate 1, Gate." in text
    assert "Badge added by Ana Ortiz 14:10 at Gate 1, Gate. Badge 2A00B4C3D7." in text
