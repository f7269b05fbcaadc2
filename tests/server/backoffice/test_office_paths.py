"""What people in the office do all day, in a real browser against a real server."""

from sqlalchemy import select

from clockhouse_server.billing.models import Invoice
from clockhouse_server.devices import wiping
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest import alarms
from clockhouse_server.people.models import Site


def test_a_forgotten_clock_out_is_settled_with_one_button_and_the_day_can_be_approved(office, new_screen):
    screen = new_screen(office.url, role="supervisor")
    page = screen.open("/exceptions")
    assert "says out at 16:30, told at Gate 1" in page.get_by_role("main").inner_text()
    assert "The others left between 16:31 and 16:34." in page.get_by_role("main").inner_text()

    screen.press("Accept 16:30", then="The correction is on the ledger")
    assert "8:02" in page.locator("tbody tr").first.inner_text()
    assert "added by Sven Super: Confirmed as proposed" in page.get_by_role("main").inner_text()

    screen.press("Approve through Mon 16 Nov", then="Approved and locked")
    assert "16 November 2026 approved by Sven Super" in page.get_by_role("main").inner_text()


def test_another_time_than_the_claimed_one_needs_a_reason_and_says_so_in_the_form(office, new_screen):
    screen = new_screen(office.url, role="supervisor", expect=("status of 422",))
    page = screen.open("/exceptions")
    page.get_by_role("link", name="Other time").click()
    page.get_by_label("Time, by the clocks in Europe/Berlin").fill("16:20:00")
    screen.press("Accept this time", then="Say why the time is another one.")
    assert page.get_by_label("Why").first.evaluate("field => field === document.activeElement")

    screen.fill(Why="The gate's camera shows 16:20")
    screen.press("Accept this time", then="The correction is on the ledger")
    assert "16:20" in page.locator("tbody tr").first.inner_text()


