"""A supervisor's morning and an administrator's round by taps, in every language at every size."""

import os
from datetime import timedelta

import pytest

from clockhouse_kiosk.flow import lead
from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.administer import SECTIONS
from clockhouse_sync.link import LinkServer
from kiosk.house import ANA, BADGE, BERND, LAYLA, LUCIA, PIN, furnish, row, rows, state
from kiosk.screens import MONDAY, SIZES
from kiosk.test_kiosk_and_daemon import status
from kiosk.wallrig import wall

PEOPLE = {"en": (ANA, "Ana Ortiz", "Max"), "de": (BERND, "Bernd Groß", "Jörg"), "es": (LUCIA, "Lucía Fe", "Íñigo"),
          "ar": (LAYLA, "ليلى حداد", "سامي")}  # fmt: skip
NEXT = dict(zip(PEOPLE, [*list(PEOPLE)[1:], "en"], strict=True))
"""Whom each of them records for."""


def chiefs():
    """Everybody leads and sets up here, each in their own language."""
    for number, (language, (person, name, _)) in enumerate(PEOPLE.items(), 1):
        flags = {"language": language, "supervisor": True, "administrator": True}
        yield row("person", person, number=f"100{number}", name=name, short_name=name.split()[0], **flags)
        yield row(
            "proposal", f"claim-{language}", employee_id=person, kind="out", punch_id=f"old-{language}",
            claimed_at="2026-03-01T17:00:00.000Z", made_at="2026-03-02T06:00:00.000Z",
        )  # fmt: skip
        yield state(person, "in", MONDAY - timedelta(hours=1), punch_id=f"in-{language}")


def enter(rig, language, mode):
    rig.shows("idle")
    rig.badge(BADGE[PEOPLE[language][0]])
    rig.shows("person", language=language)
    rig.tap("own")
    rig.shows("own")
    rig.tap(f"mode-{mode}")
    rig.shows("entry", entry="pin")
    for digit in PIN:
        rig.tap(f"key-{digit}")
    rig.until(lambda: rig.view["screen"] in {"lead", "administer"})


def open_page(rig, page):
    """Tap the home page's tile of this page."""
    rig.until(lambda: rig.view.get("home"))
    rig.settle()
    found = [index for index, signal in enumerate(rig.window.bridge._taps)
             if isinstance(signal, on.OpenLead) and isinstance(signal.page, page)]  # fmt: skip
    if not found:
        rig.tap("more")
        open_page(rig, page)
        return
    rig.tap(f"job-{found[0]}")


def crew(rig, language):
    person, name, _ = PEOPLE[NEXT[language]]
    open_page(rig, lead.Crew)
    rig.until(lambda: rig.view["tab"] == "today")
    rig.tap("default")
    rig.until(lambda: rig.view["tab"] == "in")
    rig.tap("tab-transfer")
    rig.tap("tab-all")
    rig.pick("0040 Stores")
    rig.pick(name)
    rig.tap("confirm")
    rig.shows("lead", home=True, well=True)
    punch = rig.lines("punch")[-1]
    assert (punch.employee_id, punch.kind, punch.job_id) == (person, "transfer", "j-0040")
    assert (punch.actor_id, punch.method) == (PEOPLE[language][0], "supervisor")


def muster(rig, language):
    person, name, _ = PEOPLE[NEXT[language]]
    open_page(rig, lead.Muster)
    rig.pick(name)
    rig.until(lambda: [each.employee_id for each in rig.lines("sighting")][-1] == person)
    rig.tap("back")
    open_page(rig, lead.Inside)
    rig.shows("lead", roomy=True)
    rig.tap("back")


def claims(rig, language):
    """One claim is confirmed a quarter of an hour later than it says."""
    _, name, _ = PEOPLE[NEXT[language]]
    open_page(rig, lead.Proposals)
    rig.pick(name)
    rig.shows("forgotten", name=name)
    rig.tap("shift15")
    rig.tap("confirm")
    rig.until(lambda: [each.proposal_id for each in rig.lines("confirm")][-1:] == [f"claim-{NEXT[language]}"])
    assert rig.lines("confirm")[-1].claimed_at == "2026-03-01T17:15:00.000Z"
    rig.until(lambda: rig.view["screen"] == "lead" and not rig.view.get("home"))
    rig.tap("back")


def offer(rig, language):
    open_page(rig, lead.Offer)
    rig.tap("tab-all")
    rig.pick(["0012 Training", "0040 Stores"][language in {"en", "es"}])
    rig.tap("confirm")
    rig.shows("lead", home=True, well=True)
    assert rig.lines("site_jobs")[-1].actor_id == PEOPLE[language][0]


def newcomer(rig, language):
    """A name of the language's own letters, no agency, no badge."""
    name = PEOPLE[language][2]
    open_page(rig, lead.Newcomer)
    rig.shows("detail")
    for letter in name.lower():
        if f'"{letter}"' in letters(rig):
            rig.tap(f"key-{letter}")
        else:
            rig.type(letter)
    rig.shows("detail", typed=name)
    rig.tap("enter")
    rig.shows("detail", typed="")
    rig.tap("later")
    rig.until(lambda: rig.view["screen"] == "lead" and not rig.view.get("home"))
    rig.tap("later")
    rig.shows("lead", home=True, well=True)
    assert rig.lines("enrolment")[-1].actor_id == PEOPLE[language][0]


def letters(rig):
    return "".join(f'"{each}"' for line in rig.view["keyboards"][0] for each in line)


def let_in(rig, language):
    """Who forgot the badge goes out, found by number, with the mode still open after it."""
    person, name, _ = PEOPLE[NEXT[language]]
    open_page(rig, lead.Finding)
    for digit in f"100{[*PEOPLE].index(NEXT[language]) + 1}":
        rig.tap(f"key-{digit}")
    rig.pick(name)
    rig.shows("person", name=name)
    rig.tap("other-break_start")
    rig.shows("answer", tone="break_start")
    rig.later(5)
    rig.shows("lead", searching=True)
    rig.tap("back")
    punch = rig.lines("punch")[-1]
    assert (punch.employee_id, punch.actor_id) == (person, PEOPLE[language][0])
    rig.shows("lead", home=True)


MORNING = (crew, muster, claims, offer, newcomer, let_in)
SIZED = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@SIZED
def test_a_supervisor_s_morning_in_every_language(size, tmp_path, qapp):
    furnish(tmp_path, rows(extra=chiefs()))
    with wall(tmp_path, start=MONDAY, size=size) as rig:
        for language in PEOPLE:
            enter(rig, language, "supervisor")
            for done in MORNING:
                done(rig, language)
            open_page(rig, lead.Resting)
            rig.tap("back")
            rig.shows("lead", home=True)
            rig.tap("back")
            rig.shows("idle")
            rig.until(lambda: rig.lines("access")[-1].what == "mode_left")
            rig.later(120)
        modes = [(line.what, line.mode, line.actor_id) for line in rig.lines("access")]
    wanted = [("mode_entered", "supervisor"), ("mode_left", "supervisor")]
    assert modes == [(*each, person) for person, *_ in PEOPLE.values() for each in wanted]


@SIZED
def test_an_administrator_s_round_in_every_language(size, tmp_path, qapp):
    daemon = LinkServer(tmp_path / "sync.sock", allowed_uids={os.geteuid()})
    furnish(tmp_path, rows(extra=chiefs()))
    try:
        with wall(tmp_path, start=MONDAY, size=size) as rig:
            rig.until(lambda: daemon.accept() == 1)
            daemon.push(status())
            for number, language in enumerate(PEOPLE):
                enter(rig, language, "administrator")
                for section in SECTIONS:
                    rig.shows("administer", section="home")
                    rig.tap(f"section-{section}")
                    rig.until(
                        lambda section=section: (
                            rig.view.get("section") == section or rig.view["screen"] == "lead"
                        )
                    )
                    assert rig.view["title"] not in {"", section}
                    if section == "badge":
                        give(rig, language, f"0F0012340{number}")
                    rig.tap("back")
                rig.tap("back")
                rig.shows("idle")
                rig.later(120)
            given = [(line.employee_id, line.actor_id) for line in rig.lines("enrolment")]
        assert given == [(PEOPLE[NEXT[each]][0], PEOPLE[each][0]) for each in PEOPLE]
    finally:
        daemon.close()


def give(rig, language, badge):
    """The next one's new badge, found by number."""
    _, name, _ = PEOPLE[NEXT[language]]
    for digit in f"100{[*PEOPLE].index(NEXT[language]) + 1}":
        rig.tap(f"key-{digit}")
    rig.pick(name)
    rig.shows("administer", section="badge")
    rig.badge(badge)
    rig.shows("lead", searching=False, well=True)