def test_a_punch_is_corrected_and_what_was_read_stays_beside_it(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open(f"/timecards/{office.bob}?from=2026-11-16")
    page.locator("summary").first.click()
    page.get_by_role("link", name="Correct out 16:34").click()
    assert "Read 2026-11-16 16:34:00 CET by badge at Gate 1, line" in page.get_by_role("main").inner_text()
    page.get_by_label("Time, by the clocks in Europe/Berlin").fill("16:00:00")
    screen.fill(Why="Left at four, badge held on the way out to the car")
    screen.press("Correct it", then="The punch itself stays as it was read.")

    day = page.locator("tbody tr").first
    assert "08:02 – 16:00" in day.inner_text()
    assert "corrected to 16:00 by Olga Office: Left at four" in day.inner_text()
    day.locator("summary").first.click()
    assert "badge at Gate 1, read 2026-11-16 16:34:00 CET" in day.inner_text()


def test_a_missing_punch_is_added_with_its_time_and_reason(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open(f"/timecards/{office.mo}?from=2026-11-16")
    page.locator("summary", has_text="3 punches").click()
    page.get_by_role("link", name="Add a punch").click()
    assert "2026-11-16" == page.get_by_label("Day", exact=True).input_value()
    page.get_by_label("Time, by the clocks in Europe/Berlin").fill("16:25")
    screen.fill(Why="Seen leaving by the foreman")
    screen.press("Add the punch", then="The punch itself stays as it was read.")
    day = page.locator("tbody tr").first
    assert "12:30 – 16:25" in day.inner_text()
    assert "out 16:25 added by Olga Office: Seen leaving by the foreman" in day.inner_text()


def test_a_punch_that_should_not_count_can_be_struck_and_counted_again(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open(f"/timecards/{office.bob}?from=2026-11-16")
    page.locator("tbody tr", has_text="Tue 17").locator("summary").first.click()
    page.get_by_role("link", name="Correct in 07:58").click()
    page.locator("summary", has_text="should not count").click()
    page.locator("#void-reason").fill("It was Bob's brother")
    screen.press("Do not count it", then="Corrected.")
    day = page.locator("tbody tr", has_text="Tue 17")
    day.locator("summary").first.click()
    page.get_by_role("link", name="Count it again").click()
    screen.fill(Why_should_it="It was Bob after all")
    screen.press("Count it again", then="Corrected.")
    assert "at work" in page.locator("tbody tr", has_text="Tue 17").inner_text()


def test_an_unknown_badge_is_given_to_the_person_who_used_it(office, new_screen):
    screen = new_screen(office.url, role="supervisor")
    page = screen.open("/exceptions")
    row = page.locator("tr", has_text="A badge or person that nobody knows here")
    row.locator("summary", has_text="Assign").click()
    row.get_by_label("It was").select_option(label="0419 محمد العربي")
    row.get_by_label("Why").first.fill("New badge, not entered yet")
    row.get_by_role("button", name="Assign").click()
    page.get_by_text("Assigned. It counts for that person from now on.").wait_for()
    page.goto(f"{office.url}/timecards/{office.mo}")
    assert "08:01" in page.locator("tbody tr:not(.decide)", has_text="Tue 17").inner_text()


def test_everybody_who_is_ready_is_approved_at_once_and_the_others_come_back_with_the_reason(
    office, new_screen
):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/timecards?from=2026-11-16")
    for box in page.get_by_role("checkbox", name="Approve").all():
        box.check()
    screen.press("Approve the ticked", then="approved through 16 November 2026")
    text = page.get_by_role("main").inner_text()
    assert "Approved and locked: Ana Ortiz, Bob Weiß." in text
    assert "محمد العربي" in text.split("Not yet")[1]
    assert "No clock-out on Mon 16 Nov. 1 claim to answer." in text


def test_a_closed_week_goes_to_payroll_and_the_file_is_kept(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/timecards?from=2026-11-09")
    screen.fill(Approve_through="2026-11-15")
    for box in page.get_by_role("checkbox", name="Approve").all():
        box.check()
    screen.press("Approve the ticked", then="2 approved through 15 November 2026")

    screen.open("/payroll")
    screen.press("Make the file", then="The file is made and kept below.")
    with page.expect_download() as handed_out:
        page.get_by_role("link", name="payroll-generic-2026-11-09.csv").click()
    text = handed_out.value.path().read_text("utf-8-sig")
    assert "Ana Ortiz" in text
    assert "Bob Weiß" in text

    screen.open("/periods")
    screen.press("Close 9 – 15 November 2026", then="The period is closed.")
    assert "by Olga Office" in page.locator("tr", has_text="9 – 15 November").inner_text()


def test_hours_become_an_invoice_that_explains_itself_and_is_credited(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/invoices")
    assert "7,600.00 EUR" in page.locator("tr", has_text="Nordlicht").inner_text()
    screen.press("Draft for Nordlicht Yachten AG", then="Nothing is sent yet.")
    screen.press("Issue", then="The invoice has its number")
    assert "INV-2026-0001" in page.get_by_role("heading", level=1).inner_text()

    page.get_by_role("link", name="Why 80.00 h").click()
    page.get_by_text("everything holds").wait_for()
    assert "20 stretches of work, 288000 seconds in all, ÷ 3600 = 80.00 h × 95.00 EUR" in page.inner_text(
        "main"
    )
    page.locator("summary", has_text="Ana Ortiz").first.click()
    walk = page.locator("li", has=page.locator("summary", has_text="Ana Ortiz")).first.inner_text()
    assert "95 EUR an hour" in walk
    assert "in 08:00:00" in walk
    assert "in by rfid: Gate 1, epoch epoch-0-0123456789, line 2" in walk
    assert "and link hold, signed by the kiosk at line" in walk

    with page.expect_download() as handed_out:
        page.get_by_role("link", name="PDF").click()
    assert handed_out.value.path().read_bytes().startswith(b"%PDF-")
    assert "INV-2026-0001.pdf" == handed_out.value.suggested_filename

    screen.fill(Why="Wrong customer's rate")
    screen.press("Make a credit note", then="It takes INV-2026-0001 back in full: Wrong customer's rate")
    with office.gate.open() as session:
        states = {one.label: one.status for one in session.scalars(select(Invoice))}
    assert {"INV-2026-0001": "void", "INV-CN-2026-0001": "issued"} == states
    assert "7,600.00 EUR" in screen.open("/invoices").locator("tr", has_text="Draft for").inner_text()


def test_a_line_is_left_out_of_a_draft_and_an_invoice_is_paid(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/invoices")
    screen.press("Draft for Nordlicht Yachten AG", then="Nothing is sent yet.")
    page.get_by_label("One line for each").select_option("employee")
    screen.press("Lay out anew", then="Saved.")
    page.locator("summary", has_text="Leave out").first.click()
    page.locator("#why-1").fill("Warranty")
    screen.press("Leave the line out", then="The line is left out.")
    assert "3,800.00 EUR" in page.locator("tfoot").inner_text()
    screen.press("Issue", then="The invoice has its number")
    screen.fill(Paid_on="2026-11-17")
    screen.press("Mark as paid", then="paid 2026-11-17")


def test_a_rate_takes_over_from_its_day_and_can_be_withdrawn(office, new_screen):
    screen = new_screen(office.url, role="back_office", expect=("status of 422",))
    page = screen.open("/rates")
    page.get_by_label("Job").select_option(label="1043 Painting hull 7")
    screen.fill(Bill_an_hour="cheap")
    screen.press("Add the rate", then="Write a number such as 95.00.")
    screen.fill(Bill_an_hour="110,50")
    screen.press("Add the rate", then="Added.")
    assert "110.50 EUR" in page.locator("tr", has_text="1043 Painting").inner_text()
    screen.press("Withdraw 1043 Painting hull 7", then="The rate holds no more.")
    assert "withdrawn" in page.locator("tr", has_text="1043 Painting").inner_text()


def test_an_approval_is_taken_back_with_a_reason_while_nothing_rests_on_it(office, new_screen):
    screen = new_screen(office.url, role="back_office", expect=("status of 409",))
    page = screen.open(f"/timecards/{office.bob}?from=2026-11-09")
    page.locator("summary", has_text="Take the newest approval back").click()
    screen.fill(Why="A day is missing")
    screen.press("Take back", then="The approval is taken back; the days are open again.")
    assert "taken back by Olga Office" in page.get_by_role("main").inner_text().replace("\u2068", "").replace(
        "\u2069", ""
    )

    screen.open("/invoices")
    screen.press("Draft for Nordlicht Yachten AG", then="Nothing is sent yet.")
    page = screen.open(f"/timecards/{office.ana}?from=2026-11-09")
    page.locator("summary", has_text="Take the newest approval back").click()
    screen.fill(Why="Too late")
    screen.press("Take back", then="These hours are used by")


def test_a_line_without_its_job_counts_once_somebody_says_which_it_was(office, new_screen):
    screen = new_screen(office.url, role="supervisor")
    page = screen.open("/exceptions")
    row = page.locator("tr", has_text="A job that nobody knows here")
    row.locator("summary", has_text="Count it").click()
    row.get_by_label("On the job").select_option(label="1043 Painting hull 7")
    row.get_by_label("Why").first.fill("Typed wrong")
    row.get_by_role("button", name="Count it").click()
    page.get_by_text("Settled.").wait_for()
    page.goto(f"{office.url}/timecards/{office.ana}")
    assert "1043 Painting hull 7" in page.locator("tbody tr", has_text="Tue 17").inner_text()


def test_an_alarm_stays_until_somebody_says_what_was_found(office, new_screen):
    with office.gate.open() as session:
        alarms.raise_alarm(
            session, office.gate.kiosks["Gate 1"].id, "fork", {"epoch": "e", "seq": 7},
            now=office.gate.now, new_id=office.gate.new_id,
        )  # fmt: skip
    screen = new_screen(office.url, role="administrator")
    page = screen.open("/kiosks")
    page.get_by_role("link", name="1 alarm waits").click()
    assert "Two histories from one kiosk" in page.get_by_role("main").inner_text()
    screen.fill(What_was_found="The card was restored from a backup")
    screen.press("Settle", then="The card was restored from a backup")
    assert 0 == screen.open("/kiosks").get_by_role("link", name="alarm").count()


def test_a_stolen_kiosk_is_reported_and_what_becomes_of_it_can_be_followed(office, new_screen):
    kiosk = office.gate.kiosks["Gate 1"]
    screen = new_screen(office.url, role="administrator")
    page = screen.open(f"/kiosks/{kiosk.id}")
    said = page.get_by_role("main").inner_text()
    assert "It delivers what it has recorded." in said
    assert "A kiosk that is never switched on with a network again is never wiped." in said
    page.get_by_label("What happened").select_option("stolen")
    screen.fill(Since_when_and_where="Gone from the gate on Monday")
    screen.press("Report Gate 1 and wipe it", then="is wiped as soon as it is heard")
    said = page.get_by_role("main").inner_text()
    assert "Gone from the gate on Monday" in said
    assert "waits for its next word" in said
    assert "stolen, not wiped yet" in screen.open("/kiosks").locator("tbody").inner_text()

    with office.gate.open() as session:
        device = session.get(Device, kiosk.id)
        wiping.order_for(session, device, office.gate.keys, "a session", now=office.gate.now)
    assert "not confirmed yet" in screen.open(f"/kiosks/{kiosk.id}").get_by_role("main").inner_text()
    with office.gate.open() as session:
        row = wiping.standing(session, kiosk.id)
        row.confirmed_at, row.delivered, row.kept = office.gate.now, 4, 1
    said = screen.open(f"/kiosks/{kiosk.id}").get_by_role("main").inner_text()
    assert "delivered first: 4 lines. 1 still there" in said
    assert 0 == page.get_by_role("button", name="Take the order back").count()


def test_a_kiosk_that_was_found_again_is_not_wiped(office, new_screen):
    kiosk = office.gate.kiosks["Gate 1"]
    screen = new_screen(office.url, role="administrator")
    screen.open(f"/kiosks/{kiosk.id}")
    screen.fill(Since_when_and_where="Not in the van")
    screen.press("Report Gate 1 and wipe it", then="is wiped as soon as it is heard")
    screen.press("Take the order back", then="The order is taken back.")
    with office.gate.open() as session:
        assert wiping.standing(session, kiosk.id) is None


def test_the_audit_trail_says_who_did_it_and_its_seals_can_be_checked(office, new_screen):
    supervisor = new_screen(office.url, role="supervisor")
    supervisor.open("/exceptions")
    supervisor.press("Accept 16:30", then="The correction is on the ledger")
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/audit")
    row = page.locator("tbody tr").first.inner_text()
    assert "Sven Super" in row
    assert "Confirmed as proposed" in row
    page.get_by_role("link", name="Check the seals").click()
    page.get_by_text("Every row holds.").wait_for()


def test_a_jobs_pictogram_and_colour_are_chosen_and_kept(office, new_screen):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/jobs")
    page.get_by_role("link", name="Painting hull 7").first.click()
    page.get_by_label("Pictogram").select_option("paint")
    page.get_by_label("Colour").fill("#1D4E89")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_text("Saved.").wait_for()
    screen.fill(Purchase_order="4711")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Save").first.click()
    page.wait_for_load_state()
    page.reload()
    kept = [page.get_by_label(label).input_value() for label in ("Pictogram", "Colour", "Purchase order")]
    assert kept == ["paint", "#1D4E89", "4711"]


def test_a_list_of_jobs_brings_its_customers_along(office, new_screen, tmp_path):
    screen = new_screen(office.url, role="back_office")
    page = screen.open("/jobs/import")
    sheet = tmp_path / "jobs.csv"
    sheet.write_text("customer_code,customer,job_code,job\nOST,Ostsee Fähren,2001,Ramp\n", "utf-8")
    page.get_by_label("File").set_input_files(sheet)
    screen.press("Check the file", then="The file is good.")
    screen.press("Import it", then="Imported.")
    assert "2001" in page.locator("section", has_text="Ostsee Fähren").inner_text()


def test_a_list_of_badges_is_given_out_at_once(office, new_screen, tmp_path):
    screen = new_screen(office.url, role="administrator")
    page = screen.open("/people/badges")
    sheet = tmp_path / "badges.csv"
    sheet.write_text("number,badge\n0417,2A00B4C3D7\n0418,2A00B4C3D8\n", "utf-8")
    page.get_by_label("File").set_input_files(sheet)
    screen.press("Check the file", then="The file is good.")
    screen.press("Import it", then="Imported.")
    assert "badge" in page.locator("tr", has_text="Ana Ortiz").inner_text()


def test_somebody_at_work_is_shown_even_where_their_site_was_closed(office, new_screen):
    with office.gate.open() as session:
        session.get_one(Site, office.gate.site["Gate"]).active = False
    page = new_screen(office.url, role="back_office").open("/in")
    assert "Bob Weiß" in page.locator("section", has_text="Elsewhere").inner_text()
